//! BMP → RGB.
//!
//! In: a BMP file.  Out: pixels as they lie in the file.
//! A BMP has no end mark, only the file's size in its header: a shorter file is taken for cut off.
//!
//! Source: the BITMAPFILEHEADER structure of Windows GDI. Proof: `tests/photo`.

use std::io::Cursor;

use image::codecs::bmp::BmpDecoder;

use super::walk::Walk;
use super::{PhotoError, PhotoFormat, Pixels, check_dimensions, pixels};

const FORMAT: PhotoFormat = PhotoFormat::Bmp;
/// The length of OS/2's picture header, with sizes of 16 bits.
const OS2_HEADER: u32 = 12;

/// The header's sizes and place of the pixels, held against the file and the limits.
///
/// # Errors
/// A file shorter than it says, a size over the limits. Rows that are missing in a file which does not say are found by the decoder.
pub(super) fn walk(bytes: &[u8]) -> Result<(), PhotoError> {
    let mut walk = Walk::new(FORMAT, bytes, 2);
    let size = u32::from_le_bytes(walk.array("the header")?) as usize;
    walk.at = 10;
    let pixels_at = u32::from_le_bytes(walk.array("the header")?) as usize;
    let header = u32::from_le_bytes(walk.array("the header")?);
    let (width, height) = if header == OS2_HEADER {
        let [a, b, c, d] = walk.array("the header")?;
        (u32::from(u16::from_le_bytes([a, b])), u32::from(u16::from_le_bytes([c, d])))
    } else {
        let width = u32::from_le_bytes(walk.array("the header")?);
        // A negative height says that the rows start at the top.
        (width, i32::from_le_bytes(walk.array("the header")?).unsigned_abs())
    };
    Walk::new(FORMAT, bytes, 0).take(size.max(pixels_at), "the file")?;
    check_dimensions(width, height)
}

/// The picture in `bytes`.
pub(super) fn decode(bytes: &[u8]) -> Result<Pixels, PhotoError> {
    let decoder =
        BmpDecoder::new(Cursor::new(bytes)).map_err(|source| PhotoError::Decoder { format: FORMAT, source })?;
    pixels::read(FORMAT, decoder)
}
