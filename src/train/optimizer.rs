//! One step of AdamW, each layer with its own rate.
//!
//! In: a module, its gradients, the rate of the last layers.  Out: the module moved.
//! The rate of a layer is that of the next one times `layer_decay`: what is near the pixels is the most general and
//! moves least. Gradients are shortened together to the Euclidean length `clip_norm`. Only matrices decay.
//!
//! Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019), by burn's `AdamW`; layer-wise rates
//! as in Bao et al., "BEiT" (2021). Proof: `tests/finetune.rs`.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::{AdamW, AdamWConfig, AdamWState, AdaptiveMomentumState, GradientsParams, Optimizer as _};
use burn::tensor::{Device, Tensor, TensorData};

use super::options::{FinetuneOptions, Freeze};
use crate::clip::ClipConfig;
use crate::weights::WeightsError;
use crate::weights::load::{Position, ShapedValues, all_used};
use crate::weights::tensors::Tensors;

/// What keeps AdamW from dividing by 0; CLIP's own.
const EPSILON: f32 = 1e-6;
const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.98;

/// AdamW's memory of every trained tensor.
pub struct Optimizer {
    decaying: AdamW,
    plain: AdamW,
    layer_decay: f64,
    vision_layers: usize,
    text_layers: usize,
    /// By Hugging Face's names, flat.
    moments: BTreeMap<String, AdamWState<1>>,
}

impl Optimizer {
    pub fn new(options: &FinetuneOptions, config: &ClipConfig) -> Self {
        let adamw = AdamWConfig::new().with_beta_1(BETA_1).with_beta_2(BETA_2).with_epsilon(EPSILON);
        Self {
            decaying: adamw.clone().with_weight_decay(options.weight_decay as f32).build(),
            plain: adamw.with_weight_decay(0.0).build(),
            layer_decay: options.layer_decay,
            vision_layers: config.vision_config.num_hidden_layers,
            text_layers: config.text_config.num_hidden_layers,
            moments: BTreeMap::new(),
        }
    }

    /// `module` moved against `gradients`, which are multiplied with `gradient_factor` first.
    pub fn step<M: Module>(
        &mut self,
        module: M,
        gradients: &mut GradientsParams,
        rate: f64,
        gradient_factor: f64,
    ) -> M {
        module.map(&mut Step { optimizer: self, position: Position::default(), gradients, rate, gradient_factor })
    }

    /// How far the layer of the tensor `name` stands from the end of its tower.
    fn layers_behind(&self, name: &str) -> usize {
        let layers = if name.starts_with("text") { self.text_layers } else { self.vision_layers };
        let layer = name.split_once(".layers.").and_then(|(_, rest)| rest.split('.').next()?.parse::<usize>().ok());
        match layer {
            Some(layer) => layers - layer,
            None if name.contains("embeddings.") || name.contains("pre_layrnorm") => layers + 1,
            None => 0,
        }
    }

    /// Everything that must be kept for a run to go on: two moments and the count of steps for each tensor.
    pub fn to_tensors(&self) -> Tensors {
        let values = |tensor: &Tensor<1>| -> ShapedValues {
            (tensor.dims().to_vec(), tensor.clone().into_data().iter::<f32>().collect())
        };
        let parts = self.moments.iter().flat_map(|(name, state)| {
            let AdaptiveMomentumState { time, moment_1, moment_2, .. } = &state.momentum;
            // Exact up to 16 million steps.
            let time = (vec![1], vec![*time as f32]);
            [("time", time), ("moment_1", values(moment_1)), ("moment_2", values(moment_2))]
                .map(|(part, values)| (format!("{part}/{name}"), values))
        });
        Tensors(parts.collect())
    }

    /// Takes up what [`Self::to_tensors`] gave.
    ///
    /// # Errors
    /// Tensors that are missing, or too many: the file is not whole, and going on would not end as it should.
    pub fn restore(&mut self, mut tensors: Tensors, device: &Device) -> Result<(), WeightsError> {
        let names: Vec<String> =
            tensors.0.keys().filter_map(|key| key.strip_prefix("time/")).map(str::to_owned).collect();
        for name in names {
            let mut take = |part: &str| {
                let key = format!("{part}/{name}");
                tensors.0.remove(&key).ok_or(WeightsError::Missing { names: vec![key] })
            };
            let time = take("time")?.1.first().copied().unwrap_or(0.0) as usize;
            let tensor = |(shape, values): ShapedValues| Tensor::<1>::from_data(TensorData::new(values, shape), device);
            let (moment_1, moment_2) = (tensor(take("moment_1")?), tensor(take("moment_2")?));
            let momentum = AdaptiveMomentumState { time, moment_1, moment_2, max_moment_2: None };
            self.moments.insert(name, AdamWState { momentum });
        }
        all_used(&tensors)
    }
}

/// The sum of the squares of all of `module`'s gradients, added to `sum`.
pub fn add_squares<M: Module>(module: &M, gradients: &GradientsParams, sum: &mut f64) {
    struct Squares<'a> {
        gradients: &'a GradientsParams,
        sum: &'a mut f64,
    }
    impl ModuleVisitor for Squares<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(gradient) = self.gradients.get::<D>(param.id) {
                *self.sum += f64::from(gradient.square().sum().into_scalar::<f32>());
            }
        }
    }
    module.visit(&mut Squares { gradients, sum });
}

struct Step<'a> {
    optimizer: &'a mut Optimizer,
    position: Position,
    gradients: &'a mut GradientsParams,
    rate: f64,
    gradient_factor: f64,
}

impl ModuleMapper for Step<'_> {
    fn enter_module(&mut self, name: &str, kind: &str) {
        self.position.enter(name, kind);
    }

    fn exit_module(&mut self, _name: &str, _kind: &str) {
        self.position.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(gradient) = self.gradients.remove::<D>(param.id) else { return param };
        let (id, tensor, mapper) = param.consume();
        let shape = tensor.dims();
        let (name, _) = self.position.hugging_face(&shape);
        let count: usize = shape.iter().product();
        // Flat, so that the memory of every tensor is of one type whatever its rank.
        let [values, gradient] =
            [tensor.inner(), gradient.mul_scalar(self.gradient_factor)].map(|x| x.reshape([count]));
        let rate = self.rate * self.optimizer.layer_decay.powi(self.optimizer.layers_behind(&name) as i32);
        let adamw = if D >= 2 { &self.optimizer.decaying } else { &self.optimizer.plain };
        let (moved, state) = adamw.step(rate, values, gradient, self.optimizer.moments.remove(&name));
        self.optimizer.moments.extend(state.map(|state| (name, state)));
        let tensor = Tensor::from_inner(moved.reshape(shape)).require_grad();
        Param::from_mapped_value(id, tensor, mapper)
    }
}

/// `module` with the tensors that stay as they are left out of the gradients.
pub fn frozen<M: Module>(module: M, freeze: Freeze) -> M {
    struct Freezer {
        freeze: Freeze,
        position: Position,
    }
    impl ModuleMapper for Freezer {
        fn enter_module(&mut self, name: &str, kind: &str) {
            self.position.enter(name, kind);
        }
        fn exit_module(&mut self, _name: &str, _kind: &str) {
            self.position.exit();
        }
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let (name, _) = self.position.hugging_face(&param.dims());
            param.set_require_grad(self.freeze.trains(&name))
        }
    }
    module.map(&mut Freezer { freeze, position: Position::default() })
}

/// The learning rate of step `step` of `steps`: up in a line, down in half a cosine.
pub fn rate(options: &FinetuneOptions, step: usize, steps: usize) -> f64 {
    let warmup = (options.warmup * steps as f64).ceil();
    let step = step as f64;
    let factor = if step < warmup {
        (step + 1.0) / warmup
    } else {
        let done = (step - warmup) / (steps as f64 - warmup).max(1.0);
        0.5 * (1.0 + (std::f64::consts::PI * done).cos())
    };
    options.learning_rate * factor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_in_a_line_and_falls_in_half_a_cosine() {
        let options = FinetuneOptions { learning_rate: 2.0, warmup: 0.1, ..Default::default() };
        let rates: Vec<f64> = (0..100).map(|step| rate(&options, step, 100)).collect();
        assert!((rates[0] - 0.2).abs() < 1e-12 && (rates[9] - 2.0).abs() < 1e-12 && (rates[10] - 2.0).abs() < 1e-12);
        assert!((rates[55] - 1.0).abs() < 1e-12, "half way down");
        assert!(rates[..10].windows(2).all(|pair| pair[0] < pair[1]));
        assert!(rates[10..].windows(2).all(|pair| pair[0] > pair[1]) && rates[99] > 0.0 && rates[99] < 0.01);
    }

    #[test]
    fn a_tensor_s_layer_is_read_from_its_name() {
        let config = crate::weights::formula::Architecture::Tiny.config();
        let optimizer = Optimizer::new(&FinetuneOptions::default(), &config);
        for (name, behind) in [
            ("vision_model.embeddings.patch_embedding.weight", 3),
            ("vision_model.pre_layrnorm.weight", 3),
            ("vision_model.encoder.layers.0.mlp.fc1.bias", 2),
            ("vision_model.encoder.layers.1.mlp.fc1.bias", 1),
            ("vision_model.post_layernorm.weight", 0),
            ("visual_projection.weight", 0),
            ("text_model.embeddings.token_embedding.weight", 4),
            ("text_model.encoder.layers.2.self_attn.q_proj.weight", 1),
            ("text_model.final_layer_norm.bias", 0),
            ("logit_scale", 0),
        ] {
            assert_eq!(optimizer.layers_behind(name), behind, "{name}");
        }
    }
}
