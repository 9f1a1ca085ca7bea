//! Far and low: mountains, hills, sea, sand, lawn.
//!
//! Each takes the season's colors, so that a hill in one region may be any color that a hill has in another.

use super::dice::Dice;
use super::ink::{Ink, WHITE};
use super::light::{Hour, Season};
use super::shape::{At, Shape};
use super::stage::{BEYOND, FAR, MIDDLE, Stage};

/// A ridge's outline: heights at even steps from −`BEYOND` to `BEYOND`.
pub(super) struct Ridge {
    heights: Vec<f32>,
}

const STEPS: usize = 240;

impl Ridge {
    /// Jagged, with peaks up to about `height`.
    pub fn jagged(dice: &Dice, height: f32) -> Self {
        // Midpoints are moved ever less: a fractal line.
        let mut heights = vec![height * 0.68; STEPS + 1];
        // Peaks are about a third of the view apart.
        let mut span = STEPS / 16;
        let mut spread = height * 0.36;
        while span >= 1 {
            let knots: Vec<f32> = (0..=STEPS / span + 1).map(|_| dice.around(0.0, spread)).collect();
            for (step, tall) in heights.iter_mut().enumerate() {
                let (knot, between) = (step / span, (step % span) as f32 / span as f32);
                *tall += knots[knot] + (knots[knot + 1] - knots[knot]) * between;
            }
            spread *= 0.5;
            span /= 2;
        }
        Self { heights }
    }

    /// Smooth and rounded, up to about `height`.
    pub fn rolling(dice: &Dice, height: f32) -> Self {
        let waves: [(f32, f32, f32); 3] = std::array::from_fn(|n| {
            (dice.range(1.6, 3.2) * (n as f32 + 1.0), dice.range(0.0, 6.3), 0.5 / (n as f32 + 1.0))
        });
        let tall = |step: usize| {
            let x = x_of(step);
            let sum: f32 = waves.iter().map(|(frequency, phase, size)| size * (frequency * x + phase).sin()).sum();
            height * (0.6 + 0.45 * sum)
        };
        Self { heights: (0..=STEPS).map(tall).collect() }
    }

    /// How high the ridge is at `x`.
    pub fn at(&self, x: f32) -> f32 {
        let step = ((x + BEYOND) / (2.0 * BEYOND) * STEPS as f32).clamp(0.0, STEPS as f32 - 1.0);
        let (whole, between) = (step as usize, step.fract());
        self.heights[whole] + (self.heights[whole + 1] - self.heights[whole]) * between
    }

    /// Higher around `x`, for something to stand on: a plateau of `radius` at `height`.
    pub fn raise(&mut self, x: f32, radius: f32, height: f32) {
        for (step, tall) in self.heights.iter_mut().enumerate() {
            let away = ((x_of(step) - x).abs() - radius).max(0.0);
            let share = (-(away / (radius * 1.5)).powi(2)).exp();
            *tall += (height - *tall) * share;
        }
    }

    /// From the ridge down to the horizon and a little below.
    pub fn shape(&self) -> Shape {
        let ridge = self.heights.iter().enumerate().map(|(step, &tall)| (x_of(step), tall));
        let points: Vec<At> = ridge.chain([(BEYOND, -0.1), (-BEYOND, -0.1)]).collect();
        Shape::polygon(&points)
    }
}

fn x_of(step: usize) -> f32 {
    (step as f32 / STEPS as f32 * 2.0 - 1.0) * BEYOND
}

/// Steep mountains far away; snow on some in the green season.
pub(super) fn mountains(stage: &mut Stage, dice: &Dice, height: f32) {
    let depth = std::mem::replace(&mut stage.depth, FAR);
    let ink = Ink::hsl(dice.range(200.0, 300.0), dice.range(0.08, 0.3), dice.range(0.3, 0.5));
    let ink = ink.mix(stage.light.vegetation(dice), dice.range(0.1, 0.7));
    let snow = stage.light.season == Season::Green && dice.chance(0.6);
    for (scale, mix) in [(1.0, 0.0), (0.7, 0.25)] {
        let ridge = Ridge::jagged(dice, height * scale);
        let base = ink.darker(mix);
        stage.fill_between(ridge.shape(), (0.0, base.lighter(0.12)), (height, base.darker(0.12)));
        folds(stage, dice, &ridge, base);
        if snow && scale == 1.0 {
            snow_caps(stage, &ridge, height * 0.72);
        }
        stage.depth -= 0.2;
    }
    stage.depth = depth;
}

/// Snow on all that is higher than `line`, with a ragged lower edge.
fn snow_caps(stage: &mut Stage, ridge: &Ridge, line: f32) {
    let mut caps = Shape::new();
    for step in 0..STEPS {
        let (left, right) = (x_of(step), x_of(step + 1));
        let (tall_left, tall_right) = (ridge.heights[step], ridge.heights[step + 1]);
        let edge = |step: usize, tall: f32| (line + 0.012 * (step as f32 * 2.4).sin()).min(tall);
        let corners = [
            (left, tall_left),
            (right, tall_right),
            (right, edge(step + 1, tall_right)),
            (left, edge(step, tall_left)),
        ];
        caps = caps.and_polygon(&corners);
    }
    stage.veil(caps, WHITE, 0.85);
}

/// The shaded sides of a mountain's ribs.
fn folds(stage: &mut Stage, dice: &Dice, ridge: &Ridge, ink: Ink) {
    let mut shape = Shape::new();
    for _ in 0..14 {
        let x = dice.range(-0.8, 0.8);
        let (top, wide) = (ridge.at(x), dice.range(0.02, 0.06) * stage.light.shade_side);
        shape =
            shape.and_polygon(&[(x, top), (x + wide * 0.4, top * 0.55), (x + wide * 1.5, 0.0), (x + wide * 0.3, 0.0)]);
    }
    stage.veil(shape, ink.darker(0.5), 0.35);
}

/// Rounded hills with shrubs; gives the ridge, for what stands on it.
pub(super) fn hills(stage: &mut Stage, dice: &Dice, ridge: &Ridge, height: f32) {
    let ink = stage.light.vegetation(dice);
    stage.fill_between(ridge.shape(), (0.0, ink.darker(0.1)), (height, ink.lighter(0.12)));
    shrubs(stage, dice, ridge, ink);
}

fn shrubs(stage: &mut Stage, dice: &Dice, ridge: &Ridge, ink: Ink) {
    let mut shape = Shape::new();
    for _ in 0..dice.count(30, 110) {
        let x = dice.range(-0.9, 0.9);
        let y = ridge.at(x) * dice.range(0.0, 0.98);
        let radius = dice.range(0.004, 0.014);
        shape = shape.and_dome((x, y), radius * 1.4, radius);
    }
    let leaves = stage.light.leaves(dice);
    stage.veil(shape, ink.darker(0.35).mix(leaves, 0.5), 0.8);
}

/// Hills in the distance, as behind any street of the county.
pub(super) fn distant_hills(stage: &mut Stage, dice: &Dice) {
    let depth = std::mem::replace(&mut stage.depth, FAR);
    let height = dice.range(0.04, 0.14);
    let ridge = Ridge::rolling(dice, height);
    hills(stage, dice, &ridge, height);
    stage.depth = depth;
}

/// Water from the height `top` down to `bottom`, with lines of light; the sky's colors mirrored.
pub(super) fn water(stage: &mut Stage, dice: &Dice, top: f32, bottom: f32) {
    let hue = dice.range(165.0, 225.0);
    let own = Ink::hsl(hue, dice.range(0.2, 0.55), dice.range(0.32, 0.5));
    let far = stage.light.horizon.mix(own, 0.35);
    let near = own.mix(stage.light.zenith, 0.4);
    stage.fill_between(Shape::rect(-BEYOND, bottom, 2.0 * BEYOND, top - bottom), (bottom, near), (top, far));
    let mut shape = Shape::new();
    for _ in 0..90 {
        // Nearer waves are longer and lie farther apart.
        let share = dice.unit().powi(2);
        let (x, y) = (dice.range(-0.9, 0.9), top - (top - bottom) * share);
        let (long, thick) = (dice.range(0.01, 0.05) * (0.4 + share), 0.0012 + 0.003 * share);
        shape = shape.and_ellipse((x, y), long, thick);
    }
    let ink = if stage.light.hour == Hour::Night { stage.light.horizon } else { far.lighter(0.5) };
    stage.veil(shape, ink, 0.4);
}

/// White lines of surf along a shore at the height `y`.
pub(super) fn surf(stage: &mut Stage, dice: &Dice, y: f32, lines: u32) {
    for line in 0..lines {
        let (base, thick) = (y + line as f32 * dice.range(0.02, 0.035), 0.006 - 0.001 * line.min(4) as f32);
        let (phase, frequency) = (dice.range(0.0, 6.3), dice.range(4.0, 9.0));
        let wave = |x: f32| base + 0.008 * (x * frequency + phase).sin() + 0.003 * (x * 23.0 + phase).sin();
        let xs = (0..=48).map(|step| step as f32 / 48.0 * 2.4 - 1.2);
        let upper: Vec<At> = xs.clone().map(|x| (x, wave(x) + thick)).collect();
        let lower = xs.rev().map(|x| (x, wave(x) - thick * (1.0 + 0.8 * (x * 31.0).sin())));
        let points: Vec<At> = upper.iter().copied().chain(lower).collect();
        stage.veil(Shape::polygon(&points), WHITE, 0.85);
    }
}

/// Sand from the height `top` down, with ripples and footprints.
pub(super) fn sand(stage: &mut Stage, dice: &Dice, top: f32) {
    let ink = Ink::hsl(dice.range(28.0, 50.0), dice.range(0.15, 0.5), dice.range(0.62, 0.8));
    ground(stage, dice, top, ink);
}

/// Grass from the height `top` down.
pub(super) fn lawn(stage: &mut Stage, dice: &Dice, top: f32) {
    let ink = if dice.chance(0.6) { stage.light.leaves(dice).lighter(0.1) } else { stage.light.vegetation(dice) };
    ground(stage, dice, top, ink);
}

/// Paving or bare soil from the height `top` down.
pub(super) fn plain_ground(stage: &mut Stage, dice: &Dice, top: f32) {
    let ink = Ink::hsl(dice.range(15.0, 60.0), dice.range(0.03, 0.25), dice.range(0.45, 0.7));
    ground(stage, dice, top, ink);
}

fn ground(stage: &mut Stage, dice: &Dice, top: f32, ink: Ink) {
    let depth = std::mem::replace(&mut stage.depth, MIDDLE * 0.5);
    let shape = Shape::rect(-BEYOND, -BEYOND, 2.0 * BEYOND, BEYOND + top);
    stage.fill_between(shape, (-0.5, ink.darker(0.12)), (top, ink.lighter(0.1)));
    let mut marks = Shape::new();
    for _ in 0..60 {
        let share = dice.unit();
        let (x, y) = (dice.range(-0.9, 0.9), top - 0.6 * share);
        marks = marks.and_ellipse((x, y), dice.range(0.004, 0.03) * (0.3 + share), 0.001 + 0.004 * share);
    }
    stage.veil(marks, ink.darker(0.35), 0.3);
    stage.depth = depth;
}
