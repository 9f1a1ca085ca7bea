//! How much a vision tower's embedding loses by each of its matrices in four bits → how many bits each gets.
//!
//! In: a tower, a few pictures, how many bits a number may have on average.  Out: each matrix's [`Steps`].
//! A matrix alone is rounded, and 1 − cosine to the embedding as it was is its loss; the inputs of every layer are
//! kept, so that only what comes after the matrix is computed again. Losses that small add up, and each further bit
//! leaves a quarter of one. So all begin with three bits, and the matrix for which more bits win most for their bytes
//! gets them, again and again, until the bytes are spent.
//!
//! On ViT-B/32 with the formula's weights the first layer's queries lose a thousand times as much for their size as the
//! last layer's MLP.
//!
//! Source: mixed precision by measured sensitivity, as Dong et al., "HAWQ" (2019), with the loss itself in place of
//! their estimate of it. Proof: the tests below.

use std::collections::BTreeMap;

use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{Tensor, TensorData};

use super::codes::{group_bytes, row_bytes};
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

/// A matrix `[rows, row_length]` as four bits have it.
fn rounded(matrix: Tensor<2>) -> Tensor<2> {
    let ([rows, row_length], device) = (matrix.dims(), matrix.device());
    let values: Vec<f32> = matrix.into_data().iter::<f32>().collect();
    let values = Rounded::by_itself(&values, row_length, Steps::Codes(4)).values();
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

/// What a matrix may be rounded to, from few bits to many.
const CHOICES: [Steps; 5] = [Steps::Codes(3), Steps::Codes(4), Steps::Codes(5), Steps::Codes(6), Steps::Int8];

impl Loss {
    /// The bytes of the matrix in `steps`.
    fn bytes(&self, steps: Steps) -> usize {
        let row = match steps {
            Steps::Int8 => self.row_length,
            Steps::Codes(bits) => row_bytes(self.row_length, bits) + group_bytes(self.row_length),
        };
        self.rows * (row + size_of::<f32>())
    }

    /// What it loses in `steps`.
    fn in_steps(&self, steps: Steps) -> f64 {
        let bits = match steps {
            Steps::Int8 => 8,
            Steps::Codes(bits) => bits,
        };
        self.loss * 4f64.powi(4 - bits as i32)
    }
}

/// What each matrix is rounded to where all together have `bits` on average for a number.
pub fn shared_out(losses: &[Loss], bits: f64) -> BTreeMap<String, Steps> {
    let count: usize = losses.iter().map(|loss| loss.rows * loss.row_length).sum();
    let mut choices = vec![0; losses.len()];
    let least: usize = losses.iter().map(|loss| loss.bytes(CHOICES[0])).sum();
    let mut left = ((count as f64 * bits / 8.0) as usize).saturating_sub(least);
    let more = |loss: &Loss, choice: usize| loss.bytes(CHOICES[choice + 1]).saturating_sub(loss.bytes(CHOICES[choice]));
    let gain = |loss: &Loss, choice: usize| {
        let won = loss.in_steps(CHOICES[choice]) - loss.in_steps(CHOICES[choice + 1]);
        won / more(loss, choice).max(1) as f64
    };
    loop {
        let may = |&(_, (loss, choice)): &(usize, (&Loss, &usize))| {
            *choice + 1 < CHOICES.len() && more(loss, *choice) <= left
        };
        let candidates = losses.iter().zip(&choices).enumerate().filter(may);
        let best = candidates.max_by(|(_, (a, i)), (_, (b, j))| gain(a, **i).total_cmp(&gain(b, **j)));
        let Some((index, (loss, &choice))) = best else { break };
        left -= more(loss, choice);
        choices[index] += 1;
    }
    losses.iter().zip(choices).map(|(loss, choice)| (loss.name.clone(), CHOICES[choice])).collect()
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
    fn what_loses_most_for_its_size_gets_most_bits_and_the_bytes_are_kept() {
        let losses = [
            loss("large", 1000, 640, 0.5),
            loss("small", 100, 640, 0.2),
            loss("harmless", 100, 640, 0.0001),
            loss("middle", 100, 640, 0.01),
        ];
        let numbers: usize = losses.iter().map(|loss| loss.rows * loss.row_length).sum();
        for bits in [3.5, 4.0, 4.49, 5.0, 6.2] {
            let shared = shared_out(&losses, bits);
            let bytes: usize = losses.iter().map(|loss| loss.bytes(shared[&loss.name])).sum();
            assert!(bytes as f64 <= numbers as f64 * bits / 8.0, "{bits} bits: {shared:?} are {bytes} bytes");
            let place = |name: &str| CHOICES.iter().position(|choice| *choice == shared[name]);
            assert!(place("small") >= place("large") && place("small") >= place("middle"), "{bits} bits: {shared:?}");
            assert!(place("middle") >= place("harmless"), "{bits} bits: {shared:?}");
        }
        assert!(shared_out(&losses, 3.0).values().all(|steps| *steps == CHOICES[0]));
        assert!(shared_out(&losses, 9.0).values().all(|steps| *steps == Steps::Int8));
    }

    #[test]
    fn every_matrix_of_the_tower_is_measured() {
        let (config, device) = (Architecture::Tiny.config(), Device::flex());
        let tower = load::vision(&config, &mut FormulaSource { salt: 1 }, &device).expect("the formula fits");
        let pixels = Tensor::<1>::from_floats(formula::pixel_values(224, 1).as_slice(), &device);
        let losses = losses(&tower, pixels.reshape([1, 3, 224, 224]), &mut |_| ());
        let matrices = load::expected_tensors(&tower)
            .into_iter()
            .filter(|(name, shape)| shape.len() > 1 && !name.contains("position_embedding"));
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
