//! The course of a run as a picture: losses and accuracies by epoch.
//!
//! In: every epoch's numbers.  Out: SVG.

use plotters::prelude::*;

use super::checkpoint::EpochRecord;

const SIZE: (u32, u32) = (760, 360);
const TRAIN: RGBColor = RGBColor(0x6b, 0x72, 0x80);
const VAL: RGBColor = RGBColor(0x1d, 0x4e, 0xd8);

/// Loss on the left, accuracy on the right; validation in blue, training in gray.
///
/// # Errors
/// Where the plotting library fails.
pub fn curve(history: &[EpochRecord]) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        let (left, right) = root.split_horizontally(SIZE.0 / 2);
        let most = history.iter().flat_map(|e| [Some(e.val_loss), e.train_loss]).flatten().fold(0.1, f64::max);
        panel(&left, "Loss", most * 1.05, history, |e| e.train_loss, |e| e.val_loss)?;
        panel(&right, "Accuracy", 1.0, history, |e| e.train_accuracy, |e| e.val_accuracy)?;
        root.present()?;
    }
    Ok(svg)
}

fn panel(
    area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    title: &str,
    most: f64,
    history: &[EpochRecord],
    train: impl Fn(&EpochRecord) -> Option<f64>,
    val: impl Fn(&EpochRecord) -> f64,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let last = history.last().map_or(1, |record| record.epoch.max(1));
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .caption(title, ("sans-serif", 18))
        .x_label_area_size(36)
        .y_label_area_size(44)
        .build_cartesian_2d(0..last, 0.0..most)
        .map_err(|error| error.to_string())?;
    chart.configure_mesh().x_desc("epoch").light_line_style(TRANSPARENT).draw().map_err(|error| error.to_string())?;
    let points = history.iter().filter_map(|record| Some((record.epoch, train(record)?)));
    chart
        .draw_series(LineSeries::new(points, TRAIN.stroke_width(2)))
        .map_err(|error| error.to_string())?
        .label("training")
        .legend(|(x, y)| PathElement::new(vec![(x, y), (x + 16, y)], TRAIN.stroke_width(2)));
    let points = history.iter().map(|record| (record.epoch, val(record)));
    chart
        .draw_series(LineSeries::new(points, VAL.stroke_width(2)))
        .map_err(|error| error.to_string())?
        .label("validation")
        .legend(|(x, y)| PathElement::new(vec![(x, y), (x + 16, y)], VAL.stroke_width(2)));
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.8))
        .border_style(TRAIN.mix(0.4))
        .draw()
        .map_err(|error| error.to_string())?;
    Ok(())
}
