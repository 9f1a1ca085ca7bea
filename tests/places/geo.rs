//! Distances and boxes.

use placelens::places::geo::{Bbox, EARTH_RADIUS_KM, LatLon, distance_km};
use serde_json::Value;

#[test]
fn distances_equal_the_reference() {
    let golden: Value = serde_json::from_str(include_str!("../golden/scoring/geo.json")).unwrap();
    assert_eq!(golden["earth_radius_km"], EARTH_RADIUS_KM);
    let at = |value: &Value| LatLon { lat: value[0].as_f64().unwrap(), lon: value[1].as_f64().unwrap() };
    let mut largest: f64 = 0.0;
    for case in golden["distances"].as_array().unwrap() {
        let (a, b, km) = (at(&case["a"]), at(&case["b"]), case["km"].as_f64().unwrap());
        let error = (distance_km(a, b) - km).abs().max((distance_km(b, a) - km).abs());
        // Tighter than the reference asks for: the complement keeps the digits between antipodes too.
        assert!(error <= 1e-8, "{}: {error} km", case["name"]);
        largest = largest.max(error);
    }
    println!("largest error of {} distances: {largest:e} km", golden["distances"].as_array().unwrap().len());
}

#[test]
fn vectors_and_points_are_each_other() {
    for (lat, lon) in [(0.0, 0.0), (34.05, -118.25), (-89.9, 179.9), (12.0, -180.0), (90.0, 0.0), (-90.0, 0.0)] {
        let at = LatLon { lat, lon };
        assert!(distance_km(LatLon::from_vector(at.to_unit_vector()), at) < 1e-8, "{at:?}");
    }
}

#[test]
fn boxes_cross_the_antimeridian() {
    let fiji = Bbox { west: 177.0, south: -20.0, east: -178.0, north: -16.0 };
    assert!(fiji.crosses_antimeridian());
    assert_eq!(fiji.width(), 5.0);
    assert_eq!(fiji.center(), LatLon { lat: -18.0, lon: 179.5 });
    let east_of_it = Bbox { west: 179.0, east: -170.0, ..fiji };
    assert_eq!(east_of_it.center().lon, -175.5);
    for (lon, inside) in [(178.0, true), (180.0, true), (-180.0, true), (-178.0, true), (-177.0, false), (0.0, false)] {
        assert_eq!(fiji.contains(LatLon { lat: -18.0, lon }, 0.0), inside, "{lon}");
    }
}

#[test]
fn the_box_around_boxes_leaves_out_the_widest_gap() {
    let box_at = |west, east| Bbox { west, south: 0.0, east, north: 1.0 };
    let around = |boxes: &[(f64, f64)]| {
        let boxes: Vec<Bbox> = boxes.iter().map(|&(west, east)| box_at(west, east)).collect();
        Bbox::around(&boxes).map(|bbox| (bbox.west, bbox.east))
    };
    assert_eq!(around(&[(-118.2741, -118.2229)]), Some((-118.2741, -118.2229)));
    assert_eq!(around(&[(20.0, 30.0), (10.0, 12.0)]), Some((10.0, 30.0)));
    assert_eq!(around(&[(177.0, 180.0), (-180.0, -178.0)]), Some((177.0, -178.0)));
    assert_eq!(around(&[(170.0, -175.0), (160.0, 165.0)]), Some((160.0, -175.0)));
    assert_eq!(around(&[(170.0, -175.0), (-178.0, -177.0)]), Some((170.0, -175.0)));
    assert_eq!(around(&[(-180.0, 180.0), (3.0, 4.0)]), Some((-180.0, 180.0)));
    assert_eq!(around(&[(-170.0, -100.0), (-100.0, 100.0), (100.0, -170.0)]), Some((-180.0, 180.0)));
    assert_eq!(around(&[]), None);
}
