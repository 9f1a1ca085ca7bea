//! The regions' prompts, said in several ways, as token ids.
//!
//! In: [`Places`].  Out: for each step one batch of texts, `[R]`, all by one template, drawn anew.
//! Half of the time it is the places' own template, which is the one that the model is asked with later. The regions
//! of one step share a template, so that nothing but the region tells their texts apart.

use rand::{Rng, RngExt};

use crate::clip::ClipConfig;
use crate::clip::text::{TokenBatch, TokenError};
use crate::embed::padded;
use crate::places::{Places, Region};
use crate::tokenizer::Tokenizer;

/// The places' own template.
pub const OWN_TEMPLATE: usize = 0;
/// Other ways to say where a photo was taken.
const OTHER_TEMPLATES: [&str; 5] = [
    "A photo taken in {name}, {description}",
    "A street in {name}, {description}",
    "{name}: {description}",
    "A photo of {name}",
    "{description}",
];

/// Token ids of every region's prompt by every template.
pub struct Prompts {
    /// `[template][region]`, not padded; the places' own template first.
    ids: Vec<Vec<Vec<u32>>>,
}

impl Prompts {
    /// The prompts of `places` for a model of `config`.
    ///
    /// # Errors
    /// [`TokenError`] where the model's vocabulary is not CLIP's.
    pub fn new(places: &Places, config: &ClipConfig) -> Result<Self, TokenError> {
        let (tokenizer, context) = (Tokenizer::new(), config.text_config.max_position_embeddings);
        let by_template = |template: &str| -> Vec<Vec<u32>> {
            let places = Places { prompt_template: template.to_owned(), regions: places.regions.clone() };
            // A region that this template says nothing of is asked for by its name.
            let prompts = places.prompts().into_iter().zip(&places.regions);
            let ids = |(prompt, region): (String, &Region)| {
                tokenizer.encode(if prompt.is_empty() { &region.name } else { &prompt }, context).ids
            };
            prompts.map(ids).collect()
        };
        let templates = std::iter::once(places.prompt_template.as_str()).chain(OTHER_TEMPLATES);
        let prompts = Self { ids: templates.map(by_template).collect() };
        for ids in &prompts.ids {
            padded(ids.clone(), config)?;
        }
        Ok(prompts)
    }

    /// How many templates there are.
    pub fn templates(&self) -> usize {
        self.ids.len()
    }

    /// All prompts by one template.
    pub fn of_template(&self, template: usize, config: &ClipConfig) -> Result<TokenBatch, TokenError> {
        padded(self.ids[template].clone(), config)
    }

    /// A template for one step.
    pub fn draw(&self, random: &mut impl Rng) -> usize {
        if random.random_bool(0.5) { OWN_TEMPLATE } else { random.random_range(1..self.ids.len()) }
    }
}
