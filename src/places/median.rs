//! Weighted patches on the sphere → the point with the least mean distance: their geometric median.
//!
//! In: [`Patch`]es, and a unit vector to start from.  Out: a unit vector, and the mean distance from it in radians.
//! The mean distance to a patch whose points lie `ρ` (root mean square) around its center is, to second order,
//! `d + ρ²/4 · cot d`, since the Laplacian of the distance is `cot d`. The same, but smooth everywhere and symmetric
//! between antipodes, is `atan2(y, c)`, with `c = cos d` and `y = √(sin² d + ρ²/2)`. With `q = patch − c x`, the
//! patch's part that is tangent in x, sums over the patches give
//!
//! ```text
//! F = Σ w atan2(y, c)        gradient = −Σ w q / y        Hessian = Σ w (c / y) (I − q qᵀ / y²)
//! ```
//!
//! Newton's steps along great circles; where the Hessian is not positive, Weiszfeld's, `(Σ w q / y) / (Σ w / y)`; either
//! is halved until F falls.
//!
//! Source: Weiszfeld 1937; Fletcher, Venkatasubramanian and Joshi 2009, the same on manifolds; the rest is derived here.
//! Proof: `tests/places/point.rs`.

use super::geo::EARTH_RADIUS_KM;
use super::patches::Patch;

/// A step shorter than this ends the search: 1 cm, in radians.
const SHORTEST_STEP: f64 = 1e-5 / EARTH_RADIUS_KM;
/// No step is longer, in radians.
const LONGEST_STEP: f64 = 0.5;
/// Newton's method needs about five steps; Weiszfeld's, far from a minimum, some more.
const MOST_STEPS: usize = 100;

/// What is to be minimized. Weights sum to 1.
pub(super) struct Median {
    pub patches: Vec<Patch>,
}

/// A point, and the mean distance from it in radians.
#[derive(Debug, Clone, Copy)]
pub(super) struct Minimum {
    pub x: [f64; 3],
    pub value: f64,
}

impl Minimum {
    /// The better of the two, this one where they are equal.
    pub fn better(self, other: Self) -> Self {
        if other.value < self.value { other } else { self }
    }
}

impl Median {
    /// The mean distance from `x`.
    pub fn at(&self, x: [f64; 3]) -> Minimum {
        let distances = self.patches.iter().map(|patch| {
            let c = dot(patch.center, x);
            let y = (sine_squared(patch.center, x, c) + patch.half_square).sqrt();
            patch.weight * y.atan2(c)
        });
        Minimum { x, value: distances.sum() }
    }

    /// The minimum downhill from `start`; never worse than `start`.
    pub fn descend(&self, start: [f64; 3]) -> Minimum {
        let mut here = self.at(start);
        for _ in 0..MOST_STEPS {
            let basis = tangent_basis(here.x);
            let mut step = self.step(here.x, basis);
            let mut there = None;
            while there.is_none() && step[0].hypot(step[1]) > SHORTEST_STEP {
                let tried = self.at(moved(here.x, basis, step));
                if tried.value < here.value {
                    there = Some(tried);
                }
                step = [step[0] / 2.0, step[1] / 2.0];
            }
            match there {
                Some(tried) => here = tried,
                None => break,
            }
        }
        here
    }

    /// Newton's step, or Weiszfeld's where the Hessian is not positive, in the tangent plane's `basis`.
    fn step(&self, x: [f64; 3], basis: [[f64; 3]; 2]) -> [f64; 2] {
        let (mut pull, mut stiffness) = ([0.0; 2], 0.0); // −gradient, Σ w / y
        let (mut h00, mut h01, mut h11) = (0.0, 0.0, 0.0);
        for patch in &self.patches {
            let c = dot(patch.center, x);
            let q = [dot(patch.center, basis[0]), dot(patch.center, basis[1])];
            let y_squared = q[0] * q[0] + q[1] * q[1] + patch.half_square;
            let w = patch.weight / y_squared.max(f64::MIN_POSITIVE).sqrt(); // w / y
            pull = [pull[0] + w * q[0], pull[1] + w * q[1]];
            stiffness += w;
            let (bend, shear) = (w * c, w * c / y_squared.max(f64::MIN_POSITIVE));
            h00 += bend - shear * q[0] * q[0];
            h01 -= shear * q[0] * q[1];
            h11 += bend - shear * q[1] * q[1];
        }
        let determinant = h00 * h11 - h01 * h01;
        let step = if h00 > 0.0 && determinant > 0.0 {
            [(h11 * pull[0] - h01 * pull[1]) / determinant, (h00 * pull[1] - h01 * pull[0]) / determinant]
        } else {
            [pull[0] / stiffness, pull[1] / stiffness]
        };
        let length = step[0].hypot(step[1]);
        let shrink = if length > LONGEST_STEP { LONGEST_STEP / length } else { 1.0 };
        [step[0] * shrink, step[1] * shrink]
    }
}

/// The angle between two unit vectors, in radians.
pub(super) fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    let c = dot(a, b);
    sine_squared(a, b, c).sqrt().atan2(c)
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// The squared length of `a`'s part that is orthogonal to `b`; exact also where `1 − c²` would lose its digits.
fn sine_squared(a: [f64; 3], b: [f64; 3], c: f64) -> f64 {
    let q = [a[0] - c * b[0], a[1] - c * b[1], a[2] - c * b[2]];
    dot(q, q)
}

/// Two unit vectors that are orthogonal to `x` and to each other.
fn tangent_basis(x: [f64; 3]) -> [[f64; 3]; 2] {
    // The axis that is least along x gives the longest cross product.
    let axis = if x[2].abs() < 0.7 { [0.0, 0.0, 1.0] } else { [1.0, 0.0, 0.0] };
    let first = unit(cross(axis, x));
    [first, cross(x, first)]
}

/// The point a `step` away from `x` along a great circle.
fn moved(x: [f64; 3], basis: [[f64; 3]; 2], step: [f64; 2]) -> [f64; 3] {
    let length = step[0].hypot(step[1]);
    let (sin, cos) = length.sin_cos();
    let along = |i: usize| (step[0] * basis[0][i] + step[1] * basis[1][i]) / length;
    unit([0, 1, 2].map(|i| cos * x[i] + sin * along(i)))
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn unit(a: [f64; 3]) -> [f64; 3] {
    let length = dot(a, a).sqrt();
    a.map(|value| value / length)
}
