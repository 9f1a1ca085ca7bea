//! Which photos an epoch shows, and in which order.
//!
//! In: each photo's region, the run's seed, an epoch.  Out: indices of photos, as many as there are.
//! Balanced, every region that has photos has an equal share: of a large one some photos are left out this time,
//! other ones the next; those of a small one come several times.

use rand::seq::SliceRandom;

use super::random::random;

/// The photos of `epoch`, by index into `regions`.
pub fn order(regions: &[usize], balance: bool, seed: u64, epoch: usize) -> Vec<usize> {
    let mut order: Vec<usize> = if balance { balanced(regions, seed, epoch) } else { (0..regions.len()).collect() };
    order.shuffle(&mut random(seed, "order", epoch, 0));
    order
}

fn balanced(regions: &[usize], seed: u64, epoch: usize) -> Vec<usize> {
    let count = regions.iter().max().map_or(0, |last| last + 1);
    let mut photos_of = vec![Vec::new(); count];
    for (photo, &region) in regions.iter().enumerate() {
        photos_of[region].push(photo);
    }
    let mut present: Vec<usize> = (0..count).filter(|&region| !photos_of[region].is_empty()).collect();
    // Who gets the photos that do not divide evenly changes with the epoch.
    present.shuffle(&mut random(seed, "rest", epoch, 0));
    let (share, rest) = (regions.len() / present.len().max(1), regions.len() % present.len().max(1));
    let mut order = Vec::with_capacity(regions.len());
    for (turn, &region) in present.iter().enumerate() {
        let mut random = random(seed, "region", epoch, region);
        let mut wanted = share + usize::from(turn < rest);
        while wanted > 0 {
            let photos = &mut photos_of[region];
            photos.shuffle(&mut random);
            let taken = wanted.min(photos.len());
            order.extend_from_slice(&photos[..taken]);
            wanted -= taken;
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_every_photo_once_where_nothing_is_balanced() {
        let mut shown = order(&[0, 0, 1, 4], false, 1, 0);
        shown.sort_unstable();
        assert_eq!(shown, [0, 1, 2, 3]);
    }

    #[test]
    fn balanced_regions_come_equally_often_and_empty_ones_never() {
        let regions: Vec<usize> = [vec![0; 90], vec![2; 7], vec![5; 23]].concat();
        for epoch in 0..4 {
            let shown = order(&regions, true, 9, epoch);
            let times = |region| shown.iter().filter(|&&photo| regions[photo] == region).count();
            assert_eq!([times(0), times(2), times(5)], [40, 40, 40]);
            let distinct: std::collections::BTreeSet<_> = shown.iter().filter(|&&photo| photo >= 97).collect();
            assert_eq!(distinct.len(), 23, "every photo of a small region is shown");
        }
    }

    #[test]
    fn depends_on_the_seed_and_the_epoch_alone() {
        let regions: Vec<usize> = (0..100).map(|photo| photo % 7).collect();
        assert_eq!(order(&regions, true, 1, 3), order(&regions, true, 1, 3));
        assert_ne!(order(&regions, true, 1, 3), order(&regions, true, 1, 4));
        assert_ne!(order(&regions, true, 1, 3), order(&regions, true, 2, 3));
    }
}
