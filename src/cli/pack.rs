//! `placelens pack` and `placelens verify`: a model → a pack, and a pack → whether it is whole.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use pollster::block_on;

use crate::photo::Photo;
use crate::preprocess::Preprocessor;
use crate::weights::formula::{Architecture, FormulaSource};
use crate::weights::huggingface::HuggingFaceModel;
use crate::weights::manifest::{Manifest, Tower};
use crate::weights::pack::{PackRequest, Packed};
use crate::weights::quantize::PackDtype;
use crate::weights::{few_bits, load, pack};

/// The seed of the drawn pictures that int4 is rounded with a view to: one that no data set is likely to have.
const CALIBRATION_SEED: u64 = 0x504c_4143_454c_454e;

/// Turn a model into a pack.
#[derive(Debug, Args)]
pub struct PackArguments {
    /// A Hugging Face CLIP folder, or a model's name on the hub, such as openai/clip-vit-base-patch32
    #[arg(required_unless_present = "formula", conflicts_with = "formula")]
    model: Option<String>,
    /// Pack an untrained model whose weights follow from a formula, for tests and measurements
    #[arg(long, value_enum)]
    formula: Option<FormulaName>,
    /// Another set of the formula's weights
    #[arg(long, default_value_t = 0, conflicts_with = "model")]
    salt: u64,
    /// How matrices are stored
    #[arg(long, value_enum, default_value_t = DtypeName::Int8)]
    dtype: DtypeName,
    /// Places whose embeddings go into the pack: GeoJSON, or the experiment's list of regions
    #[arg(long)]
    places: Option<PathBuf>,
    /// What to call the model [default: its folder's or formula's name and the type]
    #[arg(long)]
    name: Option<String>,
    /// A folder of photos like those to be located, for int4 to be rounded with a view to [default: drawn pictures]
    #[arg(long, value_name = "FOLDER")]
    calibration_photos: Option<PathBuf>,
    /// One sentence for the model's users: what it was made from, and what for
    #[arg(long)]
    about: Option<String>,
    /// The folder to write
    #[arg(long)]
    out: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormulaName {
    #[value(name = "vit-b-32")]
    VitB32,
    #[value(name = "vit-l-14")]
    VitL14,
    Tiny,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DtypeName {
    Int4,
    Int8,
    F16,
    F32,
}

/// Check a pack.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// The pack's folder
    pack: PathBuf,
}

impl From<FormulaName> for Architecture {
    fn from(name: FormulaName) -> Self {
        match name {
            FormulaName::VitB32 => Self::VitB32,
            FormulaName::VitL14 => Self::VitL14,
            FormulaName::Tiny => Self::Tiny,
        }
    }
}

impl From<DtypeName> for PackDtype {
    fn from(name: DtypeName) -> Self {
        match name {
            DtypeName::Int4 => Self::Int4,
            DtypeName::Int8 => Self::Int8,
            DtypeName::F16 => Self::F16,
            DtypeName::F32 => Self::F32,
        }
    }
}

pub fn run(arguments: PackArguments) -> anyhow::Result<ExitCode> {
    let places = arguments.places.as_deref().map(|path| super::read_places(Some(path))).transpose()?;
    let dtype: PackDtype = arguments.dtype.into();
    let photos = calibration_photos(&arguments)?;
    let mut source = open_source(&arguments)?;
    let name = arguments.name.unwrap_or_else(|| format!("{}-{}", source.name, dtype.name()));
    let bar = progress_bar(total_bytes(&source.config));
    let request = PackRequest {
        name,
        config: source.config,
        preprocessor: source.preprocessor,
        dtype,
        untrained: arguments.formula.is_some(),
        tensors: source.tensors.as_mut(),
        places: places.as_ref(),
        about: arguments.about.clone(),
        photos: &photos,
    };
    let packed = block_on(pack::pack(request, &arguments.out, &mut |tensor, bytes| {
        bar.set_message(tensor.to_owned());
        bar.inc(bytes);
    }));
    bar.finish_and_clear();
    let Packed { manifest, cut_prompts } = packed?;
    if let Some(places) = &places {
        let context = manifest.config.text_config.max_position_embeddings;
        super::warn_cut("the prompt of", cut_prompts.iter().map(|&i| places.regions[i].id.clone()), context);
    }
    println!("{}: {}", arguments.out.display(), summary(&manifest));
    Ok(ExitCode::SUCCESS)
}

fn open_source(arguments: &PackArguments) -> anyhow::Result<HuggingFaceModel> {
    if let Some(formula) = arguments.formula {
        let architecture: Architecture = formula.into();
        let config = architecture.config();
        let preprocessor = Preprocessor::clip(config.vision_config.image_size as u32);
        let name = format!("clip-{}-formula-{}", architecture.name(), arguments.salt);
        return Ok(HuggingFaceModel {
            name,
            config,
            preprocessor,
            tensors: Box::new(FormulaSource { salt: arguments.salt }),
        });
    }
    let model = arguments.model.as_deref().context("expected a model or --formula")?;
    Ok(HuggingFaceModel::open(model)?)
}

/// What int4 is rounded with a view to: the folder's photos, else drawn ones where this build can draw.
fn calibration_photos(arguments: &PackArguments) -> anyhow::Result<Vec<Photo>> {
    match (&arguments.calibration_photos, arguments.dtype) {
        (Some(folder), DtypeName::Int4) => super::photos::read(folder, few_bits::MOST_PHOTOS),
        (None, DtypeName::Int4) => super::photos::drawn(few_bits::MOST_PHOTOS, CALIBRATION_SEED),
        (Some(_), _) => bail!("--calibration-photos is for --dtype int4; the other types round each number by itself"),
        (None, _) => Ok(Vec::new()),
    }
}

/// Bytes of all tensors as f32.
fn total_bytes(config: &crate::clip::ClipConfig) -> u64 {
    let device = burn::tensor::Device::flex();
    let vision = load::expected_tensors(&crate::clip::VisionTower::new(config, &device));
    let text = load::expected_tensors(&crate::clip::TextTower::new(config, &device));
    vision.iter().chain(&text).map(|(_, shape)| shape.iter().product::<usize>() as u64 * 4).sum()
}

fn progress_bar(total_bytes: u64) -> ProgressBar {
    let bar = ProgressBar::new(total_bytes);
    let style = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {eta} {wide_msg}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn summary(manifest: &Manifest) -> String {
    let megabytes = |tower: Option<Tower>| {
        let of_tower = manifest.shards.iter().filter(|shard| tower.is_none_or(|tower| shard.tower == tower));
        of_tower.map(|shard| shard.file.size_bytes).sum::<u64>() as f64 / 1e6
    };
    format!(
        "{}, {:.1} MB in {} shards ({:.1} MB for photos){}{}",
        manifest.name,
        megabytes(None),
        manifest.shards.len(),
        megabytes(Some(Tower::Vision)),
        if manifest.places.is_some() { ", with places" } else { ", without places" },
        if manifest.untrained { ", untrained" } else { "" },
    )
}

pub fn verify(arguments: VerifyArguments) -> anyhow::Result<ExitCode> {
    let folder = &arguments.pack;
    let verified = block_on(pack::verify(folder)).with_context(|| folder.display().to_string())?;
    println!("{}: whole: {}", folder.display(), summary(&verified.manifest));
    println!("known answer: vision off by at most {:.1e}, text by {:.1e}", verified.vision_error, verified.text_error);
    Ok(ExitCode::SUCCESS)
}
