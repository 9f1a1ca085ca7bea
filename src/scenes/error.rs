//! What can go wrong with a drawn data set, by who is at fault: the places, the folder, the disk.
//!
//! Proof: `tests/scenes.rs`.

use std::path::PathBuf;

/// Why scenes could not be drawn or written.
#[derive(Debug, thiserror::Error)]
pub enum ScenesError {
    #[error(
        "region `{region_id}` has no world to draw; expected one of {known}. Leave the region out of the places, or add \
         its world in src/scenes/worlds"
    )]
    UnknownRegion { region_id: String, known: String },
    #[error(
        "region `{region_id}`: none of {tries} random points of its box is inside its area; expected an area that fills \
         more of its box. Check the region's polygon"
    )]
    NoRoom { region_id: String, tries: u32 },
    #[error("the places have no region; expected one at least to draw. Add a region")]
    NoRegions,
    #[error("0 pictures per region were asked for; expected 1 to {most}. Ask for more")]
    NoPictures { most: u32 },
    #[error("{found} pictures per region were asked for; expected at most {most}. Ask for fewer, with several seeds")]
    TooManyPictures { found: u32, most: u32 },
    #[error(
        "a picture of {width} × {height} pixels cannot be drawn; expected enough memory for it. Close other programs"
    )]
    Canvas { width: u32, height: u32 },
    #[error("`{}` is not empty; expected a new or an empty folder. Name another folder, or empty this one", path.display())]
    NotEmpty { path: PathBuf },
    #[error("`{}` is a file; expected a folder, or nothing yet. Name another folder", path.display())]
    NotAFolder { path: PathBuf },
    #[error("`{}` cannot be written: {source}. Check the folder's permissions and the space left on the disk", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("`{}` cannot be read: {source}. Check the folder's permissions", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("`{}` cannot be encoded: {source}. This is a fault of the program; please report it", path.display())]
    Encode { path: PathBuf, source: image::ImageError },
    #[error("`{}`: its place cannot be noted: {source}. This is a fault of the program; please report it", path.display())]
    Exif { path: PathBuf, source: exif::Error },
    #[error("`{}`: the table cannot be written: {source}. Check the space left on the disk", path.display())]
    Table { path: PathBuf, source: csv::Error },
}
