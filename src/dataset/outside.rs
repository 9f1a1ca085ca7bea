//! How far a point is from a region.
//!
//! In: a [`Region`] and a point.  Out: kilometers to the nearest point of the area; 0 inside it and on its border.
//! The area is the region's polygons, or its box where it has none. Edges are straight in longitude and latitude. The
//! nearest point of an edge is found on the plane that touches the globe there, which is exact to a thousandth where
//! the point is within a hundred kilometers; the distance to it is the great circle's.
//!
//! Source: RFC 7946, section 3.1.1. Proof: `tests/dataset/outside.rs`.

use crate::places::geo::{Bbox, LatLon, distance_km};
use crate::places::{Polygon, Region};

/// The distance from `point` to the area of `region`, in kilometers.
pub fn outside_km(region: &Region, point: LatLon) -> f64 {
    let polygons = region.geometry.as_deref().unwrap_or_default();
    if polygons.is_empty() {
        if region.bbox.contains(point, 0.0) {
            return 0.0;
        }
        return nearest_km(point, sides(region.bbox));
    }
    if polygons.iter().any(|polygon| is_inside(polygon, point)) {
        return 0.0;
    }
    nearest_km(point, polygons.iter().flat_map(Polygon::edges))
}

/// Whether a line from `point` to the west crosses an odd number of edges. ±180° are one meridian.
fn is_inside(polygon: &Polygon, point: LatLon) -> bool {
    let crosses = |[a, b]: [LatLon; 2], lon: f64| {
        (a.lat <= point.lat) != (b.lat <= point.lat)
            && a.lon + (point.lat - a.lat) / (b.lat - a.lat) * (b.lon - a.lon) <= lon
    };
    let odd = |lon: f64| polygon.edges().filter(|&edge| crosses(edge, lon)).count() % 2 == 1;
    odd(point.lon) || (point.lon.abs() == 180.0 && odd(-point.lon))
}

/// The box's sides; its east may be above 180°.
fn sides(bbox: Bbox) -> impl Iterator<Item = [LatLon; 2]> {
    let Bbox { west, south, north, .. } = bbox;
    let east = west + bbox.width();
    let corners = [(south, west), (south, east), (north, east), (north, west)].map(|(lat, lon)| LatLon { lat, lon });
    (0..4).map(move |side| [corners[side], corners[(side + 1) % 4]])
}

fn nearest_km(point: LatLon, edges: impl Iterator<Item = [LatLon; 2]>) -> f64 {
    // The edge may be nearer the other way around the globe.
    let turns = |edge| [-360.0, 0.0, 360.0].map(|turn| distance_km(point, nearest_of_edge(point, edge, turn)));
    edges.flat_map(turns).fold(f64::INFINITY, f64::min)
}

/// The point of an edge, turned by `turn` degrees, that is nearest to `point` on the plane.
fn nearest_of_edge(point: LatLon, [a, b]: [LatLon; 2], turn: f64) -> LatLon {
    let mut share = 0.5;
    // The scale of longitudes is that halfway to the nearest point, which is known better the second time.
    for _ in 0..2 {
        let lat = a.lat + share * (b.lat - a.lat);
        let scale = ((point.lat + lat) / 2.0).to_radians().cos();
        let (along_x, along_y) = ((b.lon - a.lon) * scale, b.lat - a.lat);
        let (to_x, to_y) = ((point.lon - turn - a.lon) * scale, point.lat - a.lat);
        let length_squared = along_x * along_x + along_y * along_y;
        let projected = (to_x * along_x + to_y * along_y) / length_squared;
        // An edge of no length has one point.
        share = if length_squared > 0.0 { projected.clamp(0.0, 1.0) } else { 0.0 };
    }
    LatLon { lat: a.lat + share * (b.lat - a.lat), lon: a.lon + share * (b.lon - a.lon) + turn }
}
