//! Probabilities → points to guess, and how far they are from where the photos were taken.
//!
//! In: one prediction for each photo.  Out: [`Distances`], for each [`Estimate`]: ACC@R, the share of errors of at most
//! R km; the mean; the median, which is the mean of the middle two of an even number.
//! A photo without coordinates is left out.
//!
//! Source: the experiment (centroids, ACC@1/5/10 km). Proof: `tests/evaluate/distances.rs`.

use serde::{Serialize, Serializer};

use super::PhotoPrediction;
use crate::places::geo::{LatLon, distance_km};
use crate::places::{LikeliestPoint, Places, PointEstimate, Spread};

/// A way to make a point of probabilities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Estimate {
    /// The center of the first region's box, as in the experiment.
    Centroid,
    /// The point with the least expected distance.
    ExpectedDistance,
    /// The point most likely to be within so many kilometers.
    Within { radius_km: f64 },
}

impl Estimate {
    /// What a table calls it.
    pub fn label(self) -> String {
        match self {
            Self::Centroid => "Center of the first region".to_owned(),
            Self::ExpectedDistance => "Least expected distance".to_owned(),
            Self::Within { radius_km } => format!("Most likely within {radius_km} km"),
        }
    }

    /// What the files call it.
    pub fn key(self) -> String {
        match self {
            Self::Centroid => "centroid".to_owned(),
            Self::ExpectedDistance => "expected_distance".to_owned(),
            Self::Within { radius_km } => format!("within_{radius_km}_km"),
        }
    }
}

impl Serialize for Estimate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.key())
    }
}

/// One photo's points.
#[derive(Debug, Clone, PartialEq)]
pub struct PhotoPoints {
    pub centroid: LatLon,
    pub expected_distance: PointEstimate,
    /// With its radius in kilometers, in the order of the options.
    pub within: Vec<(f64, LikeliestPoint)>,
}

impl PhotoPoints {
    /// The points for `probabilities`, whose first region is `predicted`.
    pub(super) fn new(
        places: &Places,
        spread: &Spread,
        predicted: usize,
        probabilities: &[f64],
        radii_km: &[f64],
    ) -> Self {
        let within = radii_km.iter().map(|&radius_km| (radius_km, spread.likeliest_within(probabilities, radius_km)));
        Self {
            centroid: places.regions[predicted].centroid(),
            expected_distance: spread.best_point(probabilities),
            within: within.collect(),
        }
    }

    /// Every estimate's point.
    pub fn all(&self) -> Vec<(Estimate, LatLon)> {
        let mut all =
            vec![(Estimate::Centroid, self.centroid), (Estimate::ExpectedDistance, self.expected_distance.point)];
        all.extend(self.within.iter().map(|&(radius_km, found)| (Estimate::Within { radius_km }, found.point)));
        all
    }
}

/// How far off each estimate is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Distances {
    /// Those with coordinates.
    pub photos: usize,
    pub radii_km: Vec<f64>,
    pub estimates: Vec<EstimateErrors>,
    /// For each radius, ACC@R of the point most likely to be within it: every R has a point of its own.
    pub likeliest_within: Vec<Within>,
}

/// How far off one estimate is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EstimateErrors {
    pub estimate: Estimate,
    #[serde(flatten)]
    pub summary: ErrorSummary,
    /// Ascending.
    #[serde(skip)]
    pub errors_km: Vec<f64>,
}

/// Errors, in short.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorSummary {
    pub mean_km: f64,
    pub median_km: f64,
    /// One for each radius.
    pub within: Vec<Within>,
}

/// The share of errors of at most so many kilometers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Within {
    pub radius_km: f64,
    pub share: f64,
}

impl Distances {
    /// Of all `photos` with coordinates; none where none has any.
    pub fn of_photos<'a>(photos: impl Iterator<Item = &'a PhotoPrediction>, radii_km: &[f64]) -> Option<Self> {
        let placed: Vec<(&PhotoPoints, LatLon)> =
            photos.filter_map(|photo| Some((&photo.points, photo.taken_at?))).collect();
        let (first, _) = placed.first()?;
        let kinds: Vec<Estimate> = first.all().into_iter().map(|(estimate, _)| estimate).collect();
        let mut errors: Vec<Vec<f64>> = vec![Vec::with_capacity(placed.len()); kinds.len()];
        for (points, taken_at) in &placed {
            for (errors, (_, point)) in errors.iter_mut().zip(points.all()) {
                errors.push(distance_km(point, *taken_at));
            }
        }
        let mut estimates = Vec::with_capacity(kinds.len());
        for (estimate, mut errors_km) in kinds.into_iter().zip(errors) {
            errors_km.sort_by(f64::total_cmp);
            let summary = ErrorSummary::of_sorted(&errors_km, radii_km)?;
            estimates.push(EstimateErrors { estimate, summary, errors_km });
        }
        let own = estimates.iter().filter_map(|errors| match errors.estimate {
            Estimate::Within { radius_km } => {
                errors.summary.within.iter().find(|within| within.radius_km == radius_km).copied()
            }
            _ => None,
        });
        let likeliest_within = own.collect();
        Some(Self { photos: placed.len(), radii_km: radii_km.to_vec(), estimates, likeliest_within })
    }

    /// The errors of `estimate`, where it is among them.
    pub fn of(&self, estimate: Estimate) -> Option<&EstimateErrors> {
        self.estimates.iter().find(|errors| errors.estimate == estimate)
    }
}

impl ErrorSummary {
    /// Of errors in any order; none where there are none.
    pub fn new(errors_km: &[f64], radii_km: &[f64]) -> Option<Self> {
        let mut sorted = errors_km.to_vec();
        sorted.sort_by(f64::total_cmp);
        Self::of_sorted(&sorted, radii_km)
    }

    fn of_sorted(errors_km: &[f64], radii_km: &[f64]) -> Option<Self> {
        let photos = errors_km.len();
        if photos == 0 {
            return None;
        }
        let middle = photos / 2;
        let median_km =
            if photos % 2 == 1 { errors_km[middle] } else { (errors_km[middle - 1] + errors_km[middle]) / 2.0 };
        let within = radii_km.iter().map(|&radius_km| {
            let hits = errors_km.partition_point(|&error| error <= radius_km);
            Within { radius_km, share: hits as f64 / photos as f64 }
        });
        Some(Self { mean_km: errors_km.iter().sum::<f64>() / photos as f64, median_km, within: within.collect() })
    }
}
