//! Every prediction of every model → CSV, one line each.
//!
//! In: a [`Report`].  Out: bytes, UTF-8. Distances are empty where a photo has no coordinates.
//!
//! Source: RFC 4180. Proof: `tests/evaluate/files.rs`.

use super::{EvaluateError, Evaluation, PhotoPrediction, Report};
use crate::places::geo::{LatLon, distance_km};

/// The table of `report`.
///
/// # Errors
/// [`EvaluateError::Csv`], which does not happen in memory.
pub(super) fn csv(report: &Report) -> Result<Vec<u8>, EvaluateError> {
    let as_error = |source| EvaluateError::Csv { source };
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(header(report)).map_err(as_error)?;
    for evaluation in &report.evaluations {
        for photo in &evaluation.predictions {
            table.write_record(record(report, evaluation, photo)).map_err(as_error)?;
        }
    }
    table.into_inner().map_err(|error| as_error(error.into_error().into()))
}

fn header(report: &Report) -> Vec<String> {
    let fixed = ["model", "path", "region", "predicted", "correct", "rank", "probability", "answered", "lat", "lon"];
    let mut header: Vec<String> = fixed.map(str::to_owned).to_vec();
    let first = report.evaluations.iter().find_map(|evaluation| evaluation.predictions.first());
    for (estimate, _) in first.map(|photo| photo.points.all()).unwrap_or_default() {
        let key = estimate.key();
        header.extend(["lat", "lon", "error_km"].map(|part| format!("{key}_{part}")));
    }
    header.extend(report.further_columns.iter().cloned());
    header
}

fn record(report: &Report, evaluation: &Evaluation, photo: &PhotoPrediction) -> Vec<String> {
    let degrees = |value: f64| format!("{value:.6}");
    let taken_at = |part: fn(LatLon) -> f64| photo.taken_at.map(part).map(degrees).unwrap_or_default();
    let mut record = vec![
        evaluation.model.clone(),
        photo.path.clone(),
        report.regions[photo.truth].id.clone(),
        report.regions[photo.predicted].id.clone(),
        photo.is_correct().to_string(),
        (photo.rank + 1).to_string(),
        photo.probability.to_string(),
        photo.answered.to_string(),
        taken_at(|at| at.lat),
        taken_at(|at| at.lon),
    ];
    for (_, point) in photo.points.all() {
        let error = photo.taken_at.map(|at| format!("{:.4}", distance_km(point, at))).unwrap_or_default();
        record.extend([degrees(point.lat), degrees(point.lon), error]);
    }
    record.extend(photo.further.iter().cloned());
    record
}
