//! Downtown's towers, and Koreatown's stacked signs.

use crate::scenes::buildings::{block, windows};
use crate::scenes::dice::Dice;
use crate::scenes::facades::{self, Facade};
use crate::scenes::ink::{self, BLACK, GLASS, Ink, STEEL, WHITE};
use crate::scenes::lettering::{self, Pen};
use crate::scenes::shape::{At, Shape};
use crate::scenes::stage::{FAR, MIDDLE, NEAR, Stage};
use crate::scenes::{buildings, land, shared, street, tuning};

/// Towers over a street: the white city hall, a round crown, a sail with a spire, a pair of slabs.
pub(super) fn downtown(stage: &mut Stage, dice: &Dice) {
    if dice.chance(0.5) {
        land::mountains(stage, dice, dice.range(0.06, 0.12));
    }
    stage.depth = FAR * 0.75;
    for _ in 0..dice.count(9, 14) {
        let (x, width) = (dice.range(-0.75, 0.7), dice.range(0.06, 0.12));
        tower(stage, dice, (x, -0.01), (width, dice.range(0.12, 0.34)));
    }
    stage.depth = MIDDLE;
    let shown = dice.subset::<5>(tuning::ELEMENT_SHARE, 3);
    let places: [usize; 5] = dice.order();
    for kind in dice.order::<5>() {
        if !shown[kind] {
            continue;
        }
        let x = -0.40 + 0.2 * places[kind] as f32 + dice.around(0.0, 0.05);
        match kind {
            0 => city_hall(stage, dice, x, dice.range(0.30, 0.40)),
            1 => crowned_tower(stage, dice, x, dice.range(0.42, 0.54)),
            2 => sail_tower(stage, dice, x, dice.range(0.42, 0.54)),
            3 => twin_slabs(stage, dice, x, dice.range(0.32, 0.42)),
            _ => round_tubes(stage, dice, x, dice.range(0.24, 0.32)),
        }
    }
    buildings::row(stage, dice, (-0.9, 0.9), -0.02, 0.06);
    stage.depth = NEAR;
    land::plain_ground(stage, dice, -0.01);
    let half_m = dice.range(5.0, 8.0);
    street::road_ahead(stage, dice, half_m);
    if dice.chance(0.4) {
        facades::both_sides(stage, dice, half_m + 5.0, (5.0, 12.0), 16.0);
    }
    shared::foreground_ahead(stage, dice, half_m);
}

/// A plain slab of windows.
fn tower(stage: &mut Stage, dice: &Dice, (x, y): At, size: (f32, f32)) {
    let ink = ink::wall(dice).mix(GLASS, dice.range(0.0, 0.7));
    block(stage, (x, y), size, ink);
    let floors = (size.1 / 0.022).max(3.0) as u32;
    windows(stage, dice, (x + size.0 * 0.04, y), (size.0 * 0.92, size.1 * 0.98), (dice.count(4, 6), floors));
}

/// White, stepped, narrow, with a pyramid on top.
fn city_hall(stage: &mut Stage, dice: &Dice, x: f32, tall: f32) {
    let ink = ink::pale(dice);
    let part = |stage: &mut Stage, half: f32, from: f32, to: f32| {
        block(stage, (x - half * tall, from * tall), (2.0 * half * tall, (to - from) * tall), ink);
    };
    part(stage, 0.36, -0.04, 0.24);
    windows(stage, dice, (x - 0.35 * tall, 0.02), (0.7 * tall, 0.2 * tall), (10, 3));
    part(stage, 0.16, 0.2, 0.72);
    // Tall slits of windows between pilasters.
    let mut slits = Shape::new();
    for slit in 0..6 {
        slits = slits.and_rect(x + (-0.135 + 0.048 * slit as f32) * tall, 0.26 * tall, 0.026 * tall, 0.42 * tall);
    }
    stage.fill(slits, GLASS.lighter(0.1));
    part(stage, 0.125, 0.72, 0.80);
    let mut columns = Shape::new();
    for column in 0..5 {
        columns = columns.and_arch(x + (-0.1 + 0.043 * column as f32) * tall, 0.73 * tall, 0.026 * tall, 0.055 * tall);
    }
    stage.fill(columns, GLASS);
    let steps = [(-0.11, 0.80), (-0.035, 0.95), (-0.035, 0.97), (0.035, 0.97), (0.035, 0.95), (0.11, 0.80)];
    let roof = Shape::polygon(&steps.map(|(dx, y)| (x + dx * tall, y * tall)));
    stage.fill_round(roof, x - 0.11 * tall, x + 0.11 * tall, ink.darker(0.12));
    stage.line(&[(x, 0.97 * tall), (x, 1.04 * tall)], 0.012 * tall, STEEL);
}

/// Round, stepped in twice, with a crown of points.
fn crowned_tower(stage: &mut Stage, dice: &Dice, x: f32, tall: f32) {
    let ink = ink::pale(dice).darker(0.08);
    for (half, from, to) in [(0.115, 0.0, 0.62), (0.095, 0.62, 0.82), (0.075, 0.82, 0.94)] {
        let shape = Shape::rect(x - half * tall, from * tall - 0.01, 2.0 * half * tall, (to - from) * tall + 0.01);
        stage.fill_round(shape, x - half * tall, x + half * tall, ink);
        let floors = ((to - from) * 34.0) as u32;
        windows(stage, dice, (x - half * tall, from * tall), (2.0 * half * tall, (to - from) * tall), (6, floors));
    }
    let mut crown = Shape::new();
    for point in 0..5 {
        let left = x + (-0.085 + 0.034 * point as f32) * tall;
        crown =
            crown.and_polygon(&[(left, 0.93 * tall), (left + 0.034 * tall, 0.93 * tall), (left + 0.017 * tall, tall)]);
    }
    if stage.light.is_dark() { stage.glow(crown, WHITE, 1.0) } else { stage.fill(crown, ink.lighter(0.2)) }
}

/// Glass, with a curved slanted top and a spire.
fn sail_tower(stage: &mut Stage, dice: &Dice, x: f32, tall: f32) {
    let half = 0.1 * tall;
    let ink = GLASS.mix(stage.light.zenith, 0.4).lighter(dice.range(0.1, 0.4));
    let sail = [(-1.0, 0.0), (1.0, 0.0), (1.0, 0.66), (0.7, 0.76), (0.2, 0.84), (-0.4, 0.89), (-1.0, 0.91)];
    let shape = Shape::polygon(&sail.map(|(dx, y)| (x + dx * half, y * tall - 0.01)));
    stage.fill_round(shape, x - half, x + half, ink);
    let mut floors = Shape::new();
    for floor in 1..26 {
        floors = floors.and_rect(x - half, floor as f32 * tall * 0.026, 2.0 * half, tall * 0.007);
    }
    stage.veil(floors, ink.darker(0.5), 0.6);
    windows(stage, dice, (x - half, 0.0), (2.0 * half, 0.62 * tall), (5, 14));
    stage.line(&[(x - 0.8 * half, 0.9 * tall), (x - 0.8 * half, 1.08 * tall)], 0.014 * tall, STEEL);
}

/// Two dark slabs of the same height.
fn twin_slabs(stage: &mut Stage, dice: &Dice, x: f32, tall: f32) {
    let ink = Ink::hsl(dice.range(0.0, 360.0), 0.12, dice.range(0.16, 0.3));
    for shift in [-0.17, 0.03] {
        let corner = (x + shift * tall, -0.01);
        block(stage, corner, (0.14 * tall, tall), ink);
        windows(stage, dice, corner, (0.14 * tall, tall * 0.97), (7, 22));
        let top = Shape::rect(corner.0, tall * 0.93, 0.14 * tall, 0.05 * tall);
        if stage.light.is_dark() { stage.glow(top, ink::bright(dice), 0.9) } else { stage.fill(top, ink.lighter(0.4)) }
    }
}

/// A bundle of five glass tubes.
fn round_tubes(stage: &mut Stage, dice: &Dice, x: f32, tall: f32) {
    let ink = GLASS.mix(stage.light.horizon, 0.35);
    for (shift, share) in [(-0.26, 0.82), (0.26, 0.82), (-0.13, 0.88), (0.13, 0.88), (0.0, 1.0)] {
        let (middle, half, top) = (x + shift * tall, 0.1 * tall, tall * share);
        let shape =
            Shape::rect(middle - half, -0.01, 2.0 * half, top).and_dome((middle, top - 0.012), half, 0.02 * tall);
        stage.fill_round(shape, middle - half, middle + half, ink);
        windows(stage, dice, (middle - half * 0.9, 0.0), (1.8 * half, top * 0.95), (4, 12));
    }
}

/// A street of signs: tall boxes of syllables, one above the other, that stick out from both sides.
pub(super) fn koreatown(stage: &mut Stage, dice: &Dice) {
    if dice.chance(0.5) {
        land::distant_hills(stage, dice);
    }
    stage.depth = MIDDLE;
    land::plain_ground(stage, dice, 0.0);
    let [eaves, ..] = dice.subset::<2>(tuning::ELEMENT_SHARE, 1);
    if eaves {
        let middle = stage.vanishing_x;
        pavilion(stage, dice, (middle, -0.01), dice.range(0.26, 0.36));
    } else {
        buildings::row(stage, dice, (-0.5, 0.5), -0.01, 0.07);
    }
    stage.depth = NEAR * 2.0;
    let half_m = dice.range(3.5, 5.5);
    street::road_ahead(stage, dice, half_m);
    let facades = facades::both_sides(stage, dice, half_m + 3.2, (9.0, 20.0), 10.5);
    for facade in &facades {
        for _ in 0..dice.count(1, 2) {
            blade(stage, dice, facade);
        }
    }
    if dice.chance(0.7) {
        wires(stage, dice, half_m);
    }
    shared::foreground_ahead(stage, dice, half_m);
}

/// A sign that sticks out over the pavement: a column of syllables in colored boxes.
fn blade(stage: &mut Stage, dice: &Dice, facade: &Facade) {
    let z = dice.range(facade.near, facade.far).max(9.0);
    let scale = stage.scale(z);
    let wide = dice.range(1.5, 2.3);
    let boxes = dice.count(3, 5);
    let bottom = dice.range(3.2, 4.6);
    let (edge, base) = stage.at(facade.side * (facade.away - 0.3), bottom, z);
    let width = wide * scale;
    let left = if facade.side < 0.0 { edge } else { edge - width };
    let (first, second) = (ink::bright(dice), if dice.chance(0.5) { WHITE } else { ink::bright(dice) });
    stage.fill(
        Shape::rect(left - 0.08 * width, base - 0.08 * width, width * 1.16, width * (boxes as f32 + 0.16)),
        BLACK,
    );
    for row in 0..boxes {
        let y = base + width * row as f32;
        let (ground, letters) = if row % 2 == 0 { (first, second) } else { (second, first) };
        let board = Shape::rect(left, y, width, width * 0.96);
        let dark = stage.light.is_dark();
        if dark {
            stage.glow(board, ground.lighter(0.1), 0.95)
        } else {
            stage.fill(board, ground)
        }
        let pen = Pen { ink: letters.mix(BLACK, if letters == WHITE { 0.0 } else { 0.2 }), weight: 0.13, glows: dark };
        let strokes = dice.pick(&lettering::SYLLABLES);
        lettering::syllable(stage, strokes, (left + width * 0.18, y + width * 0.16), (width * 0.64, width * 0.64), pen);
    }
}

/// A gate with two tiled roofs whose corners turn up.
fn pavilion(stage: &mut Stage, dice: &Dice, (x, y): At, width: f32) {
    let (pillars, tiles) =
        (ink::bright(dice).darker(0.2), Ink::hsl(dice.range(150.0, 240.0), 0.15, dice.range(0.25, 0.4)));
    let mut posts = Shape::new();
    for post in [-0.36, -0.13, 0.10, 0.33] {
        posts = posts.and_rect(x + post * width, y, width * 0.045, width * 0.42);
    }
    stage.fill(posts, pillars);
    for (level, half) in [(0.36, 0.52), (0.60, 0.36)] {
        let roof = [
            (-half, 0.06),
            (-half * 0.85, 0.01),
            (half * 0.85, 0.01),
            (half, 0.06),
            (half * 0.6, 0.13),
            (half * 0.45, 0.2),
            (-half * 0.45, 0.2),
            (-half * 0.6, 0.13),
        ];
        let beam = Shape::rect(x - half * 0.75 * width, y + (level - 0.06) * width, half * 1.5 * width, width * 0.08);
        stage.fill(beam, ink::bright(dice));
        let shape = Shape::polygon(&roof.map(|(dx, dy)| (x + dx * width, y + (level + dy) * width)));
        let (low, high) = (y + level * width, y + (level + 0.2) * width);
        stage.fill_between(shape, (low, tiles.darker(0.25)), (high, tiles.lighter(0.15)));
    }
}

/// Power lines along the street on leaning poles.
fn wires(stage: &mut Stage, dice: &Dice, half_m: f32) {
    let x = dice.sign() * (half_m + 0.8);
    for height in [8.0, 8.6, 9.2] {
        let points: Vec<At> = [7.0, 10.0, 14.0, 20.0, 35.0, 80.0].iter().map(|&z| stage.at(x, height, z)).collect();
        stage.line(&points, 0.0025, BLACK);
    }
    for z in [40.0, 20.0] {
        let (foot, top, scale) = (stage.at(x, 0.0, z), stage.at(x, 9.8, z), stage.scale(z));
        stage.line(&[foot, top], 0.22 * scale, ink::roof(dice));
        stage.line(&[stage.at(x - 0.9, 9.0, z), stage.at(x + 0.9, 9.0, z)], 0.16 * scale, ink::roof(dice));
    }
}
