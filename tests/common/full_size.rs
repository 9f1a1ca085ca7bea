//! A full-size model with the formula's weights against the reference's outputs.

use super::common::{Golden, cosine, max_abs_difference, row};
use burn::tensor::Device;
use placelens::clip::ClipConfig;
use placelens::clip::TokenBatch;
use placelens::embed::{ImageEncoder, TextEncoder};
use placelens::weights::formula::{self, Architecture, FormulaSource};
use placelens::weights::load;
use pollster::block_on;

/// Noise of hidden states 1.9e-4, of embeddings 1.6e-6 in the reference.
const STATES: f64 = 2e-3;
const EMBEDDINGS: f64 = 2e-5;

pub fn is_the_reference_s(architecture: Architecture, name: &str) {
    let golden = Golden::read(&format!("full_size/{name}.safetensors"));
    let json = std::fs::read_to_string(super::common::golden(&format!("full_size/{name}.config.json")));
    let config = ClipConfig::from_json(&json.expect("a golden file")).expect("a golden configuration");
    assert_eq!(config, ClipConfig { text_config: config.text_config.clone(), ..architecture.config() });
    let clip = load::clip(&config, &mut FormulaSource { salt: 0 }, &Device::flex()).expect("the formula fits");
    let pixels = formula::values("pixel_values", &[2, 3, 224, 224], 0, 0, 2 * 3 * 224 * 224);
    let tokens = TokenBatch::new(&golden.ids("input_ids"), &config.text_config).expect("golden ids");
    let images = block_on(clip.vision.stages(pixels, 224)).expect("CPU");
    let texts = block_on(clip.text.stages(&tokens)).expect("CPU");

    // The reference keeps the class token and the end token after every stage, not all tokens.
    let class_tokens = token_of_every_stage(&images, "vision.", |_, _| 0, 2);
    row(name, "vision.cls_per_layer", largest(&class_tokens, &golden.f32("vision.cls_per_layer")), STATES);
    let end_tokens = token_of_every_stage(&texts, "text.", |text, _| tokens.eos_positions[text], 2);
    row(name, "text.eos_per_layer", largest(&end_tokens, &golden.f32("text.eos_per_layer")), STATES);
    for (stage, values) in images.iter().chain(&texts) {
        if stage.ends_with("pooled") || stage.ends_with("_embeds_raw") {
            row(name, stage, largest(values, &golden.f32(stage)), STATES);
        }
        if stage.ends_with("_embeds") {
            let expected = golden.f32(stage);
            row(name, stage, largest(values, &expected), EMBEDDINGS);
            for (i, (found, expected)) in
                values.chunks(config.projection_dim).zip(expected.chunks(config.projection_dim)).enumerate()
            {
                row(name, &format!("1 - cosine, {stage} {i}"), 1.0 - cosine(found, expected), 1e-6);
            }
        }
    }
}

fn largest(found: &[f32], expected: &[f32]) -> f64 {
    max_abs_difference(found, expected).into()
}

/// `[stages, batch, width]`: one token of every stage before the pooling.
fn token_of_every_stage(
    stages: &[(String, Vec<f32>)],
    tower: &str,
    position: impl Fn(usize, usize) -> usize,
    batch: usize,
) -> Vec<f32> {
    let hidden = stages.iter().filter(|(name, _)| name.starts_with(tower) && !name.ends_with("pooled"));
    let pooled = stages.iter().find(|(name, _)| name.ends_with("pooled")).expect("every tower pools");
    let width = pooled.1.len() / batch;
    let mut tokens = Vec::new();
    for (_, values) in hidden {
        let context = values.len() / batch / width;
        for item in 0..batch {
            let token = item * context + position(item, context);
            tokens.extend(&values[token * width..][..width]);
        }
    }
    tokens
}
