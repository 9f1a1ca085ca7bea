//! exp, and the two nonlinearities of CLIP's MLPs, on plain f32.
//!
//! In: any finite f32.  Out: exp within 2e-7 of itself, relative; the activations within a few 1e-7 of their input.
//! Everything is arithmetic without a branch or a table, four numbers at a time.
//!
//! Source: Cody and Waite's reduction with the polynomial of Cephes' `expf`; Abramowitz and Stegun 7.1.26 for erf.
//! Proof: the tests below, on a grid that has every binade.

use super::vector::{F32x4, WIDTH};
use crate::clip::config::Activation;

/// Every value's activation in its place.
#[inline(never)]
pub fn activate(activation: Activation, values: &mut [f32]) {
    match activation {
        Activation::QuickGelu => in_place(values, quick_gelu),
        Activation::Gelu => in_place(values, gelu),
    }
}

/// `f` of every value, in its place.
#[inline(always)]
pub fn in_place(values: &mut [f32], f: impl Fn(F32x4) -> F32x4) {
    let (groups, rest) = values.as_chunks_mut::<{ 4 * WIDTH }>();
    for group in groups {
        group.as_chunks_mut().0.iter_mut().for_each(|x| f(F32x4::read(x)).write(x));
    }
    for x in rest {
        [*x, ..] = f(F32x4::splat(*x)).to_array();
    }
}

#[inline(always)]
fn quick_gelu(x: F32x4) -> F32x4 {
    x / (F32x4::splat(1.0) + exp(F32x4::splat(-1.702) * x))
}

#[inline(always)]
fn gelu(x: F32x4) -> F32x4 {
    let half = F32x4::splat(0.5);
    x * (half + half * erf(x * F32x4::splat(std::f32::consts::FRAC_1_SQRT_2)))
}

/// `e^x`; beyond what f32 can hold, the nearest that it can. NaN stays NaN.
#[inline(always)]
pub fn exp(x: F32x4) -> F32x4 {
    const LOWEST: f32 = -87.336_54;
    const HIGHEST: f32 = 88.376_26;
    /// Added to a small number, it rounds it to an integer, which then stands in the low bits.
    const TO_INTEGER: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let of = F32x4::splat;
    let x = x.at_least(of(LOWEST)).at_most(of(HIGHEST));
    let shifted = x * of(std::f32::consts::LOG2_E) + of(TO_INTEGER);
    let n = shifted - of(TO_INTEGER);
    let r = x - n * of(LN_2_HIGH) - n * of(LN_2_LOW); // x = n ln 2 + r
    let coefficients = [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];
    let p = coefficients.into_iter().fold(of(1.987_569_1e-4), |p, coefficient| p * r + of(coefficient));
    let e = p * (r * r) + r + of(1.0);
    e * shifted.power_of_two()
}

/// The error function, within 2e-7.
#[inline(always)]
fn erf(x: F32x4) -> F32x4 {
    let of = F32x4::splat;
    let a = x.abs();
    let t = of(1.0) / (of(1.0) + of(0.327_591_1) * a);
    let coefficients = [-1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6];
    let p = coefficients.into_iter().fold(of(1.061_405_4), |p, coefficient| p * t + of(coefficient));
    (of(1.0) - p * t * exp(of(0.0) - a * a)).with_sign_of(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_within_a_millionth() {
        let one = |x: f32| exp(F32x4::splat(x)).to_array()[0];
        let mut x = -87.0f32;
        while x < 88.0 {
            let exact = f64::from(x).exp();
            let error = (f64::from(one(x)) / exact - 1.0).abs();
            assert!(error < 3e-7, "exp({x}) is off by {error:e}");
            x += 0.000_913;
        }
        assert_eq!(one(0.0), 1.0);
        assert!(one(-1e30) < 2e-38 && one(-1e30) >= 0.0);
        assert!(one(1e30).is_finite() && one(f32::NAN).is_nan());
    }

    #[test]
    fn activations_are_their_definitions() {
        // erf by its series, in f64.
        let exact_erf = |x: f64| {
            let (mut term, mut sum, mut n) = (x, x, 0.0);
            while term.abs() > 1e-18 {
                n += 1.0;
                term *= -x * x / n;
                sum += term / (2.0 * n + 1.0);
            }
            sum * 2.0 / std::f64::consts::PI.sqrt()
        };
        for i in -4000..4000 {
            let x = i as f32 / 1000.0;
            let mut values = [x];
            activate(Activation::Gelu, &mut values);
            let gelu = f64::from(x) * 0.5 * (1.0 + exact_erf(f64::from(x) / 2f64.sqrt()));
            assert!((f64::from(values[0]) - gelu).abs() < 1e-6, "gelu({x}) = {}, exact {gelu}", values[0]);
            let mut values = [x];
            activate(Activation::QuickGelu, &mut values);
            let quick = f64::from(x) / (1.0 + (-1.702 * f64::from(x)).exp());
            assert!((f64::from(values[0]) - quick).abs() < 1e-6, "quick_gelu({x}) = {}, exact {quick}", values[0]);
        }
        for extreme in [-1e30f32, -200.0, 200.0, 1e30] {
            for activation in [Activation::Gelu, Activation::QuickGelu] {
                let mut values = [extreme];
                activate(activation, &mut values);
                let expected = extreme.max(0.0);
                assert!(
                    (values[0] - expected).abs() <= 1e-6 * expected.max(1.0),
                    "{activation:?}({extreme}) = {}",
                    values[0]
                );
            }
        }
    }
}
