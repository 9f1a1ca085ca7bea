//! The text tower: token ids → the text's embedding.
//!
//! In: [`TokenBatch`], ids `[batch, context]`.  Out: `[batch, D]`.
//! Tokens with their positions' embeddings go through the transformer under a causal mask; the state at the
//! end-of-text token, projected, is the text's embedding. Because of the mask nothing after that token matters.
//!
//! Source: Hugging Face's `CLIPTextModelWithProjection`. Proof: `tests/parity.rs`.

use burn::module::Module;
use burn::nn::{Embedding, EmbeddingConfig, Initializer, LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::config::{ClipConfig, TextConfig};
use super::transformer::Encoder;
use super::{Observer, l2_normalized};

/// Before 2023, Hugging Face wrote this id into every configuration, whatever the end token was.
const HISTORICAL_EOS_TOKEN_ID: u32 = 2;

/// The text transformer and its projection into the shared space.
#[derive(Module, Debug)]
pub struct TextTower {
    pub text_model: TextTransformer,
    pub text_projection: Linear,
}

/// Token ids in, the end token's last state out.
#[derive(Module, Debug)]
pub struct TextTransformer {
    pub embeddings: TextEmbeddings,
    pub encoder: Encoder,
    pub final_layer_norm: LayerNorm,
}

/// Ids → tokens.
#[derive(Module, Debug)]
pub struct TextEmbeddings {
    pub token_embedding: Embedding,
    pub position_embedding: Embedding,
}

/// What is wrong with token ids.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error(
        "text {text}: token id {id} is outside the model's vocabulary of {vocab_size}; the tokenizer and the model do not belong together"
    )]
    OutsideVocabulary { text: usize, id: u32, vocab_size: usize },
    #[error("text {text}: {found} tokens, where the others have {expected}; pad the texts of one batch to one length")]
    Length { text: usize, found: usize, expected: usize },
    #[error("text {text}: {found} tokens; expected 1 to {most}, the model's context")]
    Context { text: usize, found: usize, most: usize },
    #[error("text {text}: no end token {eos_token_id}; every text must end with it")]
    NoEndToken { text: usize, eos_token_id: u32 },
}

/// Token ids of several texts, checked against a model, with the place of each end token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenBatch {
    ids: Vec<u32>,
    /// Where each text ends.
    pub eos_positions: Vec<usize>,
    context: usize,
}

impl TokenBatch {
    /// A batch of `texts`, all padded to one length, for a model of `config`.
    ///
    /// The end token is the first `eos_token_id`, or the largest id where the configuration has the historical value 2.
    ///
    /// # Errors
    /// [`TokenError`] names the text by its index.
    pub fn new(texts: &[Vec<u32>], config: &TextConfig) -> Result<Self, TokenError> {
        let context = texts.first().map_or(1, Vec::len);
        let mut eos_positions = Vec::with_capacity(texts.len());
        for (text, ids) in texts.iter().enumerate() {
            let found = ids.len();
            if found != context {
                return Err(TokenError::Length { text, found, expected: context });
            }
            if found == 0 || found > config.max_position_embeddings {
                return Err(TokenError::Context { text, found, most: config.max_position_embeddings });
            }
            if let Some(&id) = ids.iter().find(|&&id| id as usize >= config.vocab_size) {
                return Err(TokenError::OutsideVocabulary { text, id, vocab_size: config.vocab_size });
            }
            eos_positions.push(end_of_text(text, ids, config.eos_token_id)?);
        }
        Ok(Self { ids: texts.concat(), eos_positions, context })
    }

    /// The same texts without the columns behind the last end token: less work, the same embeddings.
    pub fn trimmed(&self) -> Self {
        let context = self.eos_positions.iter().max().map_or(1, |last| last + 1);
        let ids = self.ids.chunks(self.context).flat_map(|text| &text[..context]).copied().collect();
        Self { ids, eos_positions: self.eos_positions.clone(), context }
    }

    /// All ids, text by text.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Tokens of each text.
    pub fn context(&self) -> usize {
        self.context
    }

    /// Batches of at most `texts` texts.
    pub fn split(&self, texts: usize) -> impl Iterator<Item = Self> {
        let ends = self.eos_positions.chunks(texts);
        self.ids.chunks(texts * self.context).zip(ends).map(|(ids, ends)| Self {
            ids: ids.to_vec(),
            eos_positions: ends.to_vec(),
            context: self.context,
        })
    }

    /// `[batch, context]`
    fn to_tensor(&self, device: &Device) -> Tensor<2, Int> {
        let ids: Vec<i32> = self.ids.iter().map(|&id| id as i32).collect();
        Tensor::from_data(TensorData::new(ids, [self.eos_positions.len(), self.context]), device)
    }
}

fn end_of_text(text: usize, ids: &[u32], eos_token_id: u32) -> Result<usize, TokenError> {
    let end = if eos_token_id == HISTORICAL_EOS_TOKEN_ID { ids.iter().copied().max() } else { Some(eos_token_id) };
    ids.iter().position(|&id| Some(id) == end).ok_or(TokenError::NoEndToken { text, eos_token_id })
}

impl TextTower {
    /// A tower of `config`'s sizes whose weights are drawn at first use, unless [`crate::weights::load`] brings others.
    pub fn new(config: &ClipConfig, device: &Device) -> Self {
        let text = &config.text_config;
        let projection = LinearConfig::new(text.hidden_size, config.projection_dim).with_bias(false);
        Self { text_model: TextTransformer::new(text, device), text_projection: projection.init(device) }
    }

    /// The L2-normalized embeddings of a batch of texts: `[batch, D]`.
    pub fn embed_text(&self, tokens: &TokenBatch) -> Tensor<2> {
        l2_normalized(self.forward(&tokens.trimmed(), &mut |_, _| ()))
    }

    /// The embeddings before normalization, `[batch, D]`; `observe` sees every stage on the way.
    pub fn forward(&self, tokens: &TokenBatch, observe: Observer) -> Tensor<2> {
        self.text_projection.forward(self.text_model.forward(tokens, observe))
    }
}

impl TextTransformer {
    fn new(config: &TextConfig, device: &Device) -> Self {
        let normal = Initializer::Normal { mean: 0.0, std: 0.02 };
        let embedding = |n| EmbeddingConfig::new(n, config.hidden_size).with_initializer(normal.clone()).init(device);
        Self {
            embeddings: TextEmbeddings {
                token_embedding: embedding(config.vocab_size),
                position_embedding: embedding(config.max_position_embeddings),
            },
            encoder: config.encoder().init(device),
            final_layer_norm: LayerNormConfig::new(config.hidden_size).with_epsilon(config.layer_norm_eps).init(device),
        }
    }

    fn forward(&self, tokens: &TokenBatch, observe: Observer) -> Tensor<2> {
        let device = self.embeddings.token_embedding.weight.val().device();
        let x = self.embeddings.forward(tokens.to_tensor(&device)); // [batch, context, width]
        observe("text.embeddings", &x);
        let x = self.encoder.forward("text", x, observe);
        let x = self.final_layer_norm.forward(x);
        observe("text.final_layer_norm", &x);
        let [batch, context, width] = x.dims();
        let rows = tokens.eos_positions.iter().enumerate().map(|(text, eos)| (text * context + eos) as i32);
        let rows = Tensor::<1, Int>::from_data(TensorData::new(rows.collect::<Vec<_>>(), [batch]), &device);
        let pooled = x.reshape([batch * context, width]).select(0, rows); // [batch, width]
        observe("text.pooled", &pooled.clone().unsqueeze_dim(1));
        pooled
    }
}

impl TextEmbeddings {
    fn forward(&self, ids: Tensor<2, Int>) -> Tensor<3> {
        let [_, context] = ids.dims();
        let positions = self.position_embedding.weight.val().narrow(0, 0, context); // [context, width]
        self.token_embedding.forward(ids) + positions.unsqueeze::<3>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(eos_token_id: u32) -> TextConfig {
        TextConfig { vocab_size: 10, max_position_embeddings: 4, eos_token_id, ..Default::default() }
    }

    #[test]
    fn finds_the_end_by_id_or_by_the_largest_id() {
        let texts = [vec![1, 9, 9, 0], vec![2, 3, 9, 5]];
        assert_eq!(TokenBatch::new(&texts, &config(9)).expect("valid ids").eos_positions, [1, 2]);
        // The historical 2 means "the largest id", even where a token 2 stands earlier.
        assert_eq!(TokenBatch::new(&texts, &config(2)).expect("valid ids").eos_positions, [1, 2]);
    }

    #[test]
    fn trims_behind_the_last_end() {
        let batch = TokenBatch::new(&[vec![1, 9, 0, 0], vec![2, 3, 9, 0]], &config(9)).expect("valid ids");
        assert_eq!(batch.trimmed().ids, [1, 9, 0, 2, 3, 9]);
    }

    #[test]
    fn refuses_ids_that_the_model_cannot_read() {
        let refused = |texts: &[Vec<u32>]| TokenBatch::new(texts, &config(9)).expect_err("bad ids");
        assert_eq!(refused(&[vec![10, 9]]), TokenError::OutsideVocabulary { text: 0, id: 10, vocab_size: 10 });
        assert_eq!(refused(&[vec![1, 9], vec![9]]), TokenError::Length { text: 1, found: 1, expected: 2 });
        assert_eq!(refused(&[vec![1, 2, 3, 4, 9]]), TokenError::Context { text: 0, found: 5, most: 4 });
        assert_eq!(refused(&[vec![1, 2]]), TokenError::NoEndToken { text: 0, eos_token_id: 9 });
    }
}
