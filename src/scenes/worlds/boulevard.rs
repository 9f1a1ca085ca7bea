//! Hollywood's hills, sign and stars; West Hollywood's rainbow crossing and billboards.

use crate::scenes::dice::Dice;
use crate::scenes::ink::{self, BLACK, CONCRETE, GLASS, Ink, LAMP, STEEL, WHITE};
use crate::scenes::land::{self, Ridge};
use crate::scenes::lettering::{self, Pen};
use crate::scenes::light::Hour;
use crate::scenes::shape::{At, Shape};
use crate::scenes::stage::{FAR, MIDDLE, NEAR, Stage};
use crate::scenes::{buildings, facades, shared, street, tuning};

/// A hillside with white letters, a round record tower, a theater, and stars in the pavement.
pub(super) fn hollywood(stage: &mut Stage, dice: &Dice) {
    let [sign, records, theater, stars] = dice.subset::<4>(tuning::ELEMENT_SHARE, tuning::ELEMENTS_AT_LEAST);
    if stage.light.hour == Hour::Night && dice.chance(0.6) {
        searchlights(stage, dice);
    }
    stage.depth = FAR * 0.6;
    let height = dice.range(0.24, 0.34);
    let mut ridge = Ridge::rolling(dice, height);
    let x = dice.around(0.0, 0.12);
    ridge.raise(x, 0.3, height);
    land::hills(stage, dice, &ridge, height);
    if sign {
        hill_sign(stage, dice, x, height);
    }
    stage.depth = MIDDLE * 0.6;
    buildings::row(stage, dice, (-0.9, 0.9), -0.02, 0.07);
    let side = dice.sign();
    if records {
        record_tower(stage, dice, (-side * dice.range(0.24, 0.34), -0.02), dice.range(0.22, 0.28));
    }
    if theater {
        movie_palace(stage, dice, (side * dice.range(0.20, 0.30), -0.03), dice.range(0.26, 0.32));
    }
    stage.depth = NEAR;
    let ground = Ink::gray(dice.range(0.2, 0.4));
    land::plain_ground(stage, dice, -0.03);
    if stars {
        // The pavement fills the front; the road runs behind it.
        let far = stage.distance_m(0.09);
        street::road_across(stage, dice, (stage.distance_m(0.16), far));
        for _ in 0..dice.count(0, 2) {
            let z = stage.distance_m(dice.range(0.11, 0.14));
            street::car_side(stage, dice, dice.range(-0.7, 0.7) * far, z);
        }
        star_pavement(stage, dice, ground);
        street::people(stage, dice, 1.5, 4);
    } else {
        shared::foreground_across(stage, dice);
    }
}

/// Nine white letters, not quite in a line.
fn hill_sign(stage: &mut Stage, dice: &Dice, x: f32, ridge: f32) {
    let (width, tall) = (dice.range(0.56, 0.70), dice.range(0.075, 0.095));
    let base = ridge - tall * dice.range(0.5, 1.0);
    let step = width / 9.0;
    for (index, letter) in "HOLLYWOOD".chars().enumerate() {
        let place = if stage.mirrored { 8 - index } else { index } as f32;
        let (left, low) = (x - width / 2.0 + step * place, base + 0.012 * (place * 1.7).sin());
        let pen = Pen { ink: BLACK, weight: 0.24, glows: false };
        let one = letter.to_string();
        lettering::text(stage, &one, (left + 0.003, low - 0.003), (step, tall), pen);
        lettering::text(
            stage,
            &one,
            (left, low),
            (step, tall),
            Pen { ink: Ink::gray(1.0), weight: 0.2, glows: stage.light.is_dark() },
        );
    }
}

fn searchlights(stage: &mut Stage, dice: &Dice) {
    for _ in 0..dice.count(2, 4) {
        let (x, lean) = (dice.range(-0.5, 0.5), dice.range(-0.3, 0.3));
        let beam =
            Shape::polygon(&[(x - 0.004, 0.0), (x + 0.004, 0.0), (x + lean + 0.05, 0.7), (x + lean - 0.05, 0.7)]);
        stage.glow(beam, LAMP.lighter(0.6), 0.22);
    }
}

/// A round tower like a stack of records, each floor with its shade, and a needle.
fn record_tower(stage: &mut Stage, dice: &Dice, (x, y): At, tall: f32) {
    let ink = ink::pale(dice);
    let half = tall * 0.36;
    let floors = 10;
    let step = tall * 0.85 / floors as f32;
    stage.fill_round(Shape::rect(x - half * 0.82, y, half * 1.64, tall * 0.85), x - half, x + half, GLASS.lighter(0.1));
    for floor in 0..floors {
        let level = y + step * (floor as f32 + 0.6);
        let disc = Shape::ellipse((x, level), half, step * 0.26).and_rect(
            x - half,
            level - step * 0.02,
            half * 2.0,
            step * 0.16,
        );
        stage.fill_round(disc, x - half, x + half, ink);
    }
    let top = y + tall * 0.85;
    stage.fill_round(
        Shape::rect(x - half * 0.3, top, half * 0.6, tall * 0.06),
        x - half * 0.3,
        x + half * 0.3,
        ink.darker(0.2),
    );
    stage.line(&[(x, top), (x, top + tall * 0.32)], tall * 0.025, STEEL);
    stage.glow(Shape::circle((x, top + tall * 0.32), tall * 0.022), Ink::hex(0xE8_40_38), 1.0);
}

/// A theater with a swept bronze roof between two pillars, and a bright canopy.
fn movie_palace(stage: &mut Stage, dice: &Dice, (x, y): At, width: f32) {
    let (walls, roof) = (ink::wall(dice).darker(0.15), Ink::hsl(dice.range(0.0, 200.0), 0.3, dice.range(0.22, 0.36)));
    let at = |dx: f32, dy: f32| (x + dx * width, y + dy * width);
    buildings::block(stage, at(-0.6, 0.0), (width * 1.2, width * 0.34), walls);
    let tent =
        [(-0.34, 0.44), (-0.2, 0.5), (-0.1, 0.72), (-0.06, 0.98), (0.06, 0.98), (0.1, 0.72), (0.2, 0.5), (0.34, 0.44)];
    stage.fill_round(Shape::polygon(&tent.map(|(dx, dy)| at(dx, dy))), x - 0.3 * width, x + 0.3 * width, roof);
    stage.line(&[at(0.0, 0.95), at(0.0, 1.12)], width * 0.02, roof.darker(0.3));
    let mut pillars = Shape::new();
    for dx in [-0.32, 0.24] {
        let (left, low) = at(dx, 0.0);
        pillars = pillars.and_rect(left, low, width * 0.08, width * 0.52);
    }
    stage.fill(Shape::rect(at(-0.25, 0.0).0, y, width * 0.5, width * 0.44), BLACK.lighter(0.12));
    stage.fill(pillars, Ink::hsl(dice.range(0.0, 30.0), 0.6, 0.42));
    let board = Shape::rect(at(-0.52, 0.2).0, y + 0.2 * width, width * 1.04, width * 0.14);
    stage.fill(board, WHITE);
    let pen = Pen { ink: Ink::hex(0xB0_20_28), weight: 0.2, glows: false };
    lettering::text(stage, "PREMIERE", at(-0.48, 0.23), (width * 0.96, width * 0.08), pen);
    for bulb in 0..14 {
        let middle = at(-0.52 + 0.08 * bulb as f32, 0.19);
        stage.glow(Shape::circle(middle, width * 0.018), LAMP, 1.0);
    }
}

/// A dark pavement with large stars, one after the other.
fn star_pavement(stage: &mut Stage, dice: &Dice, ground: Ink) {
    let top = -0.17;
    stage.fill(Shape::rect(-2.0, -2.0, 4.0, 2.0 + top), CONCRETE);
    stage.fill(Shape::rect(-2.0, -2.0, 4.0, 2.0 + top - 0.012), ground);
    let bloom = Ink::hsl(dice.range(330.0, 370.0), dice.range(0.4, 0.65), dice.range(0.55, 0.72));
    let brass = Ink::hsl(42.0, 0.5, 0.6);
    let shift = dice.range(-0.15, 0.15);
    let mut line = -0.235;
    let mut size = 0.085;
    while line > -0.75 {
        for column in -3..=3 {
            let middle = (shift * size / 0.085 + column as f32 * size * 2.7, line);
            let star = |scale: f32| Shape::new().and_star(middle, size * scale * 1.15, size * scale * 0.66);
            stage.fill(star(1.12), brass);
            stage.fill(star(1.0), bloom);
            stage.fill(Shape::ellipse(middle, size * 0.2, size * 0.11), brass);
        }
        line -= size * 1.75;
        size *= 1.45;
    }
}

/// A crossing in the colors of the rainbow, billboards over the roofs, a club's front.
pub(super) fn west_hollywood(stage: &mut Stage, dice: &Dice) {
    let [crossing, boards, club] = dice.subset::<3>(tuning::ELEMENT_SHARE, tuning::ELEMENTS_AT_LEAST);
    if dice.chance(0.7) {
        land::distant_hills(stage, dice);
    }
    stage.depth = MIDDLE;
    land::plain_ground(stage, dice, 0.0);
    buildings::row(stage, dice, (-0.9, 0.9), -0.01, 0.08);
    stage.depth = NEAR * 2.0;
    let half_m = dice.range(5.5, 7.5);
    street::road_ahead(stage, dice, half_m);
    facades::both_sides(stage, dice, half_m + 4.0, (5.0, 9.0), 16.0);
    let side = dice.sign();
    if club {
        night_club(stage, dice, (-side * dice.range(0.26, 0.34), -0.05), dice.range(0.24, 0.3));
    }
    if boards {
        billboard(stage, dice, (side * dice.range(0.22, 0.32), 0.02), dice.range(0.26, 0.34));
        if dice.chance(0.5) {
            billboard(stage, dice, (-side * dice.range(0.05, 0.3), 0.06), dice.range(0.16, 0.22));
        }
    }
    stage.depth = NEAR;
    if crossing {
        rainbow_crossing(stage, dice, half_m);
    }
    shared::foreground_ahead(stage, dice, half_m);
}

const RAINBOW: [u32; 6] = [0xE0_36_3C, 0xF0_8A_2C, 0xF2_D2_3C, 0x3C_A8_52, 0x34_6C_C4, 0x80_48_A0];

/// Two broad crossings: stripes that run with the traffic.
fn rainbow_crossing(stage: &mut Stage, dice: &Dice, half_m: f32) {
    let turn = dice.count(0, 5) as usize;
    let near = stage.distance_m(dice.range(0.27, 0.36));
    let stripes = 12;
    let wide = 2.0 * half_m / stripes as f32;
    for stripe in 0..stripes {
        let left = -half_m + wide * stripe as f32;
        let ink = Ink::hex(RAINBOW[(stripe + turn) % RAINBOW.len()]);
        let shape = street::strip(stage, (left, left + wide * 0.94), (near, near * 2.1));
        stage.fill(shape, ink);
    }
    for edge in [near * 0.94, near * 2.12] {
        let line = street::strip(stage, (-half_m, half_m), (edge, edge * 1.04));
        stage.fill(line, WHITE);
    }
}

/// A huge poster on a post.
fn billboard(stage: &mut Stage, dice: &Dice, (x, y): At, width: f32) {
    let (low, tall) = (y + width * 0.42, width * 0.5);
    stage.line(&[(x, y - 0.02), (x, low)], width * 0.07, STEEL.darker(0.5));
    stage.fill(Shape::rect(x - width * 0.53, low - width * 0.05, width * 1.06, tall + width * 0.1), BLACK.lighter(0.1));
    let (ground, figure) = (ink::bright(dice), ink::bright(dice));
    stage.fill_between(
        Shape::rect(x - width * 0.5, low, width, tall),
        (low, ground.darker(0.2)),
        (low + tall, ground.lighter(0.3)),
    );
    // A face in half profile, or a bottle, or rings: advertising for nothing in particular.
    let at = |dx: f32, dy: f32| (x + dx * width, low + dy * tall);
    match dice.count(0, 2) {
        0 => {
            stage.fill(Shape::dome(at(-0.22, 0.0), width * 0.2, tall * 0.4), figure);
            stage.fill(
                Shape::ellipse(at(-0.22, 0.58), width * 0.1, tall * 0.27),
                Ink::hsl(25.0, 0.4, dice.range(0.35, 0.75)),
            );
        }
        1 => stage.fill(
            Shape::polygon(&[
                at(-0.3, 0.0),
                at(-0.3, 0.55),
                at(-0.24, 0.7),
                at(-0.24, 0.95),
                at(-0.16, 0.95),
                at(-0.16, 0.7),
                at(-0.1, 0.55),
                at(-0.1, 0.0),
            ]),
            figure,
        ),
        _ => {
            stage.fill(Shape::circle(at(-0.22, 0.5), tall * 0.36), figure);
            stage.fill(Shape::circle(at(-0.22, 0.5), tall * 0.2), ground);
        }
    }
    let pen = Pen { ink: WHITE, weight: 0.2, glows: stage.light.is_dark() };
    let words = dice.pick(&["NEW", "STAR", "LIVE", "WOW", "SHOW"]);
    lettering::text(stage, words, at(0.0, 0.38), (width * 0.45, tall * 0.36), pen);
}

/// A black front with a lit outline, round lights and a disco ball.
fn night_club(stage: &mut Stage, dice: &Dice, (x, y): At, width: f32) {
    let at = |dx: f32, dy: f32| (x + dx * width, y + dy * width);
    let neon = ink::bright(dice).lighter(0.2);
    stage.fill(Shape::rect(at(-0.5, 0.0).0, y, width, width * 0.72), BLACK.lighter(dice.range(0.0, 0.2)));
    let frame = [at(-0.44, 0.04), at(-0.44, 0.66), at(0.44, 0.66), at(0.44, 0.04)];
    stage.glow_line(&frame, width * 0.025, neon);
    stage.fill(Shape::new().and_arch(at(-0.12, 0.0).0, y, width * 0.24, width * 0.32), neon.darker(0.4));
    lettering::text(
        stage,
        "CLUB",
        at(-0.36, 0.42),
        (width * 0.72, width * 0.16),
        Pen { ink: neon, weight: 0.2, glows: true },
    );
    let ball = at(0.0, 0.82);
    stage.fill_round(Shape::circle(ball, width * 0.13), ball.0 - width * 0.13, ball.0 + width * 0.13, Ink::gray(0.75));
    let mut tiles = Shape::new();
    for tile in 0..12 {
        let (dx, dy) = ((tile % 4) as f32 * 0.055 - 0.08, (tile / 4) as f32 * 0.06 - 0.06);
        tiles = tiles.and_rect(ball.0 + dx * width, ball.1 + dy * width, width * 0.028, width * 0.028);
    }
    stage.glow(tiles, WHITE, 0.8);
    for (index, ink) in RAINBOW.iter().enumerate() {
        let flag =
            Shape::rect(at(0.52, 0.0).0, y + width * (0.36 + 0.045 * (5 - index) as f32), width * 0.3, width * 0.047);
        stage.fill(flag, Ink::hex(*ink));
    }
    stage.line(&[at(0.52, 0.0), at(0.52, 0.66)], width * 0.022, STEEL);
}
