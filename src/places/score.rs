//! Embeddings → cosines, probabilities, ranks, and the sets of regions that hold most of the probability.
//!
//! In: `image_embedding [D]`, `region_embeddings [R, D]`, of any length but zero.  Out: plain numbers per region, f64.
//! `cosine = a·b / (|a| |b|)`, `probability = softmax(cosine / temperature)`. Equal values keep the regions' order.
//!
//! Source: Radford et al. 2021, figure 3; CLIP's own temperature is `exp(-logit_scale)`, and 1 is the plain softmax.
//! Proof: `tests/places/score.rs`, against `tests/golden/scoring`.

/// How much less than the asked mass a set may hold: the rounding of a sum, and no more.
const MASS_SLACK: f64 = 1e-9;

/// Why there is no score.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScoreError {
    #[error("the temperature is {found}; expected a finite number above 0 (1 is the plain softmax)")]
    Temperature { found: f64 },
    #[error("the confidence threshold is {found}; expected a probability, 0 to 1")]
    ConfidenceThreshold { found: f64 },
    #[error("there are no regions; expected one at least. Read the places from a file that has some")]
    NoRegions,
    #[error("the image embedding has no numbers; expected one for each dimension of the model")]
    NoDimensions,
    #[error(
        "the region embeddings hold {found} numbers; expected {expected}, {regions} regions of {dimensions} dimensions \
         as the image embedding has. Embed the regions with the model that looks at the photos"
    )]
    Shape { regions: usize, dimensions: usize, expected: usize, found: usize },
    #[error(
        "the point estimates were prepared for {found} regions; expected {expected}. Prepare them from the same places"
    )]
    Spread { expected: usize, found: usize },
    #[error("the image embedding {fault}; expected finite numbers, not all zero. The model or the device is at fault")]
    Image { fault: EmbeddingFault },
    #[error(
        "the embedding of region {index} (`{id}`) {fault}; expected finite numbers, not all zero. Embed the regions again"
    )]
    Region { index: usize, id: String, fault: EmbeddingFault },
}

impl ScoreError {
    /// The stable word for this part's errors in JavaScript.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Temperature { .. } => "temperature",
            Self::ConfidenceThreshold { .. } => "confidence_threshold",
            Self::NoRegions | Self::NoDimensions | Self::Shape { .. } | Self::Spread { .. } => "embedding_shape",
            Self::Image { .. } | Self::Region { .. } => "embedding_values",
        }
    }
}

/// What keeps an embedding from having a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmbeddingFault {
    #[error("is not finite")]
    NonFinite,
    #[error("is all zeros")]
    Zero,
}

/// The cosine of two embeddings of the same length, −1 … 1.
///
/// # Errors
/// [`EmbeddingFault`] with the side at fault, where one of them has no direction.
pub fn cosine(a: &[f32], b: &[f32]) -> Result<f64, (Side, EmbeddingFault)> {
    let length_a = length(a).map_err(|fault| (Side::First, fault))?;
    let length_b = length(b).map_err(|fault| (Side::Second, fault))?;
    let dot: f64 = a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
    Ok((dot / (length_a * length_b)).clamp(-1.0, 1.0))
}

/// Which of two embeddings is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    First,
    Second,
}

fn length(embedding: &[f32]) -> Result<f64, EmbeddingFault> {
    // In f64 neither the largest nor the smallest f32 is lost when squared.
    let square: f64 = embedding.iter().map(|&value| f64::from(value) * f64::from(value)).sum();
    match square {
        square if !square.is_finite() => Err(EmbeddingFault::NonFinite),
        0.0 => Err(EmbeddingFault::Zero),
        square => Ok(square.sqrt()),
    }
}

/// `softmax(values / temperature)`: positive, summing to 1.
///
/// The largest value is taken off before the division, so that no finite temperature overflows.
///
/// # Errors
/// [`ScoreError::Temperature`] where it is not finite and above 0.
pub fn softmax(values: &[f64], temperature: f64) -> Result<Vec<f64>, ScoreError> {
    if !(temperature > 0.0 && temperature.is_finite()) {
        return Err(ScoreError::Temperature { found: temperature });
    }
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut weights: Vec<f64> = values.iter().map(|value| ((value - largest) / temperature).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= sum);
    Ok(weights)
}

/// Indices by descending value, equal values by lower index.
pub fn rank(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    // Stable, and 0 equals −0, which `total_cmp` alone would tell apart.
    order.sort_by(|&a, &b| (values[b] + 0.0).total_cmp(&(values[a] + 0.0)));
    order
}

/// The first `k` of [`rank`], or all where there are fewer.
pub fn top_k(values: &[f64], k: usize) -> Vec<usize> {
    let mut order = rank(values);
    order.truncate(k);
    order
}

/// The smallest set of indices that holds at least `mass` of the probability, the likeliest first.
///
/// Equal probabilities go in by lower index. A sum that misses `mass` only by rounding (1e-9) is enough; where all
/// together hold less than `mass`, all are in.
pub fn credible_set(probabilities: &[f64], mass: f64) -> Vec<usize> {
    let mut set = rank(probabilities);
    let mut held = 0.0;
    let enough = set.iter().position(|&index| {
        held += probabilities[index];
        held >= mass - MASS_SLACK
    });
    set.truncate(enough.map_or(set.len(), |last| last + 1));
    set
}
