//! Cosines and truths → how good a model is: classes, distances, calibration; and the report that says so.
//!
//! ```text
//! answers ─┬─ classification ─┐
//!          ├─ distances ──────┼─ Evaluation, one for each model ─ Report ─┬─ markdown, html (plots) ─ files
//!          ├─ calibration ────┤                                           └─ JSON, predictions ───┘
//!          └─ groups ─────────┘
//! ```
//!
//! In: [`ModelAnswers`], plain numbers; no tensors here.  Out: [`Evaluation`]; [`write`] makes the four files of it.
//! The first region is that of the greatest cosine, the lower index among equals, as everywhere (`places::score::rank`).
//!
//! Source: scikit-learn's `classification_report`; Guo et al. 2017 (ECE). Proof: `tests/evaluate/`.

pub mod calibration;
pub mod classification;
pub mod distances;
mod error;
mod files;
pub mod groups;
mod html;
mod markdown;
mod plots;
mod predictions;
pub mod report;
mod tables;
mod words;

use serde::Serialize;

use crate::places::geo::LatLon;
use crate::places::score::{rank, softmax};
use crate::places::{Places, Spread};

use calibration::{Answered, Calibration};
use classification::Classification;
use distances::{Distances, PhotoPoints};
use groups::Groups;

pub use error::EvaluateError;
pub use files::write;
pub use report::{Report, Unreadable};

/// How many regions count as near enough for the top-3 accuracy.
const TOP: usize = 3;

/// One photo's cosines with every region, and the truth.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub path: String,
    /// The index of the region where it was taken.
    pub truth: usize,
    pub taken_at: Option<LatLon>,
    /// One for each region.
    pub cosines: Vec<f64>,
    /// The values of the data set's further columns.
    pub further: Vec<String>,
}

/// What one model says of every photo.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelAnswers {
    pub model: String,
    /// What cosines are divided by before the softmax.
    pub temperature: f64,
    /// The least top probability that counts as sure, 0 … 1.
    pub confidence_threshold: f64,
    /// Whether the two were fitted to photos.
    pub calibrated: bool,
    pub answers: Vec<Answer>,
}

/// What to look at besides.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    pub radii_km: Vec<f64>,
    pub group_by: Option<GroupBy>,
}

impl Default for Options {
    /// 1, 5 and 10 km, as in the experiment; no groups.
    fn default() -> Self {
        Self { radii_km: vec![1.0, 5.0, 10.0], group_by: None }
    }
}

/// A further column, whose values make groups of photos.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupBy {
    pub column: String,
    /// Which of [`Answer::further`] it is.
    pub index: usize,
}

/// How good one model is on one set of photos.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    pub model: String,
    pub temperature: f64,
    pub confidence_threshold: f64,
    pub calibrated: bool,
    pub photos: usize,
    pub accuracy: f64,
    /// The share of photos whose region is among the first three.
    pub top_3_accuracy: f64,
    pub classification: Classification,
    /// Photos that the distances leave out.
    pub photos_without_coordinates: usize,
    /// None where no photo has coordinates.
    pub distances: Option<Distances>,
    pub calibration: Calibration,
    /// How many photos are answered at the threshold, and how well.
    pub answered: Answered,
    pub groups: Option<Groups>,
    /// One for each answer, in order; they have a file of their own.
    #[serde(skip)]
    pub predictions: Vec<PhotoPrediction>,
}

/// What a model says of one photo.
#[derive(Debug, Clone, PartialEq)]
pub struct PhotoPrediction {
    pub path: String,
    pub truth: usize,
    /// The first region.
    pub predicted: usize,
    /// How many regions are ahead of the true one.
    pub rank: usize,
    /// Of the first region.
    pub probability: f64,
    /// Whether it counts as sure.
    pub answered: bool,
    pub taken_at: Option<LatLon>,
    pub points: PhotoPoints,
    pub further: Vec<String>,
}

impl PhotoPrediction {
    pub fn is_correct(&self) -> bool {
        self.predicted == self.truth
    }
}

/// How good `model` is over `places`, whose areas are `spread`.
///
/// # Errors
/// [`EvaluateError`] where there is no answer, or one of them, or an option, is not as expected.
pub fn evaluate(
    places: &Places,
    spread: &Spread,
    model: &ModelAnswers,
    options: &Options,
) -> Result<Evaluation, EvaluateError> {
    check(places, spread, model, options)?;
    let mut probabilities = Vec::with_capacity(model.answers.len());
    let mut predictions = Vec::with_capacity(model.answers.len());
    for answer in &model.answers {
        let of_regions = softmax(&answer.cosines, model.temperature)?;
        predictions.push(prediction(places, spread, model, options, answer, &of_regions));
        probabilities.push(of_regions);
    }
    let truths: Vec<usize> = predictions.iter().map(|photo| photo.truth).collect();
    let predicted: Vec<usize> = predictions.iter().map(|photo| photo.predicted).collect();
    let cosines: Vec<&[f64]> = model.answers.iter().map(|answer| answer.cosines.as_slice()).collect();
    let classification = Classification::new(places, &truths, &predicted);
    Ok(Evaluation {
        model: model.model.clone(),
        temperature: model.temperature,
        confidence_threshold: model.confidence_threshold,
        calibrated: model.calibrated,
        photos: predictions.len(),
        accuracy: share(&predictions, PhotoPrediction::is_correct),
        top_3_accuracy: share(&predictions, |photo| photo.rank < TOP),
        classification,
        photos_without_coordinates: predictions.iter().filter(|photo| photo.taken_at.is_none()).count(),
        distances: Distances::of_photos(predictions.iter(), &options.radii_km),
        calibration: Calibration::new(&cosines, &probabilities, &truths, &predicted, model.temperature),
        answered: Answered::new(&predictions),
        groups: options.group_by.as_ref().map(|by| Groups::new(by, &predictions, &options.radii_km)),
        predictions,
    })
}

/// The share of `photos` that are as `is` says; there is one at least.
fn share(photos: &[PhotoPrediction], is: impl Fn(&PhotoPrediction) -> bool) -> f64 {
    photos.iter().filter(|photo| is(photo)).count() as f64 / photos.len() as f64
}

fn prediction(
    places: &Places,
    spread: &Spread,
    model: &ModelAnswers,
    options: &Options,
    answer: &Answer,
    probabilities: &[f64],
) -> PhotoPrediction {
    // By cosine: where the softmax underflows, probabilities alone would tie.
    let order = rank(&answer.cosines);
    let (predicted, probability) = (order[0], probabilities[order[0]]);
    PhotoPrediction {
        path: answer.path.clone(),
        truth: answer.truth,
        predicted,
        rank: order.iter().take_while(|&&region| region != answer.truth).count(),
        probability,
        answered: probability >= model.confidence_threshold,
        taken_at: answer.taken_at,
        points: PhotoPoints::new(places, spread, predicted, probabilities, &options.radii_km),
        further: answer.further.clone(),
    }
}

/// Whether there is anything to evaluate, and all of it is as expected.
fn check(places: &Places, spread: &Spread, model: &ModelAnswers, options: &Options) -> Result<(), EvaluateError> {
    let regions = places.regions.len();
    if spread.regions() != regions {
        return Err(EvaluateError::Spread { expected: regions, found: spread.regions() });
    }
    if model.answers.is_empty() {
        return Err(EvaluateError::NoPhotos { model: model.model.clone() });
    }
    if !(0.0..=1.0).contains(&model.confidence_threshold) {
        let (model, found) = (model.model.clone(), model.confidence_threshold);
        return Err(EvaluateError::ConfidenceThreshold { model, found });
    }
    if let Some(&found) = options.radii_km.iter().find(|radius| !(radius.is_finite() && **radius > 0.0)) {
        return Err(EvaluateError::Radius { found });
    }
    for answer in &model.answers {
        check_answer(regions, model, options, answer)?;
    }
    Ok(())
}

fn check_answer(regions: usize, model: &ModelAnswers, options: &Options, answer: &Answer) -> Result<(), EvaluateError> {
    let (path, name) = (|| answer.path.clone(), || model.model.clone());
    if answer.cosines.len() != regions {
        let found = answer.cosines.len();
        return Err(EvaluateError::Cosines { model: name(), path: path(), expected: regions, found });
    }
    if let Some(region) = answer.cosines.iter().position(|cosine| !cosine.is_finite()) {
        return Err(EvaluateError::CosineValue { model: name(), path: path(), region, found: answer.cosines[region] });
    }
    if answer.truth >= regions {
        return Err(EvaluateError::Truth { path: path(), regions, found: answer.truth });
    }
    if let Some(found) = answer.taken_at.filter(|at| !at.is_valid()) {
        return Err(EvaluateError::TakenAt { path: path(), found });
    }
    match &options.group_by {
        Some(by) if by.index >= answer.further.len() => {
            Err(EvaluateError::NoColumn { path: path(), column: by.column.clone(), found: answer.further.len() })
        }
        _ => Ok(()),
    }
}
