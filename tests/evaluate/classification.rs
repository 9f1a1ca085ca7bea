//! Precision, recall, F1, averages, the confusion matrix: as scikit-learn has them.

use placelens::evaluate::classification::{Classification, Scores};
use serde_json::Value;

use crate::{counts, golden, numbers, places};

fn error(found: &Scores, [precision, recall, f1]: [f64; 3]) -> f64 {
    (found.precision - precision).abs().max((found.recall - recall).abs()).max((found.f1 - f1).abs())
}

fn named(scores: &Value) -> [f64; 3] {
    ["precision", "recall", "f1"].map(|name| scores[name].as_f64().unwrap())
}

/// Sums of at most 6,229 terms below 1: rounding stays under 1e-12.
const TOLERANCE: f64 = 1e-12;

#[test]
fn equals_the_reference() {
    let file = golden(include_str!("../golden/scoring/classification.json"));
    let mut largest = 0.0_f64;
    for case in file["cases"].as_array().unwrap() {
        let classes = case["n_classes"].as_u64().unwrap() as usize;
        let found = Classification::new(&places(classes), &counts(&case["y_true"]), &counts(&case["y_pred"]));
        let expected = &case["expected"];
        assert_eq!(found.regions.len(), classes);
        for (region, expected) in found.regions.iter().zip(expected["per_class"].as_array().unwrap()) {
            largest = largest.max(error(&region.scores, named(expected)));
            assert_eq!(region.scores.support as u64, expected["support"].as_u64().unwrap(), "{}", case["name"]);
        }
        largest = largest.max(error(&found.macro_average, named(&expected["macro_avg"])));
        largest = largest.max(error(&found.weighted_average, named(&expected["weighted_avg"])));
        assert_eq!(found.weighted_average.support as u64, expected["weighted_avg"]["support"].as_u64().unwrap());
        let confusion: Vec<Vec<usize>> = expected["confusion"].as_array().unwrap().iter().map(counts).collect();
        assert_eq!(found.confusion, confusion, "{}", case["name"]);
    }
    println!("largest error {largest:e}");
    assert!(largest < TOLERANCE);
}

#[test]
fn equals_scikit_learn_on_random_cases() {
    let file = golden(include_str!("../golden/scoring/sklearn.json"));
    let mut largest = 0.0_f64;
    for case in file["classification"].as_array().unwrap() {
        let classes = case["classes"].as_u64().unwrap() as usize;
        let found = Classification::new(&places(classes), &counts(&case["truths"]), &counts(&case["predicted"]));
        let columns = ["precision", "recall", "f1"].map(|name| numbers(&case[name]));
        let supports = counts(&case["support"]);
        assert_eq!(supports.len(), found.regions.len());
        for (index, region) in found.regions.iter().enumerate() {
            largest = largest.max(error(&region.scores, [0, 1, 2].map(|column| columns[column][index])));
            assert_eq!(region.scores.support, supports[index]);
        }
        for (average, name) in [(&found.macro_average, "macro"), (&found.weighted_average, "weighted")] {
            let expected = numbers(&case[name]);
            largest = largest.max(error(average, [expected[0], expected[1], expected[2]]));
        }
        let confusion: Vec<Vec<usize>> = case["confusion"].as_array().unwrap().iter().map(counts).collect();
        assert_eq!(found.confusion, confusion);
    }
    println!("largest error {largest:e}");
    assert!(largest < TOLERANCE);
}
