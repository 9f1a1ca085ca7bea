//! Files that are not places, and regions that are not as expected: each is an error that names them.

use placelens::places::Places;
use serde_json::{Value, json};

use crate::{LA_COUNTY, collection};

pub fn region(change: impl FnOnce(&mut Value)) -> String {
    collection(|file| change(&mut file["features"][1]))
}

/// The message for a file that must be refused; its words must be there.
pub fn refused(json: &str, code: &str, words: &[&str]) {
    let error = Places::from_json(json).expect_err(json);
    let message = error.to_string();
    println!("{code}: {message}");
    assert_eq!(error.code(), code, "{message}");
    for word in words {
        assert!(message.contains(word), "`{word}` is not in: {message}");
    }
}

#[test]
fn refuses_files_that_are_not_places() {
    refused("", "places_format", &["not JSON", "FeatureCollection"]);
    refused(&collection(|_| {})[..200], "places_format", &["not JSON", "Check the file"]);
    refused("3", "places_format", &["a number", "FeatureCollection"]);
    refused(r#"{"type":"Feature"}"#, "places_format", &["type `Feature`", "FeatureCollection"]);
    refused(r#"{"type":"FeatureCollection"}"#, "places_format", &["`features`"]);
    refused(r#"{"type":"FeatureCollection","features":[]}"#, "places_format", &["no region"]);
    refused("[]", "places_format", &["no region"]);
    refused(&" ".repeat(8_000_001), "places_too_large", &["8000001", "8 MB"]);
    let many: Vec<Value> = (0..10_001).map(|id| json!({ "type": "Feature", "id": id })).collect();
    refused(&collection(|file| file["features"] = json!(many)), "places_too_large", &["10001", "10000"]);
    let deep = "[".repeat(100_000);
    refused(&deep, "places_format", &["not JSON"]);
}

#[test]
fn refuses_every_truncation() {
    let whole = LA_COUNTY.trim_end();
    for end in (0..whole.len()).filter(|&end| whole.is_char_boundary(end)) {
        let error = Places::from_json(&whole[..end]).expect_err("a file cut off");
        assert_eq!(error.code(), "places_format", "{end}: {error}");
    }
}

#[test]
fn refuses_templates_that_cannot_be_filled() {
    let template = |value: Value| collection(|file| file["prompt_template"] = value);
    refused(&template(json!(3)), "places_prompt", &["a number", "expected text"]);
    refused(&template(json!("a photo")), "places_prompt", &["no placeholder", "{name}"]);
    refused(&template(json!("{name} in {city}")), "places_prompt", &["`{city}`", "{description}"]);
    refused(&template(json!("{name} {open")), "places_prompt", &["`{open`"]);
    refused(&template(json!("{name}".repeat(400))), "places_prompt", &["2400", "2000"]);
    refused(&template(json!("{description}")), "places_region", &["features[0] (`a`)", "no `description`"]);
}

#[test]
fn refuses_regions_that_are_not_as_expected_and_names_them() {
    type Case = (fn(&mut Value), &'static [&'static str]);
    let cases: &[Case] = &[
        (|f| *f = json!(3), &["features[1] is a number", "expected an object"]),
        (|f| f["type"] = json!("Point"), &["not a GeoJSON Feature"]),
        (|f| f["id"] = json!(true), &["features[1]"]),
        (|f| f["id"] = Value::Null, &["features[1]", "no `id`"]),
        (|f| f["id"] = json!(" "), &["no `id`", "not blank"]),
        (|f| f["id"] = json!("a"), &["features[1] (`a`)", "same `id` as number 0"]),
        (|f| f["id"] = json!("x".repeat(201)), &["`id` has 201 characters", "at most 200"]),
        (|f| f["id"] = json!("a\nb"), &["control character"]),
        (|f| f["properties"] = Value::Null, &["(`pier`)", "no `name`"]),
        (|f| f["properties"]["name"] = json!(""), &["(`pier`)", "no `name`"]),
        (|f| f["properties"]["name"] = json!(5), &["`name` is a number", "expected text"]),
        (|f| f["properties"]["name"] = json!("n".repeat(300)), &["300 characters"]),
        (|f| f["properties"]["description"] = json!([]), &["`description` is a list"]),
        (|f| f["properties"]["description"] = json!("d".repeat(2001)), &["2001 characters", "2000"]),
        (|f| f["bbox"] = Value::Null, &["neither `bbox` nor `geometry`"]),
        (|f| f["bbox"] = json!([1, 2, 3]), &["3 numbers", "[west, south, east, north]"]),
        (|f| f["bbox"] = json!([1, "2", 3, 4]), &["features[1] (`pier`)"]),
        (|f| f["bbox"] = json!([10, 21, 11, 20]), &["south is 21 and north is 20"]),
        (|f| f["bbox"] = json!([10, 20, 11, 20]), &["south below north"]),
        (|f| f["bbox"] = json!([10, 20, 10, 21]), &["west is 10 and east is 10", "some width"]),
        (|f| f["bbox"] = json!([180, 20, -180, 21]), &["some width"]),
        (|f| f["bbox"] = json!([11, 20, 10, 21]), &["359 degrees across the antimeridian", "Swap"]),
        (|f| f["bbox"] = json!([34, -118.5, 34.1, -118.4]), &["latitude -118.5", "longitude first"]),
        (|f| f["bbox"] = json!([190, 20, 191, 21]), &["longitude 190", "-180 to 180"]),
        (|f| f["geometry"] = json!({ "type": "Point", "coordinates": [10, 20] }), &["is a Point", "MultiPolygon"]),
        (|f| f["geometry"] = json!({ "type": "Polygon" }), &["features[1] (`pier`)"]),
        (|f| f["geometry"] = json!({ "type": "Polygon", "coordinates": [] }), &["polygon 0, ring 0 is missing"]),
        (|f| f["geometry"] = json!({ "type": "MultiPolygon", "coordinates": [] }), &["no polygon"]),
        (|f| f["geometry"] = polygon(json!([[10, 20], [11, 20], [10, 20]])), &["3 positions", "four"]),
        (|f| f["geometry"] = polygon(json!([[10, 20], [11, 20], [11, 21], [10, 21]])), &["not closed"]),
        (|f| f["geometry"] = polygon(json!([[10, 20], [11, 20], [12, 20], [10, 20]])), &["encloses nothing"]),
        (
            |f| f["geometry"] = polygon(json!([[10, 20], [11], [11, 21], [10, 20]])),
            &["(`pier`)", "fewer than two numbers"],
        ),
        (|f| f["geometry"] = polygon(json!([[10], [11, 20], [11, 21], [10]])), &["(`pier`)", "fewer than two numbers"]),
        (|f| f["geometry"] = polygon(json!([[], [11, 20], [11, 21], []])), &["(`pier`)"]),
        (|f| f["geometry"] = polygon(json!([["10", "20"], [11, 20], [11, 21], [10, 20]])), &["(`pier`)"]),
        (|f| f["geometry"] = polygon(json!([[10, 20], [11, 95], [11, 21], [10, 20]])), &["latitude 95"]),
        (|f| f["geometry"] = polygon(json!([[50, 20], [51, 20], [51, 21], [50, 20]])), &["elsewhere"]),
        (|f| f["properties"]["point"] = json!([10.5]), &["`point`", "[longitude, latitude]"]),
        (|f| f["properties"]["point"] = json!("here"), &["`point`"]),
        (|f| f["properties"]["point"] = json!([20.5, 10.5]), &["`point`", "outside the box"]),
    ];
    for (change, words) in cases {
        refused(&region(change), "places_region", words);
    }
}

fn polygon(ring: Value) -> Value {
    json!({ "type": "Polygon", "coordinates": [ring] })
}
