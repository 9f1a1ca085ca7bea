//! `placelens locate`: photos → ranked places, to read or as JSON lines.
//!
//! Each core has a photo of its own: that needs no core to wait for another, as the parts of one photo would.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use anyhow::{Context, bail};
use clap::Args;
use pollster::block_on;
use web_time::Instant;

use crate::locate::{LocateOptions, Located, Locator, milliseconds_since};
use crate::photo::{MAX_FILE_BYTES, Photo};

/// Rank the places where photos may have been taken.
#[derive(Debug, Args)]
pub struct LocateArguments {
    /// A pack, a Hugging Face CLIP folder, or a model's name on the hub
    #[arg(long)]
    model: String,
    /// Places, as GeoJSON or as the experiment's list of regions [default: the pack's own, else Los Angeles County]
    #[arg(long)]
    places: Option<PathBuf>,
    /// How many places to name [default: 5, and all with --json]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    top: Option<u32>,
    /// What cosines are divided by before the softmax; 1 is the plain softmax [default: the model's own]
    #[arg(long, value_parser = positive)]
    temperature: Option<f64>,
    /// One line of JSON for each photo
    #[arg(long)]
    json: bool,
    /// Photos; `-` reads one from standard input
    #[arg(required = true)]
    photos: Vec<PathBuf>,
}

fn positive(text: &str) -> Result<f64, &'static str> {
    let number: Option<f64> = text.parse().ok();
    number.filter(|number| number.is_finite() && *number > 0.0).ok_or("expected a number above 0")
}

pub fn run(arguments: LocateArguments) -> anyhow::Result<ExitCode> {
    let places = arguments.places.as_deref().map(|path| super::read_places(Some(path))).transpose()?;
    let locator = super::model::locator(&arguments.model, places)?;
    let top = arguments.top.map(|top| top as usize).or(if arguments.json { None } else { Some(5) });
    let options = LocateOptions { top, temperature: arguments.temperature };
    let mut output = std::io::stdout().lock();
    let mut failures = 0;
    let told = on_all_cores(
        &arguments.photos,
        |photo| locate_file(&locator, photo, &options),
        |photo, located| {
            match located {
                Ok(located) => {
                    let text = if arguments.json { json_line(photo, &located)? } else { ranking(photo, &located) };
                    writeln!(output, "{text}").context("standard output")?;
                }
                Err(error) => {
                    failures += 1;
                    eprintln!("placelens: {}: {}", super::shown(photo), super::described(&error));
                }
            }
            Ok(())
        },
    );
    match told {
        // Whoever read the output has enough of it.
        Err(error) if is_broken_pipe(&error) => Ok(ExitCode::SUCCESS),
        Err(error) => Err(error),
        Ok(()) => Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<std::io::Error>();
    cause.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// Hands what `work` makes of each item to `take`, one after the other in the items' order, each as soon as all before
/// it are there. Every core works on an item of its own; they stop at the first error of `take`, which is returned.
fn on_all_cores<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(&T, R) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (sender, results) = mpsc::channel();
        for _ in 0..cores.min(items.len()) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    // Nobody takes results any more after an error.
                    if sender.send((index, work(item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut early = BTreeMap::new();
        let mut turn = 0;
        for (index, result) in results {
            early.insert(index, result);
            while let Some(result) = early.remove(&turn) {
                take(&items[turn], result)?;
                turn += 1;
            }
        }
        Ok(())
    })
}

fn locate_file(locator: &Locator, path: &Path, options: &LocateOptions) -> anyhow::Result<Located> {
    let bytes = super::read_bytes(path, MAX_FILE_BYTES)?;
    if bytes.is_empty() {
        bail!("no bytes; expected a photo");
    }
    let start = Instant::now();
    let photo = Photo::decode(&bytes)?;
    let decode_ms = milliseconds_since(start);
    Ok(block_on(locator.locate(&photo, decode_ms, options))?)
}

/// The result with the photo's name in front.
fn json_line(path: &Path, located: &Located) -> anyhow::Result<String> {
    #[derive(serde::Serialize)]
    struct Line<'a> {
        file: String,
        #[serde(flatten)]
        located: &'a Located,
    }
    Ok(serde_json::to_string(&Line { file: path.display().to_string(), located })?)
}

fn ranking(path: &Path, located: &Located) -> String {
    let prediction = &located.prediction;
    let mut lines = vec![super::shown(path)];
    let widest = prediction.places.iter().map(|place| place.name.chars().count()).max().unwrap_or(0);
    for (i, place) in prediction.places.iter().enumerate() {
        let (percent, cosine) = (place.probability * 100.0, place.cosine);
        lines.push(format!("{:>4}. {:<widest$}  {percent:5.1} %   cosine {cosine:.4}", i + 1, place.name));
    }
    let point = &prediction.point;
    lines.push(format!(
        "      best point {:.4}, {:.4}; expect to be off by about {:.1} km",
        point.point.lat, point.point.lon, point.expected_error_km
    ));
    if let Some(taken_at) = located.photo.taken_at {
        lines.push(format!("      the photo's own GPS says {:.4}, {:.4}", taken_at.lat, taken_at.lon));
    }
    if located.untrained {
        lines.push("      the model is untrained: this ranking means nothing".to_owned());
    } else if !prediction.confident {
        lines.push(format!("      not sure: half of the probability is spread over {}", prediction.regions_50.len()));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items_however_long_each_takes() {
        let items: Vec<u64> = (0..40).collect();
        // The first item waits for the second, which another core has, where there is one.
        let second_is_done =
            std::sync::Barrier::new(if std::thread::available_parallelism().is_ok_and(|n| n.get() > 1) {
                2
            } else {
                1
            });
        let mut taken = Vec::new();
        let work = |item: &u64| {
            if *item < 2 {
                second_is_done.wait();
            }
            item * item
        };
        on_all_cores(&items, work, |&item, square| {
            taken.push((item, square));
            Ok(())
        })
        .expect("nothing fails");
        assert_eq!(taken, items.iter().map(|item| (*item, item * item)).collect::<Vec<_>>());
    }

    #[test]
    fn the_first_error_ends_the_work() {
        let mut taken = 0;
        let error = on_all_cores(
            &[1, 2, 3, 4, 5],
            |item| *item,
            |_, item| {
                taken += 1;
                if item == 3 { bail!("no more") } else { Ok(()) }
            },
        );
        assert_eq!(error.expect_err("the third fails").to_string(), "no more");
        assert_eq!(taken, 3);
        on_all_cores(&[] as &[u8], |item| *item, |_, _| unreachable!("there is no item")).expect("nothing to do");
    }
}
