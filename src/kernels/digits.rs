//! int8 weights times inputs of one digit, with a second digit for the few inputs that are large.
//!
//! In: weights int8 with a scale for each output, f32 rows.  Out: their products, f32.
//! Four products of bytes are one instruction of relaxed SIMD on processors that have it (`vpdpbusd`, `sdot`), three
//! times the speed of [`super::wide`]. WebAssembly promises its result for inputs of 7 bits only; with the eighth,
//! x86 takes an input as unsigned and ARM as signed. Either is as good, once it is known which ([`Operand`]): a bit
//! more is a quarter of the rounding's power. It is little even so, and a transformer's inputs have a few channels far
//! larger than the others, which would leave the others less still. So:
//! - the blocks of four inputs with the largest magnitudes are chosen, one in twelve, unless the largest is less than
//!   twice what then is left; a row's step `s` spans the others: `s = (max − min) / (B − 1.5)`,
//!   `zero = round(−min / s)`, `q = round(x / s) + zero`, 0 to B − 1 = 255;
//! - a chosen input has a `q` of two digits, `q = B · (high − B / 2) + low`; their highs are a short product of their
//!   own;
//! - `Σ x w = s · scale · (B · Σ' (high − B / 2) w + Σ low w − zero · Σ w)`, Σ' over the chosen.
//!
//! Where that is not exact enough, all inputs are chosen ([`Second::Every`]): twice the products, still two thirds of
//! [`super::wide`]'s time, and as exact.
//!
//! Sums wrap around 2³² on the way, which is right as long as the last one fits into i32: its terms are at most
//! 255 · 127 for a plain input and [`most_steps`] · 127 for a chosen one, together below 2³¹ up to [`MOST_INPUTS`].
//!
//! The chosen blocks are those of all rows of a call: calls of one picture each give it the same result in any batch.
//!
//! Layout: weights `[panels][steps][8][4]`, a step being four inputs; a tile of inputs `[steps][rows][4]`.
//! Proof: `tests/kernels.rs`; in a browser `tests/browser/parity.test.js`.

use super::NonFinite;
use super::panels::{COLUMNS, Product, Sums, by_tile, floats, pack_panels, pack_tiles, padded, scaled};
use super::rounding::{largest_magnitude, range, reciprocal, round};

/// Inputs of one step.
const STEP: usize = 4;
/// Rows of the largest tile: 12 products in flight are what fills the time that one takes.
const MOST_ROWS: usize = 6;
/// Bytes of one step of a panel.
const STEP_BYTES: usize = COLUMNS * STEP;
/// How many times as large as what has one digit an input must be, so that the largest have two.
const OUTLIERS: f32 = 2.0;
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

/// Which inputs have a second digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Second {
    /// The largest, one in twelve at most, where they are at least twice as large as the others.
    Largest,
    /// All: as exact as [`super::wide`].
    Every,
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

impl Second {
    /// How many of `steps` blocks have a second digit at most.
    pub fn blocks(self, steps: usize) -> usize {
        match self {
            Self::Largest => (steps / 12).min(128),
            Self::Every => steps,
        }
    }
}

/// The most steps that an input of two digits may be from 0: they hold them, and what stands for 0, and no sum leaves
/// i32.
pub fn most_steps(operand: Operand, inputs: usize, chosen_inputs: usize) -> i32 {
    let base = operand.base() as usize;
    let plain = (base - 1) * inputs.saturating_sub(chosen_inputs);
    let most = (i32::MAX as usize / 127).saturating_sub(plain) / chosen_inputs.max(1);
    most.min(base * base / 2 - base) as i32
}

impl Weights {
    /// From `[outputs, inputs]` row-major, whose rows may come in parts, and a scale for each output.
    #[inline(never)]
    pub fn pack(parts: &[&[i8]], scales: &[f32], inputs: usize) -> Self {
        let steps = inputs.div_ceil(STEP);
        let ones = vec![[1; STEP]; steps];
        let mut sums = Vec::with_capacity(scales.len().next_multiple_of(COLUMNS));
        let packed = pack_panels::<STEP, _>(parts, inputs, |panel| sums.extend(sums_of(&ones, panel)));
        Self { steps, packed, scales: padded(scales), sums }
    }
}

/// The sums of 8 columns' weights, `[steps][8][4]`, with a digit of 1 for each.
fn sums_of(ones: &[Digits], weights: &[i8]) -> [i32; COLUMNS] {
    // One is the same number to every processor.
    let [sums] = dot::<1>(Operand::Seven, (&[], &[]), (ones, weights), weights);
    sums
}

impl Inputs {
    /// From `[rows, inputs]` row-major.
    ///
    /// # Errors
    /// [`NonFinite`] names the row that holds NaN or an infinity.
    #[inline(never)]
    pub fn pack(x: &[f32], inputs: usize, operand: Operand, second: Second) -> Result<Self, NonFinite> {
        let (rows, steps) = (x.len() / inputs, inputs.div_ceil(STEP));
        let largest: Vec<f32> = x.chunks_exact(inputs).map(largest_magnitude).collect();
        if let Some(row) = largest.iter().position(|largest| !largest.is_finite()) {
            return Err(NonFinite { row });
        }
        let (chosen, plain) = match second {
            Second::Every => ((0..steps).collect(), vec![0; inputs]),
            Second::Largest => outliers(x, inputs),
        };
        let most = most_steps(operand, inputs, chosen.len() * STEP) as f32;
        let mut low = vec![[0; STEP]; rows * steps];
        let mut high = vec![[0; STEP]; rows * chosen.len()];
        let (mut scales, mut zeros) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        for (row, (x, largest)) in x.chunks_exact(inputs).zip(largest).enumerate() {
            let (least, most_plain) = range(x, &plain);
            // Halves, so that the range of numbers near f32's largest is finite.
            let span = (most_plain * 0.5 - least * 0.5) / ((operand.base() as f32 - 1.5) * 0.5);
            let scale = span.max(largest / most);
            let per_step = reciprocal(scale);
            let zero = round(-least * per_step);
            let low = low[row * steps..][..steps].as_flattened_mut();
            let high = high[row * chosen.len()..][..chosen.len()].as_flattened_mut();
            let of_row = Row { operand, per_step, zero };
            of_row.low_digits(x, low);
            match second {
                Second::Every => of_row.high_digits(x, high),
                Second::Largest => {
                    for (digits, block) in high.chunks_exact_mut(STEP).zip(&chosen) {
                        of_row.high_digits(&x[block * STEP..inputs.min((block + 1) * STEP)], digits);
                    }
                }
            }
            scales.push(scale);
            zeros.push(zero);
        }
        let (low, high) = (pack_tiles(&low, steps, MOST_ROWS), pack_tiles(&high, chosen.len(), MOST_ROWS));
        Ok(Self { operand, low, high, chosen, scales, zeros })
    }
}

// Each loop a function of its own: a browser then optimizes them in a few milliseconds each, where one function that
// held them all took fifty, in which the first photo of a visit was computed by code that is several times as slow.

/// How a row's numbers become digits.
#[derive(Clone, Copy)]
struct Row {
    operand: Operand,
    /// Steps of the row's scale in 1.
    per_step: f32,
    /// What stands for 0.
    zero: i32,
}

impl Row {
    // Wrapping, though nothing wraps: a check for it in each turn of a loop would leave no vectors.
    #[inline(always)]
    fn quantized(self, x: f32) -> i32 {
        round(x * self.per_step).wrapping_add(self.zero)
    }

    /// The low digit of each of `x`, and of zeros for the rest of `digits`.
    #[inline(never)]
    fn low_digits(self, x: &[f32], digits: &mut [u8]) {
        let (mask, offset) = (self.operand.base() - 1, self.operand.offset());
        fill_up(digits, x, |x| (self.quantized(x) & mask).wrapping_sub(offset) as u8);
    }

    /// The same for the high digit.
    #[inline(never)]
    fn high_digits(self, x: &[f32], digits: &mut [u8]) {
        let (bits, offset) = (self.operand.bits(), self.operand.base() / 2 - self.operand.offset());
        fill_up(digits, x, |x| self.quantized(x).wrapping_shr(bits).wrapping_add(offset) as u8);
    }
}

/// The digit of each of `x`, and of zeros for the rest of `digits`.
#[inline(always)]
fn fill_up(digits: &mut [u8], x: &[f32], digit: impl Fn(f32) -> u8) {
    let (of_x, rest) = digits.split_at_mut(x.len());
    of_x.iter_mut().zip(x).for_each(|(of_x, x)| *of_x = digit(*x));
    rest.fill(digit(0.0));
}

/// The blocks with the largest magnitudes over all rows, ascending, if any of them is an outlier; and for every input
/// all bits where it is in none, no bit where it is in one.
#[inline(never)]
fn outliers(x: &[f32], inputs: usize) -> (Vec<usize>, Vec<u32>) {
    let blocks = largest_of_blocks(x, inputs);
    let mut count = Second::Largest.blocks(blocks.len());
    let mut order: Vec<usize> = (0..blocks.len()).collect();
    if count > 0 {
        let (_, &mut next, _) =
            order.select_nth_unstable_by_key(count, |&block| (std::cmp::Reverse(blocks[block]), block));
        let magnitude = |block: u32| f32::from_bits(block);
        let largest = blocks.iter().copied().max().map_or(0.0, magnitude);
        if largest < OUTLIERS * magnitude(blocks[next]) {
            count = 0;
        }
    }
    order.truncate(count);
    order.sort_unstable();
    let mut plain = vec![!0; inputs];
    for &block in &order {
        plain[block * STEP..inputs.min((block + 1) * STEP)].fill(0);
    }
    (order, plain)
}

/// The largest magnitude of each block of four inputs over all rows, as its bits, which are ordered as it is.
#[inline(never)]
fn largest_of_blocks(x: &[f32], inputs: usize) -> Vec<u32> {
    let mut magnitudes = vec![[0u32; STEP]; inputs.div_ceil(STEP)];
    for row in x.chunks_exact(inputs) {
        for (largest, x) in magnitudes.as_flattened_mut().iter_mut().zip(row) {
            *largest = x.abs().to_bits().max(*largest);
        }
    }
    magnitudes.iter().map(|block| block.iter().copied().fold(0, u32::max)).collect()
}

/// Weights and inputs, about to be multiplied.
pub struct Multiplication<'a> {
    weights: &'a Weights,
    operand: Operand,
    chosen: &'a [usize],
    tiles: Vec<Tile<'a>>,
    /// The entered panel's weights, the sums of its columns and their scales.
    panel: &'a [i8],
    sums: [i32; COLUMNS],
    scales: &'a [f32],
    /// Where all inputs have a second digit, nothing; else the chosen steps of the panel, one after the other.
    gathered: Option<Vec<i8>>,
    /// The digits that sum them.
    ones: Vec<Digits>,
    /// For each column what the digits' offsets add to the sums: `offset · Σ w + B · (offset − B / 2) · Σ' w`.
    offsets: [i32; COLUMNS],
    /// The panel that follows, in eight parts: a tile reads one of them ahead, four bytes in each step.
    ahead: [&'a [i8]; COLUMNS],
}

/// Some rows of inputs.
struct Tile<'a> {
    /// `[steps][rows]`
    low: &'a [Digits],
    /// `[chosen steps][rows]`
    high: &'a [Digits],
    scales: &'a [f32],
    zeros: &'a [i32],
}

impl<'a> Multiplication<'a> {
    pub fn new(weights: &'a Weights, inputs: &'a Inputs) -> Self {
        let &Inputs { operand, ref low, ref high, ref chosen, ref scales, ref zeros } = inputs;
        let rows = scales.len();
        let [low, high] =
            [(low, weights.steps), (high, chosen.len())].map(|(digits, steps)| by_tile(digits, rows, steps, MOST_ROWS));
        let of_rows = by_tile(scales, rows, 1, MOST_ROWS).into_iter().zip(by_tile(zeros, rows, 1, MOST_ROWS));
        let tiles = low.into_iter().zip(high).zip(of_rows);
        let gathered = (chosen.len() < weights.steps).then(|| vec![0; chosen.len() * STEP_BYTES]);
        Self {
            weights,
            operand,
            chosen,
            tiles: tiles.map(|((low, high), (scales, zeros))| Tile { low, high, scales, zeros }).collect(),
            panel: &[],
            sums: [0; COLUMNS],
            scales: &[],
            ones: vec![[1; STEP]; chosen.len()],
            gathered,
            offsets: [0; COLUMNS],
            ahead: [&[]; COLUMNS],
        }
    }
}

impl Product for Multiplication<'_> {
    const MOST_ROWS: usize = MOST_ROWS;

    fn enter(&mut self, panel: usize) {
        let mut panels = self.weights.packed.chunks_exact(self.weights.steps * STEP_BYTES).skip(panel);
        self.panel = panels.next().expect("a panel of the matrix");
        let next = panels.next().unwrap_or(self.panel);
        self.ahead = std::array::from_fn(|part| &next[part * self.weights.steps * STEP..][..self.weights.steps * STEP]);
        let (sums, scales) = (&self.weights.sums[panel * COLUMNS..], &self.weights.scales[panel * COLUMNS..]);
        (self.sums, self.scales) = (*sums.first_chunk().expect("sums are padded to whole panels"), scales);
        let of_chosen = match &mut self.gathered {
            None => self.sums,
            Some(gathered) => {
                let (steps, _) = self.panel.as_chunks::<STEP_BYTES>();
                let chosen = gathered.as_chunks_mut::<STEP_BYTES>().0.iter_mut().zip(self.chosen);
                chosen.for_each(|(gathered, &chosen)| *gathered = steps[chosen]);
                sums_of(&self.ones, gathered)
            }
        };
        let operand = self.operand;
        let of_high = operand.base() * (operand.offset() - operand.base() / 2);
        let offset = |column: usize| {
            let low = self.sums[column].wrapping_mul(operand.offset());
            low.wrapping_add(of_chosen[column].wrapping_mul(of_high))
        };
        self.offsets = std::array::from_fn(offset);
    }

    #[inline(always)]
    fn tile<const ROWS: usize>(&mut self, tile: usize) -> Sums<ROWS> {
        let &Tile { low, high, scales, zeros } = &self.tiles[tile];
        let chosen = self.gathered.as_deref().unwrap_or(self.panel);
        let ahead = self.ahead[tile % COLUMNS];
        let sums = dot::<ROWS>(self.operand, (high, chosen), (low, self.panel), ahead);
        let zeros: &[i32; ROWS] = zeros.first_chunk().expect("a zero for each row");
        // Wrapping, so that it can be vectors: the difference fits, whatever a step on the way does.
        let sum = |row: usize, column: usize| {
            let zeros = zeros[row].wrapping_mul(self.sums[column]);
            sums[row][column].wrapping_sub(zeros).wrapping_add(self.offsets[column])
        };
        let sums: [[i32; COLUMNS]; ROWS] = std::array::from_fn(|row| std::array::from_fn(|column| sum(row, column)));
        scaled(&floats(&sums), scales, self.scales)
    }
}

/// Digits `[steps][ROWS][4]` and weights `[steps][8][4]`.
type Operands<'a> = (&'a [Digits], &'a [i8]);

/// `B · Σ high + Σ low` of one tile and one panel, modulo 2³². A byte of `ahead` is looked at in each step of the low
/// digits, four bytes apart, so that it comes out of memory meanwhile.
#[inline(always)]
fn dot<const ROWS: usize>(operand: Operand, high: Operands, low: Operands, ahead: &[i8]) -> [[i32; COLUMNS]; ROWS] {
    for (digits, weights) in [high, low] {
        assert_eq!(digits.len() * STEP_BYTES, weights.len() * ROWS, "digits and weights have the same steps");
    }
    assert!(ahead.len() * COLUMNS >= low.1.len(), "four bytes for each step");
    #[cfg(all(target_arch = "wasm32", feature = "relaxed-simd"))]
    // SAFETY: the lengths were checked just now.
    return unsafe { relaxed::dot(operand, high, low, ahead) };
    #[allow(unreachable_code)]
    portable(operand, high, low)
}

/// The same sums in plain Rust, in any order, because they are exact.
pub fn portable<const ROWS: usize>(operand: Operand, high: Operands, low: Operands) -> [[i32; COLUMNS]; ROWS] {
    let mut sums = [[0i32; COLUMNS]; ROWS];
    add_products(operand, &mut sums, high);
    sums.as_flattened_mut().iter_mut().for_each(|sum| *sum = sum.wrapping_mul(operand.base()));
    add_products(operand, &mut sums, low);
    sums
}

fn add_products<const ROWS: usize>(operand: Operand, sums: &mut [[i32; COLUMNS]; ROWS], (digits, weights): Operands) {
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
            let high = (&digits[..STEPS / 12], &weights[..STEPS / 12 * STEP_BYTES]);
            let low = (&digits[..], &weights[..]);
            dot::<1>(operand, high, low, &weights) == portable::<1>(operand, high, low)
        };
        return [Operand::Unsigned, Operand::Signed, Operand::Seven].into_iter().find(exact);
    }
    #[allow(unreachable_code)]
    None
}

#[cfg(all(target_arch = "wasm32", feature = "relaxed-simd"))]
mod relaxed {
    use super::{COLUMNS, Operand, Operands, STEP, STEP_BYTES};
    use core::arch::wasm32::*;

    /// # Safety
    /// The weights hold 32 bytes for each `ROWS` blocks of their digits, `ahead` holds four for each of the low ones.
    #[inline(never)]
    #[target_feature(enable = "relaxed-simd")]
    pub unsafe fn dot<const ROWS: usize>(
        operand: Operand,
        high: Operands,
        low: Operands,
        ahead: &[i8],
    ) -> [[i32; COLUMNS]; ROWS] {
        // SAFETY: the caller has compared the lengths.
        let mut sums = unsafe { add_products([[i32x4_splat(0); 2]; ROWS], high, None) };
        sums.as_flattened_mut().iter_mut().for_each(|sum| *sum = i32x4_shl(*sum, operand.bits()));
        // SAFETY: as above; and four 32-bit lanes are four i32.
        unsafe { core::mem::transmute_copy(&add_products(sums, low, Some(ahead))) }
    }

    /// The sums by value: where they are lent, they leave the registers.
    ///
    /// # Safety
    /// As [`dot`].
    #[inline(always)]
    unsafe fn add_products<const ROWS: usize>(
        mut sums: [[v128; 2]; ROWS],
        (digits, weights): Operands,
        ahead: Option<&[i8]>,
    ) -> [[v128; 2]; ROWS] {
        let steps = digits.len() / ROWS;
        let (mut a, mut b) = (digits.as_ptr().cast::<u32>(), weights.as_ptr());
        let mut ahead = ahead.map(<[i8]>::as_ptr);
        let end = a.wrapping_add(steps * ROWS);
        while a != end {
            // SAFETY: step by step through all slices, whose lengths the caller has compared.
            unsafe {
                if let Some(ahead) = &mut ahead {
                    ahead.read_volatile();
                    *ahead = ahead.add(STEP);
                }
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
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_outliers_have_a_second_digit() {
        let inputs = 240;
        let mut x: Vec<f32> = (0..3 * inputs).map(|i| ((i * 37 % 101) as f32 - 50.0) / 50.0).collect();
        let chosen = |x: &[f32], second| {
            let packed = Inputs::pack(x, inputs, Operand::Unsigned, second).expect("finite");
            assert_eq!(packed.high.len(), 3 * packed.chosen.len());
            packed.chosen
        };
        assert!(chosen(&x, Second::Largest).is_empty());
        assert_eq!(chosen(&x, Second::Every), (0..60).collect::<Vec<_>>());
        // In one row, of one channel in the eighth block of four; the others that are chosen only fill up the count.
        x[inputs + 31] = -1.9;
        assert!(chosen(&x, Second::Largest).is_empty());
        x[inputs + 31] = -2.1;
        let found = chosen(&x, Second::Largest);
        assert!(found.contains(&7) && found.len() == Second::Largest.blocks(60), "{found:?}");
    }
}
