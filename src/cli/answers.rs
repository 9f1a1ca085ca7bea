//! What a model says of labeled photos: the part that `evaluate` and `calibrate` share.
//!
//! In: a model, places, photos.  Out: [`Asked`]: the cosines of each photo with every region, and the photos that
//! cannot be read.

use indicatif::{ProgressBar, ProgressStyle};
use pollster::block_on;
use rayon::prelude::*;

use super::model::{OpenedModel, open};
use crate::dataset::{LabelledPhoto, open as open_photo};
use crate::embed::{self, ImageEncoder};
use crate::evaluate::{Answer, ModelAnswers, Unreadable};
use crate::locate::certainty;
use crate::places::Places;
use crate::places::score::cosine;
use crate::tokenizer::Tokenizer;

/// Photos in one call of the model.
const BATCH: usize = 32;

/// A model's answers, and the photos that have none.
pub struct Asked {
    pub model: ModelAnswers,
    /// The temperature that the model was trained with.
    pub own_temperature: f64,
    pub unreadable: Vec<Unreadable>,
}

/// Asks `model` about every one of `photos`.
pub fn ask(model: &str, places: &Places, photos: &[&LabelledPhoto]) -> anyhow::Result<Asked> {
    let opened = open(model)?;
    let (texts, cut) = block_on(embed::texts(&opened.clip.text, &opened.config, &Tokenizer::new(), &places.prompts()))?;
    let context = opened.config.text_config.max_position_embeddings;
    super::warn_cut("the prompt of", cut.iter().map(|&i| places.regions[i].id.clone()), context);
    let (answers, unreadable) = answers(&opened, &texts, photos)?;
    let (temperature, confidence_threshold) = certainty(opened.calibration, opened.clip.logit_scale);
    let own_temperature = certainty(None, opened.clip.logit_scale).0;
    let calibrated = opened.calibration.is_some();
    let model = ModelAnswers { model: opened.name, temperature, confidence_threshold, calibrated, answers };
    Ok(Asked { model, own_temperature, unreadable })
}

fn answers(
    opened: &OpenedModel,
    texts: &[f32],
    photos: &[&LabelledPhoto],
) -> anyhow::Result<(Vec<Answer>, Vec<Unreadable>)> {
    let bar = ProgressBar::new(photos.len() as u64);
    let style = ProgressStyle::with_template("{bar:30} photo {pos} of {len}, {eta} left, {wide_msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(opened.name.clone());
    let (dimensions, image_size) = (opened.config.projection_dim, opened.config.vision_config.image_size);
    let (mut answers, mut unreadable) = (Vec::with_capacity(photos.len()), Vec::new());
    for batch in photos.chunks(BATCH) {
        let decode = |photo: &&LabelledPhoto| {
            open_photo(photo)
                .map(|opened_photo| (opened.preprocessor.pixel_values(&opened_photo), photo.taken_at_or(&opened_photo)))
        };
        let decoded: Vec<_> = batch.par_iter().map(decode).collect();
        let (mut pixel_values, mut readable) = (Vec::new(), Vec::new());
        for (photo, decoded) in batch.iter().zip(decoded) {
            match decoded {
                Ok((pixels, taken_at)) => {
                    pixel_values.extend(pixels);
                    readable.push((photo, taken_at));
                }
                Err(error) => {
                    let (path, reason) = (photo.path.clone(), error.reason());
                    bar.suspend(|| eprintln!("placelens: left out: {path}: {reason}"));
                    unreadable.push(Unreadable { path, reason });
                }
            }
        }
        bar.inc(batch.len() as u64);
        if readable.is_empty() {
            continue;
        }
        let images = block_on(opened.clip.vision.embed(pixel_values, image_size))?;
        for (image, (photo, taken_at)) in images.chunks_exact(dimensions).zip(readable) {
            let with = |text| {
                cosine(image, text).map_err(|(_, fault)| anyhow::anyhow!("{}: an embedding {fault}", photo.path))
            };
            let cosines = texts.chunks_exact(dimensions).map(with).collect::<anyhow::Result<Vec<f64>>>()?;
            let (path, truth, further) = (photo.path.clone(), photo.region, photo.further.clone());
            answers.push(Answer { path, truth, taken_at, cosines, further });
        }
    }
    bar.finish_and_clear();
    Ok((answers, unreadable))
}
