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

/// The largest distance of the two vectors, of length 1, where the kernels round their inputs to seven bits. The
/// largest seen is 0.04, with the formula's weights, which amplify rounding more than trained ones do; a layer left
/// out or weights of the wrong sign lead 0.3 away at least (the tests below).
pub const ROUNDED_TOLERANCE: f32 = 0.1;

/// Why an answer is not believed.
#[derive(Debug, thiserror::Error)]
pub enum KnownAnswerError {
    #[error(
        "this device computes the {tower} tower wrongly: value {index} of the known answer is {found}; expected {expected} within {TOLERANCE}"
    )]
    Wrong { tower: &'static str, index: usize, expected: f32, found: f32 },
    #[error(
        "this device computes the {tower} tower wrongly: its known answer is {distance} away from the expected one; expected at most {ROUNDED_TOLERANCE}"
    )]
    Far { tower: &'static str, distance: f32 },
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
    compare("vision", vision.rounds(), &known.image_embedding, &image_answer(config, vision).await?)
}

/// As [`check_vision`], of the text tower.
pub async fn check_text(
    config: &ClipConfig,
    text: &impl TextEncoder,
    known: &KnownAnswer,
) -> Result<f32, KnownAnswerError> {
    compare("text", text.rounds(), &known.text_embedding, &text_answer(config, text).await?)
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

fn compare(tower: &'static str, rounds: bool, expected: &[f32], found: &[f32]) -> Result<f32, KnownAnswerError> {
    let differences = || expected.iter().zip(found).map(|(expected, found)| (expected - found).abs());
    let distance = differences().map(|difference| difference * difference).sum::<f32>().sqrt();
    if rounds {
        // Written so that NaN is wrong as well.
        return if distance <= ROUNDED_TOLERANCE {
            Ok(differences().fold(0.0, f32::max))
        } else {
            Err(KnownAnswerError::Far { tower, distance })
        };
    }
    let mut largest = 0.0f32;
    for (index, difference) in differences().enumerate() {
        if !matches!(difference.partial_cmp(&TOLERANCE), Some(std::cmp::Ordering::Less | std::cmp::Ordering::Equal)) {
            let (expected, found) = (expected[index], found[index]);
            return Err(KnownAnswerError::Wrong { tower, index, expected, found });
        }
        largest = largest.max(difference);
    }
    Ok(largest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clip::VisionTower;
    use crate::clip::cpu;
    use crate::kernels::digits::{Operand, Second};
    use crate::kernels::linear::{Method, Weights};
    use crate::weights::quantize::{PackDtype, StoredTensor, store};
    use crate::weights::source::TensorSource;
    use crate::weights::{WeightsError, load, load_cpu};
    use burn::tensor::Device;

    /// The tiny formula as an int8 pack, one tensor with its signs turned.
    struct Turned(&'static str);

    impl Turned {
        fn stored(&self, name: &str, shape: &[usize]) -> Result<StoredTensor, WeightsError> {
            let mut values = formula::values(name, shape, 0, 0, shape.iter().product());
            if name == self.0 {
                values.iter_mut().for_each(|value| *value = -*value);
            }
            store(name, shape, &values, PackDtype::Int8.of(name, shape, 2))
        }
    }

    impl TensorSource for Turned {
        fn take(&mut self, name: &str, shape: &[usize]) -> Result<Option<Vec<f32>>, WeightsError> {
            self.stored(name, shape)?.values(name).map(Some)
        }
        fn take_weights(&mut self, name: &str, shape: &[usize]) -> Result<Option<Weights>, WeightsError> {
            self.stored(name, shape)?.into_weights(name).map(Some)
        }
        fn remaining(&self) -> Vec<String> {
            Vec::new()
        }
    }

    const METHODS: [Method; 3] = [
        Method::Wide,
        Method::Digits(Operand::Seven, Second::Largest),
        Method::Digits(Operand::Unsigned, Second::Largest),
    ];

    fn known() -> (ClipConfig, KnownAnswer) {
        let config = formula::Architecture::Tiny.config();
        let plain: VisionTower = load::vision(&config, &mut Turned(""), &Device::flex()).expect("the formula fits");
        let image_embedding = pollster::block_on(image_answer(&config, &plain)).expect("CPU");
        let known = KnownAnswer { text_embedding: image_embedding.clone(), image_embedding };
        (config, known)
    }

    fn check(config: &ClipConfig, vision: &cpu::VisionTower, known: &KnownAnswer) -> Result<f32, KnownAnswerError> {
        pollster::block_on(check_vision(config, vision, known))
    }

    /// Sixteen bits are compared value by value, digits by their distance.
    fn far(error: &KnownAnswerError) -> bool {
        match error {
            KnownAnswerError::Wrong { .. } => true,
            KnownAnswerError::Far { distance, .. } => *distance > 0.3,
            _ => false,
        }
    }

    #[test]
    fn the_kernels_rounding_is_believed() {
        let (config, known) = known();
        for method in METHODS {
            let vision = load_cpu::vision_by(&config, &mut Turned(""), method).expect("the formula fits");
            let largest = check(&config, &vision, &known).expect("rounding is no fault");
            println!("{method:?}: largest difference {largest:e}");
        }
    }

    #[test]
    fn damaged_weights_and_missing_layers_are_not_believed() {
        let (config, known) = known();
        for method in METHODS {
            for turned in [
                "vision_model.encoder.layers.0.self_attn.v_proj.weight",
                "vision_model.encoder.layers.1.mlp.fc2.weight",
                "visual_projection.weight",
            ] {
                let vision = load_cpu::vision_by(&config, &mut Turned(turned), method).expect("the formula fits");
                let error = check(&config, &vision, &known).expect_err(turned);
                println!("{turned}: {error}");
                assert!(far(&error), "{turned}: {error}");
            }
            let mut vision = load_cpu::vision_by(&config, &mut Turned(""), method).expect("the formula fits");
            vision.encoder.layers.pop();
            let error = check(&config, &vision, &known).expect_err("a layer is missing");
            assert!(far(&error), "{error}");
        }
    }
}
