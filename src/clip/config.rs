//! Hugging Face's `config.json` → the sizes and constants of a CLIP model.
//!
//! In: the JSON of a `CLIPConfig`.  Out: [`ClipConfig`], checked.
//! A field that the file leaves out takes the default of Hugging Face's own classes (those are ViT-B/32's
//! values); a field whose value this crate does not implement is an error, never a guess.
//!
//! Source: `transformers`, `CLIPConfig`, `CLIPVisionConfig`, `CLIPTextConfig`. Proof: tests below, `tests/parity.rs`.

use serde::{Deserialize, Serialize};

/// What is wrong with a `config.json`.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error(
        "config.json is not the configuration of a CLIP model: {0}; expected the file that Hugging Face saves beside the weights"
    )]
    Json(#[from] serde_json::Error),
    #[error("config.json: `{field}` is {found}; expected {expected}")]
    Value { field: &'static str, found: usize, expected: &'static str },
    #[error(
        "config.json: {tower} has width {width}, which its {heads} attention heads do not divide; expected a multiple"
    )]
    Heads { tower: &'static str, width: usize, heads: usize },
    #[error("config.json: `{field}` is {found}; expected a number above 0 and at most 1")]
    LayerNormEps { field: &'static str, found: f64 },
    #[error("config.json: `logit_scale_init_value` is {found}; expected a logarithm, 0 to 20")]
    LogitScale { found: f32 },
}

impl ConfigError {
    /// The stable word for this part's errors in JavaScript.
    pub fn code(&self) -> &'static str {
        "config"
    }
}

/// The nonlinearity of an MLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `x · sigmoid(1.702 x)`: OpenAI's models.
    QuickGelu,
    /// `x · Φ(x)`, exact, by erf.
    Gelu,
}

/// Sizes and constants of both towers, by Hugging Face's field names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClipConfig {
    /// The dimension `D` of the space that both towers project into.
    #[serde(default = "defaults::projection_dim")]
    pub projection_dim: usize,
    /// What the logarithm of the factor between cosines and logits starts from in training from scratch.
    #[serde(default = "defaults::logit_scale_init_value")]
    pub logit_scale_init_value: f32,
    #[serde(default)]
    pub vision_config: VisionConfig,
    #[serde(default)]
    pub text_config: TextConfig,
}

/// Sizes of the vision transformer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct VisionConfig {
    pub hidden_size: usize,
    pub intermediate_size: usize,
    pub num_hidden_layers: usize,
    pub num_attention_heads: usize,
    pub num_channels: usize,
    pub image_size: usize,
    pub patch_size: usize,
    pub hidden_act: Activation,
    pub layer_norm_eps: f64,
}

/// Sizes of the text transformer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TextConfig {
    pub vocab_size: usize,
    pub hidden_size: usize,
    pub intermediate_size: usize,
    pub num_hidden_layers: usize,
    pub num_attention_heads: usize,
    pub max_position_embeddings: usize,
    pub hidden_act: Activation,
    pub layer_norm_eps: f64,
    pub eos_token_id: u32,
}

impl Default for ClipConfig {
    fn default() -> Self {
        Self {
            projection_dim: defaults::projection_dim(),
            logit_scale_init_value: defaults::logit_scale_init_value(),
            vision_config: VisionConfig::default(),
            text_config: TextConfig::default(),
        }
    }
}

impl Default for VisionConfig {
    fn default() -> Self {
        Self {
            hidden_size: 768,
            intermediate_size: 3072,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            num_channels: 3,
            image_size: 224,
            patch_size: 32,
            hidden_act: Activation::QuickGelu,
            layer_norm_eps: 1e-5,
        }
    }
}

impl Default for TextConfig {
    fn default() -> Self {
        Self {
            vocab_size: 49408,
            hidden_size: 512,
            intermediate_size: 2048,
            num_hidden_layers: 12,
            num_attention_heads: 8,
            max_position_embeddings: 77,
            hidden_act: Activation::QuickGelu,
            layer_norm_eps: 1e-5,
            eos_token_id: 49407,
        }
    }
}

mod defaults {
    pub fn projection_dim() -> usize {
        512
    }

    /// ln(1 / 0.07)
    pub fn logit_scale_init_value() -> f32 {
        2.6592
    }
}

/// The sizes of one transformer, by the words of its code; each tower has them in its own half of the configuration.
#[derive(Debug, Clone, Copy)]
pub struct EncoderConfig {
    pub width: usize,
    pub mlp_width: usize,
    pub layers: usize,
    pub heads: usize,
    pub activation: Activation,
    pub layer_norm_eps: f64,
    /// Whether a token sees only itself and those before it.
    pub causal: bool,
}

impl VisionConfig {
    /// The sizes of the transformer.
    pub fn encoder(&self) -> EncoderConfig {
        EncoderConfig {
            width: self.hidden_size,
            mlp_width: self.intermediate_size,
            layers: self.num_hidden_layers,
            heads: self.num_attention_heads,
            activation: self.hidden_act,
            layer_norm_eps: self.layer_norm_eps,
            causal: false,
        }
    }

    /// Patches along one side; pixels beyond the last whole patch are not seen, as in a convolution without padding.
    pub fn patches_per_side(&self) -> usize {
        self.image_size / self.patch_size
    }

    /// Tokens of one image: the class token and the patches.
    pub fn tokens(&self) -> usize {
        self.patches_per_side() * self.patches_per_side() + 1
    }
}

impl TextConfig {
    /// The sizes of the transformer.
    pub fn encoder(&self) -> EncoderConfig {
        EncoderConfig {
            width: self.hidden_size,
            mlp_width: self.intermediate_size,
            layers: self.num_hidden_layers,
            heads: self.num_attention_heads,
            activation: self.hidden_act,
            layer_norm_eps: self.layer_norm_eps,
            causal: true,
        }
    }
}

impl ClipConfig {
    /// The configuration in `json`, a Hugging Face `config.json`.
    ///
    /// # Errors
    /// [`ConfigError`] where it is no JSON, an activation is unknown, or a size cannot be.
    pub fn from_json(json: &str) -> Result<Self, ConfigError> {
        let config: Self = serde_json::from_str(json)?;
        config.check()?;
        Ok(config)
    }

    /// Nothing, where every size can be built. The bounds are far above any published CLIP; they keep a broken or
    /// hostile file from asking for absurd memory.
    pub fn check(&self) -> Result<(), ConfigError> {
        let (vision, text) = (&self.vision_config, &self.text_config);
        within("projection_dim", self.projection_dim, 8192, "1 to 8192")?;
        within("vision_config.hidden_size", vision.hidden_size, 8192, "1 to 8192")?;
        within("vision_config.intermediate_size", vision.intermediate_size, 65536, "1 to 65536")?;
        within("vision_config.num_hidden_layers", vision.num_hidden_layers, 128, "1 to 128")?;
        within("vision_config.image_size", vision.image_size, 2048, "1 to 2048")?;
        within("vision_config.patch_size", vision.patch_size, vision.image_size, "1 to the image size")?;
        within("text_config.hidden_size", text.hidden_size, 8192, "1 to 8192")?;
        within("text_config.intermediate_size", text.intermediate_size, 65536, "1 to 65536")?;
        within("text_config.num_hidden_layers", text.num_hidden_layers, 128, "1 to 128")?;
        within("text_config.vocab_size", text.vocab_size, 1_000_000, "1 to 1000000")?;
        within("text_config.max_position_embeddings", text.max_position_embeddings, 4096, "1 to 4096")?;
        if vision.num_channels != 3 {
            return Err(ConfigError::Value {
                field: "vision_config.num_channels",
                found: vision.num_channels,
                expected: "3 (red, green, blue)",
            });
        }
        heads_divide("the vision tower", vision.hidden_size, vision.num_attention_heads)?;
        heads_divide("the text tower", text.hidden_size, text.num_attention_heads)?;
        if !(0.0..=20.0).contains(&self.logit_scale_init_value) {
            return Err(ConfigError::LogitScale { found: self.logit_scale_init_value });
        }
        epsilon("vision_config.layer_norm_eps", vision.layer_norm_eps)?;
        epsilon("text_config.layer_norm_eps", text.layer_norm_eps)
    }
}

fn within(field: &'static str, found: usize, most: usize, expected: &'static str) -> Result<(), ConfigError> {
    if (1..=most).contains(&found) { Ok(()) } else { Err(ConfigError::Value { field, found, expected }) }
}

fn heads_divide(tower: &'static str, width: usize, heads: usize) -> Result<(), ConfigError> {
    if heads > 0 && width.is_multiple_of(heads) { Ok(()) } else { Err(ConfigError::Heads { tower, width, heads }) }
}

fn epsilon(field: &'static str, found: f64) -> Result<(), ConfigError> {
    if found > 0.0 && found <= 1.0 { Ok(()) } else { Err(ConfigError::LayerNormEps { field, found }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_vit_b_32() {
        let config = ClipConfig::from_json("{}").expect("every field has a default");
        assert_eq!(config.vision_config.tokens(), 50);
        assert_eq!((config.projection_dim, config.text_config.vocab_size), (512, 49408));
    }

    #[test]
    fn refuses_what_it_cannot_build_and_names_it() {
        for (json, named) in [
            (r#"{"vision_config":{"hidden_act":"swish"}}"#, "swish"),
            (r#"{"vision_config":{"num_attention_heads":7}}"#, "7 attention heads"),
            (r#"{"vision_config":{"num_attention_heads":0}}"#, "0 attention heads"),
            (r#"{"vision_config":{"num_channels":4}}"#, "num_channels"),
            (r#"{"vision_config":{"patch_size":225}}"#, "patch_size"),
            (r#"{"text_config":{"layer_norm_eps":0}}"#, "text_config.layer_norm_eps"),
            (r#"{"text_config":{"vocab_size":99999999999}}"#, "vocab_size"),
            (r#"{"projection_dim":-1}"#, "-1"),
            ("{", "config.json"),
        ] {
            let message = ClipConfig::from_json(json).expect_err(json).to_string();
            assert!(message.contains(named), "{json}: {message}");
        }
    }
}
