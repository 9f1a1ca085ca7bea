//! Points and boxes on the globe, and how far apart points are.
//!
//! In: degrees, WGS 84.  Out: kilometers along great circles of a sphere of [`EARTH_RADIUS_KM`].
//! The distance is the haversine formula with its complement, `d = 2 R atan2(√h, √(1 − h))`, where `1 − h` is summed
//! from positive terms as `h` is: no digits are lost, neither between neighbors nor between antipodes.
//! A box may cross the antimeridian: then its west is greater than its east, as in RFC 7946, section 5.2.
//!
//! Source: R. W. Sinnott, "Virtues of the Haversine", 1984; the mean radius of the IUGG. Proof: `tests/places/geo.rs`.

use serde::{Deserialize, Serialize};

/// The mean radius of the Earth, in kilometers.
pub const EARTH_RADIUS_KM: f64 = 6371.0088;

/// A point, in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LatLon {
    /// North of the equator, −90 … 90.
    pub lat: f64,
    /// East of Greenwich, −180 … 180.
    pub lon: f64,
}

impl LatLon {
    /// Whether both numbers are finite and in range.
    pub fn is_valid(self) -> bool {
        (-90.0..=90.0).contains(&self.lat) && (-180.0..=180.0).contains(&self.lon)
    }

    /// The unit vector from the Earth's center: x to (0°, 0°), y to (0°, 90° E), z to the North Pole.
    pub fn to_unit_vector(self) -> [f64; 3] {
        let (sin_lat, cos_lat) = self.lat.to_radians().sin_cos();
        let (sin_lon, cos_lon) = self.lon.to_radians().sin_cos();
        [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat]
    }

    /// The point under a vector of any length but zero.
    pub fn from_vector([x, y, z]: [f64; 3]) -> Self {
        // Adding zero turns −0 to 0, which nobody wants to read.
        Self { lat: z.atan2(x.hypot(y)).to_degrees() + 0.0, lon: y.atan2(x).to_degrees() + 0.0 }
    }
}

/// The great-circle distance between two points, in kilometers.
pub fn distance_km(a: LatLon, b: LatLon) -> f64 {
    let (sin_lon, cos_lon) = ((b.lon - a.lon).to_radians() / 2.0).sin_cos();
    let cosines = a.lat.to_radians().cos() * b.lat.to_radians().cos();
    let across = ((b.lat - a.lat).to_radians() / 2.0).sin();
    let along = ((b.lat + a.lat).to_radians() / 2.0).sin();
    let h = across * across + cosines * sin_lon * sin_lon;
    let complement = along * along + cosines * cos_lon * cos_lon; // 1 − h
    2.0 * EARTH_RADIUS_KM * h.sqrt().atan2(complement.sqrt())
}

/// A box between two meridians and two parallels, in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bbox {
    /// Greater than `east` where the box crosses the antimeridian.
    pub west: f64,
    pub south: f64,
    pub east: f64,
    pub north: f64,
}

impl std::fmt::Display for Bbox {
    /// As GeoJSON has it.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "[{}, {}, {}, {}]", self.west, self.south, self.east, self.north)
    }
}

impl Bbox {
    /// Whether the box crosses the antimeridian.
    pub fn crosses_antimeridian(self) -> bool {
        self.west > self.east
    }

    /// The same box, where a side on the antimeridian is given by its other name: nothing is left of it beyond.
    pub fn without_empty_part(self) -> Self {
        match (self.west, self.east) {
            (180.0, -180.0) => self, // a line, not the whole globe
            (180.0, east) if east < 180.0 => Self { west: -180.0, ..self },
            (west, -180.0) if west > -180.0 => Self { east: 180.0, ..self },
            _ => self,
        }
    }

    /// `[west, south, east, north]`, as GeoJSON has it.
    pub fn to_geojson(self) -> Vec<f64> {
        vec![self.west, self.south, self.east, self.north]
    }

    /// From west to east, in degrees, 0 … 360.
    pub fn width(self) -> f64 {
        if self.crosses_antimeridian() { self.east - self.west + 360.0 } else { self.east - self.west }
    }

    /// The middle of the box.
    pub fn center(self) -> LatLon {
        let lon = if self.crosses_antimeridian() {
            wrapped_longitude(self.west + self.width() / 2.0)
        } else {
            (self.west + self.east) / 2.0
        };
        LatLon { lat: (self.south + self.north) / 2.0, lon }
    }

    /// Whether `point` is inside or on the border, give or take `slack` degrees.
    pub fn contains(self, point: LatLon, slack: f64) -> bool {
        let east_of_west = (point.lon - self.west + slack).rem_euclid(360.0);
        let in_longitude = east_of_west <= self.width() + 2.0 * slack;
        in_longitude && (self.south - slack..=self.north + slack).contains(&point.lat)
    }

    /// Whether the two boxes share a point, give or take `slack` degrees.
    pub fn meets(self, other: Bbox, slack: f64) -> bool {
        let in_latitude = self.south <= other.north + slack && other.south <= self.north + slack;
        let starts_in = |a: Bbox, b: Bbox| (b.west - a.west + slack).rem_euclid(360.0) <= a.width() + 2.0 * slack;
        in_latitude && (starts_in(self, other) || starts_in(other, self))
    }

    /// The smallest box around all `boxes`; none where there are none.
    ///
    /// Meridians close to a ring: what is left out is the widest gap between the boxes, so that places on both sides of
    /// the antimeridian get a box across it rather than one around the globe.
    pub fn around(boxes: &[Bbox]) -> Option<Bbox> {
        let south = boxes.iter().map(|bbox| bbox.south).reduce(f64::min)?;
        let north = boxes.iter().map(|bbox| bbox.north).reduce(f64::max)?;
        let mut by_west = boxes.to_vec();
        by_west.sort_by(|a, b| a.west.total_cmp(&b.west));
        // How far east the boxes so far reach: at first, those that started before the first meridian, a turn ago.
        let reaches = |bbox: &Bbox, turn: f64| (bbox.west + bbox.width() + turn, bbox.east);
        let farther = |a: (f64, f64), b: (f64, f64)| if b.0 > a.0 { b } else { a };
        let mut reach = by_west.iter().map(|bbox| reaches(bbox, -360.0)).reduce(farther)?;
        let (mut widest_gap, mut west, mut east) = (0.0, -180.0, 180.0);
        for bbox in &by_west {
            let gap = bbox.west - reach.0;
            if gap > widest_gap {
                (widest_gap, west, east) = (gap, bbox.west, reach.1);
            }
            reach = farther(reach, reaches(bbox, 0.0));
        }
        Some(Bbox { west, south, east, north })
    }
}

/// The same meridian between −180 and 180 degrees.
pub fn wrapped_longitude(lon: f64) -> f64 {
    if (-180.0..=180.0).contains(&lon) { lon } else { (lon + 180.0).rem_euclid(360.0) - 180.0 }
}
