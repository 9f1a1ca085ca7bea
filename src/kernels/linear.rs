//! A linear layer, whatever its weights are stored as.
//!
//! In: [`Weights`] as a pack stores them.  Out: [`Linear`], which multiplies rows with them.
//! This is the one place that decides which kernel a layer uses: f32 weights the one for floats, f16 weights the one
//! for sixteen bits; int8 weights the one for digits where the processor multiplies bytes at once, and sixteen bits
//! elsewhere.
//!
//! Proof: `tests/kernels.rs`.

use std::ops::Range;
use std::sync::OnceLock;

use bytes::Bytes;
use half::f16;

use super::digits::{Operand, Second};
use super::panels::{COLUMNS, Columns, Then, multiply, padded};
use super::{NonFinite, digits, float, wide};

/// Weights as they are stored: `[outputs, inputs]` row-major.
#[derive(Debug, Clone)]
pub enum Weights {
    F32(Vec<f32>),
    F16(Vec<f16>),
    /// With a scale for each output.
    Int8 {
        /// Of one byte each, as they came: a part of their file, without a copy.
        values: Bytes,
        scales: Vec<f32>,
    },
}

/// How int8 weights are multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// [`super::wide`]
    Wide,
    /// [`super::digits`], and which inputs have a second one.
    Digits(Operand, Second),
}

impl Method {
    /// The fastest one on this processor that is exact enough.
    ///
    /// Digits of a whole byte, where a dot product of bytes is one instruction. Where it is three (x86 before VNNI) a
    /// digit has seven bits, so that two thirds of the layers would need sixteen, and little of the gain is left.
    pub fn fastest() -> Self {
        static FASTEST: OnceLock<Method> = OnceLock::new();
        *FASTEST.get_or_init(|| match digits::operand() {
            Some(whole @ (Operand::Unsigned | Operand::Signed)) => Self::Digits(whole, Second::Largest),
            Some(Operand::Seven) | None => Self::Wide,
        })
    }

    /// The same for a tower of rows of `width`.
    ///
    /// A narrow one is fast anyway, and has fewer terms in a sum over which roundings could even out: it keeps two
    /// digits everywhere, and with them the results of [`Method::Wide`].
    pub fn fastest_for(width: usize) -> Self {
        match Self::fastest() {
            Self::Digits(operand, _) if width < 512 => Self::Digits(operand, Second::Every),
            fastest => fastest,
        }
    }

    /// What `layer` of `layers` uses where the tower uses `self`: its attention, and its MLP.
    ///
    /// What is lost early passes through every later layer, and what is lost of queries and keys goes through an
    /// exponential: there each input has two digits, which costs twice the time. On ViT-B/32 with the formula's
    /// weights, which amplify such losses more than trained ones do, each layer's loss is half of that of the layer
    /// before, and its attention's is, for a product, four times its MLP's. 1 − cosine to the tower in sixteen bits
    /// (mean of eight pictures of noise), and layers' worth of second products, is
    ///
    /// | two digits | 1 − cosine | products |
    /// |---|---|---|
    /// | nowhere | 2.3e-3 | 0 |
    /// | in the attention of the first 4 layers, in the MLP of the first | 3.5e-4 | 1.8 |
    /// | in 6 and 1 | 2.8e-4 | 2.5 |
    /// | in 4 and 2 | 2.7e-4 | 2.5 |
    /// | in 5 and 2 | 2.1e-4 | 2.8 |
    /// | in 6 and 2: decided | 1.9e-4 | 3.2 |
    ///
    /// The weights of an int8 pack lose 7.7e-4 of these pictures by themselves, both together 9.3e-4, where
    /// onnxruntime's uint8 loses 1.4e-2; a tenth of that is the limit. The cosines that a ranking is made of must be
    /// within 2e-3 of sixteen bits': over six photos they are within 1.1e-3, with 5 and 2 1.6e-3, with 4 and 2 2.1e-3.
    ///
    /// A digit of seven bits loses four times as much: then two thirds of the layers take sixteen bits.
    pub fn of_layer(self, layer: usize, layers: usize) -> OfLayer {
        let Self::Digits(operand, _) = self else { return OfLayer { attention: self, mlp: self } };
        if operand == Operand::Seven {
            let method = if layer < (2 * layers).div_ceil(3) { Self::Wide } else { self };
            return OfLayer { attention: method, mlp: method };
        }
        let two_digits_if = |exact: bool| if exact { Self::Digits(operand, Second::Every) } else { self };
        OfLayer { attention: two_digits_if(layer < layers.div_ceil(2)), mlp: two_digits_if(layer < layers.div_ceil(6)) }
    }
}

/// How the int8 weights of one layer of a tower are multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfLayer {
    /// Queries, keys and values, and what is made of the values.
    pub attention: Method,
    pub mlp: Method,
}

impl Weights {
    fn count(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F16(values) => values.len(),
            Self::Int8 { values, .. } => values.len(),
        }
    }

    fn as_f32(&self) -> Option<&[f32]> {
        if let Self::F32(values) = self { Some(values) } else { None }
    }

    fn as_f16(&self) -> Option<&[f16]> {
        if let Self::F16(values) = self { Some(values) } else { None }
    }

    fn as_int8(&self) -> Option<(&[i8], &[f32])> {
        if let Self::Int8 { values, scales } = self { Some((bytemuck::cast_slice(values), scales)) } else { None }
    }

    /// Row `index`, as long as `row`, into `row`: for a table that is looked up rather than multiplied.
    pub fn copy_row(&self, index: usize, row: &mut [f32]) {
        let all = index * row.len()..(index + 1) * row.len();
        match self {
            Self::F32(values) => row.copy_from_slice(&values[all]),
            Self::F16(values) => row.iter_mut().zip(&values[all]).for_each(|(x, value)| *x = value.to_f32()),
            Self::Int8 { values, scales } => {
                let scaled = |(x, value): (&mut f32, &u8)| *x = f32::from(*value as i8) * scales[index];
                row.iter_mut().zip(&values[all]).for_each(scaled);
            }
        }
    }

    /// The values.
    pub fn to_f32(&self) -> Vec<f32> {
        match self {
            Self::F32(values) => values.clone(),
            Self::F16(values) => values.iter().map(|value| value.to_f32()).collect(),
            Self::Int8 { values, scales } => {
                let rows = values.chunks((values.len() / scales.len().max(1)).max(1)).zip(scales);
                rows.flat_map(|(row, scale)| row.iter().map(move |&value| f32::from(value as i8) * scale)).collect()
            }
        }
    }
}

/// `x · Wᵀ + b`.
#[derive(Debug)]
pub struct Linear {
    inputs: usize,
    outputs: usize,
    /// Outputs side by side, of weights that are stored alike.
    blocks: Vec<Block>,
}

#[derive(Debug)]
struct Block {
    outputs: usize,
    matrix: Matrix,
    /// Padded to whole panels.
    bias: Vec<f32>,
}

#[derive(Debug)]
enum Matrix {
    Float(float::Weights),
    Wide(wide::Weights),
    Digits(digits::Weights, Operand, Second),
}

impl Matrix {
    /// Of `parts` one below the other, which are stored alike.
    fn pack(parts: &[Weights], inputs: usize, method: Method) -> Self {
        match parts.first() {
            Some(Weights::F16(_)) => {
                let values: Vec<_> = parts.iter().filter_map(Weights::as_f16).collect();
                Self::Wide(wide::Weights::pack_f16(&values, inputs))
            }
            Some(Weights::Int8 { .. }) => {
                let (values, scales): (Vec<_>, Vec<_>) = parts.iter().filter_map(Weights::as_int8).unzip();
                let scales = scales.concat();
                match method {
                    Method::Digits(operand, second) if inputs <= digits::MOST_INPUTS => {
                        Self::Digits(digits::Weights::pack(&values, &scales, inputs), operand, second)
                    }
                    _ => Self::Wide(wide::Weights::pack(&values, &scales, inputs)),
                }
            }
            _ => {
                let values: Vec<_> = parts.iter().filter_map(Weights::as_f32).collect();
                Self::Float(float::Weights::pack(&values, inputs))
            }
        }
    }
}

impl Linear {
    /// A layer of `weights` for rows of `inputs` numbers; a missing bias is zeros.
    pub fn new(weights: Weights, inputs: usize, bias: Option<Vec<f32>>) -> Self {
        Self::with_method(vec![weights], inputs, bias, Method::fastest())
    }

    /// The layers of `weights`, for the same rows, as one with all their outputs side by side; int8 weights are
    /// multiplied by `method`.
    pub fn with_method(weights: Vec<Weights>, inputs: usize, bias: Option<Vec<f32>>, method: Method) -> Self {
        let outputs = weights.iter().map(|part| part.count() / inputs).sum();
        let bias = bias.unwrap_or_else(|| vec![0.0; outputs]);
        let mut first = 0;
        let block = |parts: &[Weights]| {
            let outputs = parts.iter().map(|part| part.count() / inputs).sum();
            let bias = padded(&bias[first..first + outputs]);
            first += outputs;
            Block { outputs, matrix: Matrix::pack(parts, inputs, method), bias }
        };
        let alike = |a: &Weights, b: &Weights| std::mem::discriminant(a) == std::mem::discriminant(b);
        Self { inputs, outputs, blocks: weights.chunk_by(alike).map(block).collect() }
    }

    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The products of `x`, `[rows, inputs]`, as `[rows, outputs]`.
    ///
    /// # Errors
    /// As [`Linear::forward`].
    pub fn apply(&self, x: &[f32]) -> Result<Vec<f32>, NonFinite> {
        let mut out = vec![0.0; x.len() / self.inputs * self.outputs];
        self.forward(x, &mut out, Then::Store)?;
        Ok(out)
    }

    /// The products of `x`, `[rows, inputs]`, in `out`, `[rows, outputs]`.
    ///
    /// # Errors
    /// [`NonFinite`] where a row of `x` holds NaN or an infinity.
    pub fn forward(&self, x: &[f32], out: &mut [f32], then: Then) -> Result<(), NonFinite> {
        self.forward_columns(x, 0..self.outputs, out, then)
    }

    /// The same for these columns of `out` and, where they begin or end within a panel, the rest of the panel.
    ///
    /// # Errors
    /// As [`Linear::forward`].
    pub fn forward_columns(
        &self,
        x: &[f32],
        wanted: Range<usize>,
        out: &mut [f32],
        then: Then,
    ) -> Result<(), NonFinite> {
        let rows = x.len() / self.inputs;
        let mut first = 0;
        for Block { outputs, matrix, bias } in &self.blocks {
            let columns = Columns { values: out, stride: self.outputs, first, count: *outputs };
            let part = |column: usize| column.clamp(first, first + outputs) - first;
            let panels = part(wanted.start) / COLUMNS..part(wanted.end).div_ceil(COLUMNS);
            first += outputs;
            if panels.is_empty() {
                continue;
            }
            match matrix {
                Matrix::Float(weights) => {
                    let x = float::Inputs::pack(x, self.inputs)?;
                    multiply(float::Multiplication::new(weights, &x), rows, bias, panels, columns, then);
                }
                Matrix::Wide(weights) => {
                    let x = wide::Inputs::pack(x, self.inputs, weights)?;
                    multiply(wide::Multiplication::new(weights, &x), rows, bias, panels, columns, then);
                }
                Matrix::Digits(weights, operand, second) => {
                    let x = digits::Inputs::pack(x, self.inputs, *operand, *second)?;
                    multiply(digits::Multiplication::new(weights, &x), rows, bias, panels, columns, then);
                }
            }
        }
        Ok(())
    }
}
