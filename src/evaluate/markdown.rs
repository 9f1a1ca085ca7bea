//! A report → Markdown: the experiment's tables, models side by side.
//!
//! In: a [`Report`].  Out: GitHub-flavored Markdown; names and paths cannot break a table, nor add markup to it.
//!
//! Proof: `tests/evaluate/files.rs`.

use super::tables::{self, Cell, Table};
use super::{Report, words};

/// The whole document.
pub(super) fn document(report: &Report) -> String {
    let mut parts = vec!["# Evaluation".to_owned(), escaped(&words::opening(report))];
    parts.extend(words::left_out(report));
    parts.push(table(&tables::summary(report)));
    if let Some(distances) = tables::distances(report) {
        parts.extend(["## Distances".to_owned(), words::DISTANCES.to_owned(), table(&distances)]);
    }
    if let Some(groups) = tables::groups(report) {
        parts.extend([format!("## {}", escaped(&groups.caption)), table(&groups)]);
    }
    parts.extend(["## Classification".to_owned(), words::CLASSIFICATION.to_owned()]);
    for of in &report.evaluations {
        parts.extend([format!("### {}", escaped(&of.model)), table(&tables::classification(of))]);
    }
    parts.extend([
        "## Confusion".to_owned(),
        "Rows are true regions, columns are predicted ones, by number.".to_owned(),
    ]);
    for of in &report.evaluations {
        parts.extend([format!("### {}", escaped(&of.model)), table(&tables::confusion(of))]);
    }
    parts.extend(["## Calibration".to_owned(), words::CALIBRATION.to_owned()]);
    for of in &report.evaluations {
        parts.extend([format!("### {}", escaped(&of.model)), table(&tables::reliability(of))]);
    }
    if let Some(unreadable) = tables::unreadable(report) {
        parts.extend([format!("## {}", unreadable.caption), table(&unreadable)]);
    }
    parts.join("\n\n") + "\n"
}

fn table(table: &Table) -> String {
    let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let rule = (0..table.header.len()).map(|column| if table.is_numeric(column) { "---:" } else { "---" }.to_owned());
    let mut lines = vec![line(table.header.iter().map(|text| escaped(text)).collect()), line(rule.collect())];
    lines.extend(table.rows.iter().map(|row| line(row.iter().map(cell).collect())));
    lines.join("\n")
}

fn cell(cell: &Cell) -> String {
    if cell.strong { format!("**{}**", escaped(&cell.text)) } else { escaped(&cell.text) }
}

/// Text that Markdown shows as it is.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' => escaped.extend(['\\', character]),
            '&' => escaped.push_str("&amp;"),
            character if character.is_control() => escaped.push(' '),
            character => escaped.push(character),
        }
    }
    escaped
}
