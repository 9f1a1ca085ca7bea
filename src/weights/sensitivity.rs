//! How much a vision tower's embedding loses by each of its matrices in four bits → which of them get eight.
//!
//! In: a tower, a few pictures, how many bits a number may have on average.  Out: the names of the int8 matrices.
//! A matrix alone is rounded, and 1 − cosine to the embedding as it was is its loss; the inputs of every layer are
//! kept, so that only what comes after the matrix is computed again. Losses that small add up, so the matrices that
//! lose most for their size get eight bits, until the bytes are spent.
//!
//! Source: mixed precision by measured sensitivity, as Dong et al., "HAWQ" (2019), with the loss itself in place of
//! their estimate of it. Proof: the tests below.

use std::collections::BTreeSet;

use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{Tensor, TensorData};

use super::int4::{GROUP, half_bytes};
use super::rounding::{Rounded, Steps};
use crate::clip::transformer::EncoderLayer;
use crate::clip::{VisionTower, l2_normalized};

/// A matrix and what it loses in four bits.
#[derive(Debug, Clone, PartialEq)]
pub struct Loss {
    pub name: String,
    pub rows: usize,
    pub row_length: usize,
    /// The mean of 1 − cosine.
    pub loss: f64,
}

/// What every matrix of `tower` loses for `pixel_values`, `[n, 3, S, S]`; `measuring` is told of each.
pub fn losses(tower: &VisionTower, pixel_values: Tensor<4>, measuring: &mut dyn FnMut(&str)) -> Vec<Loss> {
    let inputs = layer_inputs(tower, pixel_values.clone());
    let exact = head(tower, inputs[inputs.len() - 1].clone());
    let mut losses = Vec::new();
    let mut measure = |name: String, [rows, row_length]: [usize; 2], embedding: Tensor<2>| {
        measuring(&name);
        let cosines = (embedding * exact.clone()).sum_dim(1);
        let loss = 1.0 - f64::from(cosines.mean().into_scalar::<f32>());
        losses.push(Loss { name, rows, row_length, loss: loss.max(0.0) });
    };
    let mut changed = tower.clone();
    let kernel = tower.vision_model.embeddings.patch_embedding.weight.val();
    let [width, channels, patch, _] = kernel.dims();
    let row_length = channels * patch * patch;
    let rounded = rounded(kernel.clone().reshape([width, row_length])).reshape(kernel.dims());
    changed.vision_model.embeddings.patch_embedding.weight = Param::from_tensor(rounded);
    let embedding = head(&changed, layer_inputs(&changed, pixel_values).pop().unwrap_or_else(|| inputs[0].clone()));
    measure("vision_model.embeddings.patch_embedding.weight".to_owned(), [width, row_length], embedding);
    let layers = &tower.vision_model.encoder.layers;
    for (index, layer) in layers.iter().enumerate() {
        for (part, linear) in LINEARS {
            let mut changed = layer.clone();
            let [row_length, rows] = round_linear(linear(&mut changed));
            let x = changed.forward(inputs[index].clone());
            let x = layers[index + 1..].iter().fold(x, |x, layer| layer.forward(x));
            measure(format!("vision_model.encoder.layers.{index}.{part}.weight"), [rows, row_length], head(tower, x));
        }
    }
    let mut changed = tower.clone();
    let [row_length, rows] = round_linear(&mut changed.visual_projection);
    let embedding = head(&changed, inputs[inputs.len() - 1].clone());
    measure("visual_projection.weight".to_owned(), [rows, row_length], embedding);
    losses
}

/// A layer's matrices, by name.
type Part = (&'static str, fn(&mut EncoderLayer) -> &mut Linear);
const LINEARS: [Part; 6] = [
    ("self_attn.q_proj", |layer| &mut layer.self_attn.q_proj),
    ("self_attn.k_proj", |layer| &mut layer.self_attn.k_proj),
    ("self_attn.v_proj", |layer| &mut layer.self_attn.v_proj),
    ("self_attn.out_proj", |layer| &mut layer.self_attn.out_proj),
    ("mlp.fc1", |layer| &mut layer.mlp.fc1),
    ("mlp.fc2", |layer| &mut layer.mlp.fc2),
];

/// Rounds the weight of `linear`; gives its shape, `[inputs, outputs]`.
fn round_linear(linear: &mut Linear) -> [usize; 2] {
    let weight = linear.weight.val();
    linear.weight = Param::from_tensor(rounded(weight.clone().transpose()).transpose());
    weight.dims()
}

/// A matrix `[rows, row_length]` as int4 has it.
fn rounded(matrix: Tensor<2>) -> Tensor<2> {
    let ([rows, row_length], device) = (matrix.dims(), matrix.device());
    let values: Vec<f32> = matrix.into_data().iter::<f32>().collect();
    let values = Rounded::by_itself(&values, row_length, Steps::Int4).values();
    Tensor::from_data(TensorData::new(values, [rows, row_length]), &device)
}

/// The input of every layer, and last the output of the last: `[batch, tokens, width]`.
fn layer_inputs(tower: &VisionTower, pixel_values: Tensor<4>) -> Vec<Tensor<3>> {
    let model = &tower.vision_model;
    let mut inputs = vec![model.pre_layernorm.forward(model.embeddings.forward(pixel_values))];
    for (index, layer) in model.encoder.layers.iter().enumerate() {
        inputs.push(layer.forward(inputs[index].clone()));
    }
    inputs
}

/// The embeddings, of length 1, from the output of the last layer.
fn head(tower: &VisionTower, x: Tensor<3>) -> Tensor<2> {
    let pooled = tower.vision_model.post_layernorm.forward(x.narrow(1, 0, 1)).squeeze_dim(1);
    l2_normalized(tower.visual_projection.forward(pooled))
}

/// The names of the matrices that get eight bits where all together have `bits` on average for a number.
pub fn eight_bits(losses: &[Loss], bits: f64) -> BTreeSet<String> {
    let count: usize = losses.iter().map(|loss| loss.rows * loss.row_length).sum();
    let four = |loss: &Loss| loss.rows * (half_bytes(loss.row_length) + half_bytes(loss.row_length.div_ceil(GROUP)) + 4);
    let eight = |loss: &Loss| loss.rows * (loss.row_length + 4);
    let more = |loss: &Loss| eight(loss).saturating_sub(four(loss));
    let mut left = (count as f64 * bits / 8.0) as usize;
    left = left.saturating_sub(losses.iter().map(four).sum());
    let mut by_loss: Vec<&Loss> = losses.iter().collect();
    let for_its_size = |loss: &Loss| loss.loss / more(loss).max(1) as f64;
    by_loss.sort_by(|a, b| for_its_size(b).total_cmp(&for_its_size(a)));
    let mut names = BTreeSet::new();
    for loss in by_loss {
        if more(loss) <= left {
            left -= more(loss);
            names.insert(loss.name.clone());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::formula::{self, Architecture, FormulaSource};
    use crate::weights::load;
    use burn::tensor::Device;

    fn loss(name: &str, rows: usize, row_length: usize, loss: f64) -> Loss {
        Loss { name: name.to_owned(), rows, row_length, loss }
    }

    #[test]
    fn what_loses_most_for_its_size_gets_eight_bits_and_the_bytes_are_kept() {
        let losses = [
            loss("large", 1000, 640, 0.5),
            loss("small", 100, 640, 0.2),
            loss("harmless", 100, 640, 0.0001),
            loss("middle", 100, 640, 0.01),
        ];
        let names = |bits| eight_bits(&losses, bits).into_iter().collect::<Vec<_>>();
        assert!(names(4.0).is_empty());
        assert_eq!(names(4.5), ["small"], "room for one and a half of the small ones; the large one does not fit");
        assert_eq!(names(4.75), ["middle", "small"]);
        assert_eq!(names(9.0).len(), 4);
    }

    #[test]
    fn every_matrix_of_the_tower_is_measured() {
        let (config, device) = (Architecture::Tiny.config(), Device::flex());
        let tower = load::vision(&config, &mut FormulaSource { salt: 1 }, &device).expect("the formula fits");
        let pixels = Tensor::<1>::from_floats(formula::pixel_values(224, 1).as_slice(), &device);
        let losses = losses(&tower, pixels.reshape([1, 3, 224, 224]), &mut |_| ());
        let matrices = load::expected_tensors(&tower).into_iter().filter(|(name, shape)| {
            shape.len() > 1 && !name.contains("position_embedding")
        });
        let mut expected: Vec<_> =
            matrices.map(|(name, shape)| (name, shape[0], shape.iter().skip(1).product())).collect();
        let mut found: Vec<_> = losses.iter().map(|loss| (loss.name.clone(), loss.rows, loss.row_length)).collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected);
        for loss in &losses {
            println!("{:e} {}", loss.loss, loss.name);
            assert!(loss.loss > 0.0 && loss.loss < 0.5, "{loss:?}");
        }
    }
}
