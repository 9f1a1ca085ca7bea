//! What can be wrong with a photo, by who is at fault: the file's format, its size, its bytes.
//!
//! Every message says which file part is meant, what was expected and found, and what to do.

use super::{MAX_FILE_BYTES, MAX_PIXELS, MAX_SIDE, PhotoFormat};

/// Why a photo could not be used.
#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    #[error(
        "this file ({size_bytes} bytes) is not a photo that PlaceLens knows; it reads JPEG, PNG, WebP, GIF, BMP and TIFF"
    )]
    UnknownFormat { size_bytes: usize },
    #[error("the file's format is {format}; PlaceLens reads JPEG, PNG, WebP, GIF, BMP and TIFF. {}", remedy(*.format))]
    RefusedFormat { format: PhotoFormat },
    #[error("the file has {found_bytes} bytes; expected at most {MAX_FILE_BYTES} (64 MB). Save it smaller")]
    FileTooLarge { found_bytes: usize },
    #[error("the picture is {width} × {height} pixels; expected at least one pixel. The file is damaged")]
    NoPixels { width: u32, height: u32 },
    #[error("the picture is {width} × {height} pixels; expected at most {MAX_SIDE} a side. Scale it down")]
    SideTooLong { width: u32, height: u32 },
    #[error(
        "the picture is {width} × {height} pixels; expected at most {} megapixels. Scale it down",
        MAX_PIXELS / 1_000_000
    )]
    TooManyPixels { width: u32, height: u32 },
    #[error(
        "this {format} file is cut off: {part} needs {expected_bytes} bytes, the file has {found_bytes}. Copy or download it again"
    )]
    Truncated { format: PhotoFormat, part: &'static str, expected_bytes: u64, found_bytes: usize },
    #[error(
        "this {format} file is cut off: it ends after {found_bytes} bytes without {part}. Copy or download it again"
    )]
    Unfinished { format: PhotoFormat, part: &'static str, found_bytes: usize },
    #[error(
        "this {format} file is damaged: {part} at byte {at} is not {expected}. Copy it again, or save it anew as JPEG or PNG"
    )]
    Malformed { format: PhotoFormat, part: &'static str, expected: &'static str, at: usize },
    #[error("this {format} file holds {found}; expected {expected}. Save it as an ordinary JPEG or PNG")]
    UnsupportedKind { format: PhotoFormat, found: &'static str, expected: &'static str },
    #[error("this {format} file cannot be decoded ({source}). Copy it again, or save it anew as JPEG or PNG")]
    Decoder { format: PhotoFormat, source: image::ImageError },
    #[error("this JPEG file cannot be decoded ({source:?}). Copy it again, or save it anew as JPEG or PNG")]
    JpegDecoder { source: zune_jpeg::errors::DecodeErrors },
    #[error("this TIFF file cannot be decoded ({source}). Copy it again, or save it anew as JPEG or PNG")]
    TiffDecoder { source: ::tiff::TiffError },
    #[error("this {format} file breaks the decoder; it is damaged. Copy it again, or save it anew as JPEG or PNG")]
    DecoderPanicked { format: PhotoFormat },
    #[error(
        "the picture needs {needed_bytes} bytes of memory, more than there are. Scale it down, or close other pages"
    )]
    Memory { needed_bytes: u64 },
    #[error(
        "the decoded picture of {width} × {height} pixels has {found_bytes} bytes; expected {expected_bytes}, RGBA"
    )]
    RgbaSize { width: u32, height: u32, expected_bytes: u64, found_bytes: usize },
}

impl PhotoError {
    /// The stable word for this error in JavaScript.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownFormat { .. } => "photo_unknown_format",
            Self::RefusedFormat { .. } => "photo_format_refused",
            Self::FileTooLarge { .. } | Self::SideTooLong { .. } | Self::TooManyPixels { .. } => "photo_too_large",
            Self::Truncated { .. } | Self::Unfinished { .. } => "photo_cut_off",
            Self::NoPixels { .. } | Self::Malformed { .. } => "photo_damaged",
            Self::UnsupportedKind { .. }
            | Self::Decoder { source: image::ImageError::Unsupported(_), .. }
            | Self::JpegDecoder { source: zune_jpeg::errors::DecodeErrors::Unsupported(_) }
            | Self::TiffDecoder { source: ::tiff::TiffError::UnsupportedError(_) } => "photo_kind_unsupported",
            Self::Decoder { .. }
            | Self::JpegDecoder { .. }
            | Self::TiffDecoder { .. }
            | Self::DecoderPanicked { .. } => "photo_damaged",
            Self::Memory { .. } => "photo_memory",
            Self::RgbaSize { .. } => "photo_rgba_size",
        }
    }
}

/// What to do with a file of a format that is not read.
fn remedy(format: PhotoFormat) -> &'static str {
    match format {
        PhotoFormat::Avif | PhotoFormat::Heic => {
            "A browser that can show it can open it on the page; else save it as JPEG and try again"
        }
        PhotoFormat::CameraRaw => "Develop it to a JPEG and try again",
        PhotoFormat::Video => "Save one frame of it as JPEG and try again",
        PhotoFormat::Archive => "Unpack it and choose a photo",
        PhotoFormat::Html => "It is a web page: save the photo itself and try again",
        PhotoFormat::Pdf | PhotoFormat::Svg => "Export the photo itself as JPEG or PNG and try again",
        _ => "Save it as JPEG or PNG and try again",
    }
}
