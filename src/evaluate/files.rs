//! A report → its four files.
//!
//! In: a [`Report`], and a folder, made where it is missing.  Out: `report.md`, `report.json`, `predictions.csv`,
//! `report.html`. Each is written beside its place and then moved there: what stands there is always whole.
//!
//! Proof: `tests/evaluate/files.rs`.

use std::io::Write;
use std::path::Path;

use super::{EvaluateError, Report, html, markdown, predictions};

/// Writes `report` to the folder `out`.
///
/// # Errors
/// [`EvaluateError`] that names the file that cannot be written; the files before it are written.
pub fn write(report: &Report, out: &Path) -> Result<(), EvaluateError> {
    if report.evaluations.is_empty() {
        return Err(EvaluateError::NoModels);
    }
    let json = serde_json::to_vec_pretty(report).map_err(|source| EvaluateError::Json { source })?;
    let files = [
        ("report.md", markdown::document(report).into_bytes()),
        ("report.json", json),
        ("predictions.csv", predictions::csv(report)?),
        ("report.html", html::page(report)?.into_bytes()),
    ];
    let folder = |source| EvaluateError::Folder { folder: out.to_owned(), source };
    std::fs::create_dir_all(out).map_err(folder)?;
    for (name, bytes) in &files {
        let file = out.join(name);
        write_atomically(out, &file, bytes).map_err(|source| EvaluateError::Write { file, source })?;
    }
    Ok(())
}

fn write_atomically(folder: &Path, file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut beside = tempfile::Builder::new();
    // Temporary files are for their owner alone; a report is as readable as any other file.
    #[cfg(unix)]
    beside.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut beside = beside.prefix(".report-").tempfile_in(folder)?;
    beside.write_all(bytes)?;
    beside.as_file().sync_all()?;
    beside.persist(file)?;
    Ok(())
}
