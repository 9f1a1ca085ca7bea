//! A confusion matrix as a heat map: a row for each true region, shaded by the share of its photos.
//!
//! In: a [`Classification`].  Out: an `<svg>`, of the regions with the most photos where there are too many to read.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::{Area, Caption, Drawn, FAINT, INK, MUTED, PALETTE, PAPER, shortened, svg, text_style};
use crate::evaluate::EvaluateError;
use crate::evaluate::classification::Classification;

/// More regions than this cannot be read.
pub(in crate::evaluate) const MOST_REGIONS: usize = 30;
const CELL: i32 = 32;
/// Room for names to the left, and above.
const NAMES: (i32, i32) = (150, 130);
const NAME_CHARS: usize = 18;
/// From this share on, a cell is dark enough for light text.
const DARK: f64 = 0.55;

/// The heat map.
pub(in crate::evaluate) fn plot(caption: &Caption, of: &Classification) -> Result<String, EvaluateError> {
    let regions = shown(of);
    let side = CELL * regions.len() as i32;
    let size = ((NAMES.0 + side + 40) as u32, (NAMES.1 + side + 34) as u32);
    svg(caption, size, |area| draw(area, of, &regions))
}

/// The regions with the most photos, true or predicted, in the places' order.
fn shown(of: &Classification) -> Vec<usize> {
    let predicted = |region: usize| of.confusion.iter().map(|row| row[region]).sum::<usize>();
    let mut regions: Vec<usize> = (0..of.regions.len()).collect();
    if regions.len() > MOST_REGIONS {
        regions.sort_by_key(|&region| std::cmp::Reverse(of.regions[region].scores.support + predicted(region)));
        regions.truncate(MOST_REGIONS);
        regions.sort_unstable();
    }
    regions
}

fn draw(area: &Area, of: &Classification, regions: &[usize]) -> Drawn {
    for (row, &truth) in regions.iter().enumerate() {
        let (name, middle) = (shortened(&of.regions[truth].name, NAME_CHARS), CELL * row as i32 + CELL / 2);
        let style = text_style(13, INK, HPos::Right, VPos::Center);
        area.draw(&Text::new(name.clone(), (NAMES.0 - 8, NAMES.1 + middle), style))?;
        let upward = text_style(13, INK, HPos::Left, VPos::Center).transform(FontTransform::Rotate270);
        area.draw(&Text::new(name, (NAMES.0 + middle, NAMES.1 - 8), upward))?;
        for (column, &predicted) in regions.iter().enumerate() {
            let corner = (NAMES.0 + CELL * column as i32, NAMES.1 + CELL * row as i32);
            let share = of.confusion[truth][predicted] as f64 / of.regions[truth].scores.support.max(1) as f64;
            cell(area, corner, of.confusion[truth][predicted], share)?;
        }
    }
    let below = NAMES.1 + CELL * regions.len() as i32 + 18;
    let note = "Rows: true region. Columns: predicted region. Shade: share of the row.";
    area.draw(&Text::new(note, (8, below), text_style(13, MUTED, HPos::Left, VPos::Center)))?;
    Ok(())
}

fn cell(area: &Area, (left, top): (i32, i32), photos: usize, share: f64) -> Drawn {
    let corners = [(left, top), (left + CELL, top + CELL)];
    area.draw(&Rectangle::new(corners, PALETTE[0].mix(share).filled()))?;
    area.draw(&Rectangle::new(corners, FAINT.stroke_width(1)))?;
    if photos > 0 {
        let color = if share > DARK { PAPER } else { INK };
        let style = text_style(12, color, HPos::Center, VPos::Center);
        area.draw(&Text::new(photos.to_string(), (left + CELL / 2, top + CELL / 2), style))?;
    }
    Ok(())
}
