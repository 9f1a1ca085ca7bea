//! `placelens embed`: photos and texts → a safetensors file of embeddings.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use pollster::block_on;
use safetensors::tensor::{Dtype, TensorView};

use super::model::OpenedModel;
use crate::embed::{self, ImageEncoder};
use crate::photo::{MAX_FILE_BYTES, Photo};
use crate::tokenizer::Tokenizer;
use crate::weights::quantize::f32_bytes;

/// Write the L2-normalized embeddings of photos, `image_embeds [n, D]`, and texts, `text_embeds [m, D]`.
#[derive(Debug, Args)]
pub struct EmbedArguments {
    /// A pack, a Hugging Face CLIP folder, or a model's name on the hub
    #[arg(long)]
    model: String,
    /// A photo; may be given again
    #[arg(long = "image", value_name = "FILE")]
    images: Vec<PathBuf>,
    /// A text; may be given again
    #[arg(long = "text")]
    texts: Vec<String>,
    /// The safetensors file to write
    #[arg(long)]
    out: PathBuf,
}

pub fn run(arguments: EmbedArguments) -> anyhow::Result<ExitCode> {
    if arguments.images.is_empty() && arguments.texts.is_empty() {
        eprintln!("placelens: nothing to embed; expected --image FILE or --text TEXT at least once");
        return Ok(ExitCode::from(2));
    }
    let model = super::model::open(&arguments.model)?;
    let (image_embeds, failures) = embed_images(&model, &arguments.images)?;
    let (text_embeds, cut) =
        block_on(embed::texts(&model.clip.text, &model.config, &Tokenizer::new(), &arguments.texts))?;
    let context = model.config.text_config.max_position_embeddings;
    super::warn_cut("the text", cut.iter().map(|&i| format!("{:?}", arguments.texts[i])), context);
    if image_embeds.is_empty() && text_embeds.is_empty() {
        bail!("none of the {failures} photos could be used; nothing was written");
    }
    write(
        &arguments.out,
        model.config.projection_dim,
        &[("image_embeds", image_embeds), ("text_embeds", text_embeds)],
    )?;
    Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The rows of the photos that could be used, and how many could not.
fn embed_images(model: &OpenedModel, images: &[PathBuf]) -> anyhow::Result<(Vec<f32>, usize)> {
    let mut rows = Vec::new();
    let mut failures = 0;
    for path in images {
        match photo_at(path) {
            Ok(photo) => {
                let pixel_values = model.preprocessor.pixel_values(&photo);
                let image_size = model.config.vision_config.image_size;
                rows.extend(block_on(model.clip.vision.embed(pixel_values, image_size))?);
            }
            Err(error) => {
                failures += 1;
                eprintln!(
                    "placelens: {}: {}; it has no row in image_embeds",
                    super::shown(path),
                    super::described(&error)
                );
            }
        }
    }
    Ok((rows, failures))
}

fn photo_at(path: &Path) -> anyhow::Result<Photo> {
    Ok(Photo::decode(&super::read_bytes(path, MAX_FILE_BYTES)?)?)
}

/// Writes those of `tensors` that have rows, beside the target and then into its place.
fn write(out: &Path, columns: usize, tensors: &[(&str, Vec<f32>)]) -> anyhow::Result<()> {
    let bytes: Vec<(&str, Vec<u8>)> =
        tensors.iter().filter(|(_, rows)| !rows.is_empty()).map(|(name, rows)| (*name, f32_bytes(rows))).collect();
    let mut views = Vec::new();
    for (name, bytes) in &bytes {
        let rows = bytes.len() / 4 / columns;
        views.push((*name, TensorView::new(Dtype::F32, vec![rows, columns], bytes)?));
    }
    let file = safetensors::serialize(views, None)?;
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = tempfile::NamedTempFile::new_in(parent).and_then(|mut beside| {
        std::io::Write::write_all(&mut beside, &file)?;
        beside.persist(out).map(drop).map_err(|error| error.error)
    });
    written.with_context(|| out.display().to_string())
}
