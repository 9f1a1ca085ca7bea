//! CLIP here = CLIP in the Python reference: every layer and every dimension, on the CPU.
//!
//! The limits are the reference's own: its float32 noise was measured against float64, and a wrong activation, scale,
//! mask, position, head split or bias moves an embedding by 1e-3 or more.

mod common;

use burn::tensor::Device;
use common::{Golden, cosine, golden, max_abs_difference, row};
use placelens::clip::{Clip, TextTower, TokenBatch, VisionTower};
use placelens::embed::{ImageEncoder, TextEncoder};
use placelens::kernels::digits::{Operand, Second};
use placelens::kernels::linear::{Method, Weights};
use placelens::weights::WeightsError;
use placelens::weights::formula::{self, Architecture, FormulaSource};
use placelens::weights::huggingface::HuggingFaceModel;
use placelens::weights::load;
use placelens::weights::load_cpu;
use placelens::weights::quantize::{PackDtype, StoredTensor, store};
use placelens::weights::source::TensorSource;
use pollster::block_on;

/// Hidden states grow with depth, and so does their noise: 2.7e-5 in the reference.
const STATES: f64 = 2e-4;
/// Normalized embeddings, cosines and plain probabilities: noise 7.6e-7.
const EMBEDDINGS: f64 = 1e-5;
/// Cosines times 100.
const LOGITS: f64 = 1e-3;
/// Softmax of those.
const PROBABILITIES: f64 = 2e-4;

fn tiny(folder: &str) -> (HuggingFaceModel, Clip, Golden) {
    let mut model = HuggingFaceModel::from_folder(&golden(folder)).expect("the golden folder is whole");
    let clip = load::clip(&model.config, model.tensors.as_mut(), &Device::flex()).expect("the golden weights fit");
    (model, clip, Golden::read(&format!("{folder}/golden.safetensors")))
}

fn every_layer_is_the_reference_s(folder: &str) {
    let (model, clip, golden) = tiny(folder);
    towers_are_the_reference_s(folder, &model, &golden, &clip.vision, &clip.text, clip.logit_scale);
}

/// The same of the CPU's own kernels, with the file's f32 weights: no rounding but f32's.
fn every_layer_on_the_kernels_is_the_reference_s(folder: &str) {
    let mut model = HuggingFaceModel::from_folder(&golden(folder)).expect("the golden folder is whole");
    let vision = load_cpu::vision(&model.config, model.tensors.as_mut()).expect("the golden weights fit");
    let text = load_cpu::text(&model.config, model.tensors.as_mut()).expect("the golden weights fit");
    let logit_scale = load::logit_scale(model.tensors.as_mut()).expect("the golden weights fit");
    load::all_used(model.tensors.as_ref()).expect("every tensor has its place");
    let golden = Golden::read(&format!("{folder}/golden.safetensors"));
    towers_are_the_reference_s(folder, &model, &golden, &vision, &text, logit_scale);
}

fn towers_are_the_reference_s(
    folder: &str,
    model: &HuggingFaceModel,
    golden: &Golden,
    vision: &impl ImageEncoder,
    text: &impl TextEncoder,
    logit_scale: f32,
) {
    let tokens = TokenBatch::new(&golden.ids("input_ids"), &model.config.text_config).expect("golden ids");
    let image_size = model.config.vision_config.image_size;
    let images = block_on(vision.stages(golden.f32("pixel_values"), image_size)).expect("CPU");
    let texts = block_on(text.stages(&tokens)).expect("CPU");
    // Five stages around the vision layers, five around the text layers: none may be left out.
    assert_eq!(images.len(), 5 + model.config.vision_config.num_hidden_layers);
    assert_eq!(texts.len(), 5 + model.config.text_config.num_hidden_layers);
    for (name, values) in images.iter().chain(&texts) {
        let limit = if name.ends_with("_embeds") { EMBEDDINGS } else { STATES };
        row(folder, name, max_abs_difference(values, &golden.f32(name)).into(), limit);
    }
    let embeddings = |stages: &[(String, Vec<f32>)]| stages.last().expect("stages end with embeddings").1.clone();
    let columns = model.config.projection_dim;
    scores_are_the_reference_s(folder, golden, &embeddings(&images), &embeddings(&texts), columns, logit_scale);
    // Unobserved, the last layer computes only the token that is asked for, and texts are trimmed.
    let unobserved = block_on(vision.embed(golden.f32("pixel_values"), image_size)).expect("CPU");
    row(
        folder,
        "image_embeds, unobserved",
        max_abs_difference(&unobserved, &golden.f32("image_embeds")).into(),
        EMBEDDINGS,
    );
    let unobserved = block_on(text.embed(&tokens)).expect("CPU");
    row(
        folder,
        "text_embeds, unobserved",
        max_abs_difference(&unobserved, &golden.f32("text_embeds")).into(),
        EMBEDDINGS,
    );
}

fn scores_are_the_reference_s(
    folder: &str,
    golden: &Golden,
    images: &[f32],
    texts: &[f32],
    columns: usize,
    logit_scale: f32,
) {
    let softmax = |row: &[f32]| {
        let largest = row.iter().copied().fold(f32::MIN, f32::max);
        let exponentials: Vec<f32> = row.iter().map(|x| (x - largest).exp()).collect();
        let sum: f32 = exponentials.iter().sum();
        exponentials.iter().map(|e| e / sum).collect::<Vec<_>>()
    };
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let texts: Vec<&[f32]> = texts.chunks(columns).collect();
    let cosines: Vec<Vec<f32>> =
        images.chunks(columns).map(|image| texts.iter().map(|text| dot(image, text)).collect()).collect();
    let logits: Vec<Vec<f32>> =
        cosines.iter().map(|row| row.iter().map(|cosine| cosine * logit_scale.exp()).collect()).collect();
    let probs_cosine: Vec<f32> = cosines.iter().flat_map(|row| softmax(row)).collect();
    let probs_scaled: Vec<f32> = logits.iter().flat_map(|row| softmax(row)).collect();
    for (name, values, limit) in [
        ("cosine", cosines.concat(), EMBEDDINGS),
        ("logits_per_image", logits.concat(), LOGITS),
        ("probs_cosine", probs_cosine, EMBEDDINGS),
        ("probs_scaled", probs_scaled, PROBABILITIES),
    ] {
        row(folder, name, max_abs_difference(&values, &golden.f32(name)).into(), limit);
    }
}

#[test]
fn tiny_clip_is_the_reference_s_at_every_layer() {
    every_layer_is_the_reference_s("tiny_clip");
}

#[test]
fn tiny_clip_with_gelu_is_the_reference_s_at_every_layer() {
    every_layer_is_the_reference_s("tiny_clip_gelu");
}

#[test]
fn tiny_clip_on_the_kernels_is_the_reference_s_at_every_layer() {
    every_layer_on_the_kernels_is_the_reference_s("tiny_clip");
}

#[test]
fn tiny_clip_with_gelu_on_the_kernels_is_the_reference_s_at_every_layer() {
    every_layer_on_the_kernels_is_the_reference_s("tiny_clip_gelu");
}

#[test]
fn a_batch_gives_the_rows_of_single_photos() {
    let (model, clip, golden) = tiny("tiny_clip");
    let (image_size, columns) = (model.config.vision_config.image_size, model.config.projection_dim);
    let three = golden.f32("pixel_values");
    let one_image = three.len() / 3;
    // 1, 2, 3, 5 and 32 photos, in changing order.
    for batch in [1, 2, 3, 5, 32] {
        let pick = |i: usize| &three[(i * 2 % 3) * one_image..][..one_image];
        let pixels: Vec<f32> = (0..batch).flat_map(|i| pick(i).to_vec()).collect();
        let rows = block_on(clip.vision.embed(pixels, image_size)).expect("CPU");
        for (i, row) in rows.chunks(columns).enumerate() {
            let single = block_on(clip.vision.embed(pick(i).to_vec(), image_size)).expect("CPU");
            // Another order of the same sums; f32 noise of the embeddings is 8e-7.
            let difference = max_abs_difference(row, &single);
            assert!(difference <= 1e-5, "photo {i} of {batch} differs by {difference:e}");
        }
    }
}

#[test]
fn text_behind_the_end_token_does_not_matter() {
    let (model, clip, golden) = tiny("tiny_clip");
    let ids = golden.ids("input_ids");
    for (text, row) in ids.iter().enumerate() {
        let whole = TokenBatch::new(std::slice::from_ref(row), &model.config.text_config).expect("golden ids");
        let cut = row[..=whole.eos_positions[0]].to_vec();
        let cut = TokenBatch::new(&[cut], &model.config.text_config).expect("golden ids");
        let embedding = |batch| block_on(clip.text.embed(batch)).expect("CPU");
        let difference = max_abs_difference(&embedding(&whole), &embedding(&cut));
        assert!(difference <= 1e-6, "text {text} differs by {difference:e}");
    }
}

#[test]
fn vit_b_32_of_the_formula_is_the_reference_s() {
    common_full_size::is_the_reference_s(Architecture::VitB32, "vit_b32");
}

/// The same for both full sizes; `parity_large.rs` has the larger one.
#[path = "common/full_size.rs"]
mod common_full_size;

/// The formula's weights as an int8 pack stores them.
struct Int8Source(FormulaSource);

impl Int8Source {
    fn stored(&mut self, name: &str, expected: &[usize]) -> Result<StoredTensor, WeightsError> {
        let values = self.0.take(name, expected)?.expect("the formula has every tensor");
        store(name, expected, &values, PackDtype::Int8.of(name, expected, 12))
    }
}

impl TensorSource for Int8Source {
    fn take(&mut self, name: &str, expected: &[usize]) -> Result<Option<Vec<f32>>, WeightsError> {
        self.stored(name, expected)?.values(name).map(Some)
    }

    fn take_weights(&mut self, name: &str, expected: &[usize]) -> Result<Option<Weights>, WeightsError> {
        self.stored(name, expected)?.into_weights(name).map(Some)
    }

    fn remaining(&self) -> Vec<String> {
        Vec::new()
    }
}

#[test]
fn int8_keeps_the_direction_of_vit_b_32_s_embeddings() {
    let golden = Golden::read("full_size/vit_b32.safetensors");
    let config = Architecture::VitB32.config();
    let source = &mut Int8Source(FormulaSource { salt: 0 });
    // The promise for weights of eight bits: cosine to the f32 model at least 0.999.
    let limit = 1e-3;
    // Digits lose about as much again; the bound is a tenth of what onnxruntime's uint8 loses on the same weights.
    let digits_limit = 1.36e-3;
    {
        let device = Device::flex();
        let vision: VisionTower = load::vision(&config, source, &device).expect("the formula fits");
        let text: TextTower = load::text(&config, source, &device).expect("the formula fits");
        keeps_the_direction("vit_b32 int8", &golden, &vision, &text, limit);
    }
    let digits =
        [Operand::Unsigned, Operand::Seven].map(|operand| (Method::Digits(operand, Second::Largest), digits_limit));
    for (method, limit) in [(Method::Wide, limit)].into_iter().chain(digits) {
        let vision = load_cpu::vision_by(&config, source, method).expect("the formula fits");
        let text = load_cpu::text_by(&config, source, method).expect("the formula fits");
        keeps_the_direction(&format!("vit_b32 {method:?}"), &golden, &vision, &text, limit);
    }
}

#[test]
fn a_batch_on_the_kernels_gives_exactly_the_rows_of_single_photos() {
    let config = Architecture::Tiny.config();
    let (size, columns) = (config.vision_config.image_size, config.projection_dim);
    let photos = [1, 2, 3].map(|salt| formula::pixel_values(size, salt));
    let digits = |operand| Method::Digits(operand, Second::Largest);
    let two_digits = Method::Digits(Operand::Unsigned, Second::Every);
    for method in [Method::Wide, digits(Operand::Seven), digits(Operand::Unsigned), two_digits] {
        let source = &mut Int8Source(FormulaSource { salt: 0 });
        let vision = load_cpu::vision_by(&config, source, method).expect("the formula fits");
        let singles = photos.each_ref().map(|photo| vision.embed_image(photo).expect("finite"));
        for batch in [2, 5, 7, 32] {
            let pixels = (0..batch).flat_map(|i| photos[i * 2 % 3].iter().copied()).collect::<Vec<f32>>();
            let rows = vision.embed_image(&pixels).expect("finite");
            assert_eq!(rows.len(), batch * columns);
            for (i, row) in rows.chunks(columns).enumerate() {
                assert_eq!(row, singles[i * 2 % 3], "{method:?}: photo {i} of {batch}");
            }
        }
    }
}

fn keeps_the_direction(name: &str, golden: &Golden, vision: &impl ImageEncoder, text: &impl TextEncoder, limit: f64) {
    let config = Architecture::VitB32.config();
    let pixels = formula::values("pixel_values", &[2, 3, 224, 224], 0, 0, 2 * 3 * 224 * 224);
    let tokens = TokenBatch::new(&golden.ids("input_ids"), &config.text_config).expect("golden ids");
    let images = block_on(vision.embed(pixels, 224)).expect("CPU");
    let texts = block_on(text.embed(&tokens)).expect("CPU");
    for (kind, values) in [("image_embeds", images), ("text_embeds", texts)] {
        let expected = golden.f32(kind);
        println!("{name}, {kind}: largest difference {:e}", max_abs_difference(&values, &expected));
        for (i, (found, expected)) in values.chunks(512).zip(expected.chunks(512)).enumerate() {
            row(name, &format!("1 - cosine, {kind} {i}"), 1.0 - cosine(found, expected), limit);
        }
    }
}
