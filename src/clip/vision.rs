//! The vision tower: a photo's pixels → its embedding.
//!
//! In: `pixel_values [batch, 3, S, S]`, S = `vision_config.image_size`.  Out: `[batch, D]`.
//! A class token and the patches, each with its position's embedding, go through the transformer; the class
//! token's last state, normalized and projected, is the image's embedding.
//!
//! Source: Dosovitskiy et al., "An Image is Worth 16x16 Words" (2021); Hugging Face's `CLIPVisionModelWithProjection`.
//! Proof: `tests/parity.rs`.

use burn::module::{Module, Param};
use burn::nn::{Embedding, EmbeddingConfig, Initializer, LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

use super::config::{ClipConfig, VisionConfig};
use super::transformer::Encoder;
use super::{Observer, l2_normalized};

/// The vision transformer and its projection into the shared space.
#[derive(Module, Debug)]
pub struct VisionTower {
    pub vision_model: VisionTransformer,
    pub visual_projection: Linear,
}

/// Patches in, the class token's last state out.
#[derive(Module, Debug)]
pub struct VisionTransformer {
    pub embeddings: VisionEmbeddings,
    pub pre_layernorm: LayerNorm,
    pub encoder: Encoder,
    pub post_layernorm: LayerNorm,
}

/// Pixels → tokens.
#[derive(Module, Debug)]
pub struct VisionEmbeddings {
    pub class_embedding: Param<Tensor<1>>,
    pub patch_embedding: PatchEmbedding,
    pub position_embedding: Embedding,
}

/// A convolution whose stride is its kernel, which is a matrix product of the patches with the kernel.
#[derive(Module, Debug)]
pub struct PatchEmbedding {
    /// `[width, 3, patch, patch]`
    pub weight: Param<Tensor<4>>,
}

impl VisionTower {
    /// A tower of `config`'s sizes whose weights are drawn at first use, unless [`crate::weights::load`] brings others.
    pub fn new(config: &ClipConfig, device: &Device) -> Self {
        let vision = &config.vision_config;
        let projection = LinearConfig::new(vision.hidden_size, config.projection_dim).with_bias(false);
        Self { vision_model: VisionTransformer::new(vision, device), visual_projection: projection.init(device) }
    }

    /// The L2-normalized embeddings of a batch: `[batch, 3, S, S]` → `[batch, D]`.
    pub fn embed_image(&self, pixel_values: Tensor<4>) -> Tensor<2> {
        l2_normalized(self.forward(pixel_values, &mut |_, _| ()))
    }

    /// The embeddings before normalization, `[batch, D]`; `observe` sees every stage on the way.
    pub fn forward(&self, pixel_values: Tensor<4>, observe: Observer) -> Tensor<2> {
        self.visual_projection.forward(self.vision_model.forward(pixel_values, observe))
    }
}

impl VisionTransformer {
    fn new(config: &VisionConfig, device: &Device) -> Self {
        let layer_norm = || LayerNormConfig::new(config.hidden_size).with_epsilon(config.layer_norm_eps).init(device);
        Self {
            embeddings: VisionEmbeddings::new(config, device),
            pre_layernorm: layer_norm(),
            encoder: config.encoder().init(device),
            post_layernorm: layer_norm(),
        }
    }

    fn forward(&self, pixel_values: Tensor<4>, observe: Observer) -> Tensor<2> {
        let x = self.embeddings.forward(pixel_values); // [batch, 1 + patches, width]
        observe("vision.embeddings", &x);
        let x = self.pre_layernorm.forward(x);
        observe("vision.pre_layernorm", &x);
        let x = self.encoder.forward("vision", x, observe);
        let class_token = x.narrow(1, 0, 1); // [batch, 1, width]
        let pooled = self.post_layernorm.forward(class_token);
        observe("vision.pooled", &pooled);
        pooled.squeeze_dim(1) // [batch, width]
    }
}

impl VisionEmbeddings {
    fn new(config: &VisionConfig, device: &Device) -> Self {
        let (width, patch) = (config.hidden_size, config.patch_size);
        let normal = Initializer::Normal { mean: 0.0, std: 0.02 };
        Self {
            class_embedding: normal.init([width], device),
            patch_embedding: PatchEmbedding { weight: normal.init([width, config.num_channels, patch, patch], device) },
            position_embedding: EmbeddingConfig::new(config.tokens(), width).with_initializer(normal).init(device),
        }
    }

    pub(crate) fn forward(&self, pixel_values: Tensor<4>) -> Tensor<3> {
        let [batch, ..] = pixel_values.dims();
        let patches = self.patch_embedding.forward(pixel_values); // [batch, patches, width]
        let class_token = self.class_embedding.val().reshape([1, 1, -1]).repeat_dim(0, batch); // [batch, 1, width]
        let positions = self.position_embedding.weight.val().unsqueeze::<3>(); // [1, 1 + patches, width]
        Tensor::cat(vec![class_token, patches], 1) + positions
    }
}

impl PatchEmbedding {
    fn forward(&self, pixel_values: Tensor<4>) -> Tensor<3> {
        let kernel = self.weight.val(); // [out, channels, patch, patch]
        let [out, channels, patch, _] = kernel.dims();
        let kernel = kernel.reshape([out, channels * patch * patch]).transpose(); // [channels * patch², out]
        self.patches(pixel_values).matmul(kernel.unsqueeze::<3>())
    }

    /// The pixels of every patch: `[batch, patches, channels * patch²]`.
    pub(crate) fn patches(&self, pixel_values: Tensor<4>) -> Tensor<3> {
        let [batch, channels, height, width] = pixel_values.dims();
        let [_, _, patch, _] = self.weight.dims();
        let (rows, columns) = (height / patch, width / patch);
        pixel_values
            .narrow(2, 0, rows * patch)
            .narrow(3, 0, columns * patch)
            .reshape([batch, channels, rows, patch, columns, patch])
            .permute([0, 2, 4, 1, 3, 5]) // [batch, rows, columns, channels, patch, patch]
            .reshape([batch, rows * columns, channels * patch * patch])
    }
}
