//! Files that end too early, at every single byte; files with more than they need; files with wrong bytes.

use image::ExtendedColorType;
use placelens::photo::{Photo, PhotoError};

use super::files::{self, Order};
use super::golden;

/// Small files of every format, the built ones and those of other programs.
fn whole_files() -> Vec<(String, Vec<u8>)> {
    let (width, height) = (9, 7);
    let order = Order { big: true };
    let exif = files::exif(order, &[order.shorts(0x0112, &[6])], &[]);
    let png = files::png(&files::picture(width, height), width, height, ExtendedColorType::Rgb8);
    let thumbnail = [b"Exif\0\0", &exif[..], &files::jpeg(8, 8)].concat();
    let built = [
        ("JPEG with a thumbnail", files::with_segment(&files::jpeg(width, height), 0xe1, &thumbnail)),
        ("PNG", files::with_chunk(&png, b"eXIf", &exif)),
        ("WebP", files::webp(width, height)),
        ("extended WebP", files::with_webp_chunk(&files::webp(width, height), (width, height), b"EXIF", &exif)),
        ("GIF", files::gif(width, height, 2, 1)),
        ("BMP", files::bmp(width, height)),
        ("TIFF", files::rgb_tiff(order, width, height, &[order.text(270, "a long description")])),
    ];
    let drawn = [
        "color.jpg",
        "progressive.jpg",
        "restarts.jpg",
        "gray.jpg",
        "cmyk.jpg",
        "turned.jpg",
        "palette.png",
        "animated.png",
        "lossy.webp",
        "lossy_alpha.webp",
        "animated.webp",
        "animated.gif",
        "palette.bmp",
        "big.tif",
        "lzw.tif",
        "deflate.tif",
        "group4.tif",
        "jpeg.tif",
        "palette.tif",
    ];
    let drawn = drawn.iter().map(|name| (name.to_string(), golden(&format!("kinds/{name}"))));
    built.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).chain(drawn).collect()
}

#[test]
fn notices_a_file_cut_off_at_any_byte() {
    let mut cuts = 0;
    for (name, bytes) in whole_files() {
        assert!(Photo::decode(&bytes).is_ok(), "{name} is whole");
        for length in 0..bytes.len() {
            let Err(error) = Photo::decode(&bytes[..length]) else {
                panic!("{name}: {length} of {} bytes decode", bytes.len())
            };
            // Where the signature itself is cut, the format cannot be known.
            let expected =
                if length < 12 { &["photo_cut_off", "photo_unknown_format"][..] } else { &["photo_cut_off"] };
            assert!(expected.contains(&error.code()), "{name} cut at {length}: {error}");
            cuts += 1;
        }
    }
    println!("{cuts} cuts, each a clear error");
}

#[test]
fn says_what_is_missing() {
    let jpeg = files::jpeg(8, 8);
    let message = Photo::decode(&jpeg[..jpeg.len() - 2]).unwrap_err().to_string();
    let length = jpeg.len() - 2;
    assert_eq!(
        message,
        format!(
            "this JPEG file is cut off: it ends after {length} bytes without its end, EOI. Copy or download it again"
        )
    );
}

#[test]
fn passes_over_what_follows_the_end() {
    for (name, bytes) in whole_files() {
        let whole = Photo::decode(&bytes).unwrap();
        for tail in [&b"\0"[..], b"garbage", &golden("kinds/color.jpg")] {
            let found = Photo::decode(&[&bytes[..], tail].concat()).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(found == whole, "{name}");
        }
    }
}

#[test]
fn passes_fill_bytes_between_jpeg_segments() {
    let plain = golden("kinds/progressive.jpg");
    let whole = Photo::decode(&plain).unwrap();
    // A marker may be preceded by any number of 0xff: before the tables, before a later scan, before the end.
    let segments = [b"\xff\xdb".as_slice(), b"\xff\xc2", b"\xff\xda", b"\xff\xd9"];
    for marker in segments {
        let at = plain.windows(2).rposition(|pair| pair == marker).unwrap();
        let filled = [&plain[..at], &[0xff; 3], &plain[at..]].concat();
        assert!(Photo::decode(&filled).unwrap() == whole, "{marker:x?}");
    }
}

#[test]
fn refuses_a_jpeg_whose_picture_is_damaged() {
    // Ones that no Huffman code has, in the middle of the only scan: half a picture is no picture.
    let mut jpeg = golden("kinds/fine.jpg");
    let middle = jpeg.len() / 2;
    jpeg[middle..middle + 40].copy_from_slice(&[0xff, 0x00].repeat(20));
    let error = Photo::decode(&jpeg).unwrap_err();
    assert!(matches!(error, PhotoError::JpegDecoder { .. }), "{error}");
}

/// Numbers that look random; the same on every run.
struct Noise(u64);

impl Noise {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }
}

#[test]
fn survives_wrong_bytes_in_every_format() {
    const ROUNDS: usize = 150;
    let (mut decoded, mut refused) = (0, 0);
    for (index, (name, bytes)) in whole_files().into_iter().enumerate() {
        let mut noise = Noise(index as u64);
        for round in 0..ROUNDS {
            let mut damaged = bytes.clone();
            // Headers are where a wrong byte does most.
            let reach = if round % 3 == 0 { damaged.len() } else { damaged.len().min(300) };
            for _ in 0..=noise.below(5) {
                damaged[noise.below(reach)] = [0, 1, 0x7f, 0x80, 0xff, noise.below(256) as u8][noise.below(6)];
            }
            match Photo::decode(&damaged) {
                Ok(photo) => {
                    assert_eq!(photo.rgb.len() as u64, u64::from(photo.width) * u64::from(photo.height) * 3, "{name}");
                    decoded += 1;
                }
                Err(error) => {
                    assert!(!matches!(error, PhotoError::DecoderPanicked { .. }), "{name}, round {round}: {error}");
                    refused += 1;
                }
            }
        }
    }
    println!("{decoded} decoded, {refused} refused, none panicked");
    assert!(decoded > 100 && refused > 100, "the damage is neither too small nor too large");
}
