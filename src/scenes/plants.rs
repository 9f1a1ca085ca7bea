//! Plants: palms, trees, hedges, bushes, roses.

use super::dice::Dice;
use super::ink::{Ink, WOOD};
use super::shape::{At, Shape};
use super::stage::Stage;

/// A fan palm with its foot at `foot`.
pub(super) fn palm(stage: &mut Stage, dice: &Dice, foot: At, height: f32) {
    let lean = dice.around(0.0, 0.12) * height;
    let crown = (foot.0 + lean, foot.1 + height);
    let thick = height * dice.range(0.02, 0.032);
    let trunk: Vec<At> = (0..=6)
        .map(|step| {
            let share = step as f32 / 6.0;
            (foot.0 + lean * share * share, foot.1 + height * share)
        })
        .collect();
    stage.line(&trunk, thick, Ink::hsl(28.0, 0.2, 0.36));
    let leaves = stage.light.leaves(dice);
    let reach = height * dice.range(0.17, 0.24);
    let mut shape = Shape::new();
    for frond in 0..11 {
        let angle = -0.5 + (frond as f32 + dice.range(-0.3, 0.3)) / 10.0 * 4.14;
        let (cos, sin) = (angle.cos(), angle.sin());
        let (mid, tip) = (
            (crown.0 + cos * reach * 0.6, crown.1 + sin * reach * 0.6 + reach * 0.14),
            (crown.0 + cos * reach * 1.05, crown.1 + sin * reach * 0.8 - reach * 0.22),
        );
        let width = reach * 0.11;
        shape = shape.and_polygon(&[
            crown,
            (mid.0 - sin * width, mid.1 + cos * width),
            tip,
            (mid.0 + sin * width, mid.1 - cos * width),
        ]);
    }
    // The skirt of old fronds below the crown.
    let skirt = Shape::ellipse((crown.0, crown.1 - reach * 0.32), thick * 1.3, reach * 0.35);
    stage.fill(skirt, leaves.mix(WOOD, 0.6).darker(0.1));
    stage.fill(shape, leaves);
}

/// A round tree.
pub(super) fn tree(stage: &mut Stage, dice: &Dice, foot: At, height: f32) {
    stage.line(&[foot, (foot.0, foot.1 + height * 0.5)], height * 0.07, WOOD.darker(0.2));
    let leaves = stage.light.leaves(dice);
    for (darker, shift) in [(0.2, 0.04), (0.0, 0.0)] {
        let mut shape = Shape::new();
        for _ in 0..6 {
            let middle = (
                foot.0 + dice.around(0.0, 0.26) * height + shift * height * stage.light.shade_side,
                foot.1 + (0.66 + dice.around(0.0, 0.2)) * height - shift * height,
            );
            shape = shape.and_ellipse(middle, height * 0.22, height * 0.19);
        }
        stage.fill(shape, leaves.darker(darker));
    }
}

/// A bush, or a shrub in a tub.
pub(super) fn bush(stage: &mut Stage, dice: &Dice, foot: At, size: f32) {
    let leaves = stage.light.leaves(dice);
    let shape = Shape::dome(foot, size, size * 0.9).and_dome((foot.0 + size * 0.7, foot.1), size * 0.7, size * 0.6);
    stage.fill_between(shape, (foot.1, leaves.darker(0.3)), (foot.1 + size, leaves.lighter(0.1)));
}

/// A slender cypress.
pub(super) fn cypress(stage: &mut Stage, dice: &Dice, foot: At, height: f32) {
    let leaves = stage.light.leaves(dice).darker(0.2);
    let shape = Shape::ellipse((foot.0, foot.1 + height * 0.52), height * 0.12, height * 0.5);
    stage.fill_round(shape, foot.0 - height * 0.12, foot.0 + height * 0.12, leaves);
}

/// A rose bush full of blooms, of one color each.
pub(super) fn roses(stage: &mut Stage, dice: &Dice, foot: At, size: f32, bloom: Ink) {
    bush(stage, dice, foot, size);
    for _ in 0..dice.count(7, 11) {
        let middle = (foot.0 + dice.range(-0.8, 1.2) * size, foot.1 + dice.range(0.15, 0.85) * size);
        let radius = size * dice.range(0.12, 0.17);
        stage.fill(Shape::circle(middle, radius), bloom.darker(0.15));
        stage.fill(Shape::circle((middle.0 - radius * 0.15, middle.1 + radius * 0.15), radius * 0.7), bloom);
        stage.fill(Shape::circle(middle, radius * 0.3), bloom.darker(0.4));
    }
}
