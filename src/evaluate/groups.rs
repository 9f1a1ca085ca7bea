//! Photos by the value of a further column → how good the model is on each group.
//!
//! In: predictions, and the column.  Out: [`Groups`], by the values' order; a missing value is a group of its own.
//!
//! Proof: `tests/evaluate/evaluation.rs`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::distances::Distances;
use super::{GroupBy, PhotoPrediction, TOP};

/// The groups of one column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Groups {
    pub column: String,
    pub groups: Vec<Group>,
}

/// How good the model is on the photos of one value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    pub value: String,
    pub photos: usize,
    pub accuracy: f64,
    pub top_3_accuracy: f64,
    pub answered: f64,
    /// None where none of the photos has coordinates.
    pub distances: Option<Distances>,
}

impl Groups {
    pub(super) fn new(by: &GroupBy, predictions: &[PhotoPrediction], radii_km: &[f64]) -> Self {
        let mut members: BTreeMap<&str, Vec<&PhotoPrediction>> = BTreeMap::new();
        for photo in predictions {
            members.entry(photo.further[by.index].as_str()).or_default().push(photo);
        }
        let groups = members.into_iter().map(|(value, photos)| {
            let share = |is: fn(&PhotoPrediction) -> bool| {
                photos.iter().filter(|photo| is(photo)).count() as f64 / photos.len() as f64
            };
            Group {
                value: value.to_owned(),
                photos: photos.len(),
                accuracy: share(PhotoPrediction::is_correct),
                top_3_accuracy: share(|photo| photo.rank < TOP),
                answered: share(|photo| photo.answered),
                distances: Distances::of_photos(photos.iter().copied(), radii_km),
            }
        });
        Self { column: by.column.clone(), groups: groups.collect() }
    }
}
