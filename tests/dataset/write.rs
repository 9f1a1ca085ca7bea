//! The list that is written.

use std::path::Path;

use placelens::dataset::{Dataset, DatasetError, Drawing, Survey, default_out, write};
use placelens::places::geo::LatLon;

use super::{Folder, assert_says, la_county};

fn small() -> Folder {
    let folder = Folder::new();
    folder.photo_at("malibu/a, \"b\".jpg", 1, 34.0312345, -118.7);
    folder.photo("malibu/c.jpg", 2);
    folder.photo("Santa Monica/d.jpg", 3);
    folder.write("photos.csv", "path,region,note,hard\nmalibu/c.jpg,malibu,\"x\ny\",true\n");
    folder
}

fn drawn(folder: &Folder) -> Survey {
    let drawing = Drawing { sample: None, shares: Some("0.4/0.3/0.3".parse().unwrap()), seed: 5 };
    drawing.draw(folder.survey()).unwrap()
}

fn written(survey: &Survey, out: &Path) -> Result<String, DatasetError> {
    write(&survey.dataset, &la_county(), out)?;
    Ok(std::fs::read_to_string(out).unwrap())
}

#[test]
fn writes_what_is_read_again_as_the_same_photos() {
    let folder = small();
    let survey = drawn(&folder);
    let out = default_out(&survey.dataset);
    assert_eq!(out, folder.at("split.csv"));
    let csv = written(&survey, &out).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "path,region,lat,lon,note,hard,split");
    assert!(lines[1].starts_with("Santa Monica/d.jpg,santa_monica,,,,,"), "{csv}");
    assert!(lines[2].starts_with("\"malibu/a, \"\"b\"\".jpg\",malibu,34.0312345,-118.7,,,"), "{csv}");
    let again = folder.read();
    assert_eq!(again.photos, survey.dataset.photos);
    assert_eq!(again.further_columns, ["note", "hard"]);
    assert_eq!(again.photos[1].taken_at, Some(LatLon { lat: 34.0312345, lon: -118.7 }));
    let alone = Dataset::read(&out, &la_county()).unwrap();
    assert_eq!(alone.photos, survey.dataset.photos);
}

#[test]
fn writes_the_same_bytes_again() {
    let folder = small();
    let out = folder.at("split.csv");
    let first = written(&drawn(&folder), &out).unwrap();
    assert_eq!(written(&drawn(&folder), &out).unwrap(), first);
}

#[test]
fn a_list_elsewhere_finds_its_photos() {
    let (folder, elsewhere) = (small(), Folder::new());
    std::fs::create_dir_all(elsewhere.at("lists/today")).unwrap();
    let out = elsewhere.at("lists/today/photos.csv");
    let survey = drawn(&folder);
    let csv = written(&survey, &out).unwrap();
    assert!(csv.contains("../../../"), "{csv}");
    let read = Dataset::read(&out, &la_county()).unwrap();
    assert_eq!(read.photos.len(), 3);
    for photo in &read.photos {
        placelens::dataset::open(photo).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn a_list_of_a_list_lies_beside_it() {
    let folder = small();
    let dataset = Dataset::read(&folder.at("photos.csv"), &la_county()).unwrap();
    assert_eq!(default_out(&dataset), folder.at("split.csv"));
    assert_says(
        &write(&dataset, &la_county(), &folder.at("photos.csv")).unwrap_err(),
        &["photos.csv is the list that is read", "--out"],
    );
}

#[test]
fn does_not_lose_labels_that_only_split_csv_has() {
    let folder = Folder::new();
    (0..5).for_each(|number| _ = folder.photo(&format!("images/{number}.jpg"), number));
    let rows: String = (0..5).map(|number| format!("images/{number}.jpg,malibu,train\n")).collect();
    let file = folder.write("split.csv", format!("path,region,split\n{rows}"));
    let sample = |most| Drawing { sample: Some(most), shares: None, seed: 1 }.draw(folder.survey()).unwrap();
    let error = write(&sample(3).dataset, &la_county(), &file).unwrap_err();
    assert_says(&error, &["the only label of 2 photos", "images/", "--out"]);
    assert!(std::fs::read_to_string(&file).unwrap().ends_with(&rows), "nothing was written");
    write(&sample(5).dataset, &la_county(), &file).unwrap();
    assert_eq!(folder.read().photos.len(), 5);
}

#[test]
fn says_where_it_cannot_write() {
    let folder = small();
    let survey = drawn(&folder);
    assert_says(
        &written(&survey, &folder.at("gone/list.csv")).unwrap_err(),
        &["list.csv cannot be written", "with room", "--out"],
    );
    assert_says(&written(&survey, &folder.at("malibu")).unwrap_err(), &["malibu is a folder"]);
}

#[cfg(target_os = "linux")]
#[test]
fn says_that_the_disk_is_full() {
    let folder = small();
    let error = write(&drawn(&folder).dataset, &la_county(), Path::new("/dev/full")).unwrap_err();
    assert_says(&error, &["/dev/full cannot be written", "No space left", "Make room"]);
}

#[test]
fn leaves_the_old_list_and_no_rest_where_writing_fails() {
    let folder = small();
    let names = || {
        let mut names: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    // A folder in the list's place: the new file cannot be moved there.
    std::fs::create_dir_all(folder.at("taken.csv/inside")).unwrap();
    assert!(written(&drawn(&folder), &folder.at("taken.csv")).is_err());
    std::fs::remove_dir_all(folder.at("taken.csv")).unwrap();
    assert_eq!(names(), before);
}

#[cfg(unix)]
#[test]
fn a_link_to_the_list_stays_a_link() {
    let folder = small();
    let real = folder.write("lists/real.csv", "old");
    std::os::unix::fs::symlink(&real, folder.at("link.csv")).unwrap();
    let survey = drawn(&folder);
    write(&survey.dataset, &la_county(), &folder.at("link.csv")).unwrap();
    assert!(folder.at("link.csv").is_symlink());
    assert!(std::fs::read_to_string(real).unwrap().starts_with("path,region"));
}
