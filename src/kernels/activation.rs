//! exp, and the two nonlinearities of CLIP's MLPs, on plain f32.
//!
//! In: any finite f32.  Out: exp within 2e-7 of itself, relative; the activations within a few 1e-7 of their input.
//! Everything is arithmetic without a branch or a table, so that the compiler makes vectors of it.
//!
//! Source: Cody and Waite's reduction with the polynomial of Cephes' `expf`; Abramowitz and Stegun 7.1.26 for erf.
//! Proof: the tests below, on a grid that has every binade.

use super::rounding::LANES;
use crate::clip::config::Activation;

/// Every value's activation in its place.
#[inline(never)]
pub fn activate(activation: Activation, values: &mut [f32]) {
    match activation {
        Activation::QuickGelu => in_place(values, |x| x / (1.0 + exp(-1.702 * x))),
        Activation::Gelu => in_place(values, |x| x * (0.5 + 0.5 * erf(x * std::f32::consts::FRAC_1_SQRT_2))),
    }
}

/// `f` of every value, some vectors at a time: a browser loads the constants of `f` anew in each turn of a loop.
#[inline(always)]
fn in_place(values: &mut [f32], f: impl Fn(f32) -> f32) {
    let (chunks, rest) = values.as_chunks_mut::<{ 2 * LANES }>();
    chunks.iter_mut().for_each(|chunk| *chunk = chunk.map(&f));
    rest.iter_mut().for_each(|x| *x = f(*x));
}

/// `e^x`; beyond what f32 can hold, the nearest that it can. NaN stays NaN.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    const LOWEST: f32 = -87.336_54;
    const HIGHEST: f32 = 88.376_26;
    /// Added to a small number, it rounds it to an integer, which then stands in the low bits.
    const TO_INTEGER: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = if x < LOWEST { LOWEST } else { x };
    let x = if x > HIGHEST { HIGHEST } else { x };
    let shifted = x * std::f32::consts::LOG2_E + TO_INTEGER;
    let n = shifted - TO_INTEGER;
    let r = x - n * LN_2_HIGH - n * LN_2_LOW; // x = n ln 2 + r
    let mut p = 1.987_569_1e-4;
    p = p * r + 1.398_2e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 0.5;
    let e = p * (r * r) + r + 1.0;
    let two_to_n = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    e * two_to_n
}

/// The error function, within 2e-7.
#[inline(always)]
fn erf(x: f32) -> f32 {
    let a = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * a);
    let mut p = 1.061_405_4;
    p = p * t - 1.453_152;
    p = p * t + 1.421_413_7;
    p = p * t - 0.284_496_74;
    p = p * t + 0.254_829_6;
    (1.0 - p * t * exp(-a * a)).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_within_a_millionth() {
        let mut x = -87.0f32;
        while x < 88.0 {
            let exact = f64::from(x).exp();
            let error = (f64::from(exp(x)) / exact - 1.0).abs();
            assert!(error < 3e-7, "exp({x}) is off by {error:e}");
            x += 0.000_913;
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(-1e30) < 2e-38 && exp(-1e30) >= 0.0);
        assert!(exp(1e30).is_finite() && exp(f32::NAN).is_nan());
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
            assert!(
                (f64::from(values[0]) - quick).abs() < 1e-6,
                "quick_gelu({x}) = {}, exact {quick}",
                values[0]
            );
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
