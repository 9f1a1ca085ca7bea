//! Malibu: cliffs, surf, houses on stilts.

use crate::scenes::dice::Dice;
use crate::scenes::ink::{self, CONCRETE, Ink, STEEL, WHITE, WOOD};
use crate::scenes::land;
use crate::scenes::shape::{At, Shape};
use crate::scenes::stage::{FAR, MIDDLE, NEAR, Stage};
use crate::scenes::{buildings, street, tuning};

/// A coast that runs into the distance: cliffs on one side, surf on the other, stilt houses, a highway, surfers.
pub(super) fn malibu(stage: &mut Stage, dice: &Dice) {
    let [cliffs, stilts, surfers] = dice.subset::<3>(tuning::ELEMENT_SHARE, tuning::ELEMENTS_AT_LEAST);
    let side = dice.sign();
    stage.depth = MIDDLE;
    land::water(stage, dice, 0.0, -0.9);
    if cliffs {
        headlands(stage, dice, side);
    } else {
        land::distant_hills(stage, dice);
    }
    breakers(stage, dice, side);
    beach(stage, dice, side);
    if stilts {
        for (x, y, width) in [(0.10, -0.09, 0.16), (0.27, -0.14, 0.22), (0.52, -0.22, 0.3)] {
            stilt_house(stage, dice, (side * x, y), width);
        }
    }
    stage.depth = NEAR;
    if surfers {
        for _ in 0..dice.count(2, 3) {
            let (x, y) = (-side * dice.range(0.05, 0.4), -dice.range(0.14, 0.3));
            surfer(stage, dice, (x, y), 0.05 - y * 0.22);
        }
    }
    highway(stage, dice, side);
}

/// Headlands behind each other, each a steep slope that ends in the sea.
fn headlands(stage: &mut Stage, dice: &Dice, side: f32) {
    let ink = stage.light.vegetation(dice);
    let layers = [(FAR, -0.35, 0.10), (FAR * 0.7, -0.12, 0.2), (MIDDLE, 0.12, 0.36)];
    for (depth, foot, tall) in layers {
        stage.depth = depth;
        let tall = tall * dice.range(0.85, 1.2);
        let steps = [
            (0.0, -0.02),
            (0.02, 0.25),
            (0.07, 0.4),
            (0.09, 0.72),
            (0.18, 0.8),
            (0.3, 1.0),
            (0.6, 0.95),
            (1.6, 1.15),
            (1.6, -0.2),
        ];
        let outline = steps.map(|(dx, share)| (side * (foot + dx + dice.around(0.0, 0.01)), share * tall - 0.02));
        let soil = Ink::hsl(dice.range(15.0, 45.0), dice.range(0.15, 0.45), dice.range(0.45, 0.65));
        stage.fill_between(Shape::polygon(&outline), (0.0, soil), (tall, ink));
        // Layers of rock in the steep part.
        for (band, start) in [(0.16, 0.035), (0.32, 0.065), (0.48, 0.09), (0.64, 0.105)] {
            let y = tall * band - 0.02;
            let bend = [(0.0, 0.0), (0.08, 0.01), (0.16, -0.006), (0.3, 0.012)];
            let points = bend.map(|(dx, dy)| (side * (foot + start + dx), y + dy * tall * 3.0));
            stage.line(&points, tall * 0.022, soil.darker(0.2));
        }
        let mut gullies = Shape::new();
        for gully in 0..8 {
            let (x, top) = (side * (foot + 0.22 + 0.15 * gully as f32), tall * dice.range(0.55, 0.75));
            let wide = side * dice.range(0.02, 0.05);
            gullies = gullies.and_polygon(&[
                (x, top),
                (x + wide, top * 0.5),
                (x + wide * 2.4, -0.02),
                (x + wide * 0.4, -0.02),
            ]);
        }
        stage.veil(gullies, soil.darker(0.5), 0.35);
    }
    stage.depth = MIDDLE;
}

/// White lines that run toward the beach, longer the nearer.
fn breakers(stage: &mut Stage, dice: &Dice, side: f32) {
    for line in 0..6 {
        let y = -0.035 - 0.05 * line as f32 - dice.range(0.0, 0.02);
        let shore = side * (0.02 - y * 0.5);
        let long = dice.range(0.25, 0.5) - y * 1.2;
        let thick = 0.004 - y * 0.045;
        let mut crest = Shape::new();
        for bump in 0..12 {
            let x = shore - side * long * bump as f32 / 12.0;
            crest = crest.and_dome((x, y), long * 0.07, thick * dice.range(0.6, 1.5));
        }
        stage.veil(crest, WHITE, 0.92);
        let (from, to) = (shore.min(shore - side * long), shore.max(shore - side * long));
        stage.veil(Shape::rect(from, y - thick * 0.8, to - from, thick * 0.5), WHITE, 0.5);
    }
}

/// The strip of sand between the water and the slope.
fn beach(stage: &mut Stage, dice: &Dice, side: f32) {
    let ink = Ink::hsl(dice.range(25.0, 45.0), dice.range(0.15, 0.4), dice.range(0.6, 0.76));
    let edge = [(0.02, -0.02), (0.06, -0.1), (0.16, -0.26), (0.30, -0.45), (0.5, -0.9), (2.0, -0.9), (2.0, -0.02)];
    stage.fill(Shape::polygon(&edge.map(|(x, y)| (side * x, y))), ink);
    stage.line(&edge[..5].iter().map(|&(x, y)| (side * x, y)).collect::<Vec<_>>(), 0.012, WHITE);
}

/// A glass house on a forest of posts over the sand.
fn stilt_house(stage: &mut Stage, dice: &Dice, (x, y): At, width: f32) {
    let walls = ink::wall(dice);
    let left = x - width / 2.0;
    let (legs, tall) = (width * dice.range(0.3, 0.4), width * dice.range(0.38, 0.5));
    let mut posts = Shape::new();
    for post in 0..6 {
        posts = posts.and_rect(left + width * (0.02 + 0.185 * post as f32), y, width * 0.035, legs);
    }
    stage.fill(posts, WOOD.darker(0.4));
    stage.line(&[(left, y + legs * 0.2), (left + width, y + legs * 0.9)], width * 0.016, WOOD.darker(0.4));
    stage.fill(Shape::rect(left - width * 0.08, y + legs, width * 1.16, width * 0.05), WHITE);
    buildings::block(stage, (left, y + legs + width * 0.05), (width, tall), walls);
    buildings::windows(stage, dice, (left, y + legs + width * 0.07), (width, tall * 0.9), (4, 2));
    let top = y + legs + width * 0.05 + tall;
    stage.fill(Shape::rect(left - width * 0.06, top, width * 1.12, width * 0.05), walls.darker(0.4));
    buildings::fence(stage, (left - width * 0.08, left + width * 1.08), y + legs + width * 0.05, width * 0.09);
}

/// Someone crouching on a board before a curl of foam.
fn surfer(stage: &mut Stage, dice: &Dice, (x, y): At, size: f32) {
    let at = |dx: f32, dy: f32| (x + dx * size, y + dy * size);
    stage.veil(Shape::dome(at(-0.3, -0.25), size * 1.3, size * 0.5), WHITE, 0.85);
    stage.fill(Shape::ellipse(at(0.0, 0.0), size * 0.75, size * 0.09), ink::bright(dice));
    let suit = Ink::gray(0.14);
    stage.line(&[at(-0.3, 0.05), at(-0.15, 0.35), at(0.0, 0.45)], size * 0.14, suit);
    stage.line(&[at(0.3, 0.05), at(0.22, 0.32), at(0.0, 0.45)], size * 0.14, suit);
    stage.line(&[at(0.0, 0.45), at(0.1, 0.8)], size * 0.2, suit);
    stage.line(&[at(-0.4, 0.75), at(0.1, 0.76), at(0.5, 0.6)], size * 0.08, suit);
    stage.fill(Shape::circle(at(0.14, 0.98), size * 0.12), Ink::hsl(25.0, 0.4, 0.6));
}

/// The coast highway in the corner, with a rail and a car.
fn highway(stage: &mut Stage, dice: &Dice, side: f32) {
    let ink = CONCRETE.darker(dice.range(0.3, 0.55));
    let road = [(0.36, -0.2), (0.5, -0.18), (1.6, -0.2), (1.6, -1.2), (0.16, -1.2), (0.24, -0.6), (0.3, -0.36)];
    stage.fill(Shape::polygon(&road.map(|(x, y)| (side * x, y))), ink);
    let rail: Vec<At> =
        [(0.34, -0.17), (0.28, -0.31), (0.2, -0.53), (0.1, -0.9)].iter().map(|&(x, y)| (side * x, y)).collect();
    stage.line(&rail, 0.014, STEEL.lighter(0.3));
    for &(x, y) in &rail {
        stage.line(&[(x, y), (x, y + y * 0.1)], 0.009, STEEL.darker(0.2));
    }
    if dice.chance(0.6) {
        let z = stage.distance_m(dice.range(0.24, 0.32));
        let x = side * dice.range(0.46, 0.6) - stage.vanishing_x;
        street::car_side(stage, dice, x / stage.scale(z), z);
    }
}
