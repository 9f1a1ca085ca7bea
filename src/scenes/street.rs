//! The street: roads, pavements, cars, people, lamps, in depth.
//!
//! Everything here is measured in meters and projected by [`Stage::at`].

use super::dice::Dice;
use super::ink::{self, ASPHALT, BLACK, CONCRETE, GLASS, Ink, LAMP, STEEL, WHITE};
use super::light::Weather;
use super::plants;
use super::shape::Shape;
use super::stage::{BEYOND, NEAREST_M, Stage};

/// How far a road is seen, in meters.
const END_M: f32 = 400.0;

/// A strip of ground straight ahead, from `left` to `right` of the camera, between two distances; in meters.
pub(super) fn strip(stage: &Stage, (left, right): (f32, f32), (near, far): (f32, f32)) -> Shape {
    let (near, far) = (near.max(NEAREST_M), far.max(NEAREST_M));
    let corners = [(left, near), (right, near), (right, far), (left, far)];
    Shape::polygon(&corners.map(|(x, z)| stage.at(x, 0.0, z)))
}

fn asphalt(stage: &Stage, dice: &Dice) -> Ink {
    let ink = ASPHALT.mix(CONCRETE, dice.range(0.0, 0.6));
    if stage.light.weather == Weather::Rain { ink.mix(stage.light.horizon, 0.3).darker(0.15) } else { ink }
}

/// A road straight ahead with its pavements; `half_m` from its middle to the curb.
pub(super) fn road_ahead(stage: &mut Stage, dice: &Dice, half_m: f32) {
    let pavement = CONCRETE.mix(ink::wall(dice), 0.25);
    let everything = (NEAREST_M, END_M);
    stage.fill(strip(stage, (-half_m - 4.0, half_m + 4.0), everything), pavement);
    stage.fill(strip(stage, (-half_m - 0.25, half_m + 0.25), everything), pavement.darker(0.25));
    let surface = asphalt(stage, dice);
    let shape = strip(stage, (-half_m, half_m), everything);
    stage.fill_between(shape, (-0.4, surface.darker(0.12)), (0.0, surface.lighter(0.12)));
    wear(stage, dice, half_m, surface);
    let paint = if dice.chance(0.5) { WHITE } else { Ink::hex(0xE8_B9_3A) };
    let mut dashes = Shape::new();
    let mut z = dice.range(2.0, 5.0);
    while z < 90.0 {
        let corners = [(-0.1, z), (0.1, z), (0.1, z + 3.0), (-0.1, z + 3.0)];
        dashes = dashes.and_polygon(&corners.map(|(x, z)| stage.at(x, 0.0, z)));
        z += 7.0;
    }
    stage.fill(dashes, paint);
    if dice.chance(0.4) {
        crosswalk(stage, dice.range(6.0, 12.0), half_m);
    }
}

/// Wheel tracks, patches, a manhole, and the joints of the pavement.
fn wear(stage: &mut Stage, dice: &Dice, half_m: f32, surface: Ink) {
    for lane in [-0.5, 0.5] {
        for wheel in [-0.8, 0.8] {
            let x = lane * half_m + wheel;
            let track = strip(stage, (x - 0.25, x + 0.25), (NEAREST_M, 80.0));
            stage.veil(track, surface.darker(0.4), 0.18);
        }
    }
    for _ in 0..dice.count(0, 3) {
        let (x, z) = (dice.range(-0.8, 0.5) * half_m, dice.range(2.5, 14.0));
        let patch = strip(stage, (x, x + dice.range(0.6, 2.0)), (z, z + dice.range(1.0, 5.0)));
        stage.veil(patch, surface.darker(0.5), 0.3);
    }
    let z = dice.range(3.5, 10.0);
    let (middle, scale) = (stage.at(dice.range(-0.7, 0.7) * half_m, 0.0, z), stage.scale(z));
    stage.fill(Shape::ellipse(middle, 0.4 * scale, 0.4 * scale * stage.eye_m / z), surface.darker(0.5));
    let mut joints = Shape::new();
    let mut z = 2.0;
    while z < 40.0 {
        for (left, right) in [(-half_m - 4.0, -half_m - 0.3), (half_m + 0.3, half_m + 4.0)] {
            let corners = [(left, z), (right, z), (right, z + 0.08), (left, z + 0.08)];
            joints = joints.and_polygon(&corners.map(|(x, z)| stage.at(x, 0.0, z)));
        }
        z += 2.0;
    }
    stage.veil(joints, CONCRETE.darker(0.5), 0.5);
}

/// White bars across the road.
fn crosswalk(stage: &mut Stage, z: f32, half_m: f32) {
    let mut bars = Shape::new();
    let mut x = -half_m + 0.4;
    while x < half_m - 0.4 {
        let corners = [(x, z), (x + 0.5, z), (x + 0.5, z + 3.0), (x, z + 3.0)];
        bars = bars.and_polygon(&corners.map(|(x, z)| stage.at(x, 0.0, z)));
        x += 1.1;
    }
    stage.veil(bars, WHITE, 0.85);
}

/// A road from side to side, between two distances, with a curb and a dashed line.
pub(super) fn road_across(stage: &mut Stage, dice: &Dice, (near, far): (f32, f32)) {
    let (_, bottom) = stage.at(0.0, 0.0, near);
    let (_, top) = stage.at(0.0, 0.0, far);
    let surface = asphalt(stage, dice);
    let curb = (top - bottom) * 0.08;
    stage.fill(Shape::rect(-BEYOND, bottom - curb, 2.0 * BEYOND, top - bottom + 2.0 * curb), CONCRETE);
    stage.fill(Shape::rect(-BEYOND, bottom, 2.0 * BEYOND, top - bottom), surface);
    let (_, middle) = stage.at(0.0, 0.0, 2.0 * near * far / (near + far));
    let mut dashes = Shape::new();
    let phase = dice.range(0.0, 0.2);
    for dash in 0..14 {
        let x = -1.4 + phase + dash as f32 * 0.2;
        dashes = dashes.and_rect(x, middle - curb * 0.3, 0.1, curb * 0.6);
    }
    stage.fill(dashes, WHITE);
}

/// Cars on a road straight ahead: from behind on the right, from the front on the left.
pub(super) fn traffic_ahead(stage: &mut Stage, dice: &Dice, half_m: f32, most: u32) {
    let mut distances: Vec<f32> = (0..dice.count(0, most)).map(|_| dice.range(7.0, 60.0)).collect();
    let parked = dice.chance(0.4);
    if parked {
        distances.extend((0..dice.count(2, 6)).map(|_| dice.range(9.0, 50.0)));
    }
    distances.sort_by(|a, b| b.total_cmp(a));
    for z in distances {
        let side = dice.sign();
        let at_the_curb = parked && dice.chance(0.6);
        let lane = if at_the_curb { half_m - 1.0 } else { half_m * dice.range(0.3, 0.6) };
        car_end(stage, dice, side * lane, z, side > 0.0);
    }
}

/// A car seen from its end, `x` to the right and `z` ahead.
fn car_end(stage: &mut Stage, dice: &Dice, x: f32, z: f32, from_behind: bool) {
    let scale = stage.scale(z);
    let (middle, ground) = stage.at(x, 0.0, z);
    let at = |dx: f32, y: f32| (middle + dx * scale, ground + y * scale);
    let paint = if dice.chance(0.5) { Ink::gray(dice.range(0.15, 0.9)) } else { ink::bright(dice) };
    let tall = dice.range(1.4, 1.9);
    stage.veil(Shape::ellipse(at(0.0, 0.05), 1.1 * scale, 0.16 * scale), BLACK, 0.5);
    let wheels = Shape::new().and_rect(at(-0.85, 0.0).0, ground, 0.25 * scale, 0.45 * scale);
    stage.fill(wheels.and_rect(at(0.6, 0.0).0, ground, 0.25 * scale, 0.45 * scale), BLACK);
    let cabin = [at(-0.78, 0.85), at(-0.6, tall), at(0.6, tall), at(0.78, 0.85)];
    stage.fill(Shape::polygon(&cabin), paint.darker(0.12));
    stage.fill(Shape::polygon(&[at(-0.64, 0.9), at(-0.52, tall - 0.12), at(0.52, tall - 0.12), at(0.64, 0.9)]), GLASS);
    let body =
        Shape::polygon(&[at(-0.9, 0.3), at(-0.92, 0.75), at(-0.8, 0.95), at(0.8, 0.95), at(0.92, 0.75), at(0.9, 0.3)]);
    stage.fill_between(body, (ground, paint.darker(0.25)), (ground + scale, paint.lighter(0.08)));
    let lamps = Shape::ellipse(at(-0.68, 0.72), 0.16 * scale, 0.09 * scale).and_ellipse(
        at(0.68, 0.72),
        0.16 * scale,
        0.09 * scale,
    );
    let ink = if from_behind { Ink::hex(0xE0_30_28) } else { LAMP.lighter(0.5) };
    if stage.light.is_dark() { stage.glow(lamps, ink, 1.0) } else { stage.fill(lamps, ink) }
}

/// A car seen from its side, heading either way.
pub(super) fn car_side(stage: &mut Stage, dice: &Dice, x: f32, z: f32) {
    let scale = stage.scale(z);
    let (middle, ground) = stage.at(x, 0.0, z);
    let heading = dice.sign();
    let at = |dx: f32, y: f32| (middle + heading * dx * scale, ground + y * scale);
    let paint = if dice.chance(0.4) { Ink::gray(dice.range(0.15, 0.9)) } else { ink::bright(dice) };
    stage.veil(Shape::ellipse(at(0.0, 0.03), 2.3 * scale, 0.16 * scale), BLACK, 0.45);
    let roof = dice.range(1.35, 1.75);
    let body = [at(-2.2, 0.35), at(-2.15, 0.85), at(-1.2, 0.95), at(1.2, 0.9), at(2.1, 0.75), at(2.2, 0.35)];
    stage.fill(Shape::polygon(&[at(-1.7, 0.9), at(-1.1, roof), at(0.6, roof), at(1.3, 0.88)]), paint.darker(0.1));
    stage.fill(Shape::polygon(&[at(-1.45, 0.92), at(-1.0, roof - 0.1), at(-0.3, roof - 0.1), at(-0.3, 0.92)]), GLASS);
    stage.fill(Shape::polygon(&[at(-0.2, 0.92), at(-0.2, roof - 0.1), at(0.5, roof - 0.1), at(1.05, 0.92)]), GLASS);
    stage.fill_between(Shape::polygon(&body), (ground, paint.darker(0.25)), (ground + scale, paint.lighter(0.1)));
    let wheels = |radius: f32| {
        Shape::circle(at(-1.35, 0.35), radius * scale).and_ellipse(at(1.35, 0.35), radius * scale, radius * scale)
    };
    stage.fill(wheels(0.36), BLACK);
    stage.fill(wheels(0.17), STEEL);
    if stage.light.is_dark() {
        stage.glow(Shape::circle(at(2.1, 0.65), 0.14 * scale), LAMP.lighter(0.4), 1.0);
    }
}

/// Someone standing or walking.
pub(super) fn person(stage: &mut Stage, dice: &Dice, x: f32, z: f32) {
    let scale = stage.scale(z) * dice.range(0.9, 1.08);
    let (middle, ground) = stage.at(x, 0.0, z);
    let at = |dx: f32, y: f32| (middle + dx * scale, ground + y * scale);
    let skin = Ink::hsl(dice.range(18.0, 32.0), dice.range(0.25, 0.5), dice.range(0.3, 0.75));
    let (shirt, trousers) = (ink::bright(dice), Ink::hsl(dice.range(0.0, 360.0), 0.25, dice.range(0.15, 0.5)));
    let step = dice.range(0.05, 0.28);
    stage.veil(Shape::ellipse(at(0.0, 0.0), 0.4 * scale, 0.06 * scale), BLACK, 0.4);
    stage.line(&[at(-step, 0.05), at(0.0, 0.85), at(step, 0.05)], 0.17 * scale, trousers);
    stage.line(&[at(-0.3, 0.85), at(-0.16, 1.35), at(0.16, 1.35), at(0.3, 0.85)], 0.1 * scale, skin);
    let torso = [at(-0.2, 0.8), at(-0.23, 1.42), at(0.23, 1.42), at(0.2, 0.8)];
    stage.fill(Shape::polygon(&torso), shirt);
    stage.fill(Shape::circle(at(0.0, 1.6), 0.14 * scale), skin);
    stage.fill(Shape::dome(at(0.0, 1.61), 0.15 * scale, 0.15 * scale), Ink::hsl(30.0, 0.3, dice.range(0.08, 0.5)));
}

/// A few people between two distances, on both sides of `clear_m` meters.
pub(super) fn people(stage: &mut Stage, dice: &Dice, clear_m: f32, most: u32) {
    let mut distances: Vec<f32> = (0..dice.count(0, most)).map(|_| dice.range(5.5, 24.0)).collect();
    distances.sort_by(|a, b| b.total_cmp(a));
    for z in distances {
        let x = dice.sign() * dice.range(clear_m, clear_m + 3.5);
        person(stage, dice, x, z);
    }
}

/// A street lamp with one arm over the road.
pub(super) fn lamp(stage: &mut Stage, x: f32, z: f32) {
    let scale = stage.scale(z);
    let (middle, ground) = stage.at(x, 0.0, z);
    let toward = -x.signum() * 1.4 * scale;
    let top = ground + 7.0 * scale;
    stage.line(
        &[(middle, ground), (middle, top), (middle + toward, top + 0.3 * scale)],
        0.14 * scale,
        STEEL.darker(0.5),
    );
    let head = (middle + toward, top + 0.2 * scale);
    if stage.light.is_dark() {
        stage.glow(Shape::circle(head, 0.9 * scale), LAMP, 0.25);
        stage.glow(Shape::circle(head, 0.3 * scale), LAMP.lighter(0.3), 1.0);
    } else {
        stage.fill(Shape::ellipse(head, 0.4 * scale, 0.12 * scale), STEEL.darker(0.4));
    }
}

/// What may stand along any street: lamps, palms, trees, at `side_m` meters on both sides.
pub(super) fn street_trees(stage: &mut Stage, dice: &Dice, side_m: f32, most: u32) {
    let mut things: Vec<f32> = (0..dice.count(0, most)).map(|_| dice.range(9.0, 50.0)).collect();
    things.sort_by(|a, b| b.total_cmp(a));
    for z in things {
        let x = dice.sign() * (side_m + dice.range(0.0, 2.0));
        let foot = stage.at(x, 0.0, z);
        let scale = stage.scale(z);
        match dice.count(0, 3) {
            0 => lamp(stage, x, z),
            1 => plants::tree(stage, dice, foot, scale * dice.range(4.0, 7.0)),
            2 => plants::palm(stage, dice, foot, scale * dice.range(7.0, 13.0)),
            _ => plants::bush(stage, dice, foot, scale * dice.range(0.5, 1.0)),
        }
    }
}
