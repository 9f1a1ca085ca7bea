//! Where tensors come from, and one tensor's bytes → f32 values.
//!
//! In: a name and the shape that the model wants.  Out: the values, row-major f32, or what is wrong with them.
//! The sources are [`super::formula`], [`super::huggingface`] and [`super::shards`]; the rules are here, once.

use half::{bf16, f16};
use safetensors::Dtype;

use super::WeightsError;
use crate::kernels::linear::Weights;

/// Tensors by Hugging Face's names.
pub trait TensorSource {
    /// The values of `name`, row-major, or `None` where the source has no such tensor. A tensor can be taken once.
    ///
    /// # Errors
    /// [`WeightsError::Shape`] unless its shape is `expected`; [`WeightsError::Dtype`], [`WeightsError::Read`] and the
    /// like where its bytes are no numbers. Whether they are finite is for [`finite`], which every user calls.
    fn take(&mut self, name: &str, expected: &[usize]) -> Result<Option<Vec<f32>>, WeightsError>;

    /// The same for whoever computes with the weights as they are stored.
    ///
    /// # Errors
    /// As [`TensorSource::take`].
    fn take_weights(&mut self, name: &str, expected: &[usize]) -> Result<Option<Weights>, WeightsError> {
        Ok(self.take(name, expected)?.map(Weights::F32))
    }

    /// The names that nobody took, sorted, without the buffers that carry no weights.
    fn remaining(&self) -> Vec<String>;
}

/// The values of a tensor that must be there, and be finite.
pub fn take_finite(
    source: &mut dyn TensorSource,
    name: &str,
    expected: &[usize],
) -> Result<Option<Vec<f32>>, WeightsError> {
    let values = source.take(name, expected)?;
    if let Some(values) = &values {
        finite(name, values)?;
    }
    Ok(values)
}

/// Nothing where all `values` are finite, else [`WeightsError::NonFinite`].
pub fn finite(name: &str, values: &[f32]) -> Result<(), WeightsError> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(index) => Err(WeightsError::NonFinite { name: name.to_owned(), index, value: values[index] }),
    }
}

/// Nothing where `found` is `expected`, else [`WeightsError::Shape`].
pub fn same_shape(name: &str, expected: &[usize], found: &[usize]) -> Result<(), WeightsError> {
    if expected == found {
        return Ok(());
    }
    Err(WeightsError::Shape { name: name.to_owned(), expected: expected.to_vec(), found: found.to_vec() })
}

/// Whether a tensor of a Hugging Face file is a buffer that older versions saved beside the weights: the positions
/// 0, 1, 2, …, which the model does not need to be told.
pub fn is_position_buffer(name: &str) -> bool {
    name.ends_with(".embeddings.position_ids")
}

/// The numbers in little-endian `bytes` of a float type.
///
/// # Errors
/// [`WeightsError::Dtype`] for a type that holds no weights.
pub fn floats(name: &str, dtype: Dtype, bytes: &[u8]) -> Result<Vec<f32>, WeightsError> {
    fn each<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f32) -> Vec<f32> {
        let (whole, _) = bytes.as_chunks::<N>();
        whole.iter().map(|&chunk| number(chunk)).collect()
    }
    Ok(match dtype {
        Dtype::F32 => each(bytes, f32::from_le_bytes),
        Dtype::F16 => each(bytes, |b| f16::from_le_bytes(b).to_f32()),
        Dtype::BF16 => each(bytes, |b| bf16::from_le_bytes(b).to_f32()),
        Dtype::F64 => each(bytes, |b| f64::from_le_bytes(b) as f32),
        other => return Err(WeightsError::Dtype { name: name.to_owned(), found: dtype_name(other) }),
    })
}

fn dtype_name(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::BOOL => "bool",
        Dtype::U8 => "uint8",
        Dtype::I8 => "int8",
        Dtype::I16 => "int16",
        Dtype::U16 => "uint16",
        Dtype::I32 => "int32",
        Dtype::U32 => "uint32",
        Dtype::I64 => "int64",
        Dtype::U64 => "uint64",
        _ => "a type that this program does not know",
    }
}
