//! A data set's folder → the photos in its regions' folders, and its lists.
//!
//! In: a folder.  Out: [`Listing`].
//! What is a photo is asked of file names here, so that nothing has to be opened: names that pictures have, and names
//! without an extension. Whether they can be read is another question. Names that start with a dot, and what
//! macOS leaves in archives (`__MACOSX`), are not looked at. Links are followed.
//!
//! Proof: `tests/dataset/folder.rs`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::MAX_PHOTOS;
use super::error::DatasetError;
use super::names::{Names, NoRegion};

/// Names that pictures have, whether PlaceLens reads them or has to say why not.
const PICTURES: [&str; 27] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "bmp", "dib", "tif", "tiff", "heic", "heif", "avif", "jp2",
    "jxl", "psd", "dng", "cr2", "cr3", "nef", "arw", "orf", "rw2", "raf", "ppm", "tga",
];

/// What a folder holds.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// CSV files at the root, by name.
    pub lists: Vec<PathBuf>,
    /// In the regions' folders.
    pub photos: Vec<Found>,
    /// Pictures in folders that are no region's.
    pub strays: Vec<Stray>,
    /// Other files in the regions' folders, and pictures at the root.
    pub others: Vec<PathBuf>,
}

#[derive(Debug)]
pub(super) struct Found {
    pub file: PathBuf,
    /// Relative to the root.
    pub path: String,
    pub region: usize,
}

/// A folder of pictures without a region.
#[derive(Debug)]
pub(super) struct Stray {
    pub folder: PathBuf,
    pub pictures: Vec<(PathBuf, String)>,
    pub reason: NoRegion,
}

/// The listing of `root`, sorted by name.
///
/// # Errors
/// A folder that cannot be listed, a photo's name that is not UTF-8, too many photos.
pub(super) fn list(root: &Path, names: &Names) -> Result<Listing, DatasetError> {
    let mut listing = Listing::default();
    for (file, is_folder) in entries(root, 1)? {
        let name = file.file_name().unwrap_or_default();
        if is_folder {
            list_folder(root, &file, names, &mut listing)?;
        } else if extension(&file) == "csv" {
            listing.lists.push(file);
        } else if is_picture(name) {
            listing.others.push(file);
        }
    }
    Ok(listing)
}

fn list_folder(root: &Path, folder: &Path, names: &Names, listing: &mut Listing) -> Result<(), DatasetError> {
    let region = folder.file_name().and_then(OsStr::to_str).ok_or(NoRegion::Unknown).and_then(|name| names.find(name));
    let mut pictures = Vec::new();
    for (file, is_folder) in entries(folder, usize::MAX)? {
        if is_folder {
            continue;
        }
        // A picture's name is sure; one without an extension is taken for one only where photos are expected.
        let is_photo = is_picture(&file) || (region.is_ok() && file.extension().is_none());
        match (is_photo, &region) {
            (true, Ok(region)) => {
                let path = relative(root, &file)?;
                listing.photos.push(Found { file, path, region: *region });
            }
            (true, Err(_)) => {
                let path = relative(root, &file)?;
                pictures.push((file, path));
            }
            (false, Ok(_)) => listing.others.push(file),
            (false, Err(_)) => {}
        }
        if listing.photos.len() + pictures.len() > MAX_PHOTOS {
            return Err(DatasetError::TooManyPhotos { path: root.to_owned() });
        }
    }
    if let Err(reason) = region
        && !pictures.is_empty()
    {
        listing.strays.push(Stray { folder: folder.to_owned(), pictures, reason });
    }
    Ok(())
}

/// Files and folders below `folder`, not itself, and whether each is a folder.
fn entries(folder: &Path, depth: usize) -> Result<Vec<(PathBuf, bool)>, DatasetError> {
    let walk = WalkDir::new(folder).min_depth(1).max_depth(depth).follow_links(true).sort_by_file_name();
    let mut entries = Vec::new();
    for entry in walk.into_iter().filter_entry(is_looked_at) {
        match entry {
            Ok(entry) => entries.push((entry.path().to_owned(), entry.file_type().is_dir())),
            Err(source) => match dangling_link(&source) {
                // Found out when it is opened, as any photo that cannot be read.
                Some(link) => entries.push((link, false)),
                None => return Err(DatasetError::List { path: folder.to_owned(), source }),
            },
        }
    }
    Ok(entries)
}

fn dangling_link(error: &walkdir::Error) -> Option<PathBuf> {
    let missing = error.io_error().is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound);
    error.path().filter(|path| missing && path.is_symlink()).map(Path::to_owned)
}

fn is_looked_at(entry: &DirEntry) -> bool {
    let name = entry.file_name().as_encoded_bytes();
    entry.depth() == 0 || !(name.starts_with(b".") || name == b"__MACOSX")
}

fn extension(file: &Path) -> String {
    file.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase()).unwrap_or_default()
}

fn is_picture(name: impl AsRef<Path>) -> bool {
    PICTURES.contains(&extension(name.as_ref()).as_str())
}

/// `file` below `root`, with `/` between its parts.
fn relative(root: &Path, file: &Path) -> Result<String, DatasetError> {
    let below = file.strip_prefix(root).unwrap_or(file);
    let parts: Option<Vec<&str>> = below.components().map(|part| part.as_os_str().to_str()).collect();
    parts.map(|parts| parts.join("/")).ok_or_else(|| DatasetError::NameNotUtf8 { path: file.to_owned() })
}
