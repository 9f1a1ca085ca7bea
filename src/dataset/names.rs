//! What a folder or a CSV calls a region → which region it is.
//!
//! In: text.  Out: an index into the places' regions.
//! An id counts before a name, and either as it is written before a likeness. Two texts are alike where their letters
//! and digits are, in any case: `Santa Monica`, `santa_monica` and `santa-monica` are one.
//!
//! Proof: `tests/dataset/labels.rs`, `tests/dataset/folder.rs`.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

use crate::places::{Places, Region};

/// How many regions a message lists.
const MOST_LISTED: usize = 30;

/// Regions by id, by name and by likeness.
pub(super) struct Names<'a> {
    places: &'a Places,
    ids: HashMap<&'a str, usize>,
    names: HashMap<&'a str, Vec<usize>>,
    likenesses: HashMap<String, Vec<usize>>,
}

/// Why a text means no region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoRegion {
    Unknown,
    /// The ids of the regions it may mean.
    Ambiguous(Vec<String>),
}

impl<'a> Names<'a> {
    pub fn new(places: &'a Places) -> Self {
        let mut all = Self { places, ids: HashMap::new(), names: HashMap::new(), likenesses: HashMap::new() };
        for (index, Region { id, name, .. }) in places.regions.iter().enumerate() {
            all.ids.insert(id, index);
            all.names.entry(name).or_default().push(index);
            for text in [id, name] {
                let alike = all.likenesses.entry(likeness(text)).or_default();
                if alike.last() != Some(&index) {
                    alike.push(index);
                }
            }
        }
        // A text without letters and digits is like nothing.
        all.likenesses.remove("");
        all
    }

    /// The region that `text` means.
    pub fn find(&self, text: &str) -> Result<usize, NoRegion> {
        let composed: String = text.trim().nfc().collect();
        if let Some(&index) = self.ids.get(text.trim()).or_else(|| self.ids.get(composed.as_str())) {
            return Ok(index);
        }
        let named = self.names.get(composed.as_str()).or_else(|| self.likenesses.get(&likeness(&composed)));
        match named.map(Vec::as_slice) {
            None | Some([]) => Err(NoRegion::Unknown),
            Some(&[index]) => Ok(index),
            Some(several) => Err(NoRegion::Ambiguous(several.iter().map(|&index| self.id(index).to_owned()).collect())),
        }
    }

    /// The region whose folder `path` lies in: that of the first part that is one's name, its last part left out.
    pub fn of_folder(&self, path: &str) -> Option<usize> {
        let (folders, _) = path.rsplit_once('/')?;
        folders.split('/').find_map(|folder| self.find(folder).ok())
    }

    /// The id of a region, for messages.
    pub fn id(&self, region: usize) -> &str {
        &self.places.regions[region].id
    }

    /// The ids, for messages.
    pub fn known(&self) -> Vec<String> {
        let mut ids: Vec<String> =
            self.places.regions.iter().take(MOST_LISTED).map(|region| region.id.clone()).collect();
        if let Some(more) = self.places.regions.len().checked_sub(MOST_LISTED).filter(|&more| more > 0) {
            ids.push(format!("and {more} more"));
        }
        ids
    }
}

/// The letters and digits of `text`, composed and in lower case.
fn likeness(text: &str) -> String {
    text.nfc().flat_map(char::to_lowercase).filter(|character| character.is_alphanumeric()).collect()
}
