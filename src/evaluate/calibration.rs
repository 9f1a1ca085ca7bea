//! Probabilities and truths → how much the probabilities can be believed; and the temperature that makes them so.
//!
//! In: cosines, one row for each photo, and the true regions.  Out: [`Calibration`], [`Answered`], [`Fit`].
//!
//! - ECE: photos in 15 bins of equal width by their top probability, `(i/15, (i+1)/15]`; the mean, by photos, of the
//!   difference between a bin's accuracy and its mean top probability.
//! - NLL: the mean of `−ln` of the true region's probability, from the cosines, so that nothing underflows.
//! - The temperature with the least NLL: `Σ (E[cosine] − cosine of the truth)` is the slope in `1/T`, where the NLL is
//!   convex; its root is found by bisection of `ln T`, within a hundredth and a hundred times the model's own.
//!   n photos cannot show an NLL below about `1 / (n + 2)` (Laplace's rule of succession): a set without a mistake does
//!   not make the model infinitely sure, the temperature stops falling there.
//! - The threshold: the least top probability at and above which the photos reach the target accuracy, at least
//!   [`LEAST_ANSWERED`] of them (or all, where there are fewer). Where there is none, it is the greatest top
//!   probability of all: hardly anything is answered, and [`Fit::reached`] is false.
//!
//! Source: Guo et al. 2017, "On Calibration of Modern Neural Networks". Proof: `tests/evaluate/calibration.rs`.

use serde::Serialize;

use super::{EvaluateError, PhotoPrediction};
use crate::places::score::{rank, softmax};

/// Bins of the reliability diagram, and of the ECE.
pub const BINS: usize = 15;
/// So many answered photos, at least, speak for a threshold: one in a few would be chance.
pub const LEAST_ANSWERED: usize = 20;
/// How far the fitted temperature may be from the model's own, as a factor.
const MOST_CHANGE: f64 = 100.0;
/// Halvings of the range of `ln T`: 9.2 / 2⁶⁰ is below the rounding of an f64.
const HALVINGS: usize = 60;
/// Thresholds are cut to so many parts of 1, so that a number that went through a file still answers the same photos.
const THRESHOLD_PARTS: f64 = 1e6;

/// How much the probabilities can be believed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    pub ece: f64,
    pub nll: f64,
    /// The mean top probability; a calibrated model's is its accuracy.
    pub mean_probability: f64,
    pub bins: Vec<Bin>,
}

/// The photos whose top probability is above `from` and at most `to`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    pub from: f64,
    pub to: f64,
    pub photos: usize,
    /// None without photos.
    pub mean_probability: Option<f64>,
    pub accuracy: Option<f64>,
}

/// What is answered at the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Answered {
    pub photos: usize,
    pub share: f64,
    /// None where none is answered.
    pub accuracy: Option<f64>,
}

/// A fitted temperature and threshold, and what they do on the photos they were fitted to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Fit {
    pub temperature: f64,
    pub confidence_threshold: f64,
    pub nll_before: f64,
    pub nll_after: f64,
    pub ece_before: f64,
    pub ece_after: f64,
    pub photos: usize,
    pub answered_share: f64,
    /// None where none is answered.
    pub answered_accuracy: Option<f64>,
    pub target_accuracy: f64,
    /// Whether the answered photos reach the target accuracy.
    pub reached: bool,
    pub limit: Option<Limit>,
}

/// What kept the temperature from where the NLL is least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Hardly a mistake: fewer photos than it would take to show a smaller NLL.
    TooFewMistakes,
    /// A hundredth of the model's own temperature, or a hundred times that: the cosines tell too much, or nothing.
    FarFromOwn,
}

impl Calibration {
    pub(super) fn new(
        cosines: &[&[f64]],
        probabilities: &[Vec<f64>],
        truths: &[usize],
        predicted: &[usize],
        temperature: f64,
    ) -> Self {
        let tops = probabilities.iter().zip(predicted).zip(truths);
        let tops: Vec<Top> = tops
            .map(|((row, &predicted), truth)| Top { probability: row[predicted], correct: predicted == *truth })
            .collect();
        let bins = bins(&tops);
        Self {
            ece: ece(&bins),
            nll: nll(cosines, truths, temperature),
            mean_probability: tops.iter().map(|top| top.probability).sum::<f64>() / tops.len() as f64,
            bins,
        }
    }
}

impl Answered {
    pub(super) fn new(predictions: &[PhotoPrediction]) -> Self {
        let answered = predictions.iter().filter(|photo| photo.answered);
        let correct = answered.clone().filter(|photo| photo.is_correct()).count();
        Self::of(answered.count(), correct, predictions.len())
    }

    fn of(photos: usize, correct: usize, all: usize) -> Self {
        let accuracy = (photos > 0).then(|| correct as f64 / photos as f64);
        Self { photos, share: photos as f64 / all as f64, accuracy }
    }
}

/// A photo's first region: how likely, and whether it is the true one.
#[derive(Debug, Clone, Copy)]
struct Top {
    probability: f64,
    correct: bool,
}

fn tops(cosines: &[&[f64]], truths: &[usize], temperature: f64) -> Result<Vec<Top>, EvaluateError> {
    let photos = cosines.iter().zip(truths).map(|(row, truth)| {
        let first = rank(row)[0];
        Ok(Top { probability: softmax(row, temperature)?[first], correct: first == *truth })
    });
    photos.collect()
}

fn bins(tops: &[Top]) -> Vec<Bin> {
    let mut sums = [(0usize, 0.0, 0usize); BINS]; // photos, probabilities, correct
    for top in tops {
        // The upper border belongs to a bin, the lower one does not.
        let bin = ((top.probability * BINS as f64).ceil() as usize).clamp(1, BINS) - 1;
        let (photos, sum, correct) = sums[bin];
        sums[bin] = (photos + 1, sum + top.probability, correct + usize::from(top.correct));
    }
    let bins = sums.iter().enumerate().map(|(bin, &(photos, sum, correct))| Bin {
        from: bin as f64 / BINS as f64,
        to: (bin + 1) as f64 / BINS as f64,
        photos,
        mean_probability: (photos > 0).then(|| sum / photos as f64),
        accuracy: (photos > 0).then(|| correct as f64 / photos as f64),
    });
    bins.collect()
}

fn ece(bins: &[Bin]) -> f64 {
    let photos: usize = bins.iter().map(|bin| bin.photos).sum();
    let gaps = bins.iter().filter_map(|bin| Some((bin.accuracy? - bin.mean_probability?).abs() * bin.photos as f64));
    gaps.sum::<f64>() / photos as f64
}

/// The mean of −ln of the true region's probability.
fn nll(cosines: &[&[f64]], truths: &[usize], temperature: f64) -> f64 {
    let photos = cosines.iter().zip(truths).map(|(row, &truth)| {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = row.iter().map(|cosine| ((cosine - largest) / temperature).exp()).sum();
        sum.ln() + (largest - row[truth]) / temperature
    });
    photos.sum::<f64>() / cosines.len() as f64
}

/// The slope of the NLL in 1/T: the mean of the expected cosine less the true region's.
fn slope(cosines: &[&[f64]], truths: &[usize], temperature: f64) -> f64 {
    let photos = cosines.iter().zip(truths).map(|(row, &truth)| {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weighted = row.iter().map(|cosine| (((cosine - largest) / temperature).exp(), cosine - row[truth]));
        let (sum, above) =
            weighted.fold((0.0, 0.0), |(sum, above), (weight, gap)| (sum + weight, above + weight * gap));
        above / sum
    });
    photos.sum::<f64>() / cosines.len() as f64
}

/// The temperature and the threshold that fit `cosines`, one row for each photo, to `truths`.
///
/// # Errors
/// [`EvaluateError`] where there are no photos, or a number is not as expected.
pub fn fit(
    cosines: &[Vec<f64>],
    truths: &[usize],
    own_temperature: f64,
    target_accuracy: f64,
) -> Result<Fit, EvaluateError> {
    check(cosines, truths, target_accuracy)?;
    let rows: Vec<&[f64]> = cosines.iter().map(Vec::as_slice).collect();
    let before = bins(&tops(&rows, truths, own_temperature)?);
    let (temperature, limit) = best_temperature(&rows, truths, own_temperature);
    let after = tops(&rows, truths, temperature)?;
    let (confidence_threshold, reached) = threshold(&after, target_accuracy);
    let answered = answered_at(&after, confidence_threshold);
    Ok(Fit {
        temperature,
        confidence_threshold,
        nll_before: nll(&rows, truths, own_temperature),
        nll_after: nll(&rows, truths, temperature),
        ece_before: ece(&before),
        ece_after: ece(&bins(&after)),
        photos: rows.len(),
        answered_share: answered.share,
        answered_accuracy: answered.accuracy,
        target_accuracy,
        reached,
        limit,
    })
}

fn check(cosines: &[Vec<f64>], truths: &[usize], target_accuracy: f64) -> Result<(), EvaluateError> {
    if !(target_accuracy > 0.0 && target_accuracy <= 1.0) {
        return Err(EvaluateError::TargetAccuracy { found: target_accuracy });
    }
    if cosines.len() != truths.len() {
        return Err(EvaluateError::Truths { expected: cosines.len(), found: truths.len() });
    }
    let Some(regions) = cosines.first().map(Vec::len) else { return Err(EvaluateError::NothingToFit) };
    for (photo, (row, &truth)) in cosines.iter().zip(truths).enumerate() {
        if row.len() != regions {
            return Err(EvaluateError::FitCosines { photo, expected: regions, found: row.len() });
        }
        if let Some(&found) = row.iter().find(|cosine| !cosine.is_finite()) {
            return Err(EvaluateError::FitCosineValue { photo, found });
        }
        if truth >= regions {
            return Err(EvaluateError::FitTruth { photo, regions, found: truth });
        }
    }
    Ok(())
}

/// The temperature with the least NLL, and what kept it from there.
fn best_temperature(cosines: &[&[f64]], truths: &[usize], own: f64) -> (f64, Option<Limit>) {
    // Where all cosines of a photo are equal, no temperature changes anything.
    if cosines.iter().all(|row| row.iter().all(|cosine| *cosine == row[0])) {
        return (own, None);
    }
    let (low, high) = ((own / MOST_CHANGE).ln(), (own * MOST_CHANGE).ln());
    // Falling in T where T is below the best, rising above: the slope in 1/T is positive where T is too low.
    let best = bisect(low, high, |t| slope(cosines, truths, t) > 0.0);
    let floor = 1.0 / (cosines.len() as f64 + 2.0);
    if nll(cosines, truths, best) < floor {
        // Above the best temperature the NLL rises, so that there is one place where it crosses the floor.
        let shown = bisect(best.ln(), high, |t| nll(cosines, truths, t) < floor);
        return (shown, Some(Limit::TooFewMistakes));
    }
    let at_border = |border: f64| (best.ln() - border).abs() < 1e-9;
    (best, (at_border(low) || at_border(high)).then_some(Limit::FarFromOwn))
}

/// The temperature, between `e^low` and `e^high`, below which it `is_too_low`.
fn bisect(mut low: f64, mut high: f64, is_too_low: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..HALVINGS {
        let middle = (low + high) / 2.0;
        if is_too_low(middle.exp()) {
            low = middle;
        } else {
            high = middle;
        }
    }
    ((low + high) / 2.0).exp()
}

/// The threshold for the target accuracy, and whether it is reached.
fn threshold(tops: &[Top], target_accuracy: f64) -> (f64, bool) {
    let mut sorted = tops.to_vec();
    sorted.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    let least_answered = LEAST_ANSWERED.min(sorted.len());
    let (mut correct, mut found) = (0, None);
    for (index, top) in sorted.iter().enumerate() {
        correct += usize::from(top.correct);
        let answered = index + 1;
        // Equal probabilities are answered together.
        let is_last = sorted.get(answered).is_none_or(|next| next.probability < top.probability);
        if is_last && answered >= least_answered && correct as f64 >= target_accuracy * answered as f64 {
            found = Some(top.probability);
        }
    }
    let exact = found.unwrap_or(sorted[0].probability);
    let cut = (exact * THRESHOLD_PARTS).floor() / THRESHOLD_PARTS;
    let same = answered_at(tops, cut).photos == answered_at(tops, exact).photos;
    (if same { cut } else { exact }, found.is_some())
}

fn answered_at(tops: &[Top], threshold: f64) -> Answered {
    let answered = tops.iter().filter(|top| top.probability >= threshold);
    let correct = answered.clone().filter(|top| top.correct).count();
    Answered::of(answered.count(), correct, tops.len())
}
