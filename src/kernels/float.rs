//! f32 weights times f32 inputs, and the one loop that attention's products use as well.
//!
//! In: weights f32, f32 rows.  Out: their products, f32.
//!
//! Layout: weights `[panels][inputs][8]`; a tile of inputs `[inputs][rows]`.
//! Proof: `tests/kernels.rs`.

use super::NonFinite;
use super::panels::{COLUMNS, MOST_ROWS, Product, Sums, by_tile, pack_panels, pack_tiles};
use super::rounding::largest_magnitude;

/// The weights of one layer.
#[derive(Debug)]
pub struct Weights(Vec<f32>);

/// Rows of inputs.
#[derive(Debug)]
pub struct Inputs {
    packed: Vec<f32>,
    inputs: usize,
}

impl Weights {
    /// From `[outputs, inputs]` row-major, whose rows may come in parts.
    pub fn pack(parts: &[&[f32]], inputs: usize) -> Self {
        Self(pack_panels::<1, _>(parts, inputs, |_| {}))
    }
}

impl Inputs {
    /// From `[rows, inputs]` row-major.
    ///
    /// # Errors
    /// [`NonFinite`] names the row that holds NaN or an infinity.
    #[inline(never)]
    pub fn pack(x: &[f32], inputs: usize) -> Result<Self, NonFinite> {
        if let Some(row) = x.chunks_exact(inputs).position(|x| !largest_magnitude(x).is_finite()) {
            return Err(NonFinite { row });
        }
        Ok(Self { packed: pack_tiles(x, inputs, MOST_ROWS), inputs })
    }
}

/// Weights and inputs, about to be multiplied.
pub struct Multiplication<'a> {
    weights: &'a Weights,
    inputs: usize,
    tiles: Vec<&'a [f32]>,
    /// The entered one.
    panel: &'a [f32],
}

impl<'a> Multiplication<'a> {
    pub fn new(weights: &'a Weights, inputs: &'a Inputs) -> Self {
        let &Inputs { ref packed, inputs } = inputs;
        let tiles = by_tile(packed, packed.len() / inputs.max(1), inputs, MOST_ROWS);
        Self { weights, inputs, tiles, panel: &[] }
    }
}

impl Product for Multiplication<'_> {
    const MOST_ROWS: usize = MOST_ROWS;

    fn enter(&mut self, panel: usize) {
        let length = self.inputs * COLUMNS;
        self.panel = &self.weights.0[panel * length..][..length];
    }

    #[inline(always)]
    fn tile<const ROWS: usize>(&mut self, tile: usize) -> Sums<ROWS> {
        multiply_add(self.tiles[tile], self.panel, COLUMNS)
    }
}

/// Sums of the products of a tile `[steps][ROWS]` with 8 columns of a matrix whose rows are `stride` apart.
#[inline(always)]
pub fn multiply_add<const ROWS: usize>(tile: &[f32], columns: &[f32], stride: usize) -> Sums<ROWS> {
    let steps = tile.len() / ROWS;
    assert!(steps == 0 || columns.len() >= (steps - 1) * stride + COLUMNS, "a row of the matrix for each step");
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    // SAFETY: the length of both was checked just now.
    return unsafe { simd128::multiply_add(tile, columns, stride) };
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        // SAFETY: the processor has AVX2 and FMA, and the length of both was checked just now.
        return unsafe { avx2::multiply_add(tile, columns, stride) };
    }
    #[allow(unreachable_code)]
    portable(tile, columns, stride)
}

/// The same sums in plain Rust; on some processors each product is rounded once more than there.
pub fn portable<const ROWS: usize>(tile: &[f32], columns: &[f32], stride: usize) -> Sums<ROWS> {
    let mut sums = [[0.0; COLUMNS]; ROWS];
    for (inputs, weights) in tile.chunks_exact(ROWS).zip(columns.chunks(stride)) {
        for (sums, input) in sums.iter_mut().zip(inputs) {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += input * weight;
            }
        }
    }
    sums
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128 {
    use super::{COLUMNS, Sums};
    use core::arch::wasm32::*;

    /// # Safety
    /// `columns` has 8 values at `stride · step` for each step, a step being `ROWS` values of `tile`.
    #[cfg_attr(feature = "relaxed-simd", target_feature(enable = "relaxed-simd"))]
    #[inline(never)]
    pub unsafe fn multiply_add<const ROWS: usize>(tile: &[f32], columns: &[f32], stride: usize) -> Sums<ROWS> {
        let steps = tile.len() / ROWS;
        let (mut a, mut b) = (tile.as_ptr(), columns.as_ptr());
        let mut sums = [[f32x4_splat(0.0); 2]; ROWS];
        for _ in 0..steps {
            // SAFETY: step by step through both slices, whose lengths the caller has compared.
            unsafe {
                let low = v128_load(b.cast());
                let high = v128_load(b.add(4).cast());
                for (row, sums) in sums.iter_mut().enumerate() {
                    let input = v128_load32_splat(a.add(row).cast());
                    sums[0] = add_product(sums[0], low, input);
                    sums[1] = add_product(sums[1], high, input);
                }
                a = a.add(ROWS);
                b = b.wrapping_add(stride);
            }
        }
        // SAFETY: four 32-bit lanes are four f32.
        unsafe { core::mem::transmute_copy::<_, [[f32; COLUMNS]; ROWS]>(&sums) }
    }

    #[cfg(feature = "relaxed-simd")]
    #[inline]
    #[target_feature(enable = "relaxed-simd")]
    fn add_product(sum: v128, a: v128, b: v128) -> v128 {
        f32x4_relaxed_madd(a, b, sum)
    }

    #[cfg(not(feature = "relaxed-simd"))]
    #[inline(always)]
    fn add_product(sum: v128, a: v128, b: v128) -> v128 {
        f32x4_add(sum, f32x4_mul(a, b))
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::Sums;
    use core::arch::x86_64::*;

    /// # Safety
    /// The processor has AVX2 and FMA; `columns` has 8 values at `stride · step` for each step, a step being `ROWS`
    /// values of `tile`.
    #[target_feature(enable = "avx2,fma")]
    pub unsafe fn multiply_add<const ROWS: usize>(tile: &[f32], columns: &[f32], stride: usize) -> Sums<ROWS> {
        let steps = tile.len() / ROWS;
        let (mut a, mut b) = (tile.as_ptr(), columns.as_ptr());
        let mut sums = [_mm256_setzero_ps(); ROWS];
        for _ in 0..steps {
            // SAFETY: step by step through both slices, whose lengths the caller has compared.
            unsafe {
                let weights = _mm256_loadu_ps(b);
                for (row, sum) in sums.iter_mut().enumerate() {
                    *sum = _mm256_fmadd_ps(weights, _mm256_set1_ps(*a.add(row)), *sum);
                }
                a = a.add(ROWS);
                b = b.wrapping_add(stride);
            }
        }
        // SAFETY: eight lanes are eight f32.
        unsafe { core::mem::transmute_copy(&sums) }
    }
}
