//! Both towers on the CPU's own kernels: plain slices, weights as the pack stores them.
//!
//! In: `pixel_values [batch, 3, S, S]`, or [`TokenBatch`].  Out: L2-normalized embeddings `[batch, D]`.
//! The same equations as [`super::vision`] and [`super::text`], their plain twins, which say where they come from.
//! A batch is cut into passes, so that it costs no more memory than a few of its items, and each item the same.
//!
//! Proof: `tests/parity.rs`, every stage against the reference; `tests/kernels.rs`, each kernel.

use super::config::{TextConfig, VisionConfig};
use super::text::TokenBatch;
use crate::kernels::digits::Second;
use crate::kernels::encoder::Encoder;
use crate::kernels::linear::{Linear, Method, Weights};
use crate::kernels::norm::LayerNorm;
use crate::kernels::{NonFinite, Observer};

/// Rows that go through the layers at once: enough to make reading the weights cheap, small enough for the cache.
const ROWS_PER_PASS: usize = 256;

/// The vision tower.
#[derive(Debug)]
pub struct VisionTower {
    pub config: VisionConfig,
    /// How its int8 weights are multiplied.
    pub method: Method,
    pub class_embedding: Vec<f32>,
    /// From the pixels of a patch, `[channels, patch, patch]`.
    pub patch_embedding: Linear,
    /// `[tokens, width]`
    pub position_embedding: Vec<f32>,
    pub pre_layernorm: LayerNorm,
    pub encoder: Encoder,
    pub post_layernorm: LayerNorm,
    pub visual_projection: Linear,
}

/// The text tower.
#[derive(Debug)]
pub struct TextTower {
    pub config: TextConfig,
    /// How its int8 weights are multiplied.
    pub method: Method,
    /// `[vocab_size, width]`
    pub token_embedding: Weights,
    /// `[context, width]`
    pub position_embedding: Vec<f32>,
    pub encoder: Encoder,
    pub final_layer_norm: LayerNorm,
    pub text_projection: Linear,
}

impl VisionTower {
    /// The L2-normalized embeddings of `[batch, 3, S, S]`, as `[batch, D]`.
    ///
    /// # Errors
    /// [`NonFinite`] where pixels or weights lead to NaN or an infinity.
    pub fn embed_image(&self, pixel_values: &[f32]) -> Result<Vec<f32>, NonFinite> {
        let one = self.config.num_channels * self.config.image_size * self.config.image_size;
        let passes = pixel_values.chunks(one * items_per_pass(self.method, self.config.tokens()));
        let embeddings: Result<Vec<_>, _> = passes.map(|pixels| self.forward(pixels, None)).collect();
        Ok(l2_normalized(embeddings?.concat(), self.visual_projection.outputs()))
    }

    /// The embeddings before normalization; `observe` sees every stage on the way.
    pub fn forward(&self, pixel_values: &[f32], mut observe: Option<Observer>) -> Result<Vec<f32>, NonFinite> {
        let x = self.embed(pixel_values)?; // [batch · (1 + patches), width]
        tell(&mut observe, "vision.embeddings", &x);
        let x = self.pre_layernorm.normalized(&x);
        tell(&mut observe, "vision.pre_layernorm", &x);
        let class_token = self.encoder.forward("vision", x, self.config.tokens(), |_| 0, again(&mut observe))?;
        let pooled = self.post_layernorm.normalized(&class_token); // [batch, width]
        tell(&mut observe, "vision.pooled", &pooled);
        self.visual_projection.apply(&pooled)
    }

    /// The class token and the patches, each with its position's embedding.
    fn embed(&self, pixel_values: &[f32]) -> Result<Vec<f32>, NonFinite> {
        let patches = self.patch_embedding.apply(&patches(pixel_values, &self.config))?; // [batch · patches, width]
        let width = self.config.hidden_size;
        let mut x = Vec::with_capacity(patches.len() + patches.len() / (self.config.tokens() - 1).max(1) + width);
        for patches in patches.chunks_exact((self.config.tokens() - 1) * width) {
            x.extend(&self.class_embedding);
            x.extend(patches);
        }
        add_to_each(&mut x, &self.position_embedding);
        Ok(x)
    }
}

/// The pixels of every patch: `[batch, channels, S, S]` → `[batch · patches, channels · patch²]`.
fn patches(pixel_values: &[f32], config: &VisionConfig) -> Vec<f32> {
    let (side, patch, per_side) = (config.image_size, config.patch_size, config.patches_per_side());
    let mut patches = Vec::with_capacity(pixel_values.len());
    for image in pixel_values.chunks_exact(config.num_channels * side * side) {
        for (top, left) in (0..per_side * per_side).map(|i| (i / per_side * patch, i % per_side * patch)) {
            for channel in image.chunks_exact(side * side) {
                (top..top + patch).for_each(|row| patches.extend(&channel[row * side + left..][..patch]));
            }
        }
    }
    patches
}

impl TextTower {
    /// The L2-normalized embeddings of a batch of texts: `[batch, D]`.
    ///
    /// # Errors
    /// [`NonFinite`] where the weights lead to NaN or an infinity.
    pub fn embed_text(&self, tokens: &TokenBatch) -> Result<Vec<f32>, NonFinite> {
        let tokens = tokens.trimmed();
        let passes = tokens.split(items_per_pass(self.method, tokens.context()));
        let embeddings: Result<Vec<_>, _> = passes.map(|tokens| self.forward(&tokens, None)).collect();
        Ok(l2_normalized(embeddings?.concat(), self.text_projection.outputs()))
    }

    /// The embeddings before normalization; `observe` sees every stage on the way.
    pub fn forward(&self, tokens: &TokenBatch, mut observe: Option<Observer>) -> Result<Vec<f32>, NonFinite> {
        let width = self.config.hidden_size;
        let mut x = vec![0.0; tokens.ids().len() * width];
        let rows = x.chunks_exact_mut(width).zip(tokens.ids());
        rows.for_each(|(row, &id)| self.token_embedding.copy_row(id as usize, row));
        add_to_each(&mut x, &self.position_embedding[..tokens.context() * width]);
        tell(&mut observe, "text.embeddings", &x);
        let end = |text: usize| tokens.eos_positions[text];
        // The norm of the last token is the last token of the norms, all that is needed unless someone observes.
        let mut last_layer = Vec::new();
        let name = format!("text.layer.{}", self.config.num_hidden_layers - 1);
        let observing = observe.is_some();
        let mut keep_last = |stage: &str, x: &[f32]| {
            if stage == name {
                last_layer = x.to_vec();
            }
            tell(&mut observe, stage, x);
        };
        let keep_last: Option<Observer> = if observing { Some(&mut keep_last) } else { None };
        let x = self.encoder.forward("text", x, tokens.context(), end, keep_last)?;
        if observing {
            tell(&mut observe, "text.final_layer_norm", &self.final_layer_norm.normalized(&last_layer));
        }
        let pooled = self.final_layer_norm.normalized(&x); // [batch, width]
        tell(&mut observe, "text.pooled", &pooled);
        self.text_projection.apply(&pooled)
    }
}

/// How many items of `tokens` rows one pass takes.
///
/// The digits' second digit goes to the inputs that are largest in the whole pass: with more than one item in it, an
/// embedding would depend on its neighbors.
fn items_per_pass(method: Method, tokens: usize) -> usize {
    match method {
        Method::Digits(_, Second::Largest) => 1,
        Method::Digits(_, Second::Every) | Method::Wide => (ROWS_PER_PASS / tokens).max(1),
    }
}

/// The same observer, lent for one call.
fn again<'a>(observe: &'a mut Option<Observer<'_>>) -> Option<Observer<'a>> {
    match observe {
        Some(observe) => Some(&mut **observe),
        None => None,
    }
}

fn tell(observe: &mut Option<Observer>, stage: &str, x: &[f32]) {
    if let Some(observe) = observe {
        observe(stage, x);
    }
}

/// Adds `terms` to every stretch of `x` that is as long.
fn add_to_each(x: &mut [f32], terms: &[f32]) {
    for x in x.chunks_exact_mut(terms.len()) {
        x.iter_mut().zip(terms).for_each(|(x, term)| *x += term);
    }
}

/// The rows of `embeddings` divided by their lengths; a row of zeros becomes NaN, as in [`super::l2_normalized`].
pub fn l2_normalized(mut embeddings: Vec<f32>, columns: usize) -> Vec<f32> {
    for row in embeddings.chunks_exact_mut(columns) {
        let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
        row.iter_mut().for_each(|x| *x /= length);
    }
    embeddings
}
