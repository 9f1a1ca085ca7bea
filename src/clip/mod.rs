//! CLIP: a picture and a text → two vectors of one space, whose angle says how well they fit.
//!
//! In: `pixel_values [batch, 3, S, S]`, or token ids.  Out: L2-normalized embeddings `[batch, D]`.
//! The two towers share one transformer. Every size and constant comes from [`ClipConfig`]; a module's field
//! names are Hugging Face's tensor names (the few that differ are in [`crate::weights::load`]).
//!
//! Source: Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (2021), and
//! the layout of Hugging Face's `CLIPModel`. Proof: `tests/parity.rs`, every layer and dimension.
//!
//! - [`config`]: `config.json` → checked sizes
//! - [`transformer`]: attention, MLP, encoder: what both towers are made of
//! - [`vision`], [`text`]: the towers; [`cpu`]: the same two on the CPU's own kernels

pub mod config;
pub mod cpu;
pub mod text;
pub mod transformer;
pub mod vision;

use burn::tensor::Tensor;

pub use config::{ClipConfig, ConfigError};
pub use text::{TextTower, TokenBatch};
pub use vision::VisionTower;

/// Sees the activations between the stages of a forward pass: a stage's name and its `[batch, tokens, width]`.
///
/// The names are those of the reference's golden files: `vision.embeddings`, `vision.layer.0`, `text.final_layer_norm`.
pub type Observer<'a> = &'a mut dyn FnMut(&str, &Tensor<3>);

/// The rows of `embeddings`, `[batch, D]`, divided by their Euclidean lengths.
///
/// No epsilon: a row of zeros becomes NaN, which the known answer and the scores refuse.
pub fn l2_normalized(embeddings: Tensor<2>) -> Tensor<2> {
    let length = embeddings.clone().square().sum_dim(1).sqrt(); // [batch, 1]
    embeddings / length
}

/// A whole model.
#[derive(Debug)]
pub struct Clip {
    pub vision: VisionTower,
    pub text: TextTower,
    /// The natural logarithm of the factor between cosines and logits.
    pub logit_scale: f32,
}
