//! The whole evaluation: ties, groups, photos without coordinates, the threshold, bad input.

use placelens::evaluate::distances::Estimate;
use placelens::evaluate::{Answer, GroupBy, ModelAnswers, Options, evaluate};
use placelens::places::Spread;
use placelens::places::geo::LatLon;

use crate::places;

fn answer(truth: usize, cosines: &[f64], taken_at: Option<LatLon>, hard: &str) -> Answer {
    Answer { path: "a.jpg".to_owned(), truth, taken_at, cosines: cosines.to_vec(), further: vec![hard.to_owned()] }
}

fn model(answers: Vec<Answer>) -> ModelAnswers {
    ModelAnswers { model: "m".to_owned(), temperature: 0.1, confidence_threshold: 0.6, calibrated: false, answers }
}

#[test]
fn counts_by_hand() {
    let places = places(4);
    let at = |region: usize| Some(places.regions[region].centroid());
    let answers = vec![
        answer(0, &[0.9, 0.1, 0.1, 0.1], at(0), "false"), // right and sure
        answer(1, &[0.5, 0.5, 0.1, 0.1], at(1), "true"),  // a tie goes to the lower index: wrong, not sure
        answer(2, &[0.9, 0.3, 0.2, 0.1], None, "true"),   // wrong and sure, third
        answer(3, &[0.2, 0.15, 0.1, 0.05], at(0), ""),    // wrong, not sure, fourth
    ];
    let options = Options { group_by: Some(GroupBy { column: "hard".to_owned(), index: 0 }), ..Options::default() };
    let found = evaluate(&places, &Spread::new(&places), &model(answers), &options).unwrap();
    assert_eq!((found.photos, found.accuracy, found.top_3_accuracy), (4, 0.25, 0.75));
    let predicted: Vec<(usize, usize, bool)> =
        found.predictions.iter().map(|photo| (photo.predicted, photo.rank, photo.answered)).collect();
    assert_eq!(predicted, [(0, 0, true), (0, 1, false), (0, 2, true), (0, 3, false)]);
    assert_eq!((found.answered.photos, found.answered.share, found.answered.accuracy), (2, 0.5, Some(0.5)));

    let distances = found.distances.as_ref().unwrap();
    assert_eq!((found.photos_without_coordinates, distances.photos), (1, 3));
    let centroid = &distances.of(Estimate::Centroid).unwrap();
    // Guesses are all at region 0: two photos were taken there, one a degree of longitude away.
    assert_eq!((centroid.errors_km[0], centroid.errors_km[1], centroid.summary.median_km), (0.0, 0.0, 0.0));
    assert!((centroid.errors_km[2] - 109.4).abs() < 0.2 && centroid.summary.within[0].share == 2.0 / 3.0);

    let groups = found.groups.unwrap();
    let told: Vec<(&str, usize, f64, f64)> = groups
        .groups
        .iter()
        .map(|group| (group.value.as_str(), group.photos, group.accuracy, group.answered))
        .collect();
    assert_eq!(told, [("", 1, 0.0, 0.0), ("false", 1, 1.0, 1.0), ("true", 2, 0.0, 0.5)]);
    assert_eq!(groups.groups[2].distances.as_ref().unwrap().photos, 1);
}

#[test]
fn without_coordinates_there_are_no_distances() {
    let places = places(2);
    let found =
        evaluate(&places, &Spread::new(&places), &model(vec![answer(0, &[0.2, 0.1], None, "")]), &Options::default())
            .unwrap();
    assert!(found.distances.is_none() && found.photos_without_coordinates == 1);
    assert!(serde_json::to_value(&found).unwrap()["distances"].is_null());
}

#[test]
fn refuses_answers_that_are_not_as_expected() {
    let places = places(2);
    let refused = |model: &ModelAnswers, options: &Options, words: &[&str]| {
        let error = evaluate(&places, &Spread::new(&places), model, options).unwrap_err().to_string();
        println!("{error}");
        words.iter().for_each(|word| assert!(error.contains(word), "`{word}` is not in: {error}"));
    };
    let (plain, of) = (Options::default(), |answer| model(vec![answer]));
    refused(&model(vec![]), &plain, &["no photo", "`m`", "split"]);
    refused(&of(answer(0, &[0.1], None, "")), &plain, &["`a.jpg`", "`m`", "1 cosines", "expected 2"]);
    refused(&of(answer(0, &[0.1, f64::NAN], None, "")), &plain, &["`a.jpg`", "region 1", "NaN"]);
    refused(&of(answer(2, &[0.1, 0.2], None, "")), &plain, &["`a.jpg`", "index 2", "2 regions"]);
    let nowhere = Some(LatLon { lat: 91.0, lon: 0.0 });
    refused(&of(answer(0, &[0.1, 0.2], nowhere, "")), &plain, &["`a.jpg`", "latitude 91"]);
    let good = answer(0, &[0.1, 0.2], None, "");
    let radius = |radius_km| Options { radii_km: vec![1.0, radius_km], group_by: None };
    refused(&of(good.clone()), &radius(0.0), &["0 km"]);
    refused(&of(good.clone()), &radius(f64::INFINITY), &["inf km"]);
    let by = Options { group_by: Some(GroupBy { column: "season".to_owned(), index: 1 }), ..plain.clone() };
    refused(&of(good.clone()), &by, &["`season`", "1 further columns"]);
    refused(&ModelAnswers { temperature: -1.0, ..of(good.clone()) }, &plain, &["temperature is -1"]);
    refused(&ModelAnswers { confidence_threshold: 1.5, ..of(good.clone()) }, &plain, &["threshold", "1.5"]);
    let other = evaluate(&places, &Spread::new(&crate::places(3)), &of(good), &plain).unwrap_err().to_string();
    assert!(other.contains("3 regions; expected 2"), "{other}");
}
