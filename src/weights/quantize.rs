//! f32 values ↔ how a pack stores them: f32, f16, or int8 with one scale for each output channel, or int4.
//!
//! In: row-major values whose first axis is the output channel.  Out: little-endian bytes and, for int8, scales.
//! int8 is symmetric: `scale = max|row| / 127`, `stored = round(value / scale)`. A row of zeros has the scale 0.
//!
//! Source: the usual weight-only scheme, e.g. Krishnamoorthi, "Quantizing deep convolutional networks for efficient
//! inference" (2018), section 2. Proof: the tests below bound each value's error by half a step.

use bytes::Bytes;
use half::f16;
use safetensors::Dtype;
use serde::{Deserialize, Serialize};

use super::codes::Groups;
use super::rounding::{Rounded, Steps};
use super::source::floats;
use super::{WeightsError, codes};
use crate::kernels::linear::Weights;

/// How a pack stores its matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackDtype {
    F32,
    F16,
    Int8,
    /// The vision tower as [`super::few_bits`] has it; the text tower as in an int8 pack.
    Int4,
}

impl PackDtype {
    /// `f32`, `f16`, `int8` or `int4`.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Int8 => "int8",
            Self::Int4 => "int4",
        }
    }

    /// How a pack of this type stores the tensor `name` of a model whose vision tower has so many `layers`.
    ///
    /// Matrices as it says; biases, norms and position embeddings, a thousandth of the bytes and added rather than
    /// multiplied, as f32. In an int8 pack the patch embedding and the first layer's queries and keys are f16: whatever
    /// is lost there passes through every layer, and through an exponential. Half of the last MLP's bits pay for them:
    /// what is lost there passes through none. On ViT-B/32 with the formula's weights 1 − cosine to the f32 model is
    /// 7.1e-4 so, in 89.9 MB; with the whole first attention in f16 and the last MLP in int8 it was 5.0e-4, in 93.4 MB;
    /// with all matrices in int8 1.5e-3.
    pub fn of(self, name: &str, shape: &[usize], layers: usize) -> Self {
        let first = |part| name.contains(".encoder.layers.0.self_attn.") && name.contains(part);
        let early = name.contains(".patch_embedding.") || first("q_proj") || first("k_proj");
        let late = name.starts_with(&format!("vision_model.encoder.layers.{}.mlp.", layers.saturating_sub(1)));
        match self {
            _ if shape.len() < 2 || name.ends_with("position_embedding.weight") => Self::F32,
            Self::Int8 if early => Self::F16,
            Self::Int8 if late => Self::Int4,
            // Photos are located without the text tower; it does not travel, and has no need to be small.
            Self::Int4 if name.starts_with("text_") => Self::Int8,
            other => other,
        }
    }
}

/// One tensor as a pack stores it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTensor {
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    /// Little-endian, row-major; a part of the file that they came in, without a copy.
    pub bytes: Bytes,
    /// For int8 and int4: one scale for each index of the first axis.
    pub scale: Option<Vec<f32>>,
    /// For int4, whose `bytes` are codes: the multipliers of its groups, as [`super::codes`] packs them.
    pub groups: Option<Groups>,
}

/// The tensor `name` stored as `dtype`, every value by itself; [`super::rounding`] does it with a view to the others.
///
/// # Errors
/// [`WeightsError::TooLargeForF16`] where a value has no f16.
pub fn store(name: &str, shape: &[usize], values: &[f32], dtype: PackDtype) -> Result<StoredTensor, WeightsError> {
    let plain = |dtype, bytes: Vec<u8>| StoredTensor {
        dtype,
        shape: shape.to_vec(),
        bytes: bytes.into(),
        scale: None,
        groups: None,
    };
    let rounded = |steps| {
        let row_length = values.len() / shape.first().copied().unwrap_or(1).max(1);
        Rounded::by_itself(values, row_length, steps).stored(shape)
    };
    Ok(match dtype {
        PackDtype::F32 => plain(Dtype::F32, f32_bytes(values)),
        PackDtype::F16 => plain(Dtype::F16, f16_bytes(name, values)?),
        PackDtype::Int8 => rounded(Steps::Int8),
        PackDtype::Int4 => rounded(Steps::Codes(4)),
    })
}

/// Little-endian bytes of f32 numbers.
pub fn f32_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn f16_bytes(name: &str, values: &[f32]) -> Result<Vec<u8>, WeightsError> {
    let mut bytes = Vec::with_capacity(values.len() * 2);
    for (index, &value) in values.iter().enumerate() {
        let short = f16::from_f32(value);
        if !short.is_finite() {
            return Err(WeightsError::TooLargeForF16 { name: name.to_owned(), index, value });
        }
        bytes.extend(short.to_le_bytes());
    }
    Ok(bytes)
}

impl StoredTensor {
    /// The tensor's values, row-major.
    ///
    /// # Errors
    /// [`WeightsError`] where type, bytes and scales do not fit together.
    pub fn values(&self, name: &str) -> Result<Vec<f32>, WeightsError> {
        if self.groups.is_some() {
            return self.clone().into_int8(name)?.values(name);
        }
        let Some(scale) = &self.scale else {
            let values = floats(name, self.dtype, &self.bytes)?;
            self.check_count(name, values.len())?;
            return Ok(values);
        };
        self.check_scales(name, scale)?;
        let elements = self.bytes.len();
        let row_length = elements / scale.len().max(1);
        let scaled = |(row, scale): (&[u8], &f32)| {
            let scale = *scale;
            row.iter().map(move |&stored| f32::from(stored as i8) * scale).collect::<Vec<_>>()
        };
        let mut values = Vec::with_capacity(elements);
        self.bytes.chunks(row_length.max(1)).zip(scale).map(scaled).for_each(|row| values.extend(row));
        Ok(values)
    }

    /// An int4 tensor as the int8 tensor that it stands for, exactly; any other as it is.
    ///
    /// # Errors
    /// As [`codes::unpack`].
    fn into_int8(self, name: &str) -> Result<Self, WeightsError> {
        let Some(groups) = &self.groups else { return Ok(self) };
        let rows = self.shape.first().copied().unwrap_or(0);
        let row_length = self.shape.iter().skip(1).product();
        let bytes = codes::unpack(name, (rows, row_length), &self.bytes, groups)?.into();
        Ok(Self { dtype: Dtype::I8, bytes, groups: None, ..self })
    }

    /// The tensor as the kernels multiply it: f16 and int8 as they are, int4 as int8, anything else as f32.
    ///
    /// # Errors
    /// As [`StoredTensor::values`].
    pub fn into_weights(self, name: &str) -> Result<Weights, WeightsError> {
        if self.groups.is_some() {
            return self.into_int8(name)?.into_weights(name);
        }
        match (self.dtype, &self.scale) {
            (Dtype::I8, Some(scale)) => {
                self.check_scales(name, scale)?;
                Ok(Weights::Int8 { values: self.bytes, scales: self.scale.unwrap_or_default() })
            }
            (Dtype::F16, _) => {
                let (pairs, _) = self.bytes.as_chunks::<2>();
                self.check_count(name, pairs.len())?;
                Ok(Weights::F16(pairs.iter().map(|&pair| f16::from_le_bytes(pair)).collect()))
            }
            _ => self.values(name).map(Weights::F32),
        }
    }

    /// Nothing where there are as many values as the shape says.
    fn check_count(&self, name: &str, values: usize) -> Result<(), WeightsError> {
        let elements: usize = self.shape.iter().product();
        if values == elements { Ok(()) } else { Err(self.wrong_bytes(name, elements)) }
    }

    /// Nothing where an int8 tensor has a scale for each row, and its values.
    fn check_scales(&self, name: &str, scale: &[f32]) -> Result<(), WeightsError> {
        let rows = self.shape.first().copied().unwrap_or(0);
        if scale.len() != rows {
            return Err(WeightsError::Scales { name: name.to_owned(), expected: rows, found: scale.len() });
        }
        let elements: usize = self.shape.iter().product();
        if self.dtype == Dtype::I8 {
            self.check_count(name, self.bytes.len())
        } else {
            Err(self.wrong_bytes(name, elements))
        }
    }

    fn wrong_bytes(&self, name: &str, elements: usize) -> WeightsError {
        let expected = elements * self.dtype.bitsize() / 8;
        WeightsError::Bytes { name: name.to_owned(), expected, found: self.bytes.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::formula;

    fn stored(shape: &[usize], values: &[f32], dtype: PackDtype) -> Vec<f32> {
        store("w", shape, values, dtype).expect("finite values").values("w").expect("what was stored can be read")
    }

    #[test]
    fn int8_is_off_by_at_most_half_a_step_in_every_row() {
        let shape = [7, 33];
        let mut values = formula::values("w", &shape, 5, 0, 7 * 33);
        values[..33].fill(0.0); // a row of zeros
        values[33..66].iter_mut().for_each(|value| *value *= 1e30); // a huge row
        values[66..99].iter_mut().for_each(|value| *value *= 1e-30); // a tiny one
        values[99] = 100.0; // an outlier sets its row's step
        let read = stored(&shape, &values, PackDtype::Int8);
        for (row, (before, after)) in values.chunks(33).zip(read.chunks(33)).enumerate() {
            let step = before.iter().fold(0.0f32, |most, value| most.max(value.abs())) / 127.0;
            for (before, after) in before.iter().zip(after) {
                // Half a step, and the rounding of one division and one product.
                assert!((before - after).abs() <= step * 0.5001, "row {row}: {before} became {after}, step {step}");
            }
        }
    }

    #[test]
    fn f32_keeps_every_bit_and_f16_eleven_of_them() {
        let values = formula::values("w", &[4, 9], 0, 0, 36);
        assert_eq!(stored(&[4, 9], &values, PackDtype::F32), values);
        for (before, after) in values.iter().zip(stored(&[4, 9], &values, PackDtype::F16)) {
            // f16 has 11 significant bits, and steps of 2^-24 near zero.
            assert!((before - after).abs() <= before.abs() / 2048.0 + 6e-8, "{before} became {after}");
        }
    }

    #[test]
    fn refuses_what_f16_cannot_hold() {
        let error = store("w", &[1, 2], &[1.0, 70000.0], PackDtype::F16).expect_err("70000 has no f16");
        assert!(error.to_string().contains("70000 at 1"), "{error}");
    }

    #[test]
    fn refuses_scales_and_bytes_that_do_not_fit_the_shape() {
        let good = store("w", &[2, 3], &[1.0; 6], PackDtype::Int8).expect("finite values");
        let few_scales = StoredTensor { scale: Some(vec![1.0]), ..good.clone() };
        assert!(matches!(few_scales.values("w"), Err(WeightsError::Scales { expected: 2, found: 1, .. })));
        let few_bytes = StoredTensor { bytes: vec![0; 5].into(), ..good.clone() };
        assert!(matches!(few_bytes.values("w"), Err(WeightsError::Bytes { expected: 6, found: 5, .. })));
        let no_scale = StoredTensor { scale: None, ..good };
        assert!(matches!(no_scale.values("w"), Err(WeightsError::Dtype { found: "int8", .. })));
    }
}
