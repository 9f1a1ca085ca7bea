//! Scenes → a data set on disk.
//!
//! In: places, how many pictures per region, a seed, a folder that is empty or not there yet.
//! Out: `<region id>/<region id>_<seed>_<number>.jpg` with EXIF GPS, numbered from 00001; `photos.csv` with the columns
//! `path,region,lat,lon,hard`; `contact_sheet.jpg`. The table is written last: a folder with one is whole.
//!
//! Proof: `tests/scenes.rs`.

use std::fs;
use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder, ImageError, RgbImage};
use rayon::prelude::*;

use crate::places::geo::LatLon;
use crate::places::{Places, Region};

use super::contact_sheet::contact_sheet;
use super::dice::Dice;
use super::exif_block::exif_block;
use super::{ScenesError, camera, draw, unknown, worlds};

/// Numbers have five digits.
pub const MOST_PER_REGION: u32 = 99_999;
/// The contact sheet's quality: it is looked at, not learned from.
const SHEET_QUALITY: u8 = 90;

/// What [`write`] has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub pictures: usize,
    /// How many of them show nothing of their region's own.
    pub hard: usize,
    pub table: PathBuf,
    pub contact_sheet: PathBuf,
}

/// A line of the table.
#[derive(serde::Serialize)]
struct Row<'a> {
    path: String,
    region: &'a str,
    lat: f64,
    lon: f64,
    hard: bool,
}

/// Draws `per_region` pictures of every region into `folder`; `progress` is called after each.
///
/// # Errors
/// A region without a world (before anything is written), a folder that is not empty, a file that cannot be written.
pub fn write(
    places: &Places,
    folder: &Path,
    per_region: u32,
    seed: u64,
    progress: &(dyn Fn() + Sync),
) -> Result<Written, ScenesError> {
    check(places, per_region)?;
    check_folder(folder)?;
    for region in &places.regions {
        create_folder(&folder.join(&region.id))?;
    }
    let pictures: Vec<(&Region, u32)> =
        places.regions.iter().flat_map(|region| (0..per_region).map(move |index| (region, index))).collect();
    let rows: Vec<Row> = pictures
        .into_par_iter()
        .map(|(region, index)| {
            let row = write_picture(region, index, seed, folder)?;
            progress();
            Ok(row)
        })
        .collect::<Result<_, ScenesError>>()?;
    let sheet = write_contact_sheet(places, per_region, seed, folder)?;
    let table = write_table(&rows, folder)?;
    let hard = rows.iter().filter(|row| row.hard).count();
    Ok(Written { pictures: rows.len(), hard, table, contact_sheet: sheet })
}

fn check(places: &Places, per_region: u32) -> Result<(), ScenesError> {
    match per_region {
        0 => return Err(ScenesError::NoPictures { most: MOST_PER_REGION }),
        found if found > MOST_PER_REGION => return Err(ScenesError::TooManyPictures { found, most: MOST_PER_REGION }),
        _ => {}
    }
    if places.regions.is_empty() {
        return Err(ScenesError::NoRegions);
    }
    // Ids of regions with a world are plain words, so that they may name folders.
    match places.regions.iter().find(|region| worlds::of(&region.id).is_none()) {
        Some(region) => Err(unknown(region)),
        None => Ok(()),
    }
}

/// Refuses a folder with anything in it: old pictures among new ones would be labelled by no table.
fn check_folder(folder: &Path) -> Result<(), ScenesError> {
    let path = folder.to_owned();
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(ScenesError::NotEmpty { path }),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => Err(ScenesError::NotAFolder { path }),
        Err(source) => Err(ScenesError::Read { path, source }),
    }
}

fn create_folder(path: &Path) -> Result<(), ScenesError> {
    fs::create_dir_all(path).map_err(|source| ScenesError::Write { path: path.to_owned(), source })
}

fn write_picture<'a>(region: &'a Region, index: u32, seed: u64, folder: &Path) -> Result<Row<'a>, ScenesError> {
    let scene = draw(region, index, seed)?;
    let quality = camera::quality(&Dice::new("quality", seed, &region.id, index));
    // Forward slashes on every system: the table is read elsewhere.
    let name = format!("{id}/{id}_{seed}_{number:05}.jpg", id = region.id, number = index + 1);
    let path = folder.join(&name);
    let jpeg = jpeg(&scene.rgb, scene.width, scene.height, quality, Some(scene.taken_at), &path)?;
    write_file(&path, &jpeg)?;
    let LatLon { lat, lon } = scene.taken_at;
    Ok(Row { path: name, region: &region.id, lat, lon, hard: scene.hard })
}

fn jpeg(
    rgb: &[u8],
    width: u32,
    height: u32,
    quality: u8,
    taken_at: Option<LatLon>,
    path: &Path,
) -> Result<Vec<u8>, ScenesError> {
    let encode = |source| ScenesError::Encode { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    if let Some(taken_at) = taken_at {
        let block = exif_block(taken_at).map_err(|source| ScenesError::Exif { path: path.to_owned(), source })?;
        encoder.set_exif_metadata(block).map_err(|error| encode(ImageError::Unsupported(error)))?;
    }
    encoder.write_image(rgb, width, height, ExtendedColorType::Rgb8).map_err(encode)?;
    Ok(bytes)
}

fn write_contact_sheet(places: &Places, per_region: u32, seed: u64, folder: &Path) -> Result<PathBuf, ScenesError> {
    let path = folder.join("contact_sheet.jpg");
    let sheet: RgbImage = contact_sheet(&places.regions, per_region, seed)?;
    let bytes = jpeg(&sheet, sheet.width(), sheet.height(), SHEET_QUALITY, None, &path)?;
    write_file(&path, &bytes)?;
    Ok(path)
}

fn write_table(rows: &[Row], folder: &Path) -> Result<PathBuf, ScenesError> {
    let path = folder.join("photos.csv");
    let fault = |source| ScenesError::Table { path: path.clone(), source };
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(fault)?;
    }
    let bytes = writer.into_inner().map_err(|error| fault(error.into_error().into()))?;
    write_file(&path, &bytes)?;
    Ok(path)
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), ScenesError> {
    fs::write(path, bytes).map_err(|source| ScenesError::Write { path: path.to_owned(), source })
}
