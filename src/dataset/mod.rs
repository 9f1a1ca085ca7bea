//! Labeled photos: a folder or a list → photos with regions, places and splits; what is wrong with them; who is test.
//!
//! ```text
//! folder, CSV ─ labels, folder ─ read ─ Dataset ─ inspect ─ Survey ─ report ─ text, JSON
//!                                          │                  │
//!                                          └──── draw ◄───────┘
//!                                                  └─ Dataset of the drawn photos ─ write ─ split.csv
//! ```
//!
//! In: a path and the [`Places`].  Out: [`Dataset`], its photos sorted by path.
//! A data set is a folder with one subfolder per region (id or name, whatever its case and spaces; nested folders
//! inside), or a CSV file, or a folder that holds both. Photos that a CSV lists have its labels; photos in a region's
//! folder that no CSV lists are added. `split.csv`, which `placelens dataset` writes, says which photos are training,
//! validation and test photos; where another CSV says otherwise about the rest of a photo, the other CSV is right.
//!
//! - `read`: a path → [`Dataset`]; `labels` reads one CSV, `folder` lists the region folders, `names` finds regions
//! - [`inspect`]: every photo opened once: can it be read, what is it a copy of, where was it taken
//! - [`duplicates`]: equal files and near-equal pictures, in groups;  [`outside`]: how far a point is from its region
//! - [`draw`]: so many photos per region, and their splits, by seed;  [`split`]: [`Split`] and [`Shares`]
//! - [`report`]: what `placelens dataset` prints;  [`write()`]: the list of photos as CSV
//!
//! Proof: `tests/dataset/`.

pub mod draw;
pub mod duplicates;
mod error;
mod folder;
pub mod inspect;
mod labels;
mod names;
pub mod outside;
mod read;
pub mod report;
pub mod split;
mod write;

use std::io::Read;
use std::path::{Path, PathBuf};

pub use draw::Drawing;
pub use error::{Cell, DatasetError, Said};
pub use inspect::Survey;
pub use report::Report;
pub use split::{Shares, SharesError, Split};
pub use write::{check_out, default_out, write};

use crate::photo::{MAX_FILE_BYTES, Photo};
use crate::places::Places;
use crate::places::geo::LatLon;

/// The file in a data set's folder that says which photos are of which split.
pub const SPLIT_FILE: &str = "split.csv";
/// The largest CSV, in bytes: 256 MB.
pub const MAX_CSV_BYTES: u64 = 256_000_000;
/// The most photos of one data set.
pub const MAX_PHOTOS: usize = 1_000_000;
/// The most further columns of one data set.
pub const MAX_FURTHER_COLUMNS: usize = 200;

/// Labeled photos.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dataset {
    /// Sorted by `path`, so that nothing depends on how a disk orders its files.
    pub photos: Vec<LabelledPhoto>,
    /// The names of columns beyond `path,region,lat,lon,split`.
    pub further_columns: Vec<String>,
    /// What was read: the folder or the CSV.
    pub source: PathBuf,
    /// Files in the data set's folders that are not its photos: other kinds of files, pictures in no region's folder.
    pub passed_over: Vec<PathBuf>,
    /// Paths of photos whose region nothing but the folder's `split.csv` says.
    pub only_in_split_file: Vec<String>,
}

/// A photo, and what is known of it without opening it.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledPhoto {
    /// To open.
    pub file: PathBuf,
    /// Relative to the data set's folder, with `/` between its parts.
    pub path: String,
    /// An index into the regions of the places.
    pub region: usize,
    /// Where a CSV says that it was taken.
    pub taken_at: Option<LatLon>,
    pub split: Option<Split>,
    /// Parallel to [`Dataset::further_columns`]; empty text where a CSV says nothing.
    pub further: Vec<String>,
}

impl Dataset {
    /// The data set at `path`, a folder or a CSV. No photo is opened.
    ///
    /// # Errors
    /// A folder or CSV that cannot be read, a region that is not among the places, labels that make no sense, no photo.
    pub fn read(path: &Path, places: &Places) -> Result<Self, DatasetError> {
        read::read(path, places)
    }

    /// The photos of `split`.
    ///
    /// # Errors
    /// [`DatasetError::EmptySplit`] where there are none.
    pub fn of_split(&self, split: Split) -> Result<Vec<&LabelledPhoto>, DatasetError> {
        let photos: Vec<_> = self.photos.iter().filter(|photo| photo.split == Some(split)).collect();
        if !photos.is_empty() {
            return Ok(photos);
        }
        let count = |split| self.photos.iter().filter(|photo| photo.split == split).count();
        Err(DatasetError::EmptySplit {
            dataset: self.source.clone(),
            split,
            counts: Split::ALL.map(|split| count(Some(split))),
            in_no_split: count(None),
        })
    }

    /// Which of a photo's `further` values belongs to the column `name`.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.further_columns.iter().position(|column| column == name)
    }
}

impl LabelledPhoto {
    /// Where the photo was taken: as its label says, else as the photo itself does.
    pub fn taken_at_or(&self, photo: &Photo) -> Option<LatLon> {
        self.taken_at.or(photo.taken_at)
    }
}

/// The photo, decoded and upright.
///
/// # Errors
/// A file that is not there, cannot be read, or is not a photo; the error names it.
pub fn open(photo: &LabelledPhoto) -> Result<Photo, DatasetError> {
    decode(photo, &bytes_of(photo)?)
}

fn decode(photo: &LabelledPhoto, bytes: &[u8]) -> Result<Photo, DatasetError> {
    if bytes.is_empty() {
        return Err(DatasetError::EmptyPhoto { file: photo.file.clone() });
    }
    Photo::decode(bytes).map_err(|source| DatasetError::Photo { file: photo.file.clone(), source })
}

/// The file's bytes, cut one above the most that a photo may have.
fn bytes_of(photo: &LabelledPhoto) -> Result<Vec<u8>, DatasetError> {
    let fault = |source| DatasetError::ReadPhoto { file: photo.file.clone(), source };
    // Asked before it is opened: opening a pipe would wait for whoever writes into it.
    if !std::fs::metadata(&photo.file).map_err(fault)?.is_file() {
        return Err(DatasetError::NotAFile { file: photo.file.clone() });
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(&photo.file).map_err(fault)?;
    file.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(fault)?;
    Ok(bytes)
}
