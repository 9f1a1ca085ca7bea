//! A TIFF page's samples → RGB.
//!
//! In: 8-bit samples, by pixel or by plane, and the page's color model.  Out: RGB `u8`.
//! The extra sample that is an alpha counts, premultiplied or not; any other is dropped.
//!
//! Source: TIFF 6.0, sections 4 to 6, 16 and 18; Pillow for the arithmetic. Proof: `tests/photo`.

use super::super::{PhotoError, pixels};
use super::{FORMAT, Page};

/// What a page's color samples are.
pub(super) enum Kind {
    Gray { white_is_zero: bool },
    Rgb,
    Palette,
    Cmyk,
    YCbCr,
}

/// What the first sample after the color is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Alpha {
    None,
    Straight,
    Premultiplied,
}

impl Kind {
    /// The kind of a page, if it is one that is read.
    pub fn of(page: &Page) -> Result<Self, PhotoError> {
        let unsupported = |found, expected| PhotoError::UnsupportedKind { format: FORMAT, found, expected };
        let kind = match page.photometric {
            0 => Self::Gray { white_is_zero: true },
            1 => Self::Gray { white_is_zero: false },
            2 => Self::Rgb,
            3 => Self::Palette,
            5 => Self::Cmyk,
            6 => Self::YCbCr,
            8..=10 => return Err(unsupported("L*a*b* colors", "gray, RGB, a palette or CMYK")),
            _ => return Err(unsupported("an unknown color model", "gray, RGB, a palette or CMYK")),
        };
        if usize::from(page.samples) < kind.color_samples() {
            return Err(unsupported("fewer samples than its color model has", "all of them"));
        }
        let bits = match kind {
            Self::Gray { .. } => page.bits <= 16,
            Self::Palette => page.bits <= 8,
            _ => page.bits >= 8,
        };
        if !bits || (page.bits < 8 && page.samples > 1) {
            return Err(unsupported("an unusual number of bits for its color model", "8"));
        }
        if matches!(kind, Self::Palette) && page.palette.len() != 3 << page.bits {
            return Err(unsupported("a palette of another size than its bits need", "three numbers for each color"));
        }
        Ok(kind)
    }

    fn color_samples(&self) -> usize {
        match self {
            Self::Gray { .. } | Self::Palette => 1,
            Self::Rgb | Self::YCbCr => 3,
            Self::Cmyk => 4,
        }
    }

    fn alpha(&self, page: &Page) -> Alpha {
        match (self, usize::from(page.samples) - self.color_samples(), page.extra.first()) {
            (_, 0, _) | (Self::Cmyk | Self::YCbCr, ..) => Alpha::None,
            (_, _, Some(1)) => Alpha::Premultiplied,
            // Files without the tag mean alpha, and so do some of Corel's, which say 999.
            (Self::Rgb, _, None | Some(999)) | (_, _, Some(2)) => Alpha::Straight,
            _ => Alpha::None,
        }
    }

    /// The page as RGB.
    pub fn rgb(&self, samples: &[u8], page: &Page) -> Result<Vec<u8>, PhotoError> {
        let pixel_count = page.width as usize * page.height as usize;
        let mut rgb = pixels::buffer(pixel_count as u64 * 3)?;
        let count = usize::from(page.samples);
        // From one pixel to the next, and from one of its samples to the next.
        let (pixel_step, sample_step) = if page.planar { (1, pixel_count) } else { (count, 1) };
        let alpha = self.alpha(page);
        let color_samples = self.color_samples();
        for (index, pixel) in rgb.as_chunks_mut::<3>().0.iter_mut().enumerate() {
            let sample = |channel: usize| samples[index * pixel_step + channel * sample_step];
            let color = match self {
                Self::Gray { white_is_zero: true } => [255 - sample(0); 3],
                Self::Gray { white_is_zero: false } => [sample(0); 3],
                Self::Rgb => [sample(0), sample(1), sample(2)],
                Self::Palette => palette_color(page, sample(0)),
                Self::Cmyk => pixels::cmyk_to_rgb([sample(0), sample(1), sample(2), sample(3)]),
                Self::YCbCr => pixels::ycbcr_to_rgb([sample(0), sample(1), sample(2)]),
            };
            *pixel = match alpha {
                Alpha::None => color,
                Alpha::Straight => pixels::over_white(color, sample(color_samples)),
                Alpha::Premultiplied => {
                    let alpha = sample(color_samples);
                    pixels::over_white(divided(color, alpha), alpha)
                }
            };
        }
        Ok(rgb)
    }
}

/// A palette's colors stand by channel: all reds, all greens, all blues.
fn palette_color(page: &Page, index: u8) -> [u8; 3] {
    let colors = page.palette.len() / 3;
    [0, 1, 2].map(|channel| (page.palette[channel * colors + usize::from(index)] >> 8) as u8)
}

/// A premultiplied color without its alpha.
fn divided(color: [u8; 3], alpha: u8) -> [u8; 3] {
    if alpha == 0 {
        return color;
    }
    color.map(|value| (255 * u32::from(value) / u32::from(alpha)).min(255) as u8)
}

/// Samples of 1, 2 or 4 bits, each in a byte; gray ones stretched to `0..=255`, a palette's left as numbers.
pub(super) fn widened(packed: &[u8], bits: u16, page: &Page) -> Result<Vec<u8>, PhotoError> {
    const PALETTE: u16 = 3;
    let most = (1u8 << bits) - 1;
    let stretch = if page.photometric == PALETTE { 1 } else { 255 / most };
    let columns = page.width as usize;
    let mut samples = pixels::buffer(u64::from(page.width) * u64::from(page.height))?;
    let rows = packed.chunks_exact(page.row_bytes() as usize);
    for (row, packed) in samples.chunks_exact_mut(columns).zip(rows) {
        for (x, sample) in row.iter_mut().enumerate() {
            let first_bit = x * usize::from(bits);
            let shift = 8 - usize::from(bits) - first_bit % 8;
            *sample = (packed[first_bit / 8] >> shift & most) * stretch;
        }
    }
    Ok(samples)
}
