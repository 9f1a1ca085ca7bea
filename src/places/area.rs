//! A region's area on the sphere, and the share of it that lies within a disc.
//!
//! In: a [`Region`], once; then discs.  Out: shares, 0 … 1, which are exact for boxes but for rounding.
//! On the parallel φ, a disc of radius R around (φ₀, λ₀) reaches w to the east and to the west:
//!
//! ```text
//! sin² (w / 2) = (sin² (R / 2) − sin² ((φ − φ₀) / 2)) / (cos φ cos φ₀)
//! share = ∫ |spans ∩ [λ₀ − w, λ₀ + w]| cos φ dφ / area
//! ```
//!
//! With φ = φ₀ + R sin θ the disc's border is smooth in θ. The rest of the integrand bends where the border meets a side
//! of a box; Gauss's rule is used between these places. A polygon's rows are cut into equal parts instead.
//! Nothing is special about the antimeridian, nor about a pole, around which w is π.
//!
//! Source: the haversine formula, solved for the longitude. Proof: `tests/places/within.rs`.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

use super::geo::LatLon;
use super::regions::Region;

/// Gauss–Legendre, 8 points on −1 … 1: positive nodes and their weights.
const GAUSS: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_5),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_3),
];
/// Parts of a polygon's rows in a disc, and in the whole polygon.
const DISC_PARTS: usize = 8;
const AREA_PARTS: usize = 64;

/// A region's area, in radians.
#[derive(Debug, Clone)]
pub(super) struct Area {
    pub south: f64,
    pub north: f64,
    pub west: f64,
    pub width: f64,
    /// In square radians.
    pub size: f64,
    /// Edges of all rings, `[lat, lon]`; none where the area is the box.
    edges: Vec<[[f64; 2]; 2]>,
}

/// What is nearer to a point than a radius. In radians.
#[derive(Debug, Clone, Copy)]
pub(super) struct Disc {
    lat: f64,
    lon: f64,
    radius: f64,
    cos_lat: f64,
    /// The squared sine of half the radius.
    half_square: f64,
    /// How far the disc reaches to the east and to the west.
    reach: f64,
}

impl Disc {
    pub fn new(center: LatLon, radius: f64) -> Self {
        let (lat, lon) = (center.lat.to_radians(), center.lon.to_radians());
        let cos_lat = lat.cos().max(0.0);
        // Beyond the nearer pole the disc reaches all around.
        let over_pole = lat.abs() + radius >= FRAC_PI_2;
        let reach = if over_pole { PI } else { (radius.sin() / cos_lat).min(1.0).asin() };
        Self { lat, lon, radius, cos_lat, half_square: (radius / 2.0).sin().powi(2), reach }
    }

    /// How far the disc reaches on a parallel.
    fn half_width(&self, lat: f64, cos_lat: f64) -> f64 {
        let over = self.half_square - ((lat - self.lat) / 2.0).sin().powi(2);
        if over <= 0.0 { 0.0 } else { 2.0 * (over / (cos_lat * self.cos_lat)).min(1.0).sqrt().asin() }
    }

    /// The parameter θ of a parallel, −π/2 … π/2.
    fn theta(&self, lat: f64) -> f64 {
        ((lat - self.lat) / self.radius).clamp(-1.0, 1.0).asin()
    }
}

impl Area {
    pub fn new(region: &Region) -> Self {
        let bbox = region.bbox;
        let whole_box = Self {
            south: bbox.south.to_radians(),
            north: bbox.north.to_radians(),
            west: bbox.west.to_radians(),
            width: bbox.width().to_radians(),
            size: 0.0,
            edges: Vec::new(),
        };
        let as_polygon = region.geometry.as_deref().map(|polygons| {
            let edges = polygons.iter().flat_map(|polygon| polygon.edges());
            whole_box.with_edges(edges.map(|edge| edge.map(|at| [at.lat.to_radians(), at.lon.to_radians()])).collect())
        });
        match as_polygon {
            Some(area) if area.size > 0.0 => area,
            // Rings without an area inside them: the box is all there is.
            _ => {
                let zone = 2.0 * ((whole_box.south + whole_box.north) / 2.0).cos();
                let size = whole_box.width * zone * ((whole_box.north - whole_box.south) / 2.0).sin();
                Self { size, ..whole_box }
            }
        }
    }

    /// The polygon inside `edges`, whose box may differ from the one that the file states.
    fn with_edges(&self, edges: Vec<[[f64; 2]; 2]>) -> Self {
        let ends = || edges.iter().map(|edge| edge[0]);
        let least = |axis: usize| ends().map(|at| at[axis]).fold(f64::INFINITY, f64::min);
        let most = |axis: usize| ends().map(|at| at[axis]).fold(f64::NEG_INFINITY, f64::max);
        let (south, north, west, width) = (least(0), most(0), least(1), most(1) - least(1));
        let mut area = Self { south, north, west, width, size: 0.0, edges };
        if !area.edges.is_empty() {
            let row = |lat: f64| area.crossings(lat, &area.edges, |spans| spans.map(|[west, east]| east - west).sum());
            area.size = integral(south, north, AREA_PARTS, |lat| row(lat) * lat.cos());
        }
        area
    }

    /// Whether some of the area may be in `disc`.
    pub fn may_meet(&self, disc: &Disc) -> bool {
        let in_latitude = self.south <= disc.lat + disc.radius && disc.lat - disc.radius <= self.north;
        // East of the disc's western end, by less than a turn.
        in_latitude && {
            let ahead = (self.west - disc.lon + disc.reach).rem_euclid(TAU);
            ahead <= 2.0 * disc.reach || ahead + self.width >= TAU
        }
    }

    /// Whether the boxes of the two areas come as near as `distance`; sometimes also where they do not.
    pub fn is_near(&self, other: &Self, distance: f64) -> bool {
        let in_latitude = self.south - distance <= other.north && other.south <= self.north + distance;
        in_latitude && {
            let highest = self.south.abs().max(self.north.abs()) + distance;
            let reach = if highest >= FRAC_PI_2 { PI } else { (distance / highest.cos()).min(PI) };
            let ahead = |west: f64, from: f64, width: f64| (west - from + reach).rem_euclid(TAU) <= width + 2.0 * reach;
            ahead(other.west, self.west, self.width) || ahead(self.west, other.west, other.width)
        }
    }

    /// The share of the area that is in `disc`.
    pub fn share_within(&self, disc: &Disc) -> f64 {
        if !self.may_meet(disc) {
            return 0.0;
        }
        let (low, high) = (disc.theta(self.south), disc.theta(self.north));
        let inside = if self.edges.is_empty() {
            let mut cuts = self.bends(disc);
            cuts.iter_mut().for_each(|cut| *cut = cut.clamp(low, high));
            cuts.sort_unstable_by(f64::total_cmp);
            let ends = [low, cuts[0], cuts[1], cuts[2], cuts[3], cuts[4], high];
            let row = |_, half_width| overlap(self.west - disc.lon, self.width, half_width);
            ends.windows(2).map(|part| disc.integral(part[0], part[1], 1, row)).sum()
        } else {
            let (south, north) = (disc.lat - disc.radius, disc.lat + disc.radius);
            let near =
                |edge: &&[[f64; 2]; 2]| edge[0][0].min(edge[1][0]) <= north && south <= edge[0][0].max(edge[1][0]);
            let edges: Vec<_> = self.edges.iter().filter(near).copied().collect();
            disc.integral(low, high, DISC_PARTS, |lat, half_width| {
                self.crossings(lat, &edges, |spans| {
                    spans.map(|[west, east]| overlap(west - disc.lon, east - west, half_width)).sum()
                })
            })
        };
        (inside / self.size).clamp(0.0, 1.0)
    }

    /// Where the integrand bends, as θ: where the disc's border meets the western and the eastern side, at most twice
    /// each; and where the disc begins to reach all around a pole. Where there is no such place, any other will do.
    fn bends(&self, disc: &Disc) -> [f64; 5] {
        let sides = [self.west, self.west + self.width].map(|lon| {
            // sin φ sin φ₀ + cos φ cos φ₀ cos Δλ = cos R
            let (a, b) = (disc.lat.sin(), disc.cos_lat * (lon - disc.lon).cos());
            let away = (disc.radius.cos() / a.hypot(b)).clamp(-1.0, 1.0).acos();
            [a.atan2(b) - away, a.atan2(b) + away]
        });
        let around_pole = (PI - disc.lat.abs() - disc.radius).copysign(disc.lat);
        [sides[0][0], sides[0][1], sides[1][0], sides[1][1], around_pole].map(|lat| disc.theta(lat))
    }

    /// What `sum` makes of the spans `[west, east]` in which the parallel is inside.
    fn crossings(
        &self,
        lat: f64,
        edges: &[[[f64; 2]; 2]],
        sum: impl FnOnce(&mut dyn Iterator<Item = [f64; 2]>) -> f64,
    ) -> f64 {
        // The lower end belongs to an edge, its upper end does not.
        let crossed = edges.iter().filter(|[a, b]| (a[0] <= lat) != (b[0] <= lat));
        let mut crossings: Vec<f64> =
            crossed.map(|[a, b]| a[1] + (lat - a[0]) / (b[0] - a[0]) * (b[1] - a[1])).collect();
        crossings.sort_unstable_by(f64::total_cmp);
        sum(&mut crossings.chunks_exact(2).map(|pair| [pair[0], pair[1]]))
    }
}

impl Disc {
    /// `∫ row(φ, w) cos φ dφ` from one θ to another.
    fn integral(&self, from: f64, to: f64, parts: usize, row: impl Fn(f64, f64) -> f64) -> f64 {
        integral(from, to, parts, |theta| {
            let (sin, cos) = theta.sin_cos();
            let lat = self.lat + self.radius * sin;
            let cos_lat = lat.cos();
            row(lat, self.half_width(lat, cos_lat)) * cos_lat * self.radius * cos
        })
    }
}

/// How much of a span, `ahead` of the disc's middle to the east and `width` long, is in −`half_width` … `half_width`.
fn overlap(ahead: f64, width: f64, half_width: f64) -> f64 {
    let west = (ahead + PI).rem_euclid(TAU) - PI; // −π … π
    let common = |turn: f64| (west + width).min(turn + half_width) - west.max(turn - half_width);
    common(0.0).max(0.0) + common(TAU).max(0.0)
}

/// Gauss's rule over equal parts.
fn integral(from: f64, to: f64, parts: usize, value: impl Fn(f64) -> f64) -> f64 {
    let half = (to - from) / (2 * parts) as f64;
    if half <= 0.0 {
        return 0.0;
    }
    let sum: f64 = (0..parts)
        .map(|part| {
            let middle = from + (2 * part + 1) as f64 * half;
            let pairs = GAUSS
                .iter()
                .map(|&(node, weight)| weight * (value(middle - node * half) + value(middle + node * half)));
            pairs.sum::<f64>()
        })
        .sum();
    sum * half
}
