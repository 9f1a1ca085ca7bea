//! A model → a pack on disk.
//!
//! In: a [`TensorSource`], its configuration, optionally places.  Out: a folder as [`super`] describes it.
//! Everything is written into a hidden folder beside the target, read back, asked for its known answer, and renamed
//! into place at the end: a run that is killed leaves no half pack behind, and an older pack stays until then.
//!
//! Proof: `tests/pack.rs`, `tests/command_line.rs`.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensorError, serialize};

use super::codes::{Groups, packed_shape};
use super::known_answer::{KnownAnswerError, known_answer};
use super::load::{self, expected_tensors};
use super::manifest::{
    Calibration, FORMAT, KnownAnswer, MAX_FILE_BYTES, Manifest, PackFile, PackedPlaces, Shard, Tower, VERSION,
};
use super::quantize::{PackDtype, StoredTensor, f32_bytes, store};
use super::shards::{PROMPTS_SHA256, PackLoader, ShardError, TEXT_EMBEDS};
use super::source::{TensorSource, take_finite};
use super::{WeightsError, few_bits, manifest::ManifestError};
use crate::clip::{ClipConfig, TextTower, VisionTower};
use crate::embed::{self, EmbedError};
use crate::photo::Photo;
use crate::places::Places;
use crate::preprocess::Preprocessor;
use crate::tokenizer::Tokenizer;

/// Shards are at most about this large; a larger tensor is split.
const SHARD_BYTES: usize = 8 << 20;

/// Why there is no pack.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    #[error("{path}: {source}", path = .path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{path} exists and is not a pack; expected a new folder or an older pack, which is then replaced", path = .path.display())]
    NotAPack { path: PathBuf },
    #[error("a shard cannot be written: {0}")]
    Safetensors(#[from] SafeTensorError),
    #[error("the file {file} would have {found} bytes; expected at most {MAX_FILE_BYTES}")]
    FileTooLarge { file: String, found: u64 },
    #[error("manifest.json: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Weights(#[from] WeightsError),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    Shard(#[from] ShardError),
    #[error(transparent)]
    KnownAnswer(#[from] KnownAnswerError),
    #[error(transparent)]
    Embed(#[from] EmbedError),
}

/// What to pack.
pub struct PackRequest<'a> {
    pub name: String,
    pub config: ClipConfig,
    pub preprocessor: Preprocessor,
    pub dtype: PackDtype,
    pub untrained: bool,
    pub tensors: &'a mut dyn TensorSource,
    pub places: Option<&'a Places>,
    /// One sentence about the model, for its users.
    pub about: Option<String>,
    /// Photos like those that the model will be shown, for what rounds with a view to them: int4. May be none.
    pub photos: &'a [Photo],
}

/// What was packed.
pub struct Packed {
    pub manifest: Manifest,
    /// Indices of the places whose prompts are longer than the model's context and were cut.
    pub cut_prompts: Vec<usize>,
}

/// Writes the pack of `request` as the folder `out`; `progress` is told of each tensor and its bytes as f32.
///
/// # Errors
/// [`PackError`]; `out` is then as it was.
pub async fn pack(
    request: PackRequest<'_>,
    out: &Path,
    progress: &mut dyn FnMut(&str, u64),
) -> Result<Packed, PackError> {
    refuse_foreign(out)?;
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| PackError::Io { path, source }
    };
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(io(parent))?;
    // Removed when dropped, so also when anything below fails.
    let beside = tempfile::Builder::new().prefix(".placelens-pack-").tempdir_in(parent).map_err(io(parent))?;
    let packed = write(request, beside.path(), progress).await?;
    replace(beside, out).map_err(io(out))?;
    Ok(packed)
}

/// An existing `out` must be empty or a pack: nothing else is ever replaced.
fn refuse_foreign(out: &Path) -> Result<(), PackError> {
    let is_pack = out.join("manifest.json").is_file();
    let is_empty = || fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_none());
    if !out.exists() || is_pack || is_empty() { Ok(()) } else { Err(PackError::NotAPack { path: out.to_owned() }) }
}

fn replace(beside: tempfile::TempDir, out: &Path) -> std::io::Result<()> {
    // Temporary folders are private; a pack is there to be served.
    #[cfg(unix)]
    fs::set_permissions(beside.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    if !out.exists() {
        return fs::rename(beside.keep(), out);
    }
    // The old pack gives way by a rename as well, and goes only after the new one stands.
    let old = beside.path().with_extension("old");
    fs::rename(out, &old)?;
    let new = beside.keep();
    if let Err(error) = fs::rename(&new, out) {
        fs::rename(&old, out)?;
        fs::remove_dir_all(&new)?;
        return Err(error);
    }
    fs::remove_dir_all(&old)
}

async fn write(
    request: PackRequest<'_>,
    folder: &Path,
    progress: &mut dyn FnMut(&str, u64),
) -> Result<Packed, PackError> {
    let PackRequest { name, config, preprocessor, dtype, untrained, tensors, places, about, photos } = request;
    let device = Device::flex();
    let logit_scale = load::logit_scale(tensors)?;
    let towers = [
        (Tower::Vision, expected_tensors(&VisionTower::new(&config, &device))),
        (Tower::Text, expected_tensors(&TextTower::new(&config, &device))),
    ];
    let mut ready = match dtype {
        PackDtype::Int4 => few_bits::vision(&config, &preprocessor, tensors, photos, progress)?,
        _ => BTreeMap::new(),
    };
    let mut shards = Vec::new();
    for (tower, expected) in towers {
        let layers = config.vision_config.num_hidden_layers;
        let mut writer = ShardWriter { folder, tower, pending: Vec::new(), pending_bytes: 0, shards: &mut shards };
        for (tensor, shape) in expected {
            if let Some(stored) = ready.remove(&tensor) {
                writer.add(&tensor, stored)?;
                continue;
            }
            let Some(values) = take_finite(tensors, &tensor, &shape)? else {
                return Err(WeightsError::Missing { names: vec![tensor] }.into());
            };
            writer.add(&tensor, store(&tensor, &shape, &values, dtype.of(&tensor, &shape, layers))?)?;
            progress(&tensor, values.len() as u64 * 4);
        }
        writer.flush()?;
    }
    load::all_used(tensors)?;
    // Until the model has been asked, any answer of the right length; the manifest is not on disk yet.
    let unknown = vec![0.0; config.projection_dim];
    let known_answer = KnownAnswer { image_embedding: unknown.clone(), text_embedding: unknown };
    let mut manifest = Manifest {
        format: FORMAT.to_owned(),
        version: VERSION,
        name,
        dtype,
        untrained,
        config,
        preprocessor,
        logit_scale,
        shards,
        places: None,
        calibration: None,
        about,
        known_answer,
    };
    let cut_prompts = ask(&mut manifest, folder, places, &device).await?;
    write_file(&folder.join("manifest.json"), serde_json::to_string_pretty(&manifest)?.as_bytes())?;
    Ok(Packed { manifest, cut_prompts })
}

/// Reads the written shards back and lets the model answer: the known answer, and the embeddings of the places.
async fn ask(
    manifest: &mut Manifest,
    folder: &Path,
    places: Option<&Places>,
    device: &Device,
) -> Result<Vec<usize>, PackError> {
    let mut contents = read_files(PackLoader::new(manifest.clone()), folder, &[Tower::Vision, Tower::Text])?;
    let vision = load::vision(&manifest.config, &mut contents, device)?;
    let text = load::text(&manifest.config, &mut contents, device)?;
    load::all_used(&contents)?;
    manifest.known_answer = known_answer(&manifest.config, &vision, &text).await?;
    let Some(places) = places else { return Ok(Vec::new()) };
    let (embeddings, cut) = embed::texts(&text, &manifest.config, &Tokenizer::new(), &places.prompts()).await?;
    let shape = vec![places.regions.len(), manifest.config.projection_dim];
    let bytes = f32_bytes(&embeddings);
    let metadata = HashMap::from([(PROMPTS_SHA256.to_owned(), places.prompts_sha256())]);
    let file = serialize([(TEXT_EMBEDS, TensorView::new(Dtype::F32, shape, &bytes)?)], Some(metadata))?;
    manifest.places = Some(PackedPlaces {
        regions: write_pack_file(folder, places.to_geojson().as_bytes(), "geojson")?,
        embeddings: write_pack_file(folder, &file, "safetensors")?,
    });
    Ok(cut)
}

/// Collects tensors until a shard is full.
struct ShardWriter<'a> {
    folder: &'a Path,
    tower: Tower,
    pending: Vec<(String, StoredTensor)>,
    pending_bytes: usize,
    shards: &'a mut Vec<Shard>,
}

impl ShardWriter<'_> {
    /// The tensor `name`, with what belongs to it.
    fn add(&mut self, name: &str, mut stored: StoredTensor) -> Result<(), PackError> {
        let beside = |dtype, shape, bytes| StoredTensor { dtype, shape, bytes, scale: None, groups: None };
        let rows = stored.shape.first().copied().unwrap_or(0);
        if let Some(scale) = stored.scale.take() {
            self.push(format!("{name}.scale"), beside(Dtype::F32, vec![rows], f32_bytes(&scale).into()))?;
        }
        if let Some(Groups { bits, multipliers }) = stored.groups.take() {
            let shape = vec![rows, multipliers.len() / rows.max(1)];
            self.push(format!("{name}.groups.{bits}"), beside(Dtype::U8, shape, multipliers))?;
            stored.shape = packed_shape(&stored.shape, bits);
        }
        if stored.bytes.len() <= SHARD_BYTES {
            return self.push(name.to_owned(), stored);
        }
        let row_bytes = stored.bytes.len() / rows;
        let rows_per_part = (SHARD_BYTES / row_bytes).max(1);
        for (index, bytes) in stored.bytes.chunks(rows_per_part * row_bytes).enumerate() {
            let mut shape = stored.shape.clone();
            shape[0] = bytes.len() / row_bytes;
            self.push(format!("{name}.part.{index}"), beside(stored.dtype, shape, stored.bytes.slice_ref(bytes)))?;
        }
        Ok(())
    }

    fn push(&mut self, name: String, stored: StoredTensor) -> Result<(), PackError> {
        if self.pending_bytes + stored.bytes.len() > SHARD_BYTES {
            self.flush()?;
        }
        self.pending_bytes += stored.bytes.len();
        self.pending.push((name, stored));
        Ok(())
    }

    fn flush(&mut self) -> Result<(), PackError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let mut views = Vec::with_capacity(self.pending.len());
        for (name, stored) in &self.pending {
            views.push((name.as_str(), TensorView::new(stored.dtype, stored.shape.clone(), &stored.bytes)?));
        }
        let file = write_pack_file(self.folder, &serialize(views, None)?, "safetensors")?;
        self.shards.push(Shard { file, tower: self.tower });
        self.pending.clear();
        self.pending_bytes = 0;
        Ok(())
    }
}

fn write_pack_file(folder: &Path, bytes: &[u8], extension: &str) -> Result<PackFile, PackError> {
    let entry = PackFile::of(bytes, extension);
    if entry.size_bytes > MAX_FILE_BYTES {
        return Err(PackError::FileTooLarge { file: entry.file, found: entry.size_bytes });
    }
    write_file(&folder.join(&entry.file), bytes)?;
    Ok(entry)
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), PackError> {
    fs::write(path, bytes).map_err(|source| PackError::Io { path: path.to_owned(), source })
}

/// The manifest of the pack in `folder`.
pub fn read_manifest(folder: &Path) -> Result<Manifest, PackError> {
    let path = folder.join("manifest.json");
    let json = fs::read_to_string(&path).map_err(|source| PackError::Io { path, source })?;
    Ok(Manifest::from_json(&json)?)
}

/// Writes `calibration` into the manifest of the pack in `folder`, in place of one that it may have.
///
/// # Errors
/// Where the manifest cannot be read or written; it is then as it was.
pub fn write_calibration(folder: &Path, calibration: Calibration) -> Result<(), PackError> {
    let mut manifest = read_manifest(folder)?;
    manifest.calibration = Some(calibration);
    let [new, path] = ["manifest.json.new", "manifest.json"].map(|name| folder.join(name));
    write_file(&new, serde_json::to_string_pretty(&manifest)?.as_bytes())?;
    fs::rename(&new, &path).map_err(|source| PackError::Io { path, source })
}

/// `pack` with every file of `towers`, and the places, pushed from `folder`.
pub fn push_files(mut pack: PackLoader, folder: &Path, towers: &[Tower]) -> Result<PackLoader, PackError> {
    for entry in pack.needed(towers) {
        let path = folder.join(&entry.file);
        let bytes = fs::read(&path).map_err(|source| PackError::Io { path, source })?;
        pack.push(&entry.file, bytes.into())?;
    }
    Ok(pack)
}

fn read_files(pack: PackLoader, folder: &Path, towers: &[Tower]) -> Result<super::shards::PackContents, PackError> {
    Ok(push_files(pack, folder, towers)?.finish(towers)?.1)
}

/// What `placelens verify` found.
pub struct Verified {
    pub manifest: Manifest,
    /// The largest differences from the known answer.
    pub vision_error: f32,
    pub text_error: f32,
}

/// Reads every file of the pack in `folder` and checks hashes, shapes, the places and the known answer.
///
/// # Errors
/// The first thing that is not as the manifest says.
pub async fn verify(folder: &Path) -> Result<Verified, PackError> {
    let device = Device::flex();
    let manifest = read_manifest(folder)?;
    let mut contents = read_files(PackLoader::new(manifest.clone()), folder, &[Tower::Vision, Tower::Text])?;
    if manifest.places.is_some() {
        contents.places(&manifest)?;
    }
    let vision = load::vision(&manifest.config, &mut contents, &device)?;
    let text = load::text(&manifest.config, &mut contents, &device)?;
    load::all_used(&contents)?;
    let vision_error = super::known_answer::check_vision(&manifest.config, &vision, &manifest.known_answer).await?;
    let text_error = super::known_answer::check_text(&manifest.config, &text, &manifest.known_answer).await?;
    Ok(Verified { manifest, vision_error, text_error })
}
