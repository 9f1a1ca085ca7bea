//! Why a model cannot be fine-tuned.

use std::path::PathBuf;

use super::batches::Unreadable;
use crate::clip::text::TokenError;
use crate::embed::EmbedError;
use crate::weights::WeightsError;

#[derive(Debug, thiserror::Error)]
pub enum FinetuneError {
    #[error("{path}: {source}", path = .path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{path} cannot be written: {source}", path = .path.display())]
    Save { path: PathBuf, source: safetensors::SafeTensorError },
    #[error("{path}: {source}", path = .path.display())]
    Weights { path: PathBuf, source: WeightsError },
    #[error("{path} is not the progress of a run ({source}); remove the folder around it to begin anew", path = .path.display())]
    Progress { path: PathBuf, source: serde_json::Error },
    #[error("the run's numbers cannot be written as JSON: {0}")]
    Json(serde_json::Error),
    #[error("the curve cannot be drawn: {0}")]
    Curve(Box<dyn std::error::Error + Send + Sync>),
    #[error(
        "{out} holds a run with {difference}; expected the same model, places, photos and options to go on with it. Choose another --out, or remove the folder",
        out = .out.display()
    )]
    OtherRun { out: PathBuf, difference: String },
    #[error("{out} holds a finished model or other files; expected a new folder, or one with a run to go on with. Choose another --out", out = .out.display())]
    NotEmpty { out: PathBuf },
    #[error("the option `{option}` is {found}; expected {expected}")]
    Option { option: &'static str, found: f64, expected: &'static str },
    #[error(
        "none of the {split} photos can be read; expected one at least. The first is {}: {}", .first.path, .first.reason
    )]
    NothingReadable { split: &'static str, first: Unreadable },
    #[error(
        "the {what} became {value} in epoch {epoch}, step {step}; expected a finite number. Stopped; {out} keeps the best epoch, {best}. Try a lower --learning-rate, in another folder",
        out = .out.display()
    )]
    Diverged { what: &'static str, value: f64, epoch: usize, step: usize, out: PathBuf, best: usize },
    #[error(transparent)]
    Model(#[from] WeightsError),
    #[error("the regions' prompts: {0}")]
    Prompts(#[from] TokenError),
    #[error(transparent)]
    Embed(#[from] EmbedError),
}
