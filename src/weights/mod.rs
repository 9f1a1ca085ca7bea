//! Weights: from a Hugging Face folder to a pack of shards, and from either to a model on a device.
//!
//! ```text
//! HF folder ─ huggingface ─┐                      ┌─ shards (verify, collect) ─┐
//! a formula ─ formula ─────┴ TensorSource ─ pack ─┘                            ├ TensorSource ─ load ─ towers
//!                              └───────────────────────────────────────────────┘
//! ```
//!
//! A pack is a folder:
//! - `manifest.json`: [`manifest::Manifest`]. The model's configuration, the logit scale, every file's size and
//!   SHA-256, and the known answer.
//! - shards: ordinary safetensors files of about 8 MiB, named by the SHA-256 of their bytes; the vision and the
//!   text tower never share one. Tensors keep their Hugging Face names and shapes.
//! - a tensor larger than a shard is split along its first axis into `NAME.part.0`, `NAME.part.1`, …
//! - an int8 tensor `NAME` has `NAME.scale`, f32, one number for each index of the first axis (output channel):
//!   `value = int8 × scale`. Biases, norms and position embeddings stay f32 in every pack.
//! - a tensor of 3 to 6 bits has `NAME.groups.BITS` as well: [`codes`].
//! - the places: GeoJSON and their embeddings, safetensors `text_embeds [R, D]` with the prompts' hash as metadata.
//!
//! A missing, unused, mis-shaped or non-finite tensor is an error that names it; nothing has a default.

pub mod codes;
#[cfg(feature = "cli")]
pub mod compensation;
#[cfg(feature = "cli")]
pub mod few_bits;
pub mod formula;
#[cfg(feature = "cli")]
pub mod huggingface;
#[cfg(feature = "train")]
pub mod initial;
pub mod known_answer;
pub mod load;
pub mod load_cpu;
pub mod manifest;
#[cfg(feature = "cli")]
pub mod pack;
#[cfg(feature = "cli")]
pub mod pictures;
pub mod quantize;
pub mod rounding;
#[cfg(feature = "cli")]
pub mod sensitivity;
pub mod shards;
pub mod source;
#[cfg(feature = "train")]
pub mod tensors;

use crate::clip::ConfigError;

/// What can be wrong with weights, by the tensor or file at fault.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    #[error("the weights lack {}; expected every tensor of the model that config.json describes. Is this the file that belongs to it?", listed(.names))]
    Missing { names: Vec<String> },
    #[error("the weights hold {} that the model does not have; expected none. Does config.json belong to another model?", listed(.names))]
    Unused { names: Vec<String> },
    #[error("tensor `{name}`: the model wants the shape {expected:?}, the file has {found:?}")]
    Shape { name: String, expected: Vec<usize>, found: Vec<usize> },
    #[error(
        "tensor `{name}`: value {index} is {value}; expected finite numbers. The file is damaged, or its training diverged"
    )]
    NonFinite { name: String, index: usize, value: f32 },
    #[error(
        "tensor `{name}`: stored as {found}; expected f32, f16, bf16, f64, int8 with `{name}.scale`, or uint8 with `{name}.groups.4` or the like as well"
    )]
    Dtype { name: String, found: &'static str },
    #[error("tensor `{name}`: {value} at {index} does not fit into f16 (largest 65504); pack it as int8 or f32")]
    TooLargeForF16 { name: String, index: usize, value: f32 },
    #[error("tensor `{name}`: {found} bytes; expected {expected} for its shape and type")]
    Bytes { name: String, expected: usize, found: usize },
    #[error("tensor `{name}`: {found} scales; expected {expected}, one for each index of the first axis")]
    Scales { name: String, expected: usize, found: usize },
    #[error(
        "tensor `{name}`: {found} bytes of group multipliers; expected {expected} for its shape. The file is damaged"
    )]
    Groups { name: String, expected: usize, found: usize },
    #[error(
        "tensor `{name}`: a group of row {row} has the multiplier {found}; expected 0 to {most}. The file is damaged"
    )]
    Multiplier { name: String, row: usize, found: u8, most: u8 },
    #[error(
        "tensor `{name}`: row {row} goes on after its last number; expected 0 in the rest of its last byte. The file is damaged"
    )]
    RowEnd { name: String, row: usize },
    #[error("tensor `{name}` is stored twice; expected each name once")]
    Twice { name: String },
    #[error("{file}: not a whole safetensors file ({source}); fetch or make it again")]
    Safetensors { file: String, source: safetensors::SafeTensorError },
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[cfg(feature = "cli")]
    #[error("{file}: not a whole PyTorch checkpoint ({source}); save it again, or convert it to safetensors")]
    Pytorch { file: String, source: pytorch_reader::PytorchError },
    #[error("tensor `{name}`: its bytes cannot be read: {source}")]
    Read { name: String, source: std::io::Error },
}

impl WeightsError {
    /// The stable word for this part's errors in JavaScript.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(error) => error.code(),
            _ => "weights",
        }
    }
}

/// "3 tensors (`a`, `b`, `c`)", cut after five.
fn listed(names: &[String]) -> String {
    const MOST: usize = 5;
    let quoted: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > MOST { ", …" } else { "" };
    let noun = if names.len() == 1 { "tensor" } else { "tensors" };
    format!("{} {noun} ({}{more})", names.len(), quoted.join(", "))
}
