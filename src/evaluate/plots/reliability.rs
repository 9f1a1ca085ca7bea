//! The reliability diagram: accuracy over the mean top probability, for every bin of every model.
//!
//! In: evaluations.  Out: an `<svg>`. A dot's area grows with its bin's photos; on the diagonal, probabilities are true.

use plotters::prelude::*;

use super::{Area, Caption, Drawn, FAINT, INK, MUTED, legend, series_color, svg};
use crate::evaluate::{EvaluateError, Evaluation};

const SIZE: (u32, u32) = (560, 470);
/// A line of the legend, in pixels.
const LINE: u32 = 18;
/// The radii of the dots: of one with hardly a photo, and of one with all of them.
const RADII: (f64, f64) = (3.0, 14.0);

/// The diagram of all models.
pub(in crate::evaluate) fn plot(caption: &Caption, evaluations: &[Evaluation]) -> Result<String, EvaluateError> {
    let height = SIZE.1 + LINE * evaluations.len() as u32;
    svg(caption, (SIZE.0, height), |area| draw(area, evaluations))
}

fn draw(area: &Area, evaluations: &[Evaluation]) -> Drawn {
    let (diagram, below) = area.split_vertically(SIZE.1 - 14);
    let mut chart = ChartBuilder::on(&diagram)
        .margin(12)
        .x_label_area_size(46)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..1.0, 0.0..1.0)?;
    chart
        .configure_mesh()
        .x_desc("Mean top probability")
        .y_desc("Accuracy")
        .label_style(("sans-serif", 13).into_font().color(&INK))
        .axis_style(MUTED)
        .bold_line_style(FAINT)
        .light_line_style(TRANSPARENT)
        .draw()?;
    chart.draw_series(DashedLineSeries::new([(0.0, 0.0), (1.0, 1.0)], 6, 5, MUTED.stroke_width(1)))?;
    for (index, of) in evaluations.iter().enumerate() {
        let color = series_color(index);
        let bins =
            of.calibration.bins.iter().filter_map(|bin| Some((bin.mean_probability?, bin.accuracy?, bin.photos)));
        chart.draw_series(LineSeries::new(bins.clone().map(|(x, y, _)| (x, y)), color.stroke_width(2)))?;
        chart.draw_series(bins.map(|(x, y, photos)| {
            let share = photos as f64 / of.photos as f64;
            let radius = RADII.0 + (RADII.1 - RADII.0) * share.sqrt();
            Circle::new((x, y), radius.round() as i32, color.mix(0.7).filled())
        }))?;
    }
    let name = |of: &Evaluation| format!("{}: ECE {:.3}", of.model, of.calibration.ece);
    let entries = evaluations.iter().enumerate().map(|(index, of)| (name(of), series_color(index)));
    legend(&below, (68, 6), &entries.collect::<Vec<_>>())
}
