//! `placelens dataset` as a researcher runs it.

use std::path::Path;
use std::process::{Command, Output};

use super::Folder;

fn run(dataset: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_placelens"));
    command.arg("dataset").arg(dataset).args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code));
    assert!(output.stdout.is_empty(), "results only where there are some");
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn filled() -> Folder {
    let folder = Folder::new();
    (0..20).for_each(|number| _ = folder.photo(&format!("malibu/{number}.jpg"), number));
    (20..40).for_each(|number| _ = folder.photo_at(&format!("Pasadena/{number}.jpg"), number, 34.15, -118.14));
    folder
}

#[test]
fn reports_and_writes_nothing_unless_asked() {
    let folder = filled();
    let text = stdout(&run(folder.path(), &[]));
    assert!(text.contains("40 photos in 2 of 15 regions") && text.contains("without coordinates: 20"), "{text}");
    assert!(!folder.at("split.csv").exists());
}

#[test]
fn splits_by_seed_and_writes_it_down() {
    let folder = filled();
    let output = run(folder.path(), &["--sample", "10", "--split", "0.8/0.1/0.1", "--seed", "3"]);
    assert!(stdout(&output).contains("total                20      16       2       2"), "{}", stdout(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("20 photos"));
    let csv = std::fs::read_to_string(folder.at("split.csv")).unwrap();
    assert_eq!(csv.lines().count(), 21);
    let other = folder.at("again.csv");
    stdout(&run(folder.path(), &["--sample=10", "--split=80/10/10", "--seed=3", "--out", other.to_str().unwrap()]));
    assert_eq!(std::fs::read_to_string(other).unwrap(), csv);
}

#[test]
fn prints_json() {
    let folder = filled();
    let json: serde_json::Value = serde_json::from_str(&stdout(&run(folder.path(), &["--json"]))).unwrap();
    assert_eq!(json["counts"]["photos"], 40);
    assert_eq!(json["regions"].as_array().unwrap().len(), 15);
}

#[test]
fn reads_the_photos_of_other_places() {
    let folder = Folder::new();
    folder.photo("springfield_il/1.jpg", 1);
    let places = folder.write("places.geojson", super::refuse::twins().to_geojson());
    let text = stdout(&run(folder.path(), &["--places", places.to_str().unwrap()]));
    assert!(text.contains("springfield_ma") && text.contains("1 photo in 1 of 2 regions"), "{text}");
    assert!(stderr(&run(folder.path(), &[]), 1).contains("no region of the places"));
}

#[test]
fn says_what_is_wrong_with_the_arguments() {
    let folder = filled();
    assert!(stderr(&run(folder.path(), &["--split", "0.8/0.2"]), 2).contains("2 shares; expected three"));
    assert!(stderr(&run(folder.path(), &["--sample", "0"]), 2).contains("--sample"));
    let message = stderr(&run(&folder.at("gone"), &[]), 1);
    assert!(message.contains("gone cannot be read"), "{message}");
}
