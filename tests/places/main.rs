//! Places: distances, boxes, reading and writing regions, prompts, scores, the best point, predictions.
//!
//! Golden: `tests/golden/scoring`: cosines and softmax in float64, distances with 50 digits, and the facts of the 15
//! regions of Los Angeles County.

mod geo;
mod point;
mod refuse;
mod regions;
mod score;
mod within;

use serde_json::{Value, json};

pub const LA_COUNTY: &str = include_str!("../../model/regions.geojson");
pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

pub fn largest_error(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).map(|(found, expected)| (found - expected).abs()).fold(0.0, f64::max)
}

/// One region with a box; `change` may spoil it.
pub fn collection(change: impl FnOnce(&mut Value)) -> String {
    let mut file = json!({ "type": "FeatureCollection", "features": [
        { "type": "Feature", "id": "a", "bbox": [10, 20, 11, 21], "geometry": null, "properties": { "name": "A" } },
        { "type": "Feature", "id": "pier", "bbox": [10, 20, 11, 21], "geometry": null,
          "properties": { "name": "Pier", "description": "planks" } } ] });
    change(&mut file);
    file.to_string()
}
