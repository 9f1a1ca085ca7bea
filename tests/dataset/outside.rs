//! How far points are from regions.

use placelens::dataset::outside::outside_km;
use placelens::places::geo::{Bbox, LatLon, distance_km};
use placelens::places::{Polygon, Region};

use super::{Random, la_county, region};

fn area(bbox: Bbox, rings: Vec<Vec<(f64, f64)>>) -> Region {
    let ring = |ring: Vec<(f64, f64)>| ring.into_iter().map(|(lon, lat)| LatLon { lat, lon }).collect();
    let polygon = Polygon { rings: rings.into_iter().map(ring).collect() };
    let geometry = Some(polygon).filter(|polygon| !polygon.rings.is_empty()).map(|polygon| vec![polygon]);
    Region { id: "a".into(), name: "A".into(), description: String::new(), bbox, geometry, point: None }
}

/// A triangle with a hole.
fn triangle() -> Region {
    let outer = vec![(-118.5, 34.0), (-118.3, 34.0), (-118.4, 34.2), (-118.5, 34.0)];
    let hole = vec![(-118.42, 34.03), (-118.38, 34.03), (-118.4, 34.08), (-118.42, 34.03)];
    area(Bbox { west: -118.5, south: 34.0, east: -118.3, north: 34.2 }, vec![outer, hole])
}

/// The least distance to points on the edges, 20,000 to each.
fn brute_force_km(region: &Region, point: LatLon) -> f64 {
    let edges = region.geometry.iter().flatten().flat_map(Polygon::edges);
    let on = |[a, b]: [LatLon; 2], step: u32| {
        let share = f64::from(step) / 20_000.0;
        LatLon { lat: a.lat + share * (b.lat - a.lat), lon: a.lon + share * (b.lon - a.lon) }
    };
    let distances = edges.flat_map(|edge| (0..=20_000).map(move |step| distance_km(point, on(edge, step))));
    distances.fold(f64::INFINITY, f64::min)
}

#[test]
fn is_zero_inside_and_on_the_border() {
    let places = la_county();
    for region in &places.regions {
        let Bbox { west, south, east, north } = region.bbox;
        for (lat, lon) in [(south, west), (north, east), (south, (west + east) / 2.0), ((south + north) / 2.0, east)] {
            let km = outside_km(region, LatLon { lat, lon });
            assert!(km < 1e-9, "{}: {km} at {lat}, {lon}", region.id);
        }
        assert_eq!(outside_km(region, region.centroid()), 0.0, "{}", region.id);
    }
    assert_eq!(outside_km(&triangle(), LatLon { lat: 34.02, lon: -118.4 }), 0.0);
}

#[test]
fn equals_the_distance_to_the_nearest_point_of_the_border() {
    let (triangle, mut random) = (triangle(), Random(3));
    let (mut largest, mut outside) = (0.0f64, 0);
    for _ in 0..300 {
        let [lat, lon] =
            [(33.6, 1.0), (-118.9, 1.0)].map(|(from, wide)| from + wide * f64::from(random.below(1_000_000)) / 1e6);
        let point = LatLon { lat, lon };
        let km = outside_km(&triangle, point);
        if km > 0.0 {
            outside += 1;
            largest = largest.max((km - brute_force_km(&triangle, point)).abs());
        }
    }
    println!("{outside} points outside, largest error {largest:e} km");
    assert!(outside > 200, "{outside}");
    // The points on the edges are at most 1.2 m apart, which is off by at most 0.6 m at a corner; the plane is better.
    assert!(largest < 1e-3, "{largest}");
}

#[test]
fn a_hole_is_outside() {
    let middle = LatLon { lat: 34.045, lon: -118.4 };
    let km = outside_km(&triangle(), middle);
    assert!((km - brute_force_km(&triangle(), middle)).abs() < 1e-3 && km > 0.5, "{km}");
}

#[test]
fn measures_boxes_and_across_the_antimeridian() {
    let fiji = area(Bbox { west: 177.0, south: -19.0, east: -178.0, north: -16.0 }, vec![]);
    assert_eq!(outside_km(&fiji, LatLon { lat: -17.0, lon: 180.0 }), 0.0);
    assert_eq!(outside_km(&fiji, LatLon { lat: -17.0, lon: -179.0 }), 0.0);
    for (lon, border) in [(-177.0, -178.0), (176.0, 177.0)] {
        let (point, border) = (LatLon { lat: -17.0, lon }, LatLon { lat: -17.0, lon: border });
        let (found, expected) = (outside_km(&fiji, point), distance_km(point, border));
        // A meridian's nearest point is not quite at the same latitude: a degree away, 4 cm nearer.
        assert!((found - expected).abs() < 1e-2, "{found}, {expected}");
    }
    let east = area(
        Bbox { west: 179.0, south: 10.0, east: 180.0, north: 11.0 },
        vec![vec![(179.0, 10.0), (180.0, 10.0), (180.0, 11.0), (179.0, 11.0), (179.0, 10.0)]],
    );
    assert_eq!(outside_km(&east, LatLon { lat: 10.5, lon: -180.0 }), 0.0);
    let near = outside_km(&east, LatLon { lat: 10.5, lon: -179.9 });
    let expected = distance_km(LatLon { lat: 10.5, lon: 180.0 }, LatLon { lat: 10.5, lon: -179.9 });
    assert!((near - expected).abs() < 1e-3, "{near}, {expected}");
}

#[test]
fn tells_neighbors_apart() {
    let places = la_county();
    let pier = LatLon { lat: 34.0101, lon: -118.4962 };
    assert_eq!(outside_km(&places.regions[region(&places, "santa_monica")], pier), 0.0);
    let downtown = outside_km(&places.regions[region(&places, "downtown_la")], pier);
    assert!((20.0..21.0).contains(&downtown), "{downtown}");
}
