//! WebP → RGB.
//!
//! In: a WebP file, lossy, lossless or animated (its first frame).  Out: pixels as they lie in the file.
//! The walk checks that the RIFF container's bytes are all there, and that its chunks fill it.
//!
//! Source: RFC 9649. Proof: `tests/photo`.

use std::borrow::Cow;
use std::io::Cursor;

use image::codecs::webp::WebPDecoder;

use super::exif::Metadata;
use super::walk::Walk;
use super::{PhotoError, PhotoFormat, Pixels, check_dimensions, pixels};

const FORMAT: PhotoFormat = PhotoFormat::WebP;

/// The container walked to its end: its metadata.
///
/// # Errors
/// A file shorter than its RIFF header or a chunk says, or a frame of another size than its header says.
pub(super) fn walk(bytes: &[u8]) -> Result<Metadata<'_>, PhotoError> {
    let mut walk = Walk::new(FORMAT, bytes, 4);
    let length = u32::from_le_bytes(walk.array("the RIFF header")?) as usize;
    let container = &bytes[..walk.at + walk.take(length, "the RIFF container")?.len()];
    let mut metadata = Metadata::default();
    chunks(container, 12, &mut |kind, content, at| {
        match kind {
            b"EXIF" => metadata.exif = Some(Cow::Borrowed(content)),
            b"XMP " => metadata.xmp = Some(Cow::Borrowed(content)),
            b"VP8X" => check_canvas(content, at)?,
            b"ANMF" => check_frame(container, content, at)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(metadata)
}

/// Called with a chunk's name, content and place.
type Visit<'visit, 'a> = dyn FnMut(&[u8; 4], &'a [u8], usize) -> Result<(), PhotoError> + 'visit;

/// Hands each chunk's name, content and place to `visit`, from byte `at` to the end of `bytes`.
fn chunks<'a>(bytes: &'a [u8], at: usize, visit: &mut Visit<'_, 'a>) -> Result<(), PhotoError> {
    let mut walk = Walk::new(FORMAT, bytes, at);
    while walk.at < bytes.len() {
        let kind = walk.array("a chunk's name")?;
        let length = u32::from_le_bytes(walk.array("a chunk's length")?) as usize;
        let at = walk.at;
        visit(&kind, walk.take(length, "a chunk")?, at)?;
        // Chunks of odd length are padded; the last one's pad is missing in some files.
        walk.at += length % 2;
    }
    Ok(())
}

fn malformed(part: &'static str, expected: &'static str, at: usize) -> PhotoError {
    PhotoError::Malformed { format: FORMAT, part, expected, at }
}

/// Four bytes of flags, then width and height less one.
fn check_canvas(content: &[u8], at: usize) -> Result<(), PhotoError> {
    let &[_, _, _, _, a, b, c, d, e, f, ..] = content else {
        return Err(malformed("the extended header", "10 bytes long", at));
    };
    check_dimensions(side([a, b, c]), side([d, e, f]))
}

fn side([low, middle, high]: [u8; 3]) -> u32 {
    u32::from_le_bytes([low, middle, high, 0]) + 1
}

/// A frame of an animation: place, size less one, duration and flags, then chunks.
///
/// Its picture is held against that size: the decoder trusts one of them where transparency stands apart.
fn check_frame(container: &[u8], content: &[u8], at: usize) -> Result<(), PhotoError> {
    const HEAD: usize = 16;
    let Some(&[_, _, _, _, _, _, a, b, c, d, e, f, _, _, _, _]) = content.first_chunk::<HEAD>() else {
        return Err(malformed("a frame", "16 bytes long or more", at));
    };
    let (width, height) = (side([a, b, c]), side([d, e, f]));
    check_dimensions(width, height)?;
    let mut after_alpha = false;
    chunks(&container[..at + content.len()], at + HEAD, &mut |kind, picture, at| {
        if kind == b"VP8 " {
            check_picture_size(picture, (width, height), at)?;
        } else if after_alpha {
            return Err(malformed("the chunk after a frame's transparency", "VP8", at));
        }
        after_alpha = kind == b"ALPH";
        Ok(())
    })
}

/// A lossy picture's own header: three bytes, a start code, width and height, each with two bits of scale.
fn check_picture_size(picture: &[u8], expected: (u32, u32), at: usize) -> Result<(), PhotoError> {
    let &[_, _, _, 0x9d, 0x01, 0x2a, a, b, c, d, ..] = picture else {
        return Err(malformed("a frame's picture", "a key frame", at));
    };
    let [width, height] = [[a, b], [c, d]].map(|side| u32::from(u16::from_le_bytes(side) & 0x3fff));
    if (width, height) == expected { Ok(()) } else { Err(malformed("a frame's picture", "of the frame's size", at)) }
}

/// The picture in `bytes`.
pub(super) fn decode(bytes: &[u8]) -> Result<Pixels, PhotoError> {
    let decoder =
        WebPDecoder::new(Cursor::new(bytes)).map_err(|source| PhotoError::Decoder { format: FORMAT, source })?;
    pixels::read(FORMAT, decoder)
}
