//! The horizontal axis in wasm's vectors: the sums of `super`, eight taps at once.
//!
//! In: a row of RGB and the taps of its columns.  Out: the row narrowed, to the level as without vectors.
//! The colors of a row are laid apart, so that the taps of one are neighbors. The one product that adds up eight lanes
//! takes 16 bits, and a weight has up to 24: it goes in two parts, `high · 2¹¹ + low`, whose sums are put together.
//!
//! Proof: the sums are whole numbers, the same in any order; `tests/browser/real.test.js` compares with the native ones.

use core::arch::wasm32::*;

use super::{HALF, Taps, level};

/// Taps, or pixels of one color, that are read at once. Weights are filled up with zeros to a multiple of it.
const LANES: usize = 8;
/// Bits of a weight's lower part, which has no sign.
const LOW_BITS: u32 = 11;

/// The taps of one output pixel.
struct Column {
    /// The first source pixel, counted from the first that any column reads.
    first: usize,
    /// Upper and lower parts, by turns `LANES` of each.
    weights: Vec<[[i16; LANES]; 2]>,
}

/// The horizontal axis, row by row.
pub(super) struct Row {
    columns: Vec<Column>,
    /// The source pixels that are read: the first, and one past the last.
    first: usize,
    end: usize,
    /// Red, green and blue of a row, each with `LANES` bytes behind that have weight 0.
    planes: [Vec<u8>; 3],
}

impl Row {
    pub fn new(taps: &[Taps]) -> Self {
        let (first, end) = (taps.first().map_or(0, |taps| taps.first), taps.last().map_or(0, Taps::end));
        let columns = taps.iter().map(|taps| Column { first: taps.first - first, weights: parts(&taps.weights) });
        // The plane's last vector of sixteen is written whole.
        let plane = || vec![0; end - first + 2 * LANES];
        Self { columns: columns.collect(), first, end, planes: [plane(), plane(), plane()] }
    }

    /// Each pixel of `target` by its taps.
    // A function of its own: a browser optimizes it while the rows of the first photo go through it.
    #[inline(never)]
    pub fn resize(&mut self, source: &[u8], target: &mut [u8]) {
        lay_apart(&source[3 * self.first..3 * self.end], &mut self.planes);
        for (target, column) in target.as_chunks_mut::<3>().0.iter_mut().zip(&self.columns) {
            *target = column.sums(&self.planes).map(level);
        }
    }
}

/// Weights in two parts of 16 bits.
fn parts(weights: &[i32]) -> Vec<[[i16; LANES]; 2]> {
    let part = |weights: &[i32], of: fn(i32) -> i16| {
        let mut parts = [0; LANES];
        parts.iter_mut().zip(weights).for_each(|(part, &weight)| *part = of(weight));
        parts
    };
    let low = |weight| (weight & ((1 << LOW_BITS) - 1)) as i16;
    weights
        .chunks(LANES)
        .map(|weights| [part(weights, |weight| (weight >> LOW_BITS) as i16), part(weights, low)])
        .collect()
}

impl Column {
    fn sums(&self, planes: &[Vec<u8>; 3]) -> [i32; 3] {
        let values = planes.each_ref().map(|plane| &plane[self.first..][..LANES * self.weights.len()]);
        let mut at = values.map(<[u8]>::as_ptr);
        let mut high = [i32x4_splat(0); 3];
        let mut low = [i32x4_splat(0); 3];
        for weights in &self.weights {
            let [upper, lower] = weights.each_ref().map(|part| part.as_ptr().cast::<v128>());
            // SAFETY: each of `values` has `LANES` bytes for every one of `weights`, whose halves are a vector each.
            unsafe {
                let (upper, lower) = (v128_load(upper), v128_load(lower));
                for color in 0..3 {
                    let values = i16x8_load_extend_u8x8(at[color]);
                    high[color] = i32x4_add(high[color], i32x4_dot_i16x8(values, upper));
                    low[color] = i32x4_add(low[color], i32x4_dot_i16x8(values, lower));
                    at[color] = at[color].add(LANES);
                }
            }
        }
        [0, 1, 2].map(|color| HALF.wrapping_add(sum(i32x4_add(i32x4_shl(high[color], LOW_BITS), low[color]))))
    }
}

/// The sum of four lanes.
fn sum(lanes: v128) -> i32 {
    let pairs = i32x4_add(lanes, i32x4_shuffle::<2, 3, 0, 1>(lanes, lanes));
    i32x4_extract_lane::<0>(i32x4_add(pairs, i32x4_shuffle::<1, 0, 3, 2>(pairs, pairs)))
}

/// The colors of interleaved pixels, each in its plane.
fn lay_apart(rgb: &[u8], planes: &mut [Vec<u8>; 3]) {
    let (groups, rest) = rgb.as_chunks::<48>();
    let [red, green, blue] = planes;
    let targets = red.as_chunks_mut::<16>().0.iter_mut().zip(green.as_chunks_mut::<16>().0);
    for (group, ((red, green), blue)) in groups.iter().zip(targets.zip(blue.as_chunks_mut::<16>().0)) {
        let at: *const v128 = group.as_ptr().cast();
        // SAFETY: 48 bytes are three vectors, sixteen are one; none need be aligned.
        unsafe {
            let parts = [v128_load(at), v128_load(at.add(1)), v128_load(at.add(2))];
            v128_store(red.as_mut_ptr().cast(), every_third::<0>(parts));
            v128_store(green.as_mut_ptr().cast(), every_third::<1>(parts));
            v128_store(blue.as_mut_ptr().cast(), every_third::<2>(parts));
        }
    }
    for (pixel, values) in rest.as_chunks::<3>().0.iter().enumerate() {
        for (plane, &value) in [&mut *red, green, blue].into_iter().zip(values) {
            plane[16 * groups.len() + pixel] = value;
        }
    }
}

/// Every third byte of 48, from `FIRST` on.
fn every_third<const FIRST: usize>(parts: [v128; 3]) -> v128 {
    /// The lanes of `part` that hold such bytes, each at its place; the others, 128, give 0.
    const fn lanes(first: usize, part: usize) -> [u8; 16] {
        let (mut lanes, mut place) = ([128; 16], 0);
        while place < 16 {
            let byte = 3 * place + first;
            if byte / 16 == part {
                lanes[place] = (byte % 16) as u8;
            }
            place += 1;
        }
        lanes
    }
    let picked = |part: usize, lanes: [u8; 16]| {
        // SAFETY: sixteen bytes are a vector.
        u8x16_swizzle(parts[part], unsafe { v128_load(lanes.as_ptr().cast()) })
    };
    let [first, second, third] = const { [lanes(FIRST, 0), lanes(FIRST, 1), lanes(FIRST, 2)] };
    v128_or(v128_or(picked(0, first), picked(1, second)), picked(2, third))
}
