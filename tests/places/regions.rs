//! Reading and writing regions, and their prompts.

use placelens::places::geo::{Bbox, LatLon, distance_km};
use placelens::places::{DEFAULT_TEMPLATE, Places};
use serde_json::{Value, json};

use crate::refuse::{refused, region};
use crate::{LA_COUNTY, collection, largest_error, numbers};

const EXPERIMENT: &str = include_str!("../golden/scoring/la_county_regions_example.json");

#[test]
fn the_fifteen_regions_are_those_of_the_facts() {
    let facts: Value = serde_json::from_str(include_str!("../golden/scoring/la_regions.json")).unwrap();
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
