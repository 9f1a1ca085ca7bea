//! A Hugging Face CLIP folder, or a model's name on the hub → its configuration and a source of its tensors.
//!
//! In: a folder with `config.json`, weights and, where it differs from CLIP's, `preprocessor_config.json`; or a name
//! such as `openai/clip-vit-base-patch32`.  Out: [`HuggingFaceModel`].
//! Weights are `model.safetensors`, its sharded index `model.safetensors.index.json`, or `pytorch_model.bin`, the
//! first that is there. safetensors files are mapped, not read: one tensor at a time is in memory.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Component, Path, PathBuf};

use hf_hub::api::sync::{ApiBuilder, ApiError, ApiRepo};
use memmap2::Mmap;
use pytorch_reader::PytorchReader;
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;

use super::WeightsError;
use super::source::{TensorSource, floats, is_position_buffer, same_shape};
use crate::clip::{ClipConfig, ConfigError};
use crate::preprocess::{PreprocessError, Preprocessor};

const SAFETENSORS: &str = "model.safetensors";
const SAFETENSORS_INDEX: &str = "model.safetensors.index.json";
const PYTORCH: &str = "pytorch_model.bin";
const PREPROCESSOR: &str = "preprocessor_config.json";

/// Why a Hugging Face model cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HuggingFaceError {
    #[error("{path}: {source}", path = .path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{folder} holds no weights; expected {SAFETENSORS}, {SAFETENSORS_INDEX} or {PYTORCH} in it", folder = .folder.display())]
    NoWeights { folder: PathBuf },
    #[error(
        "{model} is neither a folder here nor a model on the hub: {source}. Expected a folder with config.json, or a name such as openai/clip-vit-base-patch32"
    )]
    Hub { model: String, source: Box<ApiError> },
    #[error("{path}: {source}; expected the index that Hugging Face writes, with `weight_map`", path = .path.display())]
    Index { path: PathBuf, source: serde_json::Error },
    #[error("{path} names the shard `{shard}`; expected the plain name of a file beside it", path = .path.display())]
    ShardName { path: PathBuf, shard: String },
    #[error("{path} says that `{name}` is in `{shard}`, which does not hold it", path = .path.display())]
    NotInShard { path: PathBuf, name: String, shard: String },
    #[error("{path}: {source}", path = .path.display())]
    Config { path: PathBuf, source: ConfigError },
    #[error("{path}: {source}", path = .path.display())]
    Preprocessor { path: PathBuf, source: PreprocessError },
    #[error(transparent)]
    Weights(#[from] WeightsError),
}

/// A model as Hugging Face saves it.
pub struct HuggingFaceModel {
    /// The last part of its folder's or hub's name.
    pub name: String,
    pub config: ClipConfig,
    pub preprocessor: Preprocessor,
    pub tensors: Box<dyn TensorSource>,
}

impl HuggingFaceModel {
    /// The model in the folder `model`, or of that name on the hub.
    ///
    /// # Errors
    /// [`HuggingFaceError`] names the file.
    pub fn open(model: &str) -> Result<Self, HuggingFaceError> {
        let path = Path::new(model);
        if path.exists() { Self::from_folder(path) } else { Self::from_hub(model) }
    }

    /// The model in `folder`.
    pub fn from_folder(folder: &Path) -> Result<Self, HuggingFaceError> {
        let config_path = folder.join("config.json");
        let config = ClipConfig::from_json(&read_text(&config_path)?)
            .map_err(|source| HuggingFaceError::Config { path: config_path, source })?;
        let path = folder.join(PREPROCESSOR);
        let preprocessor = if path.exists() {
            Preprocessor::from_json(&read_text(&path)?)
                .map_err(|source| HuggingFaceError::Preprocessor { path, source })?
        } else {
            Preprocessor::clip(config.vision_config.image_size as u32)
        };
        let name = fs::canonicalize(folder).ok().and_then(|path| Some(path.file_name()?.to_str()?.to_owned()));
        let tensors = open_weights(folder)?;
        Ok(Self { name: name.unwrap_or_else(|| "model".to_owned()), config, preprocessor, tensors })
    }

    /// The model of that name on the Hugging Face hub, downloaded into its cache with a progress bar.
    fn from_hub(model: &str) -> Result<Self, HuggingFaceError> {
        let failed = |source| HuggingFaceError::Hub { model: model.to_owned(), source: Box::new(source) };
        let repo = ApiBuilder::from_env().with_progress(true).build().map_err(failed)?.model(model.to_owned());
        let config = repo.get("config.json").map_err(failed)?;
        // A model without a preprocessor's configuration uses CLIP's; any other failure shows at the weights.
        repo.get(PREPROCESSOR).ok();
        fetch_weights(&repo).map_err(failed)?;
        let folder = config.parent().map(Path::to_path_buf).unwrap_or_default();
        let name = model.rsplit('/').next().unwrap_or(model).to_owned();
        Ok(Self { name, ..Self::from_folder(&folder)? })
    }
}

/// Brings the first kind of weights that the repository has into the cache.
fn fetch_weights(repo: &ApiRepo) -> Result<(), ApiError> {
    if repo.get(SAFETENSORS).is_ok() {
        return Ok(());
    }
    let Ok(index) = repo.get(SAFETENSORS_INDEX) else { return repo.get(PYTORCH).map(drop) };
    let shards = shard_names(&index).unwrap_or_default();
    shards
        .into_values()
        .collect::<std::collections::BTreeSet<_>>()
        .iter()
        .try_for_each(|shard| repo.get(shard).map(drop))
}

fn open_weights(folder: &Path) -> Result<Box<dyn TensorSource>, HuggingFaceError> {
    let [single, index, pytorch] = [SAFETENSORS, SAFETENSORS_INDEX, PYTORCH].map(|name| folder.join(name));
    if single.exists() {
        Ok(Box::new(SafetensorsSource::open(&[single])?))
    } else if index.exists() {
        Ok(Box::new(SafetensorsSource::open_index(&index)?))
    } else if pytorch.exists() {
        Ok(Box::new(PytorchSource::open(&pytorch)?))
    } else {
        Err(HuggingFaceError::NoWeights { folder: folder.to_owned() })
    }
}

fn read_text(path: &Path) -> Result<String, HuggingFaceError> {
    fs::read_to_string(path).map_err(|source| HuggingFaceError::Io { path: path.to_owned(), source })
}

/// tensor → file, from a sharded index.
fn shard_names(index: &Path) -> Result<BTreeMap<String, String>, HuggingFaceError> {
    #[derive(Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    let parsed: Index = serde_json::from_str(&read_text(index)?)
        .map_err(|source| HuggingFaceError::Index { path: index.to_owned(), source })?;
    for shard in parsed.weight_map.values() {
        let plain = matches!(Path::new(shard).components().collect::<Vec<_>>()[..], [Component::Normal(_)]);
        if !plain {
            return Err(HuggingFaceError::ShardName { path: index.to_owned(), shard: shard.clone() });
        }
    }
    Ok(parsed.weight_map)
}

/// Mapped safetensors files.
struct SafetensorsSource {
    files: Vec<(PathBuf, Mmap)>,
    /// tensor → file, and where its bytes are.
    tensors: BTreeMap<String, MappedTensor>,
}

struct MappedTensor {
    file: usize,
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: std::ops::Range<usize>,
}

impl SafetensorsSource {
    fn open(paths: &[PathBuf]) -> Result<Self, HuggingFaceError> {
        let mut source = Self { files: Vec::new(), tensors: BTreeMap::new() };
        for path in paths {
            source.add(path)?;
        }
        Ok(source)
    }

    fn open_index(index: &Path) -> Result<Self, HuggingFaceError> {
        let folder = index.parent().unwrap_or(Path::new("."));
        let weight_map = shard_names(index)?;
        let shards: std::collections::BTreeSet<&String> = weight_map.values().collect();
        let paths: Vec<PathBuf> = shards.iter().map(|shard| folder.join(shard)).collect();
        let source = Self::open(&paths)?;
        for (name, shard) in &weight_map {
            let inside = source.tensors.get(name).is_some_and(|tensor| paths[tensor.file] == folder.join(shard));
            if !inside {
                let (path, name, shard) = (index.to_owned(), name.clone(), shard.clone());
                return Err(HuggingFaceError::NotInShard { path, name, shard });
            }
        }
        Ok(source)
    }

    fn add(&mut self, path: &Path) -> Result<(), HuggingFaceError> {
        let io = |source| HuggingFaceError::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(io)?;
        // SAFETY: the file is opened for reading only. Should another program shorten it meanwhile, the process would
        // be ended by the system; every reader of mapped weights accepts that.
        let map = unsafe { Mmap::map(&file) }.map_err(io)?;
        let parsed = SafeTensors::deserialize(&map)
            .map_err(|source| WeightsError::Safetensors { file: path.display().to_string(), source })?;
        let start = map.as_ptr() as usize;
        for (name, view) in parsed.tensors() {
            let offset = view.data().as_ptr() as usize - start;
            let bytes = offset..offset + view.data().len();
            let (dtype, shape) = (view.dtype(), view.shape().to_vec());
            let tensor = MappedTensor { file: self.files.len(), dtype, shape, bytes };
            if self.tensors.insert(name.clone(), tensor).is_some() {
                return Err(WeightsError::Twice { name }.into());
            }
        }
        self.files.push((path.to_owned(), map));
        Ok(())
    }
}

impl TensorSource for SafetensorsSource {
    fn take(&mut self, name: &str, expected: &[usize]) -> Result<Option<Vec<f32>>, WeightsError> {
        let Some(tensor) = self.tensors.remove(name) else { return Ok(None) };
        same_shape(name, expected, &tensor.shape)?;
        floats(name, tensor.dtype, &self.files[tensor.file].1[tensor.bytes]).map(Some)
    }

    fn remaining(&self) -> Vec<String> {
        self.tensors.keys().filter(|name| !is_position_buffer(name)).cloned().collect()
    }
}

/// A PyTorch checkpoint; its pickle is read by a parser that runs no code.
struct PytorchSource {
    tensors: BTreeMap<String, pytorch_reader::Tensor>,
}

impl PytorchSource {
    fn open(path: &Path) -> Result<Self, WeightsError> {
        let reader = PytorchReader::new(path)
            .map_err(|source| WeightsError::Pytorch { file: path.display().to_string(), source })?;
        Ok(Self { tensors: reader.into_tensors().into_iter().collect() })
    }
}

impl TensorSource for PytorchSource {
    fn take(&mut self, name: &str, expected: &[usize]) -> Result<Option<Vec<f32>>, WeightsError> {
        let Some(tensor) = self.tensors.remove(name) else { return Ok(None) };
        same_shape(name, expected, tensor.shape())?;
        let dtype = match tensor.dtype() {
            pytorch_reader::DType::F32 => Dtype::F32,
            pytorch_reader::DType::F16 => Dtype::F16,
            pytorch_reader::DType::BF16 => Dtype::BF16,
            pytorch_reader::DType::F64 => Dtype::F64,
            pytorch_reader::DType::I8 => Dtype::I8,
            pytorch_reader::DType::U8 => Dtype::U8,
            pytorch_reader::DType::Bool => Dtype::BOOL,
            pytorch_reader::DType::I16 => Dtype::I16,
            pytorch_reader::DType::U16 => Dtype::U16,
            pytorch_reader::DType::I32 => Dtype::I32,
            pytorch_reader::DType::U32 => Dtype::U32,
            pytorch_reader::DType::I64 => Dtype::I64,
            pytorch_reader::DType::U64 => Dtype::U64,
        };
        let bytes = tensor.read().map_err(|source| WeightsError::Read { name: name.to_owned(), source })?;
        floats(name, dtype, &bytes).map(Some)
    }

    fn remaining(&self) -> Vec<String> {
        self.tensors.keys().filter(|name| !is_position_buffer(name)).cloned().collect()
    }
}
