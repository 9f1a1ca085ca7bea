//! A map of errors: the regions' boxes, and a line from the guess to where the photo was taken.
//!
//! In: regions and predictions.  Out: an `<svg>`, of at most [`MOST_PHOTOS`] photos, evenly picked from all.
//! Longitudes are shrunk by the cosine of the middle latitude, and counted from the middle of the map, so that the
//! antimeridian is a line like any other.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::{Area, Caption, Drawn, FAINT, INK, MUTED, PALETTE, svg, text_style};
use crate::evaluate::report::ReportRegion;
use crate::evaluate::{EvaluateError, PhotoPrediction};
use crate::places::geo::{Bbox, EARTH_RADIUS_KM, LatLon};

/// More lines than this hide one another.
pub(in crate::evaluate) const MOST_PHOTOS: usize = 300;
/// More boxes than this hide everything.
const MOST_REGIONS: usize = 2_000;
const WIDTH: f64 = 720.0;
const HEIGHTS: (f64, f64) = (240.0, 900.0);
const MARGIN: f64 = 20.0;
/// About how wide a character is, in pixels.
const CHARACTER: f64 = 6.4;

/// The map; none where no photo has coordinates.
pub(in crate::evaluate) fn plot(
    caption: &Caption,
    regions: &[ReportRegion],
    predictions: &[PhotoPrediction],
) -> Result<Option<String>, EvaluateError> {
    let lines: Vec<(LatLon, LatLon, bool)> = predictions
        .iter()
        .filter_map(|photo| Some((photo.points.expected_distance.point, photo.taken_at?, photo.is_correct())))
        .collect();
    if lines.is_empty() {
        return Ok(None);
    }
    let stride = lines.len().div_ceil(MOST_PHOTOS);
    let lines: Vec<_> = lines.into_iter().step_by(stride).collect();
    let projection = Projection::around(regions, &lines);
    let size = (WIDTH as u32, (projection.height + 44.0) as u32);
    svg(caption, size, |area| draw(area, &projection, regions, &lines)).map(Some)
}

/// Degrees → pixels.
struct Projection {
    middle: LatLon,
    /// Pixels of a degree of longitude and of latitude.
    scale: (f64, f64),
    height: f64,
}

impl Projection {
    fn around(regions: &[ReportRegion], lines: &[(LatLon, LatLon, bool)]) -> Self {
        let dot = |at: LatLon| Bbox { west: at.lon, south: at.lat, east: at.lon, north: at.lat };
        let mut boxes: Vec<Bbox> = regions.iter().map(|region| region.bbox).collect();
        boxes.extend(lines.iter().flat_map(|&(guess, taken_at, _)| [dot(guess), dot(taken_at)]));
        let all = Bbox::around(&boxes).unwrap_or(dot(LatLon { lat: 0.0, lon: 0.0 }));
        let middle = all.center();
        // Near a pole the map would be a sliver; some width is left.
        let shrink = middle.lat.to_radians().cos().max(0.1);
        let (width, height) = ((all.width() * shrink).max(1e-6), (all.north - all.south).max(1e-6));
        let room = (WIDTH - 2.0 * MARGIN, HEIGHTS.1 - 2.0 * MARGIN);
        let scale = (room.0 / width).min(room.1 / height);
        let height = (height * scale + 2.0 * MARGIN).clamp(HEIGHTS.0, HEIGHTS.1);
        Self { middle, scale: (scale * shrink, scale), height }
    }

    fn pixel(&self, lat: f64, lon_from_middle: f64) -> (i32, i32) {
        let x = WIDTH / 2.0 + lon_from_middle * self.scale.0;
        let y = self.height / 2.0 - (lat - self.middle.lat) * self.scale.1;
        (x.round() as i32, y.round() as i32)
    }

    /// How far east of the middle, −180 … 180 degrees.
    fn ahead(&self, lon: f64) -> f64 {
        (lon - self.middle.lon + 180.0).rem_euclid(360.0) - 180.0
    }

    fn point(&self, at: LatLon) -> (i32, i32) {
        self.pixel(at.lat, self.ahead(at.lon))
    }

    fn corners(&self, bbox: Bbox) -> [(i32, i32); 2] {
        let west = self.ahead(bbox.center().lon) - bbox.width() / 2.0;
        [self.pixel(bbox.north, west), self.pixel(bbox.south, west + bbox.width())]
    }
}

fn draw(area: &Area, projection: &Projection, regions: &[ReportRegion], lines: &[(LatLon, LatLon, bool)]) -> Drawn {
    for region in regions.iter().take(MOST_REGIONS) {
        let corners = projection.corners(region.bbox);
        area.draw(&Rectangle::new(corners, FAINT.mix(0.35).filled()))?;
        area.draw(&Rectangle::new(corners, MUTED.stroke_width(1)))?;
    }
    for &(guess, taken_at, is_correct) in lines {
        let color = if is_correct { PALETTE[0] } else { PALETTE[4] };
        let ends = [projection.point(guess), projection.point(taken_at)];
        area.draw(&PathElement::new(ends.to_vec(), color.mix(0.35).stroke_width(1)))?;
        area.draw(&Circle::new(ends[1], 2, color.filled()))?;
    }
    for region in regions.iter().take(MOST_REGIONS) {
        let [(left, top), (right, _)] = projection.corners(region.bbox);
        if f64::from(right - left) > CHARACTER * region.name.chars().count() as f64 {
            let style = text_style(12, INK, HPos::Left, VPos::Bottom);
            area.draw(&Text::new(region.name.clone(), (left + 2, top - 2), style))?;
        }
    }
    scale_bar(area, projection)?;
    let note = "Dots: where photos were taken. Lines: to the guess. Blue: region right. Red: region wrong.";
    let place = (10, projection.height as i32 + 26);
    area.draw(&Text::new(note, place, text_style(13, MUTED, HPos::Left, VPos::Center)))?;
    Ok(())
}

/// A round number of kilometers, about a fifth of the map.
fn scale_bar(area: &Area, projection: &Projection) -> Drawn {
    let pixels_per_km = projection.scale.1 / (EARTH_RADIUS_KM * 1f64.to_radians());
    let about = WIDTH / 5.0 / pixels_per_km;
    let power = 10f64.powf(about.log10().floor());
    let km = [5.0, 2.0, 1.0].map(|step| step * power).into_iter().find(|km| *km <= about).unwrap_or(power);
    let (left, y) = (10, projection.height as i32 + 4);
    let right = left + (km * pixels_per_km).round() as i32;
    area.draw(&PathElement::new(vec![(left, y), (right, y)], INK.stroke_width(2)))?;
    let style = text_style(12, INK, HPos::Left, VPos::Center);
    area.draw(&Text::new(format!("{km} km"), (right + 6, y), style))?;
    Ok(())
}
