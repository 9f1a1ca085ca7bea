//! Buildings seen from the front: walls with windows, houses, shop fronts.
//!
//! Each stands on the flat stage, from its lower left corner.

use super::dice::Dice;
use super::ink::{self, CONCRETE, GLASS, Ink, LAMP, WHITE, WOOD};
use super::lettering::{self, Pen};
use super::shape::{At, Shape};
use super::stage::Stage;

/// Rows of windows over a wall; some are lit when it is dark.
pub(super) fn windows(
    stage: &mut Stage,
    dice: &Dice,
    (x, y): At,
    (width, height): (f32, f32),
    (across, up): (u32, u32),
) {
    let (step_x, step_y) = (width / across as f32, height / up as f32);
    let (mut dark, mut lit) = (Shape::new(), Shape::new());
    let lamps = stage.light.lamps;
    for index in 0..across * up {
        let (column, row) = (index % across, index / across);
        let (left, bottom) = (x + step_x * (column as f32 + 0.2), y + step_y * (row as f32 + 0.22));
        let window = |shape: Shape| shape.and_rect(left, bottom, step_x * 0.6, step_y * 0.56);
        if dice.chance(lamps) { lit = window(lit) } else { dark = window(dark) }
    }
    let sky = stage.light.horizon;
    stage.fill(dark, GLASS.mix(sky, 0.15));
    stage.glow(lit, LAMP, 0.95);
}

/// A box with a lit and a shaded side.
pub(super) fn block(stage: &mut Stage, (x, y): At, (width, height): (f32, f32), ink: Ink) {
    let side = width * 0.22;
    let (left, shade_x) = if stage.light.shade_side > 0.0 { (x, x + width - side) } else { (x, x) };
    stage.fill_between(Shape::rect(left, y, width, height), (y, ink.darker(0.12)), (y + height, ink.lighter(0.08)));
    stage.veil(Shape::rect(shade_x, y, side, height), ink.darker(0.6), 0.35);
}

/// A house with a pitched roof, a door and windows; `width` with the eaves.
pub(super) fn house(stage: &mut Stage, dice: &Dice, (x, y): At, width: f32) {
    let (walls, tiles) = (ink::wall(dice), ink::roof(dice));
    let height = width * dice.range(0.4, 0.62);
    let ridge = height + width * dice.range(0.16, 0.3);
    let (left, right) = (x + width * 0.07, x + width * 0.93);
    block(stage, (left, y), (right - left, height), walls);
    let top = y + ridge;
    let peak = if dice.chance(0.5) { (0.5, 0.5) } else { (0.25, 0.75) };
    let roof = [(x, y + height), (x + width * peak.0, top), (x + width * peak.1, top), (x + width, y + height)];
    stage.fill_between(Shape::polygon(&roof), (y + height, tiles.darker(0.15)), (top, tiles.lighter(0.12)));
    let up = if height > width * 0.5 { 2 } else { 1 };
    windows(stage, dice, (left, y + height * 0.25), (right - left, height * 0.68), (3, up));
    let door = x + width * dice.range(0.3, 0.62);
    stage.fill(Shape::rect(door, y, width * 0.12, height * 0.42), ink::roof(dice));
}

/// A low shop with an awning and a word over it.
pub(super) fn shop(stage: &mut Stage, dice: &Dice, (x, y): At, (width, height): (f32, f32)) {
    let walls = ink::wall(dice);
    block(stage, (x, y), (width, height), walls);
    stage.fill(Shape::rect(x - width * 0.02, y + height * 0.94, width * 1.04, height * 0.06), walls.darker(0.25));
    let glass = if stage.light.is_dark() { LAMP } else { GLASS };
    let pane = |left: f32, wide: f32| Shape::rect(x + width * left, y + height * 0.08, width * wide, height * 0.34);
    for (left, wide) in [(0.08, 0.3), (0.43, 0.14), (0.62, 0.3)] {
        if stage.light.is_dark() {
            stage.glow(pane(left, wide), glass, 0.9)
        } else {
            stage.fill(pane(left, wide), glass)
        }
    }
    awning(stage, dice, (x + width * 0.05, y + height * 0.42), (width * 0.9, height * 0.16));
    let board = ink::bright(dice);
    stage.fill(Shape::rect(x + width * 0.1, y + height * 0.64, width * 0.8, height * 0.24), board);
    let pen = Pen { ink: WHITE, weight: 0.16, glows: stage.light.is_dark() };
    let word = lettering::shop_word(dice);
    lettering::text(stage, word, (x + width * 0.18, y + height * 0.69), (width * 0.64, height * 0.14), pen);
}

/// A striped awning that hangs from `corner`'s height plus `size.1`.
pub(super) fn awning(stage: &mut Stage, dice: &Dice, (x, y): At, (width, height): (f32, f32)) {
    let stripes = dice.count(5, 8);
    let (first, second) = (ink::bright(dice), if dice.chance(0.7) { WHITE } else { ink::bright(dice) });
    let step = width / stripes as f32;
    for stripe in 0..stripes {
        let left = x + step * stripe as f32;
        let ink = if stripe % 2 == 0 { first } else { second };
        let shape = Shape::polygon(&[
            (left + step * 0.1, y + height),
            (left + step * 0.9, y + height),
            (left + step, y),
            (left, y),
        ]);
        stage.fill_between(shape, (y, ink.darker(0.1)), (y + height, ink));
    }
}

/// Low buildings of every kind along the horizon, from `from` to `to`: what any street of the county has behind it.
pub(super) fn row(stage: &mut Stage, dice: &Dice, (from, to): (f32, f32), base: f32, tall: f32) {
    let mut x = from;
    while x < to {
        let width = tall * dice.range(0.8, 1.7);
        match dice.count(0, 3) {
            0 => shop(stage, dice, (x, base), (width, tall * dice.range(0.6, 0.9))),
            1 => house(stage, dice, (x, base), width),
            2 => apartments(stage, dice, (x, base), (width * 0.9, tall * dice.range(0.9, 1.4))),
            _ => super::plants::tree(stage, dice, (x + width * 0.3, base), tall * dice.range(0.7, 1.2)),
        }
        x += width * dice.range(0.95, 1.25);
    }
}

/// Flats with a flat roof and rows of windows.
pub(super) fn apartments(stage: &mut Stage, dice: &Dice, corner: At, size: (f32, f32)) {
    let walls = ink::wall(dice);
    block(stage, corner, size, walls);
    let grid = (dice.count(3, 6), dice.count(2, 4));
    windows(stage, dice, (corner.0, corner.1 + size.1 * 0.08), (size.0, size.1 * 0.88), grid);
    stage.fill(Shape::rect(corner.0, corner.1 + size.1 * 0.97, size.0, size.1 * 0.04), walls.darker(0.3));
}

/// A fence of posts and two rails.
pub(super) fn fence(stage: &mut Stage, (from, to): (f32, f32), base: f32, tall: f32) {
    let posts = ((to - from) / (tall * 0.7)).ceil().max(1.0) as u32;
    let mut shape = Shape::new();
    for post in 0..=posts {
        let x = from + (to - from) * post as f32 / posts as f32;
        shape = shape.and_rect(x - tall * 0.04, base, tall * 0.08, tall);
    }
    for rail in [0.45, 0.9] {
        shape = shape.and_rect(from, base + tall * rail, to - from, tall * 0.08);
    }
    stage.fill(shape, CONCRETE.mix(WOOD, 0.2).lighter(0.3));
}
