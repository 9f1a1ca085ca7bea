//! PlaceLens: which neighborhood was this photo taken in? CLIP on burn, in the browser and on the command line.
//!
//! ```text
//! photo bytes ─ photo ─ RGB, upright ─ preprocess ─ [1, 3, S, S] ─ clip::vision ─ [D] ─ places ─ ranked places
//!                                                                     ▲                   ▲
//! HF folder ─ weights::pack ─ shards + manifest ─ weights::shards ─ weights::load         │
//! places (GeoJSON) ─ prompts ─ tokenizer ─ clip::text ─ [R, D] ───────────────────────────┘
//! ```
//!
//! - [`photo`], [`preprocess`]: bytes → the tensor that CLIP eats
//! - [`tokenizer`]: text → token ids
//! - [`clip`]: the two towers; [`embed`]: the towers at work, with plain numbers in and out
//! - [`kernels`]: what burn does too slowly on a CPU
//! - [`weights`]: from a Hugging Face folder to a pack, and to modules
//! - [`places`]: regions, scores, the best point
//! - [`locate`]: all of it joined: a photo in, ranked places out
//! - [`dataset`], [`train`], [`evaluate`], [`scenes`] (feature `train`, native only): the experiment: labeled photos,
//!   fine-tuning, reports, and a drawn data set
//! - `web` (wasm only): the same for JavaScript; `main.rs` and `cli`: the same for a shell
//!
//! Invariants: `clip` never uses `places`; JavaScript's types appear only in `web`; file paths only in `cli`,
//! `weights::pack`, `weights::huggingface` and the experiment's modules; a missing, unused or mis-shaped tensor is an error, never a default; no
//! number of a model stands outside its configuration; files from outside are parsed within limits.

#[cfg(feature = "cli")]
pub mod cli;
pub mod clip;
#[cfg(feature = "train")]
pub mod dataset;
pub mod embed;
#[cfg(feature = "train")]
pub mod evaluate;
pub mod kernels;
pub mod locate;
pub mod photo;
pub mod places;
pub mod preprocess;
#[cfg(feature = "train")]
pub mod scenes;
pub mod tokenizer;
#[cfg(feature = "train")]
pub mod train;
#[cfg(target_arch = "wasm32")]
mod web;
pub mod weights;
