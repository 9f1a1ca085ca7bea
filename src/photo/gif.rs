//! GIF → RGB.
//!
//! In: a GIF file; of an animation the first frame on its canvas.  Out: pixels as they lie in the file.
//! The walk goes from block to block to the trailer. What no frame covers is transparent, as in browsers.
//!
//! Source: GIF89a specification, sections 18 to 27. Proof: `tests/photo`.

use std::io::Cursor;

use image::codecs::gif::GifDecoder;

use super::walk::Walk;
use super::{PhotoError, PhotoFormat, Pixels, check_dimensions, pixels};

const FORMAT: PhotoFormat = PhotoFormat::Gif;

/// The file walked to its end.
///
/// # Errors
/// A file that ends before its trailer, a canvas or frame over the limits.
pub(super) fn walk(bytes: &[u8]) -> Result<(), PhotoError> {
    let mut walk = Walk::new(FORMAT, bytes, 6);
    check_size(walk.array("the screen's size")?)?;
    let [flags, _, _] = walk.array("the screen's description")?;
    skip_palette(&mut walk, flags)?;
    loop {
        let Ok(kind) = walk.byte("a block") else { return Err(walk.unfinished("its end, the trailer")) };
        match kind {
            b';' => return Ok(()),
            b'!' => {
                walk.byte("an extension's label")?;
                skip_blocks(&mut walk)?;
            }
            b',' => {
                let [_, _, _, _, size @ ..]: [u8; 8] = walk.array("a frame's position")?;
                check_size(size)?;
                let flags = walk.byte("a frame's description")?;
                skip_palette(&mut walk, flags)?;
                walk.byte("a frame's code size")?;
                skip_blocks(&mut walk)?;
            }
            // Some writers leave zeros between blocks.
            0 => {}
            _ => return Err(walk.malformed("a block", "an image, an extension or the trailer")),
        }
    }
}

fn check_size([a, b, c, d]: [u8; 4]) -> Result<(), PhotoError> {
    check_dimensions(u32::from(u16::from_le_bytes([a, b])), u32::from(u16::from_le_bytes([c, d])))
}

/// Passes the palette that a description's flags announce.
fn skip_palette(walk: &mut Walk<'_>, flags: u8) -> Result<(), PhotoError> {
    if flags & 0x80 != 0 {
        walk.take(3 << ((flags & 0x07) + 1), "a palette")?;
    }
    Ok(())
}

/// Passes blocks of data up to the empty one that ends them.
fn skip_blocks(walk: &mut Walk<'_>) -> Result<(), PhotoError> {
    loop {
        let length = walk.byte("a block of data")?;
        if length == 0 {
            return Ok(());
        }
        walk.take(usize::from(length), "a block of data")?;
    }
}

/// The picture in `bytes`.
pub(super) fn decode(bytes: &[u8]) -> Result<Pixels, PhotoError> {
    let decoder =
        GifDecoder::new(Cursor::new(bytes)).map_err(|source| PhotoError::Decoder { format: FORMAT, source })?;
    pixels::read(FORMAT, decoder)
}
