//! Places as GeoJSON: a FeatureCollection with one Feature for each region.
//!
//! In: a Feature as a JSON value.  Out: a [`Region`]; and back, all of them as text.
//! `id` stands on the Feature. `bbox` is `[west, south, east, north]`, or derived from the geometry, which is a Polygon,
//! a MultiPolygon, or null where the box is the area. Properties: `name`, `description`, and `point` as
//! `[longitude, latitude]`. The collection carries `prompt_template`. Everything else is passed over.
//!
//! Source: RFC 7946: 3.1.6 (rings, their direction), 3.1.9 (parts at the antimeridian), 5 (boxes), 6 (other members).
//! Proof: `tests/places/regions.rs`.

use ::geojson::feature::Id;
use ::geojson::{Feature, FeatureCollection, Geometry, GeometryValue, Position};
use serde_json::{Map, Value, json};

use super::error::{PlacesError, RegionAt, RingFault};
use super::geo::{Bbox, LatLon};
use super::regions::{Places, Polygon, Region, kind_of};

/// The member that lists the regions.
pub(super) const LIST: &str = "features";

/// The region of one Feature; `at` learns its id.
pub(super) fn region(at: &mut RegionAt, value: Value) -> Result<Region, PlacesError> {
    at.id = value.get("id").and_then(|id| id.as_str().map(str::to_owned));
    let feature: Feature =
        serde_json::from_value(value).map_err(|source| PlacesError::Feature { at: at.clone(), source })?;
    let id = match feature.id {
        Some(Id::String(id)) => id,
        Some(Id::Number(id)) => id.to_string(),
        None => return Err(PlacesError::NoId { at: at.clone() }),
    };
    at.id = Some(id.clone());
    let properties = feature.properties.unwrap_or_default();
    let name = text(at, &properties, "name")?.ok_or_else(|| PlacesError::NoText { at: at.clone(), field: "name" })?;
    let description = text(at, &properties, "description")?.unwrap_or_default();
    let point = point(at, properties.get("point"))?;
    let geometry = feature.geometry.map(|geometry| polygons(at, geometry)).transpose()?;
    let stated = feature.bbox.map(|numbers| bbox(at, &numbers)).transpose()?;
    let derived = geometry.as_deref().and_then(around);
    let bbox = stated.or(derived).ok_or_else(|| match geometry {
        Some(_) => PlacesError::NoPolygon { at: at.clone() },
        None => PlacesError::NoArea { at: at.clone() },
    })?;
    let geometry = geometry.filter(|polygons| !is_box(polygons, bbox));
    Ok(Region { id, name, description, bbox, geometry, point })
}

fn text(at: &RegionAt, properties: &Map<String, Value>, field: &'static str) -> Result<Option<String>, PlacesError> {
    match properties.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(PlacesError::NotText { at: at.clone(), field, found: kind_of(other) }),
    }
}

/// `[longitude, latitude]`, perhaps with an altitude; or an object with `lat` and `lon`, as results have it.
fn point(at: &RegionAt, value: Option<&Value>) -> Result<Option<LatLon>, PlacesError> {
    let point = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(position)) if position.len() >= 2 => (position[1].as_f64(), position[0].as_f64()),
        Some(value) => (value.get("lat").and_then(Value::as_f64), value.get("lon").and_then(Value::as_f64)),
    };
    match point {
        (Some(lat), Some(lon)) => Ok(Some(LatLon { lat, lon })),
        _ => Err(PlacesError::Point { at: at.clone() }),
    }
}

fn bbox(at: &RegionAt, numbers: &[f64]) -> Result<Bbox, PlacesError> {
    let bbox = match *numbers {
        [west, south, east, north] | [west, south, _, east, north, _] => Bbox { west, south, east, north },
        _ => return Err(PlacesError::BboxLength { at: at.clone(), found: numbers.len() }),
    };
    Ok(bbox.without_empty_part())
}

fn polygons(at: &RegionAt, geometry: Geometry) -> Result<Vec<Polygon>, PlacesError> {
    let coordinates = match geometry.value {
        GeometryValue::Polygon { coordinates } => vec![coordinates],
        GeometryValue::MultiPolygon { coordinates } => coordinates,
        other => return Err(PlacesError::GeometryType { at: at.clone(), found: other.type_name() }),
    };
    let polygons = coordinates.iter().enumerate().map(|(polygon, rings)| {
        let rings = rings.iter().enumerate().map(|(ring, positions)| {
            let short = || PlacesError::Ring { at: at.clone(), polygon, ring, fault: RingFault::ShortPosition };
            positions.iter().map(|position| lat_lon(position).ok_or_else(short)).collect()
        });
        Ok(Polygon { rings: rings.collect::<Result<_, PlacesError>>()? })
    });
    polygons.collect()
}

/// Longitude and latitude; an altitude is passed over.
fn lat_lon(position: &Position) -> Option<LatLon> {
    match *position.as_slice() {
        [lon, lat, ..] => Some(LatLon { lat, lon }),
        _ => None,
    }
}

/// The box around polygons; none where there are none.
fn around(polygons: &[Polygon]) -> Option<Bbox> {
    let boxes: Vec<Bbox> = polygons.iter().filter(|polygon| !polygon.rings.is_empty()).map(Polygon::bbox).collect();
    Bbox::around(&boxes)
}

/// Whether `polygons` are just the box, or its parts on both sides of the antimeridian.
fn is_box(polygons: &[Polygon], bbox: Bbox) -> bool {
    let is_part = |polygon: &Polygon, part: &Bbox| {
        let [ring] = polygon.rings.as_slice() else { return false };
        let corners = corners(*part);
        let backward: Vec<LatLon> = corners.iter().rev().copied().collect();
        // The same four corners from any start, in either direction.
        let turns = |corners: &[LatLon]| (0..4).any(|turn| (0..5).all(|i| ring[i] == corners[(i + turn) % 4]));
        ring.len() == 5 && (turns(&corners[..4]) || turns(&backward[..4]))
    };
    let parts = parts(bbox);
    parts.len() == polygons.len() && parts.iter().all(|part| polygons.iter().any(|polygon| is_part(polygon, part)))
}

/// The box, or its parts west and east of the antimeridian.
fn parts(bbox: Bbox) -> Vec<Bbox> {
    if bbox.crosses_antimeridian() {
        vec![Bbox { east: 180.0, ..bbox }, Bbox { west: -180.0, ..bbox }]
    } else {
        vec![bbox]
    }
}

/// The ring around a box, counterclockwise from the southwest: what is inside lies to the left, as for every outer ring.
fn corners(Bbox { west, south, east, north }: Bbox) -> [LatLon; 5] {
    [(west, south), (east, south), (east, north), (west, north), (west, south)].map(|(lon, lat)| LatLon { lat, lon })
}

/// All of `places`, indented.
pub(super) fn write(places: &Places) -> String {
    let boxes: Vec<Bbox> = places.regions.iter().map(|region| region.bbox).collect();
    let collection = FeatureCollection {
        bbox: Bbox::around(&boxes).map(Bbox::to_geojson),
        features: places.regions.iter().map(feature).collect(),
        foreign_members: Some(Map::from_iter([("prompt_template".to_owned(), json!(places.prompt_template))])),
    };
    serde_json::to_string_pretty(&collection).expect("texts and numbers under text keys always serialize")
}

fn feature(region: &Region) -> Feature {
    let position = |at: &LatLon| Position::from([at.lon, at.lat]);
    let as_box =
        || parts(region.bbox).into_iter().map(|part| Polygon { rings: vec![corners(part).to_vec()] }).collect();
    let polygons: Vec<Polygon> = region.geometry.clone().unwrap_or_else(as_box);
    let coordinates = polygons.iter().map(|polygon| {
        let rings = polygon.rings.iter().map(|ring| ring.iter().map(position).collect());
        rings.collect::<Vec<Vec<Position>>>()
    });
    let mut coordinates: Vec<_> = coordinates.collect();
    let geometry = match coordinates.len() {
        1 => GeometryValue::Polygon { coordinates: coordinates.remove(0) },
        _ => GeometryValue::MultiPolygon { coordinates },
    };
    let mut properties = Map::new();
    properties.insert("name".to_owned(), json!(region.name));
    properties.insert("description".to_owned(), json!(region.description));
    if let Some(LatLon { lat, lon }) = region.point {
        properties.insert("point".to_owned(), json!([lon, lat]));
    }
    Feature {
        bbox: Some(region.bbox.to_geojson()),
        geometry: Some(Geometry::new(geometry)),
        id: Some(Id::String(region.id.clone())),
        properties: Some(properties),
        foreign_members: None,
    }
}
