//! What burn computes too slowly on a CPU for this job: the towers' arithmetic on plain slices.
//!
//! In: f32 rows, and weights as a pack stores them.  Out: f32 rows.
//! Nine tenths of a tower's time are its linear layers. Here they multiply int8 weights as int8, a quarter of the bytes
//! and, without a GPU, the speed of the whole; attention, norms and activations are written so that they stay a tenth.
//!
//! - [`panels`]: how a product is cut, and what becomes of its results
//! - [`wide`]: int8 or f16 weights × 16-bit inputs, on any processor; [`digits`]: int8 weights × digits of a byte, where
//!   that is one instruction; [`float`]: f32 weights × f32 inputs
//! - [`linear`]: a layer, and the one place that decides which of the three it uses
//! - [`norm`], [`attention`], [`activation`], [`rounding`], [`vector`]: the rest; [`encoder`]: the transformer made of them
//!
//! The plain twin of all this is [`crate::clip`] on burn. A module with relaxed instructions does not load in a browser
//! without them, so the crate's feature `relaxed-simd` makes a second module; the page picks.
//!
//! What decides the speed in a browser, and what did not help, measured on ViT-B/32 in Chromium 156 on an x86 server:
//! - LLVM's loop-strength reduction turns constant offsets into pointers of their own, and V8 runs out of registers:
//!   without `-Cllvm-args=-disable-lsr` for the module the whole tower needs 1.4 times as long.
//! - Tiles of 5 rows where a product needs a register before it is added: with 6, V8 spills one in each step, 11 % slower
//!   in int8, 25 % in f32. Products of bytes are added by the instruction that makes them, and 10 sums do not quite fill
//!   the time that one takes: 6 rows, 12 sums, 4 % faster.
//! - Two steps in one turn of the loop: nothing gained in Chromium 156, 13 % lost in an older V8 (Node 20), where each
//!   constant offset takes a general register.
//! - Sums by value. Lent to a function (`&mut`) that the compiler then inlines, or taken from an array by its iterator,
//!   they are copied by `memory.copy`, which in V8 is a call out of wasm of 50 ns: two of them in each tile were 6 % of
//!   the tower. `--print-wasm-code` shows them.
//! - Reading ahead while byte products are summed: one load in each step, four bytes apart, so that eight tiles read the
//!   next panel: 7 %. (For sixteen bits, which take three times as long, widening in the first tile does the same.)
//! - An overflow check in a loop leaves no vectors: the digits of the inputs took 26 ms of a photo's 175, now 5 of 140.
//! - Widening a panel of int8 weights to 16 bits once, rather than in the loop: 5 % faster; doing it while the first
//!   tile passes by, so that the weights come out of memory meanwhile: 3 % more.
//! - f16 weights as integers of 14 bits rather than as floats: the f16 layers of an int8 pack in 5 ms rather than 12.
//! - Functions of one tile height, rather than one with all of them inlined: V8 has less to optimize, and the first
//!   photo of a visit is done 40 ms sooner.
//! - A panel transposed by perfect shuffles, 24 of them for 128 bytes, where the compiler takes one value after the
//!   other; the weights' sums by the kernel itself; what is called for each row a function of its own, since a function
//!   that runs is never exchanged for its optimized code: a model starts in 95 ms rather than 200.
//! - Each loop of the inputs' digits, of the attention, of a panel's making a function of its own: V8 optimizes ten of
//!   them in a third of the time that it took for the one they were, 50 ms, in which the old code ran. A visit's first
//!   answer comes 5 % sooner.
//! - A small layer computed as soon as the module runs ([`encoder::warm_up`]), while the manifest is on its way: the first
//!   photo takes 20 to 35 ms less, for 25 that are not all waited for.
//! - The last layer is asked for one token only: 6 % saved, and 1 % more for asking for its query alone.
//! - What becomes of a tile's sums (scales, bias, residual) written over arrays of known length: 2 %. Over slices it was
//!   compiled one number at a time, and took 8 % of the whole.
//! - A long panel in stretches of 128 to 768 steps, so that what is widened of it stays in the first cache; sums of
//!   four or eight panels kept and written row by row, whole cache lines at a time: neither gained anything beyond what
//!   timings scatter. Every int8 layer multiplies at the same speed, whatever its shape: arithmetic is what is left.
//! - A second digit for the largest inputs only where they are twice as large as the others: a twentieth of the products.
//! - Activations and softmax on vectors of our own ([`vector`]), four in one turn: 1 %. Left to itself the compiler takes
//!   either one vector in a turn, for which V8 makes 14 constants anew, or one number of each of four rows.
//! - Eight tiles of 6 rows and one of 2, summed in three chains, for 50 rows rather than five of 6 and four of 5: 1 %,
//!   left out.
//! - A tile's results finished by the function that sums them, without a way through memory; weights aligned to 64
//!   bytes; a stretch of f16 steps unrolled; each tile of inputs an allocation of its own: nothing, or 2 % slower (the
//!   last). Of the tiles 5 × 8, 4 × 8, 3 × 8, 10 × 4, 12 × 4, 6 × 4, 4 × 12 and 3 × 12 only the
//!   last is faster by itself (3 %), and the rest of 50 rows takes that back; one load and four shuffles for four rows'
//!   inputs rather than four loads: nothing.
//!
//! The two int8 methods are told apart by values that the instruction gives ([`digits::operand`]) rather than
//! timed at start: then V8 still runs its baseline code, whose times say little about the optimized code that follows;
//! and whether an eighth bit is exact is not a matter of time.
//!
//! Proof: `tests/kernels.rs` (every product against its plain twin), `tests/parity.rs` (whole towers).

pub mod activation;
pub mod attention;
pub mod digits;
pub mod encoder;
pub mod float;
pub mod linear;
pub mod norm;
pub mod panels;
pub mod rounding;
pub mod vector;
pub mod wide;

/// Sees the activations between the stages of a forward pass: a stage's name and its `[batch · tokens, width]`.
pub type Observer<'a> = &'a mut dyn FnMut(&str, &[f32]);

/// A row of inputs that no sum can be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("row {row} of a layer's inputs holds NaN or an infinity; expected finite numbers: the weights are damaged")]
pub struct NonFinite {
    pub row: usize,
}
