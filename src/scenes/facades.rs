//! Buildings along a street straight ahead: their long sides run into the distance.

use super::buildings;
use super::dice::Dice;
use super::ink::{self, GLASS, Ink, LAMP};
use super::shape::{At, Shape};
use super::stage::Stage;

/// A box beside the street, in meters; `side` is −1 on the left and 1 on the right.
#[derive(Clone, Copy)]
pub(super) struct Facade {
    pub side: f32,
    /// From the street's middle to the wall.
    pub away: f32,
    pub near: f32,
    pub far: f32,
    pub tall: f32,
}

impl Facade {
    /// A point of the wall that faces the street: `y` meters up and `z` ahead.
    pub fn wall_at(&self, stage: &Stage, y: f32, z: f32) -> At {
        stage.at(self.side * self.away, y, z)
    }

    fn wall(&self, stage: &Stage, (bottom, top): (f32, f32), (near, far): (f32, f32)) -> [At; 4] {
        [(bottom, near), (bottom, far), (top, far), (top, near)].map(|(y, z)| self.wall_at(stage, y, z))
    }

    pub fn draw(&self, stage: &mut Stage, dice: &Dice) {
        let walls = ink::wall(dice);
        let lit = if self.side * stage.light.shade_side > 0.0 { 0.3 } else { 0.05 };
        self.front(stage, dice, walls.darker(0.35 - lit));
        let side = self.wall(stage, (0.0, self.tall), (self.near, self.far));
        stage.fill(Shape::polygon(&side), walls.darker(lit));
        self.wall_windows(stage, dice);
        self.ground_floor(stage, dice);
    }

    /// The end that faces the camera.
    fn front(&self, stage: &mut Stage, dice: &Dice, ink: Ink) {
        let (x, base) = stage.at(self.side * self.away, 0.0, self.near);
        let scale = stage.scale(self.near);
        let (width, height) = (11.0 * scale, self.tall * scale);
        let left = if self.side < 0.0 { x - width } else { x };
        stage.fill(Shape::rect(left, base, width, height), ink);
        let up = ((self.tall - 4.0) / 3.4).max(1.0) as u32;
        let floors = (width, height - 4.0 * scale);
        buildings::windows(stage, dice, (left, base + 3.6 * scale), floors, (4, up));
    }

    fn wall_windows(&self, stage: &mut Stage, dice: &Dice) {
        let across = ((self.far - self.near) / 3.0).clamp(2.0, 6.0) as u32;
        let up = ((self.tall - 4.0) / 3.4).clamp(0.0, 7.0) as u32;
        let (step_z, step_y) = ((self.far - self.near) / across as f32, (self.tall - 4.0) / up.max(1) as f32);
        let (mut dark, mut lit) = (Shape::new(), Shape::new());
        for index in 0..across * up {
            let (column, row) = ((index % across) as f32, (index / across) as f32);
            let (z, y) = (self.near + step_z * (column + 0.2), 4.0 + step_y * (row + 0.15));
            let corners = self.wall(stage, (y, y + step_y * 0.55), (z, z + step_z * 0.6));
            if dice.chance(stage.light.lamps) {
                lit = lit.and_polygon(&corners);
            } else {
                dark = dark.and_polygon(&corners);
            }
        }
        stage.fill(dark, GLASS);
        stage.glow(lit, LAMP, 0.95);
    }

    /// Shop windows, and an awning's edge over them.
    fn ground_floor(&self, stage: &mut Stage, dice: &Dice) {
        let pane = Shape::polygon(&self.wall(stage, (0.5, 2.6), (self.near + 0.6, self.far - 0.6)));
        if stage.light.is_dark() {
            stage.glow(pane, LAMP, 0.8)
        } else {
            stage.fill(pane, GLASS)
        }
        let out = self.side * (self.away - 1.2);
        let awning = [
            self.wall_at(stage, 3.5, self.near),
            self.wall_at(stage, 3.5, self.far),
            stage.at(out, 2.7, self.far),
            stage.at(out, 2.7, self.near),
        ];
        let ink = ink::bright(dice);
        stage.fill(Shape::polygon(&awning), ink);
    }
}

/// Buildings on both sides, the far ones first; `tall` is the range of their heights.
pub(super) fn both_sides(stage: &mut Stage, dice: &Dice, away: f32, tall: (f32, f32), nearest: f32) -> Vec<Facade> {
    let mut facades = Vec::new();
    for side in [-1.0, 1.0] {
        let mut near = nearest + dice.range(0.0, 5.0);
        while near < 110.0 {
            let far = near + dice.range(8.0, 16.0);
            facades.push(Facade {
                side,
                away: away + dice.range(0.0, 1.0),
                near,
                far,
                tall: dice.range(tall.0, tall.1),
            });
            near = far + if dice.chance(0.3) { dice.range(1.0, 5.0) } else { 0.1 };
        }
    }
    facades.sort_by(|a, b| b.near.total_cmp(&a.near));
    for facade in &facades {
        facade.draw(stage, dice);
    }
    facades
}
