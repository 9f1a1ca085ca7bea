//! Photos by the folder, or drawn.
//!
//! In: a folder, or a seed.  Out: [`Photo`]s, in the order of their names.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::photo::{MAX_FILE_BYTES, Photo};

/// Up to `most` of the photos in `folder` and in the folders within, spread over all of them. Files that are no photo
/// are passed over; a folder without any is an error.
pub fn read(folder: &Path, most: usize) -> anyhow::Result<Vec<Photo>> {
    let mut files = Vec::new();
    list(folder, &mut files).with_context(|| folder.display().to_string())?;
    files.sort();
    let step = files.len().div_ceil(most.max(1)).max(1);
    let photo = |path: &PathBuf| Photo::decode(&super::read_bytes(path, MAX_FILE_BYTES).ok()?).ok();
    let photos: Vec<Photo> = files.iter().step_by(step).filter_map(photo).collect();
    if photos.is_empty() {
        bail!("{}: no photo could be read; expected a folder of JPEG, PNG or WebP files", folder.display());
    }
    Ok(photos)
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// `count` drawn pictures of the 15 regions of Los Angeles County, in turn.
#[cfg(feature = "train")]
pub fn drawn(count: usize, seed: u64) -> anyhow::Result<Vec<Photo>> {
    let places = super::read_places(None)?;
    let picture = |index: usize| {
        let region = &places.regions[index % places.regions.len()];
        let scene = crate::scenes::draw(region, (index / places.regions.len()) as u32, seed)?;
        Ok(Photo { rgb: scene.rgb, width: scene.width, height: scene.height, taken_at: None })
    };
    (0..count).map(picture).collect()
}

/// None: this build cannot draw.
#[cfg(not(feature = "train"))]
pub fn drawn(_count: usize, _seed: u64) -> anyhow::Result<Vec<Photo>> {
    Ok(Vec::new())
}
