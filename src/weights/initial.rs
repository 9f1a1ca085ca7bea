//! The weights that a model starts from when it is trained from scratch: drawn from a seed.
//!
//! In: a [`ClipConfig`] and a seed.  Out: a [`TensorSource`] that has every tensor of the model.
//! A tensor depends on the seed, its name and its shape only, so that the same seed starts the same model everywhere.
//! Norms start as the identity, biases at 0, the logit scale at the configuration's value, everything else normal around 0.
//!
//! Source: Radford et al. 2021, section 2.5, as Hugging Face's `CLIPPreTrainedModel._init_weights` has it.
//! Proof: the tests below.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use sha2::{Digest, Sha256};

use super::WeightsError;
use super::source::TensorSource;
use crate::clip::ClipConfig;

/// Of embeddings and of the patches' kernel.
const EMBEDDING_STD: f64 = 0.02;

/// A fresh model as a source of its tensors.
#[derive(Debug, Clone)]
pub struct InitialSource {
    pub config: ClipConfig,
    pub seed: u64,
}

impl InitialSource {
    /// The standard deviation of the tensor `name`.
    fn std(&self, name: &str) -> f64 {
        let (vision, text) = (&self.config.vision_config, &self.config.text_config);
        let (width, layers) = if name.starts_with("text") {
            (text.hidden_size as f64, text.num_hidden_layers as f64)
        } else {
            (vision.hidden_size as f64, vision.num_hidden_layers as f64)
        };
        let one_of_many_layers = (width * 2.0 * layers).powf(-0.5);
        let part = |part: &str| name.split('.').any(|found| found == part);
        if ["q_proj", "k_proj", "v_proj", "fc2"].into_iter().any(part) {
            one_of_many_layers
        } else if part("fc1") {
            (2.0 * width).powf(-0.5)
        } else if ["token_embedding", "position_embedding", "patch_embedding"].into_iter().any(part) {
            EMBEDDING_STD
        } else {
            // out_proj, the class embedding, and the projections into the shared space.
            width.powf(-0.5)
        }
    }
}

impl TensorSource for InitialSource {
    fn take(&mut self, name: &str, expected: &[usize]) -> Result<Option<Vec<f32>>, WeightsError> {
        let count = expected.iter().product();
        Ok(Some(if name == "logit_scale" {
            vec![self.config.logit_scale_init_value; count]
        } else if name.ends_with(".bias") {
            vec![0.0; count]
        } else if expected.len() == 1 && name.ends_with(".weight") {
            vec![1.0; count] // a norm's
        } else {
            let std = self.std(name);
            let mut random = random(name, self.seed);
            (0..count).map(|_| (std * Distribution::<f64>::sample(&StandardNormal, &mut random)) as f32).collect()
        }))
    }

    fn remaining(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The numbers of one tensor, independent of every other's.
fn random(name: &str, seed: u64) -> ChaCha8Rng {
    let digest = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(name.as_bytes()).finalize();
    ChaCha8Rng::from_seed(digest.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(seed: u64) -> InitialSource {
        InitialSource { config: crate::weights::formula::Architecture::Tiny.config(), seed }
    }

    fn values(seed: u64, name: &str, shape: &[usize]) -> Vec<f32> {
        source(seed).take(name, shape).expect("never fails").expect("has every tensor")
    }

    #[test]
    fn the_same_seed_draws_the_same_weights_and_another_seed_others() {
        let name = "vision_model.encoder.layers.0.mlp.fc1.weight";
        assert_eq!(values(1, name, &[256, 64]), values(1, name, &[256, 64]));
        assert_ne!(values(1, name, &[256, 64]), values(2, name, &[256, 64]));
        assert_ne!(values(1, name, &[256, 64]), values(1, &name.replace('0', "1"), &[256, 64]));
    }

    #[test]
    fn deviations_are_those_of_hugging_face() {
        for (name, shape, std) in [
            ("vision_model.encoder.layers.0.self_attn.q_proj.weight", [64, 64], (64.0f64 * 4.0).powf(-0.5)),
            ("vision_model.encoder.layers.1.mlp.fc1.weight", [256, 64], 128f64.powf(-0.5)),
            ("text_model.encoder.layers.1.mlp.fc2.weight", [48, 192], (48.0f64 * 6.0).powf(-0.5)),
            ("text_model.embeddings.token_embedding.weight", [1000, 48], 0.02),
            ("visual_projection.weight", [32, 64], 0.125),
        ] {
            let values = values(3, name, &shape);
            let measured = (values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / values.len() as f64).sqrt();
            // The deviation of n numbers is off by 1 / sqrt(2 n), here 1.6 % at most; five times that.
            assert!((measured / std - 1.0).abs() < 0.08, "{name}: {measured}, expected {std}");
        }
    }

    #[test]
    fn norms_start_as_the_identity_and_the_scale_at_its_published_value() {
        assert_eq!(values(1, "vision_model.pre_layrnorm.weight", &[3]), [1.0; 3]);
        assert_eq!(values(1, "vision_model.pre_layrnorm.bias", &[3]), [0.0; 3]);
        assert!((values(1, "logit_scale", &[])[0] - 2.6592).abs() < 1e-6);
    }
}
