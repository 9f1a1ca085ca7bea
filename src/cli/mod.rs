//! The commands: what each takes, and what it prints.
//!
//! In: [`Arguments`].  Out: an exit code; results on standard output, everything else on standard error.
//!
//! - `pack`: the commands `pack` and `verify`;  `compare`: `compare`;  `photos`: photos by the folder, or drawn
//! - `embed`: `embed`
//! - `locate`: `locate`
//! - `model`: `--model`, a pack or a Hugging Face model, opened
//! - `scenes`, `dataset`, `finetune`, `evaluate`, `calibrate`: the experiment's commands;  `answers`: what two share

#[cfg(feature = "train")]
mod answers;
#[cfg(feature = "train")]
mod calibrate;
mod compare;
#[cfg(feature = "train")]
mod dataset;
mod embed;
#[cfg(feature = "train")]
mod evaluate;
#[cfg(feature = "train")]
mod finetune;
mod locate;
mod model;
mod pack;
mod photos;
#[cfg(feature = "train")]
mod scenes;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

use crate::places::Places;

/// Which neighborhood was this photo taken in?
#[derive(Debug, Parser)]
#[command(name = "placelens", version, about)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Rank the places where photos may have been taken
    Locate(locate::LocateArguments),
    /// Write the embeddings of photos and texts as safetensors
    Embed(embed::EmbedArguments),
    /// Say what is in a set of labeled photos, and split it
    #[cfg(feature = "train")]
    Dataset(dataset::DatasetArguments),
    /// Fine-tune a model on labeled photos
    #[cfg(feature = "train")]
    Finetune(finetune::FinetuneArguments),
    /// Report how good models are on labeled photos
    #[cfg(feature = "train")]
    Evaluate(evaluate::EvaluateArguments),
    /// Draw a data set of street-view-like pictures
    #[cfg(feature = "train")]
    Scenes(scenes::ScenesArguments),
    /// Fit a pack's temperature and its "not sure" threshold to labeled photos
    #[cfg(feature = "train")]
    Calibrate(calibrate::CalibrateArguments),
    /// Turn a model into a pack: the folder that the page and the other commands load
    Pack(pack::PackArguments),
    /// Compare packs of one model: what each costs, and what it loses
    Compare(compare::CompareArguments),
    /// Check a pack: every hash, every shape, and the known answer
    Verify(pack::VerifyArguments),
}

/// Does what the arguments say.
///
/// # Errors
/// What ends the whole command; a single photo that cannot be used is reported and counted in the exit code.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Locate(arguments) => locate::run(arguments),
        Command::Embed(arguments) => embed::run(arguments),
        #[cfg(feature = "train")]
        Command::Dataset(arguments) => dataset::run(arguments),
        #[cfg(feature = "train")]
        Command::Finetune(arguments) => finetune::run(arguments),
        #[cfg(feature = "train")]
        Command::Evaluate(arguments) => evaluate::run(arguments),
        #[cfg(feature = "train")]
        Command::Scenes(arguments) => scenes::run(arguments),
        #[cfg(feature = "train")]
        Command::Calibrate(arguments) => calibrate::run(arguments),
        Command::Compare(arguments) => compare::run(arguments),
        Command::Pack(arguments) => pack::run(arguments),
        Command::Verify(arguments) => pack::verify(arguments),
    }
}

/// An error and its causes in one line. Many messages here end with their cause already; it is not said twice.
pub fn described(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |described, cause| match described {
        empty if empty.is_empty() => cause,
        whole if whole.contains(&cause) => whole,
        whole => format!("{whole}: {cause}"),
    })
}

/// The places in a file, or the 15 regions of Los Angeles County where none is named.
fn read_places(path: Option<&Path>) -> anyhow::Result<Places> {
    let Some(path) = path else {
        return Places::from_json(include_str!("../../model/regions.geojson")).context("the built-in places");
    };
    let json = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Places::from_json(&json).with_context(|| path.display().to_string())
}

/// The bytes of a file, or of standard input for `-`, cut one byte above `most`: enough to see that it is too large.
fn read_bytes(path: &Path, most: usize) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().lock().take(most as u64 + 1).read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(path)?.take(most as u64 + 1).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// Texts that were cut, said on standard error.
fn warn_cut(what: &str, names: impl Iterator<Item = String>, context: usize) {
    for name in names {
        eprintln!("placelens: {what} {name} is longer than the model's {context} tokens and was cut");
    }
}

/// A photo, or a file of one: what messages call it.
fn shown(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}
