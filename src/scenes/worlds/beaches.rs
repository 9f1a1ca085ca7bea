//! Santa Monica's pier with its wheel; Manhattan Beach's sand, nets and pier house.

use crate::scenes::buildings;
use crate::scenes::dice::Dice;
use crate::scenes::ink::{self, BLACK, GLASS, Ink, LAMP, STEEL, WHITE, WOOD};
use crate::scenes::land;
use crate::scenes::lettering::{self, Pen};
use crate::scenes::shape::{At, Shape};
use crate::scenes::stage::{MIDDLE, NEAR, Stage};
use crate::scenes::{plants, shared, street, tuning};

/// A pier with a great wheel and a coaster over the sea, an arched sign, palms on the bluff.
pub(super) fn santa_monica(stage: &mut Stage, dice: &Dice) {
    let [wheel, coaster, sign, palms] = dice.subset::<4>(tuning::ELEMENT_SHARE, tuning::ELEMENTS_AT_LEAST);
    if dice.chance(0.6) {
        land::distant_hills(stage, dice);
    }
    stage.depth = MIDDLE;
    land::water(stage, dice, 0.0, -0.16);
    let side = dice.sign();
    let deck = dice.range(0.03, 0.06);
    pier(stage, dice, (-1.4, 1.4), deck, -0.1);
    let sheds = if wheel && coaster { (-0.5, 0.5) } else { (-0.8, 0.8) };
    pier_sheds(stage, dice, sheds, deck);
    if coaster {
        small_coaster(stage, dice, (-side * 0.25, deck), dice.range(0.13, 0.18));
    }
    if wheel {
        big_wheel(stage, dice, (side * dice.range(0.08, 0.24), deck), dice.range(0.16, 0.21));
    }
    land::surf(stage, dice, -0.15, 2);
    land::sand(stage, dice, -0.15);
    stage.depth = NEAR;
    // A bluff with a bike path, or a street that leads to the pier.
    if sign {
        let half_m = dice.range(3.5, 5.0);
        street::road_ahead(stage, dice, half_m);
        pier_sign(stage, dice, dice.range(13.0, 17.0), half_m);
        shared::foreground_ahead(stage, dice, half_m);
    } else {
        shared::foreground_across(stage, dice);
    }
    if palms {
        for _ in 0..dice.count(2, 4) {
            let x = dice.sign() * dice.range(0.25, 0.55);
            plants::palm(stage, dice, (x, -dice.range(0.22, 0.4)), dice.range(0.5, 0.8));
        }
    }
}

/// A deck on crossed piles.
fn pier(stage: &mut Stage, dice: &Dice, (from, to): (f32, f32), deck: f32, low: f32) {
    let ink = WOOD.mix(STEEL, dice.range(0.0, 0.7));
    let mut piles = Shape::new();
    let mut x = from;
    while x < to {
        piles = piles.and_rect(x, low, 0.009, deck - low);
        x += 0.055;
    }
    stage.fill(piles, ink.darker(0.45));
    let mut x = from;
    while x < to {
        stage.line(&[(x, low + 0.03), (x + 0.055, deck)], 0.004, ink.darker(0.4));
        x += 0.055;
    }
    stage.fill(Shape::rect(from, deck - 0.018, to - from, 0.018), ink);
    buildings::fence(stage, (from, to), deck, 0.02);
}

fn pier_sheds(stage: &mut Stage, dice: &Dice, (from, to): (f32, f32), deck: f32) {
    let mut x = from;
    while x < to {
        let (width, tall) = (dice.range(0.08, 0.14), dice.range(0.04, 0.07));
        let (walls, tiles) = (ink::wall(dice), ink::bright(dice));
        buildings::block(stage, (x, deck), (width, tall), walls);
        let roof = [(x - 0.008, deck + tall), (x + width / 2.0, deck + tall * 1.6), (x + width + 0.008, deck + tall)];
        stage.fill(Shape::polygon(&roof), tiles);
        x += width + dice.range(0.02, 0.12);
    }
}

/// A great wheel with gondolas; lit at night.
fn big_wheel(stage: &mut Stage, dice: &Dice, (x, deck): At, radius: f32) {
    let hub = (x, deck + radius * 1.16);
    let ink = if dice.chance(0.5) { WHITE } else { ink::bright(dice) };
    let dark = stage.light.is_dark();
    let line = |stage: &mut Stage, points: &[At], width: f32, ink: Ink| {
        if dark { stage.glow_line(points, width, ink.lighter(0.2)) } else { stage.line(points, width, ink) }
    };
    for dx in [-0.55, 0.55] {
        stage.line(&[hub, (x + dx * radius, deck)], radius * 0.07, STEEL);
    }
    let turn = dice.range(0.0, 0.4);
    let rim = |angle: f32, reach: f32| (hub.0 + reach * radius * angle.cos(), hub.1 + reach * radius * angle.sin());
    let spokes = 16;
    let angle_of = |spoke: u32| turn + spoke as f32 / spokes as f32 * std::f32::consts::TAU;
    for spoke in 0..spokes {
        line(stage, &[hub, rim(angle_of(spoke), 1.0)], radius * 0.022, ink);
    }
    for reach in [1.0, 0.86, 0.4] {
        let points: Vec<At> = (0..=40).map(|step| rim(step as f32 / 40.0 * std::f32::consts::TAU, reach)).collect();
        line(stage, &points, radius * 0.032, ink);
    }
    for spoke in 0..spokes {
        let (gx, gy) = rim(angle_of(spoke), 1.0);
        let size = radius * 0.085;
        let gondola = ink::bright(dice);
        let shape = Shape::rect(gx - size, gy - 2.0 * size, 2.0 * size, 1.3 * size);
        if dark { stage.glow(shape, gondola.lighter(0.2), 1.0) } else { stage.fill(shape, gondola) }
    }
    stage.fill(Shape::circle(hub, radius * 0.1), ink::bright(dice));
}

/// A low coaster of one hump and one dip beside the wheel.
fn small_coaster(stage: &mut Stage, dice: &Dice, (x, deck): At, tall: f32) {
    let track = |dx: f32| deck + tall * (0.45 + 0.4 * (dx * 9.0).sin() * (1.0 - dx.abs()));
    let ink = ink::bright(dice);
    let points: Vec<At> = (0..=24).map(|step| step as f32 / 24.0 * 0.6 - 0.3).map(|dx| (x + dx, track(dx))).collect();
    for point in points.iter().step_by(2) {
        stage.line(&[*point, (point.0, deck)], 0.004, WHITE);
    }
    stage.line(&points, 0.011, ink);
}

/// An arched sign over the road, with words.
fn pier_sign(stage: &mut Stage, dice: &Dice, z: f32, half_m: f32) {
    let (left, right, scale) = (stage.at(-half_m - 0.6, 0.0, z), stage.at(half_m + 0.6, 0.0, z), stage.scale(z));
    let ink = ink::bright(dice).darker(0.15);
    for foot in [left, right] {
        stage.line(&[foot, (foot.0, foot.1 + 5.4 * scale)], 0.3 * scale, STEEL.darker(0.3));
    }
    let middle = ((left.0 + right.0) / 2.0, left.1 + 4.7 * scale);
    let half = (right.0 - left.0) / 2.0;
    stage.fill(Shape::dome((middle.0, middle.1 + 1.1 * scale), half * 0.8, 1.0 * scale), ink.lighter(0.15));
    stage.fill(Shape::rect(left.0, middle.1 - 0.5 * scale, 2.0 * half, 1.8 * scale), ink);
    let pen = Pen { ink: WHITE, weight: 0.17, glows: stage.light.is_dark() };
    lettering::text(stage, "YACHT PIER", (left.0 + half * 0.1, middle.1 - 0.1 * scale), (half * 1.8, 1.0 * scale), pen);
    for bulb in 0..12 {
        let x = left.0 + half * 2.0 * (bulb as f32 + 0.5) / 12.0;
        stage.glow(Shape::circle((x, middle.1 - 0.35 * scale), 0.08 * scale), LAMP, 1.0);
    }
}

/// Broad sand with volleyball nets, a pier with an eight-sided house at its end, a lifeguard's hut, tight houses.
pub(super) fn manhattan_beach(stage: &mut Stage, dice: &Dice) {
    let [house, nets, hut, homes] = dice.subset::<4>(tuning::ELEMENT_SHARE, tuning::ELEMENTS_AT_LEAST);
    if dice.chance(0.4) {
        land::distant_hills(stage, dice);
    }
    stage.depth = MIDDLE;
    land::water(stage, dice, 0.0, -0.14);
    let side = dice.sign();
    if house {
        round_house_pier(stage, dice, side, dice.range(0.0, 0.14));
    }
    land::surf(stage, dice, -0.12, 3);
    land::sand(stage, dice, -0.12);
    if homes {
        beach_homes(stage, dice, -side);
    }
    stage.depth = NEAR;
    if hut {
        lifeguard_hut(stage, dice, (-side * dice.range(0.02, 0.25), -0.15), dice.range(0.16, 0.22));
    }
    if nets || !house {
        for (low, wide) in [(-0.2, 0.24), (-0.32, 0.42)] {
            net(stage, dice, (dice.range(-0.35, 0.05), low), wide);
        }
    }
    beach_life(stage, dice);
    if dice.chance(0.3) {
        shared::foreground_across(stage, dice);
    }
}

/// A plain pier that runs out to a house with a red or blue roof of eight sides.
fn round_house_pier(stage: &mut Stage, dice: &Dice, side: f32, end: f32) {
    let deck = 0.05;
    let (from, to) = if side > 0.0 { (end - 0.1, 1.6) } else { (-1.6, 0.1 - end) };
    let ink = ink::pale(dice).darker(0.2);
    let mut piles = Shape::new();
    let mut x = from;
    while x < to {
        piles = piles.and_rect(x, -0.11, 0.016, 0.15);
        x += 0.1;
    }
    stage.fill(piles, ink.darker(0.35));
    stage.fill(Shape::rect(from, deck - 0.022, to - from, 0.022), ink);
    buildings::fence(stage, (from, to), deck, 0.022);
    let x = if side > 0.0 { from + 0.11 } else { to - 0.11 };
    let (walls, tiles) = (ink::pale(dice), ink::bright(dice).darker(0.1));
    let at = |dx: f32, dy: f32| (x + dx, deck + dy);
    stage.fill_round(Shape::rect(x - 0.11, deck, 0.22, 0.1), x - 0.11, x + 0.11, walls);
    buildings::windows(stage, dice, at(-0.1, 0.02), (0.2, 0.06), (6, 1));
    let roof = [at(-0.14, 0.1), at(-0.06, 0.17), at(0.06, 0.17), at(0.14, 0.1)];
    stage.fill_round(Shape::polygon(&roof), x - 0.14, x + 0.14, tiles);
    stage.fill(Shape::rect(x - 0.045, deck + 0.17, 0.09, 0.035), walls);
    stage.fill_round(Shape::polygon(&[at(-0.065, 0.2), at(0.0, 0.255), at(0.065, 0.2)]), x - 0.065, x + 0.065, tiles);
    stage.line(&[at(0.0, 0.25), at(0.0, 0.3)], 0.005, WHITE);
}

/// Narrow houses, wall to wall, three floors of glass and balconies.
fn beach_homes(stage: &mut Stage, dice: &Dice, side: f32) {
    let mut x = 0.18;
    while x < 1.0 {
        let (width, tall) = (dice.range(0.1, 0.13), dice.range(0.16, 0.22));
        let left = if side > 0.0 { x } else { -x - width };
        let walls = ink::wall(dice);
        buildings::block(stage, (left, -0.13), (width, tall), walls);
        buildings::windows(stage, dice, (left, -0.12), (width, tall * 0.94), (2, 3));
        let mut rails = Shape::new();
        for floor in 1..3 {
            rails = rails.and_rect(left - 0.004, -0.13 + tall * floor as f32 / 3.0 - 0.004, width + 0.008, 0.012);
        }
        stage.fill(rails, WHITE);
        let slope = dice.range(-0.03, 0.03);
        let roof = [
            (left, tall - 0.13),
            (left, tall - 0.115 + slope.max(0.0)),
            (left + width, tall - 0.115 - slope.min(0.0)),
            (left + width, tall - 0.13),
        ];
        stage.fill(Shape::polygon(&roof), ink::roof(dice));
        x += width;
    }
}

/// A hut on stilts with a ramp and an overhanging roof.
fn lifeguard_hut(stage: &mut Stage, dice: &Dice, (x, y): At, size: f32) {
    let at = |dx: f32, dy: f32| (x + dx * size, y + dy * size);
    let walls = ink::bright(dice).lighter(0.3);
    for dx in [-0.3, 0.0, 0.3] {
        stage.line(&[at(dx, 0.0), at(dx, 0.35)], size * 0.045, WHITE.darker(0.3));
    }
    stage.line(&[at(-0.3, 0.35), at(-0.95, 0.0)], size * 0.06, WHITE.darker(0.2));
    buildings::block(stage, at(-0.36, 0.36), (size * 0.72, size * 0.36), walls);
    stage.fill(Shape::rect(at(-0.28, 0.48).0, y + 0.48 * size, size * 0.56, size * 0.17), GLASS);
    stage.fill(Shape::polygon(&[at(-0.5, 0.72), at(-0.42, 0.82), at(0.42, 0.82), at(0.5, 0.72)]), walls.darker(0.3));
    stage.line(&[at(0.3, 0.8), at(0.3, 1.15)], size * 0.03, WHITE);
    stage.fill(Shape::rect(at(0.3, 0.98).0, y + 0.98 * size, size * 0.24, size * 0.16), ink::bright(dice));
}

/// Two poles, a mesh, a bright tape.
fn net(stage: &mut Stage, dice: &Dice, (x, y): At, wide: f32) {
    let (low, high) = (y + wide * 0.2, y + wide * 0.46);
    let tape = if dice.chance(0.5) { WHITE } else { ink::bright(dice) };
    let mut mesh = Shape::new();
    for strand in 0..=14 {
        mesh = mesh.and_rect(x + wide * strand as f32 / 14.0 - 0.001, low, 0.002, high - low);
    }
    for strand in 0..=5 {
        mesh = mesh.and_rect(x, low + (high - low) * strand as f32 / 5.0, wide, 0.002);
    }
    stage.fill(mesh, BLACK.lighter(0.25));
    for level in [low, high] {
        stage.line(&[(x, level), (x + wide, level)], wide * 0.03, tape);
    }
    for pole in [x, x + wide] {
        stage.line(&[(pole, y), (pole, high + wide * 0.05)], wide * 0.045, STEEL.darker(0.2));
    }
}

/// Parasols, towels, people.
fn beach_life(stage: &mut Stage, dice: &Dice) {
    for _ in 0..dice.count(1, 4) {
        let (x, y) = (dice.range(-0.5, 0.5), -dice.range(0.16, 0.4));
        let size = -y * dice.range(0.25, 0.4);
        stage.line(&[(x, y), (x, y + size)], size * 0.06, WHITE);
        let (first, second) = (ink::bright(dice), WHITE);
        stage.fill(Shape::dome((x, y + size * 0.8), size * 0.6, size * 0.4), first);
        stage.fill(Shape::dome((x, y + size * 0.8), size * 0.2, size * 0.4), second);
        stage.fill(
            Shape::polygon(&[
                (x + size * 0.2, y),
                (x + size, y),
                (x + size * 1.1, y - size * 0.15),
                (x + size * 0.3, y - size * 0.15),
            ]),
            first,
        );
    }
    street::people(stage, dice, 0.5, 5);
}
