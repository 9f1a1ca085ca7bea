//! Drawn scenes: repeatable, labelled, inside their regions, different enough; and every way to be refused.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use placelens::photo::Photo;
use placelens::places::geo::{Bbox, LatLon};
use placelens::places::{Places, Polygon, Region};
use placelens::scenes::{self, Scene, ScenesError, Written};

fn la_county() -> Places {
    Places::from_json(include_str!("../model/regions.geojson")).unwrap()
}

fn region(id: &str) -> Region {
    la_county().regions.into_iter().find(|region| region.id == id).unwrap()
}

/// The places with only these regions: the others would only cost time.
fn only(ids: &[&str]) -> Places {
    let mut places = la_county();
    places.regions.retain(|region| ids.contains(&region.id.as_str()));
    assert_eq!(places.regions.len(), ids.len());
    places
}

fn write(places: &Places, folder: &Path, per_region: u32, seed: u64) -> Result<Written, ScenesError> {
    scenes::write(places, folder, per_region, seed, &|| ())
}

/// Every file below a folder, by its path there.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut left = vec![folder.to_owned()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// The table's rows, by column.
fn table(folder: &Path) -> Vec<HashMap<String, String>> {
    let mut reader = csv::Reader::from_path(folder.join("photos.csv")).unwrap();
    assert_eq!(reader.headers().unwrap(), vec!["path", "region", "lat", "lon", "hard"]);
    reader.deserialize().map(Result::unwrap).collect()
}

#[test]
fn every_region_has_a_world_and_every_world_a_region() {
    let regions: BTreeSet<String> = la_county().regions.into_iter().map(|region| region.id).collect();
    let worlds: BTreeSet<String> = scenes::known_region_ids().map(str::to_owned).collect();
    assert_eq!(regions, worlds);
}

#[test]
fn pictures_are_at_least_320_pixels_and_of_several_shapes() {
    let mut sizes = BTreeSet::new();
    for region in &la_county().regions {
        for index in 0..3 {
            let Scene { rgb, width, height, .. } = scenes::draw(region, index, 3).unwrap();
            assert!(width.min(height) >= 320, "{} {index}: {width} × {height}", region.id);
            assert_eq!(rgb.len(), (width * height * 3) as usize);
            sizes.insert((width, height));
        }
    }
    assert!(sizes.iter().any(|(width, height)| width > height));
    assert!(sizes.iter().any(|(width, height)| width < height));
    assert!(sizes.len() > 20, "{} sizes of 45 pictures", sizes.len());
}

#[test]
fn the_same_seed_draws_the_same_bytes_with_any_number_of_threads() {
    let places = only(&["malibu", "downtown_la"]);
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    alone.install(|| write(&places, &one, 5, 11)).unwrap();
    let three = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    three.install(|| write(&places, &two, 5, 11)).unwrap();
    let (one, two) = (files(&one), files(&two));
    assert_eq!(one.len(), 2 * 5 + 2);
    assert!(one == two, "the same seed gave other files");
}

#[test]
fn another_seed_draws_other_pictures() {
    let region = region("koreatown");
    for index in 0..4 {
        let (a, b) = (scenes::draw(&region, index, 1).unwrap(), scenes::draw(&region, index, 2).unwrap());
        assert!(a.rgb != b.rgb && a.taken_at != b.taken_at, "picture {index}");
    }
}

#[test]
fn a_larger_set_begins_with_the_smaller_one() {
    let places = only(&["hollywood"]);
    let folder = tempfile::tempdir().unwrap();
    let (few, many) = (folder.path().join("few"), folder.path().join("many"));
    write(&places, &few, 3, 5).unwrap();
    write(&places, &many, 6, 5).unwrap();
    let many = files(&many);
    let pictures = files(&few).into_iter().filter(|(path, _)| path.starts_with("hollywood")).collect::<Vec<_>>();
    assert_eq!(pictures.len(), 3);
    for (path, bytes) in pictures {
        assert!(many[&path] == bytes, "{} changed with the number of pictures", path.display());
    }
}

#[test]
fn a_region_is_drawn_the_same_whatever_other_regions_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let (alone, among) = (folder.path().join("alone"), folder.path().join("among"));
    write(&only(&["pasadena"]), &alone, 2, 9).unwrap();
    write(&only(&["malibu", "pasadena"]), &among, 2, 9).unwrap();
    let among = files(&among);
    for (path, bytes) in files(&alone).into_iter().filter(|(path, _)| path.starts_with("pasadena")) {
        assert!(among[&path] == bytes, "{}", path.display());
    }
}

#[test]
fn the_table_and_the_photos_say_the_same_place_inside_the_region() {
    let places = la_county();
    let folder = tempfile::tempdir().unwrap();
    let written = write(&places, folder.path(), 2, 21).unwrap();
    assert_eq!(written.pictures, 30);
    let rows = table(folder.path());
    let mut largest: f64 = 0.0;
    let mut paths = BTreeSet::new();
    for row in &rows {
        let region = places.regions.iter().find(|region| region.id == row["region"]).unwrap();
        assert!(row["path"].starts_with(&format!("{}/{}_21_0000", region.id, region.id)), "{}", row["path"]);
        let photo = Photo::decode(&fs::read(folder.path().join(&row["path"])).unwrap()).unwrap();
        let read = photo.taken_at.expect("the photo has GPS");
        let told = LatLon { lat: row["lat"].parse().unwrap(), lon: row["lon"].parse().unwrap() };
        assert!(
            region.bbox.contains(read, 0.0) && region.bbox.contains(told, 0.0),
            "{}: {read:?} {told:?}",
            row["path"]
        );
        largest = largest.max((read.lat - told.lat).abs()).max((read.lon - told.lon).abs());
        paths.insert(row["path"].clone());
    }
    // Both hold whole steps of 1e-7 degrees exactly; what is left is the rounding of sums of three fractions.
    assert!(largest < 1e-12, "{largest:e}°");
    println!("largest difference between EXIF and the table: {largest:e}°");
    assert_eq!(paths.len(), 30);
    assert_eq!(rows.iter().filter(|row| row["hard"] == "true").count(), written.hard);
    let sheet = Photo::decode(&fs::read(&written.contact_sheet).unwrap()).unwrap();
    assert!(sheet.height > 15 * 100 && sheet.width > 8 * 100, "{} × {}", sheet.width, sheet.height);
}

#[test]
fn one_picture_in_eight_is_hard_in_every_region() {
    let mut places_in_eight = BTreeSet::new();
    for region in &la_county().regions {
        let hard: Vec<bool> = (0..240).map(|index| scenes::is_hard(region, index, 4)).collect();
        for eight in hard.chunks(8) {
            assert_eq!(eight.iter().filter(|hard| **hard).count(), 1, "{}: {hard:?}", region.id);
            places_in_eight.insert(eight.iter().position(|hard| *hard));
        }
        let first = hard.iter().position(|hard| *hard).unwrap();
        assert!(scenes::draw(region, first as u32, 4).unwrap().hard);
    }
    assert_eq!(places_in_eight.len(), 8, "which of eight is hard must not be guessed from its number");
}

/// A right triangle in the lower left half of a box, less a hole.
fn triangle() -> Region {
    let at = |lon: f64, lat: f64| LatLon { lat, lon };
    let outer = vec![at(-118.4, 34.0), at(-118.3, 34.0), at(-118.4, 34.1), at(-118.4, 34.0)];
    let hole = vec![at(-118.39, 34.01), at(-118.37, 34.01), at(-118.37, 34.03), at(-118.39, 34.03), at(-118.39, 34.01)];
    Region {
        bbox: Bbox { west: -118.4, south: 34.0, east: -118.3, north: 34.1 },
        geometry: Some(vec![Polygon { rings: vec![outer, hole] }]),
        ..region("malibu")
    }
}

#[test]
fn points_fill_a_polygon_evenly_and_avoid_its_hole() {
    let region = triangle();
    let mut in_corner = 0;
    let tries = 4000;
    for index in 0..tries {
        let LatLon { lat, lon } = scenes::taken_at(&region, index, 6).unwrap();
        let (x, y) = ((lon + 118.4) * 10.0, (lat - 34.0) * 10.0);
        assert!(x > 0.0 && y > 0.0 && x + y < 1.0, "{lat} {lon} is outside the triangle");
        assert!(!((0.1..=0.3).contains(&x) && (0.1..=0.3).contains(&y)), "{lat} {lon} is in the hole");
        in_corner += u32::from(x + y < 0.5);
    }
    assert_eq!(scenes::draw(&region, 3, 6).unwrap().taken_at, scenes::taken_at(&region, 3, 6).unwrap());
    // Of the triangle's 0.5 the hole takes 0.04. The corner x + y < 0.5 has 0.125, and the hole takes of it what lies
    // there, 0.04 less the hole's own corner 0.005: (0.125 - 0.035) / 0.46 = 0.196. 4,000 points stray by 0.0063.
    let share = f64::from(in_corner) / f64::from(tries);
    println!("{share:.4} of the points in the corner; 0.1957 of the area");
    assert!((share - 0.1957).abs() < 4.0 * 0.0063, "{share}");
}

#[test]
fn a_region_across_the_antimeridian_and_in_the_south_keeps_its_signs() {
    let bbox = Bbox { west: 179.9, south: -17.1, east: -179.9, north: -17.0 };
    let mut places = only(&["malibu"]);
    places.regions[0].bbox = bbox;
    places.regions[0].geometry = None;
    let folder = tempfile::tempdir().unwrap();
    write(&places, folder.path(), 6, 2).unwrap();
    let mut sides = BTreeSet::new();
    for row in table(folder.path()) {
        let photo = Photo::decode(&fs::read(folder.path().join(&row["path"])).unwrap()).unwrap();
        let place = photo.taken_at.unwrap();
        assert!(bbox.contains(place, 0.0), "{place:?}");
        sides.insert(place.lon > 0.0);
    }
    assert_eq!(sides.len(), 2, "six points, all on one side");
}

#[test]
fn colors_alone_do_not_give_a_region_away() {
    // Nearest neighbor by color histogram, 12 pictures a region to learn from and 4 to guess.
    let (learned, asked): (Vec<_>, Vec<_>) = la_county()
        .regions
        .iter()
        .flat_map(|region| (0..16).map(move |index| (region.id.clone(), index, histogram(region, index))))
        .partition(|(_, index, _)| *index < 12);
    let right = asked.iter().filter(|(id, _, asked)| {
        let distance = |other: &[f32]| -> f32 { asked.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum() };
        let nearest = learned.iter().min_by(|a, b| distance(&a.2).total_cmp(&distance(&b.2))).unwrap();
        nearest.0 == *id
    });
    let share = right.count() as f64 / asked.len() as f64;
    println!("right by colors alone: {share:.3} of {}; by chance 0.067", asked.len());
    assert!(share <= 0.45, "{share}");
}

/// Square roots of shares of 6 × 6 × 6 colors.
fn histogram(region: &Region, index: u32) -> Vec<f32> {
    let scene = scenes::draw(region, index, 31).unwrap();
    let mut bins = vec![0.0; 216];
    for pixel in scene.rgb.chunks_exact(3) {
        let [red, green, blue] = [pixel[0], pixel[1], pixel[2]].map(|part| usize::from(part) * 6 / 256);
        bins[red * 36 + green * 6 + blue] += 1.0;
    }
    let pixels = scene.rgb.len() as f32 / 3.0;
    bins.into_iter().map(|count: f32| (count / pixels).sqrt()).collect()
}

#[test]
fn a_region_without_a_world_is_named_before_anything_is_written() {
    let mut places = only(&["malibu", "pasadena"]);
    places.regions[1].id = "atlantis".to_owned();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let error = write(&places, &out, 1, 1).unwrap_err();
    assert!(matches!(error, ScenesError::UnknownRegion { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains("`atlantis`") && message.contains("koreatown"), "{message}");
    assert!(!out.exists());
}

#[test]
fn refuses_a_folder_that_is_not_empty_and_leaves_it_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.txt"), "mine").unwrap();
    let error = write(&only(&["malibu"]), folder.path(), 1, 1).unwrap_err();
    assert!(matches!(error, ScenesError::NotEmpty { .. }), "{error}");
    assert!(error.to_string().contains("not empty"), "{error}");
    assert_eq!(files(folder.path()).len(), 1);
}

#[test]
fn refuses_a_file_in_the_place_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    let error = write(&only(&["malibu"]), &file, 1, 1).unwrap_err();
    assert!(matches!(error, ScenesError::NotAFolder { .. }), "{error}");
    let error = write(&only(&["malibu"]), &file.join("below"), 1, 1).unwrap_err();
    assert!(error.to_string().contains("below"), "{error}");
}

#[test]
fn names_the_file_that_cannot_be_written() {
    // A root user may write into any folder, so the obstacle is a folder where a picture should be. It is put there
    // while the first picture's progress is told, by when the output folder has passed for empty.
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let obstacle = out.join("malibu").join("malibu_1_00002.jpg");
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let places = only(&["malibu"]);
    let error =
        alone.install(|| scenes::write(&places, &out, 2, 1, &|| fs::create_dir_all(&obstacle).unwrap())).unwrap_err();
    assert!(matches!(&error, ScenesError::Write { path, .. } if *path == obstacle), "{error}");
    assert!(error.to_string().contains("malibu_1_00002.jpg"), "{error}");
    assert!(!out.join("photos.csv").exists(), "a table of a set that is not whole");
}

#[cfg(target_os = "linux")]
#[test]
fn names_the_file_at_which_the_disk_was_full() {
    // Whatever is written to /dev/full finds no space left.
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let full = out.join("malibu").join("malibu_1_00002.jpg");
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let fill = || std::os::unix::fs::symlink("/dev/full", &full).unwrap();
    let error = alone.install(|| scenes::write(&only(&["malibu"]), &out, 2, 1, &fill)).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("malibu_1_00002.jpg") && message.contains("No space left"), "{message}");
    assert!(!out.join("photos.csv").exists(), "a table of a set that is not whole");
}

#[cfg(target_os = "linux")]
#[test]
fn says_so_where_no_folder_can_be_made() {
    // Nobody can make a folder in /proc, not even root.
    let error = write(&only(&["malibu"]), Path::new("/proc/scenes"), 1, 1).unwrap_err();
    assert!(matches!(error, ScenesError::Write { .. }), "{error}");
    assert!(error.to_string().contains("/proc/scenes"), "{error}");
}

#[test]
fn refuses_numbers_of_pictures_that_make_no_sense() {
    let folder = tempfile::tempdir().unwrap();
    let error = write(&only(&["malibu"]), folder.path(), 0, 1).unwrap_err();
    assert!(matches!(error, ScenesError::NoPictures { .. }), "{error}");
    let error = write(&only(&["malibu"]), folder.path(), 100_000, 1).unwrap_err();
    assert!(matches!(error, ScenesError::TooManyPictures { found: 100_000, .. }), "{error}");
    let error = write(&Places { regions: Vec::new(), ..la_county() }, folder.path(), 1, 1).unwrap_err();
    assert!(matches!(error, ScenesError::NoRegions), "{error}");
}

#[test]
fn refuses_an_area_too_small_for_its_box() {
    // Two specks in opposite corners: together 2e-8 of the box around them.
    let speck = |lon: f64, lat: f64| {
        let at = |dx: f64, dy: f64| LatLon { lat: lat + dy, lon: lon + dx };
        Polygon { rings: vec![vec![at(0.0, 0.0), at(1e-5, 0.0), at(0.0, 1e-5), at(0.0, 0.0)]] }
    };
    let region = Region { geometry: Some(vec![speck(-118.4, 34.0), speck(-118.3, 34.1)]), ..triangle() };
    let error = scenes::draw(&region, 0, 1).err().unwrap();
    assert!(matches!(error, ScenesError::NoRoom { .. }), "{error}");
    assert!(error.to_string().contains("`malibu`"), "{error}");
}
