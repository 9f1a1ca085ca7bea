//! TIFF → RGB.
//!
//! In: a TIFF or BigTIFF file; of several pages the first.  Out: pixels as they lie in the file.
//! [`directory`] walks every directory and every range of bytes that one names; [`samples`] unpacks the first page
//! and tells what its samples mean. The crate `tiff` only unpacks: it is told that the page is plain gray of as many
//! samples as there are, so that palettes, inks and extra samples arrive as they are stored.
//!
//! Source: TIFF 6.0; Pillow's `TiffImagePlugin.OPEN_INFO` for what extra samples mean. Proof: `tests/photo`.

mod directory;
mod samples;

pub(super) use directory::{Page, walk};

use std::io::Cursor;
use std::num::NonZeroUsize;

use tiff::decoder::{Decoder, Limits};

use super::{MAX_FILE_BYTES, PhotoError, PhotoFormat, Pixels, pixels};

const FORMAT: PhotoFormat = PhotoFormat::Tiff;

/// The picture in `bytes`.
pub(super) fn decode(bytes: &[u8]) -> Result<Pixels, PhotoError> {
    let page = walk(bytes)?;
    let kind = samples::Kind::of(&page)?;
    let mut samples = unpacked(&page, bytes)?;
    match page.bits {
        16 => pixels::keep_high_bytes(&mut samples),
        8 => {}
        bits => samples = samples::widened(&samples, bits, &page)?,
    }
    let rgb = kind.rgb(&samples, &page)?;
    Ok(Pixels { rgb, width: page.width, height: page.height })
}

/// The page's samples, rows from the top, packed as `page.bits` says; 16 bits in this machine's byte order.
fn unpacked(page: &Page, bytes: &[u8]) -> Result<Vec<u8>, PhotoError> {
    const BLACK_IS_ZERO: u16 = 1;
    let mut plain = bytes.to_vec();
    page.set_photometric(&mut plain, BLACK_IS_ZERO);
    let failed = |source| PhotoError::TiffDecoder { source };
    let mut decoder = Decoder::new(Cursor::new(plain)).map_err(failed)?.with_limits(limits());
    let layout = decoder.image_buffer_layout().map_err(failed)?;
    let expected = page.row_bytes() * u64::from(page.height) * page.planes();
    if layout.complete_len as u64 != expected {
        return Err(PhotoError::TiffDecoder { source: ::tiff::TiffError::LimitsExceeded });
    }
    debug_assert!(layout.row_stride.map_or(0, NonZeroUsize::get) as u64 == page.row_bytes());
    let mut samples = pixels::buffer(expected)?;
    decoder.read_image_bytes(&mut samples).map_err(failed)?;
    Ok(samples)
}

/// The ranges in the file are checked; these bound what it may unpack to on the way.
fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = usize::MAX;
    limits.intermediate_buffer_size = MAX_FILE_BYTES;
    limits.ifd_value_size = MAX_FILE_BYTES;
    limits
}
