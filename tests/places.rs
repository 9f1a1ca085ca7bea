//! Places: distances, boxes, reading and writing regions, prompts, scores and predictions.
//!
//! Golden: `tests/golden/scoring`, made with scikit-learn-like formulas in float64 and 50 digits; and the facts of the
//! 15 regions of Los Angeles County.

use placelens::places::geo::{Bbox, EARTH_RADIUS_KM, LatLon, distance_km};
use placelens::places::score::{cosine, credible_set, rank, softmax, top_k};
use placelens::places::{DEFAULT_TEMPLATE, Places, Scoring, Spread, predict};
use serde_json::{Value, json};

const LA_COUNTY: &str = include_str!("../model/regions.geojson");
const EXPERIMENT: &str = include_str!("golden/scoring/la_county_regions_example.json");

fn similarity() -> Value {
    serde_json::from_str(include_str!("golden/scoring/similarity.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn floats(value: &Value) -> Vec<f32> {
    numbers(value).into_iter().map(|number| number as f32).collect()
}

fn indices(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|number| number.as_u64().unwrap() as usize).collect()
}

fn largest_error(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).map(|(found, expected)| (found - expected).abs()).fold(0.0, f64::max)
}

/// One region with a box; `change` may spoil it.
fn collection(change: impl FnOnce(&mut Value)) -> String {
    let mut file = json!({ "type": "FeatureCollection", "features": [
        { "type": "Feature", "id": "a", "bbox": [10, 20, 11, 21], "geometry": null, "properties": { "name": "A" } },
        { "type": "Feature", "id": "pier", "bbox": [10, 20, 11, 21], "geometry": null,
          "properties": { "name": "Pier", "description": "planks" } } ] });
    change(&mut file);
    file.to_string()
}

fn region(change: impl FnOnce(&mut Value)) -> String {
    collection(|file| change(&mut file["features"][1]))
}

/// The message for a file that must be refused; its words must be there.
fn refused(json: &str, code: &str, words: &[&str]) {
    let error = Places::from_json(json).expect_err(json);
    let message = error.to_string();
    println!("{code}: {message}");
    assert_eq!(error.code(), code, "{message}");
    for word in words {
        assert!(message.contains(word), "`{word}` is not in: {message}");
    }
}

#[test]
fn distances_equal_the_reference() {
    let golden: Value = serde_json::from_str(include_str!("golden/scoring/geo.json")).unwrap();
    assert_eq!(golden["earth_radius_km"], EARTH_RADIUS_KM);
    let at = |value: &Value| LatLon { lat: value[0].as_f64().unwrap(), lon: value[1].as_f64().unwrap() };
    let mut largest: f64 = 0.0;
    for case in golden["distances"].as_array().unwrap() {
        let (a, b, km) = (at(&case["a"]), at(&case["b"]), case["km"].as_f64().unwrap());
        let error = (distance_km(a, b) - km).abs().max((distance_km(b, a) - km).abs());
        // Tighter than the reference asks for: the complement keeps the digits between antipodes too.
        assert!(error <= 1e-8, "{}: {error} km", case["name"]);
        largest = largest.max(error);
    }
    println!("largest error of {} distances: {largest:e} km", golden["distances"].as_array().unwrap().len());
}

#[test]
fn vectors_and_points_are_each_other() {
    for (lat, lon) in [(0.0, 0.0), (34.05, -118.25), (-89.9, 179.9), (12.0, -180.0), (90.0, 0.0), (-90.0, 0.0)] {
        let at = LatLon { lat, lon };
        assert!(distance_km(LatLon::from_vector(at.to_unit_vector()), at) < 1e-8, "{at:?}");
    }
}

#[test]
fn boxes_cross_the_antimeridian() {
    let fiji = Bbox { west: 177.0, south: -20.0, east: -178.0, north: -16.0 };
    assert!(fiji.crosses_antimeridian());
    assert_eq!(fiji.width(), 5.0);
    assert_eq!(fiji.center(), LatLon { lat: -18.0, lon: 179.5 });
    let east_of_it = Bbox { west: 179.0, east: -170.0, ..fiji };
    assert_eq!(east_of_it.center().lon, -175.5);
    for (lon, inside) in [(178.0, true), (180.0, true), (-180.0, true), (-178.0, true), (-177.0, false), (0.0, false)] {
        assert_eq!(fiji.contains(LatLon { lat: -18.0, lon }, 0.0), inside, "{lon}");
    }
}

#[test]
fn the_box_around_boxes_leaves_out_the_widest_gap() {
    let box_at = |west, east| Bbox { west, south: 0.0, east, north: 1.0 };
    let around = |boxes: &[(f64, f64)]| {
        let boxes: Vec<Bbox> = boxes.iter().map(|&(west, east)| box_at(west, east)).collect();
        Bbox::around(&boxes).map(|bbox| (bbox.west, bbox.east))
    };
    assert_eq!(around(&[(-118.2741, -118.2229)]), Some((-118.2741, -118.2229)));
    assert_eq!(around(&[(20.0, 30.0), (10.0, 12.0)]), Some((10.0, 30.0)));
    assert_eq!(around(&[(177.0, 180.0), (-180.0, -178.0)]), Some((177.0, -178.0)));
    assert_eq!(around(&[(170.0, -175.0), (160.0, 165.0)]), Some((160.0, -175.0)));
    assert_eq!(around(&[(170.0, -175.0), (-178.0, -177.0)]), Some((170.0, -175.0)));
    assert_eq!(around(&[(-180.0, 180.0), (3.0, 4.0)]), Some((-180.0, 180.0)));
    assert_eq!(around(&[(-170.0, -100.0), (-100.0, 100.0), (100.0, -170.0)]), Some((-180.0, 180.0)));
    assert_eq!(around(&[]), None);
}

#[test]
fn cosines_probabilities_and_order_equal_the_reference() {
    let (mut largest, mut count) = (0.0_f64, 0);
    for case in similarity()["similarity"].as_array().unwrap() {
        let regions: Vec<Vec<f32>> = case["regions"].as_array().unwrap().iter().map(floats).collect();
        for (row, image) in case["images"].as_array().unwrap().iter().enumerate() {
            let cosines: Vec<f64> = regions.iter().map(|region| cosine(&floats(image), region).unwrap()).collect();
            let errors = [
                largest_error(&cosines, &numbers(&case["cosine"][row])),
                largest_error(&softmax(&cosines, 1.0).unwrap(), &numbers(&case["softmax_scale_1"][row])),
                // A cosine's rounding of f32 inputs, 3e-8, grows by the scale of 100.
                largest_error(&softmax(&cosines, 0.01).unwrap(), &numbers(&case["softmax_scale_100"][row])) / 3.0,
            ];
            let error = errors.into_iter().fold(0.0, f64::max);
            assert!(error <= 1e-6, "{} {row}: {errors:?}", case["name"]);
            assert_eq!(rank(&cosines), indices(&case["order"][row]), "{} {row}", case["name"]);
            largest = largest.max(error);
            count += 1;
        }
    }
    println!("largest error of {count} images: {largest:e}");
}

#[test]
fn the_first_k_keep_the_order_of_ties() {
    for case in similarity()["top_k"].as_array().unwrap() {
        let k = case["k"].as_u64().unwrap() as usize;
        assert_eq!(top_k(&numbers(&case["scores"]), k), indices(&case["indices"]), "{case}");
    }
    assert_eq!(rank(&[-0.0, 0.0, -0.0]), [0, 1, 2], "zero has no sign here");
}

#[test]
fn softmax_survives_every_temperature_and_refuses_impossible_ones() {
    for temperature in [5e-324, 1e-300, 0.01, 1.0, 1e300] {
        let probabilities = softmax(&[0.3, -1.0, 0.3, 0.29], temperature).unwrap();
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{temperature}: {probabilities:?}");
        assert_eq!(probabilities[0], probabilities[2]);
    }
    for temperature in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(softmax(&[0.3], temperature).unwrap_err().code(), "temperature");
    }
    assert!((Scoring::own_temperature(100.0_f64.ln()) - 0.01).abs() < 1e-15);
}

#[test]
fn credible_sets_are_the_smallest_that_hold_the_mass() {
    let probabilities = [0.1, 0.4, 0.2, 0.3];
    assert_eq!(credible_set(&probabilities, 0.4), [1]);
    assert_eq!(credible_set(&probabilities, 0.5), [1, 3]);
    assert_eq!(credible_set(&probabilities, 0.7), [1, 3], "0.4 + 0.3 is 0.7, however it rounds");
    assert_eq!(credible_set(&probabilities, 0.8), [1, 3, 2]);
    assert_eq!(credible_set(&probabilities, 1.0), [1, 3, 2, 0]);
    assert_eq!(credible_set(&[0.25; 4], 0.5), [0, 1], "ties by lower index");
    assert_eq!(credible_set(&[0.1; 10], 0.8).len(), 8, "ten tenths, however they round");
    assert_eq!(credible_set(&[0.5, 0.2], 0.9), [0, 1]);
}

#[test]
fn the_fifteen_regions_are_those_of_the_facts() {
    let facts: Value = serde_json::from_str(include_str!("golden/scoring/la_regions.json")).unwrap();
    let places = Places::from_json(LA_COUNTY).unwrap();
    assert_eq!((places.regions.len(), places.prompt_template.as_str()), (15, DEFAULT_TEMPLATE));
    for (region, fact) in places.regions.iter().zip(facts["regions"].as_array().unwrap()) {
        assert_eq!((&json!(region.id), &json!(region.name)), (&fact["id"], &fact["name"]));
        assert_eq!(region.bbox.to_geojson(), numbers(&fact["bbox"]), "{}", region.id);
        assert_eq!(region.geometry, None, "{}: the polygon is the box", region.id);
        assert!(!region.description.is_empty() && !region.description.contains('\n'), "{}", region.id);
        let center = [region.centroid().lat, region.centroid().lon];
        // The boxes are rounded to four digits, the centers were computed before.
        assert!(largest_error(&center, &numbers(&fact["centroid"])) < 6e-5, "{}", region.id);
        let point = region.point.map_or(Value::Null, |at| json!([at.lon, at.lat]));
        assert_eq!(point, fact["point"], "{}", region.id);
    }
    let written: Value = serde_json::from_str(LA_COUNTY).unwrap();
    assert_eq!(numbers(&written["bbox"]), [-118.9241, 33.7277, -118.0632, 34.4772]);
    for feature in written["features"].as_array().unwrap() {
        let ring: Vec<Vec<f64>> =
            feature["geometry"]["coordinates"][0].as_array().unwrap().iter().map(numbers).collect();
        let twice: f64 = ring.windows(2).map(|edge| edge[0][0] * edge[1][1] - edge[1][0] * edge[0][1]).sum();
        assert!(twice > 0.0, "{}: outer rings run counterclockwise", feature["id"]);
    }
}

#[test]
fn reads_the_experiments_own_list() {
    let places = Places::from_json(EXPERIMENT).unwrap();
    let ids: Vec<&str> = places.regions.iter().map(|region| region.id.as_str()).collect();
    let expected = [
        "downtown_la",
        "hollywood",
        "beverly_hills",
        "santa_monica",
        "venice_beach",
        "koreatown",
        "pasadena",
        "long_beach",
    ];
    assert_eq!(ids, expected);
    let downtown = &places.regions[0];
    assert_eq!(downtown.bbox, Bbox { west: -118.265, south: 34.035, east: -118.24, north: 34.055 });
    assert!(distance_km(downtown.centroid(), LatLon { lat: 34.045, lon: -118.2525 }) < 1e-9);
    assert_eq!(
        places.prompts()[0],
        "A street view photo from Downtown Los Angeles, LA's financial and cultural center - skyline, downtown streets"
    );
    let bare: Value = serde_json::from_str(EXPERIMENT).unwrap();
    assert_eq!(Places::from_json(&bare["regions"].to_string()).unwrap(), places, "the list alone");
}

#[test]
fn corners_may_come_in_any_order_without_names_and_across_the_antimeridian() {
    let file = |names: bool, corners: [(&str, f64, f64); 4]| {
        let corner = |(name, latitude, longitude): (&str, f64, f64)| match names {
            true => json!({ "name": name, "latitude": latitude, "longitude": longitude }),
            false => json!({ "latitude": latitude, "longitude": longitude }),
        };
        let corners = corners.map(corner);
        json!({ "regions": [{ "id": "a", "name": "A", "description": "", "bbox": { "corners": corners } }] })
            .to_string()
    };
    let plain = [("northeast", 2.0, 4.0), ("southwest", 1.0, 3.0), ("northwest", 2.0, 3.0), ("southeast", 1.0, 4.0)];
    for names in [true, false] {
        let bbox = Places::from_json(&file(names, plain)).unwrap().regions[0].bbox;
        assert_eq!(bbox, Bbox { west: 3.0, south: 1.0, east: 4.0, north: 2.0 });
    }
    let fiji = [
        ("southeast", -20.0, -178.0),
        ("southwest", -20.0, 177.0),
        ("northwest", -16.0, 177.0),
        ("northeast", -16.0, -178.0),
    ];
    let bbox = Places::from_json(&file(true, fiji)).unwrap().regions[0].bbox;
    assert_eq!((bbox.west, bbox.east, bbox.center().lon), (177.0, -178.0, 179.5));

    let mut upside_down = plain;
    upside_down.iter_mut().for_each(|corner| corner.1 = -corner.1);
    refused(&file(true, upside_down), "places_region", &["regions[0] (`a`)", "south below north"]);
    let mut far = plain;
    far[2].1 = 91.0;
    refused(&file(true, far), "places_region", &["regions[0] (`a`)", "latitude 91", "-90 to 90"]);
    let three = json!({ "regions": [{ "id": "a", "name": "A", "bbox": { "corners": [] } }] }).to_string();
    refused(&three, "places_region", &["regions[0] (`a`)", "0 corners", "expected four"]);
    let none = json!({ "regions": [{ "id": "a", "name": "A" }] }).to_string();
    refused(&none, "places_region", &["regions[0] (`a`)", "bbox"]);
}

#[test]
fn geojson_ids_boxes_points_and_polygons_are_read() {
    let places = Places::from_json(&region(|feature| {
        feature["id"] = json!(7);
        feature["bbox"] = Value::Null;
        feature["geometry"] = json!({ "type": "Polygon", "coordinates":
            [[[10.0, 20.0, 99.0], [11.0, 20.0], [10.5, 21.0], [10.0, 20.0, 99.0]]] });
        feature["properties"]["point"] = json!([10.5, 20.25]);
        feature["properties"]["population"] = json!(12);
    }))
    .unwrap();
    let region = &places.regions[1];
    assert_eq!((region.id.as_str(), region.name.as_str()), ("7", "Pier"));
    assert_eq!(region.bbox, Bbox { west: 10.0, south: 20.0, east: 11.0, north: 21.0 });
    assert_eq!(region.point, Some(LatLon { lat: 20.25, lon: 10.5 }));
    assert_eq!(region.geometry.as_ref().unwrap()[0].rings[0].len(), 4);
    assert_eq!(places.prompt_template, DEFAULT_TEMPLATE);
    let with_altitudes = self::region(|feature| feature["bbox"] = json!([10, 20, -5, 11, 21, 100]));
    assert_eq!(Places::from_json(&with_altitudes).unwrap().regions[1].bbox, region.bbox);
    assert!(Places::from_json(&format!("\u{feff}{}", collection(|_| {}))).is_ok(), "a byte order mark");
}

#[test]
fn parts_on_both_sides_of_the_antimeridian_make_one_box_across_it() {
    let part = |west: f64, east: f64| json!([[[west, -20], [east, -20], [east, -17], [west, -16], [west, -20]]]);
    let json = region(|feature| {
        feature["bbox"] = Value::Null;
        feature["geometry"] =
            json!({ "type": "MultiPolygon", "coordinates": [part(-180.0, -178.0), part(177.0, 180.0)] });
    });
    let bbox = Places::from_json(&json).unwrap().regions[1].bbox;
    assert_eq!(bbox, Bbox { west: 177.0, south: -20.0, east: -178.0, north: -16.0 });
}

#[test]
fn writing_and_reading_changes_nothing() {
    let across = region(|feature| feature["bbox"] = json!([177.5, -20, -178.25, -16]));
    let triangle = region(|feature| {
        feature["geometry"] = json!({ "type": "MultiPolygon", "coordinates": [
            [[[10, 20], [11, 20], [10.5, 21], [10, 20]], [[10.4, 20.2], [10.5, 20.4], [10.6, 20.2], [10.4, 20.2]]],
            [[[10, 20.5], [10.1, 20.5], [10.1, 20.7], [10, 20.5]]] ] });
        feature["properties"]["point"] = json!([10.75, 20.125]);
    });
    let template = collection(|file| file["prompt_template"] = json!("{description} in {name}"));
    for json in [LA_COUNTY, EXPERIMENT, &across, &triangle, &template] {
        let places = Places::from_json(json).unwrap();
        let written = places.to_geojson();
        assert_eq!(Places::from_json(&written).unwrap(), places);
        assert_eq!(Places::from_json(&written).unwrap().to_geojson(), written);
    }
    let written: Value = serde_json::from_str(&Places::from_json(&across).unwrap().to_geojson()).unwrap();
    let geometry = &written["features"][1]["geometry"];
    assert_eq!(geometry["type"], "MultiPolygon", "RFC 7946, section 3.1.9");
    assert_eq!(geometry["coordinates"][0][0][1][0], 180.0);
    assert_eq!(geometry["coordinates"][1][0][0][0], -180.0);
    let la_county: Value = serde_json::from_str(&Places::from_json(LA_COUNTY).unwrap().to_geojson()).unwrap();
    assert_eq!(la_county, serde_json::from_str::<Value>(LA_COUNTY).unwrap());
}

#[test]
fn prompts_are_filled_once_and_end_well() {
    let prompt = |template: &str, name: &str, description: &str| {
        let json = collection(|file| {
            file["prompt_template"] = json!(template);
            file["features"][0]["properties"] = json!({ "name": name, "description": description });
        });
        Places::from_json(&json).unwrap().prompts()[0].clone()
    };
    assert_eq!(prompt(DEFAULT_TEMPLATE, "Malibu", "cliffs"), "A street view photo from Malibu, cliffs");
    assert_eq!(prompt(DEFAULT_TEMPLATE, "Malibu", " "), "A street view photo from Malibu");
    assert_eq!(prompt("{name} - {description}.", "Malibu", ""), "Malibu.");
    assert_eq!(prompt("{name}, {description} at night", "Malibu", ""), "Malibu at night");
    assert_eq!(prompt("{name}, {description}, California", "Malibu", ""), "Malibu, California");
    assert_eq!(prompt("photo of {description}, {name}", "Malibu", ""), "photo of Malibu");
    assert_eq!(prompt("{description}: {name}", "Malibu", ""), "Malibu");
    assert_eq!(prompt("{name} ({description})", "Malibu", ""), "Malibu");
    assert_eq!(prompt("{name} ({description}) at night", "Malibu", ""), "Malibu at night");
    assert_eq!(prompt("{name} ({description})", "Malibu", "surf"), "Malibu (surf)");
    assert_eq!(prompt("{name}, {description}", "{description}", "{name}"), "{description}, {name}");
    assert_eq!(prompt("{name} and {name}", "Malibu", ""), "Malibu and Malibu");
}

#[test]
fn the_prompts_hash_is_of_counted_prompts() {
    let places = Places::from_json(&collection(|_| {})).unwrap();
    // SHA-256 of 02…, 19…, "A street view photo from A" and so on, computed by another program.
    assert_eq!(places.prompts(), ["A street view photo from A", "A street view photo from Pier, planks"]);
    assert_eq!(places.prompts_sha256(), "2b6f2bebd68eb76e7ec8e9c61debe786b7cae968b00dd18f0c2705f5afe276c3");
    let moved = Places::from_json(&region(|feature| feature["bbox"] = json!([30, 20, 31, 21]))).unwrap();
    assert_eq!(moved.prompts_sha256(), places.prompts_sha256(), "boxes are not in prompts");
    let renamed = Places::from_json(&region(|feature| feature["properties"]["name"] = json!("Pie"))).unwrap();
    assert_ne!(renamed.prompts_sha256(), places.prompts_sha256());
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

fn scoring(temperature: f64, top: usize) -> Scoring {
    Scoring { temperature, top, confidence_threshold: 0.5 }
}

#[test]
fn predicts_places_in_the_projects_json() {
    let places = Places::from_json(LA_COUNTY).unwrap();
    let spread = Spread::new(&places);
    // Region r lies along axis r; the photo mostly along 3 (Santa Monica), then 4 (Venice Beach).
    let mut regions = vec![0.0_f32; 15 * 15];
    (0..15).for_each(|index| regions[index * 16] = 2.5);
    let mut image = [0.0_f32; 15];
    (image[3], image[4]) = (8.0, 6.0);
    let prediction = predict(&places, &spread, &image, &regions, &scoring(0.1, 3)).unwrap();
    let json = serde_json::to_value(&prediction).unwrap();

    let ids: Vec<&str> = prediction.places.iter().map(|place| place.id.as_str()).collect();
    assert_eq!(ids, ["santa_monica", "venice_beach", "downtown_la"], "ties by the file's order");
    let total = 8f64.exp() + 6f64.exp() + 13.0;
    assert!((prediction.places[0].cosine - 0.8).abs() < 1e-12);
    assert!((prediction.places[0].probability - 8f64.exp() / total).abs() < 1e-12);
    assert!((prediction.places[1].probability - 6f64.exp() / total).abs() < 1e-12);
    assert_eq!((prediction.regions_50, prediction.confident), (vec!["santa_monica".to_owned()], true));
    assert_eq!(prediction.regions_80, ["santa_monica"]);
    assert_eq!(json["places"][0]["name"], "Santa Monica");
    assert!((json["places"][0]["lat"].as_f64().unwrap() - 34.0219).abs() < 1e-9);
    assert!((json["places"][0]["lon"].as_f64().unwrap() + 118.48055).abs() < 1e-9);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&json), ["confident", "places", "point", "regions_50", "regions_80", "temperature"]);
    assert_eq!(keys(&json["places"][0]), ["cosine", "id", "lat", "lon", "name", "probability"]);
    assert_eq!(keys(&json["point"]), ["expected_error_km", "lat", "lon"]);

    let unsure = predict(&places, &spread, &image, &regions, &scoring(1.0, 100)).unwrap();
    assert_eq!((unsure.places.len(), unsure.confident, unsure.temperature), (15, false, 1.0));
    assert!((unsure.places.iter().map(|place| place.probability).sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(unsure.regions_50.len() < unsure.regions_80.len());
    assert_eq!(predict(&places, &spread, &image, &regions, &scoring(1.0, 0)).unwrap().places, []);
}

#[test]
fn refuses_embeddings_and_options_that_cannot_be() {
    let places = Places::from_json(&collection(|_| {})).unwrap();
    let spread = Spread::new(&places);
    let refused = |image: &[f32], regions: &[f32], scoring: Scoring, code: &str, words: &[&str]| {
        let error = predict(&places, &spread, image, regions, &scoring).unwrap_err();
        println!("{error}");
        assert_eq!(error.code(), code, "{error}");
        words.iter().for_each(|word| assert!(error.to_string().contains(word), "`{word}` is not in: {error}"));
    };
    let (image, regions, plain) = ([1.0, 2.0], [1.0, 0.0, 0.0, 1.0], scoring(1.0, 5));
    assert!(predict(&places, &spread, &image, &regions, &plain).is_ok());
    refused(&[], &[], plain, "embedding_shape", &["image embedding"]);
    refused(&image, &regions[..3], plain, "embedding_shape", &["3 numbers", "expected 4", "2 regions"]);
    refused(&[1.0], &regions, plain, "embedding_shape", &["4 numbers", "expected 2"]);
    refused(&[0.0, 0.0], &regions, plain, "embedding_values", &["image embedding is all zeros"]);
    refused(&[f32::NAN, 1.0], &regions, plain, "embedding_values", &["image embedding is not finite"]);
    refused(&image, &[1.0, 0.0, 0.0, 0.0], plain, "embedding_values", &["region 1 (`pier`) is all zeros"]);
    refused(&image, &[f32::INFINITY, 0.0, 0.0, 1.0], plain, "embedding_values", &["region 0 (`a`) is not finite"]);
    refused(&image, &regions, scoring(0.0, 5), "temperature", &["the temperature is 0"]);
    refused(&image, &regions, scoring(f64::NAN, 5), "temperature", &["NaN"]);
    let confident = Scoring { confidence_threshold: 1.5, ..plain };
    refused(&image, &regions, confident, "confidence_threshold", &["1.5"]);
    let other = Spread::new(&Places::from_json(LA_COUNTY).unwrap());
    let error = predict(&places, &other, &image, &regions, &plain).unwrap_err();
    assert!(error.to_string().contains("15 regions; expected 2"), "{error}");

    // The largest and smallest floats have directions too.
    let extremes = predict(&places, &spread, &[f32::MAX, f32::MAX], &[1e-45, 0.0, 0.0, f32::MAX], &plain).unwrap();
    assert!(extremes.places.iter().all(|place| (place.cosine - 0.5f64.sqrt()).abs() < 1e-12));
}
