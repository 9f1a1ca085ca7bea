//! `manifest.json`: what is in a pack, and how to tell that it arrived whole.
//!
//! In: the file's text, from anyone.  Out: [`Manifest`], checked: a known format and version, plain file names, sizes
//! within limits.
//!
//! Proof: `tests/pack.rs`.

use serde::{Deserialize, Serialize};

use super::quantize::PackDtype;
use crate::clip::{ClipConfig, ConfigError};
use crate::preprocess::Preprocessor;

/// What stands in `format` of every manifest.
pub const FORMAT: &str = "placelens-pack";
/// The version of the format that this program writes and reads.
pub const VERSION: u32 = 1;
/// No file of a pack is larger; some static hosts refuse files above 25 MiB.
pub const MAX_FILE_BYTES: u64 = 24 << 20;
/// The longest sentence about a model, in characters.
const MAX_ABOUT: usize = 1000;
/// No manifest is larger, nor lists more files.
const MAX_MANIFEST_BYTES: usize = 8 << 20;
const MAX_FILES: usize = 4096;

/// What is wrong with a manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error(
        "manifest.json cannot be read as a manifest: {0}; fetch it again, or make the pack again with `placelens pack`"
    )]
    Json(#[from] serde_json::Error),
    #[error("manifest.json is {found} bytes; expected at most {most}")]
    TooLarge { found: usize, most: usize },
    #[error("manifest.json says format `{found}`; expected `{FORMAT}`: is this another program's file?")]
    Format { found: String },
    #[error(
        "manifest.json says version {found}; this program reads version {VERSION}: update it, or make the pack again"
    )]
    Version { found: u32 },
    #[error("manifest.json lists {found} files; expected at most {MAX_FILES}")]
    Files { found: usize },
    #[error("manifest.json lists no shards; expected the model's weights")]
    NoShards,
    #[error(
        "manifest.json lists the file `{file}`; expected the SHA-256 of its bytes in lower-case hexadecimal and an extension"
    )]
    FileName { file: String },
    #[error("manifest.json lists the file `{file}` twice")]
    FileTwice { file: String },
    #[error("manifest.json gives `{file}` {found} bytes; expected 1 to {MAX_FILE_BYTES}")]
    FileSize { file: String, found: u64 },
    #[error(
        "manifest.json: the known answer has {found} values for the {tower}; expected {expected}, the model's projection_dim"
    )]
    KnownAnswer { tower: &'static str, found: usize, expected: usize },
    #[error("manifest.json: logit_scale is {found}; expected a number from 0 to 20")]
    LogitScale { found: f32 },
    #[error(
        "manifest.json: the photo's size after preprocessing is {found} pixels a side; expected {expected}, the model's image_size"
    )]
    ImageSize { found: usize, expected: usize },
    #[error(
        "manifest.json: the calibration's temperature is {found}; expected a number above 0. Calibrate the pack again"
    )]
    Temperature { found: f64 },
    #[error(
        "manifest.json: the calibration's threshold is {found}; expected a probability, 0 to 1. Calibrate the pack again"
    )]
    ConfidenceThreshold { found: f64 },
    #[error("manifest.json: `about` has {found} characters; expected {most} at most")]
    About { found: usize, most: usize },
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl ManifestError {
    /// The stable word for this part's errors in JavaScript.
    pub fn code(&self) -> &'static str {
        "manifest"
    }
}

/// A pack's table of contents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: String,
    pub version: u32,
    /// What to call the model, as `clip-vit-base-patch32-int8`.
    pub name: String,
    /// How matrices are stored.
    pub dtype: PackDtype,
    /// Whether the weights follow from a formula rather than from training: its rankings mean nothing.
    #[serde(default)]
    pub untrained: bool,
    pub config: ClipConfig,
    pub preprocessor: Preprocessor,
    /// Natural logarithm of the factor between cosines and logits.
    pub logit_scale: f32,
    pub shards: Vec<Shard>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places: Option<PackedPlaces>,
    /// What the model's certainty is worth, fitted to labelled photos; absent until `placelens calibrate` has run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// One sentence for whoever uses the model: what it was made from, and what for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    pub known_answer: KnownAnswer,
}

/// How cosines become probabilities that mean something, and from which one on an answer counts as sure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// What cosines are divided by before the softmax.
    pub temperature: f64,
    /// The least probability of the first place that counts as sure, 0 … 1.
    pub confidence_threshold: f64,
    /// To how many photos the two were fitted.
    pub photos: usize,
}

/// A file of the pack, beside the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackFile {
    /// The SHA-256 of its bytes and an extension.
    pub file: String,
    pub size_bytes: u64,
    pub sha256: String,
}

/// A safetensors file with some of a tower's tensors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    #[serde(flatten)]
    pub file: PackFile,
    pub tower: Tower,
}

/// Which half of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tower {
    Vision,
    Text,
}

/// The places of a pack and their embeddings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedPlaces {
    /// GeoJSON.
    pub regions: PackFile,
    /// safetensors: `text_embeds [R, D]`, with the prompts' hash as metadata.
    pub embeddings: PackFile,
}

/// What the model answers to inputs that follow from a formula: see [`super::known_answer`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnownAnswer {
    /// `[D]`, L2-normalized.
    pub image_embedding: Vec<f32>,
    /// `[D]`, L2-normalized.
    pub text_embedding: Vec<f32>,
}

impl Manifest {
    /// The manifest in `json`.
    ///
    /// # Errors
    /// [`ManifestError`], which names what was wrong.
    pub fn from_json(json: &str) -> Result<Self, ManifestError> {
        if json.len() > MAX_MANIFEST_BYTES {
            return Err(ManifestError::TooLarge { found: json.len(), most: MAX_MANIFEST_BYTES });
        }
        let head: Head = serde_json::from_str(json)?;
        if head.format != FORMAT {
            return Err(ManifestError::Format { found: head.format });
        }
        if head.version != VERSION {
            return Err(ManifestError::Version { found: head.version });
        }
        let manifest: Self = serde_json::from_str(json)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Every file of the pack, shards first.
    pub fn files(&self) -> impl Iterator<Item = &PackFile> {
        let places = self.places.iter().flat_map(|places| [&places.regions, &places.embeddings]);
        self.shards.iter().map(|shard| &shard.file).chain(places)
    }

    fn check(&self) -> Result<(), ManifestError> {
        self.config.check()?;
        if self.shards.is_empty() {
            return Err(ManifestError::NoShards);
        }
        let found = self.files().count();
        if found > MAX_FILES {
            return Err(ManifestError::Files { found });
        }
        let mut seen = std::collections::HashSet::new();
        for file in self.files() {
            file.check()?;
            if !seen.insert(&file.file) {
                return Err(ManifestError::FileTwice { file: file.file.clone() });
            }
        }
        if !(0.0..=20.0).contains(&self.logit_scale) {
            return Err(ManifestError::LogitScale { found: self.logit_scale });
        }
        if let Some(Calibration { temperature, confidence_threshold, .. }) = self.calibration {
            if !(temperature.is_finite() && temperature > 0.0) {
                return Err(ManifestError::Temperature { found: temperature });
            }
            if !(0.0..=1.0).contains(&confidence_threshold) {
                return Err(ManifestError::ConfidenceThreshold { found: confidence_threshold });
            }
        }
        if let Some(found) = self.about.as_ref().map(|about| about.chars().count()).filter(|&length| length > MAX_ABOUT)
        {
            return Err(ManifestError::About { found, most: MAX_ABOUT });
        }
        let expected = self.config.vision_config.image_size;
        for found in [self.preprocessor.crop_width as usize, self.preprocessor.crop_height as usize] {
            if found != expected {
                return Err(ManifestError::ImageSize { found, expected });
            }
        }
        let expected = self.config.projection_dim;
        let answer = &self.known_answer;
        for (tower, found) in [("image", answer.image_embedding.len()), ("text", answer.text_embedding.len())] {
            if found != expected {
                return Err(ManifestError::KnownAnswer { tower, found, expected });
            }
        }
        Ok(())
    }
}

/// What is read first, so that another format or version is called that and nothing else.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    format: String,
    #[serde(default)]
    version: u32,
}

impl PackFile {
    /// The entry of a file with these bytes and this extension.
    pub fn of(bytes: &[u8], extension: &str) -> Self {
        let sha256 = sha256_hex(bytes);
        Self { file: format!("{sha256}.{extension}"), size_bytes: bytes.len() as u64, sha256 }
    }

    fn check(&self) -> Result<(), ManifestError> {
        let hexadecimal = |text: &str| text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let named_by_hash = match self.file.split_once('.') {
            Some((stem, extension)) => stem == self.sha256 && matches!(extension, "safetensors" | "geojson"),
            None => false,
        };
        if !named_by_hash || !hexadecimal(&self.sha256) {
            return Err(ManifestError::FileName { file: self.file.clone() });
        }
        if !(1..=MAX_FILE_BYTES).contains(&self.size_bytes) {
            return Err(ManifestError::FileSize { file: self.file.clone(), found: self.size_bytes });
        }
        Ok(())
    }
}

/// SHA-256 of `bytes` in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    hexadecimal(&Sha256::digest(bytes))
}

/// `bytes` in lower-case hexadecimal.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
