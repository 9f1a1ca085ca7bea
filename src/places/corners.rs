//! The experiment's own list of regions: `{ "regions": [ { id, name, description, bbox: { corners } } ] }`.
//!
//! In: one of the regions as a JSON value.  Out: a [`Region`] whose area is its box.
//! A box has four `corners`, each with `latitude` and `longitude`, and perhaps a `name` such as `southwest`. Where all
//! four are named, the names say which sides are which, so that a box may cross the antimeridian; else the box is the
//! one around them. What the experiment needs for collecting photos (`sampling`, `output`, …) is passed over.
//!
//! Source: the experiment's `la_county_regions.json`. Proof: `tests/places/regions.rs`.

use serde::Deserialize;
use serde_json::Value;

use super::error::{PlacesError, RegionAt};
use super::geo::{Bbox, LatLon};
use super::regions::Region;

/// The member that lists the regions.
pub(super) const LIST: &str = "regions";

const NAMES: [&str; 4] = ["southeast", "southwest", "northwest", "northeast"];

#[derive(Deserialize)]
struct Entry {
    id: String,
    name: String,
    #[serde(default)]
    description: String,
    bbox: Corners,
}

#[derive(Deserialize)]
struct Corners {
    corners: Vec<Corner>,
}

#[derive(Deserialize)]
struct Corner {
    name: Option<String>,
    latitude: f64,
    longitude: f64,
}

/// The region of one entry; `at` learns its id.
pub(super) fn region(at: &mut RegionAt, value: Value) -> Result<Region, PlacesError> {
    at.id = value.get("id").and_then(|id| id.as_str().map(str::to_owned));
    let entry: Entry =
        serde_json::from_value(value).map_err(|source| PlacesError::Region { at: at.clone(), source })?;
    let bbox = bbox(at, &entry.bbox.corners)?;
    let Entry { id, name, description, .. } = entry;
    Ok(Region { id, name, description, bbox, geometry: None, point: None })
}

fn bbox(at: &RegionAt, corners: &[Corner]) -> Result<Bbox, PlacesError> {
    if corners.len() != 4 {
        return Err(PlacesError::CornerCount { at: at.clone(), found: corners.len() });
    }
    for corner in corners {
        let found = LatLon { lat: corner.latitude, lon: corner.longitude };
        if !found.is_valid() {
            return Err(PlacesError::OutOfRange { at: at.clone(), part: "a corner of `bbox`", found });
        }
    }
    let is = |corner: &Corner, word: &str| corner.name.as_deref().is_some_and(|name| name.contains(word));
    let named = NAMES.iter().all(|name| corners.iter().filter(|corner| is(corner, name)).count() == 1);
    // Unnamed corners count for every side.
    let side = |word| corners.iter().filter(move |corner| !named || is(corner, word));
    let least = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::MAX, f64::min);
    let most = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::MIN, f64::max);
    let bbox = Bbox {
        west: least(&mut side("west").map(|corner| corner.longitude)),
        south: least(&mut side("south").map(|corner| corner.latitude)),
        east: most(&mut side("east").map(|corner| corner.longitude)),
        north: most(&mut side("north").map(|corner| corner.latitude)),
    };
    Ok(bbox.without_empty_part())
}
