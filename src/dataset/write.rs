//! Photos → a CSV that lists them: `path,region,lat,lon`, the further columns, `split`.
//!
//! In: a [`Dataset`].  Out: a file that [`Dataset::read`] reads as the same photos.
//! Paths are relative to the file's folder, so that it can be read on its own. It is written beside its place and then
//! moved there: whoever reads it finds the old list or the new one, never half of one.
//!
//! Source: RFC 4180, with lines that end in LF. Proof: `tests/dataset/write.rs`.

use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use super::error::DatasetError;
use super::labels::{LAT, LON, PATH, REGION, SPLIT};
use super::{Dataset, SPLIT_FILE};
use crate::places::Places;

/// Writes the photos of `dataset`, regions by their ids, to `out`.
///
/// # Errors
/// Where `out` is the list that the data set was read from or would lose labels, or cannot be written.
pub fn write(dataset: &Dataset, places: &Places, out: &Path) -> Result<(), DatasetError> {
    let out = &resolved(out);
    check_out(dataset, out)?;
    check_nothing_is_lost(dataset, out)?;
    let fault = |source| DatasetError::Write { file: out.clone(), source };
    let csv = to_csv(dataset, places, out).map_err(|error| fault(io::Error::other(error)))?;
    write_whole(out, &csv).map_err(fault)
}

/// Where `placelens dataset` writes unless told otherwise: in the data set's folder.
pub fn default_out(dataset: &Dataset) -> PathBuf {
    folder_of(dataset).join(SPLIT_FILE)
}

fn folder_of(dataset: &Dataset) -> &Path {
    let source = dataset.source.as_path();
    if source.is_dir() { source } else { source.parent().unwrap_or(Path::new("")) }
}

/// Links followed, so that the file is replaced and not the link to it.
fn resolved(out: &Path) -> PathBuf {
    out.canonicalize().unwrap_or_else(|_| out.to_owned())
}

/// Whether `out` can be the list of the photos of `dataset`: to be asked before hours of work, not after them.
///
/// # Errors
/// Where `out` is a folder, has none to be in, or is the list that the data set was read from.
pub fn check_out(dataset: &Dataset, out: &Path) -> Result<(), DatasetError> {
    if out.is_dir() {
        return Err(DatasetError::OutIsFolder { file: out.to_owned() });
    }
    if is_same(&dataset.source, out) {
        return Err(DatasetError::OutIsSource { file: out.to_owned() });
    }
    let folder = std::fs::metadata(parent(out)).map(drop);
    folder.map_err(|source| DatasetError::Write { file: out.to_owned(), source })
}

fn is_same(a: &Path, b: &Path) -> bool {
    a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b))
}

fn check_nothing_is_lost(dataset: &Dataset, out: &Path) -> Result<(), DatasetError> {
    if !is_same(&default_out(dataset), out) {
        return Ok(());
    }
    let is_written = |path: &&String| dataset.photos.binary_search_by(|photo| photo.path.cmp(path)).is_ok();
    let lost: Vec<&String> = dataset.only_in_split_file.iter().filter(|path| !is_written(path)).collect();
    match lost.first() {
        Some(example) => Err(DatasetError::LabelsWouldBeLost {
            file: out.to_owned(),
            count: lost.len(),
            example: (*example).clone(),
        }),
        None => Ok(()),
    }
}

fn to_csv(dataset: &Dataset, places: &Places, out: &Path) -> Result<Vec<u8>, csv::Error> {
    let to_dataset = between(parent(out), folder_of(dataset));
    let mut csv = csv::Writer::from_writer(Vec::new());
    let further = dataset.further_columns.iter().map(String::as_str);
    csv.write_record([PATH, REGION, LAT, LON].into_iter().chain(further).chain([SPLIT]))?;
    for photo in &dataset.photos {
        let path = match &to_dataset {
            Some(folder) if !photo.path.starts_with('/') => format!("{folder}/{}", photo.path),
            _ => photo.path.clone(),
        };
        let degrees = |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
        let (lat, lon) = (degrees(photo.taken_at.map(|at| at.lat)), degrees(photo.taken_at.map(|at| at.lon)));
        let region = places.regions[photo.region].id.as_str();
        csv.write_field(&path)?;
        csv.write_field(region)?;
        csv.write_field(&lat)?;
        csv.write_field(&lon)?;
        photo.further.iter().try_for_each(|value| csv.write_field(value))?;
        csv.write_field(photo.split.map_or("", super::Split::name))?;
        csv.write_record(None::<&[u8]>)?;
    }
    csv.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// How to get from one folder to another, with `/` between the parts; none where they are the same.
///
/// Where there is no way, as between drives, it is the other folder's full path.
fn between(from: &Path, to: &Path) -> Option<String> {
    let full = |folder: &Path| {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        folder.canonicalize().unwrap_or_else(|_| folder.to_owned())
    };
    let (from, to) = (full(from), full(to));
    if from == to {
        return None;
    }
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    if shared == 0 {
        return Some(to.to_string_lossy().into_owned());
    }
    let up = from.components().skip(shared).map(|_| "..".to_owned());
    let down = to.components().skip(shared).map(|part| match part {
        Component::Normal(name) => name.to_string_lossy().into_owned(),
        other => other.as_os_str().to_string_lossy().into_owned(),
    });
    Some(up.chain(down).collect::<Vec<_>>().join("/"))
}

fn parent(file: &Path) -> &Path {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn write_whole(out: &Path, bytes: &[u8]) -> io::Result<()> {
    // A device or a pipe is written to as it is: it must not be replaced by a file.
    if std::fs::metadata(out).is_ok_and(|kind| !kind.is_file()) {
        return std::fs::OpenOptions::new().write(true).open(out)?.write_all(bytes);
    }
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any new file; the system takes away what the user's mask says.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut beside = builder.tempfile_in(parent(out))?;
    beside.write_all(bytes)?;
    // A full disk may show only here.
    beside.as_file().sync_all()?;
    beside.persist(out).map(drop).map_err(|error| error.error)
}
