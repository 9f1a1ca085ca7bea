//! A TIFF file → its first page's tags; every range of bytes held against the file's length.
//!
//! In: bytes.  Out: [`Page`].
//! All directories are walked, also those of later pages, EXIF, GPS and sub-images: a file cut off in any of them is
//! cut off. Numbers are checked before the decoder sees them.
//!
//! Source: TIFF 6.0, section 2; the BigTIFF design of libtiff. Proof: `tests/photo`.

use std::borrow::Cow;

use super::super::exif::{ByteOrder, Metadata};
use super::super::{MAX_PIXELS, PhotoError, check_dimensions, jpeg};
use super::FORMAT;

mod tag {
    pub const WIDTH: u16 = 256;
    pub const HEIGHT: u16 = 257;
    pub const BITS: u16 = 258;
    pub const COMPRESSION: u16 = 259;
    pub const PHOTOMETRIC: u16 = 262;
    pub const FILL_ORDER: u16 = 266;
    pub const STRIP_OFFSETS: u16 = 273;
    pub const SAMPLES: u16 = 277;
    pub const STRIP_BYTES: u16 = 279;
    pub const PLANAR: u16 = 284;
    pub const PALETTE: u16 = 320;
    pub const TILE_WIDTH: u16 = 322;
    pub const TILE_HEIGHT: u16 = 323;
    pub const TILE_OFFSETS: u16 = 324;
    pub const TILE_BYTES: u16 = 325;
    pub const SUB_DIRECTORIES: u16 = 330;
    pub const EXTRA_SAMPLES: u16 = 338;
    pub const SAMPLE_FORMAT: u16 = 339;
    pub const CHROMA_SUBSAMPLING: u16 = 530;
    pub const XMP: u16 = 700;
    pub const EXIF: u16 = 34665;
    pub const GPS: u16 = 34853;
    pub const INTEROPERABILITY: u16 = 40965;
}

/// More directories, entries, and strips or tiles than any photo has: a file with more is refused rather than walked
/// for long.
const MAX_DIRECTORIES: usize = 1024;
const MAX_ENTRIES: u64 = 65_535;
const MAX_CHUNKS: usize = 1 << 18;

/// Where a tag's values stand.
#[derive(Debug, Clone, Copy)]
pub(in crate::photo) struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    /// Where the first value stands, inside the entry or elsewhere.
    at: usize,
}

/// One directory.
struct Directory {
    entries: Vec<Entry>,
    next: u64,
}

/// The first page.
pub(in crate::photo) struct Page {
    pub width: u32,
    pub height: u32,
    pub bits: u16,
    pub samples: u16,
    pub photometric: u16,
    pub compression: u16,
    pub planar: bool,
    /// What the samples beyond the color are: 1 is premultiplied alpha, 2 is alpha.
    pub extra: Vec<u16>,
    /// Red, green and blue of each palette color, `0..=65535`, one after another.
    pub palette: Vec<u16>,
    photometric_entry: Entry,
    xmp: Option<(usize, usize)>,
    order: ByteOrder,
}

impl Page {
    pub fn metadata<'a>(&self, bytes: &'a [u8]) -> Metadata<'a> {
        let xmp = self.xmp.map(|(at, length)| Cow::Borrowed(&bytes[at..at + length]));
        Metadata { exif: Some(Cow::Borrowed(bytes)), xmp }
    }

    /// Bytes of a row, of one plane where there are several.
    pub fn row_bytes(&self) -> u64 {
        let samples = if self.planar { 1 } else { u64::from(self.samples) };
        (u64::from(self.width) * samples * u64::from(self.bits)).div_ceil(8)
    }

    pub fn planes(&self) -> u64 {
        if self.planar { u64::from(self.samples) } else { 1 }
    }

    /// Writes another color model into a copy of the file.
    pub fn set_photometric(&self, bytes: &mut [u8], value: u16) {
        const LONG: u16 = 4;
        let at = self.photometric_entry.at;
        match (self.photometric_entry.kind, self.order) {
            (LONG, ByteOrder::Little) => bytes[at..at + 4].copy_from_slice(&u32::from(value).to_le_bytes()),
            (LONG, ByteOrder::Big) => bytes[at..at + 4].copy_from_slice(&u32::from(value).to_be_bytes()),
            (_, ByteOrder::Little) => bytes[at..at + 2].copy_from_slice(&value.to_le_bytes()),
            (_, ByteOrder::Big) => bytes[at..at + 2].copy_from_slice(&value.to_be_bytes()),
        }
    }
}

/// The file walked through all its directories: the first page.
///
/// # Errors
/// A range outside the file, a size over the limits, numbers that contradict each other.
pub(in crate::photo) fn walk(bytes: &[u8]) -> Result<Page, PhotoError> {
    let file = File::of(bytes)?;
    let mut pending = vec![file.first_directory()?];
    let mut seen = Vec::new();
    let mut page = None;
    while let Some(at) = pending.pop() {
        if at == 0 || seen.contains(&at) {
            continue;
        }
        if seen.len() == MAX_DIRECTORIES {
            return Err(file.unsupported("more than 1024 directories", "a photo"));
        }
        seen.push(at);
        let directory = file.directory(at)?;
        file.check_ranges(&directory)?;
        pending.push(directory.next);
        for tag in [tag::SUB_DIRECTORIES, tag::EXIF, tag::GPS, tag::INTEROPERABILITY] {
            pending.extend(file.numbers(&directory, tag).take(MAX_DIRECTORIES));
        }
        if page.is_none() {
            page = Some(file.page(&directory)?);
        }
    }
    page.ok_or(file.malformed("the first directory's place", "inside the file", 4))
}

/// The bytes and how to read them.
struct File<'a> {
    bytes: &'a [u8],
    order: ByteOrder,
    big: bool,
}

impl<'a> File<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self, PhotoError> {
        let order = ByteOrder::of(bytes).ok_or(PhotoError::UnknownFormat { size_bytes: bytes.len() })?;
        let big = matches!(bytes[..4], [b'I', _, b'+', _] | [b'M', _, _, b'+']);
        Ok(Self { bytes, order, big })
    }

    fn malformed(&self, part: &'static str, expected: &'static str, at: usize) -> PhotoError {
        PhotoError::Malformed { format: FORMAT, part, expected, at }
    }

    fn unsupported(&self, found: &'static str, expected: &'static str) -> PhotoError {
        PhotoError::UnsupportedKind { format: FORMAT, found, expected }
    }

    /// Refuses a range that reaches past the file's end.
    fn check(&self, at: u64, length: u64, part: &'static str) -> Result<usize, PhotoError> {
        let end = at.saturating_add(length);
        if end > self.bytes.len() as u64 {
            let found_bytes = self.bytes.len();
            return Err(PhotoError::Truncated { format: FORMAT, part, expected_bytes: end, found_bytes });
        }
        Ok(at as usize) // at ≤ end ≤ a usize
    }

    /// A number as wide as this file's offsets.
    fn offset(&self, at: u64, part: &'static str) -> Result<u64, PhotoError> {
        let at = self.check(at, if self.big { 8 } else { 4 }, part)?;
        let value =
            if self.big { self.order.u64(self.bytes, at) } else { self.order.u32(self.bytes, at).map(u64::from) };
        Ok(value.unwrap_or(0))
    }

    fn first_directory(&self) -> Result<u64, PhotoError> {
        self.offset(if self.big { 8 } else { 4 }, "the header")
    }

    fn directory(&self, at: u64) -> Result<Directory, PhotoError> {
        const PART: &str = "a directory";
        let (head, entry_bytes) = if self.big { (8, 20) } else { (2, 12) };
        let start = self.check(at, head, PART)?;
        let count =
            if self.big { self.order.u64(self.bytes, start) } else { self.order.u16(self.bytes, start).map(u64::from) };
        let entries_at = at + head;
        if count.is_some_and(|count| count > MAX_ENTRIES) {
            return Err(self.malformed("a directory's length", "at most 65,535 entries", start));
        }
        let next_at = entries_at.saturating_add(count.unwrap_or(0).saturating_mul(entry_bytes));
        let next = self.offset(next_at, PART)?;
        let entries = (entries_at..next_at).step_by(entry_bytes as usize);
        let entries = entries.map(|at| self.entry(at as usize)).collect::<Result<_, _>>()?;
        Ok(Directory { entries, next })
    }

    /// The entry at byte `at`, which lies in the file.
    fn entry(&self, at: usize) -> Result<Entry, PhotoError> {
        let word = |at| self.order.u16(self.bytes, at).unwrap_or(0);
        let (tag, kind) = (word(at), word(at + 2));
        let count = self.offset(at as u64 + 4, "an entry")?;
        let inline_bytes = if self.big { 8 } else { 4 };
        let inline_at = at as u64 + 4 + inline_bytes;
        let length = count.saturating_mul(bytes_of_kind(kind));
        let values_at = if length <= inline_bytes { inline_at } else { self.offset(inline_at, "an entry")? };
        Ok(Entry { tag, kind, count, at: self.check(values_at, length, "a tag's values")? })
    }

    /// The whole numbers of a tag; none where it is missing or of another kind.
    fn numbers(&self, directory: &Directory, tag: u16) -> impl Iterator<Item = u64> {
        let entry = directory.entries.iter().find(|entry| entry.tag == tag).copied();
        let values = entry.into_iter().flat_map(|entry| (0..entry.count as usize).map(move |index| (entry, index)));
        values.map_while(|(entry, index)| {
            let at = entry.at + index * bytes_of_kind(entry.kind) as usize;
            match entry.kind {
                1 => self.bytes.get(at).map(|&byte| u64::from(byte)),
                3 => self.order.u16(self.bytes, at).map(u64::from),
                4 | 13 => self.order.u32(self.bytes, at).map(u64::from),
                16 | 18 => self.order.u64(self.bytes, at),
                _ => None,
            }
        })
    }

    /// The first whole number of a tag.
    fn number(&self, directory: &Directory, tag: u16) -> Option<u64> {
        self.numbers(directory, tag).next()
    }

    /// The places and lengths of strips and tiles.
    fn chunks(&self, directory: &Directory) -> impl Iterator<Item = (u64, u64)> {
        let strips = self.numbers(directory, tag::STRIP_OFFSETS).zip(self.numbers(directory, tag::STRIP_BYTES));
        let tiles = self.numbers(directory, tag::TILE_OFFSETS).zip(self.numbers(directory, tag::TILE_BYTES));
        strips.chain(tiles)
    }

    /// Holds the strips and tiles against the file.
    fn check_ranges(&self, directory: &Directory) -> Result<(), PhotoError> {
        for (index, (at, length)) in self.chunks(directory).enumerate() {
            if index == MAX_CHUNKS {
                return Err(self.unsupported("more than 262,144 strips or tiles", "a photo"));
            }
            self.check(at, length, "a strip or tile")?;
        }
        Ok(())
    }

    fn page(&self, directory: &Directory) -> Result<Page, PhotoError> {
        let small = |tag, default: u64| self.number(directory, tag).unwrap_or(default).min(u64::from(u16::MAX)) as u16;
        let side = |tag| self.number(directory, tag).unwrap_or(0).min(u64::from(u32::MAX)) as u32;
        let (width, height) = (side(tag::WIDTH), side(tag::HEIGHT));
        check_dimensions(width, height)?;
        let photometric = directory.entries.iter().find(|entry| entry.tag == tag::PHOTOMETRIC && entry.count > 0);
        let &photometric_entry =
            photometric.ok_or(self.malformed("the first directory", "one with a color model", 0))?;
        let words = |tag| self.numbers(directory, tag).take(1 << 16).map(|value| value.min(0xffff) as u16).collect();
        let xmp = directory.entries.iter().find(|entry| entry.tag == tag::XMP);
        let page = Page {
            width,
            height,
            bits: small(tag::BITS, 1),
            samples: small(tag::SAMPLES, 1),
            photometric: small(tag::PHOTOMETRIC, u64::from(u16::MAX)),
            compression: small(tag::COMPRESSION, 1),
            planar: small(tag::PLANAR, 1) == 2,
            extra: words(tag::EXTRA_SAMPLES),
            palette: words(tag::PALETTE),
            photometric_entry,
            xmp: xmp.map(|entry| (entry.at, (entry.count * bytes_of_kind(entry.kind)) as usize)),
            order: self.order,
        };
        self.check_kind(directory, &page)?;
        self.check_chunks(directory, &page)?;
        Ok(page)
    }

    /// Refuses what the samples module cannot read.
    fn check_kind(&self, directory: &Directory, page: &Page) -> Result<(), PhotoError> {
        if self.numbers(directory, tag::SAMPLE_FORMAT).any(|format| format != 1) {
            return Err(self.unsupported("signed or floating-point samples", "whole numbers from 0"));
        }
        let same_bits = self.numbers(directory, tag::BITS).all(|bits| bits == u64::from(page.bits));
        if !same_bits || !matches!(page.bits, 1 | 2 | 4 | 8 | 16) {
            return Err(self.unsupported("an unusual number of bits", "1, 2, 4, 8 or 16 for every sample"));
        }
        if !(1..=8).contains(&page.samples) {
            return Err(self.unsupported("more than 8 samples a pixel", "gray, color or CMYK"));
        }
        if self.number(directory, tag::FILL_ORDER).unwrap_or(1) != 1 {
            return Err(self.unsupported("bits in reverse order", "the usual order"));
        }
        let subsampled = page.photometric == 6 && !self.numbers(directory, tag::CHROMA_SUBSAMPLING).eq([1, 1]);
        if subsampled && page.compression != JPEG {
            return Err(self.unsupported("subsampled colors without JPEG coding", "a color for every pixel"));
        }
        Ok(())
    }

    /// Refuses tiles larger than any picture, and JPEG strips that unpack to more than their share of it.
    fn check_chunks(&self, directory: &Directory, page: &Page) -> Result<(), PhotoError> {
        let tile = [tag::TILE_WIDTH, tag::TILE_HEIGHT].map(|tag| self.number(directory, tag));
        let [tile_width, tile_height] = tile.map(|side| side.unwrap_or(1));
        if tile_width.saturating_mul(tile_height) > MAX_PIXELS {
            return Err(self.malformed("a tile's size", "at most 50 megapixels", 0));
        }
        if page.compression != JPEG {
            return Ok(());
        }
        let most_wide = u64::from(page.width).max(tile_width).next_multiple_of(64);
        let most_high = u64::from(page.height).max(tile_height).next_multiple_of(64);
        let samples = if page.planar { 1 } else { page.samples };
        for (at, length) in self.chunks(directory) {
            let frame = jpeg::embedded_frame(&self.bytes[at as usize..(at + length) as usize]);
            let frame = frame.ok_or(self.malformed("a JPEG strip", "a JPEG of the kind that is read", at as usize))?;
            if u16::from(frame.components) != samples || !matches!(samples, 1 | 3 | 4) {
                return Err(self.unsupported("JPEG strips of unusual components", "as many as samples: 1, 3 or 4"));
            }
            if u64::from(frame.width) > most_wide || u64::from(frame.height) > most_high {
                return Err(self.malformed("a JPEG strip", "of the picture's size", at as usize));
            }
        }
        Ok(())
    }
}

/// JPEG as an interchange stream in each strip; the old kind, 6, is not decoded.
const JPEG: u16 = 7;

/// Bytes of one value; 0 for kinds that TIFF does not have.
fn bytes_of_kind(kind: u16) -> u64 {
    match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16..=18 => 8,
        _ => 0,
    }
}
