//! Colors and kinds of files, against Pillow and against hand-made pixels.

use image::ExtendedColorType;
use placelens::photo::Photo;

use super::files::{self, Order};
use super::{difference, golden};

#[test]
fn reads_every_kind_of_file_as_pillow_does() {
    let list: serde_json::Value = serde_json::from_slice(&golden("kinds.json")).unwrap();
    let kinds = list["kinds"].as_array().unwrap();
    assert!(kinds.len() >= 38, "only {} kinds", kinds.len());
    for kind in kinds {
        let (file, rule) = (kind["file"].as_str().unwrap(), kind["rule"].as_str().unwrap());
        let found = Photo::decode(&golden(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let expected = Photo::decode(&golden(kind["expected"].as_str().unwrap())).unwrap();
        let (largest, mean) = difference(&found, &expected);
        println!("{file}: largest difference {largest}, mean {mean:.4}");
        // Lossless files have one right answer. JPEG decoders differ in rounding and in how they blend the colors of
        // subsampled blocks: 1 level on average is the reference's limit; a wrong color model differs by tens.
        match rule {
            "exact" => assert_eq!(largest, 0, "{file}"),
            "jpeg" => assert!(mean <= 1.0 && largest <= 8, "{file}: largest {largest}, mean {mean}"),
            other => panic!("{file}: unknown rule {other}"),
        }
    }
}

#[test]
fn keeps_the_high_byte_of_sixteen_bits() {
    let deep: Vec<u16> = (0..=255u16).map(|high| high << 8 | (255 - high)).collect();
    let bytes: Vec<u8> = deep.iter().flat_map(|value| value.to_ne_bytes()).collect();
    let gray = Photo::decode(&files::png(&bytes, 16, 16, ExtendedColorType::L16)).unwrap();
    let expected: Vec<u8> = (0..=255).flat_map(|high| [high; 3]).collect();
    assert_eq!(gray.rgb, expected);
    let rgb = Photo::decode(&files::png(&bytes[..16 * 5 * 6], 16, 5, ExtendedColorType::Rgb16)).unwrap();
    assert_eq!(rgb.rgb, (0..240).collect::<Vec<u8>>());
    // 16-bit alpha by its high byte too: 255 is opaque, whatever the low byte.
    let opaque: Vec<u8> = [0x1234u16, 0xff00, 0xabcd, 0xff17].iter().flat_map(|value| value.to_ne_bytes()).collect();
    let alpha = Photo::decode(&files::png(&opaque, 2, 1, ExtendedColorType::La16)).unwrap();
    assert_eq!(alpha.rgb, [0x12, 0x12, 0x12, 0xab, 0xab, 0xab]);
}

#[test]
fn lays_every_level_and_alpha_over_white() {
    let samples: Vec<u8> = (0..=255u8).flat_map(|alpha| (0..=255u8).flat_map(move |level| [level, alpha])).collect();
    let photo = Photo::decode(&files::png(&samples, 256, 256, ExtendedColorType::La8)).unwrap();
    let mut largest = 0.0_f64;
    for (pair, pixel) in samples.chunks(2).zip(photo.rgb.chunks(3)) {
        let (level, alpha) = (f64::from(pair[0]), f64::from(pair[1]));
        let exact = (level * alpha + 255.0 * (255.0 - alpha)) / 255.0;
        assert!(pixel[0] == pixel[1] && pixel[1] == pixel[2]);
        largest = largest.max((f64::from(pixel[0]) - exact).abs());
    }
    // One rounding: half a level, and what seven more bits leave of it.
    println!("largest distance from the exact blend: {largest:.4} levels");
    assert!(largest <= 0.51, "{largest}");
    // The same pixels as the browser hands them over.
    let rgba: Vec<u8> = samples.chunks(2).flat_map(|pair| [pair[0], pair[0], pair[0], pair[1]]).collect();
    assert_eq!(Photo::from_rgba(&rgba, 256, 256, b"").unwrap().rgb, photo.rgb);
}

#[test]
fn draws_the_first_frame_of_an_animation_on_its_canvas() {
    let photo = Photo::decode(&files::gif(5, 4, 3, 2)).unwrap();
    assert_eq!((photo.width, photo.height), (8, 6));
    let whole = Photo::decode(&files::gif(5, 4, 0, 0)).unwrap();
    for (index, pixel) in photo.rgb.chunks(3).enumerate() {
        let (x, y) = (index % 8, index / 8);
        let expected = if x >= 3 && y >= 2 { &whole.rgb[((y - 2) * 5 + x - 3) * 3..][..3] } else { &[255; 3][..] };
        assert_eq!(pixel, expected, "pixel {x}, {y}");
    }
}

/// A TIFF's samples as they lie, and what they are: bits, samples a pixel, color model, further tags.
fn tiff_pixels(big: bool, size: (u32, u32), bits: &[u16], model: u16, more: &[files::Entry], strip: &[u8]) -> Vec<u8> {
    let order = Order { big };
    let tags = [order.shorts(258, bits), order.shorts(262, &[model]), order.shorts(277, &[bits.len() as u16])];
    let bytes = files::tiff(order, size.0, size.1, &[&tags, more].concat(), strip);
    Photo::decode(&bytes).unwrap_or_else(|error| panic!("bits {bits:?}, model {model}: {error}")).rgb
}

#[test]
fn reads_tiffs_of_every_color_model_and_byte_order() {
    for big in [false, true] {
        let order = Order { big };
        let gray = |values: &[u8]| values.iter().flat_map(|&value| [value; 3]).collect::<Vec<_>>();
        // One bit, white is zero, rows padded to whole bytes.
        assert_eq!(
            tiff_pixels(big, (3, 2), &[1], 0, &[], &[0b0100_0000, 0b1010_0000]),
            gray(&[255, 0, 255, 0, 255, 0])
        );
        assert_eq!(tiff_pixels(big, (3, 1), &[4], 1, &[], &[0x0f, 0x70]), gray(&[0, 255, 119]));
        assert_eq!(tiff_pixels(big, (2, 1), &[8], 0, &[], &[0, 200]), gray(&[255, 55]));
        let deep = [order.u16(0x12ff), order.u16(0xfe01)].concat();
        assert_eq!(tiff_pixels(big, (2, 1), &[16], 1, &[], &deep), gray(&[0x12, 0xfe]));
        // A palette of four: reds, greens, blues, of which the high bytes count.
        let palette = order.shorts(320, &[0xff00, 0x00ff, 0x8000, 0, 0, 0xffff, 0x4000, 0, 0x1200, 0, 0x2000, 0xffff]);
        let looked_up = tiff_pixels(big, (4, 1), &[2], 3, &[palette], &[0b0001_1011]);
        assert_eq!(looked_up, [255, 0, 0x12, 0, 255, 0, 0x80, 0x40, 0x20, 0, 0, 255]);
        // Alpha straight, premultiplied, and an extra sample that is none.
        let extra = |kind| order.shorts(338, &[kind]);
        let rgba = |kind, pixel: &[u8]| tiff_pixels(big, (1, 1), &[8; 4], 2, &[extra(kind)], pixel);
        assert_eq!(rgba(2, &[255, 0, 0, 0]), [255, 255, 255]);
        assert_eq!(rgba(2, &[0, 100, 200, 255]), [0, 100, 200]);
        assert_eq!(rgba(1, &[51, 0, 102, 102]), [204, 153, 255]);
        assert_eq!(rgba(0, &[9, 8, 7, 0]), [9, 8, 7]);
        // Planes one after another.
        let strips = [order.shorts(284, &[2]), order.longs(273, &[8, 10, 12]), order.longs(279, &[2, 2, 2])];
        let planes = tiff_pixels(big, (2, 1), &[8; 3], 2, &strips, &[1, 2, 3, 4, 5, 6]);
        assert_eq!(planes, [1, 3, 5, 2, 4, 6]);
    }
}

#[test]
fn converts_inks_as_pillow_does() {
    // Cyan, magenta, yellow, black → what Pillow 12.3 gives.
    let cases: [([u8; 4], [u8; 3]); 6] = [
        ([0, 0, 0, 0], [255, 255, 255]),
        ([255, 0, 0, 0], [0, 255, 255]),
        ([0, 0, 0, 255], [0, 0, 0]),
        ([10, 20, 30, 40], [207, 198, 190]),
        ([200, 100, 50, 150], [23, 64, 84]),
        ([127, 128, 129, 1], [127, 127, 126]),
    ];
    for (inks, rgb) in cases {
        assert_eq!(tiff_pixels(false, (1, 1), &[8; 4], 5, &[], &inks), rgb, "inks {inks:?}");
    }
}

#[test]
fn tells_color_models_of_jpegs_as_libjpeg_does() {
    // The same coded samples under other markers: only the markers decide whether they are YCbCr or RGB.
    let plain = golden("kinds/rgb.jpg");
    let as_rgb = Photo::decode(&plain).unwrap();
    let jfif = files::with_segment(&plain, 0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    let as_ycbcr = Photo::decode(&jfif).unwrap();
    for (found, stored) in as_ycbcr.rgb.chunks(3).zip(as_rgb.rgb.chunks(3)) {
        let [y, cb, cr] = [stored[0], stored[1], stored[2]].map(f64::from);
        let exact = [
            y + 1.402 * (cr - 128.0),
            y - 0.344_136 * (cb - 128.0) - 0.714_136 * (cr - 128.0),
            y + 1.772 * (cb - 128.0),
        ];
        for (&found, exact) in found.iter().zip(exact) {
            // Fixed point of 16 bits: one rounding, half a level, and a little of the constants'.
            assert!((f64::from(found) - exact.clamp(0.0, 255.0)).abs() <= 0.51, "{found} is not {exact}");
        }
    }
    // Adobe's marker is asked where JFIF is not; a broken one of either kind counts for nothing.
    let adobe = |transform: u8| {
        files::with_segment(&golden("kinds/fine.jpg"), 0xee, &[b"Adobe\0d\0\0\0\0", &[transform][..]].concat())
    };
    let fine = Photo::decode(&golden("kinds/fine.jpg")).unwrap();
    let short = files::with_segment(&golden("kinds/fine.jpg"), 0xee, b"Adobe");
    for bytes in [adobe(0), adobe(1), adobe(2), adobe(9), short] {
        // The conversion is the decoder's or ours: a level apart, where both are near the middle of two.
        let (largest, mean) = difference(&Photo::decode(&bytes).unwrap(), &fine);
        assert!(largest <= 1 && mean < 0.1, "largest {largest}, mean {mean}");
    }
}
