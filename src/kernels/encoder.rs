//! The transformer of both towers, on plain f32 slices.
//!
//! In: `x [batch · tokens, width]`.  Out: the same, layer by layer.
//! `x += attention(layer_norm1(x))`, then `x += mlp(layer_norm2(x))`: the plain twin is `clip::transformer`.
//!
//! Proof: `tests/kernels.rs`, `tests/parity.rs`.

use half::f16;

use super::activation::activate;
use super::attention::Attention;
use super::linear::{Linear, Method, Weights};
use super::norm::LayerNorm;
use super::panels::Then;
use super::{NonFinite, Observer};
use crate::clip::config::Activation;

/// One block.
#[derive(Debug)]
pub struct EncoderLayer {
    pub layer_norm1: LayerNorm,
    /// Queries, keys and values side by side.
    pub qkv_proj: Linear,
    pub attention: Attention,
    pub out_proj: Linear,
    pub layer_norm2: LayerNorm,
    pub fc1: Linear,
    pub activation: Activation,
    pub fc2: Linear,
}

impl EncoderLayer {
    /// The layer's output in place of `x`, `[batch · tokens, width]`.
    pub fn forward(&self, x: &mut [f32], tokens: usize) -> Result<(), NonFinite> {
        let width = self.attention.width;
        let normed = self.layer_norm1.normalized(x);
        let qkv = self.qkv_proj.apply(&normed)?; // [batch · tokens, 3 · width]
        let mut mixed = normed;
        let sequences = qkv.chunks_exact(3 * tokens * width).zip(mixed.chunks_exact_mut(tokens * width));
        sequences.for_each(|(qkv, mixed)| self.attention.forward(qkv, mixed));
        self.finish(x, &mixed)
    }

    /// The layer's output for one token of each sequence, `[batch, width]`: all that the last layer is asked for. Of
    /// the other tokens only keys and values are of use to it.
    pub fn forward_one(&self, x: &[f32], tokens: usize, token: impl Fn(usize) -> usize) -> Result<Vec<f32>, NonFinite> {
        let width = self.attention.width;
        let normed = self.layer_norm1.normalized(x);
        let mut qkv = vec![0.0; 3 * x.len()]; // [batch · tokens, 3 · width]
        self.qkv_proj.forward_columns(&normed, width..3 * width, &mut qkv, Then::Store)?;
        let chosen = picked(&normed, width, tokens, &token);
        let mut queries = vec![0.0; 3 * chosen.len()]; // [batch, 3 · width], of which the first third is asked for
        self.qkv_proj.forward_columns(&chosen, 0..width, &mut queries, Then::Store)?;
        let mut mixed = vec![0.0; chosen.len()]; // [batch, width]
        let sequences = qkv.chunks_exact_mut(3 * tokens * width).zip(queries.chunks_exact(3 * width));
        for (i, ((qkv, queries), mixed)) in sequences.zip(mixed.chunks_exact_mut(width)).enumerate() {
            qkv[3 * width * token(i)..][..width].copy_from_slice(&queries[..width]);
            self.attention.forward_one(qkv, token(i), mixed);
        }
        let mut x = picked(x, width, tokens, &token);
        self.finish(&mut x, &mixed)?;
        Ok(x)
    }

    fn finish(&self, x: &mut [f32], mixed: &[f32]) -> Result<(), NonFinite> {
        self.out_proj.forward(mixed, x, Then::Add)?;
        let normed = self.layer_norm2.normalized(x);
        let mut hidden = vec![0.0; x.len() / self.attention.width * self.fc1.outputs()];
        self.fc1.forward(&normed, &mut hidden, Then::Store)?;
        activate(self.activation, &mut hidden);
        self.fc2.forward(&hidden, x, Then::Add)
    }
}

/// Layers, one after the other.
#[derive(Debug)]
pub struct Encoder {
    pub layers: Vec<EncoderLayer>,
}

impl Encoder {
    /// The last layer's output for one token of each sequence, `[batch, width]`; `token` says which.
    ///
    /// Where someone observes, they are told each layer's whole output as `{tower}.layer.{i}`; where nobody does, the
    /// last layer computes no more of it than that token.
    pub fn forward(
        &self,
        tower: &str,
        mut x: Vec<f32>,
        tokens: usize,
        token: impl Fn(usize) -> usize,
        observe: Option<Observer>,
    ) -> Result<Vec<f32>, NonFinite> {
        let (last, layers) = self.layers.split_last().expect("a configuration has a layer at least");
        let width = last.attention.width;
        let Some(observe) = observe else {
            layers.iter().try_for_each(|layer| layer.forward(&mut x, tokens))?;
            return last.forward_one(&x, tokens, token);
        };
        for (i, layer) in self.layers.iter().enumerate() {
            layer.forward(&mut x, tokens)?;
            observe(&format!("{tower}.layer.{i}"), &x);
        }
        Ok(picked(&x, width, tokens, token))
    }
}

/// Runs a small layer until a browser has found its functions worth optimizing, which it does beside what follows: a
/// function's first millions of steps are taken in code that is several times as slow.
pub fn warm_up() {
    const TOKENS: usize = 50;
    const HEADS: usize = 2;
    const WIDTH: usize = 64 * HEADS;
    const ROUNDS: usize = 12;
    let number = |i: usize| (i * 37 % 255) as u8;
    let int8 = |inputs: usize, outputs: usize, method| {
        let values = (0..inputs * outputs).map(number).collect();
        Linear::with_method(vec![Weights::Int8 { values, scales: vec![1e-3; outputs] }], inputs, None, method)
    };
    let layer_norm = || LayerNorm { weight: vec![1.0; WIDTH], bias: vec![0.0; WIDTH], epsilon: 1e-5 };
    let methods = Method::fastest().of_layer(3, 12);
    let layer = EncoderLayer {
        layer_norm1: layer_norm(),
        qkv_proj: int8(WIDTH, 3 * WIDTH, methods.attention),
        attention: Attention { heads: HEADS, width: WIDTH, causal: false },
        out_proj: int8(WIDTH, WIDTH, methods.attention),
        layer_norm2: layer_norm(),
        fc1: int8(WIDTH, 4 * WIDTH, methods.mlp),
        activation: Activation::QuickGelu,
        fc2: int8(4 * WIDTH, WIDTH, methods.mlp),
    };
    let halves = (0..WIDTH * WIDTH).map(|i| f16::from_f32(f32::from(number(i)))).collect();
    let patch_embedding = Linear::new(Weights::F16(halves), WIDTH, None);
    let mut x: Vec<f32> = (0..TOKENS * WIDTH).map(|i| f32::from(number(i))).collect();
    for _ in 0..ROUNDS {
        let computed =
            patch_embedding.forward(&x.clone(), &mut x, Then::Add).and_then(|()| layer.forward(&mut x, TOKENS));
        debug_assert_eq!(computed, Ok(()), "small numbers");
        x = layer.layer_norm1.normalized(&x);
    }
}

/// One token of each sequence: `[batch · tokens, width]` → `[batch, width]`.
fn picked(rows: &[f32], width: usize, tokens: usize, token: impl Fn(usize) -> usize) -> Vec<f32> {
    let sequences = rows.chunks_exact(tokens * width).enumerate();
    sequences.flat_map(|(i, rows)| rows[token(i) * width..][..width].iter().copied()).collect()
}
