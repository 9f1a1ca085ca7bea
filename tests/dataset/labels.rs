//! Lists of photos, as people and spreadsheets write them.

use placelens::dataset::{Dataset, Split};
use placelens::places::geo::LatLon;

use super::{Folder, la_county, paths};

fn read(csv: impl AsRef<[u8]>) -> Dataset {
    let folder = Folder::new();
    let file = folder.write("labels.csv", csv);
    Dataset::read(&file, &la_county()).unwrap()
}

/// Path, region's id, place, split, further values.
type Row = (String, String, Option<LatLon>, Option<Split>, String);

fn rows(dataset: &Dataset) -> Vec<Row> {
    let places = la_county();
    let row = |photo: &placelens::dataset::LabelledPhoto| {
        let id = places.regions[photo.region].id.clone();
        (photo.path.clone(), id, photo.taken_at, photo.split, photo.further.join("|"))
    };
    dataset.photos.iter().map(row).collect()
}

const PLAIN: &str = "path,region,lat,lon,split,note,hard\na.jpg,malibu,34.03,-118.7,train,\"one, two\",true\nb/c.jpg,Santa Monica,,,,,false\n";

#[test]
fn reads_every_column_and_keeps_further_ones() {
    let dataset = read(PLAIN);
    assert_eq!(dataset.further_columns, ["note", "hard"]);
    let at = Some(LatLon { lat: 34.03, lon: -118.7 });
    let expected = [
        ("a.jpg".into(), "malibu".into(), at, Some(Split::Train), "one, two|true".into()),
        ("b/c.jpg".into(), "santa_monica".into(), None, None, "|false".into()),
    ];
    assert_eq!(rows(&dataset), expected);
}

#[test]
fn tolerates_what_spreadsheets_do() {
    let same: [(&str, Vec<u8>); 9] = [
        ("a byte order mark", [b"\xef\xbb\xbf", PLAIN.as_bytes()].concat()),
        ("CRLF", PLAIN.replace('\n', "\r\n").into_bytes()),
        ("no line break at the end", PLAIN.trim_end().into()),
        ("blank lines", PLAIN.replace('\n', "\n\n,,,\n").into_bytes()),
        ("semicolons", PLAIN.replace("one, two", "one; two").replace(',', ";").replace("one; two", "one, two").into()),
        ("tabs", PLAIN.replace("one, two", "@").replace(',', "\t").replace('@', "one, two").into()),
        ("commas past the end", PLAIN.replace('\n', ",,\n").into_bytes()),
        ("headers in capitals", PLAIN.replace("path,region,lat,lon,split", " Path,REGION,Latitude,Lng, SPLIT").into()),
        ("spaces", PLAIN.replace("malibu,34.03,-118.7,train", " Malibu , 34.03 ,-118.7, Train ").into()),
    ];
    let expected = rows(&read(PLAIN));
    for (what, csv) in same {
        let dataset = read(csv);
        assert_eq!(rows(&dataset), expected, "{what}");
        assert_eq!(dataset.further_columns, ["note", "hard"], "{what}");
    }
}

#[test]
fn reads_columns_in_any_order_and_without_coordinates() {
    let dataset = read("hard,region,path\n1,downtown_la,x.jpg\n2,\"Downtown Los Angeles\",y.jpg\n");
    let found = rows(&dataset);
    assert_eq!(paths(&dataset.photos), ["x.jpg", "y.jpg"]);
    assert!(found.iter().all(|row| row.1 == "downtown_la" && row.2.is_none() && row.3.is_none()));
    assert_eq!(dataset.photos[1].further, ["2"]);
}

#[test]
fn takes_lines_that_end_early() {
    let dataset = read("path,region,lat,lon,note\nx.jpg,malibu\n");
    assert_eq!((dataset.photos[0].taken_at, dataset.photos[0].further[0].as_str()), (None, ""));
}

#[test]
fn keeps_columns_without_a_name_where_they_have_values() {
    let dataset = read(",path,region,,\n0,x.jpg,malibu,,\n1,y.jpg,malibu,,z\n");
    assert_eq!(dataset.further_columns, ["column 1", "column 5"]);
    assert_eq!(dataset.photos[1].further, ["1", "z"]);
}

#[test]
fn normalizes_paths_and_opens_them_from_the_lists_folder() {
    let folder = Folder::new();
    let absolute = folder.photo("venice_beach/absolute.jpg", 1);
    folder.photo("malibu/dots.jpg", 2);
    folder.photo("malibu/windows.jpg", 3);
    let outside = Folder::new().root.keep();
    std::fs::copy(&absolute, outside.join("x.jpg")).unwrap();
    let up = format!("../{}/x.jpg", outside.file_name().unwrap().to_str().unwrap());
    let csv = format!(
        "path,region\n{},malibu\n./malibu//dots.jpg,malibu\nmalibu\\windows.jpg,malibu\n{up},malibu\n",
        absolute.display()
    );
    let file = folder.write("list.csv", csv);
    let dataset = Dataset::read(&file, &la_county()).unwrap();
    let expected = [up.as_str(), "malibu/dots.jpg", "malibu/windows.jpg", "venice_beach/absolute.jpg"];
    assert_eq!(paths(&dataset.photos), expected);
    for photo in &dataset.photos {
        let opened = placelens::dataset::open(photo).unwrap_or_else(|error| panic!("{}: {error}", photo.path));
        assert_eq!((opened.width, opened.height), (120, 90));
    }
    std::fs::remove_dir_all(outside).unwrap();
}

#[test]
fn takes_the_region_from_the_folder_where_the_list_has_none() {
    let dataset = read("path,lat,lon\nsets/Santa Monica/deep/x.jpg,34,-118.5\n");
    assert_eq!(rows(&dataset)[0].1, "santa_monica");
}

#[test]
fn does_not_depend_on_the_order_of_lines() {
    let header = "path,region,n\n";
    let mut lines: Vec<String> = (0..20).map(|n| format!("{}.jpg,malibu,{n}\n", n * 7 % 20)).collect();
    let forward = read(format!("{header}{}", lines.concat()));
    lines.reverse();
    let backward = read(format!("{header}{}", lines.concat()));
    assert_eq!(forward.photos.len(), 20);
    assert_eq!(rows(&forward), rows(&backward));
}
