//! What makes no sense, and what is said of it.

use placelens::dataset::{Dataset, DatasetError, LabelledPhoto, Survey, open};
use placelens::places::Places;

use super::{Folder, assert_says, la_county};

/// Two regions of one name.
pub fn twins() -> Places {
    let region = |id: &str, west: f64| {
        format!(
            r#"{{ "type": "Feature", "id": "{id}", "bbox": [{west}, 39, {}, 40], "geometry": null,
                  "properties": {{ "name": "Springfield" }} }}"#,
            west + 1.0
        )
    };
    let features = [region("springfield_il", -90.0), region("springfield_ma", -73.0)].join(",");
    Places::from_json(&format!(r#"{{ "type": "FeatureCollection", "features": [{features}] }}"#)).unwrap()
}

fn refusal(csv: &[u8]) -> DatasetError {
    let folder = Folder::new();
    let file = folder.write("labels.csv", csv);
    Dataset::read(&file, &la_county()).unwrap_err()
}

#[test]
fn names_file_line_and_column_of_every_wrong_value() {
    let cases: &[(&str, &[&str])] = &[
        ("", &["no column `path`", "no names", "path,region,lat,lon"]),
        ("file,region\nx.jpg,malibu\n", &["no column `path`", "file,region", "Name the columns"]),
        ("path,path\nx,y\n", &["the column `path` twice"]),
        ("path,region,note,note\nx,malibu,,\n", &["the column `note` twice", "Rename one"]),
        ("path,region\n,malibu\n", &["line 2, column `path` is blank", "remove the line"]),
        (
            "path,region\nx,malibu\n\n\ny,Atlantis\n",
            &["line 5, column `region` is \"Atlantis\"", "unknown to the places", "downtown_la, ", "--places"],
        ),
        ("path,region\r\nx,malibu\r\n\r\ny,Atlantis\r\n", &["line 4, column `region`"]),
        (
            "path,region\nx.jpg,\n",
            &["line 2, column `region` is blank", "\"x.jpg\" is in no region's folder", "downtown_la"],
        ),
        ("path\nx.jpg\n", &["line 2, column `region` is blank"]),
        (
            "path,region\nx,malibu\ny,malibu\nx,malibu\n",
            &["line 4, column `path` is \"x\", as in line 2", "each photo once"],
        ),
        ("path,region\nx,malibu\n./x,malibu\n", &["line 3, column `path` is \"x\", as in line 2"]),
        ("path,region\nx,malibu,34\n", &["line 2, has 3 values", "at most 2", "quotes"]),
        ("path,region\n\"x,malibu\ny,malibu\n", &["line 2, column `path`", "without line breaks", "Close the quote"]),
        ("path,region,Latitude,lon\nx,malibu,north,-118\n", &["line 2, column `Latitude` is \"north\"", "34.01"]),
        ("path,region,lat,lon\nx,malibu,34,\"118,5\"\n", &["column `lon` is \"118,5\"", "-118.49"]),
        ("path,region,lat,lon\nx,malibu,NaN,-118\n", &["column `lat` is \"NaN\"", "degrees as a number"]),
        ("path,region,lat,lon\nx,malibu,34,inf\n", &["column `lon` is \"inf\""]),
        ("path,region,lat,lon\nx,malibu,-118.7,34.03\n", &["column `lat` is -118.7", "-90 to 90", "look swapped"]),
        ("path,region,lat,lon\nx,malibu,34,-241\n", &["column `lon` is -241", "-180 to 180", "Correct it"]),
        ("path,region,lat,lon\nx,malibu,,-118\n", &["line 2, column `lat` is blank", "both `lat` and `lon`"]),
        ("path,region,lat,lon\nx,malibu,34,\n", &["column `lon` is blank"]),
        ("path,region,lat\nx,malibu,34\n", &["column `lon` is blank"]),
        ("path,region,split\nx,malibu,exam\n", &["column `split`", "\"exam\"", "train, val or test"]),
        ("path,region\n", &["has no photo", "downtown_la", "path,region,lat,lon"]),
    ];
    for (csv, words) in cases {
        let error = refusal(csv.as_bytes());
        assert_says(&error, words);
        assert_says(&error, &["labels.csv"]);
        assert!(!error.to_string().contains('\n'), "one line: {error}");
    }
}

#[test]
fn shortens_what_it_quotes() {
    let csv = format!("path,region\nx,{}\n", "a\u{7}".repeat(500));
    let message = refusal(csv.as_bytes()).to_string();
    assert!(message.contains("a\\u{7}") && message.contains('…') && message.len() < 1_200, "{message}");
}

#[test]
fn refuses_lists_that_are_not_utf_8_text() {
    assert_says(
        &refusal(b"path,region\nx,malibu\nk\xe9,malibu\n"),
        &["line 3", "not UTF-8", "Save it as CSV in UTF-8"],
    );
    let utf_16: Vec<u8> = "path,region\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_says(&refusal(&[b"\xff\xfe", &utf_16[..]].concat()), &["line 1, is not UTF-8 text"]);
    assert_says(&refusal(&super::jpeg(&super::picture(1), 90, None)), &["no column `path`"]);
}

#[test]
fn refuses_too_many_columns() {
    let names: Vec<String> = (0..=200).map(|number| format!("c{number}")).collect();
    assert_says(&refusal(format!("path,{}\n", names.join(",")).as_bytes()), &["more than 200 columns"]);
}

#[test]
fn refuses_names_that_several_regions_share() {
    let folder = Folder::new();
    let file = folder.write("labels.csv", "path,region\nx.jpg,springfield\n");
    let error = Dataset::read(&file, &twins()).unwrap_err();
    assert_says(
        &error,
        &["line 2, column `region`", "\"springfield\"", "springfield_il, springfield_ma", "Use the id"],
    );
}

#[test]
fn refuses_paths_that_hold_no_photos() {
    let folder = Folder::new();
    assert_says(&folder.try_read().unwrap_err(), &["has no photo", "one subfolder per region", "downtown_la"]);
    folder.write("malibu/notes.txt", "no photo yet");
    assert_says(&folder.try_read().unwrap_err(), &["has no photo"]);
    let gone = folder.at("gone");
    assert_says(&Dataset::read(&gone, &la_county()).unwrap_err(), &["gone cannot be read", "a folder or a CSV"]);
    folder.write("split.csv", "photo,split\nx,train\n");
    assert_says(&folder.try_read().unwrap_err(), &["split.csv has no column `path`"]);
}

fn photo(folder: &Folder, path: &str) -> LabelledPhoto {
    LabelledPhoto { file: folder.at(path), path: path.into(), region: 0, taken_at: None, split: None, further: vec![] }
}

#[test]
fn names_the_file_of_a_photo_that_cannot_be_read() {
    let folder = Folder::new();
    let whole = folder.photo("malibu/1.jpg", 1);
    let bytes = std::fs::read(whole).unwrap();
    folder.write("malibu/cut.jpg", &bytes[..bytes.len() / 2]);
    folder.write("malibu/text.jpg", "not a picture");
    folder.write("malibu/empty.jpg", "");
    std::fs::create_dir(folder.at("malibu/folder.jpg")).unwrap();
    for (path, words) in [
        ("malibu/cut.jpg", ["cut.jpg", "cut off"]),
        ("malibu/text.jpg", ["text.jpg", "not a photo"]),
        ("malibu/empty.jpg", ["empty.jpg", "no bytes"]),
        ("malibu/folder.jpg", ["folder.jpg", "not a file"]),
        ("malibu/gone.jpg", ["gone.jpg", "cannot be read"]),
    ] {
        let error = open(&photo(&folder, path)).unwrap_err();
        assert_says(&error, &words);
        assert!(!error.reason().contains(folder.path().to_str().unwrap()), "{}", error.reason());
    }
    let survey = folder.survey();
    let names: Vec<&str> = survey.unreadable.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(names, ["malibu/cut.jpg", "malibu/empty.jpg", "malibu/text.jpg"]);
    assert_eq!(super::paths(&survey.dataset.photos), ["malibu/1.jpg"]);
}

#[test]
fn refuses_a_data_set_without_a_readable_photo() {
    let folder = Folder::new();
    folder.write("malibu/1.jpg", "text");
    folder.write("malibu/2.jpg", "text");
    let error = Survey::of(folder.read(), &|| ()).unwrap_err();
    assert_says(&error, &["none of the 2 photos", "malibu/1.jpg", "not a photo"]);
}
