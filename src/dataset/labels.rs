//! A CSV of photos → its rows.
//!
//! In: CSV with the column `path`, and perhaps `region`, `lat`, `lon`, `split`.  Out: [`Labels`].
//! Tolerated, since spreadsheets do it: a byte order mark, CRLF, columns in any order, headers in any case, `;` or tabs
//! for commas, blank lines, values missing at the end of a line. Not tolerated: a value that is not what its column
//! says. Further columns are kept as they are.
//!
//! Source: RFC 4180. Proof: `tests/dataset/labels.rs`.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord};

use super::error::{Cell, DatasetError, cell};
use super::names::{Names, NoRegion};
use super::split::Split;
use super::{MAX_CSV_BYTES, MAX_FURTHER_COLUMNS, MAX_PHOTOS};
use crate::places::geo::LatLon;

pub(super) const PATH: &str = "path";
pub(super) const REGION: &str = "region";
pub(super) const LAT: &str = "lat";
pub(super) const LON: &str = "lon";
pub(super) const SPLIT: &str = "split";
/// The columns that are read, and what else they may be called.
const READ: [(&str, &[&str]); 5] =
    [(PATH, &[]), (REGION, &[]), (LAT, &["latitude"]), (LON, &["longitude", "lng", "long"]), (SPLIT, &[])];

/// One CSV.
#[derive(Debug)]
pub(super) struct Labels {
    pub file: PathBuf,
    pub further_columns: Vec<String>,
    pub has_splits: bool,
    pub rows: Vec<Row>,
}

/// One photo's line.
#[derive(Debug)]
pub(super) struct Row {
    /// Where the line starts, from 1.
    pub line: u64,
    pub path: String,
    /// None where the value is blank or the column is missing.
    pub region: Option<usize>,
    pub taken_at: Option<LatLon>,
    pub split: Option<Split>,
    pub further: Vec<String>,
}

/// Whether a CSV without the column `path` is an error, or just not a list of photos.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    Labels,
    Anything,
}

/// The rows of `file`; none where it is no list of photos and need not be.
///
/// # Errors
/// A file that cannot be read or is too large, and every value that is not what its column says.
pub(super) fn read(file: &Path, names: &Names, expect: Expect) -> Result<Option<Labels>, DatasetError> {
    let bytes = bytes(file)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    // UTF-16, which spreadsheets call "Unicode text".
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(DatasetError::CsvNotUtf8 { file: file.to_owned(), line: 1 });
    }
    let Some((delimiter, header)) = header(bytes) else {
        let found = first_record(bytes, b',');
        // A list of regions without paths was meant as labels.
        let meant = expect == Expect::Labels || found.iter().any(|name| same_column(name, REGION));
        let error = DatasetError::NoPathColumn { file: file.to_owned(), found };
        return if meant { Err(error) } else { Ok(None) };
    };
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count() as u64;
        DatasetError::CsvNotUtf8 { file: file.to_owned(), line }
    })?;
    let columns = Columns::of(file, &header)?;
    let mut rows = Vec::new();
    for (line, record) in records(file, text, delimiter)? {
        columns.check_length(file, line, &record)?;
        rows.push(RowReader { file, line, columns: &columns, record: &record }.row(names)?);
    }
    let (further_columns, kept) = columns.further_with_values(&rows);
    rows.iter_mut().for_each(|row| row.further = kept.iter().map(|&at| std::mem::take(&mut row.further[at])).collect());
    check_repeated(file, &rows)?;
    Ok(Some(Labels { file: file.to_owned(), further_columns, has_splits: columns.read[4].is_some(), rows }))
}

fn bytes(file: &Path) -> Result<Vec<u8>, DatasetError> {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(file).and_then(|open| open.take(MAX_CSV_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|source| DatasetError::ReadCsv { file: file.to_owned(), source })?;
    if bytes.len() as u64 > MAX_CSV_BYTES {
        return Err(DatasetError::CsvTooLarge { file: file.to_owned() });
    }
    Ok(bytes)
}

/// What stands between the values, and the first line's; where one of them is `path`.
fn header(bytes: &[u8]) -> Option<(u8, Vec<String>)> {
    let with = |delimiter| (delimiter, first_record(bytes, delimiter));
    b",;\t".map(with).into_iter().find(|(_, header)| header.iter().any(|name| same_column(name, PATH)))
}

fn first_record(bytes: &[u8], delimiter: u8) -> Vec<String> {
    let mut reader = ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(bytes);
    let mut record = csv::ByteRecord::new();
    match reader.read_byte_record(&mut record) {
        Ok(true) => record.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect(),
        _ => Vec::new(),
    }
}

fn same_column(name: &str, column: &str) -> bool {
    name.eq_ignore_ascii_case(column)
}

/// The records after the header with the lines they start in; those without any value are left out.
fn records(file: &Path, text: &str, delimiter: u8) -> Result<Vec<(u64, StringRecord)>, DatasetError> {
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let fault = |source| DatasetError::Csv { file: file.to_owned(), source };
    let mut records = Vec::new();
    let (mut counted_to, mut line) = (0, 1);
    for record in reader.records() {
        let record = record.map_err(fault)?;
        // A record's position is that of the line breaks before it, blank lines and all.
        let start = record.position().map_or(0, |position| position.byte() as usize).min(text.len());
        let start = start + text[start..].bytes().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        line += text[counted_to..start].bytes().filter(|&byte| byte == b'\n').count() as u64;
        counted_to = start;
        if record.iter().any(|value| !value.trim().is_empty()) {
            records.push((line, record));
        }
        if records.len() > MAX_PHOTOS + 1 {
            return Err(DatasetError::TooManyPhotos { path: file.to_owned() });
        }
    }
    Ok(records.into_iter().skip(1).collect())
}

/// Which value of a record is what.
struct Columns {
    /// How many there are in all.
    count: usize,
    /// Parallel to [`READ`].
    read: [Option<usize>; 5],
    further: Vec<usize>,
    names: Vec<String>,
}

impl Columns {
    fn of(file: &Path, header: &[String]) -> Result<Self, DatasetError> {
        let called = |name: &str| header.iter().position(|found| same_column(found, name));
        let read = READ.map(|(name, others)| called(name).or_else(|| others.iter().find_map(|other| called(other))));
        let further: Vec<usize> = (0..header.len()).filter(|at| !read.contains(&Some(*at))).collect();
        let mut seen: HashMap<String, ()> = READ.map(|(name, _)| (name.to_owned(), ())).into();
        for name in further.iter().map(|&at| &header[at]).filter(|name| !name.is_empty()) {
            // The names that are read are the same in any case, the further ones are not.
            let known = READ.iter().any(|(column, _)| same_column(name, column));
            if seen.insert(name.clone(), ()).is_some() || known {
                return Err(DatasetError::RepeatedColumn { file: file.to_owned(), column: name.clone() });
            }
        }
        if further.len() > MAX_FURTHER_COLUMNS {
            return Err(DatasetError::TooManyColumns { file: file.to_owned() });
        }
        Ok(Self { count: header.len(), read, further, names: header.to_vec() })
    }

    /// Blank values past the last column are what spreadsheets leave behind; others are a comma too many.
    fn check_length(&self, file: &Path, line: u64, record: &StringRecord) -> Result<(), DatasetError> {
        if record.iter().skip(self.count).all(|value| value.trim().is_empty()) {
            return Ok(());
        }
        Err(DatasetError::TooManyValues { file: file.to_owned(), line, expected: self.count, found: record.len() })
    }

    /// The further columns' names, and which they are among `Row::further`. Columns without a name, as some programs
    /// write for a line's number, are called by their place; where they have no value either, they are left out.
    fn further_with_values(&self, rows: &[Row]) -> (Vec<String>, Vec<usize>) {
        let named = self.further.iter().enumerate().filter_map(|(index, &at)| match self.names[at].as_str() {
            "" if rows.iter().all(|row| row.further[index].trim().is_empty()) => None,
            "" => Some((format!("column {}", at + 1), index)),
            name => Some((name.to_owned(), index)),
        });
        named.unzip()
    }
}

/// One record on its way to a [`Row`].
struct RowReader<'a> {
    file: &'a Path,
    line: u64,
    columns: &'a Columns,
    record: &'a StringRecord,
}

impl RowReader<'_> {
    fn row(&self, names: &Names) -> Result<Row, DatasetError> {
        let [path, region, lat, lon, split] = self.columns.read.map(|at| self.value(at));
        Ok(Row {
            line: self.line,
            path: self.path(path)?,
            region: if region.is_empty() { None } else { Some(self.region(region, names)?) },
            taken_at: self.place(lat, lon)?,
            split: self.split(split)?,
            further: self.columns.further.iter().map(|&at| self.record.get(at).unwrap_or("").to_owned()).collect(),
        })
    }

    fn value(&self, at: Option<usize>) -> &str {
        at.and_then(|at| self.record.get(at)).unwrap_or("").trim()
    }

    /// The cell in a column, under the name that the file has for it.
    fn cell(&self, column: &str) -> Cell {
        let at = READ.iter().position(|(name, _)| *name == column).and_then(|index| self.columns.read[index]);
        cell(self.file, self.line, at.map_or(column, |at| &self.columns.names[at]))
    }

    fn path(&self, found: &str) -> Result<String, DatasetError> {
        if found.is_empty() {
            return Err(DatasetError::NoPath { cell: self.cell(PATH) });
        }
        if found.chars().any(char::is_control) {
            return Err(DatasetError::ControlCharacter { cell: self.cell(PATH), found: found.to_owned() });
        }
        Ok(normal_path(found, self.file.parent()))
    }

    fn region(&self, found: &str, names: &Names) -> Result<usize, DatasetError> {
        names.find(found).map_err(|reason| {
            let (cell, found) = (self.cell(REGION), found.to_owned());
            match reason {
                NoRegion::Unknown => DatasetError::UnknownRegion { cell, found, known: names.known() },
                NoRegion::Ambiguous(ids) => DatasetError::AmbiguousRegion { cell, found, ids },
            }
        })
    }

    fn place(&self, lat: &str, lon: &str) -> Result<Option<LatLon>, DatasetError> {
        let numbers = (self.degrees(LAT, lat, "34.01")?, self.degrees(LON, lon, "-118.49")?);
        let (lat, lon) = match numbers {
            (Some(lat), Some(lon)) => (lat, lon),
            (None, None) => return Ok(None),
            (None, Some(_)) => return Err(DatasetError::HalfAPlace { cell: self.cell(LAT) }),
            (Some(_), None) => return Err(DatasetError::HalfAPlace { cell: self.cell(LON) }),
        };
        let swapped = LatLon { lat: lon, lon: lat }.is_valid();
        for (column, found, most) in [(LAT, lat, 90.0), (LON, lon, 180.0)] {
            if !(-most..=most).contains(&found) {
                return Err(DatasetError::DegreesOutOfRange { cell: self.cell(column), found, most, swapped });
            }
        }
        Ok(Some(LatLon { lat, lon }))
    }

    fn degrees(&self, column: &str, found: &str, example: &'static str) -> Result<Option<f64>, DatasetError> {
        if found.is_empty() {
            return Ok(None);
        }
        let number = found.parse().ok().filter(|number: &f64| number.is_finite());
        let fault = || DatasetError::NotDegrees { cell: self.cell(column), found: found.to_owned(), example };
        number.map(Some).ok_or_else(fault)
    }

    fn split(&self, found: &str) -> Result<Option<Split>, DatasetError> {
        let parse = || found.parse().map_err(|source| DatasetError::UnknownSplit { cell: self.cell(SPLIT), source });
        if found.is_empty() { Ok(None) } else { parse().map(Some) }
    }
}

/// A path as a folder's listing has it: relative where it can be, `/` between its parts, no `.` among them.
fn normal_path(found: &str, folder: Option<&Path>) -> String {
    let folder = folder.unwrap_or(Path::new(""));
    let relative = Path::new(found).strip_prefix(folder).ok().filter(|_| Path::new(found).is_absolute());
    let found = relative.and_then(Path::to_str).unwrap_or(found);
    // Lists made on Windows; elsewhere a file may have a backslash in its name, if rarely.
    let turned = found.replace('\\', "/");
    let found = if turned != found && !folder.join(found).exists() { turned.as_str() } else { found };
    let parts: Vec<&str> = found.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    format!("{}{}", if found.starts_with('/') { "/" } else { "" }, parts.join("/"))
}

fn check_repeated(file: &Path, rows: &[Row]) -> Result<(), DatasetError> {
    let mut first: HashMap<&str, u64> = HashMap::new();
    for row in rows {
        if let Some(first) = first.insert(&row.path, row.line) {
            let (cell, found) = (cell(file, row.line, PATH), row.path.clone());
            return Err(DatasetError::RepeatedPath { cell, first, found });
        }
    }
    Ok(())
}
