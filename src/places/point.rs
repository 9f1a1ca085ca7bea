//! Probabilities of regions → the one point with the least expected distance, and that distance.
//!
//! In: [`Places`], once; then probabilities, one for each region.  Out: [`PointEstimate`].
//! The photo may be anywhere in its region, evenly: a region is cut into patches, and what is minimized is
//! `F(x) = Σ_r p_r Σ_k w_rk d(x, patch_rk)`, the geometric median of all patches on the sphere (`median`).
//!
//! F is convex only around regions that are near to one another; regions all over the world give it several minima. So
//! the search runs with one patch for each region first, from many regions' centers; the best minima it finds are
//! refined on all patches. The result is never farther off than the best of those centers. No chance is involved.
//!
//! Proof: `tests/places/point.rs`, against brute force, closed forms and symmetry.

use serde::{Serialize, Serializer};

use super::area::Area;
use super::geo::{EARTH_RADIUS_KM, LatLon};
use super::median::{Median, Minimum, distance};
use super::patches::{Patch, patches};
use super::regions::Places;
use super::score::rank;

/// Patches of all regions together: what keeps one estimate near a millisecond.
const PATCH_BUDGET: usize = 2_304;
/// Patches of one region, at least and at most.
const PATCHES_PER_REGION: (usize, usize) = (16, 144);
/// How many regions' centers are tried, the likeliest first.
const MOST_CENTERS: usize = 512;
/// From how many of them the search starts: the best ones, and as many of the best that lie far apart.
const MOST_STARTS: usize = 12;
/// What "far apart" is, in radians: 1,600 km.
const FAR_APART: f64 = 0.25;
/// How many minima, and how many centers, are looked at with all patches.
const MOST_REFINED: usize = 3;
/// Minima nearer than this are the same: 0.01 km, in radians.
const SAME_MINIMUM: f64 = 0.01 / EARTH_RADIUS_KM;
/// A best point that is nearer than this to the center of the likeliest region is that center: 0.04 km, in radians.
const SAME_POINT: f64 = 0.04 / EARTH_RADIUS_KM;
/// Regions less likely than this are left out: 10,000 of them move the expected distance by less than 0.2 m.
pub(super) const LEAST_PROBABILITY: f64 = 1e-12;

/// The point to guess, and how far off to expect it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PointEstimate {
    pub point: LatLon,
    /// The mean great-circle distance from `point` under the probabilities, in kilometers.
    pub expected_error_km: f64,
}

impl Serialize for PointEstimate {
    /// As `{ lat, lon, expected_error_km }`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Flat {
            lat: f64,
            lon: f64,
            expected_error_km: f64,
        }
        let LatLon { lat, lon } = self.point;
        Flat { lat, lon, expected_error_km: self.expected_error_km }.serialize(serializer)
    }
}

/// The regions' areas, cut into patches.
#[derive(Debug, Clone)]
pub struct Spread {
    pub(super) regions: Vec<SpreadRegion>,
}

#[derive(Debug, Clone)]
pub(super) struct SpreadRegion {
    /// The center of the region's box.
    center: [f64; 3],
    /// The same, as the region has it.
    pub(super) centroid: LatLon,
    pub(super) area: Area,
    /// The region as one patch.
    whole: Patch,
    /// Weights sum to 1.
    patches: Vec<Patch>,
}

impl Spread {
    /// Every region of `places` in patches, more of them where there are few regions.
    pub fn new(places: &Places) -> Self {
        let (least, most) = PATCHES_PER_REGION;
        let per_region = (PATCH_BUDGET / places.regions.len().max(1)).clamp(least, most);
        let regions = places.regions.iter().map(|region| {
            let patches = patches(region, per_region);
            let (centroid, area, whole) = (region.centroid(), Area::new(region), Patch::of_all(&patches));
            SpreadRegion { center: centroid.to_unit_vector(), centroid, area, whole, patches }
        });
        Self { regions: regions.collect() }
    }

    /// How many regions there are.
    pub fn regions(&self) -> usize {
        self.regions.len()
    }

    /// The point with the least expected distance under `probabilities`, one for each region.
    ///
    /// They need not sum to 1; the expected distance is that under their shares.
    ///
    /// # Panics
    /// Where there are not as many probabilities as regions, or none is above 0.
    pub fn best_point(&self, probabilities: &[f64]) -> PointEstimate {
        let shares = self.shares(probabilities);
        let coarse = self.median(&shares, |region| std::slice::from_ref(&region.whole));
        let fine = self.median(&shares, |region| &region.patches);

        let centers = self.centers(&shares, &coarse);
        let mut minima: Vec<Minimum> = starts(&centers).iter().map(|start| coarse.descend(start.x)).collect();
        minima.sort_by(|a, b| a.value.total_cmp(&b.value));
        let mut best = fine.at(centers[0].x);
        for minimum in apart(&minima, SAME_MINIMUM, MOST_REFINED) {
            best = best.better(fine.descend(minimum.x));
        }
        for center in centers.iter().take(MOST_REFINED).map(|center| fine.at(center.x)) {
            if center.value < best.value {
                best = fine.descend(center.x);
            }
        }
        let first = &self.regions[rank(&shares)[0]];
        let center = fine.at(first.center);
        if distance(best.x, center.x) < SAME_POINT {
            // Its own digits, not what is left of them after the way to a vector and back.
            return PointEstimate { point: first.centroid, expected_error_km: center.value * EARTH_RADIUS_KM };
        }
        PointEstimate { point: LatLon::from_vector(best.x), expected_error_km: best.value * EARTH_RADIUS_KM }
    }

    /// `probabilities`, summing to 1.
    pub(super) fn shares(&self, probabilities: &[f64]) -> Vec<f64> {
        assert_eq!(probabilities.len(), self.regions.len(), "expected one probability for each region");
        let sum: f64 = probabilities.iter().sum();
        assert!(sum > 0.0 && sum.is_finite(), "expected finite probabilities, one of them above 0; their sum is {sum}");
        probabilities.iter().map(|probability| probability / sum).collect()
    }

    /// What is to be minimized, with the given patches for each region.
    fn median<'a>(&'a self, shares: &[f64], patches: impl Fn(&'a SpreadRegion) -> &'a [Patch]) -> Median {
        let likely = self.regions.iter().zip(shares).filter(|(_, share)| **share >= LEAST_PROBABILITY);
        let weighted = likely.flat_map(|(region, &share)| {
            patches(region).iter().map(move |patch| Patch { weight: patch.weight * share, ..*patch })
        });
        Median { patches: weighted.collect() }
    }

    /// The likeliest regions' centers, the best first; one at least.
    fn centers(&self, shares: &[f64], coarse: &Median) -> Vec<Minimum> {
        let likeliest = rank(shares).into_iter().take(MOST_CENTERS);
        let mut centers: Vec<Minimum> = likeliest.map(|index| coarse.at(self.regions[index].center)).collect();
        centers.sort_by(|a, b| a.value.total_cmp(&b.value));
        centers
    }
}

/// Where to start from: the best centers, and the best ones that lie far apart.
fn starts(centers: &[Minimum]) -> Vec<Minimum> {
    let mut starts = apart(centers, FAR_APART, MOST_STARTS);
    starts.extend(centers.iter().take(MOST_STARTS));
    apart(&starts, 0.0, 2 * MOST_STARTS)
}

/// The first `most` of `candidates` that are all more than `least_distance` radians from the ones before.
fn apart(candidates: &[Minimum], least_distance: f64, most: usize) -> Vec<Minimum> {
    let mut kept: Vec<Minimum> = Vec::new();
    for candidate in candidates {
        if kept.len() < most && kept.iter().all(|known| distance(known.x, candidate.x) > least_distance) {
            kept.push(*candidate);
        }
    }
    kept
}
