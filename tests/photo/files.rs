//! Small files of every format, built for one test at a time.

use image::{ExtendedColorType, ImageEncoder};

/// A picture without symmetry, so that every turn shows: RGB, `height × width × 3`.
pub fn picture(width: u32, height: u32) -> Vec<u8> {
    let pixel = |x: u32, y: u32| {
        [(x * 255 / width.max(2)) as u8, (y * 255 / height.max(2)) as u8, ((x * 7 + y * 13) % 256) as u8]
    };
    (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y))).collect()
}

pub fn png(samples: &[u8], width: u32, height: u32, color: ExtendedColorType) -> Vec<u8> {
    let mut bytes = Vec::new();
    image::codecs::png::PngEncoder::new(&mut bytes).write_image(samples, width, height, color).unwrap();
    bytes
}

pub fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 90);
    encoder.write_image(&picture(width, height), width, height, ExtendedColorType::Rgb8).unwrap();
    bytes
}

pub fn webp(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = image::codecs::webp::WebPEncoder::new_lossless(&mut bytes);
    encoder.write_image(&picture(width, height), width, height, ExtendedColorType::Rgb8).unwrap();
    bytes
}

pub fn bmp(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = image::codecs::bmp::BmpEncoder::new(&mut bytes);
    encoder.write_image(&picture(width, height), width, height, ExtendedColorType::Rgb8).unwrap();
    bytes
}

/// An animation of two frames of `width × height` at `left` and `top`; the canvas ends where they do.
pub fn gif(width: u32, height: u32, left: u32, top: u32) -> Vec<u8> {
    use image::{Delay, Frame, RgbaImage};
    let rgba: Vec<u8> = picture(width, height).chunks(3).flat_map(|rgb| [rgb[0], rgb[1], rgb[2], 255]).collect();
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
    let whole = RgbaImage::from_raw(width, height, rgba).unwrap();
    for _ in 0..2 {
        let frame = Frame::from_parts(whole.clone(), 0, 0, Delay::from_numer_denom_ms(100, 1));
        encoder.encode_frame(frame).unwrap();
    }
    drop(encoder);
    // The encoder makes the canvas as large as the first frame, and puts every frame in its corner.
    let pair = |x: u32, y: u32| [(x as u16).to_le_bytes(), (y as u16).to_le_bytes()].concat();
    bytes[6..10].copy_from_slice(&pair(left + width, top + height));
    let corner = [&b","[..], &pair(0, 0), &pair(width, height)].concat();
    for at in 0..bytes.len() - corner.len() {
        if bytes[at..].starts_with(&corner) {
            bytes[at + 1..at + 5].copy_from_slice(&pair(left, top));
        }
    }
    bytes
}

/// Numbers of a TIFF block in either byte order.
#[derive(Clone, Copy)]
pub struct Order {
    pub big: bool,
}

impl Order {
    pub fn u16(self, value: u16) -> [u8; 2] {
        if self.big { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    pub fn u32(self, value: u32) -> [u8; 4] {
        if self.big { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    /// One value of kind SHORT, LONG or whatever `bytes` hold: tag, kind, count, bytes.
    pub fn shorts(self, tag: u16, values: &[u16]) -> Entry {
        (tag, 3, values.len() as u32, values.iter().flat_map(|&value| self.u16(value)).collect())
    }

    pub fn longs(self, tag: u16, values: &[u32]) -> Entry {
        (tag, 4, values.len() as u32, values.iter().flat_map(|&value| self.u32(value)).collect())
    }

    pub fn rationals(self, tag: u16, values: &[(u32, u32)]) -> Entry {
        let bytes = values.iter().flat_map(|&(over, under)| [self.u32(over), self.u32(under)]).flatten().collect();
        (tag, 5, values.len() as u32, bytes)
    }

    pub fn text(self, tag: u16, text: &str) -> Entry {
        let bytes: Vec<u8> = text.bytes().chain([0]).collect();
        (tag, 2, bytes.len() as u32, bytes)
    }

    /// A directory at byte `at`, and after it the values that do not fit into their entries.
    pub fn directory(self, at: usize, entries: &[Entry]) -> Vec<u8> {
        let mut values_at = at + 2 + 12 * entries.len() + 4;
        let mut head = self.u16(entries.len() as u16).to_vec();
        let mut values: Vec<u8> = Vec::new();
        for (tag, kind, count, bytes) in entries {
            head.extend(self.u16(*tag).into_iter().chain(self.u16(*kind)).chain(self.u32(*count)));
            if bytes.len() <= 4 {
                head.extend(bytes.iter().copied().chain([0; 4]).take(4));
            } else {
                head.extend(self.u32(values_at as u32));
                values_at += bytes.len();
                values.extend(bytes);
            }
        }
        head.extend([0; 4]);
        head.extend(values);
        head
    }

    pub fn header(self) -> Vec<u8> {
        let mut header = if self.big { b"MM".to_vec() } else { b"II".to_vec() };
        header.extend(self.u16(42));
        header.extend(self.u32(8));
        header
    }
}

/// Tag, kind, count, bytes.
pub type Entry = (u16, u16, u32, Vec<u8>);

/// An EXIF block: the entries of its first directory and of its GPS directory.
pub fn exif(order: Order, entries: &[Entry], gps: &[Entry]) -> Vec<u8> {
    const GPS: u16 = 0x8825;
    let mut entries = entries.to_vec();
    if !gps.is_empty() {
        let length = order.directory(8, &[entries.clone(), vec![order.longs(GPS, &[0])]].concat()).len();
        entries.push(order.longs(GPS, &[8 + length as u32]));
    }
    let mut block = order.header();
    block.extend(order.directory(8, &entries));
    if !gps.is_empty() {
        let at = block.len();
        block.extend(order.directory(at, gps));
    }
    block
}

/// A TIFF file of one strip: `tags` beside the strip's own, or in their place.
pub fn tiff(order: Order, width: u32, height: u32, tags: &[Entry], strip: &[u8]) -> Vec<u8> {
    let own = [order.longs(256, &[width]), order.longs(257, &[height]), order.longs(278, &[height])];
    let place = [order.longs(273, &[8]), order.longs(279, &[strip.len() as u32])];
    let own = own.into_iter().chain(place).filter(|entry| tags.iter().all(|tag| tag.0 != entry.0));
    let mut entries: Vec<Entry> = own.chain(tags.iter().cloned()).collect();
    entries.sort_by_key(|entry| entry.0);
    let at = 8 + strip.len();
    let mut bytes = order.header();
    bytes[4..8].copy_from_slice(&order.u32(at as u32));
    bytes.extend(strip);
    bytes.extend(order.directory(at, &entries));
    bytes
}

/// An RGB TIFF with further tags.
pub fn rgb_tiff(order: Order, width: u32, height: u32, more: &[Entry]) -> Vec<u8> {
    let tags = [order.shorts(258, &[8, 8, 8]), order.shorts(262, &[2]), order.shorts(277, &[3])];
    tiff(order, width, height, &[&tags, more].concat(), &picture(width, height))
}

/// A JPEG file with one more segment after its first marker.
pub fn with_segment(jpeg: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, content, &jpeg[2..]].concat()
}

/// A PNG file with one more chunk after IHDR.
pub fn with_chunk(png: &[u8], kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    const AFTER_IHDR: usize = 8 + 25;
    [&png[..AFTER_IHDR], &chunk(kind, content), &png[AFTER_IHDR..]].concat()
}

pub fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let named = [kind.as_slice(), content].concat();
    [&(content.len() as u32).to_be_bytes()[..], &named, &crc(&named).to_be_bytes()].concat()
}

/// PNG's checksum, CRC-32.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 })
    })
}

/// A simple WebP file in the extended form, with one more chunk.
pub fn with_webp_chunk(webp: &[u8], size: (u32, u32), kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let flags = if kind == b"EXIF" { 0x08 } else { 0x04 };
    let side = |side: u32| side.wrapping_sub(1).to_le_bytes()[..3].to_vec();
    let header = [vec![flags, 0, 0, 0], side(size.0), side(size.1)].concat();
    let pad = vec![0; content.len() % 2];
    let body = [
        b"WEBPVP8X".to_vec(),
        10u32.to_le_bytes().to_vec(),
        header,
        webp[12..].to_vec(),
        kind.to_vec(),
        (content.len() as u32).to_le_bytes().to_vec(),
        content.to_vec(),
        pad,
    ]
    .concat();
    [b"RIFF".as_slice(), &(body.len() as u32).to_le_bytes(), &body].concat()
}

/// The smallest HEIF file that holds EXIF: a `meta` box that says where it lies, and the block itself.
pub fn heif(brand: &[u8; 4], exif: &[u8]) -> Vec<u8> {
    let item = [vec![0; 4], exif.to_vec()].concat(); // how many bytes stand before the TIFF header: none
    let meta = |at: u32| {
        let infe = boxed(b"infe", &[&[2, 0, 0, 0], &[0, 1, 0, 0][..], b"Exif\0"].concat());
        let iinf = boxed(b"iinf", &[&[0, 0, 0, 0], &[0, 1][..], &infe].concat());
        let extent = [at.to_be_bytes(), (item.len() as u32).to_be_bytes()].concat();
        let iloc = [&[0, 0, 0, 0, 0x44, 0x00, 0, 1][..], &[0, 1, 0, 0, 0, 1], &extent].concat();
        boxed(b"meta", &[vec![0; 4], iinf, boxed(b"iloc", &iloc)].concat())
    };
    let head = boxed(b"ftyp", &[brand.as_slice(), &[0; 4], brand, b"mif1"].concat());
    let at = head.len() + meta(0).len() + 8;
    [head, meta(at as u32), boxed(b"mdat", &item)].concat()
}

fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes()[..], kind, content].concat()
}
