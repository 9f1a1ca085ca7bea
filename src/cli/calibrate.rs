//! `placelens calibrate`: a pack and labeled photos → what its certainty is worth, written into its manifest.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;

use super::answers::ask;
use super::evaluate::photos_of;
use crate::dataset::Dataset;
use crate::evaluate::calibration::{Fit, Limit, fit};
use crate::weights::manifest::Calibration;
use crate::weights::pack::write_calibration;

/// Fit a pack's temperature and its "not sure" threshold to labeled photos.
#[derive(Debug, Args)]
pub struct CalibrateArguments {
    /// The pack, whose manifest is written
    #[arg(long)]
    model: String,
    /// Labeled photos that the model was not trained on: a folder, or a CSV; see `placelens dataset`
    #[arg(long)]
    data: PathBuf,
    /// Which photos: train, val, test, or all
    #[arg(long, default_value = "val")]
    split: String,
    /// Places, as GeoJSON or as the experiment's list of regions [default: the pack's own, else Los Angeles County]
    #[arg(long)]
    places: Option<PathBuf>,
    /// How many of the photos that count as sure should be right
    #[arg(long, default_value_t = 0.9)]
    target_accuracy: f64,
}

pub fn run(arguments: CalibrateArguments) -> anyhow::Result<ExitCode> {
    if !super::model::is_pack(&arguments.model) {
        bail!("{}: not a pack; expected a folder that `placelens pack` wrote", arguments.model);
    }
    let own = super::model::own_places(&arguments.model)?;
    let places = match (arguments.places.as_deref(), own) {
        (None, Some(own)) => own,
        (path, _) => super::read_places(path)?,
    };
    let dataset = Dataset::read(&arguments.data, &places)?;
    let (_, photos) = photos_of(&dataset, &arguments.split)?;
    let asked = ask(&arguments.model, &places, &photos)?;
    let answers = asked.model.answers;
    let truths: Vec<usize> = answers.iter().map(|answer| answer.truth).collect();
    let cosines: Vec<Vec<f64>> = answers.into_iter().map(|answer| answer.cosines).collect();
    let fit = fit(&cosines, &truths, asked.own_temperature, arguments.target_accuracy)?;
    let calibration = Calibration {
        temperature: fit.temperature,
        confidence_threshold: fit.confidence_threshold,
        photos: fit.photos,
    };
    write_calibration(Path::new(&arguments.model), calibration).with_context(|| arguments.model.clone())?;
    println!("{}: fitted to {} photos", arguments.model, fit.photos);
    println!("temperature {:.5} (the model's own {:.5})", fit.temperature, asked.own_temperature);
    println!("expected calibration error {:.4} before, {:.4} after", fit.ece_before, fit.ece_after);
    println!("negative log-likelihood {:.4} before, {:.4} after", fit.nll_before, fit.nll_after);
    println!("sure from {:.3} on: {}", fit.confidence_threshold, answered(&fit));
    if let Some(reason) = limited(&fit) {
        eprintln!("placelens: {reason}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Why the numbers are not what was asked for, where they are not.
fn limited(fit: &Fit) -> Option<String> {
    match fit.limit {
        Some(Limit::TooFewMistakes) => Some(
            "the model makes hardly a mistake on these photos; more of them would fit the temperature better".into(),
        ),
        Some(Limit::FarFromOwn) => Some(
            "the temperature is as far from the model's own as is allowed: its cosines hardly tell the regions apart"
                .into(),
        ),
        None if !fit.reached => Some(format!(
            "no threshold makes {:.0} % of the sure answers right; nearly every photo will be \"not sure\"",
            fit.target_accuracy * 100.0
        )),
        None => None,
    }
}

fn answered(fit: &Fit) -> String {
    let share = format!("{:.1} % of the photos", fit.answered_share * 100.0);
    match fit.answered_accuracy {
        Some(accuracy) => format!("{share}, {:.1} % of them right", accuracy * 100.0),
        None => share,
    }
}
