//! A region's area → small patches of it, in rows from south to north.
//!
//! In: a [`Region`], and about how many patches to make.  Out: [`Patch`]es whose weights sum to 1.
//! Rows are strips of equal height in latitude. Where a row's middle line is inside the area, it is cut into columns, so
//! that patches are about square. A patch weighs as much as its area on the sphere, `Δlon · Δ sin lat`.
//!
//! A polygon's edges are straight in longitude and latitude, and a point is inside where a line from it crosses an odd
//! number of its rings' edges. Parts of a multipolygon do not overlap.
//!
//! Source: RFC 7946, section 3.1.1 (edges) and 3.1.9 (parts at the antimeridian). Proof: `tests/places/point.rs`.

use super::geo::{Bbox, LatLon};
use super::regions::{Polygon, Region};

/// A small area on the unit sphere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Patch {
    /// Unit vector.
    pub center: [f64; 3],
    pub weight: f64,
    /// Half the mean square distance of the patch's points from its center, in square radians.
    pub half_square: f64,
}

impl Patch {
    /// All `patches`, whose weights sum to 1, as one of weight 1.
    pub fn of_all(patches: &[Patch]) -> Self {
        let mean = [0, 1, 2].map(|axis| patches.iter().map(|patch| patch.weight * patch.center[axis]).sum::<f64>());
        let length = mean.iter().map(|value| value * value).sum::<f64>().sqrt();
        let inner: f64 = patches.iter().map(|patch| patch.weight * patch.half_square).sum();
        // The mean of 1 − cos d is half the mean of d². A region all around the globe has no middle; any point will do.
        let center = if length > 1e-9 { mean.map(|value| value / length) } else { patches[0].center };
        Self { center, weight: 1.0, half_square: (1.0 - length).max(0.0) + inner }
    }
}

/// `region` in about `count` patches: its polygons where it has any, else its box.
pub(super) fn patches(region: &Region, count: usize) -> Vec<Patch> {
    let mut patches = match &region.geometry {
        Some(polygons) => {
            let area: f64 = polygons.iter().map(area).sum();
            polygons.iter().flat_map(|polygon| cut(&Shape::Polygon(polygon), area, count)).collect()
        }
        None => Vec::new(),
    };
    if patches.is_empty() {
        patches = cut(&Shape::Box(region.bbox), box_area(region.bbox), count);
    }
    let sum: f64 = patches.iter().map(|patch| patch.weight).sum();
    patches.iter_mut().for_each(|patch| patch.weight /= sum);
    patches
}

enum Shape<'a> {
    Box(Bbox),
    Polygon(&'a Polygon),
}

impl Shape<'_> {
    /// Southernmost and northernmost latitude, in degrees.
    fn latitudes(&self) -> (f64, f64) {
        match self {
            Self::Box(bbox) => (bbox.south, bbox.north),
            Self::Polygon(polygon) => {
                let bbox = polygon.bbox();
                (bbox.south, bbox.north)
            }
        }
    }

    /// Where the parallel `lat` is inside, as west and east in degrees.
    fn spans(&self, lat: f64) -> Vec<(f64, f64)> {
        match self {
            Self::Box(bbox) => vec![(bbox.west, bbox.west + bbox.width())],
            Self::Polygon(polygon) => {
                let mut crossings: Vec<f64> = polygon.edges().filter_map(|edge| crossing(edge, lat)).collect();
                crossings.sort_by(f64::total_cmp);
                crossings.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
            }
        }
    }
}

/// The patches of `shape`, `count` of them if it had all of `area` (square radians).
fn cut(shape: &Shape, area: f64, count: usize) -> Vec<Patch> {
    let side = (area / count as f64).sqrt();
    let (south, north) = shape.latitudes();
    let rows = cells((north - south).to_radians() / side, count);
    let height = (north - south).to_radians() / rows as f64;
    let mut patches = Vec::new();
    for row in 0..rows {
        let middle = south.to_radians() + (row as f64 + 0.5) * height;
        let lat = mean_latitude(middle, height);
        let (sin_lat, cos_lat) = lat.sin_cos();
        for (west, east) in shape.spans(lat.to_degrees()) {
            let columns = cells((east - west).to_radians() * cos_lat / side, count);
            let width = (east - west).to_radians() / columns as f64;
            let sides = (width * cos_lat).powi(2) + height.powi(2);
            patches.extend((0..columns).map(|column| {
                let (sin_lon, cos_lon) = (west.to_radians() + (column as f64 + 0.5) * width).sin_cos();
                Patch {
                    center: [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat],
                    weight: width * zone(middle, height),
                    half_square: sides / 24.0, // a rectangle's mean square distance is sides / 12
                }
            }));
        }
    }
    patches
}

/// The area of a row around the globe per radian of longitude, `sin north − sin south`, without losing its digits.
fn zone(middle: f64, height: f64) -> f64 {
    2.0 * middle.cos() * (height / 2.0).sin()
}

/// The mean latitude of a row by area: `tan(middle) (1 − h / tan h)` nearer to the equator than its middle, with `h` half
/// its height. All in radians.
fn mean_latitude(middle: f64, height: f64) -> f64 {
    let half = height / 2.0;
    middle - middle.tan() * (1.0 - half / half.tan())
}

/// How many cells a length of so many cells is cut into.
fn cells(length: f64, most: usize) -> usize {
    // Casting saturates, and turns NaN to 0.
    (length.round() as usize).clamp(1, most)
}

/// Where an edge crosses the parallel `lat`, as a longitude. Its lower end belongs to it, its upper end does not.
fn crossing([a, b]: [LatLon; 2], lat: f64) -> Option<f64> {
    ((a.lat <= lat) != (b.lat <= lat)).then(|| a.lon + (lat - a.lat) / (b.lat - a.lat) * (b.lon - a.lon))
}

fn box_area(bbox: Bbox) -> f64 {
    let (south, north) = (bbox.south.to_radians(), bbox.north.to_radians());
    bbox.width().to_radians() * zone((south + north) / 2.0, north - south)
}

/// About the area of a polygon, in square radians: edges as straight in the sine of the latitude. It only sets how
/// large patches are, not what they weigh.
fn area(polygon: &Polygon) -> f64 {
    let twice = |ring: &Vec<LatLon>| -> f64 {
        let point = |at: LatLon| (at.lon.to_radians(), at.lat.to_radians().sin());
        let edges = ring.windows(2).map(|edge| (point(edge[0]), point(edge[1])));
        edges.map(|((ax, ay), (bx, by))| (ax - bx) * (ay + by)).sum()
    };
    let mut areas = polygon.rings.iter().map(|ring| twice(ring).abs() / 2.0);
    let outer = areas.next().unwrap_or(0.0);
    (outer - areas.sum::<f64>()).max(outer * 1e-3)
}
