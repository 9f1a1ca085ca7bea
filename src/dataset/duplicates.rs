//! Photos that are copies of each other, in groups.
//!
//! In: what each photo looks like.  Out: [`Duplicates`].
//! Exact duplicates are files of the same bytes. Near duplicates are pictures that look the same, or are joined by a
//! chain of such pictures. Every pair that can be near is compared, on all cores: photos are sorted by brightness, and
//! each is held against those after it until they are too bright. 10,000 photos take well under a second.
//!
//! Proof: `tests/dataset/duplicates.rs`.

use std::collections::HashMap;

use rayon::prelude::*;

use super::inspect::Look;

/// Groups of two photos or more, as indices in ascending order; the groups by their first photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicates {
    /// Files of the same bytes.
    pub exact: Vec<Vec<usize>>,
    /// Pictures that look the same and are not all files of the same bytes.
    pub near: Vec<Vec<usize>>,
}

impl Duplicates {
    /// The duplicates among photos that look like `looks`.
    pub fn among(looks: &[Look]) -> Self {
        let mut first_of: HashMap<&[u8; 32], usize> = HashMap::new();
        let mut exact = Joined::new(looks.len());
        for (index, look) in looks.iter().enumerate() {
            exact.join(index, *first_of.entry(&look.sha256).or_insert(index));
        }
        // Copies look the same: only one of them is compared with others.
        let different: Vec<usize> = first_of.into_values().collect();
        let mut all = exact.clone();
        for (a, b) in near_pairs(looks, different) {
            all.join(a, b);
        }
        let mut near = all.groups();
        near.retain(|group| group.iter().any(|&index| looks[index].sha256 != looks[group[0]].sha256));
        Self { exact: exact.groups(), near }
    }

    /// For each of `count` photos the first photo of its group, exact or near; itself where it has no duplicate.
    pub fn first_of_each(&self, count: usize) -> Vec<usize> {
        let mut first: Vec<usize> = (0..count).collect();
        // A near group holds its exact ones whole.
        for group in self.exact.iter().chain(&self.near) {
            group.iter().for_each(|&index| first[index] = group[0]);
        }
        first
    }
}

/// Pairs among the photos `different` that look the same.
fn near_pairs(looks: &[Look], mut different: Vec<usize>) -> Vec<(usize, usize)> {
    different.sort_by(|&a, &b| looks[a].mean_level().total_cmp(&looks[b].mean_level()).then(a.cmp(&b)));
    let pairs_of = |at: usize| {
        let (index, look) = (different[at], &looks[different[at]]);
        let candidates = different[at + 1..].iter().take_while(|&&other| look.could_be_near(&looks[other]));
        candidates.filter(|&&other| look.is_near(&looks[other])).map(|&other| (index, other)).collect::<Vec<_>>()
    };
    (0..different.len()).into_par_iter().flat_map_iter(pairs_of).collect()
}

/// Disjoint sets of indices; the first index of a set stands for it.
#[derive(Clone)]
struct Joined {
    parents: Vec<usize>,
}

impl Joined {
    fn new(count: usize) -> Self {
        Self { parents: (0..count).collect() }
    }

    fn first(&mut self, mut index: usize) -> usize {
        while self.parents[index] != index {
            self.parents[index] = self.parents[self.parents[index]];
            index = self.parents[index];
        }
        index
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.first(a), self.first(b));
        self.parents[a.max(b)] = a.min(b);
    }

    /// Sets of two or more.
    fn groups(&mut self) -> Vec<Vec<usize>> {
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); self.parents.len()];
        for index in 0..self.parents.len() {
            let first = self.first(index);
            members[first].push(index);
        }
        members.retain(|group| group.len() > 1);
        members
    }
}
