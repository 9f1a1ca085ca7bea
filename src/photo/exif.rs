//! A photo's EXIF and XMP → how to turn it, and where it was taken.
//!
//! In: EXIF as a TIFF block, XMP as text.  Out: orientation `1..=8`, a place.
//! A camera's metadata is often broken and never worth a photo: whatever cannot be believed reads as absent. The
//! orientation is EXIF's, or XMP's `tiff:Orientation` where EXIF has none, as Pillow's `getexif` has it.
//!
//! Source: EXIF 2.32 (CIPA DC-008), 4.6.4 and 4.6.6. Proof: `tests/photo`.

use std::borrow::Cow;

use exif::{Exif, In, Reader, Tag, Value};

use crate::places::geo::LatLon;

/// The metadata blocks that a container holds.
#[derive(Default)]
pub(super) struct Metadata<'a> {
    /// From the byte order mark on.
    pub exif: Option<Cow<'a, [u8]>>,
    pub xmp: Option<Cow<'a, [u8]>>,
}

/// What stands before the TIFF block in JPEG, and by mistake in some WebP and PNG files.
pub(super) const EXIF_PREFIX: &[u8] = b"Exif\0\0";

impl Metadata<'_> {
    /// EXIF orientation, `1..=8`; 1, "as it lies", where nothing sensible is said.
    pub fn orientation(&self) -> u8 {
        let by_exif = self.exif_block().and_then(orientation_of_exif);
        let by_xmp = || self.xmp.as_deref().and_then(orientation_of_xmp);
        by_exif.or_else(by_xmp).filter(|orientation| (1..=8).contains(orientation)).unwrap_or(1)
    }

    /// Where the photo was taken.
    pub fn taken_at(&self) -> Option<LatLon> {
        let mut reader = Reader::new();
        let exif = reader.continue_on_error(true).read_raw(self.exif_block()?.to_vec());
        place_of(&exif.or_else(|error| error.distill_partial_result(|_| ())).ok()?)
    }

    fn exif_block(&self) -> Option<&[u8]> {
        let mut block = self.exif.as_deref()?;
        while let Some(rest) = block.strip_prefix(EXIF_PREFIX) {
            block = rest;
        }
        Some(block)
    }
}

/// Where an AVIF or HEIC file says it was taken.
pub(super) fn taken_at_heif(bytes: &[u8]) -> Option<LatLon> {
    let mut reader = Reader::new();
    let exif = reader.continue_on_error(true).read_from_container(&mut std::io::Cursor::new(bytes));
    place_of(&exif.or_else(|error| error.distill_partial_result(|_| ())).ok()?)
}

fn place_of(exif: &Exif) -> Option<LatLon> {
    let lat = coordinate(exif, Tag::GPSLatitude, Tag::GPSLatitudeRef, [b'N', b'S'], 90.0)?;
    let lon = coordinate(exif, Tag::GPSLongitude, Tag::GPSLongitudeRef, [b'E', b'W'], 180.0)?;
    // Cameras without a fix write zeros; nobody photographs a street at 0° N 0° E, in the open sea.
    if lat == 0.0 && lon == 0.0 { None } else { Some(LatLon { lat, lon }) }
}

/// Signed degrees. `signs` are the letters of the positive and the negative half.
fn coordinate(exif: &Exif, value: Tag, reference: Tag, signs: [u8; 2], most: f64) -> Option<f64> {
    let degrees = degrees_of(&exif.get_field(value, In::PRIMARY)?.value)?;
    let Value::Ascii(letters) = &exif.get_field(reference, In::PRIMARY)?.value else { return None };
    let letter = letters.first()?.trim_ascii().first()?.to_ascii_uppercase();
    let sign = match signs.iter().position(|&sign| sign == letter)? {
        0 => 1.0,
        _ => -1.0,
    };
    (degrees <= most).then_some(sign * degrees)
}

/// Degrees, minutes and seconds in one number; the latter two may be missing, or `0/0`.
fn degrees_of(value: &Value) -> Option<f64> {
    let Value::Rational(parts) = value else { return None };
    let (whole, rest) = parts.split_first()?;
    if whole.denom == 0 || rest.len() > 2 {
        return None;
    }
    let mut degrees = whole.to_f64();
    for (part, per_degree) in rest.iter().zip([60.0, 3600.0]) {
        let share = match (part.num, part.denom) {
            (0, _) => 0.0,
            (_, 0) => return None,
            _ => part.to_f64(),
        };
        if share > 60.0 {
            return None;
        }
        degrees += share / per_degree;
    }
    Some(degrees)
}

/// The tag Orientation of the first directory, whatever else in the block is broken.
///
/// A value that is there but is not one whole number counts as 0, so that XMP is not asked.
fn orientation_of_exif(block: &[u8]) -> Option<u8> {
    const ORIENTATION: u16 = 0x0112;
    let order = ByteOrder::of(block)?;
    let start = order.u32(block, 4)? as usize;
    let entries = usize::from(order.u16(block, start)?);
    let mut found = None;
    for entry in (0..entries).map(|index| start + 2 + 12 * index) {
        if block.len() < entry + 12 {
            break;
        }
        if order.u16(block, entry) == Some(ORIENTATION) {
            found = Some(match (order.u16(block, entry + 2)?, order.u32(block, entry + 4)?) {
                (1 | 6, 1) => u32::from(block[entry + 8]),
                (3 | 8, 1) => u32::from(order.u16(block, entry + 8)?),
                (4 | 9, 1) => order.u32(block, entry + 8)?,
                _ => 0,
            });
        }
    }
    found.map(|value| u8::try_from(value).unwrap_or(0))
}

/// The digit of `tiff:Orientation="6"` or `<tiff:Orientation>6<`.
fn orientation_of_xmp(xmp: &[u8]) -> Option<u8> {
    const NAME: &[u8] = b"tiff:Orientation";
    let ends = xmp.windows(NAME.len()).enumerate().filter(|(_, window)| *window == NAME);
    ends.map(|(at, _)| &xmp[at + NAME.len()..]).find_map(|rest| match rest {
        [b'=', b'"' | b'\'', digit @ b'0'..=b'9', ..] | [b'>', digit @ b'0'..=b'9', ..] => Some(digit - b'0'),
        _ => None,
    })
}

/// How a TIFF block writes its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    /// By the mark `II` or `MM` at the start of a block.
    pub fn of(block: &[u8]) -> Option<Self> {
        match block.get(..4)? {
            b"II*\0" | b"II\0*" | b"II+\0" => Some(Self::Little),
            b"MM\0*" | b"MM*\0" | b"MM\0+" => Some(Self::Big),
            _ => None,
        }
    }

    /// The 16-bit number at byte `at`.
    pub fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let array = *bytes.get(at..)?.first_chunk()?;
        Some(if self == Self::Little { u16::from_le_bytes(array) } else { u16::from_be_bytes(array) })
    }

    /// The 32-bit number at byte `at`.
    pub fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let array = *bytes.get(at..)?.first_chunk()?;
        Some(if self == Self::Little { u32::from_le_bytes(array) } else { u32::from_be_bytes(array) })
    }

    /// The 64-bit number at byte `at`.
    pub fn u64(self, bytes: &[u8], at: usize) -> Option<u64> {
        let array = *bytes.get(at..)?.first_chunk()?;
        Some(if self == Self::Little { u64::from_le_bytes(array) } else { u64::from_be_bytes(array) })
    }
}
