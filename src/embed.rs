//! Towers at work: pixels or texts in, plain numbers out.
//!
//! In: `pixel_values`, token ids or texts, in any number.  Out: L2-normalized rows of `D` f32, off the device.
//! Waiting is asynchronous, because a browser's GPU can be read in no other way; on the CPU it is over at once.

use burn::tensor::{Tensor, TensorData};

use crate::clip::config::ClipConfig;
use crate::clip::text::{TextTower, TokenBatch, TokenError};
use crate::clip::vision::VisionTower;
use crate::clip::{cpu, l2_normalized};
use crate::kernels::NonFinite;
use crate::kernels::linear::Method;
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
    Kernel(#[from] NonFinite),
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl EmbedError {
    /// The stable word for this part's errors in JavaScript.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Device(_) => "device",
            Self::NonFinite { .. } | Self::Kernel(_) => "known_answer",
            Self::Token(_) => "weights",
        }
    }
}

/// A vision tower, wherever it computes.
pub trait ImageEncoder {
    /// L2-normalized embeddings of `pixel_values`, `[n, 3, S, S]` row-major, as `[n, D]`.
    fn embed(&self, pixel_values: Vec<f32>, image_size: usize) -> impl Future<Output = Result<Vec<f32>, EmbedError>>;

    /// Every stage, by the reference's names, ending with `image_embeds`.
    fn stages(&self, pixel_values: Vec<f32>, image_size: usize) -> impl Future<Output = Result<Seen, EmbedError>>;

    /// Whether it rounds its inputs to so few digits, to be fast, that its answer is only near the plain one.
    fn rounds(&self) -> bool;
}

/// A text tower, wherever it computes.
pub trait TextEncoder {
    /// L2-normalized embeddings of one batch of token ids, `[n, D]`.
    fn embed(&self, tokens: &TokenBatch) -> impl Future<Output = Result<Vec<f32>, EmbedError>>;

    /// Every stage, by the reference's names, ending with `text_embeds`.
    fn stages(&self, tokens: &TokenBatch) -> impl Future<Output = Result<Seen, EmbedError>>;

    /// As [`ImageEncoder::rounds`].
    fn rounds(&self) -> bool;
}

/// Stages by name.
pub type Seen = Vec<(String, Vec<f32>)>;

/// Embeddings of `texts`, `[n, D]`, and the indices of those that were cut to the model's context.
pub async fn texts(
    text: &impl TextEncoder,
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
        embeddings.extend(text.embed(&padded(ids, config)?).await?);
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

impl ImageEncoder for VisionTower {
    async fn embed(&self, pixel_values: Vec<f32>, image_size: usize) -> Result<Vec<f32>, EmbedError> {
        read(self.embed_image(pixels(self, pixel_values, image_size))).await
    }

    async fn stages(&self, pixel_values: Vec<f32>, image_size: usize) -> Result<Seen, EmbedError> {
        let mut stages = Stages::default();
        let raw = self.forward(pixels(self, pixel_values, image_size), &mut |name, x| stages.see(name, x));
        stages.read("image", raw).await
    }

    fn rounds(&self) -> bool {
        false
    }
}

/// `[n, 3, S, S]` on the tower's device.
fn pixels(vision: &VisionTower, pixel_values: Vec<f32>, image_size: usize) -> Tensor<4> {
    let batch = pixel_values.len() / (3 * image_size * image_size);
    let data = TensorData::new(pixel_values, [batch, 3, image_size, image_size]);
    Tensor::from_data(data, &vision.visual_projection.weight.val().device())
}

impl TextEncoder for TextTower {
    async fn embed(&self, tokens: &TokenBatch) -> Result<Vec<f32>, EmbedError> {
        read(self.embed_text(tokens)).await
    }

    async fn stages(&self, tokens: &TokenBatch) -> Result<Seen, EmbedError> {
        let mut stages = Stages::default();
        let raw = self.forward(tokens, &mut |name, x| stages.see(name, x));
        stages.read("text", raw).await
    }

    fn rounds(&self) -> bool {
        false
    }
}

impl ImageEncoder for cpu::VisionTower {
    async fn embed(&self, pixel_values: Vec<f32>, _image_size: usize) -> Result<Vec<f32>, EmbedError> {
        finite(self.embed_image(&pixel_values)?, self.visual_projection.outputs())
    }

    async fn stages(&self, pixel_values: Vec<f32>, _image_size: usize) -> Result<Seen, EmbedError> {
        let mut seen = Seen::new();
        let raw = self.forward(&pixel_values, Some(&mut |name, x| seen.push((name.to_owned(), x.to_vec()))))?;
        with_embeddings(seen, "image", raw, self.visual_projection.outputs())
    }

    fn rounds(&self) -> bool {
        self.method != Method::Wide
    }
}

impl TextEncoder for cpu::TextTower {
    async fn embed(&self, tokens: &TokenBatch) -> Result<Vec<f32>, EmbedError> {
        finite(self.embed_text(tokens)?, self.text_projection.outputs())
    }

    async fn stages(&self, tokens: &TokenBatch) -> Result<Seen, EmbedError> {
        let mut seen = Seen::new();
        let raw = self.forward(tokens, Some(&mut |name, x| seen.push((name.to_owned(), x.to_vec()))))?;
        with_embeddings(seen, "text", raw, self.text_projection.outputs())
    }

    fn rounds(&self) -> bool {
        self.method != Method::Wide
    }
}

/// `seen` and the embeddings `raw` before and after normalization.
fn with_embeddings(mut seen: Seen, tower: &str, raw: Vec<f32>, columns: usize) -> Result<Seen, EmbedError> {
    let raw = finite(raw, columns)?;
    let embeddings = finite(cpu::l2_normalized(raw.clone(), columns), columns)?;
    seen.push((format!("{tower}_embeds_raw"), raw));
    seen.push((format!("{tower}_embeds"), embeddings));
    Ok(seen)
}

/// The vision tower that photos are located with: on a device of burn's, or on the CPU's own kernels. In a browser each
/// has a module of its own, without the other's code.
pub enum Vision {
    #[cfg(any(feature = "webgpu", feature = "cli"))]
    Burn(Box<VisionTower>),
    #[cfg(any(feature = "cpu", not(feature = "webgpu")))]
    Cpu(Box<cpu::VisionTower>),
}

/// The text tower, likewise.
pub enum Text {
    #[cfg(any(feature = "webgpu", feature = "cli"))]
    Burn(Box<TextTower>),
    #[cfg(any(feature = "cpu", not(feature = "webgpu")))]
    Cpu(Box<cpu::TextTower>),
}

/// What the one tower does that there is.
macro_rules! tower {
    ($either:expr, $tower:ident => $work:expr) => {
        match $either {
            #[cfg(any(feature = "webgpu", feature = "cli"))]
            Self::Burn($tower) => $work,
            #[cfg(any(feature = "cpu", not(feature = "webgpu")))]
            Self::Cpu($tower) => $work,
        }
    };
}

impl ImageEncoder for Vision {
    async fn embed(&self, pixel_values: Vec<f32>, image_size: usize) -> Result<Vec<f32>, EmbedError> {
        tower!(self, vision => vision.embed(pixel_values, image_size).await)
    }

    async fn stages(&self, pixel_values: Vec<f32>, image_size: usize) -> Result<Seen, EmbedError> {
        tower!(self, vision => vision.stages(pixel_values, image_size).await)
    }

    fn rounds(&self) -> bool {
        tower!(self, vision => vision.rounds())
    }
}

impl TextEncoder for Text {
    async fn embed(&self, tokens: &TokenBatch) -> Result<Vec<f32>, EmbedError> {
        tower!(self, text => text.embed(tokens).await)
    }

    async fn stages(&self, tokens: &TokenBatch) -> Result<Seen, EmbedError> {
        tower!(self, text => text.stages(tokens).await)
    }

    fn rounds(&self) -> bool {
        tower!(self, text => text.rounds())
    }
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
    async fn read(self, tower: &str, raw: Tensor<2>) -> Result<Seen, EmbedError> {
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
    finite(data.iter::<f32>().collect(), dimensions)
}

/// The embeddings, `dimensions` numbers each, where all are finite.
fn finite(values: Vec<f32>, dimensions: usize) -> Result<Vec<f32>, EmbedError> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(values),
        Some(index) => Err(EmbedError::NonFinite { input: index / dimensions }),
    }
}
