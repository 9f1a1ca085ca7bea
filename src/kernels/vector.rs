//! Four f32 side by side, for loops of which compilers make poor vectors or none.
//!
//! In: four f32.  Out: the same, computed at once.
//! In a browser they are one register; elsewhere an array, of which the compiler makes one. A loop's body should have
//! several: a browser makes the constants of its expressions anew in each turn.

use std::ops::{Add, Div, Mul, Sub};

/// Lanes of a vector.
pub const WIDTH: usize = 4;

/// Four numbers.
#[derive(Clone, Copy)]
pub struct F32x4(lanes::Register);

impl F32x4 {
    #[inline(always)]
    pub fn splat(x: f32) -> Self {
        Self(lanes::splat(x))
    }

    #[inline(always)]
    pub fn read(x: &[f32; WIDTH]) -> Self {
        Self(lanes::read(x))
    }

    #[inline(always)]
    pub fn write(self, x: &mut [f32; WIDTH]) {
        *x = self.to_array();
    }

    #[inline(always)]
    pub fn to_array(self) -> [f32; WIDTH] {
        lanes::to_array(self.0)
    }

    /// No less than `other`; NaN stays NaN.
    #[inline(always)]
    pub fn at_least(self, other: Self) -> Self {
        Self(lanes::at_least(self.0, other.0))
    }

    /// No more than `other`; NaN stays NaN.
    #[inline(always)]
    pub fn at_most(self, other: Self) -> Self {
        Self(lanes::at_most(self.0, other.0))
    }

    #[inline(always)]
    pub fn abs(self) -> Self {
        Self(lanes::abs(self.0))
    }

    /// `self`, which is not negative, with the sign of `other`.
    #[inline(always)]
    pub fn with_sign_of(self, other: Self) -> Self {
        Self(lanes::with_sign(self.0, other.0))
    }

    /// The number whose exponent is in the lowest bits of `self`, as they stand there with f32's bias subtracted.
    #[inline(always)]
    pub fn power_of_two(self) -> Self {
        Self(lanes::power_of_two(self.0))
    }
}

/// An operator of all lanes.
macro_rules! operator {
    ($operator:ident, $name:ident) => {
        impl $operator for F32x4 {
            type Output = Self;

            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                Self(lanes::$name(self.0, other.0))
            }
        }
    };
}

operator!(Add, add);
operator!(Sub, sub);
operator!(Mul, mul);
operator!(Div, div);

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod lanes {
    pub use core::arch::wasm32::{
        f32x4_abs as abs, f32x4_add as add, f32x4_div as div, f32x4_mul as mul, f32x4_splat as splat, f32x4_sub as sub,
    };
    use core::arch::wasm32::{
        f32x4_pmax, f32x4_pmin, f32x4_splat, i32x4_add, i32x4_shl, i32x4_splat, v128, v128_and, v128_load, v128_or,
        v128_store,
    };

    pub type Register = v128;

    #[inline(always)]
    pub fn read(x: &[f32; 4]) -> v128 {
        // SAFETY: four f32 are sixteen bytes, wherever they lie.
        unsafe { v128_load(x.as_ptr().cast()) }
    }

    #[inline(always)]
    pub fn to_array(x: v128) -> [f32; 4] {
        let mut array = [0.0; 4];
        // SAFETY: as above.
        unsafe { v128_store(array.as_mut_ptr().cast(), x) };
        array
    }

    // The second of `b < a ? b : a` is the first operand, so that NaN stays.

    #[inline(always)]
    pub fn at_least(x: v128, least: v128) -> v128 {
        f32x4_pmax(x, least)
    }

    #[inline(always)]
    pub fn at_most(x: v128, most: v128) -> v128 {
        f32x4_pmin(x, most)
    }

    #[inline(always)]
    pub fn with_sign(x: v128, of: v128) -> v128 {
        v128_or(x, v128_and(of, f32x4_splat(-0.0)))
    }

    #[inline(always)]
    pub fn power_of_two(x: v128) -> v128 {
        i32x4_add(i32x4_shl(x, 23), i32x4_splat(super::ONE as i32))
    }
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod lanes {
    use std::array::from_fn;

    pub type Register = [f32; 4];

    pub fn splat(x: f32) -> [f32; 4] {
        [x; 4]
    }

    pub fn read(x: &[f32; 4]) -> [f32; 4] {
        *x
    }

    pub fn to_array(x: [f32; 4]) -> [f32; 4] {
        x
    }

    pub fn add(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        from_fn(|i| a[i] + b[i])
    }

    pub fn sub(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        from_fn(|i| a[i] - b[i])
    }

    pub fn mul(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        from_fn(|i| a[i] * b[i])
    }

    pub fn div(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        from_fn(|i| a[i] / b[i])
    }

    pub fn at_least(x: [f32; 4], least: [f32; 4]) -> [f32; 4] {
        from_fn(|i| if x[i] < least[i] { least[i] } else { x[i] })
    }

    pub fn at_most(x: [f32; 4], most: [f32; 4]) -> [f32; 4] {
        from_fn(|i| if x[i] > most[i] { most[i] } else { x[i] })
    }

    pub fn abs(x: [f32; 4]) -> [f32; 4] {
        x.map(f32::abs)
    }

    pub fn with_sign(x: [f32; 4], of: [f32; 4]) -> [f32; 4] {
        from_fn(|i| x[i].copysign(of[i]))
    }

    pub fn power_of_two(x: [f32; 4]) -> [f32; 4] {
        x.map(|x| f32::from_bits((x.to_bits() << 23).wrapping_add(super::ONE)))
    }
}

/// The bits of 1.0.
const ONE: u32 = 0x3f80_0000;
