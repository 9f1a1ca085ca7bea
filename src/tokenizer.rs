//! Text → the token ids that CLIP's text tower reads.
//!
//! In: any text.  Out: ids below [`Tokenizer::VOCABULARY_SIZE`], between a start and an end token; over-long texts are cut.
//! Unicode NFC; lower case, character by character; then pieces: contractions, runs of letters, single digits, runs of
//! anything else but white space; each piece by byte-pair encoding. HTML entities are not decoded, and a literal
//! `<|startoftext|>` or `<|endoftext|>` in a text is text: only the tokenizer itself starts and ends one.
//!
//! The crate `instant-clip-tokenizer` carries the vocabulary and does the byte pairs. It is given one piece at a time,
//! because on whole texts it would lower-case by context (a final `Σ` to `ς`), take its own `<start_of_text>` for the
//! token, and run a piece of symbols on past a literal special token, none of which CLIP's tokenizer does.
//!
//! Source: Hugging Face's `CLIPTokenizer` and the `tokenizer.json` of openai/clip-vit-base-patch32.
//! Proof: `tests/tokenizer.rs`.

use instant_clip_tokenizer::Token;
use regex::Regex;
use unicode_normalization::UnicodeNormalization;

/// How texts fall into pieces.
const PIECES: &str = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+";

/// Byte pairs cost the square of a piece's length. Longer pieces (no word of any language, no ornament that a person
/// would type) are encoded in parts of this many bytes: far more than a context holds, so that only the count of the
/// tokens that are cut off can differ, at the seams.
const LONGEST_PART_BYTES: usize = 8_192;

/// CLIP's byte-pair encoding. Making one takes some tens of milliseconds: make it once.
pub struct Tokenizer {
    byte_pairs: instant_clip_tokenizer::Tokenizer,
    pieces: Regex,
}

/// The ids of one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// Start token, text, end token: at most the context length, without padding.
    pub ids: Vec<u32>,
    /// Whether the text was too long.
    pub cut: bool,
    /// How many tokens of the text were left out.
    pub dropped: usize,
}

/// The ids of several texts, as one tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedBatch {
    /// `[n, context_length]`, row-major, padded with the end token.
    pub ids: Vec<u32>,
    /// For each text, whether it was too long.
    pub cut: Vec<bool>,
}

impl Default for Tokenizer {
    fn default() -> Self {
        Self::new()
    }
}

impl Tokenizer {
    pub const VOCABULARY_SIZE: usize = 49_408;
    /// The token that starts every text.
    pub const START: u32 = 49_406;
    /// The token that ends every text, and pads.
    pub const END: u32 = 49_407;

    pub fn new() -> Self {
        let pieces = Regex::new(PIECES).expect("the pattern is a constant, and a test compiles it");
        Self { byte_pairs: instant_clip_tokenizer::Tokenizer::new(), pieces }
    }

    /// The ids of `text`, at most `context_length` of them; start and end token are always there.
    ///
    /// # Panics
    /// Where `context_length` has no room for start and end.
    pub fn encode(&self, text: &str, context_length: usize) -> Encoded {
        assert!(context_length >= 2, "a context of {context_length} has no room for the start and end tokens");
        let tokens = self.tokens(text);
        let kept = tokens.len().min(context_length - 2);
        let mut ids = Vec::with_capacity(kept + 2);
        ids.push(Self::START);
        ids.extend(tokens[..kept].iter().map(|token| u32::from(token.to_u16())));
        ids.push(Self::END);
        let dropped = tokens.len() - kept;
        Encoded { ids, cut: dropped > 0, dropped }
    }

    /// The ids of `texts`, each row `context_length` long.
    ///
    /// # Panics
    /// As [`Self::encode`].
    pub fn encode_batch<S: AsRef<str>>(&self, texts: &[S], context_length: usize) -> EncodedBatch {
        let mut batch = EncodedBatch { ids: Vec::with_capacity(texts.len() * context_length), cut: Vec::new() };
        for (row, text) in texts.iter().enumerate() {
            let Encoded { ids, cut, .. } = self.encode(text.as_ref(), context_length);
            batch.ids.extend(ids);
            batch.ids.resize((row + 1) * context_length, Self::END);
            batch.cut.push(cut);
        }
        batch
    }

    /// All tokens of `text`, without start and end.
    fn tokens(&self, text: &str) -> Vec<Token> {
        let text: String = text.nfc().flat_map(char::to_lowercase).collect();
        let mut tokens = Vec::new();
        for piece in self.pieces.find_iter(&text) {
            for part in parts(piece.as_str()) {
                self.byte_pairs.encode(part, &mut tokens);
            }
        }
        tokens
    }
}

/// `piece` in parts of at most [`LONGEST_PART_BYTES`], cut between characters.
fn parts(mut piece: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let (part, rest) = piece.split_at(piece.floor_char_boundary(LONGEST_PART_BYTES));
        piece = rest;
        (!part.is_empty()).then_some(part)
    })
}
