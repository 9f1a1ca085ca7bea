//! The four files: what they say, that odd names cannot break them, and that a failure names the file.

use std::path::Path;

use placelens::evaluate::{GroupBy, ModelAnswers, Options, Report, Unreadable, evaluate, write};
use placelens::places::{Places, Spread};

use crate::{LA_COUNTY, calibrated_answers};

fn report(photos: usize, change: impl Fn(&mut ModelAnswers)) -> Report {
    let places = Places::from_json(LA_COUNTY).unwrap();
    let spread = Spread::new(&places);
    let options = Options { group_by: Some(GroupBy { column: "hard".to_owned(), index: 0 }), ..Options::default() };
    let evaluations = [1.0, 6.0].map(|sharpness| {
        let mut model = calibrated_answers(&places, photos, sharpness, 11);
        change(&mut model);
        evaluate(&places, &spread, &model, &options).unwrap()
    });
    let mut report = Report::new(&places, "photos/".to_owned(), Some("test".to_owned()), evaluations.to_vec());
    report.further_columns = vec!["hard".to_owned()];
    report.unreadable =
        vec![Unreadable { path: "a|b<script>.jpg".to_owned(), reason: "no photo, \"quoted\"\nnewline".to_owned() }];
    report
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn says_the_same_numbers_in_every_file() {
    let report = report(60, |_| {});
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("new/report");
    write(&report, &out).unwrap();

    let json: serde_json::Value = serde_json::from_str(&read(&out, "report.json")).unwrap();
    for (found, of) in json["evaluations"].as_array().unwrap().iter().zip(&report.evaluations) {
        assert_eq!(found["model"], of.model);
        assert_eq!(found["accuracy"].as_f64().unwrap(), of.accuracy);
        assert_eq!(found["classification"]["regions"].as_array().unwrap().len(), 15);
        assert_eq!(found["distances"]["estimates"][0]["estimate"], "centroid");
        assert!(found["distances"]["estimates"][1]["mean_km"].as_f64().unwrap() > 0.0);
    }
    let (markdown, html) = (read(&out, "report.md"), read(&out, "report.html"));
    for of in &report.evaluations {
        let accuracy = format!("{:.3}", of.accuracy);
        assert!(markdown.contains(&accuracy) && html.contains(&accuracy));
        assert!(markdown.contains(&of.model) && html.contains(&of.model));
    }
    for part in ["Macro average", "Weighted average", "ACC@10 km", "Least expected distance", "Santa Monica"] {
        assert!(markdown.contains(part) && html.contains(part), "{part}");
    }
    assert!(markdown.contains("| **"), "no best number stands out");
    // Reliability, curves for each and together, maps, matrices.
    assert_eq!(html.matches("<svg ").count(), 1 + 3 + 2 + 2);
    assert_eq!(html.matches("</svg>").count(), html.matches("role=\"img\"").count());
}

#[test]
fn every_prediction_of_every_model_is_a_line() {
    let report = report(30, |model| model.answers[1].taken_at = None);
    let folder = tempfile::tempdir().unwrap();
    write(&report, folder.path()).unwrap();
    let text = read(folder.path(), "predictions.csv");
    let mut table = csv::Reader::from_reader(text.as_bytes());
    let header = table.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|found| found == name).unwrap_or_else(|| panic!("no `{name}`"));
    let lines: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(lines.len(), 60);
    let photos = report.evaluations.iter().flat_map(|of| of.predictions.iter().map(move |photo| (of, photo)));
    for (line, (of, photo)) in lines.iter().zip(photos) {
        assert_eq!(line[column("model")], of.model);
        assert_eq!(line[column("path")], photo.path);
        assert_eq!(line[column("region")], report.regions[photo.truth].id);
        assert_eq!(line[column("predicted")], report.regions[photo.predicted].id);
        assert_eq!(line[column("probability")].parse::<f64>().unwrap(), photo.probability);
        assert_eq!(line[column("hard")], photo.further[0]);
        assert_eq!(line[column("centroid_error_km")].is_empty(), photo.taken_at.is_none());
        assert!(line[column("within_10_km_lat")].parse::<f64>().is_ok());
    }
}

#[test]
fn odd_names_break_neither_tables_nor_pages() {
    let report = report(20, |model| model.model = "<b>&|*model*".to_owned());
    let folder = tempfile::tempdir().unwrap();
    write(&report, folder.path()).unwrap();
    let (markdown, html) = (read(folder.path(), "report.md"), read(folder.path(), "report.html"));
    assert!(!html.contains("<script") && !html.contains("<b>") && html.contains("&lt;script&gt;"));
    assert!(markdown.contains(r"a\|b\<script\>.jpg") && markdown.contains(r"\<b\>&amp;\|\*model\*"));
    assert!(markdown.contains("no photo, \"quoted\" newline"));
    // Every row of a table has as many cells as its header.
    let mut cells = None;
    for line in markdown.lines() {
        let found = line.starts_with('|').then(|| line.replace(r"\|", "").matches('|').count());
        assert!(cells.is_none() || found.is_none() || cells == found, "{line}");
        cells = found;
    }
    for forbidden in ["http:", "https:", "src=", "url(", " style=", "onclick"] {
        let allowed = if forbidden.starts_with("http") { "xmlns=\"http://www.w3.org/2000/svg\"" } else { "" };
        let found = if allowed.is_empty() { html.clone() } else { html.replace(allowed, "") };
        assert!(!found.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn says_that_distances_are_left_out() {
    let report = report(12, |model| model.answers.iter_mut().for_each(|answer| answer.taken_at = None));
    let folder = tempfile::tempdir().unwrap();
    write(&report, folder.path()).unwrap();
    for name in ["report.md", "report.html"] {
        let text = read(folder.path(), name);
        assert!(text.contains("No photo has coordinates") && !text.contains("Distance curve"), "{name}");
    }
}

#[test]
fn a_file_that_cannot_be_written_is_named_and_what_stood_there_stays() {
    let report = report(12, |_| {});
    let folder = tempfile::tempdir().unwrap();
    // A folder stands where the table should go.
    std::fs::create_dir_all(folder.path().join("predictions.csv/x")).unwrap();
    let error = write(&report, folder.path()).unwrap_err().to_string();
    println!("{error}");
    assert!(error.contains("predictions.csv") && error.contains("make room"), "{error}");
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".report-")), "{left:?}");

    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let error = write(&report, &file).unwrap_err().to_string();
    assert!(error.contains("the folder for the report cannot be made"), "{error}");
    let none = Report { evaluations: Vec::new(), ..report };
    assert!(write(&none, folder.path()).unwrap_err().to_string().contains("no model"));
}
