//! Chance that can be repeated: the same seed, region, index and purpose give the same draws, on every machine.
//!
//! In: what is drawn.  Out: [`Dice`].
//! ChaCha with 8 rounds, keyed with the SHA-256 of everything that names the draw. Floating-point numbers are made
//! here from its 32-bit words, so that no other crate's version can change a picture.
//!
//! Proof: `tests/scenes.rs`.

use std::cell::RefCell;

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// A stream of draws, for one thread.
///
/// Drawn from by shared reference, so that one draw may be an argument beside the dice themselves.
pub(super) struct Dice(RefCell<ChaCha8Rng>);

impl Dice {
    /// The dice for one purpose of one picture.
    pub fn new(purpose: &str, seed: u64, region_id: &str, index: u32) -> Self {
        let mut hash = Sha256::new();
        for text in [purpose, region_id] {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
        hash.update(seed.to_le_bytes());
        hash.update(index.to_le_bytes());
        Self(RefCell::new(ChaCha8Rng::from_seed(hash.finalize().into())))
    }

    /// Any 32 bits.
    pub fn word(&self) -> u32 {
        self.0.borrow_mut().next_u32()
    }

    /// From 0 up to, but not including, 1.
    pub fn unit(&self) -> f32 {
        (self.word() >> 8) as f32 / (1u32 << 24) as f32
    }

    /// From 0 up to, but not including, 1, with all the digits of a double.
    pub fn unit_f64(&self) -> f64 {
        let (high, low) = (u64::from(self.word()), u64::from(self.word()));
        ((high << 32 | low) >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn range(&self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Near `middle`, at most `spread` away, the nearer the likelier.
    pub fn around(&self, middle: f32, spread: f32) -> f32 {
        middle + spread * (self.unit() + self.unit() - 1.0)
    }

    /// A whole number; both ends may come.
    pub fn count(&self, low: u32, high: u32) -> u32 {
        // The bias of the remainder is below 1e-7 for the small numbers asked for here.
        low + self.word() % (high - low + 1)
    }

    pub fn chance(&self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// −1 or 1.
    pub fn sign(&self) -> f32 {
        if self.chance(0.5) { 1.0 } else { -1.0 }
    }

    /// One of `choices`, which has one at least.
    pub fn pick<T: Copy>(&self, choices: &[T]) -> T {
        choices[self.count(0, choices.len() as u32 - 1) as usize]
    }

    /// Which of `N` things are shown: each most of the time, and never fewer than `at_least`.
    pub fn subset<const N: usize>(&self, probability: f32, at_least: usize) -> [bool; N] {
        let mut shown = [false; N];
        for one in &mut shown {
            *one = self.chance(probability);
        }
        while shown.iter().filter(|one| **one).count() < at_least.min(N) {
            shown[self.count(0, N as u32 - 1) as usize] = true;
        }
        shown
    }

    /// The numbers below `N`, shuffled.
    pub fn order<const N: usize>(&self) -> [usize; N] {
        let mut order = std::array::from_fn(|index| index);
        for last in (1..N).rev() {
            order.swap(last, self.count(0, last as u32) as usize);
        }
        order
    }
}
