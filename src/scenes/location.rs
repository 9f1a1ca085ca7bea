//! A random point of a region, uniform over its area on the globe.
//!
//! In: a region.  Out: a point inside, a whole number of 1e-7 degrees, which EXIF and the table hold exactly.
//!
//! Proof: `tests/scenes.rs`.

use crate::places::geo::{Bbox, LatLon, wrapped_longitude};
use crate::places::{Polygon, Region};

use super::dice::Dice;
use super::error::ScenesError;

/// Steps of one degree: 1e-7 degrees are about a centimeter.
const STEPS: f64 = 1e7;
/// A region that fills a thousandth of its box is still found, but for one in e¹⁰⁰.
const TRIES: u32 = 100_000;

/// # Errors
/// [`ScenesError::NoRoom`] where the area is too small a part of its box to be found.
pub(super) fn inside(region: &Region, dice: &Dice) -> Result<LatLon, ScenesError> {
    let bbox = match &region.geometry {
        Some(polygons) => {
            let boxes: Vec<Bbox> = polygons.iter().map(Polygon::bbox).collect();
            Bbox::around(&boxes).unwrap_or(region.bbox)
        }
        None => region.bbox,
    };
    // Equal bands of the sine of the latitude have equal areas.
    let (south, north) = (bbox.south.to_radians().sin(), bbox.north.to_radians().sin());
    for _ in 0..TRIES {
        let sine: f64 = south + (north - south) * dice.unit_f64();
        let lat = rounded(sine.asin().to_degrees());
        let lon = rounded(wrapped_longitude(bbox.west + bbox.width() * dice.unit_f64()));
        let point = LatLon { lat, lon };
        // A step off the border, so that no rounding of a reader takes the point outside.
        let inside_box = bbox.contains(point, -1.0 / STEPS);
        if inside_box && region.geometry.as_deref().is_none_or(|polygons| contains(polygons, point)) {
            return Ok(point);
        }
    }
    Err(ScenesError::NoRoom { region_id: region.id.clone(), tries: TRIES })
}

fn rounded(degrees: f64) -> f64 {
    (degrees * STEPS).round() / STEPS
}

/// Whether a point is inside one of the polygons and in none of its holes: by crossings of a ray to the east.
fn contains(polygons: &[Polygon], point: LatLon) -> bool {
    polygons.iter().any(|polygon| {
        let crossings = polygon.edges().filter(|[a, b]| {
            let spans = (a.lat > point.lat) != (b.lat > point.lat);
            spans && point.lon < a.lon + (point.lat - a.lat) / (b.lat - a.lat) * (b.lon - a.lon)
        });
        crossings.count() % 2 == 1
    })
}
