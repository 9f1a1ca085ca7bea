//! Weights of 8 or 14 bits times inputs of up to 16.
//!
//! In: weights int8 with a scale for each output, or f16; f32 rows.  Out: their products, f32.
//! A row is stored as `q = round(x / s)`, `s = max|x| / limit`, and the product is `s · scale · Σ q w` in i32. With
//! `limit = min(32767, (2³¹ − 1) / (127 · inputs))` no sum of int8 weights can overflow: 16 bits up to 516 inputs, 13.4
//! at 3,072. f16 weights are stored likewise, `w = round(weight / scale)` with `scale = max|weight| / 8191`, for the
//! largest ones as fine as f16 is; their sums are taken in stretches of 16 inputs of 15 bits and added as f32.
//! Two products are one instruction (`i32x4.dot_i16x8`, `pmaddwd`, and two on ARM), which every browser has.
//!
//! A panel of int8 weights is widened to 16 bits once, while the first tile passes by: for every tile it would cost a
//! shuffle for each load, and before them the time that the weights take to come out of memory.
//!
//! Layout: weights `[panels][steps][8][2]`, a step being two inputs; a tile of inputs `[steps][rows][2]`.
//! Proof: `tests/kernels.rs`, the test below.

use half::f16;

use super::NonFinite;
use super::panels::{
    COLUMNS, MOST_ROWS, Product, Sums, added, by_tile, floats, pack_panels, pack_tiles, padded, scaled,
};
use super::rounding::{largest_magnitude, reciprocal, round};

/// Inputs of one step.
const STEP: usize = 2;
/// The largest stored weight that was f16.
const MOST_SHORT: i16 = 8191;
/// Steps whose products with such weights are summed in i32.
const STRETCH: usize = 8;

/// The weights of one layer.
#[derive(Debug)]
pub struct Weights {
    steps: usize,
    packed: Packed,
    /// Padded to whole panels.
    scales: Vec<f32>,
    /// The largest stored input: the largest for which no sum leaves i32.
    limit: f32,
}

#[derive(Debug)]
enum Packed {
    Bytes(Vec<i8>),
    /// Of weights that were f16.
    Shorts(Vec<i16>),
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

/// The largest stored input for int8 weights: the largest for which no sum of `inputs` products leaves i32.
pub fn limit(inputs: usize) -> f32 {
    (i32::MAX as usize / (127 * inputs.max(1))).min(i16::MAX as usize) as f32
}

/// The same for weights that were f16.
pub fn limit_of_shorts() -> f32 {
    (i32::MAX as usize / (MOST_SHORT as usize * STRETCH * STEP)) as f32
}

/// The value of one step of a row of f16 weights whose largest magnitude is `largest`.
pub fn short_scale(largest: f32) -> f32 {
    largest / f32::from(MOST_SHORT)
}

/// A finite f16, exactly. Without the branches of a general conversion it becomes vectors.
#[inline(always)]
fn float(half: f16) -> f32 {
    const EXPONENTS: f32 = f32::from_bits((127 + 112) << 23); // 2¹¹²: f32's bias less f16's
    let bits = u32::from(half.to_bits());
    let magnitude = f32::from_bits((bits & 0x7fff) << 13) * EXPONENTS;
    f32::from_bits(magnitude.to_bits() | (bits & 0x8000) << 16)
}

/// A row of f16 as whole steps of its scale, which it returns.
// A function of its own, called for every row: a browser optimizes it while the first rows of a model go through it.
#[inline(never)]
fn shorten(halves: &[f16], stored: &mut [i16]) -> f32 {
    let row: Vec<f32> = halves.iter().map(|&half| float(half)).collect();
    let scale = short_scale(largest_magnitude(&row));
    stored_row(&row, reciprocal(scale), stored);
    scale
}

/// Each of `x` as whole steps, of which there are `per_step` in 1.
#[inline(never)]
fn stored_row(x: &[f32], per_step: f32, stored: &mut [i16]) {
    stored.iter_mut().zip(x).for_each(|(stored, x)| *stored = round(x * per_step) as i16);
}

impl Weights {
    /// From int8 `[outputs, inputs]` row-major, whose rows may come in parts, and a scale for each output.
    #[inline(never)]
    pub fn pack(parts: &[&[i8]], scales: &[f32], inputs: usize) -> Self {
        let packed = Packed::Bytes(pack_panels::<STEP, _>(parts, inputs, |_| {}));
        Self { steps: inputs.div_ceil(STEP), packed, scales: padded(scales), limit: limit(inputs) }
    }

    /// The same from finite f16.
    #[inline(never)]
    pub fn pack_f16(parts: &[&[f16]], inputs: usize) -> Self {
        let mut scales = Vec::new();
        let mut short = |part: &&[f16]| {
            let mut stored = vec![0; part.len()];
            let rows = part.chunks_exact(inputs.max(1)).zip(stored.chunks_exact_mut(inputs.max(1)));
            scales.extend(rows.map(|(halves, stored)| shorten(halves, stored)));
            stored
        };
        let stored: Vec<Vec<i16>> = parts.iter().map(&mut short).collect();
        let rows: Vec<&[i16]> = stored.iter().map(Vec::as_slice).collect();
        let packed = Packed::Shorts(pack_panels::<STEP, _>(&rows, inputs, |_| {}));
        Self { steps: inputs.div_ceil(STEP), packed, scales: padded(&scales), limit: limit_of_shorts() }
    }
}

impl Inputs {
    /// From `[rows, inputs]` row-major, for these weights.
    ///
    /// # Errors
    /// [`NonFinite`] names the row that holds NaN or an infinity.
    #[inline(never)]
    pub fn pack(x: &[f32], inputs: usize, &Weights { steps, limit, .. }: &Weights) -> Result<Self, NonFinite> {
        let rows = x.len() / inputs.max(1);
        let mut scales = Vec::with_capacity(rows);
        let mut stored = vec![[0; STEP]; rows * steps];
        for (row, x) in x.chunks_exact(inputs).enumerate() {
            let largest = largest_magnitude(x);
            if !largest.is_finite() {
                return Err(NonFinite { row });
            }
            let scale = largest / limit;
            scales.push(scale);
            stored_row(x, reciprocal(scale), stored[row * steps..][..steps].as_flattened_mut());
        }
        Ok(Self { packed: pack_tiles(&stored, steps, MOST_ROWS), scales })
    }
}

/// Weights and inputs, about to be multiplied.
pub struct Multiplication<'a> {
    weights: &'a Weights,
    /// Inputs, and the value of one step for each row.
    tiles: Vec<(&'a [Pair], &'a [f32])>,
    /// The entered panel, and the scales of its columns.
    panel: Panel<'a>,
    scales: &'a [f32],
    /// The entered panel of bytes in 16 bits.
    widened: Vec<i16>,
}

/// Weights `[steps][8][2]`.
enum Panel<'a> {
    Bytes(&'a [i8]),
    Shorts(&'a [i16]),
}

impl<'a> Multiplication<'a> {
    pub fn new(weights: &'a Weights, inputs: &'a Inputs) -> Self {
        let widened = match weights.packed {
            Packed::Bytes(_) => vec![0; weights.steps * COLUMNS * STEP],
            Packed::Shorts(_) => Vec::new(),
        };
        let Inputs { packed, scales } = inputs;
        let tiles = by_tile(packed, scales.len(), weights.steps, MOST_ROWS);
        let tiles = tiles.into_iter().zip(by_tile(scales, scales.len(), 1, MOST_ROWS)).collect();
        Self { weights, tiles, panel: Panel::Shorts(&[]), scales: &[], widened }
    }
}

impl Product for Multiplication<'_> {
    const MOST_ROWS: usize = MOST_ROWS;

    fn enter(&mut self, panel: usize) {
        let length = self.weights.steps * COLUMNS * STEP;
        self.panel = match &self.weights.packed {
            Packed::Bytes(packed) => Panel::Bytes(&packed[panel * length..][..length]),
            Packed::Shorts(packed) => Panel::Shorts(&packed[panel * length..][..length]),
        };
        self.scales = &self.weights.scales[panel * COLUMNS..];
    }

    #[inline(always)]
    fn tile<const ROWS: usize>(&mut self, tile: usize) -> Sums<ROWS> {
        let (inputs, row_scales) = self.tiles[tile];
        let sums = match self.panel {
            Panel::Bytes(panel) if tile == 0 => floats(&widen_and_dot::<ROWS>(inputs, panel, &mut self.widened)),
            Panel::Bytes(_) => floats(&dot::<ROWS>(inputs, &self.widened)),
            Panel::Shorts(panel) => dot_of_shorts::<ROWS>(inputs, panel),
        };
        scaled(&sums, row_scales, self.scales)
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

/// The same sums of weights that were f16, as floats: those of each stretch fit into i32.
#[inline(always)]
fn dot_of_shorts<const ROWS: usize>(tile: &[Pair], panel: &[i16]) -> Sums<ROWS> {
    assert_eq!(tile.len() * COLUMNS * STEP, panel.len() * ROWS, "tile and panel have the same steps");
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    // SAFETY: the length of both was checked just now.
    return unsafe { simd128::dot_of_shorts(tile, panel) };
    #[allow(unreachable_code)]
    {
        let stretches = tile.chunks(STRETCH * ROWS).zip(panel.chunks(STRETCH * COLUMNS * STEP));
        stretches.fold([[0.0; COLUMNS]; ROWS], |all, (tile, panel)| {
            let sums = floats(&dot::<ROWS>(tile, panel));
            std::array::from_fn(|row| added(&all[row], &sums[row]))
        })
    }
}

/// The same for a panel of bytes, which it leaves widened in `wide`.
#[inline(always)]
fn widen_and_dot<const ROWS: usize>(tile: &[Pair], panel: &[i8], wide: &mut [i16]) -> [[i32; COLUMNS]; ROWS] {
    assert_eq!(panel.len(), wide.len(), "room for the panel");
    assert_eq!(tile.len() * COLUMNS * STEP, panel.len() * ROWS, "tile and panel have the same steps");
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    // SAFETY: the length of all three was checked just now.
    return unsafe { simd128::widen_and_dot(tile, panel, wide) };
    #[allow(unreachable_code)]
    {
        wide.iter_mut().zip(panel).for_each(|(wide, stored)| *wide = i16::from(*stored));
        dot::<ROWS>(tile, wide)
    }
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
    use super::{COLUMNS, Pair, STEP, STRETCH, Sums};
    use core::arch::wasm32::*;

    /// # Safety
    /// `panel` holds 16 weights for each `ROWS` pairs of `tile`.
    #[inline(never)]
    pub unsafe fn dot<const ROWS: usize>(tile: &[Pair], panel: &[i16]) -> [[i32; COLUMNS]; ROWS] {
        let steps = tile.len() / ROWS;
        let (mut a, mut b) = (tile.as_ptr(), panel.as_ptr());
        let mut sums = [[i32x4_splat(0); 2]; ROWS];
        for _ in 0..steps {
            // SAFETY: step by step through both slices, whose lengths the caller has compared.
            unsafe {
                step(&mut sums, a, [v128_load(b.cast()), v128_load(b.add(8).cast())]);
                a = a.add(ROWS);
                b = b.add(COLUMNS * STEP);
            }
        }
        // SAFETY: four 32-bit lanes are four i32.
        unsafe { core::mem::transmute_copy(&sums) }
    }

    /// # Safety
    /// As [`dot`].
    #[inline(never)]
    pub unsafe fn dot_of_shorts<const ROWS: usize>(tile: &[Pair], panel: &[i16]) -> Sums<ROWS> {
        let mut steps = tile.len() / ROWS;
        let (mut a, mut b) = (tile.as_ptr(), panel.as_ptr());
        let mut all = [[f32x4_splat(0.0); 2]; ROWS];
        while steps > 0 {
            let mut sums = [[i32x4_splat(0); 2]; ROWS];
            for _ in 0..steps.min(STRETCH) {
                // SAFETY: as in `dot`.
                unsafe {
                    step(&mut sums, a, [v128_load(b.cast()), v128_load(b.add(8).cast())]);
                    a = a.add(ROWS);
                    b = b.add(COLUMNS * STEP);
                }
            }
            for (all, sums) in all.as_flattened_mut().iter_mut().zip(sums.as_flattened()) {
                *all = f32x4_add(*all, f32x4_convert_i32x4(*sums));
            }
            steps -= steps.min(STRETCH);
        }
        // SAFETY: four 32-bit lanes are four f32.
        unsafe { core::mem::transmute_copy(&all) }
    }

    /// # Safety
    /// `panel` and `wide` hold 16 weights for each `ROWS` pairs of `tile`.
    #[inline(never)]
    pub unsafe fn widen_and_dot<const ROWS: usize>(
        tile: &[Pair],
        panel: &[i8],
        wide: &mut [i16],
    ) -> [[i32; COLUMNS]; ROWS] {
        let steps = tile.len() / ROWS;
        let (mut a, mut b, mut wide) = (tile.as_ptr(), panel.as_ptr(), wide.as_mut_ptr());
        let mut sums = [[i32x4_splat(0); 2]; ROWS];
        for _ in 0..steps {
            // SAFETY: as above.
            unsafe {
                let weights = [i16x8_load_extend_i8x8(b), i16x8_load_extend_i8x8(b.add(8))];
                v128_store(wide.cast(), weights[0]);
                v128_store(wide.add(8).cast(), weights[1]);
                step(&mut sums, a, weights);
                a = a.add(ROWS);
                b = b.add(COLUMNS * STEP);
                wide = wide.add(COLUMNS * STEP);
            }
        }
        // SAFETY: four 32-bit lanes are four i32.
        unsafe { core::mem::transmute_copy(&sums) }
    }

    /// Adds the products of one step: `ROWS` pairs at `inputs` with 8 columns' weights.
    ///
    /// # Safety
    /// There are so many pairs.
    #[inline(always)]
    unsafe fn step<const ROWS: usize>(sums: &mut [[v128; 2]; ROWS], inputs: *const Pair, weights: [v128; 2]) {
        for (row, sums) in sums.iter_mut().enumerate() {
            // SAFETY: the caller's promise.
            let input = unsafe { v128_load32_splat(inputs.add(row).cast()) };
            sums[0] = i32x4_add(sums[0], i32x4_dot_i16x8(weights[0], input));
            sums[1] = i32x4_add(sums[1], i32x4_dot_i16x8(weights[1], input));
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_f16_is_itself_in_f32() {
        for bits in 0..=u16::MAX {
            let half = f16::from_bits(bits);
            if half.is_finite() {
                assert_eq!(float(half).to_bits(), half.to_f32().to_bits(), "{bits:04x}");
            }
        }
    }
}
