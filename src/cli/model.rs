//! `--model`: a pack's folder, a Hugging Face folder, or a name on the hub → a model to work with.

use std::path::Path;

use anyhow::Context;
use burn::tensor::Device;
use pollster::block_on;

use crate::clip::{Clip, ClipConfig};
use crate::embed::{self, Vision};
use crate::locate::{Backend, Engine, Locator, LocatorParts};
use crate::places::Places;
use crate::preprocess::Preprocessor;
use crate::tokenizer::Tokenizer;
use crate::weights::huggingface::HuggingFaceModel;
use crate::weights::load;
use crate::weights::manifest::{Calibration, Manifest, Tower};
use crate::weights::pack::{push_files, read_manifest};
use crate::weights::shards::{Embeddings, PackLoader};

/// Both towers of a model, and what else is needed to use them.
pub struct OpenedModel {
    pub name: String,
    pub config: ClipConfig,
    pub preprocessor: Preprocessor,
    pub clip: Clip,
    pub untrained: bool,
    /// Fitted temperature and threshold; a Hugging Face folder has none.
    pub calibration: Option<Calibration>,
    pub about: Option<String>,
}

pub fn is_pack(model: &str) -> bool {
    Path::new(model).join("manifest.json").is_file()
}

/// Both towers of `model`.
pub fn open(model: &str) -> anyhow::Result<OpenedModel> {
    let device = Device::flex();
    if !is_pack(model) {
        let HuggingFaceModel { name, config, preprocessor, mut tensors } = HuggingFaceModel::open(model)?;
        let clip = load::clip(&config, tensors.as_mut(), &device).with_context(|| model.to_owned())?;
        return Ok(OpenedModel { name, config, preprocessor, clip, untrained: false, calibration: None, about: None });
    }
    let folder = Path::new(model);
    let towers = [Tower::Vision, Tower::Text];
    let pack =
        push_files(PackLoader::new(read_manifest(folder)?), folder, &towers).with_context(|| model.to_owned())?;
    let (manifest, mut contents) = pack.finish(&towers)?;
    let clip = Clip {
        vision: load::vision(&manifest.config, &mut contents, &device)?,
        text: load::text(&manifest.config, &mut contents, &device)?,
        logit_scale: manifest.logit_scale,
    };
    load::all_used(&contents)?;
    let Manifest { name, config, preprocessor, untrained, calibration, about, .. } = manifest;
    Ok(OpenedModel { name, config, preprocessor, clip, untrained, calibration, about })
}

/// The places that a pack holds, where `model` is one and has any.
#[cfg(feature = "train")]
pub fn own_places(model: &str) -> anyhow::Result<Option<Places>> {
    if !is_pack(model) {
        return Ok(None);
    }
    let folder = Path::new(model);
    let manifest = read_manifest(folder).with_context(|| model.to_owned())?;
    if manifest.places.is_none() {
        return Ok(None);
    }
    let (manifest, contents) = push_files(PackLoader::new(manifest), folder, &[])?.finish(&[])?;
    Ok(Some(contents.places(&manifest)?.0))
}

/// A locator over `places`; where none are given, over the pack's own, else over Los Angeles County's.
pub fn locator(model: &str, places: Option<Places>) -> anyhow::Result<Locator> {
    if is_pack(model) && places.is_none() {
        let folder = Path::new(model);
        let manifest = read_manifest(folder).with_context(|| model.to_owned())?;
        if manifest.places.is_some() {
            let pack = push_files(PackLoader::new(manifest), folder, &[Tower::Vision])?;
            let (locator, _) =
                block_on(Locator::from_pack(pack, Engine::Cpu, None)).with_context(|| model.to_owned())?;
            return Ok(locator);
        }
    }
    let places = match places {
        Some(places) => places,
        None => super::read_places(None)?,
    };
    let opened = open(model)?;
    let prompts = places.prompts();
    let (values, cut) = block_on(embed::texts(&opened.clip.text, &opened.config, &Tokenizer::new(), &prompts))?;
    let context = opened.config.text_config.max_position_embeddings;
    super::warn_cut("the prompt of", cut.iter().map(|&i| places.regions[i].id.clone()), context);
    let columns = opened.config.projection_dim;
    let embeddings = Embeddings { rows: prompts.len(), columns, values, prompts_sha256: places.prompts_sha256() };
    Ok(Locator::new(LocatorParts {
        config: opened.config,
        vision: Vision::Burn(Box::new(opened.clip.vision)),
        preprocessor: opened.preprocessor,
        logit_scale: opened.clip.logit_scale,
        calibration: opened.calibration,
        model: opened.name,
        untrained: opened.untrained,
        about: opened.about,
        backend: Backend::Cpu,
        places,
        embeddings,
    }))
}
