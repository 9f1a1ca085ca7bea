//! Sizes and formats that are refused, before anything is allocated for them.

use image::ExtendedColorType;
use placelens::photo::{MAX_FILE_BYTES, Photo, PhotoError, PhotoFormat, needs_browser_decoder, sniff};

use super::files::{self, Order};
use super::golden;

/// A file of each format whose header claims `width × height`; its data are those of a few pixels.
fn claiming(width: u16, height: u16) -> Vec<(&'static str, Vec<u8>)> {
    let mut jpeg = files::jpeg(8, 8);
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    let mut gif = files::gif(8, 8, 0, 0);
    gif[6..8].copy_from_slice(&width.to_le_bytes());
    gif[8..10].copy_from_slice(&height.to_le_bytes());
    let mut bmp = files::bmp(8, 8);
    bmp[18..22].copy_from_slice(&u32::from(width).to_le_bytes());
    bmp[22..26].copy_from_slice(&u32::from(height).to_le_bytes());
    let claimed = (u32::from(width), u32::from(height));
    let order = Order { big: false };
    let sizes = [order.longs(256, &[claimed.0]), order.longs(257, &[claimed.1])];
    vec![
        ("JPEG", jpeg),
        ("PNG", png_claiming(claimed)),
        ("GIF", gif),
        ("BMP", bmp),
        ("WebP", files::with_webp_chunk(&files::webp(8, 8), claimed, b"EXIF", b"")),
        ("TIFF", files::rgb_tiff(order, 8, 8, &sizes)),
    ]
}

fn png_claiming((width, height): (u32, u32)) -> Vec<u8> {
    let png = files::png(&files::picture(8, 8), 8, 8, ExtendedColorType::Rgb8);
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &png[24..29]].concat();
    [&png[..8], &files::chunk(b"IHDR", &header), &png[33..]].concat()
}

#[test]
fn refuses_a_bomb_of_every_format_by_its_header() {
    for (name, bytes) in claiming(16_000, 16_000) {
        let error = Photo::decode(&bytes).unwrap_err();
        let expected = matches!(error, PhotoError::TooManyPixels { width: 16_000, height: 16_000 });
        assert!(expected, "{name}: {error}");
        assert_eq!(error.code(), "photo_too_large");
    }
    for (name, bytes) in claiming(16_385, 2) {
        let error = Photo::decode(&bytes).unwrap_err();
        assert!(matches!(error, PhotoError::SideTooLong { width: 16_385, height: 2 }), "{name}: {error}");
    }
}

#[test]
fn refuses_frames_that_are_larger_than_their_canvas_may_be() {
    let mut gif = files::gif(8, 8, 0, 0);
    let frame = gif.windows(9).position(|bytes| bytes == [b',', 0, 0, 0, 0, 8, 0, 8, 0]).unwrap();
    gif[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    assert!(matches!(Photo::decode(&gif), Err(PhotoError::SideTooLong { width: 65_535, height: 65_535 })));
    let order = Order { big: false };
    let tile = [order.longs(322, &[1 << 31]), order.longs(323, &[1 << 31])];
    assert!(matches!(Photo::decode(&files::rgb_tiff(order, 8, 8, &tile)), Err(PhotoError::Malformed { .. })));
}

#[test]
fn accepts_the_longest_side() {
    let strip = vec![7; 16_384 * 3];
    for (width, height) in [(16_384, 1), (1, 16_384)] {
        let photo = Photo::decode(&files::png(&strip, width, height, ExtendedColorType::Rgb8)).unwrap();
        assert_eq!((photo.width, photo.height), (width, height));
        assert!(photo.rgb == strip);
    }
}

#[test]
fn refuses_pictures_without_pixels() {
    for (name, bytes) in claiming(0, 8).into_iter().filter(|(name, _)| *name != "WebP") {
        let error = Photo::decode(&bytes).unwrap_err();
        assert_eq!(error.code(), "photo_damaged", "{name}: {error}");
    }
}

#[test]
fn refuses_a_file_over_64_megabytes() {
    let mut bytes = files::jpeg(8, 8);
    bytes.resize(MAX_FILE_BYTES, 0);
    assert!(Photo::decode(&bytes).is_ok(), "64 MB are allowed");
    bytes.push(0);
    let error = Photo::decode(&bytes).unwrap_err();
    assert!(matches!(error, PhotoError::FileTooLarge { found_bytes } if found_bytes == MAX_FILE_BYTES + 1), "{error}");
}

#[test]
fn refuses_pixels_of_another_size_than_the_browser_says() {
    for (length, width, height) in [(15, 2, 2), (17, 2, 2), (0, 1, 1)] {
        let error = Photo::from_rgba(&vec![0; length], width, height, b"").unwrap_err();
        assert_eq!(error.code(), "photo_rgba_size", "{error}");
    }
    assert!(matches!(Photo::from_rgba(&[], 0, 3, b""), Err(PhotoError::NoPixels { .. })));
    assert!(matches!(Photo::from_rgba(&[], 65_536, 65_536, b""), Err(PhotoError::SideTooLong { .. })));
    assert!(matches!(Photo::from_rgba(&[], 10_000, 5_001, b""), Err(PhotoError::TooManyPixels { .. })));
}

#[test]
fn names_the_formats_it_refuses() {
    let ftyp = |brand: &[u8]| [b"\0\0\0\x18ftyp", brand, b"\0\0\0\0", b"mif1miaf"].concat();
    let files: [(&[u8], PhotoFormat); 24] = [
        (&ftyp(b"avif"), PhotoFormat::Avif),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", PhotoFormat::Avif),
        (&ftyp(b"heic"), PhotoFormat::Heic),
        (b"\0\0\0\x14ftypisom\0\0\0\0mp42", PhotoFormat::Video),
        (b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom", PhotoFormat::CameraRaw),
        (b"II*\0\x10\0\0\0CR\x02\0", PhotoFormat::CameraRaw),
        (b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 ", PhotoFormat::Jpeg2000),
        (b"\xff\x4f\xff\x51\0\x2f", PhotoFormat::Jpeg2000),
        (b"\xff\x0a\xfa\x7f", PhotoFormat::JpegXl),
        (b"\xff\xd8\xff\xf7\0\x0b", PhotoFormat::JpegLs),
        (b"qoif\0\0\0\x05\0\0\0\x05\x04\0", PhotoFormat::Qoi),
        (b"\0\0\x01\0\x01\0\x10\x10", PhotoFormat::Ico),
        (b"P6\n2 2\n255\n", PhotoFormat::Pnm),
        (b"P3 2 2 255", PhotoFormat::Pnm),
        (b"8BPS\0\x01", PhotoFormat::Psd),
        (b"#?RADIANCE\n", PhotoFormat::RadianceHdr),
        (b"DDS |\0\0\0", PhotoFormat::Dds),
        (b"%PDF-1.7\n", PhotoFormat::Pdf),
        (b"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>", PhotoFormat::Svg),
        (b"<!DOCTYPE html><html><body><svg/></body></html>", PhotoFormat::Html),
        (b"PK\x03\x04\x14\0", PhotoFormat::Archive),
        (b"\x1a\x45\xdf\xa3\x01", PhotoFormat::Video),
        (b"RIFF\x10\0\0\0AVI LIST", PhotoFormat::Video),
        (b"\x76\x2f\x31\x01\x02\0\0\0", PhotoFormat::OpenExr),
    ];
    for (bytes, format) in files {
        assert_eq!(sniff(bytes), Some(format), "{format}");
        let error = Photo::decode(bytes).unwrap_err();
        assert_eq!(error.code(), "photo_format_refused", "{error}");
        let message = error.to_string();
        assert!(message.contains(format.name()) && message.contains("JPEG, PNG, WebP, GIF, BMP and TIFF"), "{message}");
        assert_eq!(needs_browser_decoder(bytes), matches!(format, PhotoFormat::Avif | PhotoFormat::Heic), "{format}");
    }
    for unknown in [&b""[..], b"\xff", b"hello, world", b"\x89PNG", b"\0\0\0\x08ftyp", &[0; 64]] {
        let code = Photo::decode(unknown).unwrap_err().code();
        assert!(code == "photo_unknown_format" || code == "photo_format_refused", "{unknown:?}: {code}");
        assert!(!needs_browser_decoder(unknown));
    }
}

/// The frame header of a JPEG under another marker, or with another byte in it.
fn jpeg_with_frame(marker: u8, at: usize, value: u8) -> PhotoError {
    let mut jpeg = golden("kinds/fine.jpg");
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[frame + 1] = marker;
    jpeg[frame + 4 + at] = value;
    Photo::decode(&jpeg).unwrap_err()
}

#[test]
fn refuses_jpegs_of_kinds_it_would_get_wrong() {
    const FINEST: usize = 7; // the first component's sampling
    let cases = [
        (jpeg_with_frame(0xc0, 0, 12), "more than 8 bits"),
        (jpeg_with_frame(0xc3, 0, 8), "lossless"),
        (jpeg_with_frame(0xc9, 0, 8), "arithmetic"),
        (jpeg_with_frame(0xc5, 0, 8), "hierarchical"),
        (jpeg_with_frame(0xc0, FINEST, 0x31), "subsampling"),
        (jpeg_with_frame(0xc0, FINEST + 3, 0x21), "subsampling"),
    ];
    for (error, reason) in cases {
        assert_eq!(error.code(), "photo_kind_unsupported", "{error}");
        assert!(error.to_string().contains(reason), "{error}: {reason}");
    }
}

#[test]
fn refuses_tiffs_of_kinds_it_would_get_wrong() {
    let order = Order { big: false };
    let cases = [
        ("floating point", vec![order.shorts(339, &[3, 3, 3])]),
        ("12 bits", vec![order.shorts(258, &[12, 12, 12])]),
        ("unequal bits", vec![order.shorts(258, &[8, 8, 16])]),
        ("reversed bits", vec![order.shorts(266, &[2])]),
        ("L*a*b*", vec![order.shorts(262, &[8])]),
        ("an unknown model", vec![order.shorts(262, &[32_803])]),
        ("nine samples", vec![order.shorts(258, &[8]), order.shorts(277, &[9])]),
        ("too few samples", vec![order.shorts(258, &[8]), order.shorts(277, &[2])]),
        ("subsampled YCbCr", vec![order.shorts(262, &[6])]),
        ("Zstandard", vec![order.shorts(259, &[50_000])]),
    ];
    for (what, tags) in cases {
        let own = [order.shorts(258, &[8, 8, 8]), order.shorts(262, &[2]), order.shorts(277, &[3])];
        let own = own.into_iter().filter(|own| tags.iter().all(|tag| tag.0 != own.0));
        let all: Vec<_> = own.chain(tags.iter().cloned()).collect();
        let error = Photo::decode(&files::tiff(order, 4, 4, &all, &files::picture(4, 4))).unwrap_err();
        assert_eq!(error.code(), "photo_kind_unsupported", "{what}: {error}");
    }
}
