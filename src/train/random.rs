//! Random numbers that depend on the run's seed and on what they are for, never on what was drawn before.
//!
//! So a resumed run draws what the uninterrupted one would have drawn, and threads do not matter.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// The numbers for `purpose` number `index` in `epoch`.
pub fn random(seed: u64, purpose: &str, epoch: usize, index: usize) -> ChaCha8Rng {
    let hash = Sha256::new().chain_update(seed.to_le_bytes()).chain_update((epoch as u64).to_le_bytes());
    let digest = hash.chain_update((index as u64).to_le_bytes()).chain_update(purpose.as_bytes()).finalize();
    ChaCha8Rng::from_seed(digest.into())
}
