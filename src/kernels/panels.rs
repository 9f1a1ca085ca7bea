//! How a matrix product is cut: weights into panels of 8 output columns, rows into tiles of at most 5 or 6.
//!
//! In: a [`Product`], which sums one tile against one panel.  Out: `x · Wᵀ + b`, row-major, finished as [`Then`] says.
//! A panel stays in the first cache while all tiles pass by it, so each weight leaves memory once per call. 5 × 8
//! sums, two vectors of weights, one of inputs and one product are the registers that a browser's compiler has on
//! x86; where multiplying and adding are one instruction, there is room for 6 × 8.

use std::ops::Range;

use bytemuck::Pod;

/// Output columns of one panel.
pub const COLUMNS: usize = 8;
/// Rows of the largest tile where a product takes a register before it is added.
pub const MOST_ROWS: usize = 5;

/// The sums of one tile and one panel.
pub type Sums<const ROWS: usize> = [[f32; COLUMNS]; ROWS];

/// One way to multiply: the operands in the layout that it wants.
pub trait Product {
    /// Rows of the largest tile, at most 6.
    const MOST_ROWS: usize;

    /// Makes ready for the tiles of `panel`.
    fn enter(&mut self, panel: usize);

    /// The products of the rows of one tile, by its number, with the columns of the entered panel.
    fn tile<const ROWS: usize>(&mut self, tile: usize) -> Sums<ROWS>;
}

/// What becomes of the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// They are written.
    Store,
    /// They are added to what is there: a residual connection.
    Add,
}

/// Tiles of `rows` rows, each of at most `most`: first row and height. Heights differ by one at most, so that none is
/// left with a rest of one row, which costs almost as much as five.
pub fn tiles(rows: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    runs(rows, most)
        .into_iter()
        .flat_map(|Run { first, height, count, .. }| (0..count).map(move |i| (first + i * height, height)))
}

/// Tiles of one height, one below the other.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// The number of its first tile.
    tile: usize,
    /// The first row.
    first: usize,
    height: usize,
    count: usize,
}

/// The tiles of `rows` rows, by their heights.
fn runs(rows: usize, most: usize) -> [Run; 2] {
    let count = rows.div_ceil(most);
    let (height, taller) = (rows / count.max(1), rows % count.max(1));
    [
        Run { tile: 0, first: 0, height: height + 1, count: taller },
        Run { tile: taller, first: taller * (height + 1), height, count: count - taller },
    ]
}

/// `[outputs, inputs]` → `[panels][steps][8][STEP]`, filled up with zeros; the rows may come in parts. `packed` is told
/// each panel while it is in the cache.
#[inline(never)]
pub fn pack_panels<const STEP: usize, T: Pod>(parts: &[&[T]], inputs: usize, mut packed: impl FnMut(&[T])) -> Vec<T> {
    let rows: Vec<&[T]> = parts.iter().flat_map(|part| part.chunks_exact(inputs.max(1))).collect();
    let zeros = vec![T::zeroed(); inputs];
    let mut panels = Vec::with_capacity(rows.len().div_ceil(COLUMNS) * inputs.div_ceil(STEP));
    for rows in rows.chunks(COLUMNS) {
        let begin = panels.len();
        side_by_side::<STEP, T>(std::array::from_fn(|row| *rows.get(row).unwrap_or(&&zeros[..])), &mut panels);
        packed(panels[begin..].as_flattened().as_flattened());
    }
    panels.into_flattened().into_flattened()
}

/// Rows of one length, step by step.
// A function of its own: a browser optimizes it while the first rows of a model go through it.
#[inline(never)]
fn side_by_side<const STEP: usize, T: Pod>(rows: [&[T]; COLUMNS], packed: &mut Vec<[[T; STEP]; COLUMNS]>) {
    let steps = rows[0].len() / STEP;
    let whole: [&[[T; STEP]]; COLUMNS] = rows.map(|row| &row.as_chunks().0[..steps]);
    let first = transpose_vectors(whole, packed);
    packed.extend((first..steps).map(|step| whole.map(|row| row[step])));
    if steps * STEP < rows[0].len() {
        let value = |row: &[T], i: usize| row.get(steps * STEP + i).copied().unwrap_or_else(T::zeroed);
        packed.push(rows.map(|row| std::array::from_fn(|i| value(row, i))));
    }
}

/// As many steps of the rows as whole vectors hold: how many that are.
#[inline(always)]
fn transpose_vectors<U: Pod>(rows: [&[U]; COLUMNS], packed: &mut Vec<[U; COLUMNS]>) -> usize {
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    if let Some(steps) = simd128::transpose(rows, packed) {
        return steps;
    }
    let _ = (rows, packed);
    0
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128 {
    use super::{COLUMNS, Pod};
    use core::arch::wasm32::*;

    /// Sixteen bytes of each row at a time; `None` where they are not units of two or four bytes.
    ///
    /// A perfect shuffle of all units, of the upper four rows with the lower four, moves the highest bit of a unit's
    /// number to the lowest place. Three of them move the number of its row behind the number of its step. The compiler
    /// would take one unit after the other.
    pub fn transpose<U: Pod>(rows: [&[U]; COLUMNS], packed: &mut Vec<[U; COLUMNS]>) -> Option<usize> {
        let shuffle = match size_of::<U>() {
            2 => |a, b| {
                [i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(a, b), i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(a, b)]
            },
            4 => |a, b| [i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<2, 6, 3, 7>(a, b)],
            _ => return None,
        };
        let once = |[a, b, c, d, e, f, g, h]: [v128; COLUMNS]| {
            let [[a, b], [c, d], [e, f], [g, h]] = [shuffle(a, e), shuffle(b, f), shuffle(c, g), shuffle(d, h)];
            [a, b, c, d, e, f, g, h]
        };
        let vectors = rows.map(<[U]>::len).into_iter().min()? * size_of::<U>() / 16;
        let steps = vectors * 16 / size_of::<U>();
        packed.reserve(steps);
        let out = packed.spare_capacity_mut().as_mut_ptr().cast::<[v128; COLUMNS]>();
        for i in 0..vectors {
            // SAFETY: each row holds so many vectors, and there is room for all of them; neither needs to be aligned.
            unsafe {
                let vectors = rows.map(|row| v128_load(row.as_ptr().cast::<v128>().add(i)));
                out.add(i).write_unaligned(once(once(once(vectors))));
            }
        }
        // SAFETY: so many steps were written just now.
        unsafe { packed.set_len(packed.len() + steps) };
        Some(steps)
    }
}

/// `values` and zeros up to a whole panel.
pub fn padded<T: Copy + Default>(values: &[T]) -> Vec<T> {
    let mut padded = values.to_vec();
    padded.resize(values.len().next_multiple_of(COLUMNS), T::default());
    padded
}

/// `[rows, steps]` row-major as tiles of at most `most` rows, one after the other: step by step, and in a step row by
/// row.
pub fn pack_tiles<T: Copy + Default>(values: &[T], steps: usize, most: usize) -> Vec<T> {
    let mut packed = vec![T::default(); values.len()];
    for (first, height) in tiles(values.len() / steps.max(1), most) {
        let part = first * steps..(first + height) * steps;
        let (rows, tile) = (&values[part.clone()], &mut packed[part]);
        match height {
            1 => interleave::<1, T>(rows, tile),
            2 => interleave::<2, T>(rows, tile),
            3 => interleave::<3, T>(rows, tile),
            4 => interleave::<4, T>(rows, tile),
            5 => interleave::<5, T>(rows, tile),
            _ => interleave::<6, T>(rows, tile),
        }
    }
    packed
}

/// What [`pack_tiles`] packed, or anything else with `steps` values for each of `rows` rows, tile by tile.
pub fn by_tile<T>(values: &[T], rows: usize, steps: usize, most: usize) -> Vec<&[T]> {
    tiles(rows, most).map(|(first, height)| &values[first * steps..][..height * steps]).collect()
}

/// `[ROWS, steps]` → `[steps, ROWS]`
// A function of its own, as `finish`.
#[inline(never)]
fn interleave<const ROWS: usize, T: Copy>(rows: &[T], tile: &mut [T]) {
    let steps = rows.len() / ROWS;
    let rows: [&[T]; ROWS] = std::array::from_fn(|row| &rows[row * steps..][..steps]);
    let (groups, _) = tile.as_chunks_mut::<ROWS>();
    for (step, group) in groups[..steps].iter_mut().enumerate() {
        *group = std::array::from_fn(|row| rows[row][step]);
    }
}

/// Some columns of a matrix `[rows, stride]`, row-major.
pub struct Columns<'a> {
    pub values: &'a mut [f32],
    pub stride: usize,
    pub first: usize,
    pub count: usize,
}

/// `out = product + bias`, finished by `then`, for these `panels` of it; `bias` is padded to whole panels.
#[inline(never)]
pub fn multiply<P: Product>(mut product: P, rows: usize, bias: &[f32], panels: Range<usize>, out: Columns, then: Then) {
    let Columns { values, stride, first: first_column, count } = out;
    assert_eq!(values.len(), rows * stride, "the output's size");
    assert!(first_column + count <= stride, "the output's columns");
    for panel in panels {
        product.enter(panel);
        let left = panel * COLUMNS;
        let bias: &[f32; COLUMNS] = bias[left..].first_chunk().expect("biases are padded to whole panels");
        let width = COLUMNS.min(count - left);
        for run in runs(rows, P::MOST_ROWS) {
            let values = &mut values[run.first * stride..][..run.count * run.height * stride];
            let out = Columns { values, stride, first: first_column + left, count: width };
            match run.height {
                1 => finish::<1, P>(&mut product, run.tile, bias, out, then),
                2 => finish::<2, P>(&mut product, run.tile, bias, out, then),
                3 => finish::<3, P>(&mut product, run.tile, bias, out, then),
                4 => finish::<4, P>(&mut product, run.tile, bias, out, then),
                6 if P::MOST_ROWS == 6 => finish::<6, P>(&mut product, run.tile, bias, out, then),
                _ => finish::<5, P>(&mut product, run.tile, bias, out, then),
            }
        }
    }
}

/// The results of some tiles, from number `first` on.
// A function of its own: a browser then optimizes those for the heights that occur, and not one that holds them all.
#[inline(never)]
fn finish<const ROWS: usize, P: Product>(
    product: &mut P,
    first: usize,
    bias: &[f32; COLUMNS],
    out: Columns,
    then: Then,
) {
    let Columns { values, stride, first: left, count } = out;
    for (tile, rows) in values.chunks_exact_mut(ROWS * stride).enumerate() {
        let mut rest = rows;
        // Lent: taken from the array by value, they would be copied by a call.
        for results in &product.tile::<ROWS>(first + tile) {
            let (row, below) = rest.split_at_mut(stride);
            rest = below;
            let row = &mut row[left..][..count];
            let results = added(results, bias);
            match (row.first_chunk_mut::<COLUMNS>(), then) {
                (Some(row), Then::Add) => *row = added(row, &results),
                (Some(row), Then::Store) => *row = results,
                (None, Then::Add) => row.iter_mut().zip(results).for_each(|(old, value)| *old += value),
                (None, Then::Store) => row.iter_mut().zip(results).for_each(|(old, value)| *old = value),
            }
        }
    }
}

// Arrays whose lengths the compiler knows become vectors; a loop over slices stays one number at a time.

#[inline(always)]
pub fn added(a: &[f32; COLUMNS], b: &[f32; COLUMNS]) -> [f32; COLUMNS] {
    std::array::from_fn(|column| a[column] + b[column])
}

/// Sums of stored numbers as what they stand for: `rows` begins with the scale of each row, `columns` of each column.
#[inline(always)]
pub fn scaled<const ROWS: usize>(sums: &Sums<ROWS>, rows: &[f32], columns: &[f32]) -> Sums<ROWS> {
    let rows: &[f32; ROWS] = rows.first_chunk().expect("a scale for each row");
    let columns: &[f32; COLUMNS] = columns.first_chunk().expect("scales are padded to whole panels");
    std::array::from_fn(|row| std::array::from_fn(|column| sums[row][column] * (rows[row] * columns[column])))
}

/// Whole sums in f32.
#[inline(always)]
pub fn floats<const ROWS: usize>(sums: &[[i32; COLUMNS]; ROWS]) -> Sums<ROWS> {
    std::array::from_fn(|row| std::array::from_fn(|column| sums[row][column] as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_packed_step_by_step() {
        for (rows, steps) in [(0, 3), (3, 0), (1, 4), (5, 1), (6, 3), (7, 2), (23, 5)] {
            let values: Vec<(usize, usize)> =
                (0..rows).flat_map(|row| (0..steps).map(move |step| (row, step))).collect();
            let packed = pack_tiles(&values, steps, 6);
            let packed = by_tile(&packed, rows, steps, 6);
            for ((first, height), tile) in tiles(rows, 6).zip(packed) {
                assert_eq!(tile.len(), height * steps);
                for (i, found) in tile.iter().enumerate() {
                    assert_eq!(*found, (first + i % height, i / height), "{rows} rows, {steps} steps");
                }
            }
        }
    }

    #[test]
    fn tiles_cover_every_row_once_and_are_even() {
        for (rows, most) in (0..200).flat_map(|rows| [(rows, 5), (rows, 6)]) {
            let mut next = 0;
            for (first, height) in tiles(rows, most) {
                assert_eq!(first, next);
                assert!((1..=most).contains(&height), "{rows} rows: a tile of {height}");
                assert!(rows < most * (most - 2) || height >= most - 1, "{rows} rows: a tile of {height}");
                next += height;
            }
            assert_eq!(next, rows);
        }
    }

    #[test]
    fn panels_are_packed_step_by_step_and_filled_up_with_zeros() {
        fn check<const STEP: usize>() {
            for (outputs, inputs) in [(0, 3), (1, 1), (8, 4), (9, 5), (17, 2), (24, 7)] {
                let value = |output: usize, input: usize| (1 + output * inputs + input) as i16;
                let all: Vec<i16> = (0..outputs * inputs).map(|i| i as i16 + 1).collect();
                let (upper, lower) = all.split_at(outputs / 3 * inputs);
                let mut told = Vec::new();
                let packed = pack_panels::<STEP, _>(&[upper, lower], inputs, |panel| told.extend_from_slice(panel));
                assert_eq!(told, packed);
                let steps = inputs.div_ceil(STEP);
                assert_eq!(packed.len(), outputs.div_ceil(COLUMNS) * steps * COLUMNS * STEP);
                for (i, &found) in packed.iter().enumerate() {
                    let (group, lane) = (i / (COLUMNS * STEP), i % (COLUMNS * STEP));
                    let output = group / steps * COLUMNS + lane / STEP;
                    let input = group % steps * STEP + lane % STEP;
                    let expected = if output < outputs && input < inputs { value(output, input) } else { 0 };
                    assert_eq!(found, expected, "{outputs} × {inputs} by {STEP}: output {output}, input {input}");
                }
            }
        }
        check::<1>();
        check::<2>();
        check::<4>();
    }
}
