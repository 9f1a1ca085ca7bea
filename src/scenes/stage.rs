//! The stage: a picture being painted, and the two ways to say where.
//!
//! Flat, for what is far: x to the right of the view's middle, y up from the horizon, 1 = the picture's shorter side.
//! In depth, for what is near: meters to the right of the camera, above the ground, and ahead; [`Stage::at`] projects
//! them to the flat stage (a pinhole camera that looks level).
//! Every color goes through the light; how far away it is says [`Stage::depth`].

use tiny_skia::{
    Color, FillRule, GradientStop, LineCap, LineJoin, LinearGradient, Paint, PathBuilder, Pixmap, Point, Shader,
    SpreadMode, Stroke, Transform,
};

use super::dice::Dice;
use super::error::ScenesError;
use super::ink::Ink;
use super::light::Light;
use super::shape::{At, Shape};
use super::tuning;

/// How far away things are, for the haze.
pub(super) const FAR: f32 = 1.0;
pub(super) const MIDDLE: f32 = 0.45;
pub(super) const NEAR: f32 = 0.08;
/// Nothing nearer than this is projected, in meters.
pub(super) const NEAREST_M: f32 = 1.2;
/// Beyond every edge of the picture, whatever the view.
pub(super) const BEYOND: f32 = 2.5;

pub(super) struct Stage {
    pixmap: Pixmap,
    to_pixels: Transform,
    pub light: Light,
    /// 0 at the camera … 1 at the horizon.
    pub depth: f32,
    /// Whether left and right are exchanged; lettering is not.
    pub mirrored: bool,
    /// How high the camera is held, in meters.
    pub eye_m: f32,
    /// Where a road straight ahead ends.
    pub vanishing_x: f32,
}

impl Stage {
    /// An empty stage with its view and its light.
    pub fn new(dice: &Dice) -> Result<Self, ScenesError> {
        let (width, height) = size_px(dice);
        let pixmap = Pixmap::new(width, height).ok_or(ScenesError::Canvas { width, height })?;
        let horizon = dice.range(tuning::HORIZON.0, tuning::HORIZON.1);
        let unit = width.min(height) as f32;
        let zoom = unit * dice.range(tuning::ZOOM.0, tuning::ZOOM.1);
        let mirrored = dice.chance(0.5);
        // In a tall picture the horizon's share is taken of the middle square, which is all that CLIP looks at.
        let (middle_x, middle_y) = (width as f32 / 2.0, height as f32 / 2.0 + (horizon - 0.5) * unit);
        let shift = dice.around(0.0, tuning::SHIFT) * unit;
        let roll = dice.around(0.0, tuning::ROLL_DEGREES);
        let to_pixels = Transform::from_scale(if mirrored { -zoom } else { zoom }, -zoom)
            .post_translate(shift, 0.0)
            .post_concat(Transform::from_rotate(roll))
            .post_translate(middle_x, middle_y);
        Ok(Self {
            pixmap,
            to_pixels,
            light: Light::new(dice),
            depth: NEAR,
            mirrored,
            eye_m: dice.range(tuning::EYE_M.0, tuning::EYE_M.1),
            vanishing_x: dice.around(0.0, 0.12),
        })
    }

    /// Where something lies that is `x` meters to the right, `y` above the ground and `z` ahead.
    pub fn at(&self, x: f32, y: f32, z: f32) -> At {
        let scale = self.scale(z);
        (self.vanishing_x + x * scale, (y - self.eye_m) * scale)
    }

    /// How large a meter is, `z` meters ahead.
    pub fn scale(&self, z: f32) -> f32 {
        tuning::FOCAL / z.max(NEAREST_M)
    }

    /// How far ahead the ground is that lies `below` the horizon, in meters.
    pub fn distance_m(&self, below: f32) -> f32 {
        self.eye_m * tuning::FOCAL / below.max(1e-3)
    }

    pub fn fill(&mut self, shape: Shape, ink: Ink) {
        let color = color(self.light.tint(ink, self.depth), 1.0);
        self.paint(shape, Shader::SolidColor(color));
    }

    /// Filled, from `bottom` at the height `from_y` to `top` at the height `to_y`.
    pub fn fill_between(&mut self, shape: Shape, (from_y, bottom): (f32, Ink), (to_y, top): (f32, Ink)) {
        let (bottom, top) = (self.light.tint(bottom, self.depth), self.light.tint(top, self.depth));
        self.gradient(shape, (0.0, from_y), (0.0, to_y), [color(bottom, 1.0), color(top, 1.0)]);
    }

    /// Filled, lit from one side: lighter at `from_x`, darker at `to_x`, or the other way, as the light falls.
    pub fn fill_round(&mut self, shape: Shape, from_x: f32, to_x: f32, ink: Ink) {
        let (light, dark) =
            (self.light.tint(ink.lighter(0.18), self.depth), self.light.tint(ink.darker(0.32), self.depth));
        let (left, right) = if self.light.shade_side > 0.0 { (light, dark) } else { (dark, light) };
        self.gradient(shape, (from_x, 0.0), (to_x, 0.0), [color(left, 1.0), color(right, 1.0)]);
    }

    /// A thin layer: a shadow, a reflection, a cloud. `alpha` 0 … 1.
    pub fn veil(&mut self, shape: Shape, ink: Ink, alpha: f32) {
        let color = color(self.light.tint(ink, self.depth), alpha);
        self.paint(shape, Shader::SolidColor(color));
    }

    /// Something that shines by itself, whatever the hour.
    pub fn glow(&mut self, shape: Shape, ink: Ink, alpha: f32) {
        let color = color(self.light.shine(ink, self.depth), alpha);
        self.paint(shape, Shader::SolidColor(color));
    }

    /// Untouched by light: the sky itself.
    pub fn backdrop(&mut self, shape: Shape, (from_y, bottom): (f32, Ink), (to_y, top): (f32, Ink)) {
        self.gradient(shape, (0.0, from_y), (0.0, to_y), [color(bottom, 1.0), color(top, 1.0)]);
    }

    /// A bent line of an even width.
    pub fn line(&mut self, points: &[At], width: f32, ink: Ink) {
        let ink = self.light.tint(ink, self.depth);
        self.stroke(points, width, ink);
    }

    /// A bent line that shines.
    pub fn glow_line(&mut self, points: &[At], width: f32, ink: Ink) {
        let ink = self.light.shine(ink, self.depth);
        self.stroke(points, width, ink);
    }

    /// The picture so far: red, green, blue, row by row.
    pub fn into_rgb(self) -> (Vec<u8>, u32, u32) {
        let (width, height) = (self.pixmap.width(), self.pixmap.height());
        // Opaque everywhere, since the sky and the ground are painted first: nothing to unpremultiply.
        let rgb = self.pixmap.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        (rgb, width, height)
    }

    fn gradient(&mut self, shape: Shape, from: At, to: At, [first, last]: [Color; 2]) {
        let stops = vec![GradientStop::new(0.0, first), GradientStop::new(1.0, last)];
        let (from, to) = (Point::from_xy(from.0, from.1), Point::from_xy(to.0, to.1));
        let gradient = LinearGradient::new(from, to, stops, SpreadMode::Pad, Transform::identity());
        // No gradient between two equal points: then either color will do.
        self.paint(shape, gradient.unwrap_or(Shader::SolidColor(first)));
    }

    fn paint(&mut self, shape: Shape, shader: Shader) {
        let Some(path) = shape.finish() else { return };
        let paint = Paint { shader, anti_alias: true, ..Paint::default() };
        self.pixmap.fill_path(&path, &paint, FillRule::Winding, self.to_pixels, None);
    }

    fn stroke(&mut self, points: &[At], width: f32, ink: Ink) {
        let mut path = PathBuilder::new();
        for (index, &(x, y)) in points.iter().enumerate() {
            if index == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        let Some(path) = path.finish() else { return };
        let paint = Paint { shader: Shader::SolidColor(color(ink, 1.0)), anti_alias: true, ..Paint::default() };
        let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        self.pixmap.stroke_path(&path, &paint, &stroke, self.to_pixels, None);
    }
}

fn color(ink: Ink, alpha: f32) -> Color {
    let part = |part: f32| part.clamp(0.0, 1.0);
    Color::from_rgba(part(ink.red), part(ink.green), part(ink.blue), part(alpha))
        .expect("every part was clamped to 0 … 1, which is all that a color asks for")
}

fn size_px(dice: &Dice) -> (u32, u32) {
    let shorter = dice.count(tuning::SHORTER_SIDE_PX.0, tuning::SHORTER_SIDE_PX.1);
    let longer = (shorter as f32 * dice.pick(&tuning::ASPECTS)).round() as u32;
    if dice.chance(tuning::PORTRAIT_SHARE) { (shorter, longer) } else { (longer, shorter) }
}
