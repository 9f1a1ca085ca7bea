//! What the camera makes of the scene: color balance, contrast, vignette, focus, noise.
//!
//! In: RGB pixels and dice.  Out: the same pixels, as a photo has them; and JPEG's quality.
//!
//! Source: fast Gaussian blur by `image`. Proof: `tests/scenes.rs`.

use image::{RgbImage, imageops};

use super::dice::Dice;
use super::tuning;

/// A photo of the picture.
pub(super) fn expose(rgb: Vec<u8>, width: u32, height: u32, dice: &Dice) -> Vec<u8> {
    let graded = grade(rgb, width, dice);
    let focused = focus(graded, width, height, dice);
    noise(focused, dice)
}

/// JPEG's quality for this photo.
pub(super) fn quality(dice: &Dice) -> u8 {
    // Both ends are below 256.
    dice.count(tuning::QUALITY.0, tuning::QUALITY.1) as u8
}

/// One matrix for balance, saturation and hue; one curve for contrast and gamma; a vignette.
fn grade(mut rgb: Vec<u8>, width: u32, dice: &Dice) -> Vec<u8> {
    let matrix = color_matrix(dice);
    let curve = tone_curve(dice);
    let vignette = dice.range(0.0, tuning::VIGNETTE);
    let height = rgb.len() as f32 / 3.0 / width as f32;
    let (middle_x, middle_y) = (width as f32 / 2.0, height / 2.0);
    let per_diagonal = vignette / (middle_x * middle_x + middle_y * middle_y);
    for (index, pixel) in rgb.chunks_exact_mut(3).enumerate() {
        let (x, y) = ((index as u32 % width) as f32 - middle_x, (index as u32 / width) as f32 - middle_y);
        let dim = 1.0 - (x * x + y * y) * per_diagonal;
        let [red, green, blue] = [f32::from(pixel[0]), f32::from(pixel[1]), f32::from(pixel[2])];
        for (part, row) in pixel.iter_mut().zip(&matrix) {
            let value = (row[0] * red + row[1] * green + row[2] * blue) * dim;
            // Saturates at both ends: that is what a sensor does.
            *part = curve[(value + 0.5) as u8 as usize];
        }
    }
    rgb
}

/// Turns hue and saturation around gray, then tints white.
fn color_matrix(dice: &Dice) -> [[f32; 3]; 3] {
    const LUMA: [f32; 3] = [0.299, 0.587, 0.114];
    let saturation = dice.range(tuning::SATURATION.0, tuning::SATURATION.1);
    let turn = dice.around(0.0, tuning::HUE_TURN_DEGREES).to_radians();
    let (warm, green) = (dice.around(0.0, tuning::WHITE_BALANCE), dice.around(0.0, tuning::WHITE_BALANCE * 0.6));
    let balance = [1.0 + warm, 1.0 + green, 1.0 - warm];
    // Rotation about the gray axis.
    let (sin, cos) = turn.sin_cos();
    let (even, skew) = ((1.0 - cos) / 3.0, sin / 3.0_f32.sqrt());
    let rotation = [
        [cos + even, even - skew, even + skew],
        [even + skew, cos + even, even - skew],
        [even - skew, even + skew, cos + even],
    ];
    std::array::from_fn(|row| {
        std::array::from_fn(|column| {
            balance[row] * (saturation * rotation[row][column] + (1.0 - saturation) * LUMA[column])
        })
    })
}

fn tone_curve(dice: &Dice) -> [u8; 256] {
    let gamma = dice.range(tuning::GAMMA.0, tuning::GAMMA.1);
    let contrast = dice.range(tuning::CONTRAST.0, tuning::CONTRAST.1);
    let lift = dice.around(0.0, 0.06);
    std::array::from_fn(|level| {
        let value = (level as f32 / 255.0).powf(gamma);
        let value = (value - 0.5) * contrast + 0.5 + lift;
        (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
    })
}

fn focus(rgb: Vec<u8>, width: u32, height: u32, dice: &Dice) -> Vec<u8> {
    let sigma = dice.range(tuning::BLUR_SIGMA_PX.0, tuning::BLUR_SIGMA_PX.1);
    if !dice.chance(tuning::BLURRED_SHARE) {
        return rgb;
    }
    let image = RgbImage::from_raw(width, height, rgb).expect("the scene has three bytes for each of its pixels");
    imageops::fast_blur(&image, sigma).into_raw()
}

/// Grain, nearly normal: the sum of the four bytes of a word.
fn noise(mut rgb: Vec<u8>, dice: &Dice) -> Vec<u8> {
    // Four even numbers of 0 … 255 have a standard deviation of 147.8 together.
    let strength = dice.range(tuning::NOISE_LEVELS.0, tuning::NOISE_LEVELS.1) / 147.8;
    for pixel in rgb.chunks_exact_mut(3) {
        let sum: u32 = dice.word().to_le_bytes().iter().map(|&byte| u32::from(byte)).sum();
        let shift = (sum as f32 - 510.0) * strength;
        for part in pixel {
            *part = (f32::from(*part) + shift + 0.5) as u8;
        }
    }
    rgb
}
