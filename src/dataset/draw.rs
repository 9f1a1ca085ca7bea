//! Which photos are taken, and which are for training, validation and test: by seed.
//!
//! In: a [`Survey`], how many per region, the shares, a seed.  Out: the drawn photos with their splits.
//! Within each region photos are ranked by the SHA-256 of the seed and their path: nothing else counts, not the order of
//! files, the platform, or other regions. `sample` takes the first N. Shares are cut at the rounded cumulative shares of
//! each region's photos, so that every region has its share in every split.
//!
//! Duplicates, exact or near, go to one split, whatever region they are in. They are placed first, each group where its
//! hash falls, or where most room is left if it does not fit there; single photos fill up the rest by rank. Counts are
//! exact unless a region's groups leave no way.
//!
//! The hash is that of: `sample` or `split`, a zero byte, the seed as a little-endian `u64`, the path.
//! Adding photos moves only those near a cut.
//!
//! Proof: `tests/dataset/draw.rs`.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::duplicates::Duplicates;
use super::error::DatasetError;
use super::split::{Shares, Split};
use super::{Dataset, LabelledPhoto, Survey};

/// What to draw.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawing {
    /// At most so many photos per region; all where it is none.
    pub sample: Option<usize>,
    /// None leaves every photo in the split it is in.
    pub shares: Option<Shares>,
    pub seed: u64,
}

type Rank = [u8; 32];

impl Drawing {
    /// The drawn photos of `survey`, with their splits.
    ///
    /// # Errors
    /// [`DatasetError::NothingForSplit`] where there are too few photos for every split to have one.
    pub fn draw(&self, survey: Survey) -> Result<Survey, DatasetError> {
        let mut survey = match self.sample {
            Some(most) => self.sampled(survey, most),
            None => survey,
        };
        if let Some(shares) = self.shares {
            self.assign(&mut survey, shares)?;
        }
        Ok(survey)
    }

    fn rank(&self, purpose: &str, photo: &LabelledPhoto) -> Rank {
        let mut hash = Sha256::new();
        hash.update(purpose.as_bytes());
        hash.update([0]);
        hash.update(self.seed.to_le_bytes());
        hash.update(photo.path.as_bytes());
        hash.finalize().into()
    }

    fn sampled(&self, survey: Survey, most: usize) -> Survey {
        let mut by_region: BTreeMap<usize, Vec<(Rank, usize)>> = BTreeMap::new();
        for (index, photo) in survey.dataset.photos.iter().enumerate() {
            by_region.entry(photo.region).or_default().push((self.rank("sample", photo), index));
        }
        let mut is_drawn = vec![false; survey.dataset.photos.len()];
        for ranked in by_region.values_mut() {
            ranked.sort_unstable();
            ranked.iter().take(most).for_each(|&(_, index)| is_drawn[index] = true);
        }
        let Survey { dataset, looks, unreadable } = survey;
        let drawn = dataset.photos.into_iter().zip(looks).zip(is_drawn);
        let (photos, looks) = drawn.filter_map(|(photo, is_drawn)| is_drawn.then_some(photo)).unzip();
        Survey { dataset: Dataset { photos, ..dataset }, looks, unreadable }
    }

    fn assign(&self, survey: &mut Survey, shares: Shares) -> Result<(), DatasetError> {
        let photos = &mut survey.dataset.photos;
        let firsts = Duplicates::among(&survey.looks).first_of_each(photos.len());
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, &first) in firsts.iter().enumerate() {
            groups.entry(first).or_default().push(index);
        }
        let rank = |group: &Vec<usize>| group.iter().map(|&index| self.rank("split", &photos[index])).min();
        let mut ranked: Vec<(bool, Option<Rank>, Vec<usize>)> =
            groups.into_values().map(|group| (group.len() == 1, rank(&group), group)).collect();
        ranked.sort_unstable(); // groups before single photos
        let mut room = Room::of(photos, shares);
        for (is_single, rank, group) in ranked {
            let regions: Vec<usize> = group.iter().map(|&index| photos[index].region).collect();
            let split = if is_single { None } else { rank.map(|rank| shares.at(position(&rank))) };
            let split = room.take(&regions, split);
            group.iter().for_each(|&index| photos[index].split = Some(split));
        }
        let counts = Split::ALL.map(|split| photos.iter().filter(|photo| photo.split == Some(split)).count());
        match Split::ALL.into_iter().zip(counts).find(|&(_, count)| count == 0) {
            Some((split, _)) => Err(DatasetError::NothingForSplit { split, counts }),
            None => Ok(()),
        }
    }
}

/// A hash as a number in `0 … 1`.
fn position(rank: &Rank) -> f64 {
    let [a, b, c, d, ..] = *rank;
    f64::from(u32::from_be_bytes([a, b, c, d])) / 2f64.powi(32)
}

/// How many photos each split of each region still has room for.
struct Room {
    by_region: BTreeMap<usize, [usize; 3]>,
}

impl Room {
    fn of(photos: &[LabelledPhoto], shares: Shares) -> Self {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        photos.iter().for_each(|photo| *counts.entry(photo.region).or_default() += 1);
        Self { by_region: counts.into_iter().map(|(region, count)| (region, shares.quotas(count))).collect() }
    }

    /// The split of a group whose photos are in `regions`: `wanted`, or the first, if it has room, else the one with
    /// the most.
    fn take(&mut self, regions: &[usize], wanted: Option<Split>) -> Split {
        let mut needed: BTreeMap<usize, usize> = BTreeMap::new();
        regions.iter().for_each(|&region| *needed.entry(region).or_default() += 1);
        let rooms = |split: Split| -> Vec<usize> {
            needed.keys().filter_map(|region| Some(self.by_region.get(region)?[split as usize])).collect()
        };
        let fits = |split: Split| rooms(split).iter().zip(needed.values()).all(|(room, need)| room >= need);
        let first_that_fits = match wanted {
            Some(split) => Some(split).filter(|&split| fits(split)),
            None => Split::ALL.into_iter().find(|&split| fits(split)),
        };
        let most_room = || Split::ALL.into_iter().rev().max_by_key(|&split| rooms(split).iter().sum::<usize>());
        let split = first_that_fits.or_else(most_room).unwrap_or(Split::Train);
        for (region, need) in needed {
            if let Some(room) = self.by_region.get_mut(&region) {
                room[split as usize] = room[split as usize].saturating_sub(need);
            }
        }
        split
    }
}
