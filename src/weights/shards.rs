//! A pack's files, one at a time and in any order → checked tensors, places and embeddings.
//!
//! In: a manifest, then each file's bytes.  Out: [`PackContents`], a [`TensorSource`] and the places.
//! A file is believed only when its size and SHA-256 are the manifest's; one that was, and was kept since with its
//! [`seal`], when it still has that. Its tensors are parts of it, not copies, and it
//! is let go with the last of them.
//!
//! Proof: `tests/pack.rs`: every truncation, every flipped file, missing and foreign files.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;
use safetensors::{Dtype, SafeTensors};
use xxhash_rust::xxh3::xxh3_64;

use super::WeightsError;
use super::codes::{self, Groups, packed_shape};
use super::manifest::{Manifest, PackFile, Tower, sha256_hex};
use super::quantize::StoredTensor;
use super::source::{TensorSource, floats, same_shape};
use crate::kernels::linear::Weights;
use crate::places::{Places, PlacesError};

/// The name of the one tensor in a file of text embeddings, and of its metadata entry.
pub const TEXT_EMBEDS: &str = "text_embeds";
pub const PROMPTS_SHA256: &str = "prompts_sha256";

/// What is wrong with a pack's file.
#[derive(Debug, thiserror::Error)]
pub enum ShardError {
    #[error("`{file}` is not in the manifest; expected one of the files it lists")]
    Unknown { file: String },
    #[error("`{file}` is {found} bytes; expected {expected}: it was cut or changed on the way. Fetch it again")]
    Size { file: String, expected: u64, found: u64 },
    #[error("`{file}` has the SHA-256 {found}; expected {expected}: its bytes were changed. Fetch it again")]
    Sha256 { file: String, expected: String, found: String },
    #[error("`{file}` is not as it was kept here: the kept copy was damaged. Fetch it again")]
    Kept { file: String },
    #[error("the pack is incomplete: {files:?} have not arrived; fetch them")]
    Incomplete { files: Vec<String> },
    #[error("the pack holds no places; make it with `placelens pack … --places FILE`")]
    NoPlaces,
    #[error(
        "`{file}`: the places' embeddings are {found:?}; expected {expected:?}, one row for each place. Make the pack again"
    )]
    EmbeddingsShape { file: String, expected: Vec<usize>, found: Vec<usize> },
    #[error(
        "`{file}`: the places' embeddings were made from other prompts (hash {found}; the places now give {expected}). Make the pack again"
    )]
    StaleEmbeddings { file: String, expected: String, found: String },
    #[error(transparent)]
    Weights(#[from] WeightsError),
    #[error(transparent)]
    Places(#[from] PlacesError),
}

impl ShardError {
    /// The stable word for this part's errors in JavaScript.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Incomplete { .. } => "incomplete",
            Self::NoPlaces | Self::EmbeddingsShape { .. } | Self::StaleEmbeddings { .. } | Self::Places(_) => "places",
            Self::Weights(error) => error.code(),
            Self::Unknown { .. } | Self::Size { .. } | Self::Sha256 { .. } | Self::Kept { .. } => "shard",
        }
    }
}

/// How many bytes a [`seal`] has.
pub const SEAL_BYTES: usize = 8;

/// What is kept behind a file's bytes by who keeps it between visits: their XXH3, little-endian.
///
/// It takes a tenth of SHA-256's time, and tells a damaged file as surely. What it is no proof against, a file changed
/// on purpose, needs somebody who can write where the page itself is kept.
pub fn seal(bytes: &[u8]) -> [u8; SEAL_BYTES] {
    xxh3_64(bytes).to_le_bytes()
}

/// A pack that is arriving.
#[derive(Debug)]
pub struct PackLoader {
    manifest: Manifest,
    arrived: HashSet<String>,
    contents: PackContents,
}

/// What has arrived of a pack.
#[derive(Debug, Default)]
pub struct PackContents {
    tensors: BTreeMap<String, StoredTensor>,
    regions: Option<String>,
    embeddings: Option<Embeddings>,
}

/// Rows of L2-normalized text embeddings and the hash of the prompts that they were made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Embeddings {
    pub rows: usize,
    pub columns: usize,
    pub values: Vec<f32>,
    pub prompts_sha256: String,
}

impl PackLoader {
    pub fn new(manifest: Manifest) -> Self {
        Self { manifest, arrived: HashSet::new(), contents: PackContents::default() }
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The files of the given towers, and the places.
    pub fn needed(&self, towers: &[Tower]) -> Vec<PackFile> {
        let foreign: Vec<&PackFile> =
            self.manifest.shards.iter().filter(|s| !towers.contains(&s.tower)).map(|s| &s.file).collect();
        self.manifest.files().filter(|file| !foreign.contains(file)).cloned().collect()
    }

    /// Takes the bytes of one file.
    ///
    /// # Errors
    /// [`ShardError`] where they are not the manifest's; the loader is then as it was, and the file can be pushed again.
    pub fn push(&mut self, file: &str, bytes: Bytes) -> Result<(), ShardError> {
        let sha256 = sha256_hex(&bytes);
        self.push_hashed(file, bytes, &sha256)
    }

    /// The same where somebody has hashed them: a browser does it several times as fast as wasm.
    ///
    /// # Errors
    /// As [`PackLoader::push`].
    pub fn push_hashed(&mut self, file: &str, bytes: Bytes, sha256: &str) -> Result<(), ShardError> {
        self.entry(file)?.verify(&bytes, sha256)?;
        self.add(file, &bytes)
    }

    /// Takes a file that was pushed once, verified, and kept since with its [`seal`] behind it.
    ///
    /// # Errors
    /// [`ShardError::Kept`] where it has changed since; else as [`PackLoader::push`].
    pub fn push_kept(&mut self, file: &str, mut kept: Bytes) -> Result<(), ShardError> {
        let size = self.entry(file)?.size_bytes as usize;
        let sealed = kept.len() == size + SEAL_BYTES && kept[size..] == seal(&kept[..size]);
        if !sealed {
            return Err(ShardError::Kept { file: file.to_owned() });
        }
        kept.truncate(size);
        self.add(file, &kept)
    }

    fn add(&mut self, file: &str, bytes: &Bytes) -> Result<(), ShardError> {
        if self.arrived.contains(file) {
            return Ok(());
        }
        let is = |entry: &PackFile| entry.file == file;
        match &self.manifest.places {
            Some(places) if is(&places.regions) => {
                self.contents.regions = Some(String::from_utf8_lossy(bytes).into_owned());
            }
            Some(places) if is(&places.embeddings) => self.contents.embeddings = Some(Embeddings::read(file, bytes)?),
            _ => self.contents.add_shard(file, bytes)?,
        }
        self.arrived.insert(file.to_owned());
        Ok(())
    }

    /// What the manifest says of `file`.
    ///
    /// # Errors
    /// [`ShardError::Unknown`] where it does not list it.
    pub fn entry(&self, file: &str) -> Result<&PackFile, ShardError> {
        let listed = self.manifest.files().find(|entry| entry.file == file);
        listed.ok_or_else(|| ShardError::Unknown { file: file.to_owned() })
    }

    /// The contents, once everything of `towers` has arrived.
    ///
    /// # Errors
    /// [`ShardError::Incomplete`], which names what has not.
    pub fn finish(self, towers: &[Tower]) -> Result<(Manifest, PackContents), ShardError> {
        let absent = |file: PackFile| (!self.arrived.contains(&file.file)).then_some(file.file);
        let files: Vec<String> = self.needed(towers).into_iter().filter_map(absent).collect();
        if !files.is_empty() {
            return Err(ShardError::Incomplete { files });
        }
        Ok((self.manifest, self.contents))
    }
}

impl PackFile {
    /// Nothing, where `bytes`, whose hash is `sha256`, are this entry's.
    fn verify(&self, bytes: &[u8], sha256: &str) -> Result<(), ShardError> {
        if bytes.len() as u64 != self.size_bytes {
            let (expected, found) = (self.size_bytes, bytes.len() as u64);
            return Err(ShardError::Size { file: self.file.clone(), expected, found });
        }
        if sha256 != self.sha256 {
            let (expected, found) = (self.sha256.clone(), sha256.to_owned());
            return Err(ShardError::Sha256 { file: self.file.clone(), expected, found });
        }
        Ok(())
    }
}

impl PackContents {
    fn add_shard(&mut self, file: &str, bytes: &Bytes) -> Result<(), WeightsError> {
        let tensors = parse(file, bytes)?.tensors();
        if let Some((name, _)) = tensors.iter().find(|(name, _)| self.tensors.contains_key(name)) {
            return Err(WeightsError::Twice { name: name.clone() });
        }
        for (name, view) in tensors {
            let (dtype, shape, bytes) = (view.dtype(), view.shape().to_vec(), bytes.slice_ref(view.data()));
            self.tensors.insert(name, StoredTensor { dtype, shape, bytes, scale: None, groups: None });
        }
        Ok(())
    }

    /// The places and, row by row, their embeddings of `columns` numbers.
    ///
    /// # Errors
    /// [`ShardError`] where the pack has none, or they do not fit each other.
    pub fn places(&self, manifest: &Manifest) -> Result<(Places, Embeddings), ShardError> {
        let (Some(packed), Some(json), Some(embeddings)) = (&manifest.places, &self.regions, &self.embeddings) else {
            return Err(ShardError::NoPlaces);
        };
        let places = Places::from_json(json)?;
        let file = packed.embeddings.file.clone();
        let expected = vec![places.regions.len(), manifest.config.projection_dim];
        let found = vec![embeddings.rows, embeddings.columns];
        if expected != found {
            return Err(ShardError::EmbeddingsShape { file, expected, found });
        }
        let expected = places.prompts_sha256();
        if expected != embeddings.prompts_sha256 {
            return Err(ShardError::StaleEmbeddings { file, expected, found: embeddings.prompts_sha256.clone() });
        }
        Ok((places, embeddings.clone()))
    }

    /// The parts of `name` put together, where it was split.
    fn joined_parts(&mut self, name: &str) -> Result<Option<StoredTensor>, WeightsError> {
        let mut parts = Vec::new();
        while let Some(part) = self.tensors.remove(&format!("{name}.part.{}", parts.len())) {
            parts.push(part);
        }
        let Some((first, others)) = parts.split_first() else { return Ok(None) };
        for (part, index) in others.iter().zip(1..) {
            let same_row = first.shape.get(1..) == part.shape.get(1..) && first.dtype == part.dtype;
            if !same_row || part.shape.is_empty() {
                let (name, expected, found) = (format!("{name}.part.{index}"), first.shape.clone(), part.shape.clone());
                return Err(WeightsError::Shape { name, expected, found });
            }
        }
        let mut joined = first.clone();
        if !others.is_empty() {
            joined.shape[0] = parts.iter().map(|part| part.shape[0]).sum();
            joined.bytes = parts.iter().map(|part| &part.bytes[..]).collect::<Vec<_>>().concat().into();
        }
        Ok(Some(joined))
    }
}

impl PackContents {
    fn take_stored(&mut self, name: &str, expected: &[usize]) -> Result<Option<StoredTensor>, WeightsError> {
        let stored = match self.tensors.remove(name) {
            Some(stored) => Some(stored),
            None => self.joined_parts(name)?,
        };
        let Some(mut stored) = stored else { return Ok(None) };
        stored.groups = codes::BITS.into_iter().find_map(|bits| {
            let multipliers = self.tensors.remove(&format!("{name}.groups.{bits}"))?.bytes;
            Some(Groups { bits, multipliers })
        });
        if let Some(Groups { bits, .. }) = stored.groups {
            same_shape(name, &packed_shape(expected, bits), &stored.shape)?;
            stored.shape = expected.to_vec();
        } else {
            same_shape(name, expected, &stored.shape)?;
        }
        if matches!(stored.dtype, Dtype::I8 | Dtype::U8) {
            let scale = self.tensors.remove(&format!("{name}.scale"));
            stored.scale = scale.map(|scale| floats(name, scale.dtype, &scale.bytes)).transpose()?;
        }
        Ok(Some(stored))
    }
}

impl TensorSource for PackContents {
    fn take(&mut self, name: &str, expected: &[usize]) -> Result<Option<Vec<f32>>, WeightsError> {
        self.take_stored(name, expected)?.map(|stored| stored.values(name)).transpose()
    }

    fn take_weights(&mut self, name: &str, expected: &[usize]) -> Result<Option<Weights>, WeightsError> {
        self.take_stored(name, expected)?.map(|stored| stored.into_weights(name)).transpose()
    }

    fn remaining(&self) -> Vec<String> {
        self.tensors.keys().cloned().collect()
    }
}

impl Embeddings {
    /// The embeddings in the bytes of a safetensors file.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self, WeightsError> {
        let tensors = parse(file, bytes)?;
        let missing = |name: &str| WeightsError::Missing { names: vec![name.to_owned()] };
        let view = tensors.tensor(TEXT_EMBEDS).map_err(|_| missing(TEXT_EMBEDS))?;
        let &[rows, columns] = view.shape() else {
            let (expected, found) = (vec![0, 0], view.shape().to_vec());
            return Err(WeightsError::Shape { name: TEXT_EMBEDS.to_owned(), expected, found });
        };
        let values = floats(TEXT_EMBEDS, view.dtype(), view.data())?;
        super::source::finite(TEXT_EMBEDS, &values)?;
        let (_, header) = SafeTensors::read_metadata(bytes)
            .map_err(|source| WeightsError::Safetensors { file: file.to_owned(), source })?;
        let hash = header.metadata().as_ref().and_then(|entries| entries.get(PROMPTS_SHA256)).cloned();
        let prompts_sha256 = hash.ok_or_else(|| missing(PROMPTS_SHA256))?;
        Ok(Self { rows, columns, values, prompts_sha256 })
    }
}

fn parse<'a>(file: &str, bytes: &'a [u8]) -> Result<SafeTensors<'a>, WeightsError> {
    SafeTensors::deserialize(bytes).map_err(|source| WeightsError::Safetensors { file: file.to_owned(), source })
}
