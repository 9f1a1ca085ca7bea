//! `placelens compare`: packs of one model → what each costs, and what it loses.
//!
//! In: packs, the first of which is compared with; photos.  Out: a table in Markdown.
//! By burn, in f32: what is lost is the weights' alone, not the kernels'.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use burn::tensor::Device;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use pollster::block_on;

use crate::clip::VisionTower;
use crate::embed::ImageEncoder;
use crate::photo::Photo;
use crate::weights::manifest::{Manifest, Tower};
use crate::weights::pack::{push_files, read_manifest};
use crate::weights::shards::PackLoader;
use crate::weights::{load, pictures};

/// Photos that go through a tower at once.
const BATCH: usize = 8;

/// Compare packs of one model: bytes, cosine to the first, and how often both name the same place first.
#[derive(Debug, Args)]
pub struct CompareArguments {
    /// Packs; the first, best one of f32, is what the others are compared with
    #[arg(required = true)]
    packs: Vec<PathBuf>,
    /// A folder of photos
    #[arg(long)]
    photos: Option<PathBuf>,
    /// How many drawn pictures
    #[cfg(feature = "train")]
    #[arg(long, default_value_t = 0)]
    drawn: usize,
    /// How many pictures of nothing but noise
    #[arg(long, default_value_t = 0)]
    noise: usize,
    /// The same seed draws the same pictures
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// A pack with its vision tower, and its places' embeddings where it has any.
struct Compared {
    manifest: Manifest,
    tower: VisionTower,
    places: Vec<f32>,
}

/// What a pack says to one kind of photos.
struct Answers {
    /// L2-normalized rows.
    embeddings: Vec<f32>,
    /// The index of the first place of each photo.
    first: Vec<Option<usize>>,
}

pub fn run(arguments: CompareArguments) -> anyhow::Result<ExitCode> {
    let [reference, others @ ..] = arguments.packs.as_slice() else { bail!("expected a pack at least") };
    let reference = open(reference)?;
    let kinds = photos(&arguments, reference.manifest.config.vision_config.image_size)?;
    let total: usize = kinds.iter().map(|(_, photos)| photos.len()).sum();
    if total == 0 {
        bail!("nothing to compare the packs by; expected --photos FOLDER, --drawn N or --noise N");
    }
    let style = ProgressStyle::with_template("{bar:30} {pos} of {len} photos, {eta} left");
    let bar = ProgressBar::new((total * arguments.packs.len()) as u64);
    let bar = bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let expected = ask(&reference, &kinds, &bar)?;
    println!("| pack | vision tower, bytes | photos | cosine, mean | cosine, least | same first place |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    report(&reference.manifest, &kinds, &expected, &expected);
    for other in others {
        let other = open(other)?;
        let (config, expected_config) = (&other.manifest.config, &reference.manifest.config);
        if config.vision_config.image_size != expected_config.vision_config.image_size
            || config.projection_dim != expected_config.projection_dim
        {
            bail!("{} and {} are not packs of one model", other.manifest.name, reference.manifest.name);
        }
        let found = ask(&other, &kinds, &bar)?;
        report(&other.manifest, &kinds, &expected, &found);
    }
    bar.finish_and_clear();
    Ok(ExitCode::SUCCESS)
}

fn open(folder: &Path) -> anyhow::Result<Compared> {
    let towers = [Tower::Vision];
    let pack = read_manifest(folder).and_then(|manifest| push_files(PackLoader::new(manifest), folder, &towers));
    let (manifest, mut contents) = pack.with_context(|| folder.display().to_string())?.finish(&towers)?;
    let tower = load::vision(&manifest.config, &mut contents, &Device::flex())?;
    let places = if manifest.places.is_some() { contents.places(&manifest)?.1.values } else { Vec::new() };
    Ok(Compared { manifest, tower, places })
}

type Kind = (&'static str, Vec<Photo>);

fn photos(arguments: &CompareArguments, side: usize) -> anyhow::Result<Vec<Kind>> {
    let mut kinds = Vec::new();
    if let Some(folder) = &arguments.photos {
        kinds.push(("in the folder", super::photos::read(folder, usize::MAX)?));
    }
    #[cfg(feature = "train")]
    kinds.push(("drawn", super::photos::drawn(arguments.drawn, arguments.seed)?));
    kinds.push(("noise", pictures::noise(arguments.noise, side, arguments.seed)));
    kinds.retain(|(_, photos)| !photos.is_empty());
    Ok(kinds)
}

fn ask(pack: &Compared, kinds: &[Kind], bar: &ProgressBar) -> anyhow::Result<Vec<Answers>> {
    let side = pack.manifest.config.vision_config.image_size;
    let columns = pack.manifest.config.projection_dim;
    let mut answers = Vec::new();
    for (_, photos) in kinds {
        let mut embeddings = Vec::with_capacity(photos.len() * columns);
        for batch in photos.chunks(BATCH) {
            let pixel_values = batch.iter().flat_map(|photo| pack.manifest.preprocessor.pixel_values(photo)).collect();
            embeddings.extend(block_on(pack.tower.embed(pixel_values, side))?);
            bar.inc(batch.len() as u64);
        }
        let first = |embedding: &[f32]| {
            let cosines = pack.places.chunks(columns).map(|place| cosine(place, embedding)).enumerate();
            cosines.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(index, _)| index)
        };
        let first = embeddings.chunks(columns).map(first).collect();
        answers.push(Answers { embeddings, first });
    }
    Ok(answers)
}

/// The rows of one pack.
fn report(manifest: &Manifest, kinds: &[Kind], expected: &[Answers], found: &[Answers]) {
    let vision = manifest.shards.iter().filter(|shard| shard.tower == Tower::Vision);
    let bytes: u64 = vision.map(|shard| shard.file.size_bytes).sum();
    for ((kind, photos), (expected, found)) in kinds.iter().zip(expected.iter().zip(found)) {
        let columns = manifest.config.projection_dim;
        let rows = expected.embeddings.chunks(columns).zip(found.embeddings.chunks(columns));
        let cosines: Vec<f64> = rows.map(|(a, b)| cosine(a, b)).collect();
        let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
        let least = cosines.iter().fold(1.0, |least: f64, &cosine| least.min(cosine));
        let pairs = || expected.first.iter().zip(&found.first).filter(|(a, b)| a.is_some() && b.is_some());
        let same = match pairs().count() {
            0 => "–".to_owned(),
            count => format!("{:.1} %", pairs().filter(|(a, b)| a == b).count() as f64 * 100.0 / count as f64),
        };
        println!("| {} | {bytes} | {} {kind} | {mean:.5} | {least:.5} | {same} |", manifest.name, photos.len());
    }
}

/// Of vectors of length 1.
fn cosine(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}
