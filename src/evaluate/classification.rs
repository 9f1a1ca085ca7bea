//! Truths and predictions → precision, recall and F1 of every region, their averages, and the confusion matrix.
//!
//! In: two indices for each photo.  Out: [`Classification`].
//! scikit-learn's rules: every region is listed, also one without photos; 0/0 counts as 0 (`zero_division=0`); the macro
//! average is the plain mean over all regions, the weighted average is weighted by support.
//!
//! Source: scikit-learn, `precision_recall_fscore_support`. Proof: `tests/evaluate/classification.rs`.

use serde::Serialize;

use crate::places::Places;

/// How well the regions are told apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Classification {
    /// In the places' order.
    pub regions: Vec<RegionScores>,
    pub macro_average: Scores,
    pub weighted_average: Scores,
    /// `confusion[truth][predicted]`, in photos.
    pub confusion: Vec<Vec<usize>>,
}

/// How well one region is told from the others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RegionScores {
    pub id: String,
    pub name: String,
    #[serde(flatten)]
    pub scores: Scores,
}

/// Precision, recall and F1; how many photos they are of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Scores {
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    pub support: usize,
}

impl Classification {
    /// From the index of the true and of the predicted region of each photo.
    ///
    /// # Panics
    /// Where an index is not one of a region.
    pub fn new(places: &Places, truths: &[usize], predicted: &[usize]) -> Self {
        let confusion = confusion(places.regions.len(), truths, predicted);
        let scores = scores(&confusion);
        let named = places.regions.iter().zip(&scores);
        Self {
            regions: named
                .map(|(region, &scores)| RegionScores { id: region.id.clone(), name: region.name.clone(), scores })
                .collect(),
            macro_average: average(&scores, |_| 1.0),
            weighted_average: average(&scores, |region| region.support as f64),
            confusion,
        }
    }
}

/// `confusion[truth][predicted]`, of `regions × regions`.
fn confusion(regions: usize, truths: &[usize], predicted: &[usize]) -> Vec<Vec<usize>> {
    let mut confusion = vec![vec![0; regions]; regions];
    for (&truth, &predicted) in truths.iter().zip(predicted) {
        confusion[truth][predicted] += 1;
    }
    confusion
}

fn scores(confusion: &[Vec<usize>]) -> Vec<Scores> {
    let regions = confusion.iter().enumerate().map(|(region, row)| {
        let hits = row[region];
        let support = row.iter().sum();
        let named = confusion.iter().map(|row| row[region]).sum();
        Scores {
            precision: ratio(hits, named),
            recall: ratio(hits, support),
            f1: ratio(2 * hits, support + named), // 2 P R / (P + R), without dividing twice
            support,
        }
    });
    regions.collect()
}

/// 0/0 counts as 0.
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn average(scores: &[Scores], weight: impl Fn(&Scores) -> f64) -> Scores {
    let whole: f64 = scores.iter().map(&weight).sum();
    let mean = |of: fn(&Scores) -> f64| {
        let sum: f64 = scores.iter().map(|scores| weight(scores) * of(scores)).sum();
        if whole > 0.0 { sum / whole } else { 0.0 }
    };
    Scores {
        precision: mean(|scores| scores.precision),
        recall: mean(|scores| scores.recall),
        f1: mean(|scores| scores.f1),
        support: scores.iter().map(|scores| scores.support).sum(),
    }
}
