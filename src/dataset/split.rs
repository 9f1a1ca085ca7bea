//! Training, validation or test; and how many photos go to each.
//!
//! In: words such as `val`, and shares such as `0.8/0.1/0.1` or `80/10/10`.  Out: [`Split`], [`Shares`].
//!
//! Proof: `tests/dataset/draw.rs`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a photo is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// The model learns from it.
    Train,
    /// It decides when to stop, and calibrates.
    Val,
    /// It is only for the report.
    Test,
}

impl Split {
    pub const ALL: [Self; 3] = [Self::Train, Self::Val, Self::Test];

    /// The word in a CSV.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
            Self::Test => "test",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// A word that is no split.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the split is {found:?}; expected train, val or test")]
pub struct UnknownSplit {
    pub found: String,
}

impl FromStr for Split {
    type Err = UnknownSplit;

    /// In any case; the usual longer words are understood.
    fn from_str(text: &str) -> Result<Self, UnknownSplit> {
        match text.trim().to_ascii_lowercase().as_str() {
            "train" | "training" => Ok(Self::Train),
            "val" | "valid" | "validation" | "dev" => Ok(Self::Val),
            "test" | "testing" => Ok(Self::Test),
            _ => Err(UnknownSplit { found: text.chars().take(60).collect() }),
        }
    }
}

/// The shares of [`Split::ALL`]: above 0, and 1 together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shares([f64; 3]);

/// Text that is no shares.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SharesError {
    #[error("{found} shares; expected three, for train, val and test, such as 0.8/0.1/0.1")]
    Count { found: usize },
    #[error("the share of {split} is {found:?}; expected a number above 0, such as in 0.8/0.1/0.1")]
    Share { split: Split, found: String },
    #[error("the shares are {found} together; expected 1, such as 0.8/0.1/0.1, or 100, such as 80/10/10")]
    Sum { found: f64 },
}

impl Shares {
    /// How many photos of `count` go to each split: the differences of the rounded cumulative shares, so that the sum
    /// is `count` and none is off by one or more.
    pub fn quotas(self, count: usize) -> [usize; 3] {
        let [train, val, _] = self.0;
        // A share such as 0.35 is not exact in binary; halves are to round up all the same.
        let rounded = |share: f64| ((count as f64 * share + 0.5 + 1e-9).floor() as usize).min(count);
        let (first, second) = (rounded(train), rounded(train + val));
        [first, second - first, count - second]
    }

    /// The split that a number in `0 … 1` falls into where the shares lie side by side.
    pub fn at(self, position: f64) -> Split {
        let [train, val, _] = self.0;
        match position {
            position if position < train => Split::Train,
            position if position < train + val => Split::Val,
            _ => Split::Test,
        }
    }
}

impl fmt::Display for Shares {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [train, val, test] = self.0;
        write!(formatter, "{train}/{val}/{test}")
    }
}

impl FromStr for Shares {
    type Err = SharesError;

    fn from_str(text: &str) -> Result<Self, SharesError> {
        let parts: Vec<&str> = text.split('/').map(str::trim).collect();
        let &[train, val, test] = parts.as_slice() else { return Err(SharesError::Count { found: parts.len() }) };
        let mut shares = [0.0; 3];
        for ((share, part), split) in shares.iter_mut().zip([train, val, test]).zip(Split::ALL) {
            let number = part.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0);
            *share = number.ok_or_else(|| SharesError::Share { split, found: part.chars().take(60).collect() })?;
        }
        let sum: f64 = shares.iter().sum();
        // Shares such as 0.333/0.333/0.334 are rounded; 0.3/0.3/0.3 is a mistake.
        match [1.0, 100.0].into_iter().find(|whole| (sum / whole - 1.0).abs() < 1e-6) {
            Some(whole) => Ok(Self(shares.map(|share| share / whole))),
            None => Err(SharesError::Sum { found: sum }),
        }
    }
}
