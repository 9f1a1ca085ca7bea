//! What may be chosen for a fine-tuning run; written into its checkpoint, so that a resumed run goes on with the same.

use serde::{Deserialize, Serialize};

use super::FinetuneError;

/// Which weights stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Freeze {
    Nothing,
    /// The text tower.
    Text,
    /// The vision tower but for its projection.
    Vision,
}

impl Freeze {
    /// Whether the tensor `name`, by Hugging Face's names, is trained.
    pub fn trains(self, name: &str) -> bool {
        match self {
            Self::Nothing => true,
            Self::Text => !name.starts_with("text_"),
            Self::Vision => !name.starts_with("vision_model."),
        }
    }
}

/// How a photo is varied each time it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Augmentation {
    /// The least share of the photo's area that a crop keeps, above 0 and at most 1; 1 is the model's own crop.
    pub crop_scale: f64,
    /// The probability of mirroring left and right, 0 to 1.
    pub flip: f64,
    /// Brightness, contrast and saturation are each multiplied with 1 − `color` to 1 + `color`.
    pub color: f64,
}

/// Everything that a run's result depends on, beside the model, the places and the photos.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FinetuneOptions {
    pub epochs: usize,
    pub batch_size: usize,
    /// At its highest, for the last layers.
    pub learning_rate: f64,
    /// What each layer's rate is multiplied with for the layer before it; 1 is one rate for all.
    pub layer_decay: f64,
    pub weight_decay: f64,
    /// The share of all steps in which the rate rises from 0.
    pub warmup: f64,
    /// The largest Euclidean length of all gradients together.
    pub clip_norm: f64,
    pub freeze: Freeze,
    /// Labels are smoothed over regions by `exp(-distance / smooth_km)`; `None` is one region alone.
    pub smooth_km: Option<f64>,
    /// Whether the regions' prompts are said in several ways; otherwise by the places' own template alone.
    pub vary_prompts: bool,
    /// Whether every region that has photos is shown equally often.
    pub balance: bool,
    pub augmentation: Augmentation,
    /// Epochs without a better validation accuracy before the run stops; `None` runs all of them.
    pub patience: Option<usize>,
    /// Shares of the way from the starting weights to the trained ones to be tried at the end.
    pub interpolate: Vec<f32>,
    /// Steps between checkpoints, beside the one after each epoch.
    pub checkpoint_every: usize,
    pub seed: u64,
}

impl Default for FinetuneOptions {
    /// For a pretrained CLIP and some thousand photos.
    fn default() -> Self {
        Self {
            epochs: 8,
            batch_size: 32,
            learning_rate: 1e-5,
            layer_decay: 0.8,
            weight_decay: 0.1,
            warmup: 0.1,
            clip_norm: 1.0,
            freeze: Freeze::Nothing,
            smooth_km: None,
            vary_prompts: true,
            balance: true,
            augmentation: Augmentation { crop_scale: 0.5, flip: 0.5, color: 0.2 },
            patience: None,
            interpolate: Vec::new(),
            checkpoint_every: 50,
            seed: 0,
        }
    }
}

impl FinetuneOptions {
    /// The name of the first field in which `other` differs.
    pub fn first_difference(&self, other: &Self) -> Option<String> {
        let [ours, theirs] = [self, other].map(|options| serde_json::to_value(options).unwrap_or_default());
        let ours = ours.as_object()?;
        ours.iter().find(|(name, value)| theirs.get(name.as_str()) != Some(*value)).map(|(name, _)| name.clone())
    }

    /// Nothing, where every option is a number that can be used.
    ///
    /// # Errors
    /// The first one that is not.
    pub fn check(&self) -> Result<(), FinetuneError> {
        let positive = |value: f64| value.is_finite() && value > 0.0;
        let share = |value: f64| (0.0..=1.0).contains(&value);
        let augmentation = &self.augmentation;
        let checks = [
            ("batch-size", self.batch_size as f64, self.batch_size > 0, "1 or more"),
            ("checkpoint-every", self.checkpoint_every as f64, self.checkpoint_every > 0, "1 or more"),
            ("learning-rate", self.learning_rate, positive(self.learning_rate), "a number above 0"),
            ("layer-decay", self.layer_decay, self.layer_decay > 0.0 && share(self.layer_decay), "above 0, at most 1"),
            ("weight-decay", self.weight_decay, self.weight_decay >= 0.0, "0 or more"),
            ("warmup", self.warmup, share(self.warmup), "0 to 1"),
            ("clip-norm", self.clip_norm, positive(self.clip_norm), "a number above 0"),
            ("smooth-km", self.smooth_km.unwrap_or(1.0), self.smooth_km.is_none_or(positive), "a number above 0"),
            (
                "crop-scale",
                augmentation.crop_scale,
                augmentation.crop_scale > 0.0 && share(augmentation.crop_scale),
                "above 0, at most 1",
            ),
            ("flip", augmentation.flip, share(augmentation.flip), "0 to 1"),
            ("color", augmentation.color, share(augmentation.color), "0 to 1"),
        ];
        for (option, found, good, expected) in checks {
            if !good {
                return Err(FinetuneError::Option { option, found, expected });
            }
        }
        match self.interpolate.iter().find(|tried| !(0.0..=1.0).contains(*tried)) {
            Some(&tried) => {
                Err(FinetuneError::Option { option: "interpolate", found: tried.into(), expected: "0 to 1" })
            }
            None => Ok(()),
        }
    }
}
