//! The places that a photo is compared with: regions, and the prompt that describes them to CLIP.
//!
//! In: GeoJSON, or the experiment's list of regions with four corners; as text of at most 8 MB.  Out: [`Places`].
//! What is wrong with a file is an error that names the region; nothing is guessed, and nothing is left out in silence.
//!
//! The hash of the prompts is the SHA-256 of: the number of prompts as a little-endian `u64`; then for each prompt, in
//! order, its length in bytes as a little-endian `u64`, and its UTF-8 bytes. No two lists of prompts share these bytes.
//!
//! Source: RFC 7946 (`geojson`); the experiment's `la_county_regions.json` (`corners`).
//! Proof: `tests/places/regions.rs`.

use std::collections::HashMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::error::{PlacesError, RegionAt, RingFault};
use super::geo::{Bbox, LatLon};
use super::prompt;
use super::{corners, geojson};

/// The largest file, in bytes: 8 MB.
pub const MAX_FILE_BYTES: usize = 8_000_000;
/// The most regions of one file.
pub const MAX_REGIONS: usize = 10_000;
/// The longest texts, in characters. CLIP itself reads about 60 words.
pub const MAX_ID_CHARS: usize = 200;
pub const MAX_NAME_CHARS: usize = 200;
pub const MAX_DESCRIPTION_CHARS: usize = 2_000;
pub const MAX_TEMPLATE_CHARS: usize = 2_000;

/// How far a `point` may lie outside its box, in degrees: the rounding of either.
const POINT_SLACK: f64 = 1e-4;

/// Regions, in the file's order.
#[derive(Debug, Clone, PartialEq)]
pub struct Places {
    /// With `{name}` and `{description}`.
    pub prompt_template: String,
    pub regions: Vec<Region>,
}

/// An area with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// Different from every other region's.
    pub id: String,
    pub name: String,
    /// What a photo taken there shows; may be empty.
    pub description: String,
    pub bbox: Bbox,
    /// The area, where it is not just the box.
    pub geometry: Option<Vec<Polygon>>,
    /// A point for a label, where the box's center is not a good one.
    pub point: Option<LatLon>,
}

/// An outer ring, and the rings of its holes; each ends with the point it starts with.
#[derive(Debug, Clone, PartialEq)]
pub struct Polygon {
    pub rings: Vec<Vec<LatLon>>,
}

impl Places {
    /// The places in a GeoJSON FeatureCollection, or in the experiment's list of regions.
    ///
    /// # Errors
    /// [`PlacesError`] where the file, its prompt or one of its regions is not as expected.
    pub fn from_json(json: &str) -> Result<Self, PlacesError> {
        if json.len() > MAX_FILE_BYTES {
            return Err(PlacesError::FileTooLarge { found_bytes: json.len() });
        }
        // Some editors start a file with a byte order mark.
        let json = json.strip_prefix('\u{feff}').unwrap_or(json);
        let file: Value = serde_json::from_str(json).map_err(|source| PlacesError::Json { source })?;
        let Value::Object(mut members) = file else {
            return match file {
                Value::Array(values) => Self::from_values(corners::LIST, None, values),
                other => Err(unknown_format(&other)),
            };
        };
        let is_geojson = members.get("type").is_some_and(|kind| kind == "FeatureCollection");
        let list = if is_geojson { geojson::LIST } else { corners::LIST };
        let template = members.remove("prompt_template");
        match members.remove(list) {
            Some(Value::Array(values)) => Self::from_values(list, template, values),
            _ => Err(unknown_format(&Value::Object(members))),
        }
    }

    fn from_values(list: &'static str, template: Option<Value>, values: Vec<Value>) -> Result<Self, PlacesError> {
        let prompt_template = checked_template(template)?;
        match values.len() {
            0 => return Err(PlacesError::NoRegions),
            found if found > MAX_REGIONS => return Err(PlacesError::TooManyRegions { found }),
            _ => {}
        }
        let read = if list == geojson::LIST { geojson::region } else { corners::region };
        let mut regions: Vec<Region> = Vec::with_capacity(values.len());
        let mut indices: HashMap<String, usize> = HashMap::new();
        for (index, value) in values.into_iter().enumerate() {
            let mut at = RegionAt { list, index, id: None };
            if !value.is_object() {
                return Err(PlacesError::NotAnObject { at, found: kind_of(&value) });
            }
            let region = read(&mut at, value)?;
            check(&at, &region)?;
            if prompt::placeholders(&prompt_template) == (false, true) && region.description.trim().is_empty() {
                return Err(PlacesError::NoText { at, field: "description" });
            }
            if let Some(first) = indices.insert(region.id.clone(), index) {
                return Err(PlacesError::DuplicateId { at, first });
            }
            regions.push(region);
        }
        Ok(Self { prompt_template, regions })
    }

    /// The prompts, one for each region.
    pub fn prompts(&self) -> Vec<String> {
        let fill = |region: &Region| prompt::prompt(&self.prompt_template, &region.name, &region.description);
        self.regions.iter().map(fill).collect()
    }

    /// The hash of [`Self::prompts`], 64 lower-case hexadecimal digits; the module says of what. Embeddings that were
    /// made from other prompts are known by it.
    pub fn prompts_sha256(&self) -> String {
        let mut hash = Sha256::new();
        hash.update((self.regions.len() as u64).to_le_bytes());
        for prompt in self.prompts() {
            hash.update((prompt.len() as u64).to_le_bytes());
            hash.update(prompt.as_bytes());
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The places as GeoJSON, which [`Self::from_json`] reads as the same places.
    pub fn to_geojson(&self) -> String {
        geojson::write(self)
    }
}

impl Region {
    /// The center of the box, for which the region stands, as in the experiment.
    pub fn centroid(&self) -> LatLon {
        self.bbox.center()
    }
}

impl Polygon {
    /// The box around the outer ring. An outer ring does not cross the antimeridian (RFC 7946, section 3.1.9).
    pub fn bbox(&self) -> Bbox {
        let empty = Bbox { west: f64::MAX, south: f64::MAX, east: f64::MIN, north: f64::MIN };
        self.rings.iter().take(1).flatten().fold(empty, |bbox, at| Bbox {
            west: bbox.west.min(at.lon),
            south: bbox.south.min(at.lat),
            east: bbox.east.max(at.lon),
            north: bbox.north.max(at.lat),
        })
    }

    /// The edges of all rings.
    pub fn edges(&self) -> impl Iterator<Item = [LatLon; 2]> {
        self.rings.iter().flat_map(|ring| ring.windows(2).map(|edge| [edge[0], edge[1]]))
    }
}

fn unknown_format(found: &Value) -> PlacesError {
    let kind = found.get("type").and_then(Value::as_str);
    let found = match kind {
        Some(kind) => format!("an object of type `{}`", kind.chars().take(40).collect::<String>()),
        None => kind_of(found).to_owned(),
    };
    PlacesError::UnknownFormat { found }
}

fn checked_template(template: Option<Value>) -> Result<String, PlacesError> {
    let template = match template {
        None | Some(Value::Null) => return Ok(prompt::DEFAULT_TEMPLATE.to_owned()),
        Some(Value::String(template)) => template,
        Some(other) => return Err(PlacesError::TemplateNotText { found: kind_of(&other) }),
    };
    let found = template.chars().count();
    if found > MAX_TEMPLATE_CHARS {
        return Err(PlacesError::TemplateTooLong { expected: MAX_TEMPLATE_CHARS, found });
    }
    if let Some(found) = prompt::unknown_placeholder(&template) {
        return Err(PlacesError::TemplatePlaceholder { found: found.to_owned() });
    }
    if prompt::placeholders(&template) == (false, false) {
        return Err(PlacesError::TemplateWithoutPlaceholder);
    }
    Ok(template)
}

/// What a JSON value is, in words.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn check(at: &RegionAt, region: &Region) -> Result<(), PlacesError> {
    check_text(at, "id", &region.id, MAX_ID_CHARS)?;
    check_text(at, "name", &region.name, MAX_NAME_CHARS)?;
    let found = region.description.chars().count();
    if found > MAX_DESCRIPTION_CHARS {
        let expected = MAX_DESCRIPTION_CHARS;
        return Err(PlacesError::TextTooLong { at: at.clone(), field: "description", expected, found });
    }
    check_bbox(at, region.bbox)?;
    if let Some(polygons) = &region.geometry {
        check_geometry(at, region.bbox, polygons)?;
    }
    match region.point {
        Some(found) if !found.is_valid() => Err(PlacesError::OutOfRange { at: at.clone(), part: "`point`", found }),
        Some(found) if !region.bbox.contains(found, POINT_SLACK) => {
            Err(PlacesError::PointOutside { at: at.clone(), found, bbox: region.bbox })
        }
        _ => Ok(()),
    }
}

/// Ids and names are shown in lines of text.
fn check_text(at: &RegionAt, field: &'static str, text: &str, expected: usize) -> Result<(), PlacesError> {
    if text.trim().is_empty() {
        return Err(PlacesError::NoText { at: at.clone(), field });
    }
    if let Some(found) = text.chars().find(|character| character.is_control()) {
        return Err(PlacesError::ControlCharacter { at: at.clone(), field, found });
    }
    let found = text.chars().count();
    if found > expected {
        return Err(PlacesError::TextTooLong { at: at.clone(), field, expected, found });
    }
    Ok(())
}

fn check_bbox(at: &RegionAt, found: Bbox) -> Result<(), PlacesError> {
    let at = at.clone();
    let ends = [LatLon { lat: found.south, lon: found.west }, LatLon { lat: found.north, lon: found.east }];
    if let Some(&found) = ends.iter().find(|end| !end.is_valid()) {
        return Err(PlacesError::OutOfRange { at, part: "`bbox`", found });
    }
    if found.south >= found.north {
        return Err(PlacesError::SouthNotBelowNorth { at, found });
    }
    if found.width() == 0.0 {
        return Err(PlacesError::NoWidth { at, found });
    }
    if found.crosses_antimeridian() && found.width() > 180.0 {
        return Err(PlacesError::WestEastSwapped { at, found });
    }
    Ok(())
}

fn check_geometry(at: &RegionAt, bbox: Bbox, polygons: &[Polygon]) -> Result<(), PlacesError> {
    for (polygon_index, polygon) in polygons.iter().enumerate() {
        let fault = |ring, fault| PlacesError::Ring { at: at.clone(), polygon: polygon_index, ring, fault };
        if polygon.rings.is_empty() {
            return Err(fault(0, RingFault::Missing));
        }
        for (ring_index, ring) in polygon.rings.iter().enumerate() {
            if let Some(&found) = ring.iter().find(|position| !position.is_valid()) {
                return Err(PlacesError::OutOfRange { at: at.clone(), part: "`geometry`", found });
            }
            ring_fault(ring).map_or(Ok(()), |found| Err(fault(ring_index, found)))?;
        }
    }
    let boxes: Vec<Bbox> = polygons.iter().map(Polygon::bbox).collect();
    let geometry = Bbox::around(&boxes).ok_or_else(|| PlacesError::NoPolygon { at: at.clone() })?;
    if boxes.iter().any(|part| part.meets(bbox, 0.0)) {
        Ok(())
    } else {
        Err(PlacesError::BboxElsewhere { at: at.clone(), bbox, geometry })
    }
}

fn ring_fault(ring: &[LatLon]) -> Option<RingFault> {
    if ring.len() < 4 {
        return Some(RingFault::TooShort { found: ring.len() });
    }
    if ring.first() != ring.last() {
        return Some(RingFault::NotClosed);
    }
    // Seen from its first point, so that a small ring far from (0°, 0°) keeps its digits.
    let (lat, lon) = (ring[0].lat, ring[0].lon);
    let twice = |a: LatLon, b: LatLon| (a.lon - lon) * (b.lat - lat) - (b.lon - lon) * (a.lat - lat);
    let area: f64 = ring.windows(2).map(|edge| twice(edge[0], edge[1])).sum();
    // A figure eight may have no net area; a line or a point has no triangle with any.
    let is_line = ring.windows(2).all(|edge| twice(edge[0], edge[1]) == 0.0);
    (area == 0.0 && is_line).then_some(RingFault::NoArea)
}
