//! A decoder's samples → 8-bit RGB, upright.
//!
//! In: interleaved samples of 8 or 16 bits, and what they mean.  Out: RGB `u8`, `height × width × 3`.
//! Where the result is not larger than the samples, it is written over them: a picture of 50 megapixels is copied
//! as seldom as can be.
//!
//! Source: Pillow's `Convert.c`, `AlphaComposite.c`, `Unpack.c`; libjpeg's `jdcolor.c`. Proof: `tests/photo`.

use super::{PhotoError, PhotoFormat, Pixels, check_dimensions};

/// What the samples of a pixel are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channels {
    Gray,
    GrayAlpha,
    Rgb,
    Rgba,
}

impl Channels {
    fn count(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::GrayAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }
}

/// `length` zeros, or an error where the memory is not to be had.
#[expect(clippy::slow_vector_initialization, reason = "`vec!` aborts where the memory is not to be had")]
pub(super) fn buffer(length: u64) -> Result<Vec<u8>, PhotoError> {
    let out_of_memory = PhotoError::Memory { needed_bytes: length };
    let Ok(length) = usize::try_from(length) else { return Err(out_of_memory) };
    let mut bytes = Vec::new();
    match bytes.try_reserve_exact(length) {
        Ok(()) => {
            bytes.resize(length, 0);
            Ok(bytes)
        }
        Err(_) => Err(out_of_memory),
    }
}

/// Reads a decoder of the crate `image` to RGB. The size is checked before memory for it is asked.
pub(super) fn read(format: PhotoFormat, decoder: impl image::ImageDecoder) -> Result<Pixels, PhotoError> {
    use image::ColorType;
    let (width, height) = decoder.dimensions();
    check_dimensions(width, height)?;
    let (channels, deep) = match decoder.color_type() {
        ColorType::L8 => (Channels::Gray, false),
        ColorType::La8 => (Channels::GrayAlpha, false),
        ColorType::Rgb8 => (Channels::Rgb, false),
        ColorType::Rgba8 => (Channels::Rgba, false),
        ColorType::L16 => (Channels::Gray, true),
        ColorType::La16 => (Channels::GrayAlpha, true),
        ColorType::Rgb16 => (Channels::Rgb, true),
        ColorType::Rgba16 => (Channels::Rgba, true),
        _ => {
            let expected = "whole numbers of at most 16 bits";
            return Err(PhotoError::UnsupportedKind { format, found: "samples of another kind", expected });
        }
    };
    let mut samples = buffer(decoder.total_bytes())?;
    decoder.read_image(&mut samples).map_err(|source| PhotoError::Decoder { format, source })?;
    if deep {
        keep_high_bytes(&mut samples);
    }
    Ok(Pixels { rgb: to_rgb(samples, channels)?, width, height })
}

/// 16-bit samples in this machine's byte order, each replaced by its high byte.
pub(super) fn keep_high_bytes(samples: &mut Vec<u8>) {
    let count = samples.len() / 2;
    for index in 0..count {
        let sample = u16::from_ne_bytes([samples[2 * index], samples[2 * index + 1]]);
        samples[index] = (sample >> 8) as u8;
    }
    samples.truncate(count);
    samples.shrink_to_fit();
}

/// 8-bit samples as RGB: gray three times, transparency over white.
pub(super) fn to_rgb(mut samples: Vec<u8>, channels: Channels) -> Result<Vec<u8>, PhotoError> {
    let count = samples.len() / channels.count();
    match channels {
        Channels::Rgb => return Ok(samples),
        Channels::Gray => return spread(&samples, |&[gray]| [gray; 3]),
        Channels::GrayAlpha => return spread(&samples, |&[gray, alpha]| over_white([gray; 3], alpha)),
        Channels::Rgba => {
            for index in 0..count {
                let [red, green, blue, alpha] = [0, 1, 2, 3].map(|channel| samples[4 * index + channel]);
                samples[3 * index..3 * index + 3].copy_from_slice(&over_white([red, green, blue], alpha));
            }
        }
    }
    samples.truncate(3 * count);
    samples.shrink_to_fit();
    Ok(samples)
}

/// RGBA pixels laid over white, into a new buffer.
pub(super) fn rgba_over_white(rgba: &[u8]) -> Result<Vec<u8>, PhotoError> {
    spread(rgba, |&[red, green, blue, alpha]| over_white([red, green, blue], alpha))
}

/// Each group of `N` samples as one RGB pixel of a new buffer.
pub(super) fn spread<const N: usize>(
    samples: &[u8],
    color: impl Fn(&[u8; N]) -> [u8; 3],
) -> Result<Vec<u8>, PhotoError> {
    let (groups, _) = samples.as_chunks::<N>();
    let mut rgb = buffer(groups.len() as u64 * 3)?;
    for (pixel, group) in rgb.as_chunks_mut::<3>().0.iter_mut().zip(groups) {
        *pixel = color(group);
    }
    Ok(rgb)
}

/// `color` with `alpha` over white, in Pillow's integers: seven bits more than the result, rounded once.
pub(super) fn over_white(color: [u8; 3], alpha: u8) -> [u8; 3] {
    const EXTRA_BITS: u32 = 7;
    let cover = u32::from(alpha) << EXTRA_BITS;
    let rest = (255 << EXTRA_BITS) - cover;
    color.map(|value| {
        let sum = u32::from(value) * cover + 255 * rest + (0x80 << EXTRA_BITS);
        (((sum >> 8) + sum) >> 8 >> EXTRA_BITS) as u8
    })
}

/// CMYK (0 = no ink) as RGB, in Pillow's integers.
pub(super) fn cmyk_to_rgb([cyan, magenta, yellow, black]: [u8; 4]) -> [u8; 3] {
    let light = 255 - u32::from(black);
    [cyan, magenta, yellow].map(|ink| {
        let product = u32::from(ink) * light + 128;
        (light - ((product + (product >> 8)) >> 8)) as u8
    })
}

/// Full-range YCbCr (JFIF) as RGB, in libjpeg's fixed point of 16 bits.
pub(super) fn ycbcr_to_rgb([luma, blue_difference, red_difference]: [u8; 3]) -> [u8; 3] {
    const HALF: i32 = 1 << 15;
    const RED_OF_CR: i32 = 91_881; // 1.40200 × 2^16
    const BLUE_OF_CB: i32 = 116_130; // 1.77200 × 2^16
    const GREEN_OF_CR: i32 = 46_802; // 0.71414 × 2^16
    const GREEN_OF_CB: i32 = 22_554; // 0.34414 × 2^16
    let luma = i32::from(luma);
    let cb = i32::from(blue_difference) - 128;
    let cr = i32::from(red_difference) - 128;
    let red = luma + ((RED_OF_CR * cr + HALF) >> 16);
    let green = luma + ((HALF - GREEN_OF_CB * cb - GREEN_OF_CR * cr) >> 16);
    let blue = luma + ((BLUE_OF_CB * cb + HALF) >> 16);
    [red, green, blue].map(|value| value.clamp(0, 255) as u8)
}

/// The picture turned as EXIF orientation `1..=8` says; any other number leaves it.
pub(super) fn upright(pixels: Pixels, orientation: u8) -> Result<Pixels, PhotoError> {
    let Pixels { mut rgb, width, height } = pixels;
    let (columns, rows) = (width as usize, height as usize);
    match orientation {
        2 => mirror_rows(&mut rgb, columns),
        3 => rgb.as_chunks_mut::<3>().0.reverse(),
        4 => {
            rgb.as_chunks_mut::<3>().0.reverse();
            mirror_rows(&mut rgb, columns);
        }
        5..=8 => {
            let from_right = matches!(orientation, 7 | 8);
            let from_below = matches!(orientation, 6 | 7);
            return Ok(Pixels {
                rgb: transposed(&rgb, columns, rows, from_right, from_below)?,
                width: height,
                height: width,
            });
        }
        _ => {}
    }
    Ok(Pixels { rgb, width, height })
}

fn mirror_rows(rgb: &mut [u8], columns: usize) {
    for row in rgb.chunks_exact_mut(3 * columns) {
        row.as_chunks_mut::<3>().0.reverse();
    }
}

/// Columns become rows: each new row is an old column, read down or, `from_below`, up; the first new row is the
/// left column or, `from_right`, the right one.
fn transposed(
    rgb: &[u8],
    columns: usize,
    rows: usize,
    from_right: bool,
    from_below: bool,
) -> Result<Vec<u8>, PhotoError> {
    // Square tiles keep both the reads and the writes within the cache.
    const TILE: usize = 32;
    let mut turned = buffer(rgb.len() as u64)?;
    let source = rgb.as_chunks::<3>().0;
    let target = turned.as_chunks_mut::<3>().0;
    for (tile_y, tile_x) in tiles(rows, columns, TILE) {
        for y in tile_y..(tile_y + TILE).min(rows) {
            let new_x = if from_below { rows - 1 - y } else { y };
            for x in tile_x..(tile_x + TILE).min(columns) {
                let new_y = if from_right { columns - 1 - x } else { x };
                target[new_y * rows + new_x] = source[y * columns + x]; // [columns, rows]
            }
        }
    }
    Ok(turned)
}

/// Top left corners of square tiles that cover `rows × columns`.
fn tiles(rows: usize, columns: usize, side: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..rows).step_by(side).flat_map(move |y| (0..columns).step_by(side).map(move |x| (y, x)))
}
