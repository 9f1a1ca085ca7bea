//! A vision tower for the smallest download: 4.49 bits for a number, biases and norms beside.
//!
//! In: a tower's tensors, photos.  Out: its tensors as a pack stores them: matrices in 3 to 6 bits, or in int8.
//! How many bits each matrix gets is measured ([`super::sensitivity`]); then all are rounded, layer by layer, so that
//! each makes up for the last ([`super::compensation`]). Both need pictures: the photos that are given, and
//! [`super::pictures`] beside them, so that the tower keeps its answers to what is unlike any photo.
//!
//! Tried and left out: the class token's inputs counted seven times (no better), and least squares, see there.
//!
//! Proof: `tests/pack.rs`; the numbers are `placelens compare`'s.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData};

use super::compensation::compensated;
use super::load::{self, parameters};
use super::quantize::{PackDtype, StoredTensor, store};
use super::sensitivity::{losses, shared_out};
use super::source::TensorSource;
use super::{WeightsError, pictures};
use crate::clip::ClipConfig;
use crate::photo::Photo;
use crate::preprocess::Preprocessor;

/// More photos than these are not looked at.
pub const MOST_PHOTOS: usize = 32;
/// Pictures beside the photos, of each kind.
const SHAPES: usize = 12;
const NOISE: usize = 20;
/// Pictures, of each kind, with which sensitivity is measured.
const MEASURED: usize = 2;
/// What a number of a matrix takes on average, scales counted: ViT-B/32's vision tower stays below 50,000,000 bytes.
const BITS: f64 = 4.49;

/// Every tensor of the vision tower of `config`, by name, taken from `source`. `progress` is told what is done, and
/// the bytes that it had as f32.
///
/// # Errors
/// As [`load::vision`].
pub fn vision(
    config: &ClipConfig,
    preprocessor: &Preprocessor,
    source: &mut dyn TensorSource,
    photos: &[Photo],
    progress: &mut dyn FnMut(&str, u64),
) -> Result<BTreeMap<String, StoredTensor>, WeightsError> {
    let exact = load::vision(config, source, &Device::flex())?;
    let side = config.vision_config.image_size;
    let photos: Vec<&Photo> = photos.iter().take(MOST_PHOTOS).collect();
    let (shapes, noise) = (pictures::shapes(SHAPES, side), pictures::noise(NOISE, side, 0));
    let kinds = [photos, shapes.iter().collect(), noise.iter().collect()];
    let pixel_values = |most: usize| {
        let some = kinds.iter().flat_map(|kind| kind.iter().take(most));
        let values: Vec<f32> = some.flat_map(|photo| preprocessor.pixel_values(photo)).collect();
        let count = values.len() / (3 * side * side);
        Tensor::<4>::from_data(TensorData::new(values, [count, 3, side, side]), &Device::flex())
    };
    let losses = losses(&exact, pixel_values(MEASURED), &mut |name| progress(&format!("measuring {name}"), 0));
    let shared = shared_out(&losses, BITS);
    let steps = |name: &str| shared[name];
    let mut done = |name: &str, count: usize| progress(name, count as u64 * 4);
    let mut compensated = compensated(&exact, pixel_values(usize::MAX), &steps, &mut done);
    let mut tensors = BTreeMap::new();
    for (name, (shape, values)) in parameters(&compensated.tower) {
        let stored = match compensated.stored.remove(&name) {
            Some(stored) => stored,
            None => store(&name, &shape, &values, PackDtype::F32)?,
        };
        tensors.insert(name, stored);
    }
    Ok(tensors)
}
