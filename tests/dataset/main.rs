//! Labeled photos: folders and lists, what is wrong with them, duplicates, samples and splits, the list that is written.
//!
//! The photos are small pictures drawn here, each from its number; with the lists and folders around them they lie in a
//! folder that goes away with the test.

mod command;
mod draw;
mod duplicates;
mod folder;
mod labels;
mod outside;
mod refuse;
mod report;
mod write;

use std::path::{Path, PathBuf};

use exif::experimental::Writer;
use exif::{Field, In, Rational, Tag, Value};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder, RgbImage};
use placelens::dataset::{Dataset, DatasetError, LabelledPhoto, Survey};
use placelens::places::Places;
use placelens::places::geo::LatLon;

/// The 15 regions of Los Angeles County.
fn la_county() -> Places {
    Places::from_json(include_str!("../../model/regions.geojson")).unwrap()
}

fn region(places: &Places, id: &str) -> usize {
    places.regions.iter().position(|region| region.id == id).unwrap()
}

/// A folder for one test.
struct Folder {
    root: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> &Path {
        self.root.path()
    }

    fn at(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    fn write(&self, path: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let file = self.at(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, bytes).unwrap();
        file
    }

    /// The picture of a number, as JPEG.
    fn photo(&self, path: &str, number: u64) -> PathBuf {
        self.write(path, jpeg(&picture(number), 90, None))
    }

    /// The same with GPS.
    fn photo_at(&self, path: &str, number: u64, lat: f64, lon: f64) -> PathBuf {
        self.write(path, jpeg(&picture(number), 90, Some(LatLon { lat, lon })))
    }

    fn read(&self) -> Dataset {
        self.try_read().unwrap()
    }

    fn try_read(&self) -> Result<Dataset, DatasetError> {
        Dataset::read(self.path(), &la_county())
    }

    fn survey(&self) -> Survey {
        Survey::of(self.read(), &|| ()).unwrap()
    }
}

/// Numbers that look random: SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 0 … below `end`.
    fn below(&mut self, end: u32) -> u32 {
        (self.next() % u64::from(end)) as u32
    }
}

/// Something like a street: a sky that grows lighter downwards, a ground, and boxes before them.
fn picture(number: u64) -> RgbImage {
    let (width, height) = (120, 90);
    let mut random = Random(number);
    let horizon = 30 + random.below(30);
    let [sky, ground] = [(); 2].map(|()| [(); 3].map(|()| 40 + random.below(150)));
    let mut picture = RgbImage::from_fn(width, height, |_, y| {
        let (color, light) = if y < horizon { (sky, y / 2) } else { (ground, (height - y) / 3) };
        image::Rgb(color.map(|level| (level + light).min(255) as u8))
    });
    for _ in 0..12 {
        let (left, top) = (random.below(width), random.below(height));
        let (right, bottom) = (left + 8 + random.below(30), top + 8 + random.below(40));
        let color = image::Rgb([(); 3].map(|()| random.below(256) as u8));
        for (x, y) in (left..right.min(width)).flat_map(|x| (top..bottom.min(height)).map(move |y| (x, y))) {
            picture.put_pixel(x, y, color);
        }
    }
    picture
}

fn jpeg(picture: &RgbImage, quality: u8, taken_at: Option<LatLon>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    if let Some(at) = taken_at {
        encoder.set_exif_metadata(gps(at)).unwrap();
    }
    encoder.write_image(picture.as_raw(), picture.width(), picture.height(), ExtendedColorType::Rgb8).unwrap();
    bytes
}

fn gps(at: LatLon) -> Vec<u8> {
    let degrees =
        |value: f64| Value::Rational(vec![Rational { num: (value.abs() * 1e7).round() as u32, denom: 10_000_000 }]);
    let letter = |value: f64, signs: [&str; 2]| Value::Ascii(vec![signs[usize::from(value < 0.0)].as_bytes().to_vec()]);
    let field = |tag, value| Field { tag, ifd_num: In::PRIMARY, value };
    let fields = [
        field(Tag::GPSLatitudeRef, letter(at.lat, ["N", "S"])),
        field(Tag::GPSLatitude, degrees(at.lat)),
        field(Tag::GPSLongitudeRef, letter(at.lon, ["E", "W"])),
        field(Tag::GPSLongitude, degrees(at.lon)),
    ];
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut block = std::io::Cursor::new(Vec::new());
    writer.write(&mut block, false).unwrap();
    block.into_inner()
}

fn paths(photos: &[LabelledPhoto]) -> Vec<&str> {
    photos.iter().map(|photo| photo.path.as_str()).collect()
}

/// The message of an error, which has to hold all `words`.
fn assert_says(error: &DatasetError, words: &[&str]) {
    let message = error.to_string();
    for word in words {
        assert!(message.contains(word), "{word:?} is not in: {message}");
    }
}
