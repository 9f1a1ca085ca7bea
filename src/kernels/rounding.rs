//! f32 → the nearest integers, and what that needs to know of a row.
//!
//! In: a row of f32.  Out: its largest magnitude, its range, its values rounded half to even.
//! Written so that the compiler makes vectors of the loops.

/// Lanes that a loop keeps apart, so that the order of its sums does not forbid vectors.
pub const LANES: usize = 8;

/// The largest `|x|`; infinite or NaN where any value is.
#[inline(never)]
pub fn largest_magnitude(x: &[f32]) -> f32 {
    // Without their sign, floats are ordered as their bits are, and infinities and NaN are above all others.
    let magnitude = |x: &f32| x.to_bits() & 0x7fff_ffff;
    let mut largest = [0u32; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for (largest, x) in largest.iter_mut().zip(chunk) {
            *largest = magnitude(x).max(*largest);
        }
    }
    let rest = rest.iter().map(magnitude);
    f32::from_bits(largest.into_iter().chain(rest).max().unwrap_or(0))
}

/// The least and the greatest of 0 and those values, all finite, whose `mask` is all bits rather than none.
#[inline(never)]
pub fn range(x: &[f32], mask: &[u32]) -> (f32, f32) {
    let less = |a: f32, b: f32| if a < b { a } else { b };
    let masked = |x: f32, mask: u32| f32::from_bits(x.to_bits() & mask);
    let (mut least, mut greatest) = ([0.0f32; LANES], [0.0f32; LANES]);
    let ((chunks, rest), (masks, rest_masks)) = (x.as_chunks::<LANES>(), mask.as_chunks::<LANES>());
    for (x, mask) in chunks.iter().zip(masks) {
        let x: [f32; LANES] = std::array::from_fn(|lane| masked(x[lane], mask[lane]));
        least = std::array::from_fn(|lane| less(x[lane], least[lane]));
        greatest = std::array::from_fn(|lane| -less(-x[lane], -greatest[lane]));
    }
    let rest = || rest.iter().zip(rest_masks).map(|(&x, &mask)| masked(x, mask));
    let least = least.into_iter().chain(rest()).fold(0.0, less);
    let greatest = greatest.into_iter().chain(rest()).fold(0.0, |a, b| -less(-a, -b));
    (least, greatest)
}

/// What to multiply with in order to divide by `scale`: 0 where that is no finite number, because the row is zeros
/// or so small that it cannot be told from zeros.
pub fn reciprocal(scale: f32) -> f32 {
    let reciprocal = 1.0 / scale;
    if reciprocal.is_finite() { reciprocal } else { 0.0 }
}

/// The nearest integer of `x`, which is within ±2²².
#[inline(always)]
pub fn round(x: f32) -> i32 {
    /// Added to a number, it leaves no bits for a fraction; the integer then stands in the low bits.
    const TO_INTEGER: f32 = 12_582_912.0;
    ((x + TO_INTEGER).to_bits() as i32).wrapping_sub(TO_INTEGER.to_bits() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_half_to_even() {
        for (x, expected) in [(0.0, 0), (-0.4, 0), (0.5, 0), (1.5, 2), (-1.5, -2), (32766.6, 32767), (-32767.0, -32767)]
        {
            assert_eq!(round(x), expected, "{x}");
        }
    }

    #[test]
    fn the_range_is_of_what_is_not_masked() {
        let x: Vec<f32> = (0..19).map(|i| if i % 2 == 0 { i as f32 } else { -2.0 * i as f32 }).collect();
        assert_eq!(range(&x, &[!0; 19]), (-34.0, 18.0));
        for masked in 0..19 {
            let mask: Vec<u32> = (0..19).map(|i| if i == masked { 0 } else { !0 }).collect();
            let expected = (if masked == 17 { -30.0 } else { -34.0 }, if masked == 18 { 16.0 } else { 18.0 });
            assert_eq!(range(&x, &mask), expected);
        }
        assert_eq!(range(&x, &[0; 19]), (0.0, 0.0));
        assert_eq!(range(&[-0.5], &[!0]), (-0.5, 0.0));
    }

    #[test]
    fn no_nan_hides_from_the_largest_magnitude() {
        for at in 0..19 {
            let mut x = [-1.0f32; 19];
            assert_eq!(largest_magnitude(&x), 1.0);
            x[at] = -3.0;
            assert_eq!(largest_magnitude(&x), 3.0);
            for bad in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                x[at] = bad;
                assert!(!largest_magnitude(&x).is_finite());
            }
        }
        assert_eq!(largest_magnitude(&[]), 0.0);
    }
}
