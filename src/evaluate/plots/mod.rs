//! Numbers → plots, as SVG that stands in the page's own text.
//!
//! In: an evaluation.  Out: `<svg>` elements with a title and a description; real text in the reader's font.
//! plotters draws in the colors of [`PALETTE`]; the page's style sheet gives each of them a counterpart for the dark, by
//! its value. Nothing here is interactive.
//!
//! Proof: `tests/evaluate/files.rs`.

pub(super) mod confusion;
pub(super) mod curve;
pub(super) mod map;
pub(super) mod reliability;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::EvaluateError;
use super::html::escaped;

pub(super) const INK: RGBColor = RGBColor(0x1b, 0x1f, 0x24);
pub(super) const MUTED: RGBColor = RGBColor(0x59, 0x63, 0x6e);
pub(super) const FAINT: RGBColor = RGBColor(0xd1, 0xd9, 0xe0);
pub(super) const PAPER: RGBColor = RGBColor(0xff, 0xff, 0xff);
/// Blue, orange, green, purple, red, teal: told apart also by those who see few colors, in this order.
pub(super) const PALETTE: [RGBColor; 6] = [
    RGBColor(0x1f, 0x6f, 0xb4),
    RGBColor(0xb8, 0x5c, 0x00),
    RGBColor(0x1a, 0x7f, 0x37),
    RGBColor(0x82, 0x50, 0xdf),
    RGBColor(0xcf, 0x22, 0x2e),
    RGBColor(0x0b, 0x7b, 0x83),
];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// What a plot is called, and what it shows in words.
pub(super) struct Caption<'a> {
    /// What an error calls it.
    pub plot: &'static str,
    /// Different from that of every other plot on the page.
    pub id: &'a str,
    pub title: &'a str,
    pub description: &'a str,
}

/// An `<svg>` of the given size, as `draw` fills it.
fn svg(caption: &Caption, size: (u32, u32), draw: impl FnOnce(&Area) -> Drawn) -> Result<String, EvaluateError> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        let drawn = draw(&area).and_then(|()| area.present().map_err(Into::into));
        drawn.map_err(|source| EvaluateError::Plot { plot: caption.plot, source })?;
    }
    // The page sizes the plot; its root gets a name in place of plotters' width and height.
    let content = text.split_once('>').map_or("", |(_, content)| content);
    let Caption { id, title, description, .. } = caption;
    Ok(format!(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\">\n<title id=\"{id}-title\">{}</title>\n\
         <desc id=\"{id}-desc\">{}</desc>{content}",
        size.0,
        size.1,
        escaped(title),
        escaped(description)
    ))
}

/// Text of a size and color, placed by `h` and `v`.
fn text_style(size: u32, color: RGBColor, h: HPos, v: VPos) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&color).pos(Pos::new(h, v))
}

/// The color of the series `index`; they repeat.
fn series_color(index: usize) -> RGBColor {
    PALETTE[index % PALETTE.len()]
}

/// A line of the legend for each name, from the top left corner down.
fn legend(area: &Area, (left, top): (i32, i32), entries: &[(String, RGBColor)]) -> Drawn {
    for (row, (name, color)) in entries.iter().enumerate() {
        let y = top + 18 * row as i32;
        area.draw(&PathElement::new(vec![(left, y), (left + 22, y)], color.stroke_width(3)))?;
        area.draw(&Text::new(shortened(name, 44), (left + 28, y), text_style(13, INK, HPos::Left, VPos::Center)))?;
    }
    Ok(())
}

/// At most so many characters of a name.
fn shortened(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    name.chars().take(most - 1).chain(['…']).collect()
}
