//! Outlines: what is filled.
//!
//! In: points on the stage, x to the right, y up.  Out: [`Shape`], any number of closed outlines.

use tiny_skia::{Path, PathBuilder, Rect};

/// A point on the stage.
pub(super) type At = (f32, f32);

/// Closed outlines, filled together.
#[derive(Default)]
pub(super) struct Shape(PathBuilder);

impl Shape {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn polygon(points: &[At]) -> Self {
        Self::new().and_polygon(points)
    }

    /// From the lower left corner.
    pub fn rect(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self::new().and_rect(x, y, width, height)
    }

    pub fn ellipse(center: At, radius_x: f32, radius_y: f32) -> Self {
        Self::new().and_ellipse(center, radius_x, radius_y)
    }

    pub fn circle(center: At, radius: f32) -> Self {
        Self::ellipse(center, radius, radius)
    }

    pub fn and_polygon(mut self, points: &[At]) -> Self {
        for (index, &(x, y)) in points.iter().enumerate() {
            if index == 0 { self.0.move_to(x, y) } else { self.0.line_to(x, y) }
        }
        self.0.close();
        self
    }

    pub fn and_rect(self, x: f32, y: f32, width: f32, height: f32) -> Self {
        self.and_polygon(&[(x, y), (x + width, y), (x + width, y + height), (x, y + height)])
    }

    pub fn and_ellipse(mut self, (x, y): At, radius_x: f32, radius_y: f32) -> Self {
        if let Some(rect) = Rect::from_ltrb(x - radius_x, y - radius_y, x + radius_x, y + radius_y) {
            self.0.push_oval(rect);
        }
        self
    }

    /// The upper half of an ellipse over the line from `x − radius_x` to `x + radius_x`: a dome, a bush, a bump.
    pub fn dome(center: At, radius_x: f32, radius_y: f32) -> Self {
        Self::new().and_dome(center, radius_x, radius_y)
    }

    pub fn and_dome(mut self, (x, y): At, radius_x: f32, radius_y: f32) -> Self {
        // How far a cubic's handles reach so that it comes closest to a quarter of a circle.
        const HANDLE: f32 = 0.5523;
        let (handle_x, handle_y) = (HANDLE * radius_x, HANDLE * radius_y);
        self.0.move_to(x - radius_x, y);
        self.0.cubic_to(x - radius_x, y + handle_y, x - handle_x, y + radius_y, x, y + radius_y);
        self.0.cubic_to(x + handle_x, y + radius_y, x + radius_x, y + handle_y, x + radius_x, y);
        self.0.close();
        self
    }

    /// An opening with a round top, from its lower left corner; `height` with the arch.
    pub fn and_arch(mut self, x: f32, y: f32, width: f32, height: f32) -> Self {
        let radius = width / 2.0;
        let spring = y + (height - radius).max(0.0);
        self = self.and_rect(x, y, width, spring - y + 0.002);
        self.and_dome((x + radius, spring), radius, radius)
    }

    /// A star with five points.
    pub fn and_star(self, (x, y): At, radius_x: f32, radius_y: f32) -> Self {
        let points: [At; 10] = std::array::from_fn(|index| {
            let (angle, reach) = (index as f32 * std::f32::consts::PI / 5.0, if index % 2 == 0 { 1.0 } else { 0.42 });
            (x + radius_x * reach * angle.sin(), y + radius_y * reach * angle.cos())
        });
        self.and_polygon(&points)
    }

    /// None where nothing was drawn, or nothing with an area.
    pub fn finish(self) -> Option<Path> {
        self.0.finish()
    }
}
