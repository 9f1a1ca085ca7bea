//! Photo bytes → upright RGB pixels, and where the photo says it was taken.
//!
//! In: the bytes of a JPEG, PNG, WebP, GIF, BMP or TIFF file.  Out: [`Photo`], RGB `u8`, `height × width × 3`.
//! A container is walked to its end first, so that a file cut off anywhere is an error and a size over the limits is
//! refused before a pixel is allocated; then it is decoded (only the first frame), brought to 8-bit RGB, and turned
//! as its EXIF orientation says.
//!
//! Color, as Pillow's `convert('RGB')`: gray three times, palettes looked up, CMYK by Pillow's integers. 16 bits keep
//! the high byte. Transparency is laid over white. No color management.
//!
//! Source: Pillow's `ImageOps.exif_transpose`, `convert` and `alpha_composite`. Proof: `tests/photo`.
//!
//! - [`format`]: magic bytes → the format's name
//! - [`error`]: what can be wrong with a photo
//! - `jpeg`, `png`, `webp`, `gif`, `bmp`, `tiff`: one walk and one decoder each
//! - `pixels`: samples → RGB;  `exif`: orientation and GPS

mod bmp;
mod error;
mod exif;
mod format;
mod gif;
mod jpeg;
mod pixels;
mod png;
mod tiff;
mod walk;
mod webp;

pub use error::PhotoError;
pub use format::{PhotoFormat, needs_browser_decoder, sniff};

use crate::places::geo::LatLon;
use exif::Metadata;

/// The largest file, in bytes: 64 MB.
pub const MAX_FILE_BYTES: usize = 64_000_000;
/// The most pixels: 50 megapixels.
pub const MAX_PIXELS: u64 = 50_000_000;
/// The longest side, in pixels.
pub const MAX_SIDE: u32 = 16_384;

/// An upright photo.
#[derive(Clone, PartialEq)]
pub struct Photo {
    /// Red, green, blue, row by row from the top left: `height × width × 3` bytes.
    pub rgb: Vec<u8>,
    pub width: u32,
    pub height: u32,
    /// Where the camera says it stood, if it says so believably.
    pub taken_at: Option<LatLon>,
}

impl std::fmt::Debug for Photo {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Photo {{ {} × {}, taken_at: {:?} }}", self.width, self.height, self.taken_at)
    }
}

/// Pixels as they lie in the file, before they are turned upright.
struct Pixels {
    rgb: Vec<u8>,
    width: u32,
    height: u32,
}

impl Photo {
    /// The photo in `bytes`, upright.
    ///
    /// # Errors
    /// A file that is not a photo, is of a format or kind that is not read, is over the limits, is cut off or damaged.
    pub fn decode(bytes: &[u8]) -> Result<Self, PhotoError> {
        check_file_size(bytes)?;
        let format = sniff(bytes).ok_or(PhotoError::UnknownFormat { size_bytes: bytes.len() })?;
        let metadata = metadata(format, bytes)?;
        let pixels = contained(format, || match format {
            PhotoFormat::Jpeg => jpeg::decode(bytes),
            PhotoFormat::Png => png::decode(bytes),
            PhotoFormat::WebP => webp::decode(bytes),
            PhotoFormat::Gif => gif::decode(bytes),
            PhotoFormat::Bmp => bmp::decode(bytes),
            PhotoFormat::Tiff => tiff::decode(bytes),
            refused => Err(PhotoError::RefusedFormat { format: refused }),
        })?;
        let Pixels { rgb, width, height } = pixels::upright(pixels, metadata.orientation())?;
        Ok(Self { rgb, width, height, taken_at: metadata.taken_at() })
    }

    /// A photo that the browser has decoded, for formats only it reads (AVIF, HEIC).
    ///
    /// `rgba` is `height × width × 4`, alpha not premultiplied, already upright. `original` are the file's bytes, of
    /// which only the place is read.
    ///
    /// # Errors
    /// Sizes over the limits, or an `rgba` that does not have `width × height × 4` bytes.
    pub fn from_rgba(rgba: &[u8], width: u32, height: u32, original: &[u8]) -> Result<Self, PhotoError> {
        check_dimensions(width, height)?;
        check_file_size(original)?;
        let expected = u64::from(width) * u64::from(height) * 4;
        if rgba.len() as u64 != expected {
            return Err(PhotoError::RgbaSize { width, height, expected_bytes: expected, found_bytes: rgba.len() });
        }
        let taken_at = match sniff(original) {
            Some(PhotoFormat::Avif | PhotoFormat::Heic) => exif::taken_at_heif(original),
            Some(format) => metadata(format, original).ok().and_then(|metadata| metadata.taken_at()),
            None => None,
        };
        Ok(Self { rgb: pixels::rgba_over_white(rgba)?, width, height, taken_at })
    }
}

/// The file walked to its end: its EXIF and XMP.
fn metadata(format: PhotoFormat, bytes: &[u8]) -> Result<Metadata<'_>, PhotoError> {
    match format {
        PhotoFormat::Jpeg => jpeg::walk(bytes).map(|header| header.metadata),
        PhotoFormat::Png => png::walk(bytes).map(|header| header.metadata),
        PhotoFormat::WebP => webp::walk(bytes),
        PhotoFormat::Gif => gif::walk(bytes).map(|()| Metadata::default()),
        PhotoFormat::Bmp => bmp::walk(bytes).map(|()| Metadata::default()),
        PhotoFormat::Tiff => tiff::walk(bytes).map(|page| page.metadata(bytes)),
        refused => Err(PhotoError::RefusedFormat { format: refused }),
    }
}

/// What `decode` gives; an error where a decoder panics, as image-webp 0.2.4 does on some impossible Huffman codes.
///
/// In the browser a panic cannot be caught: there the page starts a fresh worker.
fn contained<T>(format: PhotoFormat, decode: impl FnOnce() -> Result<T, PhotoError>) -> Result<T, PhotoError> {
    // Nothing that `decode` can leave half done outlives it.
    let decode = std::panic::AssertUnwindSafe(decode);
    std::panic::catch_unwind(decode).unwrap_or(Err(PhotoError::DecoderPanicked { format }))
}

fn check_file_size(bytes: &[u8]) -> Result<(), PhotoError> {
    if bytes.len() > MAX_FILE_BYTES { Err(PhotoError::FileTooLarge { found_bytes: bytes.len() }) } else { Ok(()) }
}

/// Refuses a picture over the limits, before anything of its size is allocated.
fn check_dimensions(width: u32, height: u32) -> Result<(), PhotoError> {
    if width == 0 || height == 0 {
        return Err(PhotoError::NoPixels { width, height });
    }
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(PhotoError::SideTooLong { width, height });
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(PhotoError::TooManyPixels { width, height });
    }
    Ok(())
}
