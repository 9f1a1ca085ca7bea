//! Folders of regions, alone and beside lists.

use placelens::dataset::Split;
use placelens::places::geo::LatLon;

use super::{Folder, assert_says, la_county, paths, region};

#[test]
fn reads_region_folders_by_id_and_name_in_any_spelling() {
    let folder = Folder::new();
    for (number, name) in
        ["Santa Monica", "santa_monica", "santa-monica", "SANTA MONICA", "SantaMonica"].iter().enumerate()
    {
        folder.photo(&format!("{name}/{number}.jpg"), number as u64);
    }
    folder.photo("Downtown Los Angeles/by_name.jpeg", 10);
    folder.photo("downtown_la/by_id.PNG", 11);
    let (places, dataset) = (la_county(), folder.read());
    let of = |id| dataset.photos.iter().filter(|photo| photo.region == region(&places, id)).count();
    assert_eq!((dataset.photos.len(), of("santa_monica"), of("downtown_la")), (7, 5, 2));
    assert_eq!(dataset.source, folder.path());
    assert!(dataset.further_columns.is_empty() && dataset.passed_over.is_empty());
}

#[test]
fn sorts_photos_by_path_and_goes_into_nested_folders() {
    let folder = Folder::new();
    for path in ["venice_beach/b/2/x.jpg", "venice_beach/a.jpg", "malibu/z.jpg", "venice_beach/b/1.jpg"] {
        folder.photo(path, 1);
    }
    let dataset = folder.read();
    let expected = ["malibu/z.jpg", "venice_beach/a.jpg", "venice_beach/b/1.jpg", "venice_beach/b/2/x.jpg"];
    assert_eq!(paths(&dataset.photos), expected);
    for photo in &dataset.photos {
        assert_eq!(photo.file, folder.at(&photo.path));
        assert_eq!((photo.taken_at, photo.split, photo.further.len()), (None, None, 0));
    }
}

#[test]
fn passes_over_what_is_no_photo_and_says_so() {
    let folder = Folder::new();
    folder.photo("malibu/1.jpg", 1);
    folder.photo("malibu/no_extension", 2);
    folder.photo("contact_sheet.jpg", 3);
    folder.write("malibu/notes.txt", "sunny");
    folder.write("notes.txt", "not even named");
    for hidden in ["malibu/.thumbnails/1.jpg", "malibu/._1.jpg", ".git/x.jpg", "__MACOSX/malibu/1.jpg"] {
        folder.photo(hidden, 4);
    }
    folder.write("scripts/run.sh", "no picture: not a region's folder, and none is meant");
    let dataset = folder.read();
    assert_eq!(paths(&dataset.photos), ["malibu/1.jpg", "malibu/no_extension"]);
    assert_eq!(dataset.passed_over, [folder.at("contact_sheet.jpg"), folder.at("malibu/notes.txt")]);
}

#[test]
fn a_list_wins_over_the_folders_and_the_folders_add_the_rest() {
    let folder = Folder::new();
    for path in ["malibu/1.jpg", "malibu/2.jpg", "malibu/3.jpg", "loose.jpg"] {
        folder.photo(path, 1);
    }
    folder.write(
        "photos.csv",
        "path,region,lat,lon,hard\nmalibu/1.jpg,pasadena,34.15,-118.14,true\nloose.jpg,Venice Beach,,,\nmalibu/2.jpg,,34.03,-118.7,\n",
    );
    let (places, dataset) = (la_county(), folder.read());
    let found: Vec<_> = dataset
        .photos
        .iter()
        .map(|photo| {
            (photo.path.as_str(), places.regions[photo.region].id.as_str(), photo.taken_at, photo.further[0].as_str())
        })
        .collect();
    let at = |lat, lon| Some(LatLon { lat, lon });
    assert_eq!(
        found,
        [
            ("loose.jpg", "venice_beach", None, ""),
            ("malibu/1.jpg", "pasadena", at(34.15, -118.14), "true"),
            ("malibu/2.jpg", "malibu", at(34.03, -118.7), ""),
            ("malibu/3.jpg", "malibu", None, ""),
        ]
    );
    assert_eq!((dataset.column("hard"), dataset.column("soft")), (Some(0), None));
    assert!(dataset.passed_over.is_empty(), "{:?}", dataset.passed_over);
}

#[test]
fn split_csv_says_the_splits_and_other_lists_the_rest() {
    let folder = Folder::new();
    (1..=4).for_each(|number| _ = folder.photo(&format!("malibu/{number}.jpg"), number));
    folder.write("photos.csv", "path,region,note,split\nmalibu/1.jpg,malibu,new,val\nmalibu/4.jpg,malibu,,test\n");
    folder.write(
        "split.csv",
        "path,region,lat,lon,note,split\nmalibu/1.jpg,pasadena,34.03,-118.7,old,train\nmalibu/2.jpg,malibu,,,kept,test\nmalibu/3.jpg,malibu,,,,\n",
    );
    let (places, dataset) = (la_county(), folder.read());
    let found: Vec<_> = dataset.photos.iter().map(|photo| (photo.split, photo.further[0].as_str())).collect();
    // The fourth is not in split.csv: it was not drawn.
    assert_eq!(found, [(Some(Split::Train), "new"), (Some(Split::Test), "kept"), (None, ""), (None, "")]);
    assert!(dataset.photos.iter().all(|photo| photo.region == region(&places, "malibu")));
    assert_eq!(dataset.photos[0].taken_at, Some(LatLon { lat: 34.03, lon: -118.7 }));
    assert_eq!(dataset.of_split(Split::Test).unwrap().len(), 1);
    assert_says(
        &dataset.of_split(Split::Val).unwrap_err(),
        &[
            "no photo of the split `val`",
            "1 train, 0 val, 1 test",
            "2 in no split",
            "placelens dataset",
            "--split 0.8/0.1/0.1",
        ],
    );
}

#[test]
fn lists_fill_in_each_others_blanks_and_must_not_differ() {
    let folder = Folder::new();
    folder.write("a.csv", "path,region,a\nx.jpg,malibu,1\n");
    folder.write("b.CSV", "path,region,lat,lon,b\nx.jpg,Malibu,34,-118.7,2\ny.jpg,pasadena,,,3\n");
    folder.write("results.csv", "metric,value\naccuracy,0.4\n");
    let dataset = folder.read();
    assert_eq!(dataset.further_columns, ["a", "b"]);
    assert_eq!(dataset.photos[0].further, ["1", "2"]);
    assert_eq!(dataset.photos[1].further, ["", "3"]);
    assert_eq!(dataset.photos[0].taken_at, Some(LatLon { lat: 34.0, lon: -118.7 }));
    for (row, words) in [
        ("x.jpg,pasadena,,,", ["column `region`", "\"pasadena\"", "\"malibu\""]),
        ("x.jpg,malibu,34.1,-118.7,", ["column `lat`", "\"34.1\"", "\"34\""]),
        ("x.jpg,malibu,,,5", ["column `b`", "\"5\"", "\"2\""]),
    ] {
        folder.write("c.csv", format!("path,region,lat,lon,b\n{row}\n"));
        let error = folder.try_read().unwrap_err();
        assert_says(&error, &words);
        assert_says(&error, &["c.csv, line 2", "line 2 of", "a.csv", "the same photo \"x.jpg\"", "Correct or remove"]);
    }
}

#[test]
fn a_folder_of_no_region_is_the_lists_own_or_a_mistake() {
    let folder = Folder::new();
    folder.photo("images/1.jpg", 1);
    folder.photo("images/deep/2.jpg", 2);
    assert_says(
        &folder.try_read().unwrap_err(),
        &[
            "images holds photos",
            "1.jpg",
            "no region of the places",
            "downtown_la, hollywood",
            "santa_clarita",
            "--places",
        ],
    );
    folder.write("labels.csv", "path,region\nimages/1.jpg,malibu\n");
    let dataset = folder.read();
    assert_eq!(paths(&dataset.photos), ["images/1.jpg"]);
    assert_eq!(dataset.passed_over, [folder.at("images/deep/2.jpg")]);
    folder.photo("Paris/1.jpg", 3);
    assert_says(&folder.try_read().unwrap_err(), &["Paris holds photos", "no region"]);
}

#[cfg(unix)]
#[test]
fn follows_links_and_leaves_dangling_ones_to_be_reported() {
    use std::os::unix::fs::symlink;
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    elsewhere.photo("pictures/1.jpg", 1);
    symlink(elsewhere.at("pictures"), folder.at("malibu")).unwrap();
    symlink(elsewhere.at("gone.jpg"), elsewhere.at("pictures/2.jpg")).unwrap();
    let dataset = folder.read();
    assert_eq!(paths(&dataset.photos), ["malibu/1.jpg", "malibu/2.jpg"]);
    let survey = folder.survey();
    assert_eq!(survey.unreadable.len(), 1);
    assert!(survey.unreadable[0].reason.contains("cannot be read"), "{:?}", survey.unreadable);
    symlink(folder.path(), folder.at("malibu/loop")).unwrap();
    assert_says(&folder.try_read().unwrap_err(), &["malibu cannot be listed", "no link leads back"]);
}

#[test]
fn names_that_several_regions_share_need_an_id() {
    let places = super::refuse::twins();
    let folder = Folder::new();
    folder.photo("Springfield/1.jpg", 1);
    let error = placelens::dataset::Dataset::read(folder.path(), &places).unwrap_err();
    assert_says(&error, &["Springfield holds photos", "several regions", "springfield_il, springfield_ma"]);
    std::fs::rename(folder.at("Springfield"), folder.at("Springfield-MA")).unwrap();
    let dataset = placelens::dataset::Dataset::read(folder.path(), &places).unwrap();
    assert_eq!(dataset.photos[0].region, 1);
}
