//! Sky: its gradient, sun, moon, stars and clouds; and rain, which falls in front of everything.

use super::dice::Dice;
use super::ink::{BLACK, Ink, LAMP};
use super::light::{Hour, Weather};
use super::shape::Shape;
use super::stage::{BEYOND, Stage};

/// The sky, down to the horizon and a little below.
pub(super) fn sky(stage: &mut Stage, dice: &Dice) {
    let (horizon, zenith) = (stage.light.horizon, stage.light.zenith);
    let everything = Shape::rect(-BEYOND, -BEYOND, 2.0 * BEYOND, 2.0 * BEYOND);
    stage.backdrop(everything, (0.0, horizon), (dice.range(0.35, 0.7), zenith));
    if stage.light.hour == Hour::Night && matches!(stage.light.weather, Weather::Clear | Weather::Cloudy) {
        stars(stage, dice);
    }
    if matches!(stage.light.weather, Weather::Clear | Weather::Cloudy) && dice.chance(0.45) {
        sun_or_moon(stage, dice);
    }
    let clouds = match stage.light.weather {
        Weather::Clear => dice.count(0, 2),
        Weather::Cloudy => dice.count(4, 8),
        Weather::Overcast | Weather::Rain => dice.count(5, 9),
        Weather::Fog => 0,
    };
    for _ in 0..clouds {
        cloud(stage, dice);
    }
    if stage.light.hour != Hour::Night && dice.chance(0.2) {
        birds(stage, dice);
    }
}

/// A few gulls, far away.
fn birds(stage: &mut Stage, dice: &Dice) {
    let (x, y) = (dice.range(-0.4, 0.4), dice.range(0.15, 0.4));
    for _ in 0..dice.count(3, 6) {
        let (x, y, wing) = (x + dice.around(0.0, 0.12), y + dice.around(0.0, 0.05), dice.range(0.008, 0.014));
        let bend = [
            (x - wing, y + wing * 0.5),
            (x - wing * 0.4, y + wing * 0.6),
            (x, y),
            (x + wing * 0.4, y + wing * 0.6),
            (x + wing, y + wing * 0.5),
        ];
        stage.line(&bend, 0.0035, BLACK);
    }
}

fn stars(stage: &mut Stage, dice: &Dice) {
    let mut shape = Shape::new();
    for _ in 0..dice.count(10, 50) {
        shape = shape.and_ellipse((dice.range(-0.8, 0.8), dice.range(0.1, 0.7)), 0.0018, 0.0018);
    }
    stage.glow(shape, Ink::gray(0.95), 0.8);
}

fn sun_or_moon(stage: &mut Stage, dice: &Dice) {
    let low = matches!(stage.light.hour, Hour::Golden | Hour::Dusk);
    let middle = (dice.range(-0.55, 0.55), if low { dice.range(0.02, 0.25) } else { dice.range(0.25, 0.55) });
    let radius = dice.range(0.02, 0.04);
    let ink = if stage.light.hour == Hour::Night { Ink::gray(0.92) } else { LAMP.lighter(0.6) };
    for (reach, alpha) in [(3.2, 0.12), (2.0, 0.2), (1.0, 0.95)] {
        stage.glow(Shape::circle(middle, radius * reach), ink, alpha);
    }
}

/// A heap of rounds with a flat base, or a long thin streak.
fn cloud(stage: &mut Stage, dice: &Dice) {
    let (x, y) = (dice.range(-0.9, 0.9), dice.range(0.12, 0.6));
    let size = dice.range(0.08, 0.26);
    let alpha = dice.range(0.25, 0.75);
    let light = stage.light.horizon;
    let ink = if stage.light.is_dark() { light.mix(stage.light.zenith, 0.3) } else { light.lighter(0.6) };
    if dice.chance(0.35) {
        stage.glow(Shape::ellipse((x, y), size * 1.6, size * 0.09), ink, alpha);
        return;
    }
    let mut shape = Shape::new();
    for part in 0..5 {
        let along = (part as f32 - 2.0) / 2.0;
        let radius = size * dice.range(0.22, 0.42) * (1.1 - along.abs() * 0.6);
        shape = shape.and_dome((x + along * size * 0.8, y), radius * 1.3, radius);
    }
    stage.glow(shape, ink, alpha);
}

/// Rain in front of everything: thin slanted streaks.
pub(super) fn rain(stage: &mut Stage, dice: &Dice) {
    if stage.light.weather != Weather::Rain {
        return;
    }
    let slant = dice.around(0.0, 0.02);
    let mut shape = Shape::new();
    for _ in 0..dice.count(60, 140) {
        let (x, y, long) = (dice.range(-0.9, 0.9), dice.range(-0.6, 0.7), dice.range(0.03, 0.07));
        shape = shape.and_polygon(&[(x, y), (x + 0.0022, y), (x + 0.0022 + slant, y - long), (x + slant, y - long)]);
    }
    let ink = stage.light.horizon.lighter(0.4);
    stage.glow(shape, ink, 0.35);
}
