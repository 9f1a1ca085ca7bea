//! Weights from Hugging Face's files: every layout gives the same tensors, and what is wrong is named.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use burn::tensor::Device;
use common::golden;
use half::{bf16, f16};
use placelens::clip::{ClipConfig, TextTower, VisionTower};
use placelens::weights::formula;
use placelens::weights::huggingface::HuggingFaceModel;
use placelens::weights::load::{self, expected_tensors};
use placelens::weights::source::TensorSource;
use safetensors::tensor::{Dtype, TensorView};

const SALT: u64 = 11;

/// Name → type, shape and bytes: a file's tensors, to be spoiled before they are written.
type Tensors = BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>;

fn config() -> ClipConfig {
    let json = fs::read_to_string(golden("pytorch/config.json")).expect("a golden file");
    ClipConfig::from_json(&json).expect("a golden configuration")
}

/// Names and shapes of the small model, `logit_scale` included.
fn shapes() -> Vec<(String, Vec<usize>)> {
    let (config, device) = (config(), Device::flex());
    let mut shapes = vec![("logit_scale".to_owned(), vec![])];
    shapes.extend(expected_tensors(&VisionTower::new(&config, &device)));
    shapes.extend(expected_tensors(&TextTower::new(&config, &device)));
    shapes
}

fn values(name: &str, shape: &[usize]) -> Vec<f32> {
    formula::values(name, shape, SALT, 0, shape.iter().product())
}

fn tensors() -> Tensors {
    let tensor = |(name, shape): (String, Vec<usize>)| {
        let bytes = values(&name, &shape).iter().flat_map(|value| value.to_le_bytes()).collect();
        (name, (Dtype::F32, shape, bytes))
    };
    shapes().into_iter().map(tensor).collect()
}

fn serialized(tensors: &Tensors) -> Vec<u8> {
    let view =
        |(name, (dtype, shape, bytes))| (name, TensorView::new(dtype, shape, bytes).expect("bytes fit the shape"));
    let views = tensors.iter().map(|(name, (dtype, shape, bytes))| view((name, (*dtype, shape.clone(), bytes))));
    safetensors::serialize(views, None).expect("tensors can be written")
}

fn write_folder(folder: &Path, tensors: &Tensors) {
    fs::copy(golden("pytorch/config.json"), folder.join("config.json")).expect("copied");
    fs::write(folder.join("model.safetensors"), serialized(tensors)).expect("written");
}

/// Why the folder's model cannot be loaded.
fn refusal(folder: &Path) -> String {
    let mut model = match HuggingFaceModel::from_folder(folder) {
        Ok(model) => model,
        Err(error) => return error.to_string(),
    };
    load::clip(&model.config, model.tensors.as_mut(), &Device::flex()).expect_err("it must be refused").to_string()
}

/// Every tensor of the source is the formula's, within `tolerance` of each value's size, and nothing else is there.
fn holds_the_formula(source: &mut dyn TensorSource, tolerance: impl Fn(&str) -> f32) {
    for (name, shape) in shapes() {
        let found = source.take(&name, &shape).expect("readable").unwrap_or_else(|| panic!("{name} is missing"));
        for (i, (found, expected)) in found.iter().zip(values(&name, &shape)).enumerate() {
            let limit = tolerance(&name) * expected.abs();
            assert!((found - expected).abs() <= limit, "{name}[{i}]: {found}, expected {expected}");
        }
    }
    assert_eq!(source.remaining(), Vec::<String>::new());
}

#[test]
fn a_pytorch_checkpoint_gives_the_formula_s_tensors() {
    let mut model = HuggingFaceModel::from_folder(&golden("pytorch")).expect("a golden checkpoint");
    // One tensor is stored as f16: 11 significant bits.
    let f16_step = |name: &str| if name == "visual_projection.weight" { 1.0 / 2048.0 } else { 0.0 };
    holds_the_formula(model.tensors.as_mut(), f16_step);
}

#[test]
fn a_sharded_index_gives_the_formula_s_tensors() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::copy(golden("pytorch/config.json"), folder.path().join("config.json")).expect("copied");
    let all = tensors();
    let names: Vec<String> = all.keys().cloned().collect();
    let mut weight_map = BTreeMap::new();
    for (shard, chunk) in names.chunks(20).enumerate() {
        let file = format!("model-{shard:05}-of-00003.safetensors");
        let part: Tensors = chunk.iter().map(|name| (name.clone(), all[name].clone())).collect();
        fs::write(folder.path().join(&file), serialized(&part)).expect("written");
        weight_map.extend(chunk.iter().map(|name| (name.clone(), file.clone())));
    }
    let index = folder.path().join("model.safetensors.index.json");
    let write = |map: &BTreeMap<String, String>| {
        fs::write(&index, serde_json::json!({ "metadata": {}, "weight_map": map }).to_string()).expect("written");
    };
    write(&weight_map);
    let mut model = HuggingFaceModel::from_folder(folder.path()).expect("a whole index");
    holds_the_formula(model.tensors.as_mut(), |_| 0.0);

    let mut wrong = weight_map.clone();
    wrong.insert("logit_scale".to_owned(), "../elsewhere.safetensors".to_owned());
    write(&wrong);
    assert!(refusal(folder.path()).contains("`../elsewhere.safetensors`"), "{}", refusal(folder.path()));
    wrong.insert("logit_scale".to_owned(), "model-00002-of-00003.safetensors".to_owned());
    write(&wrong);
    assert!(refusal(folder.path()).contains("`logit_scale` is in `model-00002-of-00003.safetensors`"));
    write(&weight_map);
    fs::remove_file(folder.path().join("model-00001-of-00003.safetensors")).expect("removed");
    assert!(refusal(folder.path()).contains("model-00001-of-00003.safetensors"));
    fs::write(&index, "{}").expect("written");
    assert!(refusal(folder.path()).contains("weight_map"));
}

#[test]
fn half_precision_files_are_read_and_position_buffers_ignored() {
    for (dtype, step) in [(Dtype::F16, 1.0 / 2048.0), (Dtype::BF16, 1.0 / 256.0), (Dtype::F64, 0.0)] {
        let folder = tempfile::tempdir().expect("a folder");
        let convert = |(name, (_, shape, _)): (String, (Dtype, Vec<usize>, Vec<u8>))| {
            let bytes = values(&name, &shape).into_iter().flat_map(|value| match dtype {
                Dtype::F16 => f16::from_f32(value).to_le_bytes().to_vec(),
                Dtype::BF16 => bf16::from_f32(value).to_le_bytes().to_vec(),
                _ => f64::from(value).to_le_bytes().to_vec(),
            });
            let bytes = bytes.collect();
            (name, (dtype, shape, bytes))
        };
        let mut tensors: Tensors = tensors().into_iter().map(convert).collect();
        for tower in ["text_model", "vision_model"] {
            let name = format!("{tower}.embeddings.position_ids");
            tensors.insert(name, (Dtype::I64, vec![1, 5], (0..5i64).flat_map(i64::to_le_bytes).collect()));
        }
        write_folder(folder.path(), &tensors);
        let mut model = HuggingFaceModel::from_folder(folder.path()).expect("a whole file");
        // Half a unit of the last bit that the type keeps; below f16's normal range its steps are absolute, but
        // no value here is.
        holds_the_formula(model.tensors.as_mut(), |_| step);
    }
}

#[test]
fn what_is_wrong_with_a_tensor_is_named() {
    const NAME: &str = "vision_model.encoder.layers.0.mlp.fc1.weight";
    let refused = |spoil: &dyn Fn(&mut Tensors), named: &[&str]| {
        let folder = tempfile::tempdir().expect("a folder");
        let mut tensors = tensors();
        spoil(&mut tensors);
        write_folder(folder.path(), &tensors);
        let message = refusal(folder.path());
        for word in named {
            assert!(message.contains(word), "{message} does not say {word}");
        }
    };
    refused(&|t| drop(t.remove(NAME)), &["lack", NAME]);
    refused(&|t| t.retain(|name, _| !name.starts_with("text_model.")), &["lack", "20 tensors", "`text_model.", "…"]);
    refused(&|t| drop(t.remove("logit_scale")), &["lack", "`logit_scale`"]);
    refused(&|t| drop(t.insert("extra.weight".into(), t[NAME].clone())), &["does not have", "`extra.weight`"]);
    refused(&|t| t.get_mut(NAME).expect("there").1.reverse(), &[NAME, "[16, 8]", "[8, 16]"]);
    for (value, shown) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (f32::NEG_INFINITY, "-inf")] {
        let spoil = |t: &mut Tensors| t.get_mut(NAME).expect("there").2[20..24].copy_from_slice(&value.to_le_bytes());
        refused(&spoil, &[NAME, &format!("value 5 is {shown}")]);
    }
    let as_int = |t: &mut Tensors| t.get_mut(NAME).expect("there").0 = Dtype::I32;
    refused(&as_int, &[NAME, "int32"]);
}

#[test]
fn every_truncation_of_a_safetensors_file_is_one_clear_error() {
    let folder = tempfile::tempdir().expect("a folder");
    write_folder(folder.path(), &tensors());
    let file = folder.path().join("model.safetensors");
    let whole = fs::read(&file).expect("just written");
    let header = 8 + u64::from_le_bytes(whole[..8].try_into().expect("8 bytes")) as usize;
    let lengths = (0..header + 100).chain((header..whole.len()).step_by(997)).chain([whole.len() - 1]);
    for length in lengths {
        fs::write(&file, &whole[..length]).expect("written");
        let message = refusal(folder.path());
        assert!(message.contains("model.safetensors"), "{length} bytes: {message}");
    }
}

#[test]
fn every_truncation_of_a_pytorch_checkpoint_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::copy(golden("pytorch/config.json"), folder.path().join("config.json")).expect("copied");
    let whole = fs::read(golden("pytorch/pytorch_model.bin")).expect("a golden file");
    let file = folder.path().join("pytorch_model.bin");
    for length in (0..whole.len()).step_by(61).chain([whole.len() - 1]) {
        fs::write(&file, &whole[..length]).expect("written");
        let message = refusal(folder.path());
        assert!(message.contains("pytorch_model.bin"), "{length} bytes: {message}");
    }
}
