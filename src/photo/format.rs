//! The first bytes of a file → the name of its format.
//!
//! In: bytes.  Out: [`PhotoFormat`], or nothing where no signature fits. File names and MIME types are not asked:
//! they are often wrong. Formats that PlaceLens does not read are known too, so that the refusal can name them.
//!
//! Source: each format's specification. Proof: `tests/photo`.

/// A format, read or refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhotoFormat {
    Jpeg,
    Png,
    WebP,
    Gif,
    Bmp,
    Tiff,
    /// Only through the browser's own decoder, as HEIC.
    Avif,
    Heic,
    Jpeg2000,
    JpegXl,
    JpegLs,
    Qoi,
    Ico,
    Pnm,
    Psd,
    OpenExr,
    RadianceHdr,
    Dds,
    Svg,
    Pdf,
    CameraRaw,
    Video,
    Archive,
    Html,
}

impl PhotoFormat {
    /// "JPEG", "HEIC", "camera raw".
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
            Self::Avif => "AVIF",
            Self::Heic => "HEIC",
            Self::Jpeg2000 => "JPEG 2000",
            Self::JpegXl => "JPEG XL",
            Self::JpegLs => "JPEG-LS",
            Self::Qoi => "QOI",
            Self::Ico => "ICO",
            Self::Pnm => "PNM",
            Self::Psd => "Photoshop",
            Self::OpenExr => "OpenEXR",
            Self::RadianceHdr => "Radiance HDR",
            Self::Dds => "DDS",
            Self::Svg => "SVG",
            Self::Pdf => "PDF",
            Self::CameraRaw => "camera raw",
            Self::Video => "video",
            Self::Archive => "ZIP or gzip",
            Self::Html => "HTML",
        }
    }
}

impl std::fmt::Display for PhotoFormat {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Signatures at the start of a file. The first that fits wins.
const SIGNATURES: &[(&[u8], PhotoFormat)] = &[
    (b"\xff\xd8\xff\xf7", PhotoFormat::JpegLs),
    (b"\xff\xd8", PhotoFormat::Jpeg),
    (b"\x89PNG\r\n\x1a\n", PhotoFormat::Png),
    (b"GIF87a", PhotoFormat::Gif),
    (b"GIF89a", PhotoFormat::Gif),
    (b"BM", PhotoFormat::Bmp),
    (b"II*\0\x10\0\0\0CR", PhotoFormat::CameraRaw),
    (b"IIRO", PhotoFormat::CameraRaw),
    (b"IIU\0", PhotoFormat::CameraRaw),
    (b"FUJIFILMCCD-RAW", PhotoFormat::CameraRaw),
    (b"II*\0", PhotoFormat::Tiff),
    (b"MM\0*", PhotoFormat::Tiff),
    (b"II+\0", PhotoFormat::Tiff),
    (b"MM\0+", PhotoFormat::Tiff),
    (b"\0\0\0\x0cjP  \r\n\x87\n", PhotoFormat::Jpeg2000),
    (b"\xff\x4f\xff\x51", PhotoFormat::Jpeg2000),
    (b"\0\0\0\x0cJXL \r\n\x87\n", PhotoFormat::JpegXl),
    (b"\xff\x0a", PhotoFormat::JpegXl),
    (b"qoif", PhotoFormat::Qoi),
    (b"\0\0\x01\0", PhotoFormat::Ico),
    (b"\0\0\x02\0", PhotoFormat::Ico),
    (b"8BPS", PhotoFormat::Psd),
    (b"\x76\x2f\x31\x01", PhotoFormat::OpenExr),
    (b"#?RADIANCE", PhotoFormat::RadianceHdr),
    (b"#?RGBE", PhotoFormat::RadianceHdr),
    (b"DDS ", PhotoFormat::Dds),
    (b"%PDF-", PhotoFormat::Pdf),
    (b"PK\x03\x04", PhotoFormat::Archive),
    (b"\x1f\x8b", PhotoFormat::Archive),
    (b"\x1a\x45\xdf\xa3", PhotoFormat::Video),
];

/// The format of `bytes` by their signature; `None` where none fits.
pub fn sniff(bytes: &[u8]) -> Option<PhotoFormat> {
    let by_start = SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature)).map(|&(_, format)| format);
    by_start.or_else(|| riff(bytes)).or_else(|| iso_media(bytes)).or_else(|| pnm(bytes)).or_else(|| markup(bytes))
}

/// True for the formats that only the browser's own decoder can open: AVIF and HEIC.
pub fn needs_browser_decoder(bytes: &[u8]) -> bool {
    matches!(sniff(bytes), Some(PhotoFormat::Avif | PhotoFormat::Heic))
}

fn riff(bytes: &[u8]) -> Option<PhotoFormat> {
    match (bytes.get(..4)?, bytes.get(8..12)?) {
        (b"RIFF", b"WEBP") => Some(PhotoFormat::WebP),
        (b"RIFF", b"AVI ") => Some(PhotoFormat::Video),
        _ => None,
    }
}

/// ISO base media files open with a box `ftyp`: a major brand, a version, and compatible brands.
fn iso_media(bytes: &[u8]) -> Option<PhotoFormat> {
    if bytes.get(4..8)? != b"ftyp" {
        return None;
    }
    let length = u32::from_be_bytes(*bytes.first_chunk()?) as usize;
    let brands = bytes.get(8..length.min(bytes.len()).min(256))?;
    // The minor version stands between the brands; it is not one.
    let names = brands.chunks_exact(4).enumerate().filter(|&(index, _)| index != 1).map(|(_, brand)| brand);
    let mut found = None;
    // AVIF files also claim HEIF's general brands, so that any AVIF brand decides.
    for brand in names {
        match brand {
            b"avif" | b"avis" => return Some(PhotoFormat::Avif),
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"hevm" | b"hevs" | b"mif1" | b"msf1" => {
                found = Some(PhotoFormat::Heic);
            }
            b"crx " => return Some(PhotoFormat::CameraRaw),
            _ => {}
        }
    }
    found.or(Some(PhotoFormat::Video))
}

/// `P1` to `P7` and a white space.
fn pnm(bytes: &[u8]) -> Option<PhotoFormat> {
    match bytes {
        [b'P', b'1'..=b'7', b' ' | b'\t' | b'\r' | b'\n' | b'#', ..] => Some(PhotoFormat::Pnm),
        [b'P', b'f' | b'F', b'\n', ..] => Some(PhotoFormat::Pnm),
        _ => None,
    }
}

/// SVG and HTML are text: past a byte order mark and white space, a tag within the first bytes.
fn markup(bytes: &[u8]) -> Option<PhotoFormat> {
    const LOOKED_AT: usize = 1024;
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    if text.first() != Some(&b'<') {
        return None;
    }
    let text = text[..text.len().min(LOOKED_AT)].to_ascii_lowercase();
    let holds = |tag: &[u8]| text.windows(tag.len()).any(|window| window == tag);
    if text.starts_with(b"<!doctype html") || text.starts_with(b"<html") {
        Some(PhotoFormat::Html)
    } else if holds(b"<svg") {
        Some(PhotoFormat::Svg)
    } else {
        holds(b"<html").then_some(PhotoFormat::Html)
    }
}
