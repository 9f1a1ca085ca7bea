//! Where a photo was taken, from each container, and every way not to say it.

use image::ExtendedColorType;
use placelens::photo::Photo;
use placelens::places::geo::LatLon;

use super::files::{self, Entry, Order};

type Rational = (u32, u32);

/// GPS entries: references and degrees, minutes, seconds.
fn gps(order: Order, lat: (&str, &[Rational]), lon: (&str, &[Rational])) -> Vec<Entry> {
    vec![order.text(1, lat.0), order.rationals(2, lat.1), order.text(3, lon.0), order.rationals(4, lon.1)]
}

/// Santa Monica Pier: 34° 0′ 36.54″ N, 118° 29′ 49.2″ W.
fn santa_monica(order: Order) -> Vec<Entry> {
    gps(order, ("N", &[(34, 1), (0, 1), (3654, 100)]), ("W", &[(118, 1), (29, 1), (492, 10)]))
}

fn jpeg_with(order: Order, gps: &[Entry]) -> Vec<u8> {
    let block = [b"Exif\0\0", &files::exif(order, &[], gps)[..]].concat();
    files::with_segment(&files::jpeg(8, 8), 0xe1, &block)
}

fn place_of(gps: &[Entry]) -> Option<LatLon> {
    Photo::decode(&jpeg_with(Order { big: false }, gps)).expect("metadata never costs a photo").taken_at
}

/// One part in 10¹² of a degree is a ten-millionth of a millimeter: only the order of f64 sums may differ.
fn assert_near(found: Option<LatLon>, lat: f64, lon: f64, what: &str) {
    let found = found.unwrap_or_else(|| panic!("{what}: no place"));
    let error = (found.lat - lat).abs().max((found.lon - lon).abs());
    assert!(error < 1e-12, "{what}: {found:?}, off by {error:e}");
}

#[test]
fn reads_the_place_from_every_container() {
    let (lat, lon) = (34.0 + 36.54 / 3600.0, -(118.0 + 29.0 / 60.0 + 49.2 / 3600.0));
    for big in [false, true] {
        let order = Order { big };
        let block = files::exif(order, &[order.shorts(0x0112, &[6])], &santa_monica(order));
        let png = files::png(&files::picture(8, 8), 8, 8, ExtendedColorType::Rgb8);
        let decoded = [
            ("JPEG", jpeg_with(order, &santa_monica(order))),
            ("PNG", files::with_chunk(&png, b"eXIf", &block)),
            ("WebP", files::with_webp_chunk(&files::webp(8, 8), (8, 8), b"EXIF", &block)),
            ("TIFF", tiff_with_gps(order)),
        ];
        for (name, bytes) in &decoded {
            let photo = Photo::decode(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_near(photo.taken_at, lat, lon, name);
            let by_browser = Photo::from_rgba(&[0; 4], 1, 1, bytes).unwrap();
            assert_near(by_browser.taken_at, lat, lon, &format!("{name} decoded by the browser"));
        }
        for brand in [b"heic", b"avif"] {
            let photo = Photo::from_rgba(&[10, 20, 30, 255], 1, 1, &files::heif(brand, &block)).unwrap();
            assert_eq!(photo.rgb, [10, 20, 30]);
            assert_near(photo.taken_at, lat, lon, "HEIF");
        }
    }
}

/// A TIFF's GPS directory stands behind its first one.
fn tiff_with_gps(order: Order) -> Vec<u8> {
    let length = files::rgb_tiff(order, 4, 4, &[order.longs(0x8825, &[0])]).len();
    let mut bytes = files::rgb_tiff(order, 4, 4, &[order.longs(0x8825, &[length as u32])]);
    bytes.extend(order.directory(length, &santa_monica(order)));
    bytes
}

#[test]
fn knows_the_four_hemispheres() {
    let order = Order { big: false };
    let (lat, lon): (&[Rational], &[Rational]) = (&[(33, 1), (30, 1), (0, 1)], &[(70, 1), (45, 1), (0, 1)]);
    for (north, east, signs) in
        [("N", "E", (1.0, 1.0)), ("S", "E", (-1.0, 1.0)), ("N", "W", (1.0, -1.0)), ("s", "w", (-1.0, -1.0))]
    {
        let found = place_of(&gps(order, (north, lat), (east, lon)));
        assert_near(found, signs.0 * 33.5, signs.1 * 70.75, &format!("{north} {east}"));
    }
}

#[test]
fn forgives_missing_seconds_and_parts_that_are_zero_of_zero() {
    let order = Order { big: false };
    let (lat, lon): (&[Rational], &[Rational]) = (&[(34, 1), (3, 1), (0, 0)], &[(118, 1), (2_951, 100)]);
    assert_near(place_of(&gps(order, ("N", lat), ("W", lon))), 34.05, -(118.0 + 29.51 / 60.0), "odd parts");
    let (lat, lon): (&[Rational], &[Rational]) = (&[(3_405, 100), (0, 1), (0, 1)], &[(180, 1), (0, 1), (0, 1)]);
    assert_near(place_of(&gps(order, ("N", lat), ("E", lon))), 34.05, 180.0, "decimal degrees, the last meridian");
}

#[test]
fn believes_no_place_that_cannot_be() {
    let order = Order { big: false };
    let (good_lat, good_lon): (&[Rational], &[Rational]) = (&[(34, 1), (0, 1), (0, 1)], &[(118, 1), (0, 1), (0, 1)]);
    let lat = |parts: &[Rational]| gps(order, ("N", parts), ("W", good_lon));
    let lon = |parts: &[Rational]| gps(order, ("N", good_lat), ("W", parts));
    let absurd = [
        ("no entries", vec![]),
        ("latitude above 90", lat(&[(90, 1), (0, 1), (1, 1)])),
        ("longitude above 180", lon(&[(180, 1), (1, 1), (0, 1)])),
        ("a huge number", lat(&[(u32::MAX, 1)])),
        ("degrees by zero", lat(&[(34, 0), (0, 1), (0, 1)])),
        ("degrees zero of zero", lat(&[(0, 0), (0, 0), (0, 0)])),
        ("minutes by zero", lat(&[(34, 1), (5, 0), (0, 1)])),
        ("61 minutes", lat(&[(34, 1), (61, 1), (0, 1)])),
        ("61 seconds", lon(&[(118, 1), (0, 1), (61, 1)])),
        ("no numbers", lat(&[])),
        ("four numbers", lat(&[(34, 1), (0, 1), (0, 1), (0, 1)])),
        ("zeros of a camera without a fix", gps(order, ("N", &[(0, 1); 3]), ("E", &[(0, 1); 3]))),
        ("an unknown hemisphere", gps(order, ("X", good_lat), ("W", good_lon))),
        ("an empty hemisphere", gps(order, ("", good_lat), ("W", good_lon))),
        ("no hemisphere", vec![order.rationals(2, good_lat), order.rationals(4, good_lon)]),
        ("latitude alone", vec![order.text(1, "N"), order.rationals(2, good_lat)]),
        ("text for numbers", vec![order.text(1, "N"), order.text(2, "34"), order.text(3, "W"), order.text(4, "118")]),
        (
            "whole numbers",
            vec![order.text(1, "N"), order.longs(2, &[34, 0, 0]), order.text(3, "W"), order.longs(4, &[118, 0, 0])],
        ),
    ];
    for (what, entries) in &absurd {
        assert_eq!(place_of(entries), None, "{what}");
    }
    assert!(place_of(&lat(good_lat)).is_some(), "the good numbers are good");
}

#[test]
fn survives_every_cut_and_flip_of_the_metadata() {
    let order = Order { big: false };
    let block = files::exif(order, &[order.shorts(0x0112, &[3])], &santa_monica(order));
    let jpeg = files::jpeg(8, 8);
    let decode = |block: &[u8]| {
        let photo = Photo::decode(&files::with_segment(&jpeg, 0xe1, &[b"Exif\0\0", block].concat())).unwrap();
        if let Some(LatLon { lat, lon }) = photo.taken_at {
            assert!((-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon), "{lat}, {lon}");
        }
    };
    for length in 0..block.len() {
        decode(&block[..length]);
    }
    for at in 0..block.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut flipped = block.clone();
            flipped[at] = value;
            decode(&flipped);
        }
    }
}
