//! A photo → the model's input, a little different each time.
//!
//! In: an upright [`Photo`], [`Augmentation`], random numbers.  Out: `f32 [3, S, S]`, normalized.
//! A random part of the photo, resized to the model's square; mirrored by chance; brightness, contrast and saturation
//! shifted. The resizing is the one that the model will meet when it is used.
//!
//! Source: `RandomResizedCrop` and `ColorJitter` of torchvision, whose bounds and order these are.

use rand::{Rng, RngExt};

use super::options::Augmentation;
use crate::photo::Photo;
use crate::preprocess::{Preprocessor, resized};

/// Crops are between 3 : 4 and 4 : 3.
const MOST_ASPECT: f64 = 4.0 / 3.0;
/// How often a crop is drawn before the largest central one is taken.
const CROP_ATTEMPTS: usize = 10;

/// A variation of `photo` as `preprocessor` would give it.
pub fn augmented(
    photo: &Photo,
    preprocessor: &Preprocessor,
    augmentation: &Augmentation,
    random: &mut impl Rng,
) -> Vec<f32> {
    let mut pixels = if augmentation.crop_scale < 1.0 {
        let area = crop_area(photo.width, photo.height, augmentation.crop_scale, random);
        let cropped = cut(photo, &area);
        resized(&cropped, (area.width, area.height), (preprocessor.crop_width, preprocessor.crop_height))
    } else {
        preprocessor.crop(photo)
    };
    if random.random_bool(augmentation.flip) {
        mirror(&mut pixels, preprocessor.crop_width as usize);
    }
    if augmentation.color > 0.0 {
        let mut factor = || random.random_range(1.0 - augmentation.color..=1.0 + augmentation.color) as f32;
        let (brightness, contrast, saturation) = (factor(), factor(), factor());
        jitter(&mut pixels, brightness, contrast, saturation);
    }
    preprocessor.normalized(&pixels)
}

/// A part of a photo, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Area {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

fn crop_area(width: u32, height: u32, least_scale: f64, random: &mut impl Rng) -> Area {
    let (whole_width, whole_height) = (f64::from(width), f64::from(height));
    for _ in 0..CROP_ATTEMPTS {
        let area = whole_width * whole_height * random.random_range(least_scale..=1.0);
        let aspect = random.random_range(-MOST_ASPECT.ln()..=MOST_ASPECT.ln()).exp();
        let [w, h] = [(area * aspect).sqrt(), (area / aspect).sqrt()].map(|side| side.round() as u32);
        if (1..=width).contains(&w) && (1..=height).contains(&h) {
            let (left, top) = (random.random_range(0..=width - w), random.random_range(0..=height - h));
            return Area { left, top, width: w, height: h };
        }
    }
    // A very long photo: its middle.
    let longest = |other: u32| ((f64::from(other) * MOST_ASPECT).round() as u32).max(1);
    let (w, h) = (width.min(longest(height)), height.min(longest(width)));
    Area { left: (width - w) / 2, top: (height - h) / 2, width: w, height: h }
}

/// The pixels of `area`, row by row.
fn cut(photo: &Photo, area: &Area) -> Vec<u8> {
    let row_bytes = photo.width as usize * 3;
    let (left, length) = (area.left as usize * 3, area.width as usize * 3);
    let rows = photo.rgb.chunks_exact(row_bytes).skip(area.top as usize).take(area.height as usize);
    rows.flat_map(|row| &row[left..left + length]).copied().collect()
}

/// Left and right exchanged, in place.
fn mirror(pixels: &mut [u8], width: usize) {
    for row in pixels.chunks_exact_mut(width * 3) {
        let (pixels, _) = row.as_chunks_mut::<3>();
        pixels.reverse();
    }
}

/// Each pixel brighter or darker, nearer to or farther from the mean gray, nearer to or farther from its own gray.
fn jitter(pixels: &mut [u8], brightness: f32, contrast: f32, saturation: f32) {
    let gray = |[r, g, b]: [f32; 3]| 0.299 * r + 0.587 * g + 0.114 * b;
    let (pixels, _) = pixels.as_chunks_mut::<3>();
    let sum: f32 = pixels.iter().map(|pixel| gray(pixel.map(f32::from))).sum();
    let mean = sum * brightness / pixels.len().max(1) as f32;
    for pixel in pixels {
        let color = pixel.map(|level| mean + (f32::from(level) * brightness - mean) * contrast);
        let own = gray(color);
        // `as` clamps to 0 … 255.
        *pixel = color.map(|level| (own + (level - own) * saturation).round() as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::random::random;

    fn photo(width: u32, height: u32) -> Photo {
        let rgb = (0..width * height).flat_map(|i| [(i % 251) as u8, (i / 7 % 253) as u8, 90]).collect();
        Photo { rgb, width, height, taken_at: None }
    }

    #[test]
    fn without_variation_it_is_the_model_s_own_preprocessing() {
        let preprocessor = Preprocessor::clip(32);
        let none = Augmentation { crop_scale: 1.0, flip: 0.0, color: 0.0 };
        let photo = photo(70, 41);
        let varied = augmented(&photo, &preprocessor, &none, &mut random(1, "photo", 0, 0));
        assert_eq!(varied, preprocessor.pixel_values(&photo));
    }

    #[test]
    fn crops_lie_inside_photos_of_any_shape() {
        for (width, height) in [(1, 1), (1, 900), (900, 1), (31, 32), (640, 480)] {
            for index in 0..200 {
                let area = crop_area(width, height, 0.2, &mut random(1, "photo", 0, index));
                assert!(area.width > 0 && area.height > 0, "{width} × {height}: {area:?}");
                assert!(area.left + area.width <= width && area.top + area.height <= height, "{area:?}");
            }
        }
    }

    #[test]
    fn mirrors_twice_to_the_same() {
        let mut pixels = photo(5, 3).rgb;
        mirror(&mut pixels, 5);
        assert_eq!(pixels[..3], photo(5, 3).rgb[12..15]);
        mirror(&mut pixels, 5);
        assert_eq!(pixels, photo(5, 3).rgb);
    }

    #[test]
    fn colors_move_as_asked() {
        let mut pixels = vec![100, 50, 20];
        jitter(&mut pixels, 1.0, 1.0, 1.0);
        assert_eq!(pixels, [100, 50, 20]);
        jitter(&mut pixels, 2.0, 1.0, 1.0);
        assert_eq!(pixels, [200, 100, 40]);
        jitter(&mut pixels, 1.0, 1.0, 0.0);
        assert_eq!(pixels, [123, 123, 123], "its own gray");
    }
}
