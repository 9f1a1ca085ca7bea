//! `placelens evaluate`: models and labeled photos → a report of how good each is, side by side.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;

use super::answers::{Asked, ask};
use crate::dataset::{Dataset, LabelledPhoto, Split};
use crate::evaluate::{GroupBy, Options, Report, Unreadable, evaluate, write};
use crate::places::{Places, Spread};

/// Report how good models are on labeled photos.
#[derive(Debug, Args)]
pub struct EvaluateArguments {
    /// A pack, a Hugging Face CLIP folder, or a model's name on the hub; several are compared
    #[arg(long, required = true)]
    model: Vec<String>,
    /// Labeled photos: a folder, or a CSV; see `placelens dataset`
    #[arg(long)]
    data: PathBuf,
    /// Which photos: train, val, test, or all
    #[arg(long, default_value = "test")]
    split: String,
    /// Places, as GeoJSON or as the experiment's list of regions [default: the first pack's own, else Los Angeles County]
    #[arg(long)]
    places: Option<PathBuf>,
    /// A further column of the data set's CSV: the report says how good the models are for each of its values
    #[arg(long, value_name = "COLUMN")]
    by: Option<String>,
    /// The folder for report.md, report.html, report.json and predictions.csv
    #[arg(long)]
    out: PathBuf,
}

pub fn run(arguments: EvaluateArguments) -> anyhow::Result<ExitCode> {
    let places = places(&arguments)?;
    let dataset = Dataset::read(&arguments.data, &places)?;
    let (split, photos) = photos_of(&dataset, &arguments.split)?;
    let group_by = arguments.by.as_ref().map(|column| group_by(&dataset, column)).transpose()?;
    let options = Options { group_by, ..Options::default() };
    let spread = Spread::new(&places);
    let (mut evaluations, mut unreadable) = (Vec::new(), Vec::new());
    for model in &arguments.model {
        let Asked { model: answers, unreadable: left_out, .. } = ask(model, &places, &photos)?;
        let found: Vec<Unreadable> = left_out.into_iter().filter(|photo| !unreadable.contains(photo)).collect();
        unreadable.extend(found);
        evaluations.push(evaluate(&places, &spread, &answers, &options)?);
    }
    let mut report = Report::new(&places, arguments.data.display().to_string(), split, evaluations);
    (report.unreadable, report.further_columns) = (unreadable, dataset.further_columns.clone());
    write(&report, &arguments.out)?;
    for evaluation in &report.evaluations {
        println!("{}", summary(evaluation));
    }
    println!("the report is in {}", arguments.out.display());
    Ok(ExitCode::SUCCESS)
}

fn places(arguments: &EvaluateArguments) -> anyhow::Result<Places> {
    if arguments.places.is_some() {
        return super::read_places(arguments.places.as_deref());
    }
    for model in &arguments.model {
        if let Some(places) = super::model::own_places(model)? {
            return Ok(places);
        }
    }
    super::read_places(None)
}

/// The photos of a split by its name, or all of them.
pub fn photos_of<'a>(dataset: &'a Dataset, split: &str) -> anyhow::Result<(Option<String>, Vec<&'a LabelledPhoto>)> {
    if split == "all" {
        return Ok((None, dataset.photos.iter().collect()));
    }
    let parsed: Split = split.parse().with_context(|| format!("--split {split}: expected train, val, test or all"))?;
    Ok((Some(parsed.to_string()), dataset.of_split(parsed)?))
}

fn group_by(dataset: &Dataset, column: &str) -> anyhow::Result<GroupBy> {
    let Some(index) = dataset.column(column) else {
        bail!("--by {column}: the data set has no such column; it has {:?}", dataset.further_columns);
    };
    Ok(GroupBy { column: column.to_owned(), index })
}

/// One line of the most important numbers.
fn summary(evaluation: &crate::evaluate::Evaluation) -> String {
    let classification = &evaluation.classification;
    format!(
        "{}: {} photos, accuracy {:.3}, top 3 {:.3}, macro F1 {:.3}, ECE {:.3}",
        evaluation.model,
        evaluation.photos,
        evaluation.accuracy,
        evaluation.top_3_accuracy,
        classification.macro_average.f1,
        evaluation.calibration.ece
    )
}
