//! A report → its sentences, which its Markdown and its HTML both say.
//!
//! In: a [`Report`].  Out: lines of plain text.

use super::Report;

/// What was evaluated, on what.
pub(super) fn opening(report: &Report) -> String {
    let models: Vec<&str> = report.evaluations.iter().map(|of| of.model.as_str()).collect();
    let split = report.split.as_ref().map_or(String::new(), |split| format!(", split “{split}”"));
    format!("{} on {}{split}, over {} regions.", models.join(", "), report.data, report.regions.len())
}

/// What the numbers leave out.
pub(super) fn left_out(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    match report.unreadable.len() {
        0 => {}
        1 => lines.push("1 photo could not be read and is left out; it is named at the end.".to_owned()),
        many => lines.push(format!("{many} photos could not be read and are left out; they are named at the end.")),
    }
    // The photos are the same for every model.
    if let Some(of) = report.evaluations.first() {
        let (without, all) = (of.photos_without_coordinates, of.photos);
        if without == all {
            lines.push("No photo has coordinates, so that there are no distances.".to_owned());
        } else if without > 0 {
            lines.push(format!("{without} of {all} photos have no coordinates; the distances are of the others."));
        }
    }
    lines
}

/// What a reader of the distances must know.
pub(super) const DISTANCES: &str = "ACC@R is the share of photos whose point is at most R km from where they were \
    taken. The center of the first region is the experiment's point. The other two take all probabilities, each \
    region's spread over its area: one has the least expected distance, one is the most likely to be within R km.";

/// What a reader of the calibration must know.
pub(super) const CALIBRATION: &str = "A calibrated model is right as often as its top probability says. The ECE is \
    the mean gap between the two over 15 bins of equal width; the NLL is the mean negative log of the true region's \
    probability. A photo is answered where its top probability reaches the threshold; the others are “not sure”.";

/// What a reader of the classification reports must know.
pub(super) const CLASSIFICATION: &str = "Precision, recall and F1 count as 0 where nothing was predicted or nothing \
    is there to be found. The macro average is over all regions, the weighted average by support.";
