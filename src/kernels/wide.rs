//! int8 weights times 16-bit inputs.
//!
//! In: weights int8 with a scale for each output, f32 rows.  Out: their products, f32.
//! A row is stored as `q = round(x / s)`, `s = max|x| / limit`, and the product is `s · scale · Σ q w` in i32. With
//! `limit = min(32767, (2³¹ − 1) / (127 · inputs))` no sum can overflow: 16 bits up to 516 inputs, 13.4 at 3,072.
//! Two products are one instruction (`i32x4.dot_i16x8`, `pmaddwd`, and two on ARM), which every browser has.
//!
//! A panel is widened to 16 bits once, before the tiles pass by: in the loop that would cost a shuffle for each load.
//!
//! Layout: weights `[panels][steps][8][2]`, a step being two inputs; a tile of inputs `[steps][rows][2]`.
//! Proof: `tests/kernels.rs`.

use super::NonFinite;
use super::panels::{COLUMNS, Product, Sums, pack_tiles};
use super::rounding::{largest_magnitude, reciprocal, round};

/// Inputs of one step.
const STEP: usize = 2;

/// The weights of one layer.
#[derive(Debug)]
pub struct Weights {
    steps: usize,
    packed: Vec<i8>,
    /// Padded to whole panels.
    scales: Vec<f32>,
}

/// Rows of inputs.
#[derive(Debug)]
pub struct Inputs {
    packed: Vec<Pair>,
    /// The value of one step, for each row.
    scales: Vec<f32>,
}

/// Two neighboring inputs, the lower one first in memory.
type Pair = [i16; STEP];

/// The largest stored input: the largest for which no sum of `inputs` products leaves i32.
pub fn limit(inputs: usize) -> f32 {
    (i32::MAX as usize / (127 * inputs.max(1))).min(i16::MAX as usize) as f32
}

impl Weights {
    /// From `[outputs, inputs]` row-major, whose rows may come in parts, and a scale for each output.
    pub fn pack(parts: &[&[i8]], scales: &[f32], inputs: usize) -> Self {
        Self { steps: inputs.div_ceil(STEP), packed: pack_panels::<STEP>(parts, inputs), scales: padded(scales) }
    }

    pub fn bytes(&self) -> usize {
        self.packed.len()
    }
}

/// `[outputs, inputs]` → `[panels][steps][8][STEP]`, filled up with zeros; the rows may come in parts.
pub fn pack_panels<const STEP: usize>(parts: &[&[i8]], inputs: usize) -> Vec<i8> {
    let outputs = parts.iter().map(|part| part.len()).sum::<usize>() / inputs.max(1);
    let steps = inputs.div_ceil(STEP);
    let mut packed = vec![0; outputs.div_ceil(COLUMNS) * steps * COLUMNS * STEP];
    let (blocks, _) = packed.as_chunks_mut::<STEP>();
    for (output, row) in parts.iter().flat_map(|part| part.chunks_exact(inputs.max(1))).enumerate() {
        scatter(row, &mut blocks[output / COLUMNS * steps * COLUMNS + output % COLUMNS..]);
    }
    packed
}

/// A row's blocks, every eighth of `blocks`.
// A function of its own: a browser optimizes it while the first rows of a model go through it.
#[inline(never)]
fn scatter<const STEP: usize>(row: &[i8], blocks: &mut [[i8; STEP]]) {
    let (whole, rest) = row.as_chunks::<STEP>();
    let mut blocks = blocks.iter_mut().step_by(COLUMNS);
    whole.iter().zip(blocks.by_ref()).for_each(|(values, block)| *block = *values);
    if let (Some(block), false) = (blocks.next(), rest.is_empty()) {
        block[..rest.len()].copy_from_slice(rest);
    }
}

/// `values` and zeros up to a whole panel.
pub fn padded<T: Copy + Default>(values: &[T]) -> Vec<T> {
    let mut padded = values.to_vec();
    padded.resize(values.len().next_multiple_of(COLUMNS), T::default());
    padded
}

impl Inputs {
    /// From `[rows, inputs]` row-major.
    ///
    /// # Errors
    /// [`NonFinite`] names the row that holds NaN or an infinity.
    pub fn pack(x: &[f32], inputs: usize) -> Result<Self, NonFinite> {
        let (rows, steps) = (x.len() / inputs.max(1), inputs.div_ceil(STEP));
        let limit = limit(inputs);
        let mut scales = Vec::with_capacity(rows);
        let mut stored = vec![[0; STEP]; rows * steps];
        for (row, x) in x.chunks_exact(inputs).enumerate() {
            let largest = largest_magnitude(x);
            if !largest.is_finite() {
                return Err(NonFinite { row });
            }
            let scale = largest / limit;
            scales.push(scale);
            let per_step = reciprocal(scale);
            let stored = stored[row * steps..][..steps].as_flattened_mut();
            stored.iter_mut().zip(x).for_each(|(stored, x)| *stored = round(x * per_step) as i16);
        }
        Ok(Self { packed: pack_tiles(&stored, steps), scales })
    }
}

/// Weights and inputs, about to be multiplied.
pub struct Multiplication<'a> {
    weights: &'a Weights,
    inputs: &'a Inputs,
    panel: usize,
    /// The entered panel in 16 bits.
    widened: Vec<i16>,
}

impl<'a> Multiplication<'a> {
    pub fn new(weights: &'a Weights, inputs: &'a Inputs) -> Self {
        Self { weights, inputs, panel: 0, widened: vec![0; weights.steps * COLUMNS * STEP] }
    }
}

impl Product for Multiplication<'_> {
    fn enter(&mut self, panel: usize) {
        self.panel = panel;
        let stored = &self.weights.packed[panel * self.widened.len()..][..self.widened.len()];
        self.widened.iter_mut().zip(stored).for_each(|(wide, stored)| *wide = i16::from(*stored));
    }

    #[inline(always)]
    fn tile<const ROWS: usize>(&self, first: usize) -> Sums<ROWS> {
        let Self { weights, inputs, panel, widened } = self;
        let steps = weights.steps;
        let tile = &inputs.packed[first * steps..][..ROWS * steps];
        let sums = dot::<ROWS>(tile, widened);
        let scales = &weights.scales[panel * COLUMNS..][..COLUMNS];
        let mut values = [[0.0; COLUMNS]; ROWS];
        for row in 0..ROWS {
            let scale = inputs.scales[first + row];
            for column in 0..COLUMNS {
                values[row][column] = sums[row][column] as f32 * scale * scales[column];
            }
        }
        values
    }
}

/// The sums of one tile, `[steps][ROWS]`, and one panel, `[steps][8][2]`.
#[inline(always)]
fn dot<const ROWS: usize>(tile: &[Pair], panel: &[i16]) -> [[i32; COLUMNS]; ROWS] {
    assert_eq!(tile.len() * COLUMNS * STEP, panel.len() * ROWS, "tile and panel have the same steps");
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    // SAFETY: the length of both was checked just now.
    return unsafe { simd128::dot(tile, panel) };
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, and the length of both was checked just now.
        return unsafe { avx2::dot(tile, panel) };
    }
    #[allow(unreachable_code)]
    portable(tile, panel)
}

/// The same sums in plain Rust, in any order, because they are exact.
pub fn portable<const ROWS: usize>(tile: &[Pair], panel: &[i16]) -> [[i32; COLUMNS]; ROWS] {
    let mut sums = [[0i32; COLUMNS]; ROWS];
    for (inputs, weights) in tile.chunks_exact(ROWS).zip(panel.as_chunks::<STEP>().0.chunks_exact(COLUMNS)) {
        for (sums, input) in sums.iter_mut().zip(inputs) {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += i32::from(input[0]) * i32::from(weight[0]) + i32::from(input[1]) * i32::from(weight[1]);
            }
        }
    }
    sums
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128 {
    use super::{COLUMNS, Pair, STEP};
    use core::arch::wasm32::*;

    /// # Safety
    /// `panel` holds 16 weights for each `ROWS` pairs of `tile`.
    #[inline(never)]
    pub unsafe fn dot<const ROWS: usize>(tile: &[Pair], panel: &[i16]) -> [[i32; COLUMNS]; ROWS] {
        let steps = tile.len() / ROWS;
        let (mut a, mut b) = (tile.as_ptr().cast::<u32>(), panel.as_ptr());
        let mut sums = [[i32x4_splat(0); 2]; ROWS];
        for _ in 0..steps {
            // SAFETY: step by step through both slices, whose lengths the caller has compared.
            unsafe {
                let low = v128_load(b.cast());
                let high = v128_load(b.add(8).cast());
                for (row, sums) in sums.iter_mut().enumerate() {
                    let input = v128_load32_splat(a.add(row));
                    sums[0] = i32x4_add(sums[0], i32x4_dot_i16x8(low, input));
                    sums[1] = i32x4_add(sums[1], i32x4_dot_i16x8(high, input));
                }
                a = a.add(ROWS);
                b = b.add(COLUMNS * STEP);
            }
        }
        // SAFETY: four 32-bit lanes are four i32.
        unsafe { core::mem::transmute_copy(&sums) }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{COLUMNS, Pair, STEP};
    use core::arch::x86_64::*;

    /// # Safety
    /// The processor has AVX2; `panel` holds 16 weights for each `ROWS` pairs of `tile`.
    #[target_feature(enable = "avx2")]
    pub unsafe fn dot<const ROWS: usize>(tile: &[Pair], panel: &[i16]) -> [[i32; COLUMNS]; ROWS] {
        let steps = tile.len() / ROWS;
        let (mut a, mut b) = (tile.as_ptr().cast::<i32>(), panel.as_ptr());
        let mut sums = [_mm256_setzero_si256(); ROWS];
        for _ in 0..steps {
            // SAFETY: step by step through both slices, whose lengths the caller has compared.
            unsafe {
                let weights = _mm256_loadu_si256(b.cast());
                for (row, sum) in sums.iter_mut().enumerate() {
                    let input = _mm256_set1_epi32(a.add(row).read_unaligned());
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(weights, input));
                }
                a = a.add(ROWS);
                b = b.add(COLUMNS * STEP);
            }
        }
        // SAFETY: eight 32-bit lanes are eight i32.
        unsafe { core::mem::transmute_copy(&sums) }
    }
}
