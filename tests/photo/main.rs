//! Photo bytes → upright RGB: every format and kind against Pillow's pixels, and everything that can be wrong.
//!
//! `tests/golden/preprocess/make_kinds.py` draws the files of `kinds/` and says what Pillow reads from them. The other
//! files are built here, byte by byte, so that one thing at a time can be wrong with them.

mod cut_off;
mod files;
mod kinds;
mod limits;
mod orientation;
mod place;

use std::path::PathBuf;

use placelens::photo::Photo;

/// A file below `tests/golden/preprocess`.
fn golden(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/preprocess").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The largest and the mean difference between two pictures of one size.
fn difference(found: &Photo, expected: &Photo) -> (u8, f64) {
    assert_eq!((found.width, found.height), (expected.width, expected.height), "size");
    assert_eq!(found.rgb.len(), expected.rgb.len(), "bytes");
    let pairs = || found.rgb.iter().zip(&expected.rgb).map(|(&a, &b)| a.abs_diff(b));
    let sum: u64 = pairs().map(u64::from).sum();
    (pairs().max().unwrap_or(0), sum as f64 / found.rgb.len() as f64)
}
