//! Places: what they are, how well a photo fits each, and where it was most likely taken.
//!
//! ```text
//! GeoJSON ─ regions ─ prompts ─ (tokenizer, clip::text) ─ region_embeddings [R, D]
//!              │                                                   │
//!              └─ patches ─ Spread ─────────┐     image_embedding [D]
//!                                           ▼                      ▼
//! Prediction ◄─ point, regions_50, regions_80 ◄─ probabilities ◄─ cosines
//! ```
//!
//! In: places as JSON, and embeddings as plain numbers; no tensors here.  Out: [`Prediction`].
//!
//! - [`regions`]: [`Places`] and [`Region`], read from `geojson` or from the experiment's `corners`; their prompts
//! - [`score`]: embeddings → cosines, probabilities, ranks, credible sets
//! - [`point`]: probabilities → the point with the least expected distance; `patches` and `median` are its parts
//! - [`within`]: probabilities → the point most likely to be within a radius; `area` is its part
//! - [`geo`]: points, boxes, great circles
//!
//! Proof: `tests/places/`.

mod area;
mod corners;
mod error;
pub mod geo;
mod geojson;
mod median;
mod patches;
pub mod point;
mod prompt;
pub mod regions;
pub mod score;
pub mod within;

use serde::Serialize;

pub use error::{PlacesError, RegionAt, RingFault};
pub use point::{PointEstimate, Spread};
pub use prompt::DEFAULT_TEMPLATE;
pub use regions::{Places, Polygon, Region};
pub use score::ScoreError;
pub use within::LikeliestPoint;

use score::{Side, cosine, credible_set, softmax};

/// How cosines become a prediction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scoring {
    /// What cosines are divided by before the softmax; CLIP's own is [`Scoring::own_temperature`].
    pub temperature: f64,
    /// How many places to name; all where there are fewer.
    pub top: usize,
    /// The least probability of the first place that counts as sure, 0 … 1.
    pub confidence_threshold: f64,
}

impl Scoring {
    /// The temperature that a model was trained with, `1 / exp(logit_scale)`.
    pub fn own_temperature(logit_scale: f64) -> f64 {
        (-logit_scale).exp()
    }
}

/// A region, and how well the photo fits it. The point is the center of the region's box.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RankedPlace {
    pub id: String,
    pub name: String,
    pub lat: f64,
    pub lon: f64,
    pub cosine: f64,
    /// Among all regions, named or not.
    pub probability: f64,
}

/// Where a photo may have been taken.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prediction {
    /// The likeliest places, at most as many as were asked for.
    pub places: Vec<RankedPlace>,
    pub point: PointEstimate,
    /// Ids of the smallest set of regions that holds 50 % of the probability, the likeliest first; and 80 %.
    pub regions_50: Vec<String>,
    pub regions_80: Vec<String>,
    pub confident: bool,
    pub temperature: f64,
}

/// The prediction for `image_embedding`, `[D]`, against `region_embeddings`, `[R, D]` row-major.
///
/// # Errors
/// [`ScoreError`] where a shape, a value or an option is not as expected.
pub fn predict(
    places: &Places,
    spread: &Spread,
    image_embedding: &[f32],
    region_embeddings: &[f32],
    scoring: &Scoring,
) -> Result<Prediction, ScoreError> {
    if !(0.0..=1.0).contains(&scoring.confidence_threshold) {
        return Err(ScoreError::ConfidenceThreshold { found: scoring.confidence_threshold });
    }
    let regions = places.regions.len();
    if spread.regions() != regions {
        return Err(ScoreError::Spread { expected: regions, found: spread.regions() });
    }
    let cosines = cosines(places, image_embedding, region_embeddings)?; // [R]
    let probabilities = softmax(&cosines, scoring.temperature)?; // [R]
    // By cosine: where the softmax underflows, probabilities alone would tie.
    let order = score::top_k(&cosines, scoring.top);
    let ranked = order.iter().map(|&index| {
        let region = &places.regions[index];
        let geo::LatLon { lat, lon } = region.centroid();
        let (id, name) = (region.id.clone(), region.name.clone());
        RankedPlace { id, name, lat, lon, cosine: cosines[index], probability: probabilities[index] }
    });
    let ids = |mass| credible_set(&probabilities, mass).iter().map(|&i| places.regions[i].id.clone()).collect();
    let largest = probabilities.iter().copied().fold(0.0, f64::max);
    Ok(Prediction {
        places: ranked.collect(),
        point: spread.best_point(&probabilities),
        regions_50: ids(0.5),
        regions_80: ids(0.8),
        confident: largest >= scoring.confidence_threshold,
        temperature: scoring.temperature,
    })
}

/// The cosine of the photo with every region, `[R]`.
fn cosines(places: &Places, image_embedding: &[f32], region_embeddings: &[f32]) -> Result<Vec<f64>, ScoreError> {
    let (regions, dimensions) = (places.regions.len(), image_embedding.len());
    if regions == 0 {
        return Err(ScoreError::NoRegions);
    }
    if dimensions == 0 {
        return Err(ScoreError::NoDimensions);
    }
    let (expected, found) = (regions * dimensions, region_embeddings.len());
    if expected != found {
        return Err(ScoreError::Shape { regions, dimensions, expected, found });
    }
    let rows = region_embeddings.chunks_exact(dimensions).zip(&places.regions).enumerate();
    let cosines = rows.map(|(index, (row, region))| {
        cosine(image_embedding, row).map_err(|(side, fault)| match side {
            Side::First => ScoreError::Image { fault },
            Side::Second => ScoreError::Region { index, id: region.id.clone(), fault },
        })
    });
    cosines.collect()
}
