//! A formula for weights: every value follows from a tensor's name, its shape and a salt.
//!
//! In: a Hugging Face tensor name, its shape, a 64-bit salt.  Out: the tensor's f32 values, bit for bit the same on
//! every machine and in the Python reference.
//! FNV-1a of the name seeds splitmix64; its top 24 bits, scaled by the fan-in, are the weight. Models of full size
//! can so be tested and measured without their weights; they are untrained, and a pack of one says so.
//!
//! Source: the reference data's specification; FNV-1a (Fowler, Noll, Vo) and splitmix64 (Steele et al., 2014).
//! Proof: `tests/formula.rs` against test vectors.

use super::WeightsError;
use super::source::TensorSource;
use crate::clip::ClipConfig;
use crate::clip::config::{TextConfig, VisionConfig};

const LN_100: f32 = f32::from_bits(0x4093_5d8e);

/// The architectures that have a name here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// OpenAI's ViT-B/32: 151 million parameters.
    VitB32,
    /// OpenAI's ViT-L/14: 428 million parameters.
    VitL14,
    /// Two narrow towers with CLIP's own vocabulary and image size, for tests and for the page before it has a model.
    Tiny,
}

impl Architecture {
    /// The name used on the command line and in the manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::VitB32 => "vit-b-32",
            Self::VitL14 => "vit-l-14",
            Self::Tiny => "tiny",
        }
    }

    /// The architecture's sizes.
    pub fn config(self) -> ClipConfig {
        let (vision, text) = (VisionConfig::default(), TextConfig::default());
        match self {
            Self::VitB32 => ClipConfig::default(),
            Self::VitL14 => ClipConfig {
                projection_dim: 768,
                vision_config: VisionConfig {
                    hidden_size: 1024,
                    intermediate_size: 4096,
                    num_hidden_layers: 24,
                    num_attention_heads: 16,
                    patch_size: 14,
                    ..vision
                },
                text_config: TextConfig { hidden_size: 768, intermediate_size: 3072, num_attention_heads: 12, ..text },
                ..ClipConfig::default()
            },
            Self::Tiny => ClipConfig {
                projection_dim: 32,
                vision_config: VisionConfig {
                    hidden_size: 64,
                    intermediate_size: 256,
                    num_hidden_layers: 2,
                    num_attention_heads: 4,
                    ..vision
                },
                text_config: TextConfig {
                    hidden_size: 48,
                    intermediate_size: 192,
                    num_hidden_layers: 3,
                    num_attention_heads: 4,
                    ..text
                },
                ..ClipConfig::default()
            },
        }
    }
}

/// The tensor `name` of `shape`: `count` values from `start`, row-major.
pub fn values(name: &str, shape: &[usize], salt: u64, start: usize, count: usize) -> Vec<f32> {
    let (scale, offset) = scale_and_offset(name, shape);
    let base = fnv1a64(name.as_bytes()).wrapping_add(salt.wrapping_mul(0xd134_2543_de82_ef95));
    (start..start + count)
        .map(|i| {
            let top_24_bits = (splitmix64(base.wrapping_add(i as u64)) >> 40) as i32;
            let uniform = (top_24_bits - 8_388_608) as f32 / 8_388_608.0; // exact, in [-1, 1)
            uniform * scale + offset
        })
        .collect()
}

/// The formula's picture for an image size: `pixel_values [1, 3, S, S]`, the input of the known answer.
pub fn pixel_values(image_size: usize, salt: u64) -> Vec<f32> {
    let shape = [1, 3, image_size, image_size];
    values("pixel_values", &shape, salt, 0, shape.iter().product())
}

/// FNV-1a over `bytes`, 64 bits.
pub fn fnv1a64(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// One step of splitmix64 from the state `x`.
pub fn splitmix64(x: u64) -> u64 {
    let z = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The scale and the offset of a tensor; the first rule that fits holds.
pub fn scale_and_offset(name: &str, shape: &[usize]) -> (f32, f32) {
    const NORMS: [&str; 5] = ["pre_layrnorm", "layer_norm1", "layer_norm2", "post_layernorm", "final_layer_norm"];
    let ends = |suffix| name.ends_with(suffix);
    if name == "logit_scale" {
        (0.0, LN_100)
    } else if name == "pixel_values" {
        (2.0, 0.0)
    } else if name.split('.').any(|part| NORMS.contains(&part)) {
        if ends(".weight") { (0.25, 1.0) } else { (0.125, 0.0) }
    } else if ends("class_embedding") || ends("token_embedding.weight") {
        (1.0, 0.0)
    } else if ends("position_embedding.weight") {
        (0.5, 0.0)
    } else if ends(".bias") {
        (0.125, 0.0)
    } else {
        let fan_in: usize = shape.iter().skip(1).product();
        // Queries and keys are twice as large, so that attention is far from uniform.
        let numerator: f64 = if ends("q_proj.weight") || ends("k_proj.weight") { 12.0 } else { 3.0 };
        ((numerator / fan_in as f64).sqrt() as f32, 0.0)
    }
}

/// The formula as a source of a model's tensors: it has every tensor that is asked for.
#[derive(Debug, Clone, Copy)]
pub struct FormulaSource {
    pub salt: u64,
}

impl TensorSource for FormulaSource {
    fn take(&mut self, name: &str, expected: &[usize]) -> Result<Option<Vec<f32>>, WeightsError> {
        Ok(Some(values(name, expected, self.salt, 0, expected.iter().product())))
    }

    fn remaining(&self) -> Vec<String> {
        Vec::new()
    }
}
