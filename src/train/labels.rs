//! What the model should answer for a photo of each region: that region, or it and those near it.
//!
//! In: [`Places`] and a length in kilometers.  Out: `[R, R]`, each row a distribution over regions.
//! `target[i][j] ∝ exp(-distance(i, j) / smooth_km)` between the regions' centers: an answer that is wrong by little
//! costs less than one that is wrong by much, which accuracy alone never asks for.
//!
//! Source: the haversine label smoothing of Haas et al., "PIGEON: Predicting Image Geolocations" (2024), section 3.2.

use crate::places::Places;
use crate::places::geo::distance_km;

/// A row for each region, over all regions.
pub fn targets(places: &Places, smooth_km: Option<f64>) -> Vec<Vec<f32>> {
    let centers: Vec<_> = places.regions.iter().map(|region| region.centroid()).collect();
    let row = |i: usize| {
        let weight = |j: usize| match smooth_km {
            Some(km) => (-distance_km(centers[i], centers[j]) / km).exp(),
            None => f64::from(u8::from(i == j)),
        };
        let weights: Vec<f64> = (0..centers.len()).map(weight).collect();
        let sum: f64 = weights.iter().sum();
        weights.into_iter().map(|weight| (weight / sum) as f32).collect()
    };
    (0..centers.len()).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        Places::from_json(include_str!("../../model/regions.geojson")).expect("the built-in places")
    }

    #[test]
    fn without_smoothing_each_region_is_its_own_label() {
        for (i, row) in targets(&places(), None).iter().enumerate() {
            assert!(row.iter().enumerate().all(|(j, &weight)| weight == if i == j { 1.0 } else { 0.0 }));
        }
    }

    #[test]
    fn the_nearer_a_region_is_the_more_weight_it_has() {
        let places = places();
        for (i, row) in targets(&places, Some(3.0)).iter().enumerate() {
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
            let from = places.regions[i].centroid();
            let mut by_distance: Vec<usize> = (0..row.len()).collect();
            let km = |j: usize| distance_km(from, places.regions[j].centroid());
            by_distance.sort_by(|&a, &b| km(a).total_cmp(&km(b)));
            assert_eq!(by_distance[0], i);
            assert!(by_distance.windows(2).all(|pair| row[pair[0]] >= row[pair[1]]), "region {i}");
            let [near, nearer] = [row[by_distance[1]], row[i]];
            // By the formula: the ratio is exp(-km / 3), in f32.
            assert!((f64::from(near / nearer) - (-km(by_distance[1]) / 3.0).exp()).abs() < 1e-5);
        }
    }
}
