//! A folder or a CSV → a data set.
//!
//! In: a path.  Out: [`Dataset`].
//! Of what several CSVs say of one photo, blanks are filled in from each other, and what differs is an error. Only
//! `split.csv` is different: its splits are the ones that count, and a photo that it does not list is in none; of the
//! rest of a photo it says only what no other CSV does, since it was made from them.
//! A photo's region is what a CSV says, else that of the folder it lies in.
//!
//! Proof: `tests/dataset/labels.rs`, `tests/dataset/folder.rs`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::{DatasetError, Said, cell};
use super::folder::{self, Listing, Stray};
use super::labels::{self, Expect, LAT, LON, Labels, REGION, Row, SPLIT};
use super::names::{Names, NoRegion};
use super::{Dataset, LabelledPhoto, MAX_FURTHER_COLUMNS, MAX_PHOTOS, SPLIT_FILE};
use crate::places::Places;
use crate::places::geo::LatLon;

pub(super) fn read(path: &Path, places: &Places) -> Result<Dataset, DatasetError> {
    let names = Names::new(places);
    let fault = |source| DatasetError::Open { path: path.to_owned(), source };
    let kind = std::fs::metadata(path).map_err(fault)?;
    let mut reading = Reading::default();
    if kind.is_dir() {
        read_folder(&mut reading, path, &names)?;
    } else if kind.is_file() {
        // `parent` of a bare file name is empty, which is the working folder.
        let root = path.parent().unwrap_or(Path::new(""));
        if let Some(labels) = labels::read(path, &names, Expect::Labels)? {
            reading.add(root, labels, &names)?;
        }
    } else {
        return Err(DatasetError::NeitherFolderNorFile { path: path.to_owned() });
    }
    reading.finish(path, places, &names)
}

fn read_folder(reading: &mut Reading, root: &Path, names: &Names) -> Result<(), DatasetError> {
    let Listing { mut lists, photos, strays, others } = folder::list(root, names)?;
    // Last, when it is known what the others say.
    lists.sort_by_key(|file| is_split_file(file));
    for file in &lists {
        let expect = if is_split_file(file) { Expect::Labels } else { Expect::Anything };
        if let Some(labels) = labels::read(file, names, expect)? {
            reading.add(root, labels, names)?;
        }
    }
    for found in photos {
        let (file, region) = (found.file, found.region);
        let photo = reading.photos.entry(found.path).or_insert_with(|| Known { file, ..Known::default() });
        photo.region.get_or_insert(region);
    }
    reading.passed_over.extend(others.into_iter().filter(|file| {
        let path = file.strip_prefix(root).ok().and_then(Path::to_str);
        path.is_none_or(|path| !reading.photos.contains_key(path))
    }));
    strays.into_iter().try_for_each(|stray| reading.add_stray(stray, names))
}

fn is_split_file(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name == SPLIT_FILE)
}

/// What is known of photos so far.
#[derive(Default)]
struct Reading {
    /// By path, which sorts them.
    photos: BTreeMap<String, Known>,
    further_columns: Vec<String>,
    passed_over: Vec<PathBuf>,
    /// Whether `split.csv` has been read: then it alone says which split a photo is of.
    has_split_file: bool,
}

/// What is known of one photo.
#[derive(Default)]
struct Known {
    file: PathBuf,
    region: Option<usize>,
    taken_at: Option<LatLon>,
    split: Option<super::Split>,
    further: BTreeMap<usize, String>,
    /// The first CSV that lists it, and the line.
    listed: Option<(PathBuf, u64)>,
    in_split_file: bool,
}

impl Reading {
    fn add(&mut self, root: &Path, labels: Labels, names: &Names) -> Result<(), DatasetError> {
        let further = self.further_indices(&labels)?;
        let governs = labels.has_splits && is_split_file(&labels.file);
        self.has_split_file |= governs;
        for mut row in labels.rows {
            let known = self.photos.entry(row.path.clone()).or_default();
            if known.listed.is_none() {
                known.file = root.join(&row.path);
            }
            if governs {
                known.split = None;
            }
            let values = std::mem::take(&mut row.further);
            let values = further.iter().copied().zip(values).filter(|(_, value)| !value.is_empty());
            let values: BTreeMap<usize, String> = values.collect();
            if !is_split_file(&labels.file)
                && let Some((file, line)) = known.listed.clone()
                && let Some((column, found, value)) = known.conflict(&row, &values, &self.further_columns, names)
            {
                let (cell, photo) = (cell(&labels.file, row.line, &column), row.path);
                return Err(DatasetError::Conflict { cell, photo, found, other: Box::new(Said { file, line, value }) });
            }
            known.fill(&row, values);
            known.in_split_file |= governs;
            known.listed.get_or_insert((labels.file.clone(), row.line));
        }
        if self.photos.len() > MAX_PHOTOS { Err(DatasetError::TooManyPhotos { path: labels.file }) } else { Ok(()) }
    }

    /// Where the further columns of one CSV stand among those of all.
    fn further_indices(&mut self, labels: &Labels) -> Result<Vec<usize>, DatasetError> {
        for name in &labels.further_columns {
            if !self.further_columns.contains(name) {
                self.further_columns.push(name.clone());
            }
        }
        if self.further_columns.len() > MAX_FURTHER_COLUMNS {
            return Err(DatasetError::TooManyColumns { file: labels.file.clone() });
        }
        let index = |name| self.further_columns.iter().position(|column| column == name);
        Ok(labels.further_columns.iter().filter_map(index).collect())
    }

    /// Pictures in a folder that is no region's: a CSV's own where it lists one of them, else a mistake.
    fn add_stray(&mut self, stray: Stray, names: &Names) -> Result<(), DatasetError> {
        let Stray { folder, pictures, reason } = stray;
        let (listed, unlisted): (Vec<_>, Vec<_>) =
            pictures.into_iter().partition(|(_, path)| self.photos.contains_key(path));
        match unlisted.first() {
            Some((example, _)) if listed.is_empty() => Err(match reason {
                NoRegion::Unknown => {
                    DatasetError::UnknownFolder { folder, example: example.clone(), known: names.known() }
                }
                NoRegion::Ambiguous(ids) => DatasetError::AmbiguousFolder { folder, ids },
            }),
            _ => {
                self.passed_over.extend(unlisted.into_iter().map(|(file, _)| file));
                Ok(())
            }
        }
    }

    fn finish(self, source: &Path, places: &Places, names: &Names) -> Result<Dataset, DatasetError> {
        if self.photos.is_empty() {
            let known = places.regions.iter().map(|region| region.id.clone()).collect();
            return Err(DatasetError::NoPhotos { path: source.to_owned(), known });
        }
        let mut photos = Vec::with_capacity(self.photos.len());
        let mut only_in_split_file = Vec::new();
        for (path, known) in self.photos {
            let region = match (known.region.or_else(|| names.of_folder(&path)), known.listed.clone()) {
                (Some(region), _) => region,
                (None, listed) => {
                    let (file, line) = listed.unwrap_or_default();
                    let (cell, known) = (cell(&file, line, REGION), names.known());
                    return Err(DatasetError::NoRegion { cell, photo: path, known });
                }
            };
            let lists_it = |(file, _): &(PathBuf, u64)| is_split_file(file);
            if known.listed.as_ref().is_some_and(lists_it) && names.of_folder(&path).is_none() {
                only_in_split_file.push(path.clone());
            }
            let split = known.split.filter(|_| known.in_split_file || !self.has_split_file);
            let mut further = known.further;
            let further = (0..self.further_columns.len()).map(|at| further.remove(&at).unwrap_or_default()).collect();
            photos.push(LabelledPhoto { file: known.file, path, region, taken_at: known.taken_at, split, further });
        }
        let Self { further_columns, mut passed_over, .. } = self;
        passed_over.sort();
        Ok(Dataset { photos, further_columns, source: source.to_owned(), passed_over, only_in_split_file })
    }
}

impl Known {
    /// The first column in which both say something, and not the same: its name, the row's value, and the known one.
    fn conflict(
        &self,
        row: &Row,
        values: &BTreeMap<usize, String>,
        columns: &[String],
        names: &Names,
    ) -> Option<(String, String, String)> {
        let differ = |column: &str, found: Option<String>, known: Option<String>| match (found, known) {
            (Some(found), Some(known)) if found != known => Some((column.to_owned(), found, known)),
            _ => None,
        };
        let region = |region: Option<usize>| region.map(|region| names.id(region).to_owned());
        let lat = |at: Option<LatLon>| at.map(|at| at.lat.to_string());
        let lon = |at: Option<LatLon>| at.map(|at| at.lon.to_string());
        let split = |split: Option<super::Split>| split.map(|split| split.to_string());
        differ(REGION, region(row.region), region(self.region))
            .or_else(|| differ(LAT, lat(row.taken_at), lat(self.taken_at)))
            .or_else(|| differ(LON, lon(row.taken_at), lon(self.taken_at)))
            .or_else(|| differ(SPLIT, split(row.split), split(self.split)))
            .or_else(|| {
                values
                    .iter()
                    .find_map(|(&at, value)| differ(&columns[at], Some(value.clone()), self.further.get(&at).cloned()))
            })
    }

    /// Takes from `row` what is not known yet.
    fn fill(&mut self, row: &Row, values: BTreeMap<usize, String>) {
        self.region = self.region.or(row.region);
        self.taken_at = self.taken_at.or(row.taken_at);
        self.split = self.split.or(row.split);
        for (at, value) in values {
            self.further.entry(at).or_insert(value);
        }
    }
}
