//! All eight orientations, in every container and in each place that may say them.

use image::ExtendedColorType;
use placelens::photo::Photo;

use super::files::{self, Order};

const WIDTH: u32 = 19;
const HEIGHT: u32 = 13;
const ORIENTATION: u16 = 0x0112;

/// The upright picture by EXIF's own words: where the stored row 0 and column 0 are to be seen.
fn turned(stored: &Photo, orientation: u16) -> Photo {
    let (w, h) = (stored.width as usize, stored.height as usize);
    let (width, height) = if orientation >= 5 { (h, w) } else { (w, h) };
    let mut rgb = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let (row, column) = match orientation {
                1 => (y, x),                 // row 0 on top, column 0 on the left
                2 => (y, w - 1 - x),         // top, right
                3 => (h - 1 - y, w - 1 - x), // bottom, right
                4 => (h - 1 - y, x),         // bottom, left
                5 => (x, y),                 // left, top
                6 => (h - 1 - x, y),         // right, top
                7 => (h - 1 - x, w - 1 - y), // right, bottom
                8 => (x, w - 1 - y),         // left, bottom
                _ => unreachable!("orientations are 1 to 8"),
            };
            rgb.extend(&stored.rgb[(row * w + column) * 3..][..3]);
        }
    }
    Photo { rgb, width: width as u32, height: height as u32, taken_at: None }
}

/// One file of each container with an EXIF block, if it is not empty.
fn containers(exif: &[u8], tags: &[files::Entry], order: Order) -> Vec<(&'static str, Vec<u8>)> {
    let jpeg = files::jpeg(WIDTH, HEIGHT);
    let png = files::png(&files::picture(WIDTH, HEIGHT), WIDTH, HEIGHT, ExtendedColorType::Rgb8);
    let webp = files::webp(WIDTH, HEIGHT);
    let prefixed = [b"Exif\0\0", exif].concat();
    vec![
        ("JPEG", files::with_segment(&jpeg, 0xe1, &prefixed)),
        ("PNG", files::with_chunk(&png, b"eXIf", exif)),
        ("WebP", files::with_webp_chunk(&webp, (WIDTH, HEIGHT), b"EXIF", exif)),
        ("WebP with the prefix of JPEG", files::with_webp_chunk(&webp, (WIDTH, HEIGHT), b"EXIF", &prefixed)),
        ("TIFF", files::rgb_tiff(order, WIDTH, HEIGHT, tags)),
    ]
}

#[test]
fn turns_all_eight_orientations_in_every_container() {
    for big in [false, true] {
        let order = Order { big };
        let plain = containers(&files::exif(order, &[], &[]), &[], order);
        for orientation in 1..=8 {
            let tags = [order.shorts(ORIENTATION, &[orientation])];
            let marked = containers(&files::exif(order, &tags, &[]), &tags, order);
            for ((name, plain), (_, marked)) in plain.iter().zip(marked) {
                let stored = Photo::decode(plain).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!((stored.width, stored.height), (WIDTH, HEIGHT), "{name}");
                let found = Photo::decode(&marked).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert!(found == turned(&stored, orientation), "{name}, orientation {orientation}");
            }
        }
    }
}

#[test]
fn turns_pictures_larger_than_a_tile_of_the_transposition() {
    let (width, height) = (131, 67);
    let order = Order { big: false };
    let stored = Photo::decode(&files::rgb_tiff(order, width, height, &[])).unwrap();
    for orientation in 1..=8 {
        let marked = files::rgb_tiff(order, width, height, &[order.shorts(ORIENTATION, &[orientation])]);
        assert!(Photo::decode(&marked).unwrap() == turned(&stored, orientation), "orientation {orientation}");
    }
}

#[test]
fn leaves_a_photo_whose_orientation_makes_no_sense() {
    let order = Order { big: false };
    let jpeg = files::jpeg(WIDTH, HEIGHT);
    let stored = Photo::decode(&jpeg).unwrap();
    let odd: [Vec<files::Entry>; 5] = [
        vec![order.shorts(ORIENTATION, &[0])],
        vec![order.shorts(ORIENTATION, &[9])],
        vec![order.shorts(ORIENTATION, &[6, 6])],
        vec![order.longs(ORIENTATION, &[70_000])],
        vec![order.text(ORIENTATION, "6")],
    ];
    for entries in &odd {
        let block = [b"Exif\0\0", &files::exif(order, entries, &[])[..]].concat();
        assert!(Photo::decode(&files::with_segment(&jpeg, 0xe1, &block)).unwrap() == stored, "{entries:?}");
    }
    let whole = [b"Exif\0\0", &files::exif(order, &[order.shorts(ORIENTATION, &[6])], &[])[..]].concat();
    let entry_ends_at = 6 + 8 + 2 + 12;
    for length in 0..whole.len() {
        let found = Photo::decode(&files::with_segment(&jpeg, 0xe1, &whole[..length])).unwrap();
        // As soon as the entry is there it counts, whatever else is missing.
        let expected = if length < entry_ends_at { stored.clone() } else { turned(&stored, 6) };
        assert!(found == expected, "{length} bytes of EXIF");
    }
}

#[test]
fn takes_the_orientation_of_xmp_where_exif_has_none() {
    let xmp = |digit| format!("<rdf:Description tiff:Orientation=\"{digit}\"/>").into_bytes();
    let element = b"<tiff:Orientation>6</tiff:Orientation>".to_vec();
    let jpeg = files::jpeg(WIDTH, HEIGHT);
    let png = files::png(&files::picture(WIDTH, HEIGHT), WIDTH, HEIGHT, ExtendedColorType::Rgb8);
    let stored = [&jpeg, &png, &png].map(|bytes| Photo::decode(bytes).unwrap());
    let files = |xmp: &[u8]| {
        [
            files::with_segment(&jpeg, 0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", xmp].concat()),
            files::with_chunk(&png, b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", xmp].concat()),
            files::with_webp_chunk(&files::webp(WIDTH, HEIGHT), (WIDTH, HEIGHT), b"XMP ", xmp),
        ]
    };
    for (file, stored) in files(&xmp(8)).iter().zip(&stored) {
        assert!(Photo::decode(file).unwrap() == turned(stored, 8));
    }
    for (file, stored) in files(&element).iter().zip(&stored) {
        assert!(Photo::decode(file).unwrap() == turned(stored, 6));
    }
    // EXIF wins, also when it says "as it lies".
    let order = Order { big: true };
    for orientation in [1, 3] {
        let block = files::exif(order, &[order.shorts(ORIENTATION, &[orientation])], &[]);
        let both = files::with_segment(&files(&xmp(8))[0], 0xe1, &[b"Exif\0\0", &block[..]].concat());
        assert!(Photo::decode(&both).unwrap() == turned(&stored[0], orientation));
    }
}

#[test]
fn takes_the_first_of_two_exif_segments() {
    let order = Order { big: false };
    let block = |orientation| {
        [b"Exif\0\0", &files::exif(order, &[order.shorts(ORIENTATION, &[orientation])], &[])[..]].concat()
    };
    let jpeg = files::jpeg(WIDTH, HEIGHT);
    // Each insertion stands before the last one.
    let two = files::with_segment(&files::with_segment(&jpeg, 0xe1, &block(8)), 0xe1, &block(6));
    assert!(Photo::decode(&two).unwrap() == turned(&Photo::decode(&jpeg).unwrap(), 6));
}

#[test]
fn reads_exif_that_imagemagick_hid_in_png_text() {
    let order = Order { big: true };
    let block = files::exif(order, &[order.shorts(ORIENTATION, &[5])], &[]);
    let hex: Vec<String> = [b"Exif\0\0", &block[..]].concat().iter().map(|byte| format!("{byte:02x}")).collect();
    let lines = hex.chunks(36).map(|line| line.concat()).collect::<Vec<_>>().join("\n");
    let text = format!("Raw profile type exif\0\nexif\n{:8}\n{lines}\n", block.len() + 6);
    let png = files::png(&files::picture(WIDTH, HEIGHT), WIDTH, HEIGHT, ExtendedColorType::Rgb8);
    let found = Photo::decode(&files::with_chunk(&png, b"tEXt", text.as_bytes())).unwrap();
    assert!(found == turned(&Photo::decode(&png).unwrap(), 5));
    // Text of that name that is none leaves the photo as it is.
    for junk in ["", "\n", "\nexif\n   99\nzz", "\nexif\n 8\n4"] {
        let text = format!("Raw profile type exif\0{junk}");
        let found = Photo::decode(&files::with_chunk(&png, b"tEXt", text.as_bytes())).unwrap();
        assert!(found == Photo::decode(&png).unwrap(), "{junk:?}");
    }
}
