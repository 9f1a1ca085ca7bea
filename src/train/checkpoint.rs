//! Where a run stands, on disk: what a killed run needs to go on to the same result.
//!
//! In: [`Progress`], the weights, the optimizer's memory.  Out: `OUT/checkpoint/`, and back.
//! - `progress.json`: what is being done, how far it is, every epoch so far
//! - `model.safetensors`, `optimizer.safetensors`
//! - `trained.safetensors`: at the end, the weights that interpolations begin from
//!
//! A checkpoint is written beside the older one and takes its place by a rename; a kill in between leaves one of them.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::FinetuneError;
use super::batches::Unreadable;
use super::options::FinetuneOptions;
use crate::weights::tensors::Tensors;

/// What a run is about; a checkpoint of another run is not gone on with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    pub options: FinetuneOptions,
    /// SHA-256 over the starting weights, the configuration, the places' prompts, and the photos with their regions.
    pub sha256: String,
}

/// One epoch's numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// From 1; 0 is the starting model.
    pub epoch: usize,
    /// Mean training loss and accuracy, over varied photos while the model moved; none for the starting model.
    pub train_loss: Option<f64>,
    pub train_accuracy: Option<f64>,
    pub val_loss: f64,
    pub val_accuracy: f64,
    pub seconds: f64,
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    pub subject: Subject,
    pub name: String,
    /// The epoch in work, from 1, and its next step.
    pub epoch: usize,
    pub step: usize,
    /// Of the epoch in work: sum of losses, photos that were right, photos.
    pub loss_sum: f64,
    pub correct: usize,
    pub photos: usize,
    pub seconds: f64,
    pub history: Vec<EpochRecord>,
    pub unreadable: Vec<Unreadable>,
}

const FOLDER: &str = "checkpoint";
/// Where a checkpoint is being written.
pub const UNFINISHED: &str = "checkpoint.new";

/// The checkpoint in `out`, where there is one.
///
/// # Errors
/// A checkpoint that cannot be read.
pub fn read(out: &Path) -> Result<Option<(Progress, Tensors, Tensors)>, FinetuneError> {
    let folder = out.join(FOLDER);
    // A kill between the two renames: the older one is whole.
    let folder = if folder.exists() { folder } else { out.join("checkpoint.old") };
    if !folder.exists() {
        return Ok(None);
    }
    let path = folder.join("progress.json");
    let json = fs::read_to_string(&path).map_err(|source| FinetuneError::Io { path: path.clone(), source })?;
    let progress = serde_json::from_str(&json).map_err(|source| FinetuneError::Progress { path, source })?;
    let tensors = |name: &str| {
        let path = folder.join(name);
        Tensors::load(&path).map_err(|source| FinetuneError::Weights { path, source })
    };
    Ok(Some((progress, tensors("model.safetensors")?, tensors("optimizer.safetensors")?)))
}

/// Writes a checkpoint into `out`.
///
/// # Errors
/// Where a file cannot be written; the older checkpoint stays.
pub fn write(out: &Path, progress: &Progress, model: &Tensors, optimizer: &Tensors) -> Result<(), FinetuneError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| FinetuneError::Io { path, source }
    };
    let [new, current, old] = [UNFINISHED, FOLDER, "checkpoint.old"].map(|name| out.join(name));
    remove(&new)?;
    fs::create_dir_all(&new).map_err(io(&new))?;
    save(model, new.join("model.safetensors"))?;
    save(optimizer, new.join("optimizer.safetensors"))?;
    let path = new.join("progress.json");
    let json = serde_json::to_string_pretty(progress).map_err(FinetuneError::Json)?;
    fs::write(&path, json).map_err(io(&path))?;
    remove(&old)?;
    if current.exists() {
        fs::rename(&current, &old).map_err(io(&current))?;
    }
    fs::rename(&new, &current).map_err(io(&new))?;
    remove(&old)
}

/// The trained weights, `out`'s own until now. They are kept in the checkpoint from here on: what is written in their
/// place, an interpolation of them, is no starting point for a run that is killed and resumed.
pub fn trained(out: &Path) -> Result<Tensors, FinetuneError> {
    let kept = out.join(FOLDER).join("trained.safetensors");
    if !kept.exists() {
        let (model, new) = (out.join("model.safetensors"), kept.with_extension("new"));
        fs::copy(&model, &new).map_err(|source| FinetuneError::Io { path: model, source })?;
        fs::rename(&new, &kept).map_err(|source| FinetuneError::Io { path: new, source })?;
    }
    Tensors::load(&kept).map_err(|source| FinetuneError::Weights { path: kept, source })
}

/// Removes every checkpoint from `out`: the run is done. The last one goes at once, by a rename: half of it would look
/// like a damaged one.
pub fn clear(out: &Path) -> Result<(), FinetuneError> {
    let [new, current, old] = [UNFINISHED, FOLDER, "checkpoint.old"].map(|name| out.join(name));
    remove(&new)?;
    remove(&old)?;
    fs::rename(&current, &new).map_err(|source| FinetuneError::Io { path: current, source })?;
    remove(&new)
}

fn remove(folder: &Path) -> Result<(), FinetuneError> {
    if !folder.exists() {
        return Ok(());
    }
    fs::remove_dir_all(folder).map_err(|source| FinetuneError::Io { path: folder.to_owned(), source })
}

fn save(tensors: &Tensors, path: PathBuf) -> Result<(), FinetuneError> {
    tensors.save(&path).map_err(|source| FinetuneError::Save { path, source })
}
