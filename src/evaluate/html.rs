//! A report → one HTML page that needs nothing else: tables, and plots as SVG.
//!
//! In: a [`Report`].  Out: HTML without scripts, links or images; its own policy forbids it to load anything. Light and
//! dark follow the reader's system. Every plot has a description, and a table with its numbers.
//!
//! Proof: `tests/evaluate/files.rs`.

use super::distances::Estimate;
use super::plots::{Caption, confusion, curve, map, reliability};
use super::tables::{self, Cell, Table};
use super::{EvaluateError, Evaluation, Report, words};

const STYLE: &str = include_str!("report.css");

/// The whole page.
///
/// # Errors
/// [`EvaluateError::Plot`] where a plot cannot be drawn.
pub(super) fn page(report: &Report) -> Result<String, EvaluateError> {
    let mut body = vec!["<h1>Evaluation</h1>".to_owned(), paragraph(&words::opening(report))];
    body.extend(words::left_out(report).iter().map(|line| paragraph(line)));
    body.push(table(&tables::summary(report)));
    body.extend(distances(report)?);
    if let Some(groups) = tables::groups(report) {
        body.extend([heading(2, &groups.caption.replace('`', "")), table(&groups)]);
    }
    body.extend([heading(2, "Calibration"), paragraph(words::CALIBRATION)]);
    let caption = Caption {
        plot: "reliability",
        id: "reliability",
        title: "Reliability diagram",
        description: "Accuracy over mean top probability, by bin and model. The tables below hold its numbers.",
    };
    body.push(figure(&reliability::plot(&caption, &report.evaluations)?));
    body.extend(report.evaluations.iter().map(|of| folded(&tables::reliability(of))));
    body.extend([heading(2, "Classification"), paragraph(words::CLASSIFICATION)]);
    for (index, of) in report.evaluations.iter().enumerate() {
        body.extend(classification(index, of)?);
    }
    if let Some(unreadable) = tables::unreadable(report) {
        body.extend([heading(2, &unreadable.caption), table(&unreadable)]);
    }
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>Evaluation: {}</title>\n<style>\n{STYLE}</style>\n\
         </head>\n<body>\n<main>\n{}\n</main>\n</body>\n</html>\n",
        escaped(&report.data),
        body.join("\n")
    ))
}

/// The distances' table, curves and maps; nothing where no photo has coordinates.
fn distances(report: &Report) -> Result<Vec<String>, EvaluateError> {
    let Some(numbers) = tables::distances(report) else { return Ok(Vec::new()) };
    let mut parts = vec![heading(2, "Distances"), paragraph(words::DISTANCES), table(&numbers)];
    let known = || report.evaluations.iter().filter_map(|of| Some((of, of.distances.as_ref()?)));
    let models: Vec<curve::Curve> = known()
        .filter_map(|(of, distances)| {
            let errors = distances.of(Estimate::ExpectedDistance)?;
            Some(curve::Curve { name: of.model.clone(), errors_km: &errors.errors_km })
        })
        .collect();
    if models.len() > 1 {
        let title = "Distance curve, models compared by the point with the least expected distance";
        parts.push(curve_of("curve-models", title, &models)?);
    }
    for (index, (of, distances)) in known().enumerate() {
        let points = distances.estimates.iter();
        let curves: Vec<curve::Curve> =
            points.map(|errors| curve::Curve { name: errors.estimate.label(), errors_km: &errors.errors_km }).collect();
        parts.push(curve_of(&format!("curve-{index}"), &format!("Distance curve of {}", of.model), &curves)?);
    }
    for (index, of) in report.evaluations.iter().enumerate() {
        let title = format!("Map of errors of {}", of.model);
        let description = format!(
            "The regions' boxes, and lines from the guess with the least expected distance to where up to {} photos \
             were taken. Every photo's numbers are in predictions.csv.",
            map::MOST_PHOTOS
        );
        let id = format!("map-{index}");
        let caption = Caption { plot: "errors on the map", id: &id, title: &title, description: &description };
        if let Some(svg) = map::plot(&caption, &report.regions, &of.predictions)? {
            parts.extend([heading(3, &title), figure(&svg), folded(&tables::errors_by_region(of))]);
        }
    }
    Ok(parts)
}

/// A distance curve under its title.
fn curve_of(id: &str, title: &str, curves: &[curve::Curve]) -> Result<String, EvaluateError> {
    let description = "Share of photos within so many kilometers. The table above holds ACC@R, mean and median.";
    let caption = Caption { plot: "the distance curve", id, title, description };
    Ok(format!("{}\n{}", heading(3, title), figure(&curve::plot(&caption, curves)?)))
}

/// One model's report and confusion matrix.
fn classification(index: usize, of: &Evaluation) -> Result<Vec<String>, EvaluateError> {
    let (regions, most) = (of.classification.regions.len(), confusion::MOST_REGIONS);
    let cut = if regions > most { format!(" The {most} regions with the most photos.") } else { String::new() };
    let description = format!("Photos by true and predicted region.{cut} The table below holds all numbers.");
    let (id, title) = (format!("confusion-{index}"), format!("Confusion matrix of {}", of.model));
    let caption = Caption { plot: "the confusion matrix", id: &id, title: &title, description: &description };
    Ok(vec![
        heading(3, &of.model),
        table(&tables::classification(of)),
        heading(4, &title),
        if cut.is_empty() { String::new() } else { paragraph(cut.trim()) },
        figure(&confusion::plot(&caption, &of.classification)?),
        folded(&tables::confusion(of)),
    ])
}

fn heading(level: u8, text: &str) -> String {
    format!("<h{level}>{}</h{level}>", escaped(text))
}

fn paragraph(text: &str) -> String {
    format!("<p>{}</p>", escaped(text))
}

/// Wider than a narrow screen, it scrolls by itself, also by keyboard.
fn figure(svg: &str) -> String {
    format!("<figure class=\"scroll\" tabindex=\"0\">{svg}</figure>")
}

fn folded(numbers: &Table) -> String {
    format!("<details><summary>{}</summary>\n{}\n</details>", escaped(&numbers.caption), table(numbers))
}

fn table(table: &Table) -> String {
    let class = |column: usize| if table.is_numeric(column) { " class=\"number\"" } else { "" };
    let classes: Vec<&str> = (0..table.header.len()).map(class).collect();
    let header = table.header.iter().zip(&classes);
    let header: String =
        header.map(|(text, class)| format!("<th scope=\"col\"{class}>{}</th>", escaped(text))).collect();
    let rows: String = table.rows.iter().map(|row| format!("<tr>{}</tr>\n", cells(row, &classes))).collect();
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\"><table>\n<caption>{caption}</caption>\n\
         <thead><tr>{header}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>",
        caption = escaped(&table.caption.replace('`', ""))
    )
}

fn cells(row: &[Cell], classes: &[&str]) -> String {
    let cells = row.iter().zip(classes).enumerate().map(|(column, (cell, class))| {
        let text = escaped(&cell.text);
        match (column, cell.strong) {
            (0, _) => format!("<th scope=\"row\">{text}</th>"),
            (_, true) => format!("<td{class}><strong>{text}</strong></td>"),
            (_, false) => format!("<td{class}>{text}</td>"),
        }
    });
    cells.collect()
}

/// Text that HTML shows as it is, also in an attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            character if character.is_control() => escaped.push(' '),
            character => escaped.push(character),
        }
    }
    escaped
}
