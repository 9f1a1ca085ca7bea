//! Griffith Park's observatory on its hill; Silver Lake's reservoir and hillside houses.

use crate::scenes::dice::Dice;
use crate::scenes::ink::{self, CONCRETE, GLASS, Ink, LAMP, STEEL, WHITE};
use crate::scenes::land::{self, Ridge};
use crate::scenes::shape::{At, Shape};
use crate::scenes::stage::{BEYOND, FAR, MIDDLE, NEAR, Stage};
use crate::scenes::{buildings, plants, shared, tuning};

/// A white building with three domes on a steep hill, a winding road and trails up to it.
pub(super) fn griffith_park(stage: &mut Stage, dice: &Dice) {
    let [observatory, road, far_city, trees] = dice.subset::<4>(tuning::ELEMENT_SHARE, 3);
    if far_city {
        distant_towers(stage, dice);
    }
    stage.depth = FAR * 0.7;
    let back = Ridge::rolling(dice, 0.16);
    land::hills(stage, dice, &back, 0.16);
    stage.depth = MIDDLE;
    let x = dice.around(0.0, 0.16);
    let height = dice.range(0.15, 0.24);
    let mut ridge = Ridge::rolling(dice, height * 0.5);
    ridge.raise(x, 0.2, height);
    let wide = dice.range(0.44, 0.56);
    if observatory || !road || !trees {
        domes(stage, dice, (x, height - 0.012), wide);
    }
    land::hills(stage, dice, &ridge, height);
    if road {
        winding_road(stage, dice, (x, height - 0.03));
    }
    stage.depth = NEAR;
    let near = Ridge::rolling(dice, 0.03);
    let ink = stage.light.vegetation(dice);
    land::lawn(stage, dice, -0.03);
    stage.fill(near.shape(), ink);
    if trees {
        for _ in 0..dice.count(4, 8) {
            let (x, y) = (dice.range(-0.6, 0.6), -dice.range(0.0, 0.08));
            plants::cypress(stage, dice, (x, y), dice.range(0.1, 0.18));
        }
    }
    shared::foreground_across(stage, dice);
}

/// The city far below: small pale towers on the horizon.
fn distant_towers(stage: &mut Stage, dice: &Dice) {
    stage.depth = FAR;
    let x = dice.sign() * dice.range(0.25, 0.4);
    for _ in 0..9 {
        let (left, tall) = (x + dice.around(0.0, 0.14), dice.range(0.1, 0.26));
        buildings::block(stage, (left, 0.0), (0.035, tall), ink::wall(dice));
    }
}

/// The observatory: a long white base, a great dome in the middle, a small one at each end.
fn domes(stage: &mut Stage, dice: &Dice, (x, y): At, width: f32) {
    let walls = ink::pale(dice).lighter(0.3);
    let copper = if dice.chance(0.5) { Ink::hsl(dice.range(15.0, 200.0), 0.25, 0.35) } else { walls.darker(0.12) };
    let at = |dx: f32, dy: f32| (x + dx * width, y + dy * width);
    // The terrace, with its arcade.
    stage.fill(Shape::rect(at(-0.54, 0.0).0, y - 0.05, width * 1.08, 0.05 + width * 0.07), walls.darker(0.2));
    let mut arches = Shape::new();
    for arch in 0..13 {
        let (left, low) = at(-0.52 + 0.081 * arch as f32, 0.0);
        arches = arches.and_arch(left, low, width * 0.045, width * 0.055);
    }
    stage.fill(arches, GLASS);
    buildings::block(stage, at(-0.44, 0.06), (width * 0.88, width * 0.15), walls);
    let mut slits = Shape::new();
    for slit in 0..16 {
        let (left, low) = at(-0.41 + 0.053 * slit as f32, 0.09);
        slits = slits.and_rect(left, low, width * 0.018, width * 0.09);
    }
    if stage.light.is_dark() {
        stage.glow(slits, LAMP, 0.9)
    } else {
        stage.fill(slits, GLASS)
    }
    for (dx, radius, drum) in [(-0.4, 0.095, 0.21), (0.4, 0.095, 0.21), (0.0, 0.19, 0.27)] {
        one_dome(stage, at(dx, 0.06), (radius * width, (drum - 0.06) * width), (walls, copper));
    }
    stage.fill(Shape::rect(at(-0.05, 0.06).0, y + 0.06 * width, width * 0.1, width * 0.14), GLASS.darker(0.3));
    // The obelisk before it.
    stage.fill(
        Shape::polygon(&[at(-0.27, -0.02), at(-0.255, 0.16), at(-0.24, 0.18), at(-0.225, 0.16), at(-0.21, -0.02)]),
        WHITE,
    );
}

/// A round drum from the foot `(x, y)`, of the radius and height given, a rim, and a dome with its slit.
fn one_dome(stage: &mut Stage, (x, y): At, (half, tall): (f32, f32), (walls, copper): (Ink, Ink)) {
    let (left, right, spring) = (x - half, x + half, y + tall);
    stage.fill_round(Shape::rect(left, y, 2.0 * half, tall), left, right, walls);
    stage.fill(Shape::rect(x - half * 1.06, spring - 0.006, half * 2.12, 0.012), walls.lighter(0.5));
    stage.fill_round(Shape::dome((x, spring + 0.005), half, half * 0.95), left, right, copper);
    // Through the slit the telescope looks.
    let slit = [(x + half * 0.12, spring + half * 0.3), (x + half * 0.1, spring + half * 0.98)];
    stage.line(&slit, half * 0.12, copper.darker(0.45));
}

/// A road that climbs the hill in three bends.
fn winding_road(stage: &mut Stage, dice: &Dice, (x, top): At) {
    let ink = CONCRETE.lighter(dice.range(0.1, 0.4));
    let side = dice.sign();
    let turns = [(0.02, 1.0), (0.2, 0.72), (-0.16, 0.46), (0.26, 0.2), (-0.1, -0.1)];
    let points = turns.map(|(dx, share)| (x + side * dx, share * top));
    for (index, pair) in points.windows(2).enumerate() {
        stage.line(pair, 0.010 + 0.006 * index as f32, ink.darker(0.3));
        stage.line(pair, 0.006 + 0.005 * index as f32, ink);
    }
}

/// A sheet of water with a fenced rim and a walk, hillsides full of boxy houses, stairs between them.
pub(super) fn silver_lake(stage: &mut Stage, dice: &Dice) {
    let [reservoir, houses, stairs] = dice.subset::<3>(tuning::ELEMENT_SHARE, tuning::ELEMENTS_AT_LEAST);
    if dice.chance(0.5) {
        land::mountains(stage, dice, 0.14);
    }
    stage.depth = MIDDLE;
    let height = dice.range(0.26, 0.34);
    let mut ridge = Ridge::rolling(dice, height);
    ridge.raise(dice.around(0.0, 0.2), 0.35, height);
    land::hills(stage, dice, &ridge, height);
    if houses {
        stacked_houses(stage, dice, &ridge);
    } else {
        buildings::row(stage, dice, (-0.9, 0.9), 0.0, 0.1);
    }
    if stairs {
        stairway(stage, dice, &ridge, dice.around(0.0, 0.25));
    }
    if reservoir {
        lake(stage, dice);
    } else {
        land::lawn(stage, dice, 0.0);
    }
    stage.depth = NEAR;
    if reservoir && dice.chance(0.6) {
        rim(stage, dice);
    } else {
        if reservoir {
            land::plain_ground(stage, dice, -0.2);
        }
        shared::foreground_across(stage, dice);
    }
}

/// Flat-roofed houses in rows up the slope, the highest first, each on a wall.
fn stacked_houses(stage: &mut Stage, dice: &Dice, ridge: &Ridge) {
    for row in (0..4).rev() {
        let share = 0.04 + 0.24 * row as f32;
        let mut x = -0.75 + dice.range(0.0, 0.1);
        while x < 0.75 {
            let width = dice.range(0.075, 0.12);
            let y = ridge.at(x) * share;
            let tall = width * dice.range(0.55, 0.8);
            let walls = ink::wall(dice);
            stage.fill(Shape::rect(x - 0.004, y - 0.02, width + 0.008, 0.024), CONCRETE.darker(0.2));
            buildings::block(stage, (x, y), (width, tall), walls);
            buildings::windows(stage, dice, (x, y + tall * 0.1), (width, tall * 0.8), (3, 2));
            stage.fill(Shape::rect(x - width * 0.06, y + tall, width * 1.12, width * 0.07), walls.darker(0.45));
            if dice.chance(0.3) {
                plants::cypress(stage, dice, (x + width * 1.1, y - 0.01), width * 0.9);
            }
            x += width * dice.range(1.2, 1.7);
        }
    }
}

/// Steps straight up the hill, with a rail on both sides.
fn stairway(stage: &mut Stage, dice: &Dice, ridge: &Ridge, x: f32) {
    let top = ridge.at(x) * 0.95;
    let ink = CONCRETE.lighter(dice.range(0.2, 0.5));
    let half = |share: f32| 0.034 - 0.016 * share;
    stage.fill(
        Shape::polygon(&[(x - half(0.0), -0.01), (x + half(0.0), -0.01), (x + half(1.0), top), (x - half(1.0), top)]),
        ink,
    );
    let mut steps = Shape::new();
    for step in 0..16 {
        let share = step as f32 / 16.0;
        steps = steps.and_rect(x - half(share), top * share, 2.0 * half(share), top * 0.022);
    }
    stage.fill(steps, ink.darker(0.4));
    for side in [-1.0, 1.0] {
        stage.line(&[(x + side * half(0.0), 0.015), (x + side * half(1.0), top + 0.015)], 0.006, STEEL.darker(0.4));
    }
}

/// The reservoir: still water that mirrors the hill, in a pale sloping rim.
fn lake(stage: &mut Stage, dice: &Dice) {
    land::water(stage, dice, -0.02, -0.6);
    let pale = CONCRETE.lighter(0.45);
    let ring = [(-BEYOND, 0.0), (BEYOND, 0.0), (BEYOND, -0.028), (0.3, -0.034), (-0.3, -0.034), (-BEYOND, -0.028)];
    stage.fill(Shape::polygon(&ring), pale);
    stage.fill(Shape::rect(-BEYOND, -0.006, 2.0 * BEYOND, 0.01), pale.darker(0.35));
    for _ in 0..7 {
        // Reflections of houses: upright smears.
        let (x, wide) = (dice.range(-0.6, 0.6), dice.range(0.03, 0.07));
        let ink = ink::wall(dice);
        stage.veil(Shape::rect(x, -0.14, wide, 0.1), ink, 0.3);
    }
}

/// The near rim with its walk and a chain-link fence.
fn rim(stage: &mut Stage, dice: &Dice) {
    let curve = dice.around(0.0, 0.08);
    let edge: Vec<At> =
        (-12..=12).map(|step| step as f32 / 10.0).map(|x| (x, -0.2 - 0.06 * x * x + curve * x)).collect();
    let below = |lift: f32| {
        let upper = edge.iter().map(|&(x, y)| (x, y + lift));
        upper.chain([(1.2, -1.5), (-1.2, -1.5)]).collect::<Vec<_>>()
    };
    stage.fill(Shape::polygon(&below(0.0)), CONCRETE.lighter(0.5));
    stage.fill(
        Shape::polygon(&below(-0.07)),
        Ink::hsl(dice.range(20.0, 50.0), dice.range(0.1, 0.35), dice.range(0.5, 0.7)),
    );
    let top: Vec<At> = edge.iter().map(|&(x, y)| (x, y + 0.05)).collect();
    for (&(x, y), &(_, high)) in edge.iter().zip(&top) {
        stage.line(&[(x, y - 0.07), (x, high)], 0.007, STEEL.darker(0.3));
    }
    for lift in [0.0, -0.03, -0.06, -0.09] {
        let wire: Vec<At> = top.iter().map(|&(x, y)| (x, y + lift)).collect();
        stage.line(&wire, 0.003, STEEL.darker(0.2));
    }
    crate::scenes::street::people(stage, dice, 0.4, 5);
}
