//! A report → the tables that its Markdown and its HTML both show.
//!
//! In: a [`Report`].  Out: [`Table`]s of text, with the best of several models marked.
//!
//! Proof: `tests/evaluate/files.rs`.

use super::calibration::BINS;
use super::classification::Scores;
use super::distances::{Distances, ErrorSummary, Estimate};
use super::{Evaluation, Report};
use crate::places::geo::distance_km;

/// A table's text: what it shows, a header, and rows of the header's length.
pub(super) struct Table {
    pub caption: String,
    pub header: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// Whether a column holds numbers, to be set to the right.
    pub fn is_numeric(&self, column: usize) -> bool {
        let is_number = |cell: &Cell| cell.text.chars().all(|character| "0123456789.–·% -".contains(character));
        column > 0 && self.rows.iter().all(|row| is_number(&row[column]))
    }
}

/// A cell, and whether it is to stand out.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub text: String,
    pub strong: bool,
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), strong: false }
    }
}

/// What is better.
#[derive(Clone, Copy)]
enum Better {
    More,
    Less,
    Neither,
}

/// What a missing number looks like.
const MISSING: &str = "–";

pub(super) fn three(value: f64) -> String {
    format!("{value:.3}")
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

fn kilometers(value: f64) -> String {
    format!("{value:.3}")
}

/// Numbers as cells, the best ones strong where there is something to compare.
fn compared(values: &[Option<f64>], better: Better, show: fn(f64) -> String) -> Vec<Cell> {
    let known = values.iter().copied().flatten();
    let best = match better {
        Better::More => known.clone().reduce(f64::max),
        Better::Less => known.clone().reduce(f64::min),
        Better::Neither => None,
    };
    // Equal to the eye is equal.
    let best = best.filter(|_| known.count() > 1).map(show);
    let cells = values.iter().map(|value| match value {
        Some(value) => {
            let text = show(*value);
            Cell { strong: Some(&text) == best.as_ref(), text }
        }
        None => MISSING.into(),
    });
    cells.collect()
}

/// One row for each measure, one column for each model.
pub(super) fn summary(report: &Report) -> Table {
    type Measure = (&'static str, Better, fn(f64) -> String, fn(&Evaluation) -> Option<f64>);
    let measures: [Measure; 19] = [
        ("Photos", Better::Neither, |value| value.to_string(), |of| Some(of.photos as f64)),
        ("Accuracy", Better::More, three, |of| Some(of.accuracy)),
        ("Top-3 accuracy", Better::More, three, |of| Some(of.top_3_accuracy)),
        ("Macro precision", Better::More, three, |of| Some(of.classification.macro_average.precision)),
        ("Macro recall", Better::More, three, |of| Some(of.classification.macro_average.recall)),
        ("Macro F1", Better::More, three, |of| Some(of.classification.macro_average.f1)),
        ("Weighted precision", Better::More, three, |of| Some(of.classification.weighted_average.precision)),
        ("Weighted recall", Better::More, three, |of| Some(of.classification.weighted_average.recall)),
        ("Weighted F1", Better::More, three, |of| Some(of.classification.weighted_average.f1)),
        ("Mean km, center of the first region", Better::Less, kilometers, |of| mean(of, Estimate::Centroid)),
        ("Mean km, least expected distance", Better::Less, kilometers, |of| mean(of, Estimate::ExpectedDistance)),
        ("Median km, center of the first region", Better::Less, kilometers, |of| median(of, Estimate::Centroid)),
        ("Median km, least expected distance", Better::Less, kilometers, |of| median(of, Estimate::ExpectedDistance)),
        ("ECE", Better::Less, three, |of| Some(of.calibration.ece)),
        ("NLL", Better::Less, three, |of| Some(of.calibration.nll)),
        ("Temperature", Better::Neither, |value| format!("{value:.5}"), |of| Some(of.temperature)),
        ("“Not sure” below", Better::Neither, three, |of| Some(of.confidence_threshold)),
        ("Answered", Better::Neither, percent, |of| Some(of.answered.share)),
        ("Accuracy of what is answered", Better::More, three, |of| of.answered.accuracy),
    ];
    let rows = measures.map(|(name, better, show, value)| {
        let values: Vec<Option<f64>> = report.evaluations.iter().map(value).collect();
        let mut row = vec![name.into()];
        row.extend(compared(&values, better, show));
        row
    });
    let mut rows = rows.to_vec();
    let mut calibrated: Vec<Cell> = vec!["Calibrated".into()];
    calibrated.extend(report.evaluations.iter().map(|of| Cell::from(if of.calibrated { "yes" } else { "no" })));
    rows.push(calibrated);
    let mut header = vec!["Measure".to_owned()];
    header.extend(report.evaluations.iter().map(|of| of.model.clone()));
    Table { caption: "Models side by side".to_owned(), header, rows }
}

fn mean(of: &Evaluation, estimate: Estimate) -> Option<f64> {
    Some(of.distances.as_ref()?.of(estimate)?.summary.mean_km)
}

fn median(of: &Evaluation, estimate: Estimate) -> Option<f64> {
    Some(of.distances.as_ref()?.of(estimate)?.summary.median_km)
}

/// One row for each model and each point; the best of each column strong. None where no photo has coordinates.
pub(super) fn distances(report: &Report) -> Option<Table> {
    let known: Vec<(&str, &Distances)> =
        report.evaluations.iter().filter_map(|of| Some((of.model.as_str(), of.distances.as_ref()?))).collect();
    let (_, first) = known.first()?;
    let mut header = vec!["Model".to_owned(), "Point".to_owned()];
    header.extend(first.radii_km.iter().map(|radius_km| format!("ACC@{radius_km} km")));
    header.extend(["Mean km".to_owned(), "Median km".to_owned()]);
    let mut names: Vec<[String; 2]> = Vec::new();
    let mut numbers: Vec<Vec<Option<f64>>> = Vec::new();
    for (model, distances) in known {
        for errors in &distances.estimates {
            names.push([model.to_owned(), errors.estimate.label()]);
            let shares = errors.summary.within.iter().map(|within| Some(within.share));
            numbers.push(shares.chain([Some(errors.summary.mean_km), Some(errors.summary.median_km)]).collect());
        }
        if !distances.likeliest_within.is_empty() {
            names.push([model.to_owned(), "Most likely within R km, for each R its own".to_owned()]);
            let shares = distances.likeliest_within.iter().map(|within| Some(within.share));
            numbers.push(shares.chain([None, None]).collect());
        }
    }
    let mut rows: Vec<Vec<Cell>> = names.into_iter().map(|names| names.map(Cell::from).to_vec()).collect();
    for column in 0..header.len() - 2 {
        let is_share = column < header.len() - 4;
        let values: Vec<Option<f64>> = numbers.iter().map(|row| row[column]).collect();
        let cells = if is_share {
            compared(&values, Better::More, percent)
        } else {
            compared(&values, Better::Less, kilometers)
        };
        rows.iter_mut().zip(cells).for_each(|(row, cell)| row.push(cell));
    }
    Some(Table { caption: "How near the points are".to_owned(), header, rows })
}

/// The classification report of one model, as scikit-learn lays it out.
pub(super) fn classification(of: &Evaluation) -> Table {
    let row = |name: &str, scores: &Scores| -> Vec<Cell> {
        let numbers = [scores.precision, scores.recall, scores.f1].map(three);
        std::iter::once(name.into()).chain(numbers.map(Cell::from)).chain([scores.support.to_string().into()]).collect()
    };
    let mut rows: Vec<Vec<Cell>> =
        of.classification.regions.iter().map(|region| row(&region.name, &region.scores)).collect();
    let accuracy = [three(of.accuracy), of.photos.to_string()].map(Cell::from);
    let [share, photos] = accuracy;
    rows.push(vec!["Accuracy".into(), "".into(), "".into(), share, photos]);
    rows.push(row("Macro average", &of.classification.macro_average));
    rows.push(row("Weighted average", &of.classification.weighted_average));
    Table {
        caption: format!("Classification report of {}", of.model),
        header: ["Region", "Precision", "Recall", "F1", "Support"].map(str::to_owned).to_vec(),
        rows,
    }
}

/// Photos by true region (rows) and predicted region (columns, by number).
pub(super) fn confusion(of: &Evaluation) -> Table {
    let classification = &of.classification;
    let mut header = vec!["True region".to_owned()];
    header.extend((1..=classification.regions.len()).map(|number| number.to_string()));
    let rows = classification.confusion.iter().zip(&classification.regions).enumerate();
    let rows = rows.map(|(index, (counts, region))| {
        let mut row: Vec<Cell> = vec![format!("{}. {}", index + 1, region.name).into()];
        row.extend(counts.iter().enumerate().map(|(predicted, count)| {
            let text = if *count == 0 { "·".to_owned() } else { count.to_string() };
            Cell { text, strong: predicted == index && *count > 0 }
        }));
        row
    });
    Table { caption: format!("Confusion matrix of {}, in photos", of.model), header, rows: rows.collect() }
}

/// The bins that have photos.
pub(super) fn reliability(of: &Evaluation) -> Table {
    let rows = of.calibration.bins.iter().filter_map(|bin| {
        let (probability, accuracy) = (bin.mean_probability?, bin.accuracy?);
        let between = format!("{} to {}", three(bin.from), three(bin.to));
        Some([between, bin.photos.to_string(), three(probability), three(accuracy)].map(Cell::from).to_vec())
    });
    Table {
        caption: format!("Reliability of {}, in {BINS} bins", of.model),
        header: ["Top probability", "Photos", "Mean probability", "Accuracy"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}

/// One row for each model and each value of the column. None where no column was asked for.
pub(super) fn groups(report: &Report) -> Option<Table> {
    let column = report.evaluations.iter().find_map(|of| of.groups.as_ref())?.column.clone();
    let radii_km: Vec<f64> = report
        .evaluations
        .iter()
        .find_map(|of| of.distances.as_ref())
        .map(|distances| distances.radii_km.clone())
        .unwrap_or_default();
    let mut header: Vec<String> =
        ["Model", column.as_str(), "Photos", "Accuracy", "Top-3 accuracy", "Answered"].map(str::to_owned).to_vec();
    for radius_km in &radii_km {
        header.push(format!("ACC@{radius_km} km, center"));
        header.push(format!("ACC@{radius_km} km, most likely"));
    }
    header.extend(["Mean km, center", "Mean km, expected"].map(str::to_owned));
    let mut rows = Vec::new();
    for of in &report.evaluations {
        for group in of.groups.iter().flat_map(|groups| &groups.groups) {
            let value = if group.value.is_empty() { "(empty)" } else { group.value.as_str() };
            let mut row: Vec<Cell> = vec![of.model.as_str().into(), value.into(), group.photos.to_string().into()];
            row.extend([three(group.accuracy), three(group.top_3_accuracy), percent(group.answered)].map(Cell::from));
            row.extend(group_distances(group.distances.as_ref(), radii_km.len()));
            rows.push(row);
        }
    }
    Some(Table { caption: format!("By `{column}`"), header, rows })
}

fn group_distances(distances: Option<&Distances>, radii: usize) -> Vec<Cell> {
    let summary = |estimate| distances?.of(estimate).map(|errors| &errors.summary);
    let show = |value: Option<f64>, show: fn(f64) -> String| Cell::from(value.map_or(MISSING.to_owned(), show));
    let mut cells = Vec::new();
    for radius in 0..radii {
        cells.push(show(summary(Estimate::Centroid).map(|errors| errors.within[radius].share), percent));
        cells.push(show(distances.map(|distances| distances.likeliest_within[radius].share), percent));
    }
    for estimate in [Estimate::Centroid, Estimate::ExpectedDistance] {
        cells.push(show(summary(estimate).map(|errors| errors.mean_km), kilometers));
    }
    cells
}

/// The photos that were skipped. None where none was.
pub(super) fn unreadable(report: &Report) -> Option<Table> {
    let rows = report.unreadable.iter().map(|photo| vec![photo.path.as_str().into(), photo.reason.as_str().into()]);
    (!report.unreadable.is_empty()).then(|| Table {
        caption: "Skipped photos".to_owned(),
        header: ["Photo", "Why"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
    })
}

/// How far off the point with the least expected distance is, by true region.
pub(super) fn errors_by_region(of: &Evaluation) -> Table {
    let mut errors: Vec<Vec<f64>> = vec![Vec::new(); of.classification.regions.len()];
    for photo in &of.predictions {
        if let Some(taken_at) = photo.taken_at {
            errors[photo.truth].push(distance_km(photo.points.expected_distance.point, taken_at));
        }
    }
    let rows = of.classification.regions.iter().zip(&errors).map(|(region, errors)| {
        let summary = ErrorSummary::new(errors, &[]);
        let show = |value: Option<f64>| Cell::from(value.map_or(MISSING.to_owned(), kilometers));
        vec![
            region.name.as_str().into(),
            errors.len().to_string().into(),
            show(summary.as_ref().map(|summary| summary.mean_km)),
            show(summary.as_ref().map(|summary| summary.median_km)),
        ]
    });
    Table {
        caption: format!("Errors of {} by true region, least expected distance", of.model),
        header: ["Region", "Photos with coordinates", "Mean km", "Median km"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}
