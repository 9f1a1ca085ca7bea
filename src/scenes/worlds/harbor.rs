//! Long Beach: container cranes, the great ship, a marina.

use crate::scenes::dice::Dice;
use crate::scenes::ink::{self, BLACK, CONCRETE, Ink, LAMP, STEEL, WHITE};
use crate::scenes::shape::{At, Shape};
use crate::scenes::stage::{BEYOND, FAR, MIDDLE, NEAR, Stage};
use crate::scenes::{buildings, land, shared, tuning};

/// Cranes over stacked containers, a liner with three funnels, a suspension of masts, all behind a quay.
pub(super) fn long_beach(stage: &mut Stage, dice: &Dice) {
    let [cranes, ship, containers, masts] = dice.subset::<4>(tuning::ELEMENT_SHARE, tuning::ELEMENTS_AT_LEAST);
    stage.depth = FAR * 0.8;
    if dice.chance(0.5) {
        buildings::row(stage, dice, (-0.9, 0.9), 0.0, 0.07);
    } else {
        land::distant_hills(stage, dice);
    }
    stage.depth = MIDDLE;
    land::water(stage, dice, 0.0, -0.5);
    let side = dice.sign();
    quay(stage, dice);
    if cranes || !ship {
        let paint = if dice.chance(0.4) { STEEL } else { ink::bright(dice) };
        let count = dice.count(2, 3);
        for crane in 0..count {
            let x = side * (0.42 - 0.24 * crane as f32 + dice.around(0.0, 0.03));
            gantry_crane(stage, (x, 0.0), dice.range(0.34, 0.44), side, paint);
        }
    }
    if containers {
        let middle = side * dice.range(0.1, 0.3);
        stacks(stage, dice, (middle - 0.28, 0.0), dice.count(5, 7));
    }
    if ship {
        liner(stage, dice, (-side * dice.range(0.05, 0.2), -0.09), dice.range(0.62, 0.8), side);
    }
    stage.depth = NEAR;
    if masts {
        marina(stage, dice);
    }
    if dice.chance(0.7) {
        land::plain_ground(stage, dice, -0.19);
        shared::foreground_across(stage, dice);
    }
}

/// A flat stone edge behind the water on which cranes stand.
fn quay(stage: &mut Stage, dice: &Dice) {
    let ink = CONCRETE.darker(dice.range(0.1, 0.35));
    stage.fill(Shape::rect(-BEYOND, -0.025, 2.0 * BEYOND, 0.03), ink);
    stage.fill(Shape::rect(-BEYOND, -0.035, 2.0 * BEYOND, 0.012), ink.darker(0.4));
}

/// Four legs, a cross beam, a mast, and a long boom over the water; it looks like a horse.
fn gantry_crane(stage: &mut Stage, (x, y): At, tall: f32, side: f32, paint: Ink) {
    let at = |dx: f32, dy: f32| (x + side * dx * tall, y + dy * tall);
    let thick = tall * 0.05;
    for legs in [[at(-0.16, 0.0), at(-0.13, 0.62)], [at(0.16, 0.0), at(0.13, 0.62)]] {
        stage.line(&legs, thick, paint);
    }
    stage.line(&[at(-0.15, 0.28), at(0.15, 0.28)], thick * 0.8, paint.darker(0.15));
    stage.line(&[at(-0.15, 0.3), at(0.13, 0.6)], thick * 0.45, paint.darker(0.2));
    // The boom, from the back reach to over the ship.
    stage.line(&[at(0.4, 0.64), at(-0.62, 0.64)], thick * 1.1, paint);
    stage.line(&[at(-0.13, 0.62), at(0.02, 1.0), at(0.13, 0.62)], thick * 0.8, paint);
    for reach in [-0.6, -0.34, 0.38] {
        stage.line(&[at(0.02, 0.99), at(reach, 0.66)], thick * 0.22, paint.darker(0.3));
    }
    let (left, low) = at(-0.02, 0.67);
    stage.fill(Shape::rect(left.min(left + side * tall * 0.16), low, tall * 0.16, tall * 0.09), WHITE.darker(0.1));
    // A container on its ropes.
    for dx in [-0.43, -0.33] {
        stage.line(&[at(dx, 0.62), at(dx, 0.46)], thick * 0.14, BLACK);
    }
    let (hook, level) = at(-0.38, 0.38);
    stage.fill(Shape::rect(hook - tall * 0.09, level, tall * 0.18, tall * 0.08), paint.mix(Ink::hex(0xC0_50_38), 0.6));
    if stage.light.is_dark() {
        for reach in [-0.6, -0.2, 0.2] {
            stage.glow(Shape::circle(at(reach, 0.6), tall * 0.018), LAMP.lighter(0.3), 1.0);
        }
    }
}

/// Containers in all colors, one above the other.
fn stacks(stage: &mut Stage, dice: &Dice, (x, y): At, columns: u32) {
    let (width, tall) = (0.088, 0.036);
    for column in 0..columns {
        for row in 0..dice.count(1, 4) {
            let (left, low) = (x + width * 1.03 * column as f32, y + tall * row as f32);
            let ink = ink::bright(dice).darker(0.1);
            stage.fill(Shape::rect(left, low, width, tall * 0.96), ink);
            let mut ribs = Shape::new();
            for rib in 1..7 {
                ribs = ribs.and_rect(left + width * rib as f32 / 7.0, low, 0.003, tall * 0.96);
            }
            stage.veil(ribs, ink.darker(0.5), 0.5);
        }
    }
}

/// A liner: black hull, white decks, three raked funnels, two masts.
fn liner(stage: &mut Stage, dice: &Dice, (x, y): At, long: f32, side: f32) {
    let at = |dx: f32, dy: f32| (x + side * dx * long, y + dy * long);
    let hull = Ink::hsl(dice.range(0.0, 360.0), dice.range(0.0, 0.3), dice.range(0.08, 0.25));
    let keel = Ink::hex(0xA0_38_30);
    let outline =
        [at(-0.5, 0.13), at(-0.46, 0.0), at(0.46, 0.0), at(0.5, 0.05), at(0.49, 0.105), at(0.3, 0.1), at(-0.3, 0.1)];
    stage.fill(Shape::polygon(&outline), hull);
    stage.fill(Shape::polygon(&[at(-0.465, 0.018), at(-0.46, -0.004), at(0.46, -0.004), at(0.48, 0.018)]), keel);
    let (mut ports, lit) = (Shape::new(), stage.light.is_dark());
    for port in 0..26 {
        let (px, py) = at(-0.42 + 0.033 * port as f32, 0.07);
        ports = ports.and_ellipse((px, py), long * 0.005, long * 0.005);
    }
    if lit {
        stage.glow(ports, LAMP, 1.0)
    } else {
        stage.fill(ports, WHITE)
    }
    for (from, to, low, high) in [(-0.36, 0.38, 0.1, 0.135), (-0.31, 0.3, 0.135, 0.165), (-0.25, 0.2, 0.165, 0.19)] {
        let (a, b) = (at(from, low), at(to, high));
        let (left, right) = (a.0.min(b.0), a.0.max(b.0));
        stage.fill(Shape::rect(left, a.1, right - left, b.1 - a.1), WHITE);
        buildings::windows(stage, dice, (left, a.1 + long * 0.004), (right - left, b.1 - a.1 - long * 0.004), (16, 1));
    }
    let (funnel, band) = (ink::bright(dice), BLACK);
    for dx in [-0.2, -0.02, 0.14] {
        let base = at(dx, 0.185);
        let lean = side * long * 0.012;
        let half = long * 0.032;
        let edge = |share: f32| (base.0 + lean * share, base.1 + long * 0.13 * share);
        for (from, to, ink) in [(0.0, 0.72, funnel), (0.72, 1.0, band)] {
            let ((x0, y0), (x1, y1)) = (edge(from), edge(to));
            let shape = Shape::polygon(&[(x0 - half, y0), (x0 + half, y0), (x1 + half, y1), (x1 - half, y1)]);
            stage.fill_round(shape, base.0 - half, base.0 + half, ink);
        }
    }
    for dx in [-0.37, 0.34] {
        stage.line(&[at(dx, 0.12), at(dx + 0.01, 0.33)], long * 0.007, STEEL);
    }
    stage.line(&[at(-0.49, 0.13), at(-0.36, 0.33), at(0.35, 0.33), at(0.48, 0.11)], long * 0.003, STEEL);
    stage.veil(Shape::rect(x - long * 0.47, y - long * 0.09, long * 0.94, long * 0.085), hull, 0.35);
}

/// Yachts side by side, their masts bare.
fn marina(stage: &mut Stage, dice: &Dice) {
    let mut x = -0.6 + dice.range(0.0, 0.1);
    while x < 0.6 {
        let (size, y) = (dice.range(0.1, 0.14), -0.11 - dice.range(0.0, 0.02));
        let at = |dx: f32, dy: f32| (x + dx * size, y + dy * size);
        stage.fill(Shape::polygon(&[at(-0.5, 0.2), at(-0.38, 0.0), at(0.4, 0.0), at(0.55, 0.24)]), WHITE);
        stage.fill(
            Shape::polygon(&[at(-0.46, 0.13), at(-0.43, 0.06), at(0.45, 0.06), at(0.49, 0.13)]),
            ink::bright(dice),
        );
        stage.fill(Shape::rect(at(-0.25, 0.2).0, y + 0.2 * size, size * 0.4, size * 0.1), WHITE.darker(0.12));
        stage.line(&[at(0.02, 0.2), at(0.02, 1.3)], size * 0.03, STEEL.lighter(0.3));
        stage.line(&[at(0.02, 0.42), at(-0.42, 0.42)], size * 0.05, ink::bright(dice));
        x += dice.range(0.17, 0.26);
    }
}
