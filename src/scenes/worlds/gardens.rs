//! Beverly Hills' palm rows, hedges and villas; Pasadena's dome, roses and mountains.

use crate::scenes::dice::Dice;
use crate::scenes::ink::{self, GLASS, Ink, LAMP, WHITE};
use crate::scenes::shape::{At, Shape};
use crate::scenes::stage::{MIDDLE, NEAR, Stage};
use crate::scenes::{buildings, land, plants, shared, street, tuning};

/// A wide street between two rows of tall palms and clipped hedges, a villa at its end.
pub(super) fn beverly_hills(stage: &mut Stage, dice: &Dice) {
    let [palms, hedges, villa] = dice.subset::<3>(tuning::ELEMENT_SHARE, tuning::ELEMENTS_AT_LEAST);
    if dice.chance(0.6) {
        land::distant_hills(stage, dice);
    }
    stage.depth = MIDDLE;
    land::lawn(stage, dice, 0.0);
    let half_m = dice.range(3.5, 5.0);
    if villa {
        let x = stage.vanishing_x + dice.around(0.0, 0.16);
        mansion(stage, dice, (x, -0.02), dice.range(0.42, 0.54));
    } else {
        buildings::row(stage, dice, (-0.9, 0.9), -0.01, 0.1);
    }
    stage.depth = NEAR * 2.0;
    street::road_ahead(stage, dice, half_m);
    let (leaves, tall) = (stage.light.leaves(dice), dice.range(1.6, 2.6));
    if hedges {
        for side in [-1.0, 1.0] {
            hedge(stage, side * (half_m + 4.2), tall, leaves);
        }
    }
    if palms {
        palm_rows(stage, dice, half_m + 2.2);
    }
    shared::foreground_ahead(stage, dice, half_m);
}

/// Two rows, the farthest first, all of one age.
fn palm_rows(stage: &mut Stage, dice: &Dice, side_m: f32) {
    let (tall, gap, first) = (dice.range(9.0, 13.0), dice.range(6.0, 9.0), dice.range(10.0, 13.0));
    for place in (0..8).rev() {
        let z = first + gap * place as f32;
        for side in [-1.0, 1.0] {
            let foot = stage.at(side * side_m, 0.0, z);
            let height = tall * stage.scale(z) * dice.range(0.93, 1.05);
            plants::palm(stage, dice, foot, height);
        }
    }
}

/// A long box of leaves beside the street, with ball-shaped trees on its pillars.
fn hedge(stage: &mut Stage, x: f32, tall: f32, leaves: Ink) {
    let mut z = 60.0;
    while z > 4.0 {
        let near = z * 0.62;
        let corners = [(0.0, z), (0.0, near), (tall, near), (tall, z)].map(|(y, z)| stage.at(x, y, z));
        stage.fill(Shape::polygon(&corners), leaves.darker(0.22));
        let top = [(x, z), (x, near), (x + x.signum() * 1.5, near), (x + x.signum() * 1.5, z)];
        stage.fill(Shape::polygon(&top.map(|(x, z)| stage.at(x, tall, z))), leaves.lighter(0.12));
        let (scale, foot) = (stage.scale(near), stage.at(x, 0.0, near));
        stage.fill(Shape::rect(foot.0 - 0.5 * scale, foot.1, scale, (tall + 0.3) * scale), WHITE.darker(0.1));
        let ball = (foot.0, foot.1 + (tall + 0.9) * scale);
        stage.fill_round(Shape::circle(ball, 0.75 * scale), ball.0 - 0.75 * scale, ball.0 + 0.75 * scale, leaves);
        z = near;
    }
}

/// Two wings, a portico with columns, arched windows, a balustrade.
fn mansion(stage: &mut Stage, dice: &Dice, (x, y): At, width: f32) {
    let (walls, tiles) = (ink::pale(dice), ink::roof(dice));
    let at = |dx: f32, dy: f32| (x + dx * width, y + dy * width);
    buildings::block(stage, at(-0.5, 0.0), (width, width * 0.3), walls);
    let roof = [at(-0.54, 0.3), at(-0.44, 0.42), at(0.44, 0.42), at(0.54, 0.3)];
    stage.fill_between(
        Shape::polygon(&roof),
        (y + 0.3 * width, tiles.darker(0.1)),
        (y + 0.42 * width, tiles.lighter(0.15)),
    );
    let mut arches = Shape::new();
    for dx in [-0.45, -0.34, -0.23, 0.15, 0.26, 0.37] {
        let (left, low) = at(dx, 0.03);
        arches = arches.and_arch(left, low, width * 0.07, width * 0.115).and_arch(
            left,
            low + width * 0.145,
            width * 0.07,
            width * 0.1,
        );
    }
    if stage.light.is_dark() {
        stage.glow(arches, LAMP, 0.9)
    } else {
        stage.fill(arches, GLASS)
    }
    let white = walls.lighter(0.5);
    stage.fill(Shape::rect(at(-0.14, 0.0).0, y, width * 0.28, width * 0.34), walls.darker(0.3));
    stage.fill(Shape::new().and_arch(at(-0.05, 0.0).0, y, width * 0.1, width * 0.18), ink::roof(dice));
    let mut columns = Shape::new();
    for dx in [-0.15, -0.075, 0.045, 0.12] {
        columns = columns.and_rect(at(dx, 0.0).0, y, width * 0.03, width * 0.34);
    }
    stage.fill(columns, white);
    stage.fill(Shape::polygon(&[at(-0.19, 0.34), at(0.0, 0.47), at(0.19, 0.34)]), white.darker(0.06));
    for dx in [-0.6, -0.56, 0.56, 0.6] {
        plants::cypress(stage, dice, at(dx, -0.01), width * dice.range(0.3, 0.4));
    }
}

/// A great tiled dome over arcades, steep mountains behind, roses before it, an arched bridge.
pub(super) fn pasadena(stage: &mut Stage, dice: &Dice) {
    let [dome, roses, bridge, peaks] = dice.subset::<4>(tuning::ELEMENT_SHARE, 3);
    if peaks {
        land::mountains(stage, dice, dice.range(0.27, 0.40));
    }
    stage.depth = MIDDLE;
    land::lawn(stage, dice, 0.0);
    let side = dice.sign();
    if bridge {
        arched_bridge(stage, dice, -0.04, dice.range(0.12, 0.16));
    } else {
        buildings::row(stage, dice, (-0.9, 0.9), -0.02, 0.1);
    }
    if dome {
        domed_hall(stage, dice, (side * dice.range(0.0, 0.2), -0.04), dice.range(0.40, 0.50));
    }
    stage.depth = NEAR;
    land::lawn(stage, dice, -0.04);
    if dice.chance(0.5) {
        let half_m = dice.range(3.0, 4.5);
        street::road_ahead(stage, dice, half_m);
        shared::foreground_ahead(stage, dice, half_m);
    } else {
        shared::foreground_across(stage, dice);
    }
    if roses {
        rose_garden(stage, dice);
    }
}

/// An arcade, a drum with columns, a ribbed dome, a lantern.
fn domed_hall(stage: &mut Stage, dice: &Dice, (x, y): At, width: f32) {
    let (walls, tiles) =
        (ink::pale(dice).darker(0.05), Ink::hsl(dice.range(0.0, 360.0), dice.range(0.2, 0.55), dice.range(0.4, 0.6)));
    let at = |dx: f32, dy: f32| (x + dx * width, y + dy * width);
    buildings::block(stage, at(-0.5, 0.0), (width, width * 0.24), walls);
    stage.fill(Shape::polygon(&[at(-0.53, 0.24), at(-0.47, 0.31), at(0.47, 0.31), at(0.53, 0.24)]), tiles.darker(0.15));
    let mut arches = Shape::new();
    for arch in 0..8 {
        let (left, low) = at(-0.47 + 0.12 * arch as f32, 0.02);
        arches = arches.and_arch(left, low, width * 0.08, width * 0.17);
    }
    stage.fill(arches, GLASS.darker(0.2));
    // The tower: a square base, a drum with arches, the dome.
    buildings::block(stage, at(-0.22, 0.28), (width * 0.44, width * 0.2), walls.lighter(0.1));
    let mut drum = Shape::new();
    for arch in 0..4 {
        let (left, low) = at(-0.185 + 0.1 * arch as f32, 0.31);
        drum = drum.and_arch(left, low, width * 0.07, width * 0.14);
    }
    stage.fill(drum, GLASS);
    stage.fill(Shape::rect(at(-0.24, 0.48).0, y + width * 0.48, width * 0.48, width * 0.03), walls.lighter(0.3));
    let (half, spring) = (width * 0.2, y + width * 0.51);
    stage.fill_round(Shape::dome((x, spring), half, width * 0.25), x - half, x + half, tiles);
    for rib in [-0.62, -0.25, 0.25, 0.62] {
        let points = [
            (x + rib * half, spring),
            (x + rib * half * 0.86, spring + width * 0.13),
            (x + rib * half * 0.3, spring + width * 0.24),
        ];
        stage.line(&points, width * 0.008, tiles.darker(0.35));
    }
    stage.fill_round(
        Shape::rect(x - width * 0.05, spring + width * 0.24, width * 0.1, width * 0.08),
        x - width * 0.05,
        x + width * 0.05,
        walls,
    );
    stage.fill(Shape::dome((x, spring + width * 0.32), width * 0.06, width * 0.05), tiles);
    stage.line(&[(x, spring + width * 0.36), (x, spring + width * 0.43)], width * 0.01, WHITE);
}

/// A long bridge on tall arches, from side to side.
fn arched_bridge(stage: &mut Stage, dice: &Dice, base: f32, tall: f32) {
    let ink = ink::pale(dice).darker(0.1);
    let span = tall * 1.15;
    let count = (2.4 / span) as u32;
    stage.fill(Shape::rect(-1.2, base, 2.4, tall), ink.darker(0.1));
    let mut holes = Shape::new();
    for arch in 0..=count {
        holes = holes.and_arch(-1.2 + span * (arch as f32 + 0.1), base, span * 0.8, tall * 0.8);
    }
    let beyond = stage.light.vegetation(dice).darker(0.35);
    stage.fill(holes, beyond);
    stage.fill(Shape::rect(-1.2, base + tall * 0.96, 2.4, tall * 0.08), ink.lighter(0.2));
    buildings::fence(stage, (-1.2, 1.2), base + tall, tall * 0.12);
}

/// Rose bushes along the lower edge.
fn rose_garden(stage: &mut Stage, dice: &Dice) {
    for (row, size) in [(0.30, 0.055), (0.39, 0.085)] {
        let mut x = -0.75 + dice.range(0.0, 0.1);
        while x < 0.75 {
            let bloom =
                Ink::hsl(dice.pick(&[350.0, 0.0, 335.0, 20.0, 50.0]), dice.range(0.4, 0.9), dice.range(0.5, 0.85));
            plants::roses(stage, dice, (x, -row - dice.range(0.0, 0.02)), size, bloom);
            x += size * dice.range(1.9, 2.6);
        }
    }
}
