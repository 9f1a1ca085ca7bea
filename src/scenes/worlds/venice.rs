//! Venice Beach: canals, murals, the boardwalk.

use crate::scenes::dice::Dice;
use crate::scenes::ink::{self, CONCRETE, GLASS, Ink, LAMP, STEEL, WHITE, WOOD};
use crate::scenes::land;
use crate::scenes::lettering::{self, Pen};
use crate::scenes::shape::{At, Shape};
use crate::scenes::stage::{BEYOND, MIDDLE, NEAR, Stage};
use crate::scenes::{buildings, plants, street, tuning};

/// A canal with an arched footbridge and boats, a painted wall, and the boardwalk with its stalls.
pub(super) fn venice_beach(stage: &mut Stage, dice: &Dice) {
    let [bridge, mural, stalls, sign] = dice.subset::<4>(tuning::ELEMENT_SHARE, tuning::ELEMENTS_AT_LEAST);
    if dice.chance(0.3) {
        land::distant_hills(stage, dice);
    }
    stage.depth = MIDDLE;
    land::plain_ground(stage, dice, 0.0);
    let side = dice.sign();
    buildings::row(stage, dice, (-0.9, 0.9), -0.01, 0.12);
    if mural {
        painted_wall(stage, dice, (side * dice.range(0.22, 0.32), -0.07), dice.range(0.38, 0.46));
    }
    stage.depth = NEAR;
    if bridge {
        canal(stage, dice);
    }
    if stalls {
        let base = if bridge { -0.1 } else { -0.12 };
        for stall in 0..3 {
            let x = -side * (0.06 + 0.17 * stall as f32);
            market_stall(stage, dice, (x, base), 0.15);
        }
    }
    if !bridge {
        let edge = stage.distance_m(0.13);
        street::road_across(stage, dice, (stage.distance_m(0.8), edge));
        for _ in 0..dice.count(1, 3) {
            skater(stage, dice);
        }
    }
    if sign {
        hanging_sign(stage, dice, dice.range(0.24, 0.34));
    }
    for _ in 0..dice.count(0, 2) {
        plants::palm(stage, dice, (dice.sign() * dice.range(0.3, 0.6), -0.12), dice.range(0.4, 0.65));
    }
    if !bridge {
        street::people(stage, dice, 0.6, 5);
    }
}

/// Water straight ahead between low banks, with an arched bridge across it and boats.
fn canal(stage: &mut Stage, dice: &Dice) {
    let half = dice.range(0.30, 0.40);
    let middle = stage.vanishing_x;
    let hue = dice.range(150.0, 220.0);
    let water = Ink::hsl(hue, dice.range(0.15, 0.45), dice.range(0.3, 0.45)).mix(stage.light.horizon, 0.3);
    let shape = Shape::polygon(&[
        (middle - half * 0.3, -0.06),
        (middle + half * 0.3, -0.06),
        (middle + half * 2.2, -0.8),
        (middle - half * 2.2, -0.8),
    ]);
    stage.fill_between(shape, (-0.5, water.darker(0.2)), (-0.05, water.lighter(0.2)));
    for side in [-1.0, 1.0] {
        let bank = [(0.3, -0.06), (0.36, -0.06), (2.5, -0.8), (2.2, -0.8)].map(|(x, y)| (middle + side * half * x, y));
        stage.fill(Shape::polygon(&bank), CONCRETE.lighter(0.2));
    }
    let mut ripples = Shape::new();
    for _ in 0..24 {
        let y = -dice.range(0.1, 0.5);
        ripples = ripples.and_ellipse((middle + dice.range(-0.8, 0.8) * half * -y * 3.0, y), -y * 0.14, -y * 0.008);
    }
    stage.veil(ripples, stage.light.horizon.lighter(0.3), 0.5);
    foot_bridge(stage, dice, (middle, -0.13), half * 1.15);
    for _ in 0..dice.count(1, 3) {
        let (x, y) = (middle + dice.range(-0.6, 0.6) * half, -dice.range(0.22, 0.42));
        boat(stage, dice, (x, y), -y * 0.42);
    }
}

/// A white bridge with a high arch, a railing, and its image in the water.
fn foot_bridge(stage: &mut Stage, dice: &Dice, (x, y): At, half: f32) {
    let ink = ink::pale(dice);
    let rise = half * dice.range(0.42, 0.52);
    let arc = |share: f32, lift: f32| (x + share * half, y + rise * (1.0 - share * share) + lift);
    let shares = || (-10..=10).map(|step| step as f32 / 10.0);
    let deck: Vec<At> =
        shares().map(|share| arc(share, 0.03)).chain(shares().rev().map(|share| arc(share, -0.02))).collect();
    stage.veil(Shape::polygon(&deck.iter().map(|&(x, dy)| (x, 2.0 * y - dy - 0.04)).collect::<Vec<_>>()), ink, 0.3);
    stage.fill(Shape::polygon(&deck), ink);
    for foot in [-1.0, 1.0] {
        let left = if foot < 0.0 { x - half * 1.12 } else { x + half * 0.9 };
        stage.fill(Shape::rect(left, y - 0.05, half * 0.22, 0.1), ink.darker(0.15));
    }
    let rail: Vec<At> = shares().map(|share| arc(share, 0.085)).collect();
    for (share, point) in shares().zip(&rail) {
        stage.line(&[arc(share, 0.02), *point], 0.006, ink.darker(0.1));
    }
    stage.line(&rail, 0.011, ink.lighter(0.3));
}

fn boat(stage: &mut Stage, dice: &Dice, (x, y): At, size: f32) {
    let at = |dx: f32, dy: f32| (x + dx * size, y + dy * size);
    let ink = ink::bright(dice);
    stage.veil(Shape::ellipse(at(0.0, -0.04), size * 0.6, size * 0.07), ink.darker(0.6), 0.5);
    stage.fill(Shape::polygon(&[at(-0.62, 0.28), at(-0.42, 0.0), at(0.42, 0.0), at(0.66, 0.3)]), ink);
    stage.fill(Shape::polygon(&[at(-0.62, 0.28), at(0.66, 0.3), at(0.5, 0.2), at(-0.5, 0.2)]), WOOD.lighter(0.3));
}

/// A tall blind wall with a mural: a sun with rays, waves, a face.
fn painted_wall(stage: &mut Stage, dice: &Dice, (x, y): At, width: f32) {
    let tall = width * 0.86;
    let (left, ground) = (x - width / 2.0, ink::bright(dice).lighter(0.25));
    let at = |dx: f32, dy: f32| (left + dx * width, y + dy * tall);
    stage.fill(Shape::rect(left - width * 0.02, y, width * 1.04, tall * 1.04), CONCRETE.darker(0.1));
    stage.fill(Shape::rect(left, y, width, tall), ground);
    let rays = ink::bright(dice);
    let center = at(0.5, 0.42);
    for ray in 0..9 {
        let (from, to) = ((ray as f32 + 0.1) / 9.0, (ray as f32 + 0.55) / 9.0);
        let edge = |share: f32| {
            let angle = share * std::f32::consts::PI;
            // Rays end at the wall's edges.
            let (cos, sin) = (angle.cos(), angle.sin());
            let reach = (0.5 * width / cos.abs().max(1e-3)).min(0.58 * tall / sin.abs().max(1e-3));
            (center.0 + cos * reach, center.1 + sin * reach)
        };
        stage.fill(Shape::polygon(&[center, edge(from), edge(to)]), rays);
    }
    stage.fill(Shape::circle(center, tall * 0.27), ink::bright(dice));
    // Eyes and a mouth, as suns on walls have them.
    let eyes = Shape::circle(at(0.41, 0.5), tall * 0.045).and_ellipse(at(0.59, 0.5), tall * 0.045, tall * 0.045);
    stage.fill(eyes, WHITE);
    stage.line(&[at(0.4, 0.36), at(0.46, 0.31), at(0.54, 0.31), at(0.6, 0.36)], tall * 0.03, WHITE);
    for wave in 0..3 {
        let low = 0.2 - 0.075 * wave as f32;
        let ink = ink::bright(dice);
        let crest = (0..=12).map(|step| at(step as f32 / 12.0, low + 0.035 * (step as f32 * 1.57 + wave as f32).sin()));
        let points: Vec<At> = crest.chain([at(1.0, 0.0), at(0.0, 0.0)]).collect();
        stage.fill(Shape::polygon(&points), ink);
    }
}

fn market_stall(stage: &mut Stage, dice: &Dice, (x, y): At, size: f32) {
    let left = x - size / 2.0;
    for post in [left, left + size * 0.96] {
        stage.fill(Shape::rect(post, y, size * 0.04, size * 0.8), STEEL.darker(0.3));
    }
    stage.fill(Shape::rect(left, y, size, size * 0.32), ink::wall(dice));
    for ware in 0..5 {
        let middle = (left + size * (0.14 + 0.18 * ware as f32), y + size * 0.38);
        stage.fill(Shape::circle(middle, size * 0.07), ink::bright(dice));
    }
    buildings::awning(stage, dice, (left - size * 0.08, y + size * 0.72), (size * 1.16, size * 0.26));
}

/// Letters on a wire across the street.
fn hanging_sign(stage: &mut Stage, dice: &Dice, y: f32) {
    let width = dice.range(0.56, 0.68);
    let left = stage.vanishing_x * 0.5 - width / 2.0;
    let tall = width * 0.17;
    stage.line(
        &[
            (-BEYOND, y + tall + 0.16),
            (left, y + tall + 0.015),
            (left + width, y + tall + 0.015),
            (BEYOND, y + tall + 0.16),
        ],
        0.004,
        STEEL.darker(0.5),
    );
    let pen = Pen { ink: ink::pale(dice), weight: 0.24, glows: true };
    lettering::text(stage, "VENICE", (left, y), (width, tall), pen);
    if stage.light.is_dark() {
        for bulb in 0..18 {
            let x = left + width * (bulb as f32 + 0.5) / 18.0;
            stage.glow(Shape::circle((x, y + tall + 0.012), 0.006), LAMP, 1.0);
        }
    } else {
        stage.line(&[(left, y - 0.02), (left + width, y - 0.02)], 0.006, GLASS);
    }
}

/// Someone on a board with wheels.
fn skater(stage: &mut Stage, dice: &Dice) {
    let z = stage.distance_m(dice.range(0.2, 0.36));
    let x = dice.range(-0.45, 0.45) / stage.scale(z);
    street::person(stage, dice, x, z);
    let ((middle, ground), scale) = (stage.at(x, 0.0, z), stage.scale(z));
    stage.line(
        &[(middle - 0.45 * scale, ground + 0.03 * scale), (middle + 0.45 * scale, ground + 0.03 * scale)],
        0.08 * scale,
        ink::bright(dice),
    );
}
