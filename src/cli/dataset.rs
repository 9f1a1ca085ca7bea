//! `placelens dataset`: labeled photos → what is in them and wrong with them, and who is train, val and test.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::dataset::{self, Dataset, Drawing, Report, Shares, Survey};
use crate::places::Places;

/// Count and check labeled photos; draw a sample of them, and split them into train, val and test.
///
/// The data set is a folder with one subfolder per region, or a CSV with the columns path,region,lat,lon, or a folder
/// with both. With --sample, --split or --out the photos are written down as a CSV, so that the same ones are test
/// photos for every model.
#[derive(Debug, Args)]
pub struct DatasetArguments {
    /// The folder, or the CSV
    #[arg(value_name = "DIR")]
    dataset: PathBuf,
    /// Places, as GeoJSON or as the experiment's list of regions [default: Los Angeles County]
    #[arg(long, value_name = "FILE")]
    places: Option<PathBuf>,
    /// Take at most N photos of each region
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    sample: Option<u32>,
    /// The shares of train, val and test in each region, such as 0.8/0.1/0.1
    #[arg(long, value_name = "SHARES")]
    split: Option<Shares>,
    /// Another sample and another split
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The CSV to write [default: split.csv in the data set's folder]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Everything, with all names, as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: DatasetArguments) -> anyhow::Result<ExitCode> {
    let places = super::read_places(arguments.places.as_deref())?;
    let dataset = Dataset::read(&arguments.dataset, &places)?;
    let out = out(&arguments, &dataset);
    if let Some(out) = &out {
        dataset::check_out(&dataset, out)?;
    }
    let bar = ProgressBar::new(dataset.photos.len() as u64);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} photos {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let survey = Survey::of(dataset, &|| bar.inc(1));
    bar.finish_and_clear();
    let sample = arguments.sample.map(|most| most as usize);
    let survey = Drawing { sample, shares: arguments.split, seed: arguments.seed }.draw(survey?)?;
    let report = Report::of(&survey, &places);
    let text = if arguments.json { serde_json::to_string_pretty(&report)? } else { report.to_string() };
    if let Some(out) = &out {
        write_list(&survey, &places, out)?;
    }
    match writeln!(std::io::stdout(), "{text}") {
        // Whoever read the output has enough of it.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        written => written.context("standard output").map(|()| ExitCode::SUCCESS),
    }
}

/// The CSV to write, where one is asked for.
fn out(arguments: &DatasetArguments, dataset: &Dataset) -> Option<PathBuf> {
    let is_asked = arguments.sample.is_some() || arguments.split.is_some();
    arguments.out.clone().or_else(|| is_asked.then(|| dataset::default_out(dataset)))
}

fn write_list(survey: &Survey, places: &Places, out: &Path) -> anyhow::Result<()> {
    let is_new = !out.exists();
    dataset::write(&survey.dataset, places, out)?;
    let done = if is_new { "wrote" } else { "replaced" };
    eprintln!("placelens: {done} {}, {} photos", out.display(), survey.dataset.photos.len());
    Ok(())
}
