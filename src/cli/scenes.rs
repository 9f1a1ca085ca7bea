//! `placelens scenes`: a drawn data set of street-view-like pictures.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::scenes;

/// Draw a labelled data set of street-view-like pictures.
#[derive(Debug, Args)]
pub struct ScenesArguments {
    /// A new or empty folder for the pictures, photos.csv and contact_sheet.jpg
    #[arg(long)]
    out: PathBuf,
    /// How many pictures of each region
    #[arg(long)]
    per_region: u32,
    /// The same seed draws the same pictures
    #[arg(long)]
    seed: u64,
    /// Places, as GeoJSON or as the experiment's list of regions; each needs a world [default: Los Angeles County]
    #[arg(long)]
    places: Option<PathBuf>,
}

pub fn run(arguments: ScenesArguments) -> anyhow::Result<ExitCode> {
    let places = super::read_places(arguments.places.as_deref())?;
    let total = places.regions.len() as u64 * u64::from(arguments.per_region);
    let style = "{bar:30} {pos} of {len} pictures, {eta} left";
    let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
    let progress = ProgressBar::new(total).with_style(style);
    let tick = || progress.inc(1);
    let written = scenes::write(&places, &arguments.out, arguments.per_region, arguments.seed, &tick);
    progress.finish_and_clear();
    let written = written?;
    println!("{} pictures of {} regions, {} of them hard", written.pictures, places.regions.len(), written.hard);
    println!("{}", written.table.display());
    println!("{}", written.contact_sheet.display());
    Ok(ExitCode::SUCCESS)
}
