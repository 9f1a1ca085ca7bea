//! PNG → RGB.
//!
//! In: a PNG file of any color type and depth; of an animation the default image.  Out: pixels as they lie in the file.
//! The walk goes from chunk to chunk through IEND and its checksum. EXIF stands in `eXIf`, or, as ImageMagick writes
//! it, as hexadecimal text named `Raw profile type exif`; XMP in `iTXt`.
//!
//! Source: PNG (third edition), sections 5 and 11. Proof: `tests/photo`.

use std::borrow::Cow;
use std::io::Cursor;

use image::codecs::png::PngDecoder;

use super::exif::Metadata;
use super::walk::Walk;
use super::{MAX_FILE_BYTES, PhotoError, PhotoFormat, Pixels, check_dimensions, pixels};

const FORMAT: PhotoFormat = PhotoFormat::Png;
/// What one text or the color profile may unpack to; more is a bomb.
const MAX_TEXT_BYTES: usize = 1 << 20;

/// What the walk finds.
pub(super) struct Header<'a> {
    pub metadata: Metadata<'a>,
}

/// The file walked to its end: sizes, metadata.
///
/// # Errors
/// A file that ends before IEND does, or a size over the limits.
pub(super) fn walk(bytes: &[u8]) -> Result<Header<'_>, PhotoError> {
    let mut walk = Walk::new(FORMAT, bytes, 8);
    let mut metadata = Metadata::default();
    let mut first = true;
    loop {
        let Some(head) = bytes.get(walk.at..walk.at + 8) else { return Err(walk.unfinished("its end, IEND")) };
        let (length, kind) = head.split_at(4);
        walk.at += 8;
        let length = length.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
        let content = walk.take(length, "a chunk")?;
        walk.take(4, "a chunk's checksum")?;
        if first {
            check_header(kind, content, &walk)?;
        }
        first = false;
        match kind {
            b"IEND" => return Ok(Header { metadata }),
            b"eXIf" => metadata.exif = Some(Cow::Borrowed(content)),
            b"iTXt" => metadata.xmp = metadata.xmp.or_else(|| xmp(content)),
            // A true eXIf chunk, before or after, is worth more.
            b"zTXt" | b"tEXt" => metadata.exif = metadata.exif.or_else(|| raw_profile(kind, content).map(Cow::Owned)),
            _ => {}
        }
    }
}

fn check_header(kind: &[u8], content: &[u8], walk: &Walk<'_>) -> Result<(), PhotoError> {
    let (b"IHDR", &[a, b, c, d, e, f, g, h, _, _, _, _, _]) = (kind, content) else {
        return Err(walk.malformed("the first chunk", "IHDR of 13 bytes"));
    };
    check_dimensions(u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]))
}

/// The text of an `iTXt` chunk named as XMP's: keyword, 0, packed?, method, language, 0, keyword again, 0, text.
fn xmp(content: &[u8]) -> Option<Cow<'_, [u8]>> {
    let rest = content.strip_prefix(b"XML:com.adobe.xmp\0")?;
    let (&[packed, _], rest) = rest.split_first_chunk()?;
    let (_, rest) = split_at_zero(rest)?;
    let (_, text) = split_at_zero(rest)?;
    Some(if packed == 0 { Cow::Borrowed(text) } else { Cow::Owned(unpacked(text)) })
}

/// EXIF written by ImageMagick: a newline, a name, a length, then hexadecimal digits, maybe packed.
///
/// Text that is none gives an empty block, so that a file full of it is unpacked only once.
fn raw_profile(kind: &[u8], content: &[u8]) -> Option<Vec<u8>> {
    let rest = content.strip_prefix(b"Raw profile type exif\0")?;
    let text = match (kind, rest) {
        (b"zTXt", [_method, packed @ ..]) => Cow::Owned(unpacked(packed)),
        _ => Cow::Borrowed(rest),
    };
    let digits = text.splitn(4, |&byte| byte == b'\n').nth(3).unwrap_or_default();
    let digits = digits.iter().filter(|byte| !byte.is_ascii_whitespace());
    let nibbles: Vec<u8> = digits.map_while(|&digit| Some(char::from(digit).to_digit(16)? as u8)).collect();
    Some(nibbles.as_chunks::<2>().0.iter().map(|&[high, low]| high << 4 | low).collect())
}

fn split_at_zero(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|&byte| byte == 0)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

/// The unpacked text; empty where it is damaged or a bomb.
fn unpacked(packed: &[u8]) -> Vec<u8> {
    fdeflate::decompress_to_vec_bounded(packed, MAX_TEXT_BYTES).unwrap_or_default()
}

/// The picture in `bytes`.
pub(super) fn decode(bytes: &[u8]) -> Result<Pixels, PhotoError> {
    let mut limits = image::Limits::no_limits();
    // Beside the picture: a row or two, and chunks, which are no larger than the file but for packed ones.
    limits.max_alloc = Some(2 * MAX_FILE_BYTES as u64);
    let decoder = PngDecoder::with_limits(Cursor::new(bytes), limits)
        .map_err(|source| PhotoError::Decoder { format: FORMAT, source })?;
    pixels::read(FORMAT, decoder)
}
