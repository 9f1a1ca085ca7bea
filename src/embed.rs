//! Towers at work: pixels or texts in, plain numbers out.
//!
//! In: `pixel_values`, token ids or texts, in any number.  Out: L2-normalized rows of `D` f32, off the device.
//! Waiting is asynchronous, because a browser's GPU can be read in no other way; on the CPU it is over at once.

use burn::tensor::{Tensor, TensorData};

use crate::clip::config::ClipConfig;
use crate::clip::l2_normalized;
use crate::clip::text::{TextTower, TokenBatch, TokenError};
use crate::clip::vision::VisionTower;
use crate::tokenizer::Tokenizer;

/// Texts that go through the tower at once: enough to fill a CPU, small enough for any memory.
const TEXTS_PER_BATCH: usize = 16;

/// Why there is no embedding.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    #[error("the device could not finish its work: {0}")]
    Device(burn::tensor::ExecutionError),
    #[error(
        "the model's embedding of input {input} is not finite; its weights are damaged, or the device computes wrongly"
    )]
    NonFinite { input: usize },
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl EmbedError {
    /// The stable word for this part's errors in JavaScript.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Device(_) => "device",
            Self::NonFinite { .. } => "known_answer",
            Self::Token(_) => "weights",
        }
    }
}

/// Embeddings of `pixel_values`, `[n, 3, S, S]` row-major, as `[n, D]`.
pub async fn images(vision: &VisionTower, pixel_values: Vec<f32>, image_size: usize) -> Result<Vec<f32>, EmbedError> {
    let batch = pixel_values.len() / (3 * image_size * image_size);
    let device = vision.visual_projection.weight.val().device();
    let pixels = TensorData::new(pixel_values, [batch, 3, image_size, image_size]);
    read(vision.embed_image(Tensor::from_data(pixels, &device))).await
}

/// Embeddings of one batch of token ids, `[n, D]`.
pub async fn tokens(text: &TextTower, tokens: &TokenBatch) -> Result<Vec<f32>, EmbedError> {
    read(text.embed_text(tokens)).await
}

/// Embeddings of `texts`, `[n, D]`, and the indices of those that were cut to the model's context.
pub async fn texts(
    text: &TextTower,
    config: &ClipConfig,
    tokenizer: &Tokenizer,
    texts: &[String],
) -> Result<(Vec<f32>, Vec<usize>), EmbedError> {
    let context = config.text_config.max_position_embeddings;
    let mut embeddings = Vec::with_capacity(texts.len() * config.projection_dim);
    let mut cut = Vec::new();
    for (batch, chunk) in texts.chunks(TEXTS_PER_BATCH).enumerate() {
        let encoded: Vec<_> = chunk.iter().map(|text| tokenizer.encode(text, context)).collect();
        let is_cut = |(i, _): &(usize, _)| encoded[*i].cut;
        cut.extend(encoded.iter().enumerate().filter(is_cut).map(|(i, _)| batch * TEXTS_PER_BATCH + i));
        let ids: Vec<Vec<u32>> = encoded.into_iter().map(|text| text.ids).collect();
        embeddings.extend(tokens(text, &padded(ids, config)?).await?);
    }
    Ok((embeddings, cut))
}

/// Texts of any lengths as one batch, filled up with end tokens.
///
/// # Errors
/// [`TokenError`] where the model cannot read an id.
pub fn padded(mut ids: Vec<Vec<u32>>, config: &ClipConfig) -> Result<TokenBatch, TokenError> {
    let longest = ids.iter().map(Vec::len).max().unwrap_or(0);
    ids.iter_mut().for_each(|text| text.resize(longest, Tokenizer::END));
    TokenBatch::new(&ids, &config.text_config)
}

/// Every stage of the vision tower for `[n, 3, S, S]`, by the reference's names, ending with `image_embeds`.
pub async fn image_stages(
    vision: &VisionTower,
    pixel_values: Vec<f32>,
    image_size: usize,
) -> Result<Vec<(String, Vec<f32>)>, EmbedError> {
    let batch = pixel_values.len() / (3 * image_size * image_size);
    let device = vision.visual_projection.weight.val().device();
    let pixels = TensorData::new(pixel_values, [batch, 3, image_size, image_size]);
    let mut stages = Stages::default();
    let raw = vision.forward(Tensor::from_data(pixels, &device), &mut |name, x| stages.see(name, x));
    stages.read("image", raw).await
}

/// Every stage of the text tower, by the reference's names, ending with `text_embeds`.
pub async fn text_stages(text: &TextTower, tokens: &TokenBatch) -> Result<Vec<(String, Vec<f32>)>, EmbedError> {
    let mut stages = Stages::default();
    let raw = text.forward(tokens, &mut |name, x| stages.see(name, x));
    stages.read("text", raw).await
}

#[derive(Default)]
struct Stages {
    seen: Vec<(String, Tensor<3>)>,
}

impl Stages {
    fn see(&mut self, name: &str, x: &Tensor<3>) {
        self.seen.push((name.to_owned(), x.clone()));
    }

    /// The values of all stages, and of the embeddings `raw` before and after normalization.
    async fn read(self, tower: &str, raw: Tensor<2>) -> Result<Vec<(String, Vec<f32>)>, EmbedError> {
        let mut values = Vec::with_capacity(self.seen.len() + 2);
        for (name, x) in self.seen {
            values.push((name, x.into_data_async().await.map_err(EmbedError::Device)?.iter::<f32>().collect()));
        }
        values.push((format!("{tower}_embeds_raw"), read(raw.clone()).await?));
        values.push((format!("{tower}_embeds"), read(l2_normalized(raw)).await?));
        Ok(values)
    }
}

async fn read(embeddings: Tensor<2>) -> Result<Vec<f32>, EmbedError> {
    let [_, dimensions] = embeddings.dims();
    let data = embeddings.into_data_async().await.map_err(EmbedError::Device)?;
    let values: Vec<f32> = data.iter::<f32>().collect();
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(values),
        Some(index) => Err(EmbedError::NonFinite { input: index / dimensions }),
    }
}
