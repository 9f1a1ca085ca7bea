//! What is said of a data set.

use placelens::dataset::{Drawing, Report};
use serde_json::{Value, json};

use super::{Folder, jpeg, la_county, picture};

/// Every kind of trouble.
fn troubled() -> Folder {
    let folder = Folder::new();
    folder.photo_at("santa_monica/good.jpg", 1, 34.01, -118.49);
    folder.photo("santa_monica/nowhere.jpg", 2);
    // 0.1° of longitude west of the border at -118.5177: 9.2 km at this latitude.
    folder.photo_at("santa_monica/far.jpg", 3, 34.02, -118.6177);
    // 5 m outside, which is GPS's own error.
    folder.photo_at("santa_monica/border.jpg", 4, 34.02, -118.51775);
    folder.photo("malibu/copy.jpg", 2);
    folder.write("malibu/smaller.jpg", jpeg(&picture(2), 60, None));
    folder.write("malibu/broken.jpg", "text");
    folder.write("malibu/notes.txt", "text");
    folder.write(
        "split.csv",
        "path,region,lat,lon,split\nsanta_monica/nowhere.jpg,santa_monica,,,train\nmalibu/copy.jpg,malibu,34.03,-118.7,test\n",
    );
    folder
}

fn report(folder: &Folder) -> Report {
    Report::of(&folder.survey(), &la_county())
}

#[test]
fn counts_every_region_and_finds_every_trouble() {
    let report = report(&troubled());
    assert_eq!(
        (report.counts.photos, report.counts.train, report.counts.test, report.counts.in_no_split),
        (6, 1, 1, 4)
    );
    assert_eq!(report.regions.len(), 15, "regions without a photo are kept");
    let photos = |id: &str| report.regions.iter().find(|region| region.id == id).unwrap().counts.photos;
    assert_eq!((photos("santa_monica"), photos("malibu"), photos("pasadena")), (4, 2, 0));
    assert_eq!(report.without_coordinates, ["malibu/smaller.jpg", "santa_monica/nowhere.jpg"]);
    assert_eq!(report.outside_region.len(), 1);
    let far = &report.outside_region[0];
    assert_eq!((far.path.as_str(), far.region.as_str()), ("santa_monica/far.jpg", "santa_monica"));
    let expected = 6371.0088 * 0.1f64.to_radians() * 34.02f64.to_radians().cos();
    // The box's side is a meridian, whose nearest point is a few centimeters off the parallel.
    assert!((far.distance_km - expected).abs() < 1e-3, "{} {expected}", far.distance_km);
    assert_eq!(report.unreadable.len(), 1);
    assert!(report.unreadable[0].reason.contains("not a photo"), "{:?}", report.unreadable);
    assert_eq!(report.passed_over.len(), 1);
}

#[test]
fn finds_duplicates_across_splits_and_regions() {
    let report = report(&troubled());
    let of = |groups: &[placelens::dataset::report::DuplicateGroup]| -> Vec<(bool, bool, usize)> {
        groups.iter().map(|group| (group.across_splits, group.across_regions, group.photos.len())).collect()
    };
    assert_eq!(of(&report.exact_duplicates), [(true, true, 2)]);
    assert_eq!(of(&report.near_duplicates), [(true, true, 3)]);
}

#[test]
fn reads_well() {
    let text = report(&troubled()).to_string();
    for line in [
        ": 6 photos in 2 of 15 regions",
        "region           photos   train     val    test    none",
        "santa_monica          4       1       0       0       3",
        "pasadena              0       0       0       0       0",
        "total                 6       1       0       1       4",
        "santa_monica: 4 photos, none of them in val and test",
        "without coordinates: 2 photos",
        "coordinates outside their region: 1 photo\n    santa_monica/far.jpg: 9.22 km outside santa_monica",
        "unreadable, skipped: 1 file\n    malibu/broken.jpg: this file (4 bytes) is not a photo",
        "exact duplicates: 2 photos in 1 group; across splits: 1; across regions: 1",
        "    malibu/copy.jpg (test) = santa_monica/nowhere.jpg (train)",
        "    malibu/copy.jpg (test) = malibu/smaller.jpg = santa_monica/nowhere.jpg (train)",
        "passed over as no photos of the set: 1 file",
    ] {
        assert!(text.contains(line), "{line:?} is not in:\n{text}");
    }
}

#[test]
fn names_the_first_few_and_counts_the_rest() {
    let folder = Folder::new();
    (0..9).for_each(|number| _ = folder.photo(&format!("malibu/{number}.jpg"), number));
    let report = report(&folder);
    let text = report.to_string();
    assert!(text.contains("without coordinates: 9 photos\n    malibu/0.jpg\n"), "{text}");
    assert!(text.contains("    and 4 more (--json names all)"), "{text}");
    assert!(!text.contains("train"), "no columns of splits where there are none: {text}");
    assert_eq!(report.without_coordinates.len(), 9);
}

#[test]
fn writes_every_name_as_json() {
    let report = serde_json::to_value(report(&troubled())).unwrap();
    assert_eq!(report["counts"], json!({ "photos": 6, "train": 1, "val": 0, "test": 1, "in_no_split": 4 }));
    let malibu =
        json!({ "id": "malibu", "name": "Malibu", "photos": 2, "train": 0, "val": 0, "test": 1, "in_no_split": 1 });
    assert!(report["regions"].as_array().unwrap().contains(&malibu), "{report}");
    assert_eq!(
        report["exact_duplicates"][0]["photos"][0],
        json!({ "path": "malibu/copy.jpg", "region": "malibu", "split": "test" })
    );
    assert_eq!(report["near_duplicates"][0]["photos"][1]["split"], Value::Null);
    assert_eq!(report["unreadable"][0]["path"], "malibu/broken.jpg");
}

#[test]
fn a_drawn_split_has_no_duplicates_across_it() {
    let folder = troubled();
    (10..40).for_each(|number| _ = folder.photo(&format!("malibu/{number}.jpg"), number));
    let drawing = Drawing { sample: None, shares: Some("0.6/0.2/0.2".parse().unwrap()), seed: 1 };
    let report = Report::of(&drawing.draw(folder.survey()).unwrap(), &la_county());
    assert_eq!(report.counts.in_no_split, 0);
    assert!(report.exact_duplicates.iter().chain(&report.near_duplicates).all(|group| !group.across_splits));
    assert_eq!(report.exact_duplicates.len(), 1);
}
