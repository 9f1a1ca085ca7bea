//! What can be wrong with answers, with options, or with writing the report.

use std::path::PathBuf;

use crate::places::ScoreError;
use crate::places::geo::LatLon;

/// Why there is no evaluation, no fit, or no report.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    #[error("no photo to evaluate `{model}` on; expected one at least. Name a split that has photos that can be read")]
    NoPhotos { model: String },
    #[error("no photo to calibrate on; expected one at least. Name a split that has photos that can be read")]
    NothingToFit,
    #[error("no model to report on; expected one at least. Name one with --model")]
    NoModels,
    #[error(
        "`{path}`: `{model}` gives {found} cosines; expected {expected}, one for each region. Embed the regions of the \
         same places"
    )]
    Cosines { model: String, path: String, expected: usize, found: usize },
    #[error(
        "`{path}`: the cosine of `{model}` with region {region} is {found}; expected a finite number. The model is at \
         fault"
    )]
    CosineValue { model: String, path: String, region: usize, found: f64 },
    #[error(
        "`{path}`: the true region has the index {found}; expected one of {regions} regions. Read the places again"
    )]
    Truth { path: String, regions: usize, found: usize },
    #[error(
        "`{path}`: taken at latitude {}, longitude {}; expected −90 to 90 and −180 to 180. Correct the coordinates or \
         leave them empty", found.lat, found.lon
    )]
    TakenAt { path: String, found: LatLon },
    #[error(
        "`{path}` has {found} further columns, and none is `{column}`; expected one. Name a column that all photos have"
    )]
    NoColumn { path: String, column: String, found: usize },
    #[error(
        "the confidence threshold of `{model}` is {found}; expected a probability, 0 to 1. Calibrate the model again"
    )]
    ConfidenceThreshold { model: String, found: f64 },
    #[error("the radius is {found} km; expected a finite number above 0")]
    Radius { found: f64 },
    #[error("the target accuracy is {found}; expected a share above 0, up to 1")]
    TargetAccuracy { found: f64 },
    #[error("the areas were prepared for {found} regions; expected {expected}. Prepare them from the same places")]
    Spread { expected: usize, found: usize },
    #[error("there are {found} truths for {expected} photos; expected as many as photos")]
    Truths { expected: usize, found: usize },
    #[error("photo {photo} (from 0) has {found} cosines; expected {expected}, as the first one has")]
    FitCosines { photo: usize, expected: usize, found: usize },
    #[error("photo {photo} (from 0) has the cosine {found}; expected finite numbers. The model is at fault")]
    FitCosineValue { photo: usize, found: f64 },
    #[error("photo {photo} (from 0) is of region {found}; expected one of {regions} regions, counted from 0")]
    FitTruth { photo: usize, regions: usize, found: usize },
    #[error(transparent)]
    Score(#[from] ScoreError),
    #[error(
        "{}: the folder for the report cannot be made: {source}. Name a folder that can be written to", folder.display()
    )]
    Folder { folder: PathBuf, source: std::io::Error },
    #[error(
        "{}: the report cannot be written: {source}. What stood there before is unchanged; make room or name another \
         folder", file.display()
    )]
    Write { file: PathBuf, source: std::io::Error },
    #[error("the report as JSON: {source}")]
    Json { source: serde_json::Error },
    #[error("the table of predictions: {source}")]
    Csv { source: csv::Error },
    #[error("the plot of {plot} cannot be drawn: {source}")]
    Plot { plot: &'static str, source: Box<dyn std::error::Error + Send + Sync> },
}
