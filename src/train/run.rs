//! A run from its first step, or from its checkpoint, to the finished folder.

use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor, TensorData};
use pollster::block_on;
use serde_json::json;
use sha2::{Digest, Sha256};
use web_time::Instant;

use super::batches::{Batch, Unreadable, for_each_batch, plain_batches};
use super::checkpoint::{self, EpochRecord, Progress, Subject};
use super::folder::{write_configuration, write_json, write_text, write_weights};
use super::labels::targets;
use super::optimizer::{Optimizer, rate};
use super::options::{FinetuneOptions, Freeze};
use super::order::order;
use super::prompts::{OWN_TEMPLATE, Prompts};
use super::random::random;
use super::trainee::{Texts, Trainee};
use super::{FinetuneError, curve};
use crate::clip::{Clip, ClipConfig};
use crate::dataset::LabelledPhoto;
use crate::embed::{ImageEncoder, TextEncoder};
use crate::places::Places;
use crate::places::score::{cosine, softmax};
use crate::preprocess::Preprocessor;
use crate::weights::load;
use crate::weights::tensors::Tensors;

/// What to begin with.
pub struct StartingModel {
    pub name: String,
    pub config: ClipConfig,
    pub preprocessor: Preprocessor,
    pub weights: Tensors,
}

/// What to do.
pub struct FinetuneRequest {
    pub model: StartingModel,
    pub places: Places,
    pub train: Vec<LabelledPhoto>,
    pub val: Vec<LabelledPhoto>,
    pub options: FinetuneOptions,
    /// The folder of the result.
    pub out: PathBuf,
    /// Where to train; gradients are added here.
    pub device: Device,
}

/// What happens on the way.
pub enum Event<'a> {
    Resumed {
        epoch: usize,
        step: usize,
    },
    /// Loss and accuracy are those of the epoch so far.
    Step {
        epoch: usize,
        step: usize,
        steps: usize,
        loss: f64,
        accuracy: f64,
    },
    Epoch {
        record: &'a EpochRecord,
        best: bool,
    },
    Unreadable(&'a Unreadable),
    StoppedEarly {
        epoch: usize,
    },
    Interpolated {
        share: f32,
        accuracy: f64,
    },
}

/// How it ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub best: EpochRecord,
    /// The share of the way from the starting weights that was kept; 1 is the trained ones.
    pub share: f32,
    pub history: Vec<EpochRecord>,
    pub unreadable: Vec<Unreadable>,
}

/// Fine-tunes, and writes the best model into the request's folder; goes on where an earlier run of the same was ended.
///
/// # Errors
/// [`FinetuneError`]; what was best until then is in the folder, and the last checkpoint.
pub fn finetune(request: FinetuneRequest, on_event: &mut dyn FnMut(Event)) -> Result<Outcome, FinetuneError> {
    request.options.check()?;
    let subject = Subject { options: request.options.clone(), sha256: fingerprint(&request) };
    let saved = checkpoint::read(&request.out)?;
    match &saved {
        Some((progress, ..)) => same_run(&progress.subject, &subject, &request.out)?,
        None => refuse_files(&request.out)?,
    }
    let mut run = Run::begin(request, subject, saved, on_event)?;
    while run.progress.epoch <= run.request.options.epochs {
        // Asked before an epoch rather than after one: a run that was killed in between stops here too.
        if run.stops_early() {
            on_event(Event::StoppedEarly { epoch: run.progress.epoch - 1 });
            break;
        }
        run.epoch(on_event)?;
    }
    run.finish(on_event)
}

/// A run in work.
struct Run {
    request: FinetuneRequest,
    prompts: Prompts,
    /// `[R][R]`
    targets: Vec<Vec<f32>>,
    /// Embeddings of every prompt, `[templates][R · D]`, where the text tower is not trained.
    fixed_texts: Option<Vec<Vec<f32>>>,
    trainee: Option<Trainee>,
    optimizer: Optimizer,
    progress: Progress,
}

impl Run {
    fn begin(
        mut request: FinetuneRequest,
        subject: Subject,
        saved: Option<(Progress, Tensors, Tensors)>,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<Self, FinetuneError> {
        let model = &request.model;
        request.device = request.device.clone().autodiff();
        let mut optimizer = Optimizer::new(&request.options, &model.config);
        let (progress, weights) = match saved {
            Some((progress, weights, memory)) => {
                optimizer.restore(memory, &request.device.clone().inner())?;
                on_event(Event::Resumed { epoch: progress.epoch, step: progress.step });
                (progress, weights)
            }
            None => (first_progress(subject, &model.name), model.weights.clone()),
        };
        let trainee = Trainee::new(&model.config, weights, request.options.freeze, &request.device)?;
        let prompts = Prompts::new(&request.places, &model.config)?;
        let fixed_texts = match request.options.freeze {
            Freeze::Text => Some(all_texts(&trainee.clip(), &prompts, &model.config)?),
            Freeze::Nothing | Freeze::Vision => None,
        };
        let targets = targets(&request.places, request.options.smooth_km);
        let trainee = Some(trainee);
        let mut run = Self { request, prompts, targets, fixed_texts, trainee, optimizer, progress };
        if run.progress.history.is_empty() {
            std::fs::create_dir_all(&run.request.out)
                .map_err(|source| FinetuneError::Io { path: run.request.out.clone(), source })?;
            run.save()?; // first of all, so that from here on the folder is known as this run's
            write_configuration(&run.request.out, &run.request.model.config, &run.request.model.preprocessor)?;
            run.validate_epoch(0, None, on_event)?;
            run.save()?;
        }
        Ok(run)
    }

    /// The model; it is away only while a step moves it.
    fn trainee(&self) -> &Trainee {
        self.trainee.as_ref().expect("put back at the end of every step")
    }

    /// The rest of the epoch in work, and its validation.
    fn epoch(&mut self, on_event: &mut dyn FnMut(Event)) -> Result<(), FinetuneError> {
        let start = Instant::now();
        let earlier_seconds = self.progress.seconds;
        let options = self.request.options.clone();
        let (epoch, first) = (self.progress.epoch, self.progress.step);
        let photos = std::mem::take(&mut self.request.train);
        let regions: Vec<usize> = photos.iter().map(|photo| photo.region).collect();
        let order = order(&regions, options.balance, options.seed, epoch);
        let steps = order.len().div_ceil(options.batch_size);
        let preprocessor = self.request.model.preprocessor.clone();
        let result = for_each_batch(&photos, &order, epoch, first, &preprocessor, &options, |batch| {
            self.step(batch, steps)?;
            self.progress.step += 1;
            self.progress.seconds = earlier_seconds + start.elapsed().as_secs_f64();
            let (step, photos) = (self.progress.step, self.progress.photos.max(1) as f64);
            let (loss, accuracy) = (self.progress.loss_sum / photos, self.progress.correct as f64 / photos);
            on_event(Event::Step { epoch, step, steps, loss, accuracy });
            if step % options.checkpoint_every == 0 && step < steps { self.save() } else { Ok(()) }
        });
        self.request.train = photos;
        result?;
        if self.progress.photos == 0 {
            let first = self.progress.unreadable.first().cloned();
            let first = first.unwrap_or_else(|| Unreadable { path: "(none)".into(), reason: "no photos".into() });
            return Err(FinetuneError::NothingReadable { split: "train", first });
        }
        self.validate_epoch(epoch, Some(start.elapsed().as_secs_f64() + earlier_seconds), on_event)?;
        let progress = &mut self.progress;
        (progress.epoch, progress.step) = (epoch + 1, 0);
        (progress.loss_sum, progress.correct, progress.photos, progress.seconds) = (0.0, 0, 0, 0.0);
        self.save()
    }

    /// One step; `steps` are those of an epoch.
    fn step(&mut self, batch: Batch, steps: usize) -> Result<(), FinetuneError> {
        self.leave_out(&batch.unreadable);
        if batch.regions.is_empty() {
            return Ok(());
        }
        let options = &self.request.options;
        let (epoch, step) = (self.progress.epoch, self.progress.step);
        let done = (epoch - 1) * steps + step;
        let config = &self.request.model.config;
        let mut random = random(options.seed, "prompts", epoch, step);
        let template = if options.vary_prompts { self.prompts.draw(&mut random) } else { OWN_TEMPLATE };
        let device = &self.request.device;
        let (tokens, fixed);
        let texts = match &self.fixed_texts {
            Some(embeddings) => {
                let shape = [self.targets.len(), config.projection_dim];
                fixed = Tensor::from_data(TensorData::new(embeddings[template].clone(), shape), device);
                Texts::Embeddings(&fixed)
            }
            None => {
                tokens = self.prompts.of_template(template, config)?;
                Texts::Tokens(&tokens)
            }
        };
        let rows: Vec<f32> = batch.regions.iter().flat_map(|&region| self.targets[region].clone()).collect();
        let targets = TensorData::new(rows, [batch.regions.len(), self.targets.len()]);
        let pixels = batch.pixels(&self.request.model.preprocessor, device);
        let trainee = self.trainee.take().expect("put back at the end of every step");
        let (loss, correct) = trainee.loss(pixels, texts, Tensor::from_data(targets, device));
        let value = f64::from(loss.clone().into_scalar::<f32>());
        if !value.is_finite() {
            return Err(self.diverged("loss", value));
        }
        let rate = rate(options, done, steps * options.epochs);
        let (trainee, length) = trainee.step(&loss, &mut self.optimizer, rate, options.clip_norm);
        self.trainee = Some(trainee);
        if length.is_none() {
            return Err(self.diverged("gradient", f64::NAN));
        }
        self.progress.loss_sum += value * batch.regions.len() as f64;
        self.progress.correct += correct;
        self.progress.photos += batch.regions.len();
        Ok(())
    }

    fn diverged(&self, what: &'static str, value: f64) -> FinetuneError {
        let (epoch, step) = (self.progress.epoch, self.progress.step + 1);
        let best = best(&self.progress.history).map_or(0, |record| record.epoch);
        FinetuneError::Diverged { what, value, epoch, step, out: self.request.out.clone(), best }
    }

    /// Validates, notes the epoch, and keeps the model where it is the best so far.
    fn validate_epoch(
        &mut self,
        epoch: usize,
        seconds: Option<f64>,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<(), FinetuneError> {
        let clip = self.trainee().clip();
        let (val_loss, val_accuracy) = self.validate(&clip)?;
        let photos = self.progress.photos as f64;
        let trained = epoch > 0;
        let record = EpochRecord {
            epoch,
            train_loss: trained.then(|| self.progress.loss_sum / photos),
            train_accuracy: trained.then(|| self.progress.correct as f64 / photos),
            val_loss,
            val_accuracy,
            seconds: seconds.unwrap_or(0.0),
        };
        self.progress.history.push(record);
        let is_best = best(&self.progress.history).is_some_and(|best| best.epoch == epoch);
        if is_best {
            write_weights(&self.request.out, &Tensors::of_clip(&clip))?;
        }
        let record = &self.progress.history[self.progress.history.len() - 1];
        on_event(Event::Epoch { record, best: is_best });
        Ok(())
    }

    /// Mean loss and accuracy of `clip` on the validation photos, by the places' own prompts.
    fn validate(&mut self, clip: &Clip) -> Result<(f64, f64), FinetuneError> {
        let FinetuneRequest { model, val, options, .. } = &self.request;
        let texts = block_on(clip.text.embed(&self.prompts.of_template(OWN_TEMPLATE, &model.config)?))?;
        let dimensions = model.config.projection_dim;
        let temperature = f64::from(-clip.logit_scale).exp();
        let (mut loss, mut correct, mut photos) = (0.0, 0, 0);
        let mut unreadable = Vec::new();
        for batch in plain_batches(val, &model.preprocessor, options.batch_size) {
            unreadable.extend(batch.unreadable);
            if batch.regions.is_empty() {
                continue;
            }
            let image_size = model.config.vision_config.image_size;
            let images = block_on(clip.vision.embed(batch.pixel_values, image_size))?;
            for (image, &region) in images.chunks_exact(dimensions).zip(&batch.regions) {
                // Embeddings are finite and of length 1, or `embed` would have failed.
                let cosines: Vec<f64> =
                    texts.chunks_exact(dimensions).map(|text| cosine(image, text).unwrap_or(0.0)).collect();
                let probabilities = softmax(&cosines, temperature).unwrap_or_default();
                loss -= probabilities[region].max(f64::MIN_POSITIVE).ln();
                correct += usize::from(crate::places::score::rank(&cosines)[0] == region);
                photos += 1;
            }
        }
        self.leave_out(&unreadable);
        match unreadable.first() {
            Some(first) if photos == 0 => Err(FinetuneError::NothingReadable { split: "val", first: first.clone() }),
            _ => Ok((loss / photos as f64, correct as f64 / photos as f64)),
        }
    }

    /// Notes photos that could not be read, each once.
    fn leave_out(&mut self, unreadable: &[Unreadable]) {
        for found in unreadable {
            if !self.progress.unreadable.contains(found) {
                self.progress.unreadable.push(found.clone());
            }
        }
    }

    fn stops_early(&self) -> bool {
        let since_best = best(&self.progress.history).map_or(0, |best| self.progress.epoch - 1 - best.epoch);
        self.request.options.patience.is_some_and(|patience| since_best >= patience)
    }

    fn save(&self) -> Result<(), FinetuneError> {
        let model = Tensors::of_clip(&self.trainee().clip());
        checkpoint::write(&self.request.out, &self.progress, &model, &self.optimizer.to_tensors())
    }

    /// Tries the interpolations, writes the run's numbers and its curve, and removes the checkpoint.
    fn finish(mut self, on_event: &mut dyn FnMut(Event)) -> Result<Outcome, FinetuneError> {
        let history = self.progress.history.clone();
        let best = best(&history).expect("the starting model is always validated").clone();
        let mut share = 1.0;
        let mut best_score = (best.val_accuracy, -best.val_loss);
        let shares = self.request.options.interpolate.clone();
        let trained = if shares.is_empty() { Tensors::default() } else { checkpoint::trained(&self.request.out)? };
        for tried in shares {
            let mut weights = self.request.model.weights.interpolated(&trained, tried);
            let clip = load::clip(&self.request.model.config, &mut weights, &self.request.device.clone().inner())?;
            let (loss, accuracy) = self.validate(&clip)?;
            on_event(Event::Interpolated { share: tried, accuracy });
            if (accuracy, -loss) > best_score {
                (share, best_score) = (tried, (accuracy, -loss));
                write_weights(&self.request.out, &Tensors::of_clip(&clip))?;
            }
        }
        for unreadable in &self.progress.unreadable {
            on_event(Event::Unreadable(unreadable));
        }
        let out = &self.request.out;
        let numbers = json!({
            "model": self.request.model.name,
            "options": self.request.options,
            "photos": { "train": self.request.train.len(), "val": self.request.val.len() },
            "best_epoch": best.epoch,
            "interpolation": share,
            "val_accuracy": best_score.0,
            "val_loss": -best_score.1,
            "history": history,
            "unreadable": self.progress.unreadable,
        });
        write_json(&out.join("training.json"), &numbers)?;
        write_text(&out.join("training.svg"), &curve::curve(&history).map_err(FinetuneError::Curve)?)?;
        checkpoint::clear(out)?;
        Ok(Outcome { best, share, history, unreadable: self.progress.unreadable })
    }
}

/// The epoch with the highest validation accuracy; of equals the one with the lowest loss, then the earliest.
fn best(history: &[EpochRecord]) -> Option<&EpochRecord> {
    let score = |record: &EpochRecord| (record.val_accuracy, -record.val_loss);
    history.iter().reduce(|best, record| if score(record) > score(best) { record } else { best })
}

fn first_progress(subject: Subject, name: &str) -> Progress {
    Progress {
        subject,
        name: name.to_owned(),
        epoch: 1,
        step: 0,
        loss_sum: 0.0,
        correct: 0,
        photos: 0,
        seconds: 0.0,
        history: Vec::new(),
        unreadable: Vec::new(),
    }
}

/// Embeddings of every prompt by every template.
fn all_texts(clip: &Clip, prompts: &Prompts, config: &ClipConfig) -> Result<Vec<Vec<f32>>, FinetuneError> {
    let of_template = |template| Ok(block_on(clip.text.embed(&prompts.of_template(template, config)?))?);
    (0..prompts.templates()).map(of_template).collect()
}

/// A hash over everything that the run starts from, beside its options.
fn fingerprint(request: &FinetuneRequest) -> String {
    let mut hash = Sha256::new();
    let config = serde_json::to_string(&(&request.model.config, &request.model.preprocessor)).unwrap_or_default();
    hash.update(config.as_bytes());
    for (name, (_, values)) in &request.model.weights.0 {
        hash.update(name.as_bytes());
        hash.update(crate::weights::quantize::f32_bytes(values));
    }
    hash.update(request.places.prompts_sha256().as_bytes());
    for photo in request.train.iter().chain(&request.val) {
        hash.update(format!("\0{}\0{}", photo.path, photo.region).as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn same_run(theirs: &Subject, ours: &Subject, out: &Path) -> Result<(), FinetuneError> {
    let difference = match ours.options.first_difference(&theirs.options) {
        Some(option) => format!("another `{option}`"),
        None if ours.sha256 != theirs.sha256 => "another model, other places or other photos".to_owned(),
        None => return Ok(()),
    };
    Err(FinetuneError::OtherRun { out: out.to_owned(), difference })
}

/// Nothing that is already there is ever overwritten.
fn refuse_files(out: &Path) -> Result<(), FinetuneError> {
    let is_file_of_another = |entry: std::io::Result<std::fs::DirEntry>| {
        // A first checkpoint that a kill cut short says nothing yet.
        entry.map_or(true, |entry| entry.file_name() != checkpoint::UNFINISHED)
    };
    let is_empty = std::fs::read_dir(out).map(|mut entries| !entries.any(is_file_of_another));
    match is_empty {
        Ok(false) => Err(FinetuneError::NotEmpty { out: out.to_owned() }),
        Ok(true) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(FinetuneError::Io { path: out.to_owned(), source }),
    }
}
