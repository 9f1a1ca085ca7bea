//! Evaluation: classes, distances, calibration, groups, and the files of a report.
//!
//! Golden: `tests/golden/scoring`: `classification.json` and `geo.json` by hand and by scikit-learn's rules,
//! `sklearn.json` by scikit-learn and SciPy themselves (`make_sklearn.py`).

mod calibration;
mod classification;
mod distances;
mod evaluation;
mod files;

use placelens::evaluate::{Answer, ModelAnswers};
use placelens::places::geo::{Bbox, LatLon};
use placelens::places::{Places, Region};
use serde_json::Value;

pub const LA_COUNTY: &str = include_str!("../../model/regions.geojson");

pub fn golden(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

pub fn counts(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|number| number.as_u64().unwrap() as usize).collect()
}

pub fn rows(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

/// So many regions in a row, a degree apart.
pub fn places(regions: usize) -> Places {
    let region = |index: usize| {
        let west = index as f64;
        let bbox = Bbox { west, south: 10.0, east: west + 0.5, north: 10.5 };
        let (id, name) = (format!("r{index}"), format!("Region {index}"));
        Region { id, name, description: String::new(), bbox, geometry: None, point: None }
    };
    Places { prompt_template: "{name}".to_owned(), regions: (0..regions).map(region).collect() }
}

/// Numbers in 0 … 1 without a crate: splitmix64.
pub struct Random(pub u64);

impl Random {
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.uniform()).ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    pub fn below(&mut self, count: usize) -> usize {
        (self.uniform() * count as f64) as usize
    }

    /// Anywhere in a box, evenly by area.
    pub fn within(&mut self, bbox: Bbox) -> LatLon {
        let (low, high) = (bbox.south.to_radians().sin(), bbox.north.to_radians().sin());
        let lat = (low + self.uniform() * (high - low)).asin().to_degrees();
        LatLon { lat, lon: bbox.west + self.uniform() * bbox.width() }
    }
}

/// Answers of a model whose probabilities are true at temperature 1: logits with a signal of `sharpness` under normal
/// noise of the same variance make a softmax that is the exact posterior. Every third photo counts as hard.
pub fn calibrated_answers(places: &Places, photos: usize, sharpness: f64, seed: u64) -> ModelAnswers {
    let mut random = Random(seed);
    let regions = places.regions.len();
    let answers = (0..photos).map(|photo| {
        let truth = random.below(regions);
        let logit =
            |region: usize, noise: f64| noise * sharpness.sqrt() + if region == truth { sharpness } else { 0.0 };
        let cosines = (0..regions).map(|region| logit(region, random.normal())).collect();
        let taken_at = Some(random.within(places.regions[truth].bbox));
        let further = vec![(photo % 3 == 0).to_string()];
        Answer { path: format!("photos/{photo}.jpg"), truth, taken_at, cosines, further }
    });
    ModelAnswers {
        model: format!("sharp-{sharpness}"),
        temperature: 1.0,
        confidence_threshold: 0.5,
        calibrated: true,
        answers: answers.collect(),
    }
}
