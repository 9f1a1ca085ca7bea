//! Named tensors → the towers on the CPU's own kernels.
//!
//! In: a [`TensorSource`] and a [`ClipConfig`].  Out: [`crate::clip::cpu`]'s towers, weights as they are stored.
//! One tensor after the other is taken, laid out for its kernel and let go, so that loading needs no second model's
//! memory. The names are Hugging Face's, as in [`super::load`].
//!
//! Proof: `tests/parity.rs`, `tests/weights.rs`.

use half::f16;

use super::WeightsError;
use super::source::{TensorSource, finite, take_finite};
use crate::clip::ClipConfig;
use crate::clip::config::EncoderConfig;
use crate::clip::cpu::{TextTower, VisionTower};
use crate::kernels::attention::Attention;
use crate::kernels::encoder::{Encoder, EncoderLayer};
use crate::kernels::linear::{Linear, Method, OfLayer, Weights};
use crate::kernels::norm::LayerNorm;

/// The vision tower of `config` with `source`'s weights.
///
/// # Errors
/// The first tensor that is not right, or all that are missing, by [`WeightsError`].
pub fn vision(config: &ClipConfig, source: &mut dyn TensorSource) -> Result<VisionTower, WeightsError> {
    vision_by(config, source, Method::fastest_for(config.vision_config.hidden_size))
}

/// The same with int8 weights multiplied by `method`.
///
/// # Errors
/// As [`vision`].
pub fn vision_by(
    config: &ClipConfig,
    source: &mut dyn TensorSource,
    method: Method,
) -> Result<VisionTower, WeightsError> {
    let vision = &config.vision_config;
    let (width, patch) = (vision.hidden_size, vision.patch_size);
    let mut taker = Taker { source, method, missing: Vec::new() };
    let sizes = vision.encoder();
    let kernel_name = "vision_model.embeddings.patch_embedding.weight";
    let kernel = taker.matrix(kernel_name, &[width, vision.num_channels, patch, patch])?;
    let tower = VisionTower {
        class_embedding: taker.values("vision_model.embeddings.class_embedding", &[width])?,
        patch_embedding: Linear::with_method(vec![kernel], vision.num_channels * patch * patch, None, method),
        position_embedding: taker
            .values("vision_model.embeddings.position_embedding.weight", &[vision.tokens(), width])?,
        pre_layernorm: taker.layer_norm("vision_model.pre_layrnorm", &sizes)?, // the published spelling
        encoder: taker.encoder("vision_model.encoder", &sizes)?,
        post_layernorm: taker.layer_norm("vision_model.post_layernorm", &sizes)?,
        visual_projection: taker.projection("visual_projection", width, config.projection_dim)?,
        config: vision.clone(),
        method,
    };
    taker.complete(tower)
}

/// The text tower of `config` with `source`'s weights.
///
/// # Errors
/// As [`vision`].
pub fn text(config: &ClipConfig, source: &mut dyn TensorSource) -> Result<TextTower, WeightsError> {
    text_by(config, source, Method::fastest_for(config.text_config.hidden_size))
}

/// The same with int8 weights multiplied by `method`.
///
/// # Errors
/// As [`vision`].
pub fn text_by(config: &ClipConfig, source: &mut dyn TensorSource, method: Method) -> Result<TextTower, WeightsError> {
    let text = &config.text_config;
    let width = text.hidden_size;
    let mut taker = Taker { source, method, missing: Vec::new() };
    let sizes = text.encoder();
    let tower = TextTower {
        token_embedding: taker.matrix("text_model.embeddings.token_embedding.weight", &[text.vocab_size, width])?,
        position_embedding: taker
            .values("text_model.embeddings.position_embedding.weight", &[text.max_position_embeddings, width])?,
        encoder: taker.encoder("text_model.encoder", &sizes)?,
        final_layer_norm: taker.layer_norm("text_model.final_layer_norm", &sizes)?,
        text_projection: taker.projection("text_projection", width, config.projection_dim)?,
        config: text.clone(),
        method,
    };
    taker.complete(tower)
}

/// Without a branch for each value, and called for a few of them at a time, as a browser soon optimizes it.
#[inline(never)]
fn are_finite(values: &[f16]) -> bool {
    const EXPONENT: u16 = 0x7c00;
    values.iter().fold(0, |most, value| (value.to_bits() & EXPONENT).max(most)) < EXPONENT
}

/// Takes tensors, and remembers the names of those that are missing; zeros stand for them until then.
struct Taker<'a> {
    source: &'a mut dyn TensorSource,
    method: Method,
    missing: Vec<String>,
}

impl Taker<'_> {
    fn values(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, WeightsError> {
        let zeros = || vec![0.0; shape.iter().product()];
        Ok(take_finite(self.source, name, shape)?.unwrap_or_else(|| {
            self.missing.push(name.to_owned());
            zeros()
        }))
    }

    fn matrix(&mut self, name: &str, shape: &[usize]) -> Result<Weights, WeightsError> {
        let Some(weights) = self.source.take_weights(name, shape)? else {
            self.missing.push(name.to_owned());
            return Ok(Weights::F32(vec![0.0; shape.iter().product()]));
        };
        match &weights {
            Weights::F32(values) | Weights::Int8 { scales: values, .. } => finite(name, values)?,
            Weights::F16(values) if !values.chunks(1024).all(are_finite) => {
                let index = values.iter().position(|value| !value.is_finite()).unwrap_or_default();
                let value = values[index].to_f32();
                return Err(WeightsError::NonFinite { name: name.to_owned(), index, value });
            }
            Weights::F16(_) => {}
        }
        Ok(weights)
    }

    fn projection(&mut self, name: &str, inputs: usize, outputs: usize) -> Result<Linear, WeightsError> {
        let weights = self.matrix(&format!("{name}.weight"), &[outputs, inputs])?;
        Ok(Linear::with_method(vec![weights], inputs, None, self.method))
    }

    /// The layers `names` of one input as one layer with all their outputs, side by side.
    fn linear(
        &mut self,
        names: &[String],
        inputs: usize,
        outputs: usize,
        method: Method,
    ) -> Result<Linear, WeightsError> {
        let mut bias = Vec::with_capacity(names.len() * outputs);
        let mut all = Vec::with_capacity(names.len());
        for name in names {
            all.push(self.matrix(&format!("{name}.weight"), &[outputs, inputs])?);
            bias.extend(self.values(&format!("{name}.bias"), &[outputs])?);
        }
        Ok(Linear::with_method(all, inputs, Some(bias), method))
    }

    fn layer_norm(&mut self, name: &str, sizes: &EncoderConfig) -> Result<LayerNorm, WeightsError> {
        Ok(LayerNorm {
            weight: self.values(&format!("{name}.weight"), &[sizes.width])?,
            bias: self.values(&format!("{name}.bias"), &[sizes.width])?,
            epsilon: sizes.layer_norm_eps as f32,
        })
    }

    fn encoder(&mut self, name: &str, sizes: &EncoderConfig) -> Result<Encoder, WeightsError> {
        let layer = |i| {
            let methods = self.method.of_layer(i, sizes.layers);
            self.encoder_layer(&format!("{name}.layers.{i}"), sizes, methods)
        };
        Ok(Encoder { layers: (0..sizes.layers).map(layer).collect::<Result<_, _>>()? })
    }

    fn encoder_layer(
        &mut self,
        name: &str,
        sizes: &EncoderConfig,
        methods: OfLayer,
    ) -> Result<EncoderLayer, WeightsError> {
        let EncoderConfig { width, mlp_width, heads, activation, causal, .. } = *sizes;
        let qkv = ["q_proj", "k_proj", "v_proj"].map(|part| format!("{name}.self_attn.{part}"));
        Ok(EncoderLayer {
            layer_norm1: self.layer_norm(&format!("{name}.layer_norm1"), sizes)?,
            qkv_proj: self.linear(&qkv, width, width, methods.attention)?,
            attention: Attention { heads, width, causal },
            out_proj: self.linear(&[format!("{name}.self_attn.out_proj")], width, width, methods.attention)?,
            layer_norm2: self.layer_norm(&format!("{name}.layer_norm2"), sizes)?,
            fc1: self.linear(&[format!("{name}.mlp.fc1")], width, mlp_width, methods.mlp)?,
            activation,
            fc2: self.linear(&[format!("{name}.mlp.fc2")], mlp_width, width, methods.mlp)?,
        })
    }

    fn complete<T>(self, tower: T) -> Result<T, WeightsError> {
        if self.missing.is_empty() { Ok(tower) } else { Err(WeightsError::Missing { names: self.missing }) }
    }
}
