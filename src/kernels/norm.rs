//! Layer normalization.
//!
//! In: rows of f32.  Out: `(x − mean) / sqrt(variance + ε) · weight + bias`, row by row.
//! The variance is that of the differences from the mean, in a second pass: a large mean costs no digits.
//!
//! Source: Ba, Kiros and Hinton, "Layer Normalization" (2016). Proof: `tests/kernels.rs`.

use super::rounding::LANES;

/// The weights of one normalization.
#[derive(Debug)]
pub struct LayerNorm {
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    pub epsilon: f32,
}

impl LayerNorm {
    /// Rows of `x`, normalized.
    pub fn normalized(&self, x: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; x.len()];
        self.forward(x, &mut out);
        out
    }

    /// Rows of `x`, normalized, in `out`.
    pub fn forward(&self, x: &[f32], out: &mut [f32]) {
        let width = self.weight.len();
        for (x, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
            let mean = sum(x, |x| x) / width as f32;
            let variance = sum(x, |x| (x - mean) * (x - mean)) / width as f32;
            let factor = 1.0 / (variance + self.epsilon).sqrt();
            for ((out, x), (weight, bias)) in out.iter_mut().zip(x).zip(self.weight.iter().zip(&self.bias)) {
                *out = (x - mean) * factor * weight + bias;
            }
        }
    }
}

/// The sum of `term` over `x`.
#[inline(always)]
pub fn sum(x: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0.0; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for (sum, &x) in sums.iter_mut().zip(chunk) {
            *sum += term(x);
        }
    }
    sums.iter().sum::<f32>() + rest.iter().map(|&x| term(x)).sum::<f32>()
}
