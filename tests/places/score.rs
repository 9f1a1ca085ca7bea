//! Cosines, probabilities, ranks, credible sets, and whole predictions.

use placelens::places::score::{cosine, credible_set, rank, softmax, top_k};
use placelens::places::{Places, Scoring, Spread, predict};
use serde_json::Value;

use crate::{LA_COUNTY, collection, largest_error, numbers};

fn similarity() -> Value {
    serde_json::from_str(include_str!("../golden/scoring/similarity.json")).unwrap()
}

fn floats(value: &Value) -> Vec<f32> {
    numbers(value).into_iter().map(|number| number as f32).collect()
}

fn indices(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|number| number.as_u64().unwrap() as usize).collect()
}

#[test]
fn cosines_probabilities_and_order_equal_the_reference() {
    let (mut largest, mut count) = (0.0_f64, 0);
    for case in similarity()["similarity"].as_array().unwrap() {
        let regions: Vec<Vec<f32>> = case["regions"].as_array().unwrap().iter().map(floats).collect();
        for (row, image) in case["images"].as_array().unwrap().iter().enumerate() {
            let cosines: Vec<f64> = regions.iter().map(|region| cosine(&floats(image), region).unwrap()).collect();
            let errors = [
                largest_error(&cosines, &numbers(&case["cosine"][row])),
                largest_error(&softmax(&cosines, 1.0).unwrap(), &numbers(&case["softmax_scale_1"][row])),
                // A cosine's rounding of f32 inputs, 3e-8, grows by the scale of 100.
                largest_error(&softmax(&cosines, 0.01).unwrap(), &numbers(&case["softmax_scale_100"][row])) / 3.0,
            ];
            let error = errors.into_iter().fold(0.0, f64::max);
            assert!(error <= 1e-6, "{} {row}: {errors:?}", case["name"]);
            assert_eq!(rank(&cosines), indices(&case["order"][row]), "{} {row}", case["name"]);
            largest = largest.max(error);
            count += 1;
        }
    }
    println!("largest error of {count} images: {largest:e}");
}

#[test]
fn the_first_k_keep_the_order_of_ties() {
    for case in similarity()["top_k"].as_array().unwrap() {
        let k = case["k"].as_u64().unwrap() as usize;
        assert_eq!(top_k(&numbers(&case["scores"]), k), indices(&case["indices"]), "{case}");
    }
    assert_eq!(rank(&[-0.0, 0.0, -0.0]), [0, 1, 2], "zero has no sign here");
}

#[test]
fn softmax_survives_every_temperature_and_refuses_impossible_ones() {
    for temperature in [5e-324, 1e-300, 0.01, 1.0, 1e300] {
        let probabilities = softmax(&[0.3, -1.0, 0.3, 0.29], temperature).unwrap();
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{temperature}: {probabilities:?}");
        assert_eq!(probabilities[0], probabilities[2]);
    }
    for temperature in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(softmax(&[0.3], temperature).unwrap_err().code(), "temperature");
    }
    assert!((Scoring::own_temperature(100.0_f64.ln()) - 0.01).abs() < 1e-15);
}

#[test]
fn credible_sets_are_the_smallest_that_hold_the_mass() {
    let probabilities = [0.1, 0.4, 0.2, 0.3];
    assert_eq!(credible_set(&probabilities, 0.4), [1]);
    assert_eq!(credible_set(&probabilities, 0.5), [1, 3]);
    assert_eq!(credible_set(&probabilities, 0.7), [1, 3], "0.4 + 0.3 is 0.7, however it rounds");
    assert_eq!(credible_set(&probabilities, 0.8), [1, 3, 2]);
    assert_eq!(credible_set(&probabilities, 1.0), [1, 3, 2, 0]);
    assert_eq!(credible_set(&[0.25; 4], 0.5), [0, 1], "ties by lower index");
    assert_eq!(credible_set(&[0.1; 10], 0.8).len(), 8, "ten tenths, however they round");
    assert_eq!(credible_set(&[0.5, 0.2], 0.9), [0, 1]);
}

fn scoring(temperature: f64, top: usize) -> Scoring {
    Scoring { temperature, top, confidence_threshold: 0.5 }
}

#[test]
fn predicts_places_in_the_projects_json() {
    let places = Places::from_json(LA_COUNTY).unwrap();
    let spread = Spread::new(&places);
    // Region r lies along axis r; the photo mostly along 3 (Santa Monica), then 4 (Venice Beach).
    let mut regions = vec![0.0_f32; 15 * 15];
    (0..15).for_each(|index| regions[index * 16] = 2.5);
    let mut image = [0.0_f32; 15];
    (image[3], image[4]) = (8.0, 6.0);
    let prediction = predict(&places, &spread, &image, &regions, &scoring(0.1, 3)).unwrap();
    let json = serde_json::to_value(&prediction).unwrap();

    let ids: Vec<&str> = prediction.places.iter().map(|place| place.id.as_str()).collect();
    assert_eq!(ids, ["santa_monica", "venice_beach", "downtown_la"], "ties by the file's order");
    let total = 8f64.exp() + 6f64.exp() + 13.0;
    assert!((prediction.places[0].cosine - 0.8).abs() < 1e-12);
    assert!((prediction.places[0].probability - 8f64.exp() / total).abs() < 1e-12);
    assert!((prediction.places[1].probability - 6f64.exp() / total).abs() < 1e-12);
    assert_eq!((prediction.regions_50, prediction.confident), (vec!["santa_monica".to_owned()], true));
    assert_eq!(prediction.regions_80, ["santa_monica"]);
    assert_eq!(json["places"][0]["name"], "Santa Monica");
    assert!((json["places"][0]["lat"].as_f64().unwrap() - 34.0219).abs() < 1e-9);
    assert!((json["places"][0]["lon"].as_f64().unwrap() + 118.48055).abs() < 1e-9);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&json), ["confident", "places", "point", "regions_50", "regions_80", "temperature"]);
    assert_eq!(keys(&json["places"][0]), ["cosine", "id", "lat", "lon", "name", "probability"]);
    assert_eq!(keys(&json["point"]), ["expected_error_km", "lat", "lon"]);

    let unsure = predict(&places, &spread, &image, &regions, &scoring(1.0, 100)).unwrap();
    assert_eq!((unsure.places.len(), unsure.confident, unsure.temperature), (15, false, 1.0));
    assert!((unsure.places.iter().map(|place| place.probability).sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(unsure.regions_50.len() < unsure.regions_80.len());
    assert_eq!(predict(&places, &spread, &image, &regions, &scoring(1.0, 0)).unwrap().places, []);
}

#[test]
fn refuses_embeddings_and_options_that_cannot_be() {
    let places = Places::from_json(&collection(|_| {})).unwrap();
    let spread = Spread::new(&places);
    let refused = |image: &[f32], regions: &[f32], scoring: Scoring, code: &str, words: &[&str]| {
        let error = predict(&places, &spread, image, regions, &scoring).unwrap_err();
        println!("{error}");
        assert_eq!(error.code(), code, "{error}");
        words.iter().for_each(|word| assert!(error.to_string().contains(word), "`{word}` is not in: {error}"));
    };
    let (image, regions, plain) = ([1.0, 2.0], [1.0, 0.0, 0.0, 1.0], scoring(1.0, 5));
    assert!(predict(&places, &spread, &image, &regions, &plain).is_ok());
    refused(&[], &[], plain, "embedding_shape", &["image embedding"]);
    refused(&image, &regions[..3], plain, "embedding_shape", &["3 numbers", "expected 4", "2 regions"]);
    refused(&[1.0], &regions, plain, "embedding_shape", &["4 numbers", "expected 2"]);
    refused(&[0.0, 0.0], &regions, plain, "embedding_values", &["image embedding is all zeros"]);
    refused(&[f32::NAN, 1.0], &regions, plain, "embedding_values", &["image embedding is not finite"]);
    refused(&image, &[1.0, 0.0, 0.0, 0.0], plain, "embedding_values", &["region 1 (`pier`) is all zeros"]);
    refused(&image, &[f32::INFINITY, 0.0, 0.0, 1.0], plain, "embedding_values", &["region 0 (`a`) is not finite"]);
    refused(&image, &regions, scoring(0.0, 5), "temperature", &["the temperature is 0"]);
    refused(&image, &regions, scoring(f64::NAN, 5), "temperature", &["NaN"]);
    let confident = Scoring { confidence_threshold: 1.5, ..plain };
    refused(&image, &regions, confident, "confidence_threshold", &["1.5"]);
    let other = Spread::new(&Places::from_json(LA_COUNTY).unwrap());
    let error = predict(&places, &other, &image, &regions, &plain).unwrap_err();
    assert!(error.to_string().contains("15 regions; expected 2"), "{error}");

    // The largest and smallest floats have directions too.
    let extremes = predict(&places, &spread, &[f32::MAX, f32::MAX], &[1e-45, 0.0, 0.0, f32::MAX], &plain).unwrap();
    assert!(extremes.places.iter().all(|place| (place.cosine - 0.5f64.sqrt()).abs() < 1e-12));
}
