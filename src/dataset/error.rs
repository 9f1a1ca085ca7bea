//! What can be wrong with labeled photos, by who is at fault: the path, a CSV, a folder, a photo, the split, the disk.
//!
//! Every message names the file and line, what was expected, what was found, and what to do.
//!
//! Proof: `tests/dataset/refuse.rs`.

use std::fmt;
use std::path::{Path, PathBuf};

use super::split::{Split, UnknownSplit};
use super::{MAX_CSV_BYTES, MAX_FURTHER_COLUMNS, MAX_PHOTOS};
use crate::photo::PhotoError;

/// How much of a found text a message shows, in characters.
const LONGEST_FOUND: usize = 60;

/// A value of a CSV: `photos.csv, line 3, column lat`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    pub file: PathBuf,
    /// From 1, the header's.
    pub line: u64,
    pub column: String,
}

/// What a line of another CSV says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub file: PathBuf,
    pub line: u64,
    pub value: String,
}

impl fmt::Display for Cell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, line {}, column `{}`", self.file.display(), self.line, short(&self.column))
    }
}

/// Why labeled photos could not be read, split or written.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    #[error("the data set {} cannot be read ({source}); expected a folder or a CSV file. Check the path", path.display())]
    Open { path: PathBuf, source: std::io::Error },
    #[error("the data set {} is neither a folder nor a file; expected one of them. Check the path", path.display())]
    NeitherFolderNorFile { path: PathBuf },
    #[error("the folder {} cannot be listed ({source}). Check that it may be read, and that no link leads back to it", path.display())]
    List { path: PathBuf, source: walkdir::Error },
    #[error("the name {} is not UTF-8; expected one that a CSV can hold. Rename it", path.display())]
    NameNotUtf8 { path: PathBuf },
    #[error(
        "the data set {} has no photo; expected a folder with one subfolder per region, such as {}, or a CSV with the \
         columns path,region,lat,lon. Put photos there, or check the path",
        path.display(), known.first().map_or("downtown_la", String::as_str)
    )]
    NoPhotos { path: PathBuf, known: Vec<String> },
    #[error("the data set {} has more than {MAX_PHOTOS} photos. Split it, or list fewer in a CSV", path.display())]
    TooManyPhotos { path: PathBuf },
    #[error(
        "the folder {} holds photos ({}), but no region of the places has that id or name; expected one of {}. Rename \
         or move the folder, list its photos in a CSV, or name other places with --places",
        folder.display(), example.display(), known.join(", ")
    )]
    UnknownFolder { folder: PathBuf, example: PathBuf, known: Vec<String> },
    #[error(
        "the folder {} holds photos, but several regions of the places are called so; expected one of their ids, {}. \
         Rename the folder",
        folder.display(), ids.join(", ")
    )]
    AmbiguousFolder { folder: PathBuf, ids: Vec<String> },

    #[error("{} cannot be read ({source}). Check that it is there and may be read", file.display())]
    ReadCsv { file: PathBuf, source: std::io::Error },
    #[error("{} is larger than {MAX_CSV_BYTES} bytes (256 MB). Split the data set", file.display())]
    CsvTooLarge { file: PathBuf },
    #[error("{}, line {line}, is not UTF-8 text; expected a CSV file. Save it as CSV in UTF-8", file.display())]
    CsvNotUtf8 { file: PathBuf, line: u64 },
    #[error("{} cannot be read as CSV ({source}). Save it again as CSV", file.display())]
    Csv { file: PathBuf, source: csv::Error },
    #[error("{} has no column `path`, line 1 has {}; expected path,region,lat,lon. Name the columns", file.display(), columns(found))]
    NoPathColumn { file: PathBuf, found: Vec<String> },
    #[error("{} has the column `{}` twice; expected different names. Rename one", file.display(), short(column))]
    RepeatedColumn { file: PathBuf, column: String },
    #[error("{} has more than {MAX_FURTHER_COLUMNS} columns beyond path,region,lat,lon,split. Remove some", file.display())]
    TooManyColumns { file: PathBuf },
    #[error(
        "{}, line {line}, has {found} values; expected at most {expected}, one for each column. Put quotes around a \
         value with a comma in it",
        file.display()
    )]
    TooManyValues { file: PathBuf, line: u64, expected: usize, found: usize },
    #[error("{cell} is blank; expected a photo's path, relative to the CSV's folder. Add it, or remove the line")]
    NoPath { cell: Cell },
    #[error("{cell} is {}; expected a photo's path without line breaks. Close the quote before it", quoted(found))]
    ControlCharacter { cell: Cell, found: String },
    #[error("{cell} is {}, as in line {first}; expected each photo once. Remove one of the lines", quoted(found))]
    RepeatedPath { cell: Cell, first: u64, found: String },
    #[error(
        "{cell} says {}, and line {} of {} says {} of the same photo {}; expected one of them. Correct or \
         remove one",
        quoted(found), other.line, other.file.display(), quoted(&other.value), quoted(photo)
    )]
    Conflict { cell: Cell, photo: String, found: String, other: Box<Said> },
    #[error(
        "{cell} is {}, a region unknown to the places; expected one of {}. Correct it, or name other places with \
         --places",
        quoted(found), known.join(", ")
    )]
    UnknownRegion { cell: Cell, found: String, known: Vec<String> },
    #[error("{cell} is {}, and several regions are called so; expected one of their ids, {}. Use the id", quoted(found), ids.join(", "))]
    AmbiguousRegion { cell: Cell, found: String, ids: Vec<String> },
    #[error(
        "{cell} is blank, and the photo {} is in no region's folder; expected one of {}. Add it, or remove the line",
        quoted(photo), known.join(", ")
    )]
    NoRegion { cell: Cell, photo: String, known: Vec<String> },
    #[error("{cell} is {}; expected degrees as a number, such as {example}, or nothing. Correct it", quoted(found))]
    NotDegrees { cell: Cell, found: String, example: &'static str },
    #[error("{cell} is {found}; expected -{most} to {most} degrees. {}", remedy(*swapped))]
    DegreesOutOfRange { cell: Cell, found: f64, most: f64, swapped: bool },
    #[error("{cell} is blank, while the other coordinate is there; expected both `lat` and `lon`, or none. Add it")]
    HalfAPlace { cell: Cell },
    #[error("{cell}: {source}, or nothing. Correct it")]
    UnknownSplit { cell: Cell, source: UnknownSplit },

    #[error("{} cannot be read ({source}). Check that it is there and may be read", file.display())]
    ReadPhoto { file: PathBuf, source: std::io::Error },
    #[error("{} is not a file; expected a photo. Correct the list of photos", file.display())]
    NotAFile { file: PathBuf },
    #[error("{} has no bytes; expected a photo. Copy it again", file.display())]
    EmptyPhoto { file: PathBuf },
    #[error("{}: {source}", file.display())]
    Photo { file: PathBuf, source: PhotoError },
    #[error("none of the {count} photos of {} can be read; the first: {}. Check the files", dataset.display(), first)]
    AllUnreadable { dataset: PathBuf, count: usize, first: Box<DatasetError> },

    #[error(
        "the data set {} has no photo of the split `{split}` (it has {}, and {in_no_split} in no split); expected one \
         at least. Write the splits with `placelens dataset {} --split 0.8/0.1/0.1`",
        dataset.display(), per_split(counts), dataset.display()
    )]
    EmptySplit { dataset: PathBuf, split: Split, counts: [usize; 3], in_no_split: usize },
    #[error(
        "the split `{split}` would have no photo (of {} photos: {}); expected one at least. Add photos, draw more per \
         region, or give it a larger share in --split",
        counts.iter().sum::<usize>(), per_split(counts)
    )]
    NothingForSplit { split: Split, counts: [usize; 3] },

    #[error("{} is the list that is read; expected another file to write, or labels would be lost. Name one with --out", file.display())]
    OutIsSource { file: PathBuf },
    #[error(
        "{} has the only label of {count} photos that were not drawn, such as {}; writing it anew would lose them. \
         Name another file with --out",
        file.display(), quoted(example)
    )]
    LabelsWouldBeLost { file: PathBuf, count: usize, example: String },
    #[error("{} is a folder; expected a file to write. Name one with --out", file.display())]
    OutIsFolder { file: PathBuf },
    #[error(
        "{} cannot be written ({source}); expected a folder that may be written to, on a disk with room. Make room, or \
         name another file with --out",
        file.display()
    )]
    Write { file: PathBuf, source: std::io::Error },
}

impl DatasetError {
    /// The reason alone, where the message is of one photo: for lists that name the photo already.
    pub fn reason(&self) -> String {
        match self {
            Self::ReadPhoto { source, .. } => format!("the file cannot be read ({source})"),
            Self::NotAFile { .. } => "not a file; expected a photo".to_owned(),
            Self::EmptyPhoto { .. } => "no bytes; expected a photo".to_owned(),
            Self::Photo { source, .. } => source.to_string(),
            other => other.to_string(),
        }
    }
}

/// A cell, for an error.
pub(super) fn cell(file: &Path, line: u64, column: &str) -> Cell {
    Cell { file: file.to_owned(), line, column: column.to_owned() }
}

fn short(text: &str) -> String {
    let start: String = text.chars().take(LONGEST_FOUND).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST_FOUND).is_some() { format!("{start}…") } else { start }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", short(text))
}

fn columns(found: &[String]) -> String {
    if found.iter().all(|name| name.is_empty()) {
        return "no names".to_owned();
    }
    let names: Vec<String> = found.iter().take(12).map(|name| short(name)).collect();
    format!("{}{}", names.join(","), if found.len() > names.len() { ",…" } else { "" })
}

fn per_split(counts: &[usize; 3]) -> String {
    let each = Split::ALL.iter().zip(counts).map(|(split, count)| format!("{count} {split}"));
    each.collect::<Vec<_>>().join(", ")
}

fn remedy(swapped: bool) -> &'static str {
    if swapped { "`lat` and `lon` look swapped: exchange them" } else { "Correct it" }
}
