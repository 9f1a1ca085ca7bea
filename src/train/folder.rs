//! A model → the folder that Hugging Face's `CLIPModel.from_pretrained` reads.
//!
//! In: configuration, preprocessor, tensors.  Out: `config.json`, `preprocessor_config.json`, `model.safetensors`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::FinetuneError;
use crate::clip::ClipConfig;
use crate::preprocess::Preprocessor;
use crate::weights::tensors::Tensors;

/// Writes the two configurations into `out`.
pub fn write_configuration(out: &Path, config: &ClipConfig, preprocessor: &Preprocessor) -> Result<(), FinetuneError> {
    let mut value = serde_json::to_value(config).map_err(FinetuneError::Json)?;
    if let Value::Object(fields) = &mut value {
        fields.insert("architectures".to_owned(), json!(["CLIPModel"]));
        fields.insert("model_type".to_owned(), json!("clip"));
        fields.insert("torch_dtype".to_owned(), json!("float32"));
    }
    write_json(&out.join("config.json"), &value)?;
    let preprocessor = serde_json::to_value(preprocessor).map_err(FinetuneError::Json)?;
    write_json(&out.join("preprocessor_config.json"), &preprocessor)
}

/// Writes `weights` as `out`'s, in place of those that are there.
pub fn write_weights(out: &Path, weights: &Tensors) -> Result<(), FinetuneError> {
    let [new, path] = ["model.safetensors.new", "model.safetensors"].map(|name| out.join(name));
    weights.save(&new).map_err(|source| FinetuneError::Save { path: new.clone(), source })?;
    fs::rename(&new, &path).map_err(|source| FinetuneError::Io { path, source })
}

/// Writes `value` to `path`, whole or not at all.
pub fn write_json(path: &Path, value: &Value) -> Result<(), FinetuneError> {
    let json = serde_json::to_string_pretty(value).map_err(FinetuneError::Json)?;
    write_text(path, &(json + "\n"))
}

/// Writes `text` to `path`, whole or not at all.
pub fn write_text(path: &Path, text: &str) -> Result<(), FinetuneError> {
    let new = path.with_extension("new");
    fs::write(&new, text).map_err(|source| FinetuneError::Io { path: new.clone(), source })?;
    fs::rename(&new, path).map_err(|source| FinetuneError::Io { path: path.to_owned(), source })
}
