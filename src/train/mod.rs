//! Fine-tuning: labelled photos and a CLIP → a CLIP that knows these regions better.
//!
//! In: [`FinetuneRequest`].  Out: a Hugging Face CLIP folder, the best epoch by validation accuracy.
//!
//! ```text
//! photos ─ order ─ batches (decode, augment) ─┐
//!                                             ├ trainee (loss) ─ optimizer ─ … ─ validation ─ best ─ folder
//! places ─ prompts, labels ───────────────────┘                └ checkpoint
//! ```
//!
//! - [`options`]: what may be chosen
//! - `order`, `batches`, `augment`: photos of an epoch, decoded and varied;  `random`: where chance comes from
//! - `prompts`, `labels`: what the photos are compared with, and what the answer should be
//! - `trainee`, `optimizer`: the loss, and a step against it
//! - [`checkpoint`]: a killed run goes on where it was
//! - `folder`: the result as Hugging Face has it;  `curve`: the course of the run as a picture
//!
//! Everything drawn by chance depends on the seed and its purpose alone, so that a resumed run ends as an
//! uninterrupted one does, to the bit. Proof: `tests/finetune.rs`.

mod augment;
mod batches;
pub mod checkpoint;
mod curve;
mod error;
mod folder;
mod labels;
mod optimizer;
pub mod options;
mod order;
mod prompts;
mod random;
mod run;
mod trainee;

pub use batches::Unreadable;
pub use checkpoint::EpochRecord;
pub use error::FinetuneError;
pub use options::{Augmentation, FinetuneOptions, Freeze};
pub use run::{Event, FinetuneRequest, Outcome, StartingModel, finetune};
