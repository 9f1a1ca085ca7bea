//! int8 weights times inputs of one digit, with a second digit for the few inputs that are large.
//!
//! In: weights int8 with a scale for each output, f32 rows.  Out: their products, f32.
//! Four products of bytes are one instruction of relaxed SIMD on processors that have it (`vpdpbusd`, `sdot`), three
//! times the speed of [`super::wide`]. WebAssembly promises its result for inputs of 7 bits only; with the eighth,
//! x86 takes an input as unsigned and ARM as signed. Either is as good, once it is known which ([`Operand`]): a bit
//! more is a quarter of the rounding's power. It is little even so, and a transformer's inputs have a few channels far
//! larger than the others, which would leave the others less still. So:
//! - the blocks of four inputs with the largest magnitudes are chosen, about one in twelve; a row's step `s` spans the
//!   others: `s = (max − min) / (B − 1.5)`, `zero = round(−min / s)`, `q = round(x / s) + zero`, 0 to B − 1 = 255;
//! - a chosen input has a `q` of two digits, `q = B · (high − B / 2) + low`; their highs are a short product of their
//!   own;
//! - `Σ x w = s · scale · (B · Σ' (high − B / 2) w + Σ low w − zero · Σ w)`, Σ' over the chosen.
//!
//! Sums wrap around 2³² on the way, which is right as long as the last one fits into i32: its terms are at most
//! 255 · 127 for a plain input and 8,001 · 127 for a chosen one, together below 2³¹ up to [`MOST_INPUTS`].
//!
//! The chosen blocks are those of all rows of a call: calls of one picture each give it the same result in any batch.
//!
//! Layout: weights `[panels][steps][8][4]`, a step being four inputs; a tile of inputs `[steps][rows][4]`.
//! Proof: `tests/kernels.rs`; in a browser `tests/browser/parity.test.js`.

use super::NonFinite;
use super::panels::{COLUMNS, Product, Sums, pack_tiles};
use super::rounding::{largest_magnitude, reciprocal, round};
use super::wide::{pack_panels, padded};

/// Inputs of one step.
const STEP: usize = 4;
/// Bytes of one step of a panel.
const STEP_BYTES: usize = COLUMNS * STEP;
/// The largest number of steps that an input is from 0.
const MOST_STEPS: f32 = 8000.0;
/// The most inputs for which no sum leaves i32.
pub const MOST_INPUTS: usize = 32_768;

/// What the processor's dot product takes the byte of an input for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    /// 0 to 127: the same everywhere.
    Seven,
    /// 0 to 255, as `vpdpbusd` does.
    Unsigned,
    /// −128 to 127, as `sdot` does.
    Signed,
}

impl Operand {
    /// The binary logarithm of B, the number of a digit's values.
    fn bits(self) -> u32 {
        if self == Self::Seven { 7 } else { 8 }
    }

    /// B
    fn base(self) -> i32 {
        1 << self.bits()
    }

    /// What has to be added to the byte's number to be the digit.
    fn offset(self) -> i32 {
        if self == Self::Signed { 128 } else { 0 }
    }

    /// The number that the byte stands for.
    fn number(self, byte: u8) -> i32 {
        if self == Self::Signed { i32::from(byte as i8) } else { i32::from(byte) }
    }
}

/// The weights of one layer.
#[derive(Debug)]
pub struct Weights {
    steps: usize,
    packed: Vec<i8>,
    /// Both padded to whole panels.
    scales: Vec<f32>,
    /// The sum of each output's weights.
    sums: Vec<i32>,
}

/// Rows of inputs.
#[derive(Debug)]
pub struct Inputs {
    operand: Operand,
    low: Vec<Digits>,
    high: Vec<Digits>,
    /// The steps that have a high digit, ascending.
    chosen: Vec<usize>,
    /// The value of one step, and what stands for 0: for each row.
    scales: Vec<f32>,
    zeros: Vec<i32>,
}

/// The same digit of four neighboring inputs, the lowest first in memory.
type Digits = [u8; STEP];

/// How many of `steps` blocks get a second digit.
pub fn chosen_blocks(steps: usize) -> usize {
    (steps / 12).min(128)
}

impl Weights {
    /// From `[outputs, inputs]` row-major, whose rows may come in parts, and a scale for each output.
    pub fn pack(parts: &[&[i8]], scales: &[f32], inputs: usize) -> Self {
        let sum = |row: &[i8]| row.iter().map(|&weight| i32::from(weight)).sum();
        let sums: Vec<i32> = parts.iter().flat_map(|part| part.chunks_exact(inputs)).map(sum).collect();
        Self {
            steps: inputs.div_ceil(STEP),
            packed: pack_panels::<STEP, _>(parts, inputs),
            scales: padded(scales),
            sums: padded(&sums),
        }
    }
}

impl Inputs {
    /// From `[rows, inputs]` row-major.
    ///
    /// # Errors
    /// [`NonFinite`] names the row that holds NaN or an infinity.
    #[inline(never)]
    pub fn pack(x: &[f32], inputs: usize, operand: Operand) -> Result<Self, NonFinite> {
        let (rows, steps) = (x.len() / inputs, inputs.div_ceil(STEP));
        let (base, offset) = (operand.base(), operand.offset());
        if let Some(row) = x.chunks_exact(inputs).position(|x| !largest_magnitude(x).is_finite()) {
            return Err(NonFinite { row });
        }
        let (chosen, plain) = choose(x, inputs);
        let mut scales = Vec::with_capacity(rows);
        let mut zeros = Vec::with_capacity(rows);
        let mut stored = vec![0i16; rows * steps * STEP];
        for (x, stored) in x.chunks_exact(inputs).zip(stored.chunks_exact_mut(steps * STEP)) {
            let (scale, zero) = step_and_zero(x, &plain, base);
            let per_step = reciprocal(scale);
            // Two digits hold −B²/2 to B²/2 − 1; the step is such that nothing is beyond, but for the rounding of it.
            let half = base * base / 2;
            let quantize = |x: &f32| (round(x * per_step) + zero).clamp(-half, half - 1) as i16;
            stored.iter_mut().zip(x).for_each(|(stored, x)| *stored = quantize(x));
            stored[inputs..].fill(zero as i16);
            scales.push(scale);
            zeros.push(zero);
        }
        let (blocks, _) = stored.as_chunks::<STEP>();
        let low = |q: i16| ((i32::from(q) & (base - 1)) - offset) as u8;
        let high = |q: i16| ((i32::from(q) >> operand.bits()) + base / 2 - offset) as u8;
        let low: Vec<Digits> = blocks.iter().map(|block| block.map(low)).collect();
        let of_row = |row: &[[i16; STEP]]| chosen.iter().map(|&step| row[step].map(high)).collect::<Vec<_>>();
        let high: Vec<Digits> = blocks.chunks_exact(steps.max(1)).flat_map(of_row).collect();
        let (low, high) = (pack_tiles(&low, steps), pack_tiles(&high, chosen.len()));
        Ok(Self { operand, low, high, chosen, scales, zeros })
    }
}

/// The blocks with the largest magnitudes over all rows, ascending; and for every input whether it is in none.
fn choose(x: &[f32], inputs: usize) -> (Vec<usize>, Vec<bool>) {
    let mut magnitudes = vec![0.0f32; inputs];
    for row in x.chunks_exact(inputs) {
        for (largest, x) in magnitudes.iter_mut().zip(row) {
            *largest = if x.abs() > *largest { x.abs() } else { *largest };
        }
    }
    let blocks: Vec<f32> = magnitudes.chunks(STEP).map(|block| block.iter().copied().fold(0.0, f32::max)).collect();
    let count = chosen_blocks(blocks.len());
    let mut order: Vec<usize> = (0..blocks.len()).collect();
    if count > 0 {
        order.select_nth_unstable_by(count - 1, |&a, &b| blocks[b].total_cmp(&blocks[a]).then(a.cmp(&b)));
    }
    order.truncate(count);
    order.sort_unstable();
    let mut plain = vec![true; inputs];
    for &block in &order {
        plain[block * STEP..inputs.min((block + 1) * STEP)].fill(false);
    }
    (order, plain)
}

/// The step of a row and the integer that stands for 0.
fn step_and_zero(x: &[f32], plain: &[bool], base: i32) -> (f32, i32) {
    let (mut least, mut most, mut largest) = (0.0f32, 0.0f32, 0.0f32);
    for (&x, &plain) in x.iter().zip(plain) {
        let of_plain = if plain { x } else { 0.0 };
        least = if of_plain < least { of_plain } else { least };
        most = if of_plain > most { of_plain } else { most };
        largest = if x.abs() > largest { x.abs() } else { largest };
    }
    // Halves, so that the range of numbers near f32's largest is finite.
    let scale = ((most * 0.5 - least * 0.5) / ((base as f32 - 1.5) * 0.5)).max(largest / MOST_STEPS);
    (scale, round(-least * reciprocal(scale)))
}

/// Weights and inputs, about to be multiplied.
pub struct Multiplication<'a> {
    weights: &'a Weights,
    inputs: &'a Inputs,
    panel: usize,
    /// The chosen steps of the entered panel, one after the other.
    gathered: Vec<i8>,
    /// For each column what the digits' offsets add to the sums: `offset · Σ w + B · (offset − B / 2) · Σ' w`.
    offsets: [i32; COLUMNS],
}

impl<'a> Multiplication<'a> {
    pub fn new(weights: &'a Weights, inputs: &'a Inputs) -> Self {
        let gathered = vec![0; inputs.chosen.len() * STEP_BYTES];
        Self { weights, inputs, panel: 0, gathered, offsets: [0; COLUMNS] }
    }

    fn panel(&self) -> &[i8] {
        let bytes = self.weights.steps * STEP_BYTES;
        &self.weights.packed[self.panel * bytes..][..bytes]
    }
}

impl Product for Multiplication<'_> {
    fn enter(&mut self, panel: usize) {
        self.panel = panel;
        let bytes = self.weights.steps * STEP_BYTES;
        let (steps, _) = self.weights.packed[panel * bytes..][..bytes].as_chunks::<STEP_BYTES>();
        let (gathered, _) = self.gathered.as_chunks_mut::<STEP_BYTES>();
        for (gathered, &chosen) in gathered.iter_mut().zip(&self.inputs.chosen) {
            *gathered = steps[chosen];
        }
        let operand = self.inputs.operand;
        let of_high = operand.base() * (operand.offset() - operand.base() / 2);
        let sums = &self.weights.sums[panel * COLUMNS..][..COLUMNS];
        self.offsets = std::array::from_fn(|column| sums[column].wrapping_mul(operand.offset()));
        let (columns, _) = self.gathered.as_chunks::<STEP>();
        for block in columns.chunks_exact(COLUMNS) {
            for (offset, weights) in self.offsets.iter_mut().zip(block) {
                let sum: i32 = weights.iter().map(|&weight| i32::from(weight)).sum();
                *offset = offset.wrapping_add(of_high.wrapping_mul(sum));
            }
        }
    }

    #[inline(always)]
    fn tile<const ROWS: usize>(&mut self, first: usize) -> Sums<ROWS> {
        let Self { weights, inputs, panel, gathered, offsets } = &*self;
        let low = &inputs.low[first * weights.steps..][..ROWS * weights.steps];
        let high = &inputs.high[first * inputs.chosen.len()..][..ROWS * inputs.chosen.len()];
        let sums = dot::<ROWS>(inputs.operand, high, gathered, low, self.panel());
        let scales = &weights.scales[panel * COLUMNS..][..COLUMNS];
        let weight_sums = &weights.sums[panel * COLUMNS..][..COLUMNS];
        let mut values = [[0.0; COLUMNS]; ROWS];
        for row in 0..ROWS {
            let (scale, zero) = (inputs.scales[first + row], inputs.zeros[first + row]);
            for column in 0..COLUMNS {
                // Wrapping, so that it can be vectors: the difference fits, whatever a step on the way does.
                let zeros = zero.wrapping_mul(weight_sums[column]);
                let sum = sums[row][column].wrapping_sub(zeros).wrapping_add(offsets[column]);
                values[row][column] = sum as f32 * scale * scales[column];
            }
        }
        values
    }
}

/// `B · Σ high + Σ low` of one tile and one panel, modulo 2³²; both sums have digits `[steps][ROWS][4]` and weights
/// `[steps][8][4]`.
#[inline(always)]
fn dot<const ROWS: usize>(
    operand: Operand,
    high: &[Digits],
    high_weights: &[i8],
    low: &[Digits],
    low_weights: &[i8],
) -> [[i32; COLUMNS]; ROWS] {
    assert_eq!(high.len() * STEP_BYTES, high_weights.len() * ROWS, "digits and weights have the same steps");
    assert_eq!(low.len() * STEP_BYTES, low_weights.len() * ROWS, "digits and weights have the same steps");
    #[cfg(all(target_arch = "wasm32", feature = "relaxed-simd"))]
    // SAFETY: the lengths were checked just now.
    return unsafe { relaxed::dot(operand, high, high_weights, low, low_weights) };
    #[allow(unreachable_code)]
    portable(operand, high, high_weights, low, low_weights)
}

/// The same sums in plain Rust, in any order, because they are exact.
pub fn portable<const ROWS: usize>(
    operand: Operand,
    high: &[Digits],
    high_weights: &[i8],
    low: &[Digits],
    low_weights: &[i8],
) -> [[i32; COLUMNS]; ROWS] {
    let mut sums = [[0i32; COLUMNS]; ROWS];
    add_products(operand, &mut sums, high, high_weights);
    sums.as_flattened_mut().iter_mut().for_each(|sum| *sum = sum.wrapping_mul(operand.base()));
    add_products(operand, &mut sums, low, low_weights);
    sums
}

fn add_products<const ROWS: usize>(
    operand: Operand,
    sums: &mut [[i32; COLUMNS]; ROWS],
    digits: &[Digits],
    weights: &[i8],
) {
    let (weights, _) = weights.as_chunks::<STEP>();
    for (digits, weights) in digits.chunks_exact(ROWS).zip(weights.chunks_exact(COLUMNS)) {
        for (sums, digits) in sums.iter_mut().zip(digits) {
            for (sum, weights) in sums.iter_mut().zip(weights) {
                let product = |(&digit, &weight): (&u8, &i8)| operand.number(digit) * i32::from(weight);
                *sum = sum.wrapping_add(digits.iter().zip(weights).map(product).sum::<i32>());
            }
        }
    }
}

/// The widest byte that this processor's dot product is exact with; none without the instruction, and where it is wrong.
///
/// Asked with the numbers at both ends, on which an instruction that sums in 16 bits on the way, as x86 before VNNI has
/// it, saturates; over as many steps as a layer has.
pub fn operand() -> Option<Operand> {
    #[cfg(all(target_arch = "wasm32", feature = "relaxed-simd"))]
    {
        const STEPS: usize = 768;
        let turning = |i: usize, ends: &[u8]| ends[(i * i + i / 7) % ends.len()];
        let weights: Vec<i8> = (0..STEPS * STEP_BYTES).map(|i| turning(i, &[127, 129, 1, 127, 0, 129]) as i8).collect();
        let exact = |&operand: &Operand| {
            let ends: &[u8] = if operand == Operand::Seven { &[0, 127, 127, 64] } else { &[0, 127, 128, 255, 255] };
            let digits: Vec<Digits> =
                (0..STEPS).map(|step| [0, 1, 2, 3].map(|i| turning(4 * step + i, ends))).collect();
            let (high, low) = (&digits[..STEPS / 12], &digits);
            let high_weights = &weights[..high.len() * STEP_BYTES];
            dot::<1>(operand, high, high_weights, low, &weights)
                == portable::<1>(operand, high, high_weights, low, &weights)
        };
        return [Operand::Unsigned, Operand::Signed, Operand::Seven].into_iter().find(exact);
    }
    #[allow(unreachable_code)]
    None
}

#[cfg(all(target_arch = "wasm32", feature = "relaxed-simd"))]
mod relaxed {
    use super::{COLUMNS, Digits, Operand, STEP_BYTES};
    use core::arch::wasm32::*;

    /// # Safety
    /// The weights hold 32 bytes for each `ROWS` blocks of their digits.
    #[inline(never)]
    #[target_feature(enable = "relaxed-simd")]
    pub unsafe fn dot<const ROWS: usize>(
        operand: Operand,
        high: &[Digits],
        high_weights: &[i8],
        low: &[Digits],
        low_weights: &[i8],
    ) -> [[i32; COLUMNS]; ROWS] {
        let mut sums = [[i32x4_splat(0); 2]; ROWS];
        // SAFETY: the caller has compared the lengths.
        unsafe { add_products(&mut sums, high, high_weights) };
        sums.as_flattened_mut().iter_mut().for_each(|sum| *sum = i32x4_shl(*sum, operand.bits()));
        // SAFETY: as above; and four 32-bit lanes are four i32.
        unsafe {
            add_products(&mut sums, low, low_weights);
            core::mem::transmute_copy(&sums)
        }
    }

    /// # Safety
    /// As [`dot`].
    #[inline]
    #[target_feature(enable = "relaxed-simd")]
    unsafe fn add_products<const ROWS: usize>(sums: &mut [[v128; 2]; ROWS], digits: &[Digits], weights: &[i8]) {
        let steps = digits.len() / ROWS;
        let (mut a, mut b) = (digits.as_ptr().cast::<u32>(), weights.as_ptr());
        for _ in 0..steps {
            // SAFETY: step by step through both slices, whose lengths the caller has compared.
            unsafe {
                let first = v128_load(b.cast());
                let second = v128_load(b.add(16).cast());
                for (row, sums) in sums.iter_mut().enumerate() {
                    let input = v128_load32_splat(a.add(row));
                    sums[0] = i32x4_relaxed_dot_i8x16_i7x16_add(first, input, sums[0]);
                    sums[1] = i32x4_relaxed_dot_i8x16_i7x16_add(second, input, sums[1]);
                }
                a = a.add(ROWS);
                b = b.add(STEP_BYTES);
            }
        }
    }
}
