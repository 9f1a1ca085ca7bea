//! ACC@R, mean and median; and what each point promises, kept on photos whose probabilities are true.

use placelens::evaluate::distances::{ErrorSummary, Estimate};
use placelens::evaluate::{Options, evaluate};
use placelens::places::geo::{LatLon, distance_km};
use placelens::places::{Places, Spread};

use crate::{LA_COUNTY, calibrated_answers, golden, numbers, places, rows};

const RADII_KM: [f64; 3] = [1.0, 5.0, 10.0];

fn largest_error(found: &ErrorSummary, expected: &serde_json::Value) -> f64 {
    let named = [("mean_km", found.mean_km), ("median_km", found.median_km)];
    let within = ["acc_at_1", "acc_at_5", "acc_at_10"].into_iter().zip(&found.within).map(|(key, at)| (key, at.share));
    let errors = named.into_iter().chain(within).map(|(key, found)| (found - expected[key].as_f64().unwrap()).abs());
    errors.fold(0.0, f64::max)
}

#[test]
fn equal_the_reference() {
    let file = golden(include_str!("../golden/scoring/geo.json"));
    for case in file["accuracy"].as_array().unwrap() {
        let found = ErrorSummary::new(&numbers(&case["errors_km"]), &RADII_KM).unwrap();
        let error = largest_error(&found, case);
        println!("{}: {error:e}", case["name"]);
        assert!(error < 1e-12, "{found:?}"); // a sum's rounding
    }
    let points = |key: &str| -> Vec<LatLon> {
        rows(&file["predictions"][key]).iter().map(|row| LatLon { lat: row[0], lon: row[1] }).collect()
    };
    let errors: Vec<f64> = points("truth").iter().zip(points("guess")).map(|(&a, b)| distance_km(a, b)).collect();
    let error = largest_error(&ErrorSummary::new(&errors, &RADII_KM).unwrap(), &file["predictions"]["expected"]);
    println!("from coordinates: {error:e}");
    assert!(error < 1e-9); // the reference has 50 digits, a distance of 100 km in f64 about 13
}

#[test]
fn no_errors_have_no_summary() {
    assert!(ErrorSummary::new(&[], &RADII_KM).is_none());
}

#[test]
fn each_point_is_best_at_what_it_is_for() {
    // From hardly better than chance to mostly right; probabilities are true, photos lie anywhere in their region.
    let places = Places::from_json(LA_COUNTY).unwrap();
    let spread = Spread::new(&places);
    for (sharpness, seed) in [(0.3, 1), (2.0, 2), (5.0, 3)] {
        let model = calibrated_answers(&places, 600, sharpness, seed);
        let found = evaluate(&places, &spread, &model, &Options::default()).unwrap();
        let photos = found.predictions.len() as f64;
        let distances = found.distances.unwrap();
        let centroid = &distances.of(Estimate::Centroid).unwrap().summary;
        let expected = &distances.of(Estimate::ExpectedDistance).unwrap().summary;
        println!("accuracy {:.3}: mean {:.3} → {:.3} km", found.accuracy, centroid.mean_km, expected.mean_km);
        assert!(expected.mean_km <= centroid.mean_km);
        for (index, (plain, own)) in centroid.within.iter().zip(&distances.likeliest_within).enumerate() {
            let promised = found.predictions.iter().map(|photo| photo.points.within[index].1.probability);
            let promised = promised.sum::<f64>() / photos;
            println!("  ACC@{} {:.4} → {:.4}, promised {promised:.4}", plain.radius_km, plain.share, own.share);
            assert_eq!(plain.radius_km, own.radius_km);
            // What is promised is kept, within three standard errors of a share.
            assert!((own.share - promised).abs() < 3.0 * (promised * (1.0 - promised) / photos).sqrt());
            assert!(own.share >= plain.share);
        }
        // A point for one radius is measured at the others as well.
        let at_five = &distances.of(Estimate::Within { radius_km: 5.0 }).unwrap().summary;
        assert_eq!(at_five.within[1], distances.likeliest_within[1]);
        assert_eq!(distances.estimates.len(), 5);
    }
}

#[test]
fn a_sure_model_has_the_same_center_by_every_rule() {
    // Where only one region counts, no point may differ from its center by the rounding of a search.
    let places = places(4);
    let mut model = calibrated_answers(&places, 40, 5.0, 4);
    model.temperature = 1e-3;
    let found = evaluate(&places, &Spread::new(&places), &model, &Options::default()).unwrap();
    for photo in &found.predictions {
        let center = places.regions[photo.predicted].centroid();
        assert!(photo.points.within.iter().all(|(_, found)| found.point == center), "{photo:?}");
        assert!(distance_km(photo.points.expected_distance.point, center) < 0.5, "{photo:?}");
    }
}
