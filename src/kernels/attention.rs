//! Multi-head attention, softmax within.
//!
//! In: queries, keys and values of one sequence, `[tokens, 3 · width]` side by side.  Out: `[tokens, width]`.
//! `softmax(q · kᵀ / sqrt(d)) · v`, head by head and five queries at a time, so that the scores never leave the cache.
//!
//! Source: Vaswani et al., "Attention Is All You Need" (2017), section 3.2.1. Proof: `tests/kernels.rs`.

use super::activation::{exp, in_place};
use super::float::multiply_add;
use super::norm::sum;
use super::panels::{COLUMNS, MOST_ROWS, tiles};
use super::rounding::LANES;
use super::vector::F32x4;

/// The shape of one attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attention {
    pub heads: usize,
    pub width: usize,
    /// Whether a token sees only itself and those before it.
    pub causal: bool,
}

impl Attention {
    /// What the tokens of the sequence `qkv` make of it, in `out`.
    pub fn forward(&self, qkv: &[f32], out: &mut [f32]) {
        let head_width = self.width / self.heads;
        let tokens = qkv.len() / (3 * self.width);
        let mut head = Head::new(tokens, head_width);
        for left in (0..self.width).step_by(head_width) {
            head.enter(qkv, self.width, left);
            for (first, height) in tiles(tokens, MOST_ROWS) {
                let seen = if self.causal { first + height } else { tokens };
                let rows = out[first * self.width..].chunks_mut(self.width).map(|row| &mut row[left..][..head_width]);
                match height {
                    1 => head.tile::<1>(first, seen, self.causal, rows),
                    2 => head.tile::<2>(first, seen, self.causal, rows),
                    3 => head.tile::<3>(first, seen, self.causal, rows),
                    4 => head.tile::<4>(first, seen, self.causal, rows),
                    _ => head.tile::<MOST_ROWS>(first, seen, self.causal, rows),
                }
            }
        }
    }

    /// What one token makes of the sequence, in `out`, `[width]`; no other's query is looked at.
    pub fn forward_one(&self, qkv: &[f32], token: usize, out: &mut [f32]) {
        let head_width = self.width / self.heads;
        let tokens = qkv.len() / (3 * self.width);
        let mut head = Head::new(tokens, head_width);
        let seen = if self.causal { token + 1 } else { tokens };
        for (index, out) in out.chunks_exact_mut(head_width).enumerate() {
            head.enter(qkv, self.width, index * head_width);
            head.tile::<1>(token, seen, self.causal, std::iter::once(out));
        }
    }
}

/// One head's operands, in the layouts of [`multiply_add`], and its scores.
struct Head {
    tokens: usize,
    width: usize,
    /// `[tokens, width]`, divided by `sqrt(width)`.
    queries: Vec<f32>,
    /// `[width, tokens]`, tokens padded to whole panels.
    keys: Vec<f32>,
    /// `[tokens, width]`, the width padded to whole panels.
    values: Vec<f32>,
    /// Of one tile: `[rows, tokens]`, padded.
    scores: Vec<f32>,
    /// The same, `[tokens, rows]`.
    shares: Vec<f32>,
    /// One tile of queries, `[width, rows]`.
    tile: Vec<f32>,
}

impl Head {
    fn new(tokens: usize, width: usize) -> Self {
        let (padded_tokens, padded_width) = (tokens.next_multiple_of(COLUMNS), width.next_multiple_of(COLUMNS));
        Self {
            tokens,
            width,
            queries: vec![0.0; tokens * width],
            keys: vec![0.0; width * padded_tokens],
            values: vec![0.0; tokens * padded_width],
            scores: vec![0.0; MOST_ROWS * padded_tokens],
            shares: vec![0.0; MOST_ROWS * tokens],
            tile: vec![0.0; MOST_ROWS * width],
        }
    }

    /// Takes the head that begins at the column `left` of queries, keys and values, each of `all` columns.
    fn enter(&mut self, qkv: &[f32], all: usize, left: usize) {
        let (width, padded_tokens) = (self.width, self.tokens.next_multiple_of(COLUMNS));
        let padded_width = width.next_multiple_of(COLUMNS);
        let scale = 1.0 / (width as f32).sqrt();
        for (token, row) in qkv.chunks_exact(3 * all).enumerate() {
            let part = |part: usize| &row[part * all + left..][..width];
            self.queries[token * width..][..width].iter_mut().zip(part(0)).for_each(|(query, x)| *query = x * scale);
            self.keys[token..].iter_mut().step_by(padded_tokens).zip(part(1)).for_each(|(key, x)| *key = *x);
            self.values[token * padded_width..][..width].copy_from_slice(part(2));
        }
    }

    /// The results of the queries `first .. first + ROWS`, which see the first `seen` tokens.
    fn tile<'a, const ROWS: usize>(
        &mut self,
        first: usize,
        seen: usize,
        causal: bool,
        out: impl Iterator<Item = &'a mut [f32]>,
    ) {
        self.score::<ROWS>(first, seen);
        let totals = self.share::<ROWS>(first, seen, causal);
        self.mix::<ROWS>(seen, totals, out);
    }

    // Functions of their own for the same reason as in `panels`.

    /// The queries' scores of the first `seen` tokens, and some after them.
    #[inline(never)]
    fn score<const ROWS: usize>(&mut self, first: usize, seen: usize) {
        let (width, padded_tokens) = (self.width, self.tokens.next_multiple_of(COLUMNS));
        for row in 0..ROWS {
            let query = &self.queries[(first + row) * width..][..width];
            self.tile[row..].iter_mut().step_by(ROWS).zip(query).for_each(|(tile, x)| *tile = *x);
        }
        for panel in 0..seen.div_ceil(COLUMNS) {
            let left = panel * COLUMNS;
            let sums = multiply_add::<ROWS>(&self.tile[..width * ROWS], &self.keys[left..], padded_tokens);
            for (row, sums) in sums.iter().enumerate() {
                self.scores[row * padded_tokens + left..][..COLUMNS].copy_from_slice(sums);
            }
        }
    }

    /// From the scores each token's share of each query, still to be divided by the totals.
    #[inline(never)]
    fn share<const ROWS: usize>(&mut self, first: usize, seen: usize, causal: bool) -> [f32; ROWS] {
        let padded_tokens = self.tokens.next_multiple_of(COLUMNS);
        let mut totals = [0.0; ROWS];
        for (row, total) in totals.iter_mut().enumerate() {
            let sees = if causal { first + row + 1 } else { seen };
            let scores = &mut self.scores[row * padded_tokens..][..padded_tokens];
            *total = exponentials(&mut scores[..sees]);
            scores[sees..].fill(0.0);
            self.shares[row..].iter_mut().step_by(ROWS).zip(&scores[..seen]).for_each(|(share, x)| *share = *x);
        }
        totals
    }

    /// The values, each by its share.
    #[inline(never)]
    fn mix<'a, const ROWS: usize>(
        &self,
        seen: usize,
        totals: [f32; ROWS],
        mut out: impl Iterator<Item = &'a mut [f32]>,
    ) {
        let padded_width = self.width.next_multiple_of(COLUMNS);
        let mut out: [&mut [f32]; ROWS] =
            std::array::from_fn(|_| out.next().expect("a row of the output for each query"));
        for panel in 0..self.width.div_ceil(COLUMNS) {
            let left = panel * COLUMNS;
            let sums = multiply_add::<ROWS>(&self.shares[..seen * ROWS], &self.values[left..], padded_width);
            for ((out, sums), total) in out.iter_mut().zip(&sums).zip(&totals) {
                out[left..].iter_mut().zip(sums).for_each(|(out, sum)| *out = sum / total);
            }
        }
    }
}

/// Puts `e^(score − largest)` in every score's place; their sum.
#[inline(never)]
fn exponentials(scores: &mut [f32]) -> f32 {
    let larger = |a: f32, b: f32| if a > b { a } else { b };
    let mut largest = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = scores.as_chunks::<LANES>();
    for chunk in chunks {
        largest.iter_mut().zip(chunk).for_each(|(largest, x)| *largest = larger(*x, *largest));
    }
    let largest = largest.into_iter().chain(rest.iter().copied()).fold(f32::NEG_INFINITY, larger);
    in_place(scores, |x| exp(x - F32x4::splat(largest)));
    sum(scores, |x| x)
}
