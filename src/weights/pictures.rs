//! Pictures that a tower is shown before its weights are rounded, where nobody has better ones, and beside them.
//!
//! In: a size.  Out: [`Photo`]s, always the same: soft shapes in every size from the whole picture to a few pixels, and
//! plain noise. They teach how the layers' inputs go together; what they show does not matter.
//!
//! Source: own, from the noise of [`super::formula`]. Proof: the tests below.

use super::formula::{splitmix64, values};
use crate::photo::Photo;

/// Soft shapes: `count` pictures of `side` pixels.
pub fn shapes(count: usize, side: usize) -> Vec<Photo> {
    (0..count).map(|index| shape(index as u64, side)).collect()
}

/// Noise: `count` pictures of `side` pixels, every pixel a color of its own; another seed, other pictures.
pub fn noise(count: usize, side: usize, seed: u64) -> Vec<Photo> {
    let picture = |index: usize| {
        let levels = uniform("noise", splitmix64(seed).wrapping_add(index as u64), side * side * 3);
        photo(side, levels.into_iter().map(|level| level * 0.5 + 0.5))
    };
    (0..count).map(picture).collect()
}

/// Octaves of noise, each smoothly enlarged and as strong as the dice say, around a color.
fn shape(index: u64, side: usize) -> Photo {
    let color = uniform("color", index, 3);
    let strengths = uniform("strength", index, 16);
    let mut levels: Vec<f32> = (0..side * side * 3).map(|i| 0.5 + 0.5 * color[i % 3]).collect();
    for octave in 0..7u32 {
        let cells = 2usize << octave;
        if cells > side {
            break;
        }
        let strength = strengths[octave as usize].powi(2) * 0.6;
        let gray = strengths[8 + octave as usize].abs(); // how far the three colors go together
        let corners = uniform("corners", index * 8 + u64::from(octave), (cells + 1) * (cells + 1) * 4);
        for (i, level) in levels.iter_mut().enumerate() {
            let (pixel, channel) = (i / 3, i % 3);
            let place = |at: usize| at as f32 / side as f32 * cells as f32;
            let at = |channel| between(&corners, cells + 1, channel, place(pixel % side), place(pixel / side));
            *level += strength * (gray * at(3) + (1.0 - gray) * at(channel));
        }
    }
    photo(side, levels.into_iter())
}

/// The value at `(x, y)` between four corners of a grid of `side` corners with four channels.
fn between(corners: &[f32], side: usize, channel: usize, x: f32, y: f32) -> f32 {
    let (left, top) = (x as usize, y as usize);
    let (right, down) = (x - left as f32, y - top as f32);
    let corner = |column: usize, row: usize| corners[(row * side + column) * 4 + channel];
    let row = |row| corner(left, row) * (1.0 - right) + corner(left + 1, row) * right;
    row(top) * (1.0 - down) + row(top + 1) * down
}

/// `count` numbers between −1 and 1.
fn uniform(purpose: &str, index: u64, count: usize) -> Vec<f32> {
    // The name of a bias, whose values the formula takes from −0.125 to 0.125.
    let name = format!("calibration.{purpose}.bias");
    values(&name, &[count], splitmix64(index), 0, count).into_iter().map(|value| value * 8.0).collect()
}

fn photo(side: usize, levels: impl Iterator<Item = f32>) -> Photo {
    let rgb = levels.map(|level| (level.clamp(0.0, 1.0) * 255.0).round() as u8).collect();
    Photo { rgb, width: side as u32, height: side as u32, taken_at: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_many_and_always_the_same() {
        let pictures: Vec<Photo> = shapes(8, 96).into_iter().chain(noise(4, 96, 0)).collect();
        for (i, picture) in pictures.iter().enumerate() {
            assert_eq!(picture.rgb.len(), 96 * 96 * 3);
            let (least, most) = picture.rgb.iter().fold((255, 0), |(l, m), &v| (v.min(l), v.max(m)));
            assert!(most - least > 30, "picture {i} shows something: {least} to {most}");
            assert!(pictures[..i].iter().all(|other| other.rgb != picture.rgb), "picture {i} is there twice");
        }
        assert_eq!(shapes(8, 96)[7].rgb, pictures[7].rgb);
        assert_ne!(noise(1, 96, 1)[0].rgb, noise(1, 96, 0)[0].rgb);
    }

    #[test]
    fn shapes_are_soft_and_noise_is_not() {
        let step = |photo: &Photo| {
            let pairs = photo.rgb.windows(4).map(|near| f64::from(near[0].abs_diff(near[3])));
            pairs.sum::<f64>() / photo.rgb.len() as f64
        };
        let most = shapes(8, 96).iter().map(step).fold(0.0, f64::max);
        assert!(most < step(&noise(1, 96, 0)[0]) / 2.0, "{most} a pixel");
    }
}
