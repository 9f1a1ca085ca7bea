//! How a matrix product is cut: weights into panels of 8 output columns, rows into tiles of at most 5.
//!
//! In: a [`Product`], which sums one tile against one panel.  Out: `x · Wᵀ + b`, row-major, finished as [`Then`] says.
//! A panel stays in the first cache while all tiles pass by it, so each weight leaves memory once per call. 5 × 8
//! sums, two vectors of weights, one of inputs and one product are the registers that a browser's compiler has on
//! x86; with 6 rows it keeps a sum in memory and is a tenth slower.

use super::activation::activate;
use crate::clip::config::Activation;

/// Output columns of one panel.
pub const COLUMNS: usize = 8;
/// Rows of the largest tile.
pub const MOST_ROWS: usize = 5;

/// Panels whose sums are finished together: written a panel at a time, the rows of a result, which are a multiple of
/// the cache's size apart, would throw each other out of it.
const GROUP: usize = 4;

/// The sums of one tile and one panel.
pub type Sums<const ROWS: usize> = [[f32; COLUMNS]; ROWS];

/// One way to multiply: the operands in the layout that it wants.
pub trait Product {
    /// Makes ready for the tiles of `panel`.
    fn enter(&mut self, panel: usize);

    /// The products of rows `first .. first + ROWS` with the columns of the entered panel.
    fn tile<const ROWS: usize>(&self, first: usize) -> Sums<ROWS>;
}

/// What becomes of the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// They are written.
    Store,
    /// They are added to what is there: a residual connection.
    Add,
    /// They go through the activation and are written.
    Activate(Activation),
}

/// Tiles of `rows` rows: first row and height. Heights differ by one at most, so that none is left with a rest of
/// one row, which costs almost as much as five.
pub fn tiles(rows: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = rows.div_ceil(MOST_ROWS);
    let (height, taller) = (rows / count.max(1), rows % count.max(1));
    (0..count).map(move |tile| (tile * height + tile.min(taller), height + usize::from(tile < taller)))
}

/// Rows of `steps` values as tiles: step by step, and in a step row by row.
pub fn pack_tiles<T: Copy + Default, Row: Iterator<Item = T>>(
    rows: usize,
    steps: usize,
    row: impl Fn(usize) -> Row,
) -> Vec<T> {
    let mut packed = vec![T::default(); rows * steps];
    if steps == 0 {
        return packed;
    }
    for (first, height) in tiles(rows) {
        let tile = &mut packed[first * steps..][..height * steps];
        for r in 0..height {
            tile[r..].iter_mut().step_by(height).zip(row(first + r)).for_each(|(packed, value)| *packed = value);
        }
    }
    packed
}

/// `out = product + bias`, finished by `then`; `out` is `[rows, outputs]`, `bias` is padded to whole panels.
pub fn multiply<P: Product>(mut product: P, rows: usize, bias: &[f32], outputs: usize, out: &mut [f32], then: Then) {
    assert_eq!(out.len(), rows * outputs, "the output's size");
    let mut sums = vec![0.0; rows * GROUP * COLUMNS];
    for left in (0..outputs).step_by(GROUP * COLUMNS) {
        let width = (GROUP * COLUMNS).min(outputs - left);
        for panel in 0..width.div_ceil(COLUMNS) {
            product.enter(left / COLUMNS + panel);
            for (first, height) in tiles(rows) {
                let sums = &mut sums[first * GROUP * COLUMNS + panel * COLUMNS..];
                match height {
                    1 => keep(&product.tile::<1>(first), sums),
                    2 => keep(&product.tile::<2>(first), sums),
                    3 => keep(&product.tile::<3>(first), sums),
                    4 => keep(&product.tile::<4>(first), sums),
                    _ => keep(&product.tile::<MOST_ROWS>(first), sums),
                }
            }
        }
        for (out, sums) in out.chunks_exact_mut(outputs).zip(sums.chunks_exact(GROUP * COLUMNS)) {
            finish(&sums[..width], &bias[left..][..width], &mut out[left..][..width], then);
        }
    }
}

/// Keeps one tile's sums in the first columns of its rows.
#[inline(always)]
fn keep<const ROWS: usize>(tile: &Sums<ROWS>, rows: &mut [f32]) {
    for (tile, row) in tile.iter().zip(rows.chunks_mut(GROUP * COLUMNS)) {
        row[..COLUMNS].copy_from_slice(tile);
    }
}

/// Writes one row's results.
fn finish(sums: &[f32], bias: &[f32], out: &mut [f32], then: Then) {
    let terms = sums.iter().zip(bias);
    match then {
        Then::Add => out.iter_mut().zip(terms).for_each(|(out, (sum, bias))| *out += sum + bias),
        Then::Store => out.iter_mut().zip(terms).for_each(|(out, (sum, bias))| *out = sum + bias),
        Then::Activate(activation) => {
            out.iter_mut().zip(terms).for_each(|(out, (sum, bias))| *out = sum + bias);
            activate(activation, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_every_row_once_and_are_even() {
        for rows in 0..200 {
            let mut next = 0;
            for (first, height) in tiles(rows) {
                assert_eq!(first, next);
                assert!((1..=MOST_ROWS).contains(&height), "{rows} rows: a tile of {height}");
                assert!(rows < 16 || height >= 4, "{rows} rows: a tile of {height}");
                next += height;
            }
            assert_eq!(next, rows);
        }
    }
}
