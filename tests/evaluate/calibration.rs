//! ECE, NLL and bins against NumPy and scikit-learn; the fit against SciPy's, and on sets that are hardly any.

use placelens::evaluate::calibration::{LEAST_ANSWERED, Limit, fit};
use placelens::evaluate::{Answer, EvaluateError, ModelAnswers, Options, evaluate};
use placelens::places::Spread;

use crate::{Random, calibrated_answers, counts, golden, places, rows};

/// `photos` rows of `regions` cosines, the true one higher by `signal`.
fn random_set(random: &mut Random, photos: usize, regions: usize, signal: f64) -> (Vec<Vec<f64>>, Vec<usize>) {
    let truths: Vec<usize> = (0..photos).map(|_| random.below(regions)).collect();
    let row = |truth: usize, random: &mut Random| -> Vec<f64> {
        (0..regions).map(|region| 0.03 * random.normal() + if region == truth { signal } else { 0.0 }).collect()
    };
    (truths.iter().map(|&truth| row(truth, random)).collect(), truths)
}

#[test]
fn ece_nll_and_top_3_equal_numpy_and_scikit_learn() {
    let file = golden(include_str!("../golden/scoring/sklearn.json"));
    let mut largest = 0.0_f64;
    for case in file["calibration"].as_array().unwrap() {
        let cosines = rows(&case["cosines"]);
        let places = places(cosines[0].len());
        let answers = cosines.into_iter().zip(counts(&case["truths"])).map(|(cosines, truth)| Answer {
            path: String::new(),
            truth,
            taken_at: None,
            cosines,
            further: Vec::new(),
        });
        let model = ModelAnswers {
            model: "m".to_owned(),
            temperature: case["own_temperature"].as_f64().unwrap(),
            confidence_threshold: 0.5,
            calibrated: false,
            answers: answers.collect(),
        };
        let options = Options { radii_km: Vec::new(), group_by: None };
        let found = evaluate(&places, &Spread::new(&places), &model, &options).unwrap();
        let pairs =
            [(found.calibration.ece, "ece"), (found.calibration.nll, "nll"), (found.top_3_accuracy, "top_3_accuracy")];
        for (found, key) in pairs {
            largest = largest.max((found - case[key].as_f64().unwrap()).abs());
        }
        assert_eq!(found.calibration.bins.iter().map(|bin| bin.photos).sum::<usize>(), found.photos);
    }
    println!("largest error {largest:e}");
    assert!(largest < 1e-9); // an exponential of cosines over 0.01 keeps about 13 digits
}

#[test]
fn the_fit_equals_scipy_and_never_makes_the_nll_worse() {
    let file = golden(include_str!("../golden/scoring/sklearn.json"));
    for case in file["calibration"].as_array().unwrap() {
        let own = case["own_temperature"].as_f64().unwrap();
        let found = fit(&rows(&case["cosines"]), &counts(&case["truths"]), own, 0.8).unwrap();
        let best = case["best_temperature"].as_f64().unwrap();
        let apart = (found.temperature / best).ln().abs();
        let error = (found.nll_after - case["best_nll"].as_f64().unwrap()).abs();
        println!("temperature {} by a factor of 1 + {apart:e}, NLL by {error:e}", found.temperature);
        // SciPy compares values, which are flat to 1e-16 within 1e-8 of the minimum; the fit looks at the slope.
        assert!(apart < 1e-6 && error < 1e-10 && found.limit.is_none());
        assert!(found.nll_after <= found.nll_before);
    }
}

#[test]
fn true_probabilities_stay_as_they_are() {
    let places = places(8);
    let model = calibrated_answers(&places, 6_000, 4.0, 5);
    let cosines: Vec<Vec<f64>> = model.answers.iter().map(|answer| answer.cosines.clone()).collect();
    let truths: Vec<usize> = model.answers.iter().map(|answer| answer.truth).collect();
    // Ten times too unsure, ten times too sure: either comes back to 1, as near as 6,000 photos tell.
    for own in [0.1, 1.0, 10.0] {
        let found = fit(&cosines, &truths, own, 0.9).unwrap();
        println!("{own}: temperature {:.4}, ECE {:.4} → {:.4}", found.temperature, found.ece_before, found.ece_after);
        assert!((found.temperature - 1.0).abs() < 0.06 && found.ece_after < 0.02);
        assert!(found.reached && found.answered_accuracy.unwrap() >= 0.9);
    }
}

#[test]
fn the_threshold_is_the_least_that_reaches_the_target() {
    let mut random = Random(6);
    for target in [0.5, 0.7, 0.8, 0.95] {
        let (cosines, truths) = random_set(&mut random, 300, 6, 0.05);
        let found = fit(&cosines, &truths, 0.02, target).unwrap();
        // Tried one by one: every top probability as a threshold.
        let probabilities = |row: &Vec<f64>| placelens::places::score::softmax(row, found.temperature).unwrap();
        let tops: Vec<(f64, bool)> = cosines
            .iter()
            .zip(&truths)
            .map(|(row, &truth)| {
                let first = placelens::places::score::rank(row)[0];
                (probabilities(row)[first], first == truth)
            })
            .collect();
        let reaches = |threshold: f64| {
            let answered: Vec<bool> = tops.iter().filter(|top| top.0 >= threshold).map(|top| top.1).collect();
            let correct = answered.iter().filter(|correct| **correct).count();
            answered.len() >= LEAST_ANSWERED && correct as f64 >= target * answered.len() as f64
        };
        let least = tops.iter().map(|top| top.0).filter(|&threshold| reaches(threshold)).fold(f64::INFINITY, f64::min);
        println!("{target}: {} of {least}, answered {:.3}", found.confidence_threshold, found.answered_share);
        assert_eq!(found.reached, least.is_finite());
        if found.reached {
            assert!((found.confidence_threshold - least).abs() < 1e-6 && found.confidence_threshold <= least);
            assert!(reaches(found.confidence_threshold));
        }
    }
}

#[test]
fn a_target_out_of_reach_answers_next_to_nothing() {
    let mut random = Random(7);
    let (cosines, truths) = random_set(&mut random, 200, 10, 0.0);
    let found = fit(&cosines, &truths, 0.01, 0.99).unwrap();
    println!("{found:?}");
    assert!(!found.reached && found.answered_share <= 0.02 && found.confidence_threshold <= 1.0);
}

#[test]
fn a_set_without_a_mistake_does_not_make_the_model_infinitely_sure() {
    let cosines = vec![vec![0.3, 0.1, 0.1]; 50];
    let found = fit(&cosines, &[0; 50], 0.01, 0.8).unwrap();
    println!("{found:?}");
    assert_eq!(found.limit, Some(Limit::TooFewMistakes));
    // Laplace: 50 of 50 show about 51 of 52.
    assert!((found.nll_after - 1.0 / 52.0).abs() < 1e-9 && found.reached && found.answered_share == 1.0);
}

#[test]
fn odd_sets_have_a_bounded_fit() {
    // Always wrong, all the same, one photo, one region.
    let wrong = fit(&vec![vec![0.3, 0.1]; 30], &[1; 30], 0.01, 0.8).unwrap();
    assert_eq!((wrong.limit, wrong.reached), (Some(Limit::FarFromOwn), false));
    assert!((wrong.temperature - 1.0).abs() < 1e-6, "{wrong:?}");
    let same = fit(&vec![vec![0.2, 0.2]; 30], &[1; 30], 0.01, 0.8).unwrap();
    assert!(same.temperature == 0.01 && same.limit.is_none() && (same.nll_after - 2f64.ln()).abs() < 1e-12);
    let one = fit(&[vec![0.3, 0.1]], &[0], 0.01, 0.8).unwrap();
    assert!(one.temperature.is_finite() && one.reached && one.answered_share == 1.0, "{one:?}");
    let only = fit(&[vec![0.3], vec![0.2]], &[0, 0], 0.01, 0.8).unwrap();
    assert!(only.temperature == 0.01 && only.nll_after == 0.0, "{only:?}");
}

#[test]
fn refuses_what_cannot_be_fitted() {
    let rows = [vec![0.1, 0.2], vec![0.2, 0.1]];
    let refused = |cosines: &[Vec<f64>], truths: &[usize], own: f64, target: f64, words: &str| {
        let error: EvaluateError = fit(cosines, truths, own, target).unwrap_err();
        println!("{error}");
        assert!(error.to_string().contains(words), "`{words}` is not in: {error}");
    };
    refused(&[], &[], 0.01, 0.8, "no photo to calibrate on");
    refused(&rows, &[0], 0.01, 0.8, "1 truths for 2 photos");
    refused(&rows, &[0, 2], 0.01, 0.8, "photo 1 (from 0) is of region 2");
    refused(&[vec![0.1, 0.2], vec![0.1]], &[0, 0], 0.01, 0.8, "1 cosines; expected 2");
    refused(&[vec![0.1, f64::NAN]], &[0], 0.01, 0.8, "NaN");
    refused(&rows, &[0, 1], 0.0, 0.8, "temperature is 0");
    refused(&rows, &[0, 1], 0.01, 0.0, "target accuracy is 0");
    refused(&rows, &[0, 1], 0.01, 1.1, "target accuracy is 1.1");
    refused(&[vec![]], &[0], 0.01, 0.8, "region 0");
}
