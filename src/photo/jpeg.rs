//! JPEG → RGB.
//!
//! In: a JPEG file, baseline or progressive, 8 bits, 1, 3 or 4 components.  Out: pixels as they lie in the file.
//! The walk goes from marker to marker to the end of the image (EOI): embedded thumbnails, fill bytes, restart
//! markers and further scans are passed; what follows EOI is not looked at.
//! Which colors three and four components are follows libjpeg: the JFIF marker, then Adobe's, then the components'
//! ids. CMYK files store their inks inverted, as Adobe does and Pillow takes for granted.
//!
//! Source: ITU-T T.81, annex B; libjpeg's `jdapimin.c::default_decompress_parms`. Proof: `tests/photo`.

use std::borrow::Cow;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};

use super::exif::{EXIF_PREFIX, Metadata};
use super::pixels::{self, Channels};
use super::walk::Walk;
use super::{PhotoError, PhotoFormat, Pixels, check_dimensions};

const FORMAT: PhotoFormat = PhotoFormat::Jpeg;
/// Application segment 15, which nobody reads.
const UNUSED_MARKER: u8 = 0xef;

/// What the components of a pixel are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Color {
    Gray,
    YCbCr,
    Rgb,
    Cmyk,
    Ycck,
}

/// A frame header (SOF).
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub width: u32,
    pub height: u32,
    pub components: u8,
    progressive: bool,
    /// Each component's id, and how many samples it has across and down where the picture has the most.
    /// Zeros past `components`.
    ids: [u8; 4],
    sampling: [(u8, u8); 4],
}

/// What the walk finds.
pub(super) struct Header<'a> {
    pub metadata: Metadata<'a>,
    frame: Frame,
    color: Color,
    /// Where Adobe's markers stand that the decoder would refuse the file for.
    broken_adobe_at: Vec<usize>,
}

/// What the application markers say about color.
#[derive(Default)]
struct ColorMarkers {
    jfif: bool,
    adobe_transform: Option<u8>,
    broken_adobe_at: Vec<usize>,
}

/// The file walked to its end: sizes, color, metadata.
///
/// # Errors
/// A file that ends before EOI, a size over the limits, a coding that is not decoded.
pub(super) fn walk(bytes: &[u8]) -> Result<Header<'_>, PhotoError> {
    let mut walk = Walk::new(FORMAT, bytes, 2);
    let (mut metadata, mut markers) = (Metadata::default(), ColorMarkers::default());
    let (mut frame, mut scans, mut restarts) = (None, 0, false);
    loop {
        match next_marker(&mut walk)? {
            0xd9 => break,
            0x01 | 0xd0..=0xd8 => {}
            0xda => {
                segment(&mut walk, "a scan header")?;
                skip_scan(&mut walk)?;
                scans += 1;
            }
            // Progressive files are one frame; a second one is another picture, which decoders refuse.
            kind @ (0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf) if frame.is_none() => {
                frame = Some(frame_of(kind, segment(&mut walk, "the frame header")?, &walk)?);
            }
            0xe0 => markers.jfif |= segment(&mut walk, "an application segment")?.starts_with(b"JFIF\0"),
            0xe1 => application_1(&mut metadata, segment(&mut walk, "an application segment")?),
            0xee => {
                let marker_at = walk.at - 1;
                application_14(&mut markers, segment(&mut walk, "an application segment")?, marker_at);
            }
            0xdd => restarts |= segment(&mut walk, "a segment")? != [0, 0],
            _ => _ = segment(&mut walk, "a segment")?,
        }
    }
    let frame = frame.ok_or(walk.malformed("the end of the image", "after a frame header"))?;
    if scans == 0 {
        return Err(walk.malformed("the end of the image", "after a scan"));
    }
    check_layout(&frame, scans, restarts)?;
    Ok(Header { metadata, color: color_of(&frame, &markers)?, frame, broken_adobe_at: markers.broken_adobe_at })
}

/// The marker that the walk comes to; it moves past it. Bytes between segments are skipped, as libjpeg does.
fn next_marker(walk: &mut Walk<'_>) -> Result<u8, PhotoError> {
    loop {
        let rest = walk.bytes.get(walk.at..).unwrap_or_default();
        let Some(start) = rest.iter().position(|&byte| byte == 0xff) else {
            return Err(walk.unfinished("its end, EOI"));
        };
        let rest = &rest[start..];
        let Some(end) = rest.iter().position(|&byte| byte != 0xff) else { return Err(walk.unfinished("its end, EOI")) };
        walk.at += start + end + 1;
        if rest[end] != 0 {
            return Ok(rest[end]);
        }
    }
}

/// A segment's content, without its length.
fn segment<'a>(walk: &mut Walk<'a>, part: &'static str) -> Result<&'a [u8], PhotoError> {
    let length = usize::from(u16::from_be_bytes(walk.array(part)?));
    if length < 2 {
        return Err(walk.malformed("a segment's length", "at least 2"));
    }
    walk.take(length - 2, part)
}

/// Passes the entropy-coded data after a scan header, up to the next marker that is not a restart.
fn skip_scan(walk: &mut Walk<'_>) -> Result<(), PhotoError> {
    let rest = walk.bytes.get(walk.at..).unwrap_or_default();
    let is_marker = |at: &usize| !matches!(rest.get(at + 1), None | Some(0x00 | 0xd0..=0xd7 | 0xff));
    let length = memchr::memchr_iter(0xff, rest).find(is_marker).ok_or_else(|| walk.unfinished("its end, EOI"))?;
    walk.at += length;
    Ok(())
}

/// EXIF or XMP. The first EXIF counts: Pillow appends the others to it, where nothing points.
fn application_1<'a>(metadata: &mut Metadata<'a>, content: &'a [u8]) {
    const XMP_PREFIX: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
    if let Some(block) = content.strip_prefix(EXIF_PREFIX) {
        metadata.exif.get_or_insert(Cow::Borrowed(block));
    } else if let Some(text) = content.strip_prefix(XMP_PREFIX) {
        metadata.xmp.get_or_insert(Cow::Borrowed(text));
    }
}

/// Adobe's color transform: 0 is none, 1 YCbCr, 2 YCCK.
fn application_14(markers: &mut ColorMarkers, content: &[u8], marker_at: usize) {
    match *content {
        [b'A', b'd', b'o', b'b', b'e', _, _, _, _, _, _, transform, ..] => {
            markers.adobe_transform = Some(transform);
            if transform > 2 {
                markers.broken_adobe_at.push(marker_at);
            }
        }
        [b'A', b'd', b'o', b'b', b'e', ..] => markers.broken_adobe_at.push(marker_at),
        _ => {}
    }
}

fn frame_of(kind: u8, content: &[u8], walk: &Walk<'_>) -> Result<Frame, PhotoError> {
    let refused = |found| PhotoError::UnsupportedKind { format: FORMAT, found, expected: "baseline or progressive" };
    match kind {
        0xc0..=0xc2 => {}
        0xc3 => return Err(refused("lossless coding")),
        0xc9..=0xcb | 0xcd..=0xcf => return Err(refused("arithmetic coding")),
        _ => return Err(refused("hierarchical coding")),
    }
    let &[precision, height_high, height_low, width_high, width_low, components, ref rest @ ..] = content else {
        return Err(walk.malformed("the frame header", "of 8 bytes or more"));
    };
    if precision != 8 {
        let found = "samples of more than 8 bits";
        return Err(PhotoError::UnsupportedKind { format: FORMAT, found, expected: "8 bits" });
    }
    if rest.len() < 3 * usize::from(components) {
        return Err(walk.malformed("the frame header", "as long as its components need"));
    }
    let (mut ids, mut sampling) = ([0; 4], [(0, 0); 4]);
    for (index, component) in rest.chunks_exact(3).take(usize::from(components.min(4))).enumerate() {
        ids[index] = component[0];
        sampling[index] = (component[1] >> 4, component[1] & 0x0f);
    }
    let height = u32::from(u16::from_be_bytes([height_high, height_low]));
    let width = u32::from(u16::from_be_bytes([width_high, width_low]));
    check_dimensions(width, height)?;
    Ok(Frame { width, height, components, progressive: kind == 0xc2, ids, sampling })
}

/// Refuses the layouts that the decoder gets wrong: a first component that others surpass, and, in sequential files,
/// a scan for each component of a picture that is subsampled vertically, or restarted.
fn check_layout(frame: &Frame, scans: usize, restarts: bool) -> Result<(), PhotoError> {
    let used = &frame.sampling[..usize::from(frame.components.min(4))];
    let (most_across, most_down) = used.first().copied().unwrap_or((1, 1));
    let power = |count: u8| matches!(count, 1 | 2 | 4);
    let fits = |&(across, down): &(u8, u8)| power(across) && power(down) && across <= most_across && down <= most_down;
    if frame.components > 1 && !used.iter().all(fits) {
        let (found, expected) = ("an unusual color subsampling", "the first component to be the finest");
        return Err(PhotoError::UnsupportedKind { format: FORMAT, found, expected });
    }
    let plain = most_across <= 2 && most_down == 1 && !restarts;
    if scans > 1 && !frame.progressive && !plain {
        let (found, expected) = ("a scan for each color of a subsampled picture", "one scan, or progressive ones");
        return Err(PhotoError::UnsupportedKind { format: FORMAT, found, expected });
    }
    Ok(())
}

fn color_of(frame: &Frame, markers: &ColorMarkers) -> Result<Color, PhotoError> {
    Ok(match (frame.components, markers.adobe_transform) {
        (1, _) => Color::Gray,
        (3, _) if markers.jfif => Color::YCbCr,
        (3, Some(0)) => Color::Rgb,
        (3, None) if frame.ids[..3] == *b"RGB" => Color::Rgb,
        (3, _) => Color::YCbCr,
        (4, None | Some(0)) => Color::Cmyk,
        (4, _) => Color::Ycck,
        _ => {
            let (found, expected) = ("2 or more than 4 components", "gray, color or CMYK");
            return Err(PhotoError::UnsupportedKind { format: FORMAT, found, expected });
        }
    })
}

/// The frame header of a JPEG stream inside another file; `None` where it has none.
pub(super) fn embedded_frame(bytes: &[u8]) -> Option<Frame> {
    let mut walk = Walk::new(FORMAT, bytes, 2);
    loop {
        match next_marker(&mut walk).ok()? {
            0xd9 | 0xda => return None,
            0x01 | 0xd0..=0xd8 => {}
            kind @ 0xc0..=0xc2 => return frame_of(kind, segment(&mut walk, "the frame header").ok()?, &walk).ok(),
            _ => _ = segment(&mut walk, "a segment").ok()?,
        }
    }
}

/// The picture in `bytes`.
pub(super) fn decode(bytes: &[u8]) -> Result<Pixels, PhotoError> {
    let Header { frame, color, broken_adobe_at, .. } = walk(bytes)?;
    let mut bytes = Cow::Borrowed(bytes);
    for at in broken_adobe_at {
        bytes.to_mut()[at] = UNUSED_MARKER;
    }
    let decoder_error = |source| PhotoError::JpegDecoder { source };
    // Headers of any style, but in the picture itself nothing may be made up.
    let options = DecoderOptions::default().set_strict_mode(false);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&*bytes), options);
    decoder.decode_headers().map_err(decoder_error)?;
    // Adobe's marker alone makes it four; with three components, the decoder comes round later.
    let assumed = match (decoder.input_colorspace().unwrap_or(ColorSpace::Unknown), frame.components) {
        (ColorSpace::CMYK, 3) => ColorSpace::RGB,
        (ColorSpace::YCCK, 3) => ColorSpace::YCbCr,
        (assumed, _) => assumed,
    };
    if assumed.num_components() != usize::from(frame.components) {
        let (found, expected) = ("color markers that contradict its components", "gray, color or CMYK");
        return Err(PhotoError::UnsupportedKind { format: FORMAT, found, expected });
    }
    let agreed = matches!(
        (color, assumed),
        (Color::YCbCr, ColorSpace::YCbCr)
            | (Color::Rgb, ColorSpace::RGB)
            | (Color::Cmyk, ColorSpace::CMYK)
            | (Color::Ycck, ColorSpace::YCCK)
    );
    // Asked for what it assumes, the decoder hands the components over as they are.
    let output = if agreed { ColorSpace::RGB } else { assumed };
    decoder.set_options(options.set_strict_mode(true).jpeg_set_out_colorspace(output));
    let pixel_count = u64::from(frame.width) * u64::from(frame.height);
    let mut samples = pixels::buffer(pixel_count * output.num_components() as u64)?;
    decoder.decode_into(&mut samples).map_err(decoder_error)?;
    drop(decoder);
    let rgb = if agreed { samples } else { components_to_rgb(samples, color)? };
    Ok(Pixels { rgb, width: frame.width, height: frame.height })
}

/// Components as the file has them, as RGB.
fn components_to_rgb(mut samples: Vec<u8>, color: Color) -> Result<Vec<u8>, PhotoError> {
    // Inks are stored inverted: 255 is none. YCCK stores the colors of 255 − C, 255 − M, 255 − Y.
    let ycck = |&[luma, cb, cr, black]: &[u8; 4]| {
        let [red, green, blue] = pixels::ycbcr_to_rgb([luma, cb, cr]);
        pixels::cmyk_to_rgb([red, green, blue, 255 - black])
    };
    match color {
        Color::Gray => pixels::to_rgb(samples, Channels::Gray),
        Color::Rgb => Ok(samples),
        Color::YCbCr => {
            samples.as_chunks_mut::<3>().0.iter_mut().for_each(|pixel| *pixel = pixels::ycbcr_to_rgb(*pixel));
            Ok(samples)
        }
        Color::Cmyk => pixels::spread(&samples, |inks: &[u8; 4]| pixels::cmyk_to_rgb(inks.map(|ink| 255 - ink))),
        Color::Ycck => pixels::spread(&samples, ycck),
    }
}
