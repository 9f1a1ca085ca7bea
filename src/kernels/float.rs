//! Float weights times float inputs, and the one loop that attention's products use as well.
//!
//! In: weights f32 or f16, f32 rows.  Out: their products, f32; f16 weights are kept as f16 in memory and become f32
//! one panel at a time.
//!
//! Layout: weights `[panels][inputs][8]`; a tile of inputs `[inputs][rows]`.
//! Proof: `tests/kernels.rs`.

use half::f16;

use super::NonFinite;
use super::panels::{COLUMNS, Product, Sums, pack_tiles};
use super::rounding::largest_magnitude;

/// The weights of one layer.
#[derive(Debug)]
pub enum Weights {
    F16(Vec<f16>),
    F32(Vec<f32>),
}

/// Rows of inputs.
#[derive(Debug)]
pub struct Inputs {
    packed: Vec<f32>,
    inputs: usize,
}

/// `[outputs, inputs]` → `[panels][inputs][8]`, filled up with zeros; the rows may come in parts.
pub fn pack_panels<T: Copy + Default>(parts: &[&[T]], inputs: usize) -> Vec<T> {
    let outputs = parts.iter().map(|part| part.len()).sum::<usize>() / inputs.max(1);
    let mut packed = vec![T::default(); outputs.next_multiple_of(COLUMNS) * inputs];
    for (output, row) in parts.iter().flat_map(|part| part.chunks_exact(inputs.max(1))).enumerate() {
        let panel = &mut packed[output / COLUMNS * inputs * COLUMNS..][..inputs * COLUMNS];
        let (steps, _) = panel.as_chunks_mut::<COLUMNS>();
        steps.iter_mut().zip(row).for_each(|(step, value)| step[output % COLUMNS] = *value);
    }
    packed
}

impl Inputs {
    /// From `[rows, inputs]` row-major.
    ///
    /// # Errors
    /// [`NonFinite`] names the row that holds NaN or an infinity.
    pub fn pack(x: &[f32], inputs: usize) -> Result<Self, NonFinite> {
        if let Some(row) = x.chunks_exact(inputs).position(|x| !largest_magnitude(x).is_finite()) {
            return Err(NonFinite { row });
        }
        let packed = pack_tiles(x, inputs);
        Ok(Self { packed, inputs })
    }
}

/// Weights and inputs, about to be multiplied.
pub struct Multiplication<'a> {
    weights: &'a Weights,
    inputs: &'a Inputs,
    /// The entered panel of f16 weights as f32.
    converted: Vec<f32>,
    panel: usize,
}

impl<'a> Multiplication<'a> {
    pub fn new(weights: &'a Weights, inputs: &'a Inputs) -> Self {
        Self { weights, inputs, converted: Vec::new(), panel: 0 }
    }
}

impl Product for Multiplication<'_> {
    fn enter(&mut self, panel: usize) {
        self.panel = panel;
        if let Weights::F16(weights) = self.weights {
            let length = self.inputs.inputs * COLUMNS;
            self.converted.resize(length, 0.0);
            let short = &weights[panel * length..][..length];
            self.converted.iter_mut().zip(short).for_each(|(long, short)| *long = finite_to_f32(*short));
        }
    }

    #[inline(always)]
    fn tile<const ROWS: usize>(&self, first: usize) -> Sums<ROWS> {
        let inputs = self.inputs.inputs;
        let tile = &self.inputs.packed[first * inputs..][..ROWS * inputs];
        let panel = match self.weights {
            Weights::F16(_) => &self.converted[..],
            Weights::F32(weights) => &weights[self.panel * inputs * COLUMNS..][..inputs * COLUMNS],
        };
        multiply_add(tile, panel, COLUMNS)
    }
}

/// The f32 of an f16 that is neither infinite nor NaN; arithmetic alone, so that the compiler makes vectors of it.
#[inline(always)]
fn finite_to_f32(short: f16) -> f32 {
    /// 2^112: the difference of the two types' exponents.
    const REBIAS: f32 = f32::from_bits((112 + 127) << 23);
    let bits = u32::from(short.to_bits());
    let magnitude = f32::from_bits((bits & 0x7fff) << 13) * REBIAS;
    f32::from_bits(magnitude.to_bits() | (bits & 0x8000) << 16)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_f16_is_its_f32() {
        for bits in 0..=u16::MAX {
            let short = f16::from_bits(bits);
            if short.is_finite() {
                assert_eq!(finite_to_f32(short).to_bits(), short.to_f32().to_bits(), "{bits:04x}");
            }
        }
    }
}
