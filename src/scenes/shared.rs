//! What every region shares: streets with shops, houses, trees, cars and people.
//!
//! A hard picture shows nothing else, so that nothing in it tells where it was taken.

use super::buildings;
use super::dice::Dice;
use super::facades;
use super::land;
use super::plants;
use super::stage::{MIDDLE, NEAR, Stage};
use super::street;

/// A whole street with nothing of any region's own.
pub(super) fn anywhere(stage: &mut Stage, dice: &Dice) {
    if dice.chance(0.6) {
        land::distant_hills(stage, dice);
    }
    land::lawn(stage, dice, 0.0);
    if dice.chance(0.5) {
        let half_m = dice.range(3.5, 7.0);
        stage.depth = MIDDLE;
        buildings::row(stage, dice, (-0.9, 0.9), -0.01, dice.range(0.05, 0.1));
        stage.depth = NEAR;
        street::road_ahead(stage, dice, half_m);
        if dice.chance(0.6) {
            let tall = (4.5, dice.range(5.5, 14.0));
            facades::both_sides(stage, dice, half_m + 4.0, tall, 10.0);
        }
        foreground_ahead(stage, dice, half_m);
    } else {
        stage.depth = MIDDLE;
        let tall = dice.range(0.13, 0.26);
        buildings::row(stage, dice, (-1.0, 1.0), -0.03, tall);
        stage.depth = NEAR;
        foreground_across(stage, dice);
    }
}

/// Cars, people and trees along a road straight ahead.
pub(super) fn foreground_ahead(stage: &mut Stage, dice: &Dice, half_m: f32) {
    street::street_trees(stage, dice, half_m + 1.0, 5);
    street::traffic_ahead(stage, dice, half_m, 4);
    street::people(stage, dice, half_m + 1.0, 5);
}

/// A road from side to side with cars, people and trees.
pub(super) fn foreground_across(stage: &mut Stage, dice: &Dice) {
    // How far below the horizon the road's far edge lies decides how much is seen before it.
    let far = stage.distance_m(dice.range(0.12, 0.17));
    let near = stage.distance_m(dice.range(0.26, 0.34));
    street::road_across(stage, dice, (near, far));
    for _ in 0..dice.count(0, 2) {
        let (x, z) = (dice.range(-0.6, 0.6) * far, far * dice.range(1.05, 1.2));
        let foot = stage.at(x, 0.0, z);
        let scale = stage.scale(z);
        let tall = scale * dice.range(3.0, 8.0);
        if dice.chance(0.5) {
            plants::palm(stage, dice, foot, tall)
        } else {
            plants::tree(stage, dice, foot, tall * 0.6)
        }
    }
    for _ in 0..dice.count(0, 3) {
        let (x, z) = (dice.range(-0.8, 0.8) * far, near + (far - near) * dice.range(0.3, 0.8));
        street::car_side(stage, dice, x, z);
    }
    for _ in 0..dice.count(0, 3) {
        // Off the middle: nobody stands before what the picture is taken of.
        let (x, z) = (dice.sign() * dice.range(0.18, 0.6) * near, near * dice.range(0.85, 1.1));
        street::person(stage, dice, x, z);
    }
}
