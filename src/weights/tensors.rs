//! A model's tensors in memory, by Hugging Face's names; and as a safetensors file.
//!
//! In: towers, or another [`TensorSource`].  Out: [`Tensors`], itself a source; `model.safetensors`.
//!
//! Proof: `tests/finetune.rs`, by a folder written, read again, and read by `transformers`.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensorError, SafeTensors, serialize};

use super::WeightsError;
use super::load::{ShapedValues, expected_tensors, parameters};
use super::quantize::f32_bytes;
use super::source::{TensorSource, floats, same_shape, take_finite};
use crate::clip::{Clip, ClipConfig, TextTower, VisionTower};

/// Tensors by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tensors(pub BTreeMap<String, ShapedValues>);

impl Tensors {
    /// Every parameter of `clip`, by its Hugging Face name and in its Hugging Face layout.
    pub fn of_clip(clip: &Clip) -> Self {
        let mut tensors: BTreeMap<_, _> = parameters(&clip.vision).into_iter().chain(parameters(&clip.text)).collect();
        tensors.insert("logit_scale".to_owned(), (Vec::new(), vec![clip.logit_scale]));
        Self(tensors)
    }

    /// Every tensor that a model of `config` has, from `source`.
    ///
    /// # Errors
    /// A tensor that is missing, of another shape, not finite, or too many.
    pub fn read(config: &ClipConfig, source: &mut dyn TensorSource) -> Result<Self, WeightsError> {
        let device = burn::tensor::Device::flex();
        let mut names = expected_tensors(&VisionTower::new(config, &device));
        names.extend(expected_tensors(&TextTower::new(config, &device)));
        names.push(("logit_scale".to_owned(), Vec::new()));
        let mut tensors = BTreeMap::new();
        let mut missing = Vec::new();
        for (name, shape) in names {
            match take_finite(source, &name, &shape)? {
                Some(values) => drop(tensors.insert(name, (shape, values))),
                None => missing.push(name),
            }
        }
        if !missing.is_empty() {
            return Err(WeightsError::Missing { names: missing });
        }
        super::load::all_used(source)?;
        Ok(Self(tensors))
    }

    /// `share` of the way from `self` to `other`, number by number.
    ///
    /// # Panics
    /// Where `other` lacks a tensor of `self`; both are of one configuration.
    pub fn interpolated(&self, other: &Self, share: f32) -> Self {
        let between = |(name, (shape, from)): (&String, &ShapedValues)| {
            let (_, to) = &other.0[name];
            let values = from.iter().zip(to).map(|(from, to)| from * (1.0 - share) + to * share);
            (name.clone(), (shape.clone(), values.collect()))
        };
        Self(self.0.iter().map(between).collect())
    }

    /// The f32 tensors of a file that [`Self::save`] wrote.
    ///
    /// # Errors
    /// Where it cannot be read, or is not whole.
    pub fn load(path: &Path) -> Result<Self, WeightsError> {
        let file = || path.display().to_string();
        let bytes = std::fs::read(path).map_err(|source| WeightsError::Read { name: file(), source })?;
        let parsed =
            SafeTensors::deserialize(&bytes).map_err(|source| WeightsError::Safetensors { file: file(), source })?;
        let mut tensors = BTreeMap::new();
        for (name, view) in parsed.iter() {
            let values = floats(name, view.dtype(), view.data())?;
            tensors.insert(name.to_owned(), (view.shape().to_vec(), values));
        }
        Ok(Self(tensors))
    }

    /// Writes the tensors as a safetensors file, as Hugging Face writes it.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), SafeTensorError> {
        let bytes: Vec<(&String, &Vec<usize>, Vec<u8>)> =
            self.0.iter().map(|(name, (shape, values))| (name, shape, f32_bytes(values))).collect();
        let mut views = Vec::with_capacity(bytes.len());
        for (name, shape, bytes) in &bytes {
            views.push((*name, TensorView::new(Dtype::F32, (*shape).clone(), bytes)?));
        }
        let metadata = [("format".to_owned(), "pt".to_owned())];
        std::fs::write(path, serialize(views, Some(metadata.into()))?).map_err(SafeTensorError::IoError)
    }
}

impl TensorSource for Tensors {
    fn take(&mut self, name: &str, expected: &[usize]) -> Result<Option<Vec<f32>>, WeightsError> {
        let Some((shape, values)) = self.0.remove(name) else { return Ok(None) };
        same_shape(name, expected, &shape)?;
        Ok(Some(values))
    }

    fn remaining(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}
