//! RGB pixels → the tensor CLIP's vision tower eats.
//!
//! In: an upright [`Photo`], `height × width × 3` `u8`.  Out: `f32 [3, S, S]`.
//! Shorter side to S (antialiased bicubic, 8 bits), center crop, `(x/255 − mean) / std`. Only the crop is ever
//! computed: the rows and columns outside it are not, however long the picture's other side.
//! [`Preprocessor`] is Hugging Face's `preprocessor_config.json` of a `CLIPImageProcessor`, both ways.
//!
//! Source: OpenAI CLIP, `clip/clip.py::_transform`, as Hugging Face's `CLIPImageProcessor` does it: the longer side is
//! cut to whole pixels, the crop begins at the floor of half the rest. Proof: `tests/preprocess.rs`.

mod config;
mod resize;

pub use config::{PreprocessError, Preprocessor};

use crate::photo::Photo;
use resize::Window;

impl Preprocessor {
    /// The photo resized and cropped: `[crop_height, crop_width, 3]` `u8`.
    pub fn crop(&self, photo: &Photo) -> Vec<u8> {
        let (width, height) = resized_size(photo.width, photo.height, self.shortest_edge);
        let columns = Window::centered(photo.width, width, self.crop_width);
        let rows = Window::centered(photo.height, height, self.crop_height);
        resize::window(&photo.rgb, columns, rows)
    }

    /// The model's input: `[3, crop_height, crop_width]`, red, green, blue.
    pub fn pixel_values(&self, photo: &Photo) -> Vec<f32> {
        self.normalized(&self.crop(photo))
    }

    /// A crop's pixels scaled and normalized: `[H, W, 3]` `u8` → `[3, H, W]`.
    ///
    /// In the reference's order: the scaling in f64, rounded to f32, then mean and deviation in f32.
    // A function of its own, as each step of `resize`: a browser optimizes small ones while the first photo goes through.
    #[inline(never)]
    pub fn normalized(&self, crop: &[u8]) -> Vec<f32> {
        let mut values = Vec::with_capacity(crop.len());
        let (pixels, _) = crop.as_chunks::<3>();
        for channel in 0..3 {
            let (mean, deviation) = (self.mean[channel], self.std[channel]);
            let scaled = |level: u8| (f64::from(level) * self.rescale_factor) as f32;
            let levels: [f32; 256] = std::array::from_fn(|level| (scaled(level as u8) - mean) / deviation);
            values.extend(pixels.iter().map(|pixel| levels[usize::from(pixel[channel])]));
        }
        values // [3, H, W]
    }
}

/// The size with the shorter side `shortest_edge` and the longer one cut to whole pixels.
///
/// At most `shortest_edge × 16,384`, which no tensor of this crate is ever allocated for.
fn resized_size(width: u32, height: u32, shortest_edge: u32) -> (u64, u64) {
    let edge = u64::from(shortest_edge);
    let (short, long) = (u64::from(width.min(height)), u64::from(width.max(height)));
    let long = edge * long / short;
    if width <= height { (edge, long) } else { (long, edge) }
}

/// All of a picture of `from` (width, height) pixels resized to `to`: `[H, W, 3]` `u8`, the sides each by their own factor.
#[cfg(feature = "train")]
pub(crate) fn resized(rgb: &[u8], from: (u32, u32), to: (u32, u32)) -> Vec<u8> {
    let window = |from, to| Window::centered(from, u64::from(to), to);
    resize::window(rgb, window(from.0, to.0), window(from.1, to.1))
}
