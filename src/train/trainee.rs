//! The model in training: its two towers, its logit scale, and the loss.
//!
//! In: photos and the regions' prompts.  Out: a loss, and after [`Trainee::step`] a model that has moved.
//! CLIP's own objective, with the regions as the texts: `logits = exp(logit_scale) · image · regionᵀ`, then the cross
//! entropy of their softmax with the labels, which may be smoothed.
//!
//! Source: Radford et al. 2021, figure 3; training against prompts rather than a new last layer as in Goyal et al.,
//! "Finetune like you pretrain" (2023). Proof: `tests/finetune.rs`.

use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};

use super::optimizer::{Optimizer, add_squares, frozen};
use super::options::Freeze;
use crate::clip::{Clip, ClipConfig, TextTower, TokenBatch, VisionTower};
use crate::weights::WeightsError;
use crate::weights::load;
use crate::weights::tensors::Tensors;

/// CLIP's own bound: cosines are multiplied with 100 at most.
const MOST_LOGIT_SCALE: f32 = 4.605_170_2;

/// A model in training.
pub struct Trainee {
    pub vision: VisionTower,
    pub text: TextTower,
    logit_scale: LogitScale,
}

/// The natural logarithm of the factor between cosines and logits; a module, so that it is trained as one.
#[derive(Module, Debug)]
struct LogitScale {
    /// `[1]`
    logit_scale: Param<Tensor<1>>,
}

/// What the regions' prompts are in one step.
pub enum Texts<'a> {
    Tokens(&'a TokenBatch),
    /// `[R, D]`, where the text tower is not trained.
    Embeddings(&'a Tensor<2>),
}

impl Trainee {
    /// The model of `config` with `weights`, ready to be trained on `device`, which must be an autodiff device.
    ///
    /// # Errors
    /// Where a tensor does not fit the configuration.
    pub fn new(config: &ClipConfig, weights: Tensors, freeze: Freeze, device: &Device) -> Result<Self, WeightsError> {
        let mut weights = weights;
        let clip = load::clip(config, &mut weights, device)?;
        let scale = Tensor::from_data(TensorData::new(vec![clip.logit_scale], [1]), device);
        let logit_scale = LogitScale { logit_scale: Param::from_tensor(scale) };
        Ok(Self { vision: frozen(clip.vision, freeze), text: frozen(clip.text, freeze), logit_scale })
    }

    /// The model as it is, without gradients.
    pub fn clip(&self) -> Clip {
        let scale = self.logit_scale.logit_scale.val().into_data();
        let logit_scale = scale.iter::<f32>().next().unwrap_or(0.0);
        Clip { vision: self.vision.valid(), text: self.text.valid(), logit_scale }
    }

    /// The mean loss of `pixels`, `[n, 3, S, S]`, whose labels are `targets`, `[n, R]`; and how many of them the model
    /// would have answered with the likeliest label.
    pub fn loss(&self, pixels: Tensor<4>, texts: Texts, targets: Tensor<2>) -> (Tensor<1>, usize) {
        let images = self.vision.embed_image(pixels); // [n, D]
        let regions = match texts {
            Texts::Tokens(tokens) => self.text.embed_text(tokens),
            Texts::Embeddings(embeddings) => embeddings.clone(),
        }; // [R, D]
        let scale = self.logit_scale.logit_scale.val().exp().reshape([1, 1]);
        let logits = images.matmul(regions.transpose()) * scale; // [n, R]
        let answers = logits.clone().inner().argmax(1).equal(targets.clone().inner().argmax(1));
        let correct = answers.int().sum().into_scalar::<i64>() as usize;
        let [photos, _] = targets.dims();
        let loss = -(log_softmax(logits, 1) * targets).sum() / photos as f64;
        (loss, correct)
    }

    /// The model after one step against the gradients of `loss`, and their length before clipping; `None` where that
    /// is not finite, and the model is then as it was.
    pub fn step(self, loss: &Tensor<1>, optimizer: &mut Optimizer, rate: f64, clip_norm: f64) -> (Self, Option<f64>) {
        let mut gradients = loss.backward();
        let mut vision = GradientsParams::from_module(&mut gradients, &self.vision);
        let mut text = GradientsParams::from_module(&mut gradients, &self.text);
        let mut scale = GradientsParams::from_module(&mut gradients, &self.logit_scale);
        let mut squares = 0.0;
        add_squares(&self.vision, &vision, &mut squares);
        add_squares(&self.text, &text, &mut squares);
        add_squares(&self.logit_scale, &scale, &mut squares);
        let length = squares.sqrt();
        if !length.is_finite() {
            return (self, None);
        }
        let factor = (clip_norm / length.max(f64::MIN_POSITIVE)).min(1.0);
        let logit_scale = optimizer.step(self.logit_scale, &mut scale, rate, factor);
        let moved = Self {
            vision: optimizer.step(self.vision, &mut vision, rate, factor),
            text: optimizer.step(self.text, &mut text, rate, factor),
            logit_scale: logit_scale.bounded(),
        };
        (moved, Some(length))
    }
}

impl LogitScale {
    fn bounded(self) -> Self {
        let bounded = |scale: Tensor<1>| Tensor::from_inner(scale.inner().clamp(0.0, MOST_LOGIT_SCALE)).require_grad();
        Self { logit_scale: self.logit_scale.map(bounded) }
    }
}
