//! Every photo opened once → which can be read, what each looks like, where each was taken.
//!
//! In: a [`Dataset`].  Out: a [`Survey`]: the photos that can be read, their coordinates from EXIF where no CSV has any,
//! and the others with the reason. Photos are decoded on all cores; the result does not depend on how many.
//!
//! A picture's look is a gradient hash of 256 bits (which way brightness goes, on a grid) and a small picture of it in
//! color. Saved again, scaled or slightly retouched, a picture keeps both; another one shares a hash at most by chance,
//! or since there is little in it, and then the small picture tells.
//!
//! Source: the crate image_hasher; N. Krawetz, "Kind of Like That", 2013. Proof: `tests/dataset/duplicates.rs`.

use image::RgbImage;
use image::imageops::thumbnail;
use image_hasher::{HashAlg, HasherConfig};
use rayon::prelude::*;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::error::DatasetError;
use super::{Dataset, LabelledPhoto, bytes_of, decode};
use crate::photo::Photo;
use crate::places::geo::LatLon;

/// The hash's side, in bits.
const HASH_SIDE: u32 = 16;
/// What the hash is made of: small enough to be fast, large enough for its grid.
const SMALL_SIDE: u32 = 64;
/// The small picture's side, in pixels.
const THUMBNAIL_SIDE: u32 = 16;
const THUMBNAIL_BYTES: usize = (THUMBNAIL_SIDE * THUMBNAIL_SIDE * 3) as usize;

/// The most bits of 256 in which the hashes of near duplicates differ. Where a picture is flat (sky), bits are chance,
/// and saving it again turns many of them; those of unrelated pictures differ in 128 or so.
const MOST_BITS: u32 = 64;
/// The most levels of 255 by which their small pictures differ in a channel, on average. Saving as JPEG and scaling cost
/// up to 3.
const MOST_LEVELS: f64 = 6.0;
/// Where there is less in a picture, it has to agree more closely: below so many levels of contrast, in proportion, but
/// for what JPEG makes of a plain color. Walls of two colors are two pictures.
const FULL_CONTRAST_LEVELS: f64 = 8.0;
const LEAST_LEVELS: f64 = 2.0;

/// Photos that can be read, and those that cannot.
#[derive(Debug, Clone)]
pub struct Survey {
    /// The photos that can be read, with coordinates from EXIF filled in.
    pub dataset: Dataset,
    /// Parallel to `dataset.photos`.
    pub looks: Vec<Look>,
    pub unreadable: Vec<Unreadable>,
}

/// A photo that cannot be read, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unreadable {
    pub path: String,
    pub reason: String,
}

/// What duplicates share.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// Of the file's bytes.
    pub sha256: [u8; 32],
    hash: [u64; 4],
    thumbnail: Box<[u8; THUMBNAIL_BYTES]>,
    /// The thumbnail's mean level, and how far from each channel's mean its levels are, on average.
    mean_level: f64,
    contrast_levels: f64,
}

impl Survey {
    /// The photos of `dataset`, each opened; `progress` is called once for each, from any thread.
    ///
    /// # Errors
    /// [`DatasetError::AllUnreadable`] where no photo can be read.
    pub fn of(dataset: Dataset, progress: &(dyn Fn() + Sync)) -> Result<Self, DatasetError> {
        let Dataset { photos, .. } = dataset;
        let opened: Vec<_> = photos
            .into_par_iter()
            .map(|photo| {
                let seen = look_at(&photo);
                progress();
                (photo, seen)
            })
            .collect();
        let count = opened.len();
        let (mut photos, mut looks, mut unreadable, mut first) = (Vec::new(), Vec::new(), Vec::new(), None);
        for (mut photo, seen) in opened {
            match seen {
                Ok((look, taken_at)) => {
                    photo.taken_at = photo.taken_at.or(taken_at);
                    photos.push(photo);
                    looks.push(look);
                }
                Err(error) => {
                    unreadable.push(Unreadable { path: photo.path, reason: error.reason() });
                    first.get_or_insert(error);
                }
            }
        }
        match first {
            Some(first) if photos.is_empty() => {
                Err(DatasetError::AllUnreadable { dataset: dataset.source, count, first: Box::new(first) })
            }
            _ => {
                // What cannot be read anyway is no loss.
                let is_readable =
                    |path: &String| photos.binary_search_by(|photo: &LabelledPhoto| photo.path.cmp(path)).is_ok();
                let only_in_split_file = dataset.only_in_split_file.into_iter().filter(is_readable).collect();
                Ok(Self { dataset: Dataset { photos, only_in_split_file, ..dataset }, looks, unreadable })
            }
        }
    }
}

/// What a photo looks like, and where it says it was taken.
fn look_at(photo: &LabelledPhoto) -> Result<(Look, Option<LatLon>), DatasetError> {
    let bytes = bytes_of(photo)?;
    let decoded = decode(photo, &bytes)?;
    let taken_at = decoded.taken_at;
    Ok((Look::of(Sha256::digest(&bytes).into(), decoded), taken_at))
}

impl Look {
    /// The look of a picture; `sha256` is that of its file.
    pub fn of(sha256: [u8; 32], photo: Photo) -> Self {
        let Photo { rgb, width, height, .. } = photo;
        let picture = RgbImage::from_raw(width, height, rgb).expect("a photo has three bytes for each pixel");
        let small = thumbnail(&picture, SMALL_SIDE, SMALL_SIDE);
        let hasher = HasherConfig::with_bytes_type::<[u8; 32]>()
            .hash_size(HASH_SIDE, HASH_SIDE)
            .hash_alg(HashAlg::Gradient)
            .to_hasher();
        let bits = hasher.hash_image(&small);
        let mut hash = [0; 4];
        for (word, bytes) in hash.iter_mut().zip(bits.as_bytes().as_chunks::<8>().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        let mut pixels = Box::new([0; THUMBNAIL_BYTES]);
        pixels.copy_from_slice(thumbnail(&small, THUMBNAIL_SIDE, THUMBNAIL_SIDE).as_raw());
        let means = per_channel(&pixels, |_, level| f64::from(level));
        let deviations = per_channel(&pixels, |at, level| (f64::from(level) - means[at % 3]).abs());
        let [mean_level, contrast_levels] = [means, deviations].map(|channels| channels.iter().sum::<f64>() / 3.0);
        Self { sha256, hash, thumbnail: pixels, mean_level, contrast_levels }
    }

    /// Whether two pictures are one for the eye.
    pub fn is_near(&self, other: &Self) -> bool {
        let contrast = self.contrast_levels.min(other.contrast_levels) / FULL_CONTRAST_LEVELS;
        let most_levels = (MOST_LEVELS * contrast).clamp(LEAST_LEVELS, MOST_LEVELS);
        self.could_be_near(other) && self.bits_apart(other) <= MOST_BITS && self.levels_apart(other) <= most_levels
    }

    /// Means differ by no more than what they are means of, and are quickly compared.
    pub(super) fn could_be_near(&self, other: &Self) -> bool {
        (self.mean_level - other.mean_level).abs() <= MOST_LEVELS
    }

    /// In its order, pictures that could be near stand close together.
    pub(super) fn mean_level(&self) -> f64 {
        self.mean_level
    }

    /// Bits of the hashes that differ, of 256.
    fn bits_apart(&self, other: &Self) -> u32 {
        self.hash.iter().zip(&other.hash).map(|(a, b)| (a ^ b).count_ones()).sum()
    }

    /// Levels by which the small pictures differ on average, in the channel in which they differ the most.
    fn levels_apart(&self, other: &Self) -> f64 {
        let channels = per_channel(&self.thumbnail, |at, level| f64::from(level.abs_diff(other.thumbnail[at])));
        channels.into_iter().fold(0.0, f64::max)
    }
}

/// The mean over a channel's bytes of what `value` makes of a byte's place and level; for each channel.
fn per_channel(thumbnail: &[u8; THUMBNAIL_BYTES], value: impl Fn(usize, u8) -> f64) -> [f64; 3] {
    let mut sums = [0.0; 3];
    thumbnail.iter().enumerate().for_each(|(at, &level)| sums[at % 3] += value(at, level));
    sums.map(|sum| sum / f64::from(THUMBNAIL_SIDE * THUMBNAIL_SIDE))
}
