//! The known answer: what a pack's model says to inputs that need no file, computed again wherever it runs.
//!
//! In: a tower on some device.  Out: the largest difference from the manifest's embedding, or why it is not believed.
//! The picture is the formula's `pixel_values` with salt 0; the text is ten ids spread over the vocabulary, then the
//! end token. A wrong shader, a stale buffer or a damaged weight moves the embedding by far more than
//! [`TOLERANCE`]; the arithmetic of another device by far less.

use super::formula;
use super::manifest::KnownAnswer;
use crate::clip::config::{ClipConfig, TextConfig};
use crate::clip::text::{TokenBatch, TokenError};
use crate::embed::{EmbedError, ImageEncoder, TextEncoder};

/// The largest difference of any one value, of vectors of length 1. f32 on a GPU was seen to differ by 1e-5 at most.
pub const TOLERANCE: f32 = 1e-3;

/// The same where inputs are rounded to few digits. The largest seen is 4e-3, with the formula's weights, which amplify
/// it more than trained ones do; a layer left out, or a token, moves some value by 5e-2 at least (`tests/kernels.rs`).
pub const ROUNDED_TOLERANCE: f32 = 1e-2;

/// Why an answer is not believed.
#[derive(Debug, thiserror::Error)]
pub enum KnownAnswerError {
    #[error(
        "this device computes the {tower} tower wrongly: value {index} of the known answer is {found}; expected {expected} within {tolerance}"
    )]
    Wrong { tower: &'static str, index: usize, expected: f32, found: f32, tolerance: f32 },
    #[error(transparent)]
    Embed(#[from] EmbedError),
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl KnownAnswerError {
    /// The stable word for this part's errors in JavaScript.
    pub fn code(&self) -> &'static str {
        "known_answer"
    }
}

/// The answer of a whole model, to be written into its manifest.
pub async fn known_answer(
    config: &ClipConfig,
    vision: &impl ImageEncoder,
    text: &impl TextEncoder,
) -> Result<KnownAnswer, KnownAnswerError> {
    Ok(KnownAnswer {
        image_embedding: image_answer(config, vision).await?,
        text_embedding: text_answer(config, text).await?,
    })
}

/// The largest difference between the vision tower's answer and the known one.
///
/// # Errors
/// [`KnownAnswerError::Wrong`] where it is above [`TOLERANCE`], or [`ROUNDED_TOLERANCE`] for one that rounds.
pub async fn check_vision(
    config: &ClipConfig,
    vision: &impl ImageEncoder,
    known: &KnownAnswer,
) -> Result<f32, KnownAnswerError> {
    compare("vision", tolerance(vision.rounds()), &known.image_embedding, &image_answer(config, vision).await?)
}

/// As [`check_vision`], of the text tower.
pub async fn check_text(
    config: &ClipConfig,
    text: &impl TextEncoder,
    known: &KnownAnswer,
) -> Result<f32, KnownAnswerError> {
    compare("text", tolerance(text.rounds()), &known.text_embedding, &text_answer(config, text).await?)
}

async fn image_answer(config: &ClipConfig, vision: &impl ImageEncoder) -> Result<Vec<f32>, EmbedError> {
    let image_size = config.vision_config.image_size;
    vision.embed(formula::pixel_values(image_size, 0), image_size).await
}

async fn text_answer(config: &ClipConfig, text: &impl TextEncoder) -> Result<Vec<f32>, KnownAnswerError> {
    let tokens = TokenBatch::new(&[token_ids(&config.text_config)], &config.text_config)?;
    Ok(text.embed(&tokens).await?)
}

/// Up to ten ids spread over the vocabulary, then the end token.
fn token_ids(config: &TextConfig) -> Vec<u32> {
    let vocab_size = config.vocab_size as u32;
    // Historical configurations do not know their end token; the largest id is taken for it there.
    let end = if config.eos_token_id == 2 { vocab_size - 1 } else { config.eos_token_id };
    let words = (config.max_position_embeddings - 1).min(10) as u32;
    let ids = (1..=words).map(|i| (i * 4241) % vocab_size.saturating_sub(1).max(1));
    ids.filter(|&id| id != end).chain([end]).collect()
}

fn tolerance(rounds: bool) -> f32 {
    if rounds { ROUNDED_TOLERANCE } else { TOLERANCE }
}

fn compare(tower: &'static str, tolerance: f32, expected: &[f32], found: &[f32]) -> Result<f32, KnownAnswerError> {
    let mut largest = 0.0f32;
    for (index, (&expected, &found)) in expected.iter().zip(found).enumerate() {
        let difference = (expected - found).abs();
        // Written so that NaN is wrong as well.
        if !matches!(difference.partial_cmp(&tolerance), Some(std::cmp::Ordering::Less | std::cmp::Ordering::Equal)) {
            return Err(KnownAnswerError::Wrong { tower, index, expected, found, tolerance });
        }
        largest = largest.max(difference);
    }
    Ok(largest)
}
