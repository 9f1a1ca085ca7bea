//! A place → the EXIF block that a camera would write.
//!
//! In: a point in whole 1e-7 degrees.  Out: a TIFF block for a JPEG's APP1 segment.
//! 1e-7 degrees are 36e-5 seconds, so that seconds with the denominator 100,000 hold the point exactly.
//!
//! Source: EXIF 2.32 (CIPA DC-008), 4.6.6; written by `kamadak-exif`. Proof: `tests/scenes.rs`.

use std::io::Cursor;

use exif::experimental::Writer;
use exif::{Error, Field, In, Rational, Tag, Value};

use crate::places::geo::LatLon;

pub(super) fn exif_block(taken_at: LatLon) -> Result<Vec<u8>, Error> {
    let field = |tag, value| Field { tag, ifd_num: In::PRIMARY, value };
    let letter = |letter: &str| Value::Ascii(vec![letter.as_bytes().to_vec()]);
    let fields = [
        field(Tag::Make, letter("PlaceLens")),
        field(Tag::Model, letter("drawn scene")),
        field(Tag::Orientation, Value::Short(vec![1])),
        field(Tag::GPSVersionID, Value::Byte(vec![2, 3, 0, 0])),
        field(Tag::GPSLatitudeRef, letter(if taken_at.lat < 0.0 { "S" } else { "N" })),
        field(Tag::GPSLatitude, degrees_minutes_seconds(taken_at.lat)),
        field(Tag::GPSLongitudeRef, letter(if taken_at.lon < 0.0 { "W" } else { "E" })),
        field(Tag::GPSLongitude, degrees_minutes_seconds(taken_at.lon)),
    ];
    let mut writer = Writer::new();
    for field in &fields {
        writer.push_field(field);
    }
    let mut block = Cursor::new(Vec::new());
    writer.write(&mut block, false)?;
    Ok(block.into_inner())
}

fn degrees_minutes_seconds(degrees: f64) -> Value {
    const SECOND: u64 = 100_000;
    // At most 180 × 3600 × 100,000, which a double holds exactly.
    let ticks = (degrees.abs() * 3600.0 * SECOND as f64).round() as u64;
    let part = |value: u64, denom: u32| Rational {
        num: u32::try_from(value).expect("degrees, minutes and 60 seconds of 100,000 ticks are below 2^32"),
        denom,
    };
    Value::Rational(vec![
        part(ticks / (3600 * SECOND), 1),
        part(ticks / (60 * SECOND) % 60, 1),
        part(ticks % (60 * SECOND), SECOND as u32),
    ])
}
