//! The transformer that both towers share: pre-norm attention and MLP blocks.
//!
//! In: `[batch, tokens, width]`.  Out: the same.
//! `x += attention(layer_norm1(x))`, then `x += mlp(layer_norm2(x))`, layer by layer.
//!
//! Source: Hugging Face's `CLIPEncoder`. Proof: `tests/parity.rs`.

use burn::module::Module;
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::activation::{gelu, sigmoid};
use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Device, Tensor};

use super::Observer;
use super::config::{Activation, EncoderConfig};

/// Layers, one after the other.
#[derive(Module, Debug)]
pub struct Encoder {
    pub layers: Vec<EncoderLayer>,
}

/// One block.
#[derive(Module, Debug)]
pub struct EncoderLayer {
    pub layer_norm1: LayerNorm,
    pub self_attn: Attention,
    pub layer_norm2: LayerNorm,
    pub mlp: Mlp,
}

/// Multi-head self-attention.
#[derive(Module, Debug)]
pub struct Attention {
    pub q_proj: Linear,
    pub k_proj: Linear,
    pub v_proj: Linear,
    pub out_proj: Linear,
    #[module(skip)]
    heads: usize,
    #[module(skip)]
    causal: bool,
}

/// Two linear layers around the activation.
#[derive(Module, Debug)]
pub struct Mlp {
    pub fc1: Linear,
    pub fc2: Linear,
    #[module(skip)]
    activation: Activation,
}

impl EncoderConfig {
    pub fn init(&self, device: &Device) -> Encoder {
        Encoder { layers: (0..self.layers).map(|_| self.init_layer(device)).collect() }
    }

    fn init_layer(&self, device: &Device) -> EncoderLayer {
        let linear = |d_input, d_output| LinearConfig::new(d_input, d_output).init(device);
        let square = || linear(self.width, self.width);
        let layer_norm = || LayerNormConfig::new(self.width).with_epsilon(self.layer_norm_eps).init(device);
        EncoderLayer {
            layer_norm1: layer_norm(),
            self_attn: Attention {
                q_proj: square(),
                k_proj: square(),
                v_proj: square(),
                out_proj: square(),
                heads: self.heads,
                causal: self.causal,
            },
            layer_norm2: layer_norm(),
            mlp: Mlp {
                fc1: linear(self.width, self.mlp_width),
                fc2: linear(self.mlp_width, self.width),
                activation: self.activation,
            },
        }
    }
}

impl Encoder {
    /// The last layer's output; `observe` is told each layer's as `{tower}.layer.{i}`.
    pub fn forward(&self, tower: &str, mut x: Tensor<3>, observe: Observer) -> Tensor<3> {
        for (i, layer) in self.layers.iter().enumerate() {
            x = layer.forward(x);
            observe(&format!("{tower}.layer.{i}"), &x);
        }
        x // [batch, tokens, width]
    }
}

impl EncoderLayer {
    pub(crate) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let x = x.clone() + self.self_attn.forward(self.layer_norm1.forward(x));
        x.clone() + self.mlp.forward(self.layer_norm2.forward(x))
    }
}

impl Attention {
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.out_proj.forward(self.mixed(x))
    }

    /// What the heads make of `x`, before their output's projection.
    pub(crate) fn mixed(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, tokens, width] = x.dims();
        let split = |x: Tensor<3>| {
            x.reshape([batch, tokens, self.heads, width / self.heads]).swap_dims(1, 2) // [batch, heads, tokens, width / heads]
        };
        let q = split(self.q_proj.forward(x.clone()));
        let k = split(self.k_proj.forward(x.clone()));
        let v = split(self.v_proj.forward(x));
        // The op's own scale is CLIP's, 1 / sqrt(width / heads); naming one would lose its fast path.
        let options = AttentionModuleOptions { is_causal: self.causal, ..Default::default() };
        let mixed = attention(q, k, v, None, None, options); // [batch, heads, tokens, width / heads]
        mixed.swap_dims(1, 2).reshape([batch, tokens, width])
    }
}

impl Mlp {
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.fc2.forward(self.hidden(x))
    }

    /// The hidden layer, after the activation.
    pub(crate) fn hidden(&self, x: Tensor<3>) -> Tensor<3> {
        self.activation.forward(self.fc1.forward(x))
    }
}

impl Activation {
    /// The activation of every element.
    pub fn forward<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::QuickGelu => x.clone() * sigmoid(x * 1.702),
            Self::Gelu => gelu(x),
        }
    }
}
