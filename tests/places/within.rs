//! The point most likely to be within a radius: closed forms, brute force, poles and the antimeridian, speed.

use std::f64::consts::PI;
use std::time::Instant;

use placelens::places::geo::{Bbox, EARTH_RADIUS_KM, LatLon, distance_km};
use placelens::places::score::rank;
use placelens::places::{LikeliestPoint, Places, Polygon, Region, Spread};

use crate::LA_COUNTY;

/// What the module promises: the center is left only for 2 % of what is at stake, which is at most half.
const LARGEST_LOSS: f64 = 0.01 + 1e-6;

fn region(bbox: Bbox, geometry: Option<Vec<Polygon>>) -> Region {
    Region { id: "x".to_owned(), name: "X".to_owned(), description: String::new(), bbox, geometry, point: None }
}

fn boxes(boxes: &[[f64; 4]]) -> Places {
    let regions =
        boxes.iter().map(|&[west, south, east, north]| region(Bbox { west, south, east, north }, None)).collect();
    Places { prompt_template: "{name}".to_owned(), regions }
}

fn likeliest(places: &Places, probabilities: &[f64], radius_km: f64) -> LikeliestPoint {
    Spread::new(places).likeliest_within(probabilities, radius_km)
}

/// A box around a point, so many kilometers from its middle to each side, about.
fn square(lat: f64, lon: f64, half_km: f64) -> [f64; 4] {
    let half_lat = (half_km / EARTH_RADIUS_KM).to_degrees();
    let half_lon = half_lat / lat.to_radians().cos();
    [lon - half_lon, lat - half_lat, lon + half_lon, lat + half_lat]
}

/// Numbers in 0 … 1 without a crate: splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Shares of which some are larger by up to `e^spread`.
    fn probabilities(&mut self, regions: usize, spread: f64) -> Vec<f64> {
        let weights: Vec<f64> = (0..regions).map(|_| (spread * self.next()).exp()).collect();
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|weight| weight / sum).collect()
    }
}

/// Points of equal area in every region, each with its share of the probability: an independent sum.
struct Cloud(Vec<([f64; 3], f64)>);

impl Cloud {
    fn new(places: &Places, probabilities: &[f64], side: usize) -> Self {
        let fraction = |i: usize| (i as f64 + 0.5) / side as f64;
        let weighted = places.regions.iter().zip(probabilities).flat_map(|(region, p)| {
            let bbox = region.bbox;
            let (low, high) = (bbox.south.to_radians().sin(), bbox.north.to_radians().sin());
            (0..side * side).map(move |cell| {
                let lat = (low + fraction(cell / side) * (high - low)).asin().to_degrees();
                let point = LatLon { lat, lon: bbox.west + fraction(cell % side) * bbox.width() };
                (point.to_unit_vector(), p / (side * side) as f64)
            })
        });
        Self(weighted.collect())
    }

    fn within(&self, at: LatLon, radius_km: f64) -> f64 {
        // By the chord, 2 sin (angle / 2), which is quicker than the angle.
        let (at, farthest) = (at.to_unit_vector(), (radius_km / EARTH_RADIUS_KM / 2.0).min(PI / 2.0).sin() * 2.0);
        let chord_squared = |point: &[f64; 3]| (0..3).map(|axis| (point[axis] - at[axis]).powi(2)).sum::<f64>();
        let near = self.0.iter().filter(|(point, _)| chord_squared(point) <= farthest * farthest);
        near.map(|(_, weight)| weight).sum()
    }
}

#[test]
fn a_disc_inside_a_region_has_its_share_of_the_area() {
    // Everywhere inside is as good; the center is kept, to the last digit.
    for (lat, radius_km) in [(0.0, 1.0), (34.0, 1.0), (34.0, 5.0), (-70.0, 300.0), (85.0, 50.0), (34.0, 0.001)] {
        let place = boxes(&[square(lat, -118.0, radius_km * 4.0)]);
        let bbox = place.regions[0].bbox;
        let zone = bbox.north.to_radians().sin() - bbox.south.to_radians().sin();
        let cap = 4.0 * PI * (radius_km / EARTH_RADIUS_KM / 2.0).sin().powi(2);
        let expected = cap / (bbox.width().to_radians() * zone);
        let found = likeliest(&place, &[1.0], radius_km);
        println!("{lat}, {radius_km} km: {} off by {:e}", found.probability, found.probability - expected);
        assert_eq!(found.point, bbox.center());
        // Gauss's rule on a smooth border; the box's own size loses digits where it is meters.
        assert!((found.probability - expected).abs() < 1e-7);
    }
}

#[test]
fn a_region_inside_the_disc_is_certain() {
    let place = boxes(&[square(34.0, -118.0, 3.0), square(40.0, -118.0, 3.0)]);
    let found = likeliest(&place, &[0.7, 0.3], 5.0);
    assert_eq!(found.point, place.regions[0].centroid());
    assert!((found.probability - 0.7).abs() < 1e-9, "{found:?}");
}

#[test]
fn the_stated_probability_is_that_of_a_cloud_of_points() {
    let places = Places::from_json(LA_COUNTY).unwrap();
    let spread = Spread::new(&places);
    let mut random = Random(1);
    let mut worst = 0.0_f64;
    for case in 0..9 {
        let radius_km = [1.0, 5.0, 10.0][case % 3];
        let probabilities = random.probabilities(15, 5.0);
        let found = spread.likeliest_within(&probabilities, radius_km);
        let expected = Cloud::new(&places, &probabilities, 300).within(found.point, radius_km);
        worst = worst.max((found.probability - expected).abs());
    }
    println!("largest difference {worst:.6}");
    // 90,000 points a region: the cells along the border, of up to 100 m, are in or out as a whole.
    assert!(worst < 5e-4);
}

#[test]
fn is_as_good_as_brute_force_over_los_angeles() {
    let places = Places::from_json(LA_COUNTY).unwrap();
    let spread = Spread::new(&places);
    let mut random = Random(2);
    let (mut worst, mut sum) = (0.0_f64, 0.0);
    let cases = 12;
    for case in 0..cases {
        let radius_km = [1.0, 5.0, 10.0][case % 3];
        let probabilities = random.probabilities(15, [0.5, 3.0, 6.0, 12.0][case / 3]);
        let found = spread.likeliest_within(&probabilities, radius_km);
        let center = places.regions[rank(&probabilities)[0]].centroid();
        let cloud = Cloud::new(&places, &probabilities, 60);
        // Every place of a grid over the likeliest part of the county, twice as fine as the radius at 5 km.
        let grid = (0..45 * 60)
            .map(|cell| LatLon { lat: 33.74 + (cell / 60) as f64 * 0.016, lon: -118.92 + (cell % 60) as f64 * 0.0145 });
        let best = grid.map(|at| cloud.within(at, radius_km)).fold(0.0, f64::max);
        let (here, plain) = (cloud.within(found.point, radius_km), cloud.within(center, radius_km));
        println!("{radius_km} km: {here:.4}, brute force {best:.4}, center {plain:.4}");
        // A cloud of 3,600 points a region is itself off by up to 0.004 within 1 km of a small one.
        let noise = if radius_km < 2.0 { 0.006 } else { 0.004 };
        assert!(here >= plain - noise);
        worst = worst.max(best - here - noise);
        sum += (best - here).max(0.0);
    }
    println!("worse by {worst:.5} at most, by {:.5} on average", sum / cases as f64);
    assert!(worst < LARGEST_LOSS && sum / (cases as f64) < 0.004);
}

#[test]
fn goes_where_two_regions_overlap() {
    // Two squares of 20 km share a square of 4 km: within 2 km, nowhere else is twice as dense.
    let (a, b) = (square(34.0, -118.0, 10.0), square(34.0 + 0.1439, -118.0 + 0.1736, 10.0));
    let places = boxes(&[a, b]);
    let found = likeliest(&places, &[0.52, 0.48], 1.0);
    println!("{found:?}");
    let inside = |bbox: Bbox| bbox.contains(found.point, 0.0);
    assert!(inside(places.regions[0].bbox) && inside(places.regions[1].bbox));
    let alone = PI / 400.0;
    assert!((found.probability - alone).abs() < 0.02 * alone, "{} {alone}", found.probability);
}

#[test]
fn a_neighbor_counts_only_where_it_is_within_reach() {
    // Between two dots 8 km apart, a disc of 5 km holds both; one of 3 km holds one.
    let places = boxes(&[square(34.0, -118.0, 0.1), square(34.0, -117.9135, 0.1)]);
    let both = likeliest(&places, &[0.6, 0.4], 5.0);
    assert!((both.probability - 1.0).abs() < 1e-6, "{both:?}");
    let one = likeliest(&places, &[0.6, 0.4], 3.0);
    assert_eq!(one.point, places.regions[0].centroid());
}

#[test]
fn the_antimeridian_is_no_border() {
    let at = |lon: f64| {
        let around = |lon: f64| if lon > 180.0 { lon - 360.0 } else { lon };
        let shape = |[west, south, east, north]: [f64; 4]| [around(west), south, around(east), north];
        boxes(&[
            shape(square(10.0, lon, 8.0)),
            shape(square(10.05, lon + 0.1, 6.0)),
            shape(square(10.0, lon - 0.13, 5.0)),
        ])
    };
    for radius_km in [1.0, 5.0, 10.0] {
        let here = likeliest(&at(20.0), &[0.4, 0.35, 0.25], radius_km);
        let there = likeliest(&at(179.97), &[0.4, 0.35, 0.25], radius_km);
        let moved = LatLon { lat: there.point.lat, lon: (there.point.lon - 159.97 + 360.0) % 360.0 };
        println!("{radius_km} km: {here:?} {there:?}");
        assert!((here.probability - there.probability).abs() < 1e-4);
        // A flat maximum is the same within the search's last steps.
        assert!(distance_km(here.point, moved) < 0.1 * radius_km);
    }
}

#[test]
fn a_pole_is_a_place_like_any_other() {
    for side in [1.0, -1.0] {
        let (south, north) = if side > 0.0 { (80.0, 90.0) } else { (-90.0, -80.0) };
        let cap = boxes(&[[-180.0, south, 180.0, north]]);
        let area = 2.0 * PI * (1.0 - 80f64.to_radians().sin());
        for radius_km in [100.0, 500.0] {
            let found = likeliest(&cap, &[1.0], radius_km);
            let expected = 4.0 * PI * (radius_km / EARTH_RADIUS_KM / 2.0).sin().powi(2) / area;
            println!("{radius_km} km: {found:?}, expected {expected}");
            assert!((found.probability - expected).abs() < 1e-4);
        }
        // From the pole all of it is within 1,112 km.
        let found = likeliest(&cap, &[1.0], 1_113.0);
        println!("{found:?}");
        assert!(found.probability > 0.98 && found.point.lat.abs() > 88.0);
    }
}

#[test]
fn a_polygon_has_the_area_of_its_rings() {
    // A right triangle, the lower left half of a square of 20 km; and a square with a square hole.
    let [west, south, east, north] = square(0.0, 30.0, 10.0);
    let at = |lat, lon| LatLon { lat, lon };
    let triangle = vec![at(south, west), at(south, east), at(north, west), at(south, west)];
    let ring = |[west, south, east, north]: [f64; 4]| {
        vec![at(south, west), at(south, east), at(north, east), at(north, west), at(south, west)]
    };
    let bbox = Bbox { west, south, east, north };
    let place = |rings: Vec<Vec<LatLon>>| Places {
        prompt_template: "{name}".to_owned(),
        regions: vec![region(bbox, Some(vec![Polygon { rings }]))],
    };
    // A disc of 3 km fits inside the triangle: 9 π of 200 km². At the middle of the box only half of it does.
    let found = likeliest(&place(vec![triangle]), &[1.0], 3.0);
    println!("{found:?}");
    assert!((found.probability - 9.0 * PI / 200.0).abs() < 2e-4);
    // All of a disc of 2 km at the center is in the hole of 10 km; beside it, 4 π of 300 km².
    let found = likeliest(&place(vec![ring([west, south, east, north]), ring(square(0.0, 30.0, 5.0))]), &[1.0], 2.0);
    println!("{found:?}");
    assert!((found.probability - 4.0 * PI / 300.0).abs() < 2e-4);
}

#[test]
fn is_never_worse_than_the_center_anywhere_on_the_globe() {
    let mut random = Random(3);
    for regions in [1, 2, 7, 40, 400] {
        let shapes: Vec<[f64; 4]> = (0..regions)
            .map(|_| {
                let (west, south) = (360.0 * random.next() - 180.0, 170.0 * random.next() - 88.0);
                let (width, height) = (0.01 + 8.0 * random.next(), (0.01 + 5.0 * random.next()).min(89.9 - south));
                [west, south, if west + width > 180.0 { west + width - 360.0 } else { west + width }, south + height]
            })
            .collect();
        let places = boxes(&shapes);
        let spread = Spread::new(&places);
        for radius_km in [0.5, 25.0, 750.0, 9_000.0, 30_000.0] {
            let probabilities = random.probabilities(regions, 4.0);
            let found = spread.likeliest_within(&probabilities, radius_km);
            let first = places.regions[rank(&probabilities)[0]].centroid();
            let cloud = Cloud::new(&places, &probabilities, 24);
            let (here, plain) = (cloud.within(found.point, radius_km), cloud.within(first, radius_km));
            println!("{regions} regions, {radius_km} km: {here:.4} {:.4}, center {plain:.4}", found.probability);
            assert!(found.point.is_valid() && (0.0..=1.0 + 1e-9).contains(&found.probability));
            assert!(radius_km < 20_016.0 || (found.probability - 1.0).abs() < 1e-6);
            // 576 points a region.
            assert!(here >= plain - 0.03 && (here - found.probability).abs() < 0.03);
        }
    }
}

#[test]
fn takes_milliseconds() {
    let places = Places::from_json(LA_COUNTY).unwrap();
    let spread = Spread::new(&places);
    let mut random = Random(4);
    let start = Instant::now();
    let times = 30;
    for case in 0..times {
        let sharpness = 6.0 * random.next();
        let probabilities = random.probabilities(15, sharpness);
        let again = spread.likeliest_within(&probabilities, [1.0, 5.0, 10.0][case % 3]);
        assert_eq!(again, spread.likeliest_within(&probabilities, [1.0, 5.0, 10.0][case % 3]));
    }
    let each_ms = start.elapsed().as_secs_f64() * 1e3 / (2 * times) as f64;
    println!("{each_ms:.2} ms each");
    // About 4 in a release build on one core of a laptop; a busy machine, or one without optimization, has some room.
    assert!(each_ms < if cfg!(debug_assertions) { 400.0 } else { 40.0 });
}
