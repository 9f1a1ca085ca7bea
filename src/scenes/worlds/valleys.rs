//! Culver City's studio gate and water tower; Santa Clarita's coaster over dry hills.

use crate::scenes::dice::Dice;
use crate::scenes::ink::{self, BLACK, CONCRETE, GLASS, Ink, STEEL, WHITE};
use crate::scenes::land::{self, Ridge};
use crate::scenes::lettering::{self, Pen};
use crate::scenes::shape::{At, Shape};
use crate::scenes::stage::{FAR, MIDDLE, NEAR, Stage};
use crate::scenes::{buildings, shared, street, tuning};

/// An arched gate with a word on it, barrel-roofed stages with numbers, a water tower, a train on its viaduct.
pub(super) fn culver_city(stage: &mut Stage, dice: &Dice) {
    let [gate, tower, stages, train] = dice.subset::<4>(tuning::ELEMENT_SHARE, tuning::ELEMENTS_AT_LEAST);
    if dice.chance(0.6) {
        land::distant_hills(stage, dice);
    }
    stage.depth = MIDDLE;
    land::plain_ground(stage, dice, 0.0);
    let side = dice.sign();
    if train {
        viaduct(stage, dice, dice.range(0.1, 0.15));
    }
    if stages {
        let width = dice.range(0.34, 0.42);
        for (number, x) in [-0.78, -0.36, 0.06, 0.48].into_iter().enumerate() {
            sound_stage(stage, dice, (x, -0.04), width, number as u32 + dice.count(1, 6));
        }
    } else {
        buildings::row(stage, dice, (-0.9, 0.9), -0.02, 0.12);
    }
    if tower || !gate {
        water_tower(stage, dice, (side * dice.range(0.2, 0.32), -0.03), dice.range(0.42, 0.5));
    }
    stage.depth = NEAR;
    let half_m = dice.range(3.5, 5.0);
    if gate {
        street::road_ahead(stage, dice, half_m);
        studio_gate(stage, dice, dice.range(15.0, 19.0), half_m);
        shared::foreground_ahead(stage, dice, half_m);
    } else {
        shared::foreground_across(stage, dice);
    }
}

/// A large plain box under a barrel roof, with a number and a great door.
fn sound_stage(stage: &mut Stage, dice: &Dice, (x, y): At, width: f32, number: u32) {
    let walls = ink::wall(dice);
    let tall = width * 0.48;
    let crown = Shape::dome((x + width / 2.0, y + tall - 0.002), width * 0.5, width * 0.17);
    stage.fill_between(crown, (y + tall, walls.darker(0.3)), (y + tall + width * 0.17, walls.darker(0.05)));
    buildings::block(stage, (x, y), (width, tall), walls);
    stage.fill(Shape::rect(x + width * 0.1, y, width * 0.3, tall * 0.62), walls.darker(0.35));
    stage.line(&[(x + width * 0.25, y), (x + width * 0.25, y + tall * 0.62)], 0.004, walls.darker(0.6));
    let disc = (x + width * 0.68, y + tall * 0.62);
    stage.fill(Shape::circle(disc, tall * 0.28), WHITE);
    let digits = number.to_string();
    let pen = Pen { ink: BLACK, weight: 0.2, glows: false };
    lettering::text(stage, &digits, (disc.0 - tall * 0.13, disc.1 - tall * 0.16), (tall * 0.26, tall * 0.32), pen);
}

/// A tank with a cone on crossed legs.
fn water_tower(stage: &mut Stage, dice: &Dice, (x, y): At, tall: f32) {
    let paint = if dice.chance(0.5) { ink::pale(dice) } else { ink::bright(dice) };
    let at = |dx: f32, dy: f32| (x + dx * tall, y + dy * tall);
    let steel = STEEL.darker(0.25);
    for leg in [-0.2, -0.07, 0.07, 0.2] {
        stage.line(&[at(leg, 0.0), at(leg * 0.72, 0.62)], tall * 0.022, steel);
    }
    for (low, high, half) in [(0.04, 0.3, 0.19), (0.3, 0.58, 0.165)] {
        stage.line(&[at(-half, low), at(half, high)], tall * 0.011, steel);
        stage.line(&[at(half, low), at(-half, high)], tall * 0.011, steel);
        stage.line(&[at(-half, high), at(half, high)], tall * 0.014, steel);
    }
    let half = tall * 0.2;
    let tank = Shape::rect(x - half, y + 0.6 * tall, 2.0 * half, tall * 0.25).and_ellipse(
        (x, y + 0.6 * tall),
        half,
        tall * 0.05,
    );
    stage.fill_round(tank, x - half, x + half, paint);
    stage.fill_round(
        Shape::polygon(&[at(-0.23, 0.85), at(0.0, 1.0), at(0.23, 0.85)]),
        x - half,
        x + half,
        paint.darker(0.25),
    );
    stage.fill(Shape::rect(x - half, y + 0.66 * tall, 2.0 * half, tall * 0.13), paint.mix(WHITE, 0.75));
    let pen = Pen { ink: ink::bright(dice).darker(0.3), weight: 0.2, glows: false };
    lettering::text(stage, "FILM", at(-0.15, 0.68), (tall * 0.3, tall * 0.09), pen);
    stage.fill(Shape::circle(at(0.0, 1.01), tall * 0.02), paint.darker(0.3));
}

/// Two pillars with urns, an arch of iron with a word, wings of wall.
fn studio_gate(stage: &mut Stage, dice: &Dice, z: f32, half_m: f32) {
    let scale = stage.scale(z);
    let (left, right) = (stage.at(-half_m - 0.4, 0.0, z), stage.at(half_m + 0.4, 0.0, z));
    let walls = ink::pale(dice).darker(0.06);
    let base = left.1;
    for (foot, wing) in [(left, -1.0), (right, 1.0)] {
        let (inner, outer) = (foot.0, foot.0 + wing * 14.0 * scale);
        stage.fill(Shape::rect(inner.min(outer), base, 14.0 * scale, 2.6 * scale), walls.darker(0.15));
        stage.fill(Shape::rect(inner.min(outer), base + 2.6 * scale, 14.0 * scale, 0.3 * scale), walls.lighter(0.3));
        let middle = foot.0 + wing * 0.6 * scale;
        stage.fill_round(
            Shape::rect(middle - 0.8 * scale, base, 1.6 * scale, 5.2 * scale),
            middle - 0.8 * scale,
            middle + 0.8 * scale,
            walls,
        );
        stage
            .fill(Shape::rect(middle - 1.0 * scale, base + 5.2 * scale, 2.0 * scale, 0.35 * scale), walls.lighter(0.3));
        stage.fill(Shape::circle((middle, base + 6.0 * scale), 0.55 * scale), walls.darker(0.1));
    }
    let (middle, half) = ((left.0 + right.0) / 2.0, (right.0 - left.0) / 2.0);
    let arch = |lift: f32| -> Vec<At> {
        (-10..=10)
            .map(|step| step as f32 / 10.0)
            .map(|share| (middle + share * half, base + (4.4 + lift + 1.7 * (1.0 - share * share)) * scale))
            .collect()
    };
    let iron = BLACK.lighter(dice.range(0.0, 0.25));
    stage.line(&arch(0.0), 0.2 * scale, iron);
    stage.line(&arch(1.5), 0.2 * scale, iron);
    for (low, high) in arch(0.0).iter().zip(&arch(1.5)) {
        stage.line(&[*low, *high], 0.07 * scale, iron);
    }
    let board = Shape::rect(middle - half * 0.72, base + 5.6 * scale, half * 1.44, 1.5 * scale);
    stage.fill(board, ink::bright(dice).darker(0.25));
    let pen = Pen { ink: Ink::hsl(45.0, 0.6, 0.75), weight: 0.18, glows: stage.light.is_dark() };
    lettering::text(stage, "STUDIOS", (middle - half * 0.64, base + 5.9 * scale), (half * 1.28, 0.9 * scale), pen);
}

/// A concrete viaduct on single columns, with a light rail train.
fn viaduct(stage: &mut Stage, dice: &Dice, deck: f32) {
    let ink = CONCRETE;
    let mut columns = Shape::new();
    let mut x = -1.2 + dice.range(0.0, 0.2);
    while x < 1.2 {
        columns = columns.and_rect(x, -0.03, 0.03, deck + 0.02);
        x += 0.26;
    }
    stage.fill(columns, ink.darker(0.25));
    stage.fill(Shape::rect(-1.3, deck - 0.02, 2.6, 0.035), ink);
    let (from, paint) = (dice.range(-0.6, -0.2), ink::bright(dice));
    for car in 0..3 {
        let left = from + 0.27 * car as f32;
        stage.fill(Shape::rect(left, deck + 0.022, 0.255, 0.062), WHITE.darker(0.08));
        stage.fill(Shape::rect(left, deck + 0.022, 0.255, 0.018), paint);
        let mut panes = Shape::new();
        for pane in 0..7 {
            panes = panes.and_rect(left + 0.012 + 0.034 * pane as f32, deck + 0.048, 0.026, 0.025);
        }
        stage.fill(panes, GLASS);
    }
    stage.line(&[(-1.3, deck + 0.12), (1.3, deck + 0.12)], 0.003, STEEL.darker(0.4));
}

/// A tall coaster with a loop before dry hills, and rows of tile-roofed houses.
pub(super) fn santa_clarita(stage: &mut Stage, dice: &Dice) {
    let [coaster, looping, homes] = dice.subset::<3>(tuning::ELEMENT_SHARE, tuning::ELEMENTS_AT_LEAST);
    stage.depth = FAR;
    let back = Ridge::rolling(dice, 0.2);
    land::hills(stage, dice, &back, 0.2);
    stage.depth = FAR * 0.7;
    let front = Ridge::rolling(dice, 0.11);
    land::hills(stage, dice, &front, 0.11);
    stage.depth = MIDDLE;
    let (rail, posts) = (ink::bright(dice), if dice.chance(0.6) { WHITE } else { ink::bright(dice) });
    let side = dice.sign();
    if coaster {
        lift_hill(stage, dice, side, rail, posts);
    }
    if looping {
        // Alone, it stands nearer.
        let radius = if coaster { dice.range(0.11, 0.14) } else { dice.range(0.15, 0.18) };
        loops(stage, (-side * dice.range(0.1, 0.24), radius), rail, posts);
    }
    land::lawn(stage, dice, 0.0);
    if homes {
        tract_homes(stage, dice);
    }
    stage.depth = NEAR;
    if dice.chance(0.5) {
        let half_m = dice.range(5.0, 8.0);
        street::road_ahead(stage, dice, half_m);
        shared::foreground_ahead(stage, dice, half_m);
    } else {
        shared::foreground_across(stage, dice);
    }
}

/// A steep climb, a steeper drop, and two humps after it, on a lattice.
fn lift_hill(stage: &mut Stage, dice: &Dice, side: f32, rail: Ink, posts: Ink) {
    let tall = dice.range(0.36, 0.46);
    let shift = side * dice.range(0.0, 0.12);
    let track = [
        (0.62, 0.04),
        (0.5, 0.3),
        (0.36, 0.7),
        (0.26, 0.95),
        (0.2, 1.0),
        (0.15, 0.94),
        (0.1, 0.6),
        (0.05, 0.2),
        (0.0, 0.1),
        (-0.06, 0.2),
        (-0.13, 0.48),
        (-0.19, 0.56),
        (-0.25, 0.48),
        (-0.32, 0.18),
        (-0.37, 0.12),
        (-0.43, 0.22),
        (-0.5, 0.34),
        (-0.58, 0.2),
        (-0.66, 0.06),
    ];
    let points = track.map(|(x, y)| (shift + side * x, y * tall));
    for (index, pair) in points.windows(2).enumerate() {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        stage.line(&[(x0, y0), (x0, 0.0)], 0.005, posts);
        if index % 2 == 0 {
            stage.line(&[(x0, y0 * 0.5), (x1, y1 * 0.95)], 0.003, posts);
            stage.line(&[(x0, 0.0), (x1, y1 * 0.5)], 0.003, posts);
        }
    }
    stage.line(&points, 0.019, rail);
    // The train, just over the top.
    for car in 0..4 {
        let share = car as f32 / 4.0;
        let (x, y) =
            (points[4].0 + (points[2].0 - points[4].0) * share, points[4].1 + (points[2].1 - points[4].1) * share);
        stage.fill(Shape::circle((x, y + 0.014), 0.013), BLACK.lighter(0.2));
    }
}

/// A vertical loop that the track enters and leaves.
fn loops(stage: &mut Stage, (x, radius): (f32, f32), rail: Ink, posts: Ink) {
    let middle = (x, radius * 1.25);
    let circle: Vec<At> = (0..=32)
        .map(|step| step as f32 / 32.0 * std::f32::consts::TAU - std::f32::consts::FRAC_PI_2)
        .map(|angle| (middle.0 + radius * 0.9 * angle.cos(), middle.1 + radius * 1.12 * angle.sin()))
        .collect();
    stage.line(&[(x - radius * 1.3, 0.0), (x - radius * 1.3, middle.1 * 1.5)], 0.008, posts);
    stage.line(&[(x + radius * 1.3, 0.0), (x + radius * 1.3, middle.1 * 1.5)], 0.008, posts);
    for angle in [0.6_f32, 2.5] {
        let edge = (middle.0 + radius * 0.9 * angle.cos(), middle.1 + radius * 1.12 * angle.sin());
        stage.line(&[edge, (x + radius * 1.3 * angle.cos().signum(), middle.1 * 1.3)], 0.006, posts);
    }
    stage.line(&[(x - radius * 3.0, 0.03), (x, middle.1 - radius * 1.12), (x + radius * 3.0, 0.03)], 0.015, rail);
    stage.line(&circle, radius * 0.15, rail);
}

/// Houses that are all alike, in two rows.
fn tract_homes(stage: &mut Stage, dice: &Dice) {
    let tiles = ink::roof(dice);
    let walls = ink::wall(dice);
    for (y, width) in [(-0.005, 0.12), (-0.05, 0.18)] {
        let mut x = -0.9 + dice.range(0.0, width);
        while x < 0.9 {
            if dice.chance(0.85) {
                tract_home(stage, dice, (x, y), width, (walls, tiles));
            }
            x += width * 1.12;
        }
    }
}

/// A gable over the garage, a hipped roof behind it.
fn tract_home(stage: &mut Stage, dice: &Dice, (x, y): At, width: f32, (walls, tiles): (Ink, Ink)) {
    let at = |dx: f32, dy: f32| (x + dx * width, y + dy * width);
    buildings::block(stage, at(0.04, 0.0), (width * 0.92, width * 0.3), walls);
    let roof = [at(0.0, 0.3), at(0.2, 0.47), at(0.8, 0.47), at(1.0, 0.3)];
    stage.fill_between(
        Shape::polygon(&roof),
        (y + 0.3 * width, tiles.darker(0.15)),
        (y + 0.47 * width, tiles.lighter(0.1)),
    );
    stage.fill(Shape::rect(at(0.1, 0.0).0, y, width * 0.36, width * 0.2), WHITE.darker(0.08));
    stage.fill(Shape::polygon(&[at(0.04, 0.28), at(0.28, 0.42), at(0.52, 0.28)]), walls.lighter(0.2));
    buildings::windows(stage, dice, at(0.55, 0.07), (width * 0.36, width * 0.16), (2, 1));
}
