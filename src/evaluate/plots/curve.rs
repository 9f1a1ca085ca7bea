//! The distance curve: the share of photos within x km, for several points or models.
//!
//! In: errors, ascending.  Out: an `<svg>`; x is logarithmic.

use plotters::prelude::*;

use super::{Area, Caption, Drawn, FAINT, INK, MUTED, legend, series_color, svg};
use crate::evaluate::EvaluateError;

const SIZE: (u32, u32) = (640, 430);
/// A line of the legend, in pixels.
const LINE: u32 = 18;
/// Where the curve starts, in kilometers; nearer than this is as good as right.
const NEAREST_KM: f64 = 0.1;
/// Where the curve is looked at: so many places from left to right.
const PLACES: u32 = 240;

/// One line.
pub(in crate::evaluate) struct Curve<'a> {
    pub name: String,
    pub errors_km: &'a [f64],
}

/// The curves; every one has a photo at least.
pub(in crate::evaluate) fn plot(caption: &Caption, curves: &[Curve]) -> Result<String, EvaluateError> {
    svg(caption, (SIZE.0, SIZE.1 + LINE * curves.len() as u32), |area| draw(area, curves))
}

fn draw(area: &Area, curves: &[Curve]) -> Drawn {
    let farthest = curves.iter().filter_map(|curve| curve.errors_km.last()).copied().fold(10.0, f64::max) * 1.05;
    let (diagram, below) = area.split_vertically(SIZE.1 - 14);
    let mut chart = ChartBuilder::on(&diagram)
        .margin(12)
        .margin_right(24)
        .x_label_area_size(46)
        .y_label_area_size(56)
        .build_cartesian_2d((NEAREST_KM..farthest).log_scale(), 0.0..1.0)?;
    chart
        .configure_mesh()
        .x_desc("Kilometers")
        .y_desc("Share of photos within")
        .x_label_formatter(&|km| format!("{km}"))
        .y_label_formatter(&|share| format!("{:.0} %", 100.0 * share))
        .label_style(("sans-serif", 13).into_font().color(&INK))
        .axis_style(MUTED)
        .bold_line_style(FAINT)
        .light_line_style(TRANSPARENT)
        .draw()?;
    let step = (farthest / NEAREST_KM).ln() / f64::from(PLACES);
    for (index, curve) in curves.iter().enumerate() {
        let share =
            |km: f64| curve.errors_km.partition_point(|&error| error <= km) as f64 / curve.errors_km.len() as f64;
        let places = (0..=PLACES).map(|place| NEAREST_KM * (step * f64::from(place)).exp());
        chart.draw_series(LineSeries::new(places.map(|km| (km, share(km))), series_color(index).stroke_width(2)))?;
    }
    let entries = curves.iter().enumerate().map(|(index, curve)| (curve.name.clone(), series_color(index)));
    legend(&below, (68, 6), &entries.collect::<Vec<_>>())
}
