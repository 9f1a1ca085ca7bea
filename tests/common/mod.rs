//! What several test files share: golden files, largest differences, a table of them.

#![allow(dead_code)] // each test file uses its part

use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors};

/// A file under `tests/golden`.
pub fn golden(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(path)
}

/// Tensors of a golden safetensors file.
pub struct Golden {
    bytes: Vec<u8>,
}

impl Golden {
    pub fn read(path: &str) -> Self {
        Self::read_file(&golden(path))
    }

    pub fn read_file(path: &std::path::Path) -> Self {
        Self { bytes: std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())) }
    }

    fn parsed(&self) -> SafeTensors<'_> {
        SafeTensors::deserialize(&self.bytes).expect("golden files are whole")
    }

    pub fn shape(&self, name: &str) -> Vec<usize> {
        self.parsed().tensor(name).unwrap_or_else(|error| panic!("{name}: {error}")).shape().to_vec()
    }

    pub fn f32(&self, name: &str) -> Vec<f32> {
        let parsed = self.parsed();
        let view = parsed.tensor(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(view.dtype(), Dtype::F32, "{name}");
        view.data().as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
    }

    /// Rows of token ids.
    pub fn ids(&self, name: &str) -> Vec<Vec<u32>> {
        let parsed = self.parsed();
        let view = parsed.tensor(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(view.dtype(), Dtype::I64, "{name}");
        let ids: Vec<u32> = view.data().as_chunks::<8>().0.iter().map(|&b| i64::from_le_bytes(b) as u32).collect();
        ids.chunks(view.shape()[1]).map(<[u32]>::to_vec).collect()
    }
}

/// The largest absolute difference; NaN counts as infinite, a different length is a failure.
pub fn max_abs_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len(), "lengths differ");
    a.iter().zip(b).map(|(a, b)| if (a - b).is_nan() { f32::INFINITY } else { (a - b).abs() }).fold(0.0, f32::max)
}

pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len(), "lengths differ");
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Prints one row of the parity table, and fails where the limit is passed.
pub fn row(model: &str, what: &str, found: f64, limit: f64) {
    println!("parity | {model:<16} | {what:<28} | {found:>9.2e} | {limit:>9.2e}");
    assert!(found <= limit, "{model}, {what}: {found:e} is above {limit:e}");
}
