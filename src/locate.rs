//! A photo in, its ranked places out: both flows of the crate, joined.
//!
//! In: a photo, decoded, and [`LocateOptions`].  Out: [`Located`], the project's one JSON shape for results.
//! A [`Locator`] holds a vision tower on its device, the places, and their embeddings; the command line and the page
//! use the same one.

#[cfg(feature = "webgpu")]
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use web_time::Instant;

use crate::clip::config::ClipConfig;
use crate::embed::{EmbedError, ImageEncoder, Text, Vision};
use crate::photo::Photo;
use crate::places::geo::LatLon;
use crate::places::{Places, Prediction, ScoreError, Scoring, Spread, predict};
use crate::preprocess::Preprocessor;
use crate::weights::WeightsError;
use crate::weights::known_answer::{self, KnownAnswerError};
#[cfg(feature = "webgpu")]
use crate::weights::load;
#[cfg(any(feature = "cpu", not(feature = "webgpu")))]
use crate::weights::load_cpu;
use crate::weights::manifest::{Calibration, Manifest, Tower};
use crate::weights::shards::{Embeddings, PackLoader, ShardError};
use crate::weights::source::TensorSource;

/// A first region below this probability is "not sure", until a calibration says better.
pub const CONFIDENCE_THRESHOLD: f64 = 0.5;

/// Why there is no locator, or no result.
#[derive(Debug, thiserror::Error)]
pub enum LocateError {
    #[error(transparent)]
    Shard(#[from] ShardError),
    #[error(transparent)]
    Weights(#[from] WeightsError),
    #[error(transparent)]
    KnownAnswer(#[from] KnownAnswerError),
    #[error(transparent)]
    Embed(#[from] EmbedError),
    #[error(transparent)]
    Score(#[from] ScoreError),
}

impl LocateError {
    /// The stable word for this part's errors in JavaScript.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Shard(error) => error.code(),
            Self::Weights(error) => error.code(),
            Self::KnownAnswer(error) => error.code(),
            Self::Embed(error) => error.code(),
            Self::Score(error) => error.code(),
        }
    }
}

/// Where the model runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    Webgpu,
    Cpu,
}

/// What computes: the CPU's own kernels, or burn on a GPU.
pub enum Engine {
    #[cfg(any(feature = "cpu", not(feature = "webgpu")))]
    Cpu,
    #[cfg(feature = "webgpu")]
    Webgpu(Device),
}

impl Engine {
    pub fn backend(&self) -> Backend {
        match self {
            #[cfg(any(feature = "cpu", not(feature = "webgpu")))]
            Self::Cpu => Backend::Cpu,
            #[cfg(feature = "webgpu")]
            Self::Webgpu(_) => Backend::Webgpu,
        }
    }

    /// The vision tower of `config` with `source`'s weights.
    ///
    /// # Errors
    /// [`WeightsError`] where they do not fit.
    pub fn vision(&self, config: &ClipConfig, source: &mut dyn TensorSource) -> Result<Vision, WeightsError> {
        match self {
            #[cfg(any(feature = "cpu", not(feature = "webgpu")))]
            Self::Cpu => Ok(Vision::Cpu(Box::new(load_cpu::vision(config, source)?))),
            #[cfg(feature = "webgpu")]
            Self::Webgpu(device) => Ok(Vision::Burn(Box::new(load::vision(config, source, device)?))),
        }
    }

    /// The text tower, likewise.
    pub fn text(&self, config: &ClipConfig, source: &mut dyn TensorSource) -> Result<Text, WeightsError> {
        match self {
            #[cfg(any(feature = "cpu", not(feature = "webgpu")))]
            Self::Cpu => Ok(Text::Cpu(Box::new(load_cpu::text(config, source)?))),
            #[cfg(feature = "webgpu")]
            Self::Webgpu(device) => Ok(Text::Burn(Box::new(load::text(config, source, device)?))),
        }
    }
}

/// What a caller may choose for one photo.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LocateOptions {
    /// How many places to name; all where absent.
    pub top: Option<usize>,
    /// What cosines are divided by before the softmax; the model's fitted one or its own, `exp(-logit_scale)`, where absent.
    pub temperature: Option<f64>,
}

/// The result for one photo.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Located {
    #[serde(flatten)]
    pub prediction: Prediction,
    pub photo: PhotoFacts,
    pub backend: Backend,
    pub model: String,
    pub untrained: bool,
    pub milliseconds: Milliseconds,
}

/// What is known of the photo itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PhotoFacts {
    /// Upright.
    pub width: u32,
    pub height: u32,
    /// Where the camera says it was.
    pub taken_at: Option<LatLon>,
}

/// How long each step took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Milliseconds {
    pub decode: f64,
    pub preprocess: f64,
    pub encode: f64,
    pub score: f64,
}

/// What a locator is made of, wherever it came from.
pub struct LocatorParts {
    pub config: ClipConfig,
    pub vision: Vision,
    pub preprocessor: Preprocessor,
    pub logit_scale: f32,
    /// Fitted temperature and threshold, where the model has them.
    pub calibration: Option<Calibration>,
    pub model: String,
    pub untrained: bool,
    /// The manifest's sentence about the model.
    pub about: Option<String>,
    pub backend: Backend,
    pub places: Places,
    pub embeddings: Embeddings,
}

/// A model that is ready to look at photos.
pub struct Locator {
    parts: LocatorParts,
    spread: Spread,
}

impl Locator {
    pub fn new(parts: LocatorParts) -> Self {
        let spread = Spread::new(&parts.places);
        Self { parts, spread }
    }

    /// The locator of a pack whose vision shards and places have arrived, and the largest difference from the known
    /// answer, which it has been made to give first, unless it is known from before: `proven` on the CPU, by the same
    /// program for the same pack, whose arithmetic there is always the same.
    ///
    /// # Errors
    /// [`LocateError`] where something of the pack is absent or wrong, or the device computes something else.
    pub async fn from_pack(pack: PackLoader, engine: Engine, proven: Option<f32>) -> Result<(Self, f32), LocateError> {
        let (manifest, mut contents) = pack.finish(&[Tower::Vision])?;
        let (places, embeddings) = contents.places(&manifest)?;
        let Manifest {
            config,
            preprocessor,
            logit_scale,
            name: model,
            untrained,
            calibration,
            about,
            known_answer,
            ..
        } = manifest;
        let backend = engine.backend();
        let vision = engine.vision(&config, &mut contents)?;
        crate::weights::load::all_used(&contents)?;
        let error = match (backend, proven) {
            (Backend::Cpu, Some(error)) => error,
            _ => known_answer::check_vision(&config, &vision, &known_answer).await?,
        };
        let parts = LocatorParts {
            config,
            vision,
            preprocessor,
            logit_scale,
            calibration,
            model,
            untrained,
            about,
            backend,
            places,
            embeddings,
        };
        Ok((Self::new(parts), error))
    }

    pub fn backend(&self) -> Backend {
        self.parts.backend
    }

    pub fn model(&self) -> &str {
        &self.parts.model
    }

    pub fn untrained(&self) -> bool {
        self.parts.untrained
    }

    /// One sentence about the model, where its manifest has one.
    pub fn about(&self) -> Option<&str> {
        self.parts.about.as_deref()
    }

    /// How probabilities were fitted to labeled photos, where they were.
    pub fn calibration(&self) -> Option<&Calibration> {
        self.parts.calibration.as_ref()
    }

    /// What photos are compared with.
    pub fn places(&self) -> &Places {
        &self.parts.places
    }

    /// Where `photo` was taken; `decode_ms` is how long decoding it took.
    ///
    /// # Errors
    /// [`LocateError`] where the device fails or an option cannot be.
    pub async fn locate(&self, photo: &Photo, decode_ms: f64, options: &LocateOptions) -> Result<Located, LocateError> {
        let parts = &self.parts;
        let scoring = self.scoring(options);
        let start = Instant::now();
        let pixel_values = parts.preprocessor.pixel_values(photo); // [3, S, S]
        let preprocess = milliseconds_since(start);

        let start = Instant::now();
        let image_size = parts.config.vision_config.image_size;
        let image_embedding = parts.vision.embed(pixel_values, image_size).await?; // [D]
        let encode = milliseconds_since(start);

        let start = Instant::now();
        let prediction = predict(&parts.places, &self.spread, &image_embedding, &parts.embeddings.values, &scoring)?;
        let score = milliseconds_since(start);
        Ok(self.located(prediction, photo, Milliseconds { decode: decode_ms, preprocess, encode, score }))
    }

    fn scoring(&self, options: &LocateOptions) -> Scoring {
        let (temperature, confidence_threshold) = certainty(self.parts.calibration, self.parts.logit_scale);
        Scoring {
            temperature: options.temperature.unwrap_or(temperature),
            top: options.top.unwrap_or(usize::MAX),
            confidence_threshold,
        }
    }

    fn located(&self, mut prediction: Prediction, photo: &Photo, milliseconds: Milliseconds) -> Located {
        // Weights that were never trained know nothing, however sharp their softmax is.
        prediction.confident &= !self.parts.untrained;
        Located {
            prediction,
            photo: PhotoFacts { width: photo.width, height: photo.height, taken_at: photo.taken_at },
            backend: self.parts.backend,
            model: self.parts.model.clone(),
            untrained: self.parts.untrained,
            milliseconds,
        }
    }
}

/// A model's temperature and "not sure" threshold: the fitted ones, or CLIP's own and [`CONFIDENCE_THRESHOLD`].
pub fn certainty(calibration: Option<Calibration>, logit_scale: f32) -> (f64, f64) {
    match calibration {
        Some(Calibration { temperature, confidence_threshold, .. }) => (temperature, confidence_threshold),
        None => (Scoring::own_temperature(logit_scale.into()), CONFIDENCE_THRESHOLD),
    }
}

/// Milliseconds since `start`.
pub fn milliseconds_since(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}
