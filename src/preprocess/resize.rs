//! A window of a picture resized by antialiased bicubic, to the level as Pillow's 8-bit one.
//!
//! In: RGB `u8`, and for each axis its source length, its resized length, and the part wanted.  Out: that part.
//! For each axis, with `scale = source / resized` and `stretch = max(scale, 1)`: output `i` is centered at
//! `(i + ½) · scale` and weighs the pixels within `2 · stretch` of it by the Keys cubic (a = −½), normalized, times
//! 2²² and rounded half away from zero. Sums are rounded and clamped to 8 bits after each axis: columns first, then
//! rows. An axis that has its length already is not resampled.
//!
//! The horizontal axis is computed only for the rows that the vertical one will read, and both only inside the
//! window: a strip of 1 × 16,384 pixels costs no more than its window.
//!
//! Source: Pillow (up to 12), `src/libImaging/Resample.c`. Proof: `tests/preprocess.rs`.

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use simd128::Row;
use std::ops::Range;

/// Weights are whole multiples of 2⁻²².
const FRACTION_BITS: u32 = 22;
const HALF: i32 = 1 << (FRACTION_BITS - 1);
/// The cubic reaches two pixels to either side.
const REACH: f64 = 2.0;

/// One axis: from `source` pixels to `resized`, of which `wanted` are computed.
pub(super) struct Window {
    source: usize,
    resized: u64,
    wanted: Range<u64>,
}

impl Window {
    /// The middle `length` of `resized` pixels; the smaller half of the rest stands before it.
    pub fn centered(source: u32, resized: u64, length: u32) -> Self {
        let start = resized.saturating_sub(u64::from(length)) / 2;
        Self { source: source as usize, resized, wanted: start..start + u64::from(length) }
    }

    fn len(&self) -> usize {
        (self.wanted.end - self.wanted.start) as usize
    }

    fn taps(&self) -> Vec<Taps> {
        self.wanted.clone().map(|position| Taps::new(position, self.source, self.resized)).collect()
    }
}

/// What one output pixel is made of: source pixels from `first` on, and their weights.
struct Taps {
    first: usize,
    weights: Vec<i32>,
}

impl Taps {
    /// The taps of output `position`; one of full weight where the length stays.
    #[inline(never)]
    fn new(position: u64, source: usize, resized: u64) -> Self {
        if source as u64 == resized {
            return Self { first: position as usize, weights: vec![1 << FRACTION_BITS] };
        }
        let scale = source as f64 / resized as f64;
        let stretch = scale.max(1.0);
        let (support, shrink) = (REACH * stretch, 1.0 / stretch);
        let center = (position as f64 + 0.5) * scale;
        // `as` cuts the fraction, and what is below 0 to 0, as the reference does.
        let first = (center - support + 0.5) as usize;
        let end = ((center + support + 0.5) as usize).min(source);
        let mut weights: Vec<f64> =
            (0..end - first).map(|tap| cubic(((tap + first) as f64 - center + 0.5) * shrink)).collect();
        let sum: f64 = weights.iter().sum();
        if sum != 0.0 {
            weights.iter_mut().for_each(|weight| *weight /= sum);
        }
        Self { first, weights: weights.into_iter().map(fixed_point).collect() }
    }

    fn end(&self) -> usize {
        self.first + self.weights.len()
    }
}

/// Keys' cubic convolution kernel with a = −½.
fn cubic(distance: f64) -> f64 {
    const A: f64 = -0.5;
    let x = distance.abs();
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < REACH {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

/// A weight in units of 2⁻²², rounded half away from zero.
fn fixed_point(weight: f64) -> i32 {
    let scaled = weight * f64::from(1 << FRACTION_BITS);
    (if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i32
}

/// A sum of weighted levels as a level.
fn level(sum: i32) -> u8 {
    (sum >> FRACTION_BITS).clamp(0, 255) as u8
}

/// The window of `rgb` that `columns` and `rows` want: `[rows, columns, 3]`.
///
/// `rgb` is `rows.source × columns.source × 3`.
#[inline(never)]
pub(super) fn window(rgb: &[u8], columns: Window, rows: Window) -> Vec<u8> {
    let (column_taps, row_taps) = (columns.taps(), rows.taps());
    // Both ends of the taps grow with the position.
    let first_row = row_taps.first().map_or(0, |taps| taps.first);
    let end_row = row_taps.last().map_or(0, Taps::end);
    let (source_row, row) = (3 * columns.source, 3 * columns.len());
    let mut resizing = Row::new(&column_taps);
    let mut narrowed = vec![0; (end_row - first_row) * row]; // [end_row − first_row, columns, 3]
    let sources = rgb[first_row * source_row..end_row * source_row].chunks_exact(source_row);
    for (target, source) in narrowed.chunks_exact_mut(row).zip(sources) {
        resizing.resize(source, target);
    }
    let mut out = vec![0; rows.len() * row]; // [rows, columns, 3]
    let mut sums = vec![0; row];
    for (target, taps) in out.chunks_exact_mut(row).zip(&row_taps) {
        let rows = narrowed[(taps.first - first_row) * row..(taps.end() - first_row) * row].chunks_exact(row);
        blend_rows(rows, &taps.weights, &mut sums, target);
    }
    out
}

/// The horizontal axis, row by row. In wasm `simd128` does the same sums.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
struct Row<'a> {
    taps: &'a [Taps],
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
impl<'a> Row<'a> {
    fn new(taps: &'a [Taps]) -> Self {
        Self { taps }
    }

    /// Each pixel of `target` by its taps.
    ///
    /// The sums fit into `i32`: the weights add up to 2²², the negative ones to less than 2²⁰, times 255.
    fn resize(&mut self, source: &[u8], target: &mut [u8]) {
        let (source, _) = source.as_chunks::<3>();
        for (target, taps) in target.as_chunks_mut::<3>().0.iter_mut().zip(self.taps) {
            let mut sums = [HALF; 3];
            for (pixel, &weight) in source[taps.first..taps.end()].iter().zip(&taps.weights) {
                for (sum, &value) in sums.iter_mut().zip(pixel) {
                    *sum = sum.wrapping_add(weight.wrapping_mul(i32::from(value)));
                }
            }
            *target = sums.map(level);
        }
    }
}

/// One row of the result, vertically: the weighted sum of whole rows.
#[inline(never)]
fn blend_rows<'a>(rows: impl Iterator<Item = &'a [u8]>, weights: &[i32], sums: &mut [i32], target: &mut [u8]) {
    sums.fill(HALF);
    for (row, &weight) in rows.zip(weights) {
        for (sum, &value) in sums.iter_mut().zip(row) {
            *sum = sum.wrapping_add(weight.wrapping_mul(i32::from(value)));
        }
    }
    for (target, &sum) in target.iter_mut().zip(sums.iter()) {
        *target = level(sum);
    }
}
