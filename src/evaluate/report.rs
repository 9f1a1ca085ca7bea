//! Evaluations of one or more models on the same photos → one report.
//!
//! In: [`Evaluation`]s, and what was evaluated on.  Out: [`Report`], which serializes as the report's JSON.

use serde::Serialize;

use super::Evaluation;
use crate::places::Places;
use crate::places::geo::{Bbox, LatLon};

/// What is written to files.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Where the photos come from, as the user gave it.
    pub data: String,
    pub split: Option<String>,
    pub regions: Vec<ReportRegion>,
    /// One for each model, in the order in which they were given.
    pub evaluations: Vec<Evaluation>,
    /// Photos that were skipped.
    pub unreadable: Vec<Unreadable>,
    /// The names of the data set's further columns.
    pub further_columns: Vec<String>,
}

/// A region that photos were compared with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReportRegion {
    pub id: String,
    pub name: String,
    pub bbox: Bbox,
    pub centroid: LatLon,
}

/// A photo that was skipped, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unreadable {
    pub path: String,
    pub reason: String,
}

impl Report {
    pub fn new(places: &Places, data: String, split: Option<String>, evaluations: Vec<Evaluation>) -> Self {
        let regions = places.regions.iter().map(|region| ReportRegion {
            id: region.id.clone(),
            name: region.name.clone(),
            bbox: region.bbox,
            centroid: region.centroid(),
        });
        let (unreadable, further_columns) = (Vec::new(), Vec::new());
        Self { data, split, regions: regions.collect(), evaluations, unreadable, further_columns }
    }
}
