//! `placelens finetune`: labeled photos and a CLIP → a Hugging Face CLIP folder that knows the regions better.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use burn::tensor::Device;
use clap::{Args, ValueEnum};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::clip::ClipConfig;
use crate::dataset::{Dataset, LabelledPhoto, Split};
use crate::preprocess::Preprocessor;
use crate::train::{Augmentation, Event, FinetuneOptions, FinetuneRequest, Freeze, StartingModel, finetune};
use crate::weights::huggingface::HuggingFaceModel;
use crate::weights::initial::InitialSource;
use crate::weights::tensors::Tensors;

/// What belongs to a model's tokenizer, and is kept with it.
const TOKENIZER_FILES: [&str; 5] =
    ["tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "special_tokens_map.json"];

/// Fine-tune a model on labeled photos.
#[derive(Debug, Args)]
pub struct FinetuneArguments {
    /// A Hugging Face CLIP folder, a model's name on the hub, or a config.json to train from scratch
    #[arg(long)]
    model: String,
    /// Labeled photos with splits: a folder, or a CSV; see `placelens dataset`
    #[arg(long)]
    data: PathBuf,
    /// Places, as GeoJSON or as the experiment's list of regions [default: Los Angeles County]
    #[arg(long)]
    places: Option<PathBuf>,
    /// The folder to write; a run that was ended there is gone on with
    #[arg(long)]
    out: PathBuf,
    #[arg(long, default_value_t = 8)]
    epochs: usize,
    #[arg(long, default_value_t = 32)]
    batch_size: usize,
    /// The highest rate, that of the last layers; 1e-3 is usual from scratch
    #[arg(long, default_value_t = 1e-5)]
    learning_rate: f64,
    /// What a layer's rate is multiplied with for the layer before it
    #[arg(long, default_value_t = 0.8)]
    layer_decay: f64,
    #[arg(long, default_value_t = 0.1)]
    weight_decay: f64,
    /// The share of all steps in which the rate rises
    #[arg(long, default_value_t = 0.1)]
    warmup: f64,
    /// The largest length of the gradients
    #[arg(long, default_value_t = 1.0)]
    clip_norm: f64,
    /// What stays as it is: the text tower, or the vision tower but for its projection
    #[arg(long, value_enum)]
    freeze: Option<FreezeName>,
    /// Smooth the labels by distance: a region this many kilometers away counts 1/e of the right one
    #[arg(long, value_name = "KM")]
    smooth_km: Option<f64>,
    /// Ask by the places' own template alone, rather than in several ways; what a text tower that knows no words needs
    #[arg(long)]
    own_prompts: bool,
    /// Show photos as often as they come, rather than every region equally often
    #[arg(long)]
    no_balance: bool,
    /// The least share of a photo that a random crop keeps; 1 is the model's own crop
    #[arg(long, default_value_t = 0.5)]
    crop_scale: f64,
    /// How often photos are mirrored, 0 to 1
    #[arg(long, default_value_t = 0.5)]
    flip: f64,
    /// How far brightness, contrast and saturation are shifted, 0 to 1
    #[arg(long, default_value_t = 0.2)]
    color: f64,
    /// Stop after so many epochs without a better validation accuracy
    #[arg(long)]
    patience: Option<usize>,
    /// Shares of the way from the starting to the trained weights to try at the end, such as 0.25,0.5,0.75
    #[arg(long, value_delimiter = ',')]
    interpolate: Vec<f32>,
    /// Steps between checkpoints
    #[arg(long, default_value_t = 50)]
    checkpoint_every: usize,
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[arg(long, value_enum, default_value_t = DeviceName::Cpu)]
    device: DeviceName,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FreezeName {
    Text,
    Vision,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DeviceName {
    Cpu,
    #[cfg(feature = "vulkan")]
    Vulkan,
}

impl From<DeviceName> for Device {
    fn from(name: DeviceName) -> Self {
        match name {
            DeviceName::Cpu => Self::flex(),
            #[cfg(feature = "vulkan")]
            DeviceName::Vulkan => Self::vulkan(burn::tensor::DeviceKind::DefaultDevice),
        }
    }
}

impl From<&FinetuneArguments> for FinetuneOptions {
    fn from(arguments: &FinetuneArguments) -> Self {
        Self {
            epochs: arguments.epochs,
            batch_size: arguments.batch_size,
            learning_rate: arguments.learning_rate,
            layer_decay: arguments.layer_decay,
            weight_decay: arguments.weight_decay,
            warmup: arguments.warmup,
            clip_norm: arguments.clip_norm,
            freeze: match arguments.freeze {
                None => Freeze::Nothing,
                Some(FreezeName::Text) => Freeze::Text,
                Some(FreezeName::Vision) => Freeze::Vision,
            },
            smooth_km: arguments.smooth_km,
            vary_prompts: !arguments.own_prompts,
            balance: !arguments.no_balance,
            augmentation: Augmentation {
                crop_scale: arguments.crop_scale,
                flip: arguments.flip,
                color: arguments.color,
            },
            patience: arguments.patience,
            interpolate: arguments.interpolate.clone(),
            checkpoint_every: arguments.checkpoint_every,
            seed: arguments.seed,
        }
    }
}

pub fn run(arguments: FinetuneArguments) -> anyhow::Result<ExitCode> {
    let places = super::read_places(arguments.places.as_deref())?;
    let dataset = Dataset::read(&arguments.data, &places)?;
    let photos =
        |split| -> anyhow::Result<Vec<LabelledPhoto>> { Ok(dataset.of_split(split)?.into_iter().cloned().collect()) };
    let (train, val) = (photos(Split::Train)?, photos(Split::Val)?);
    let options = FinetuneOptions::from(&arguments);
    let model = starting_model(&arguments.model, arguments.seed)?;
    let out = arguments.out.clone();
    let (epochs, device) = (options.epochs, arguments.device.into());
    let mut display = Display::new(epochs);
    let request = FinetuneRequest { model, places, train, val, options, out, device };
    let outcome = finetune(request, &mut |event| display.show(event));
    display.clear();
    let outcome = outcome?;
    keep_tokenizer(Path::new(&arguments.model), &arguments.out)?;
    let best = &outcome.best;
    println!(
        "{}: epoch {} of {epochs}, validation accuracy {:.3}, loss {:.3}{}{}",
        arguments.out.display(),
        best.epoch,
        best.val_accuracy,
        best.val_loss,
        if outcome.share < 1.0 { format!(", then {} of the way from the start", outcome.share) } else { String::new() },
        match outcome.unreadable.len() {
            0 => String::new(),
            1 => "; 1 photo could not be read".to_owned(),
            count => format!("; {count} photos could not be read"),
        }
    );
    Ok(ExitCode::SUCCESS)
}

/// A folder's or the hub's model; or for a `config.json` a new one, with the `preprocessor_config.json` beside it.
fn starting_model(model: &str, seed: u64) -> anyhow::Result<StartingModel> {
    let path = Path::new(model);
    if !path.is_file() {
        let HuggingFaceModel { name, config, preprocessor, mut tensors } = HuggingFaceModel::open(model)?;
        let weights = Tensors::read(&config, tensors.as_mut()).with_context(|| model.to_owned())?;
        return Ok(StartingModel { name, config, preprocessor, weights });
    }
    let config = ClipConfig::from_json(&fs::read_to_string(path).with_context(|| model.to_owned())?)
        .with_context(|| model.to_owned())?;
    let beside = path.with_file_name("preprocessor_config.json");
    let preprocessor = if beside.exists() {
        let json = fs::read_to_string(&beside).with_context(|| beside.display().to_string())?;
        Preprocessor::from_json(&json).with_context(|| beside.display().to_string())?
    } else {
        Preprocessor::clip(config.vision_config.image_size as u32)
    };
    let weights = Tensors::read(&config, &mut InitialSource { config: config.clone(), seed })?;
    Ok(StartingModel { name: "from-scratch".to_owned(), config, preprocessor, weights })
}

/// Copies the tokenizer's files from a model's folder, so that the result is as whole as what it came from.
fn keep_tokenizer(model: &Path, out: &Path) -> anyhow::Result<()> {
    for name in TOKENIZER_FILES {
        let (from, to) = (model.join(name), out.join(name));
        if from.is_file() {
            fs::copy(&from, &to).with_context(|| to.display().to_string())?;
        }
    }
    Ok(())
}

/// Progress on standard error: a bar for all epochs, one for the steps of this epoch, and a line for each epoch done.
struct Display {
    bars: MultiProgress,
    all: ProgressBar,
    steps: ProgressBar,
}

impl Display {
    fn new(epochs: usize) -> Self {
        let bars = MultiProgress::new();
        let style = |template| ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let all =
            bars.add(ProgressBar::new(epochs as u64).with_style(style("{bar:20} epoch {pos} of {len}, {eta} left")));
        let steps =
            bars.add(ProgressBar::new(0).with_style(style("{bar:20} step {pos} of {len}, {eta} left, {wide_msg}")));
        Self { bars, all, steps }
    }

    fn show(&mut self, event: Event) {
        match event {
            Event::Resumed { epoch, step } => self.say(&format!("going on from epoch {epoch}, step {}", step + 1)),
            Event::Step { epoch, step, steps, loss, accuracy } => {
                self.all.set_position(epoch as u64 - 1);
                self.steps.set_length(steps as u64);
                self.steps.set_position(step as u64);
                self.steps.set_message(format!("loss {loss:.3}, accuracy {accuracy:.3}"));
            }
            Event::Epoch { record, best } => {
                self.all.set_position(record.epoch as u64);
                self.steps.reset();
                let trained = match (record.train_loss, record.train_accuracy) {
                    (Some(loss), Some(accuracy)) => format!("loss {loss:.3}, accuracy {accuracy:.3}; "),
                    _ => String::new(),
                };
                let (epoch, loss, accuracy) = (record.epoch, record.val_loss, record.val_accuracy);
                let best = if best { ", the best so far" } else { "" };
                let seconds = record.seconds;
                self.say(&format!(
                    "epoch {epoch}: {trained}validation loss {loss:.3}, accuracy {accuracy:.3}{best} ({seconds:.0} s)"
                ));
            }
            Event::Unreadable(unreadable) => {
                self.say(&format!("left out: {}: {}", unreadable.path, unreadable.reason));
            }
            Event::StoppedEarly { epoch } => {
                self.say(&format!("no better for long enough: stopped after epoch {epoch}"))
            }
            Event::Interpolated { share, accuracy } => {
                self.say(&format!("{share} of the way from the start: validation accuracy {accuracy:.3}"));
            }
        }
    }

    /// A line above the bars; bars are drawn on terminals only, lines always.
    fn say(&self, line: &str) {
        self.bars.suspend(|| eprintln!("{line}"));
    }

    fn clear(&self) {
        self.all.finish_and_clear();
        self.steps.finish_and_clear();
    }
}
