//! What can be wrong with a file of places, by who is at fault: the file as a whole, its prompt, one of its regions.
//!
//! Every message names the region, what was expected, what was found, and what to do.
//!
//! Proof: `tests/places/refuse.rs`.

use super::geo::{Bbox, LatLon};
use super::regions::{MAX_FILE_BYTES, MAX_REGIONS};

/// How much of an id a message shows, in characters.
const LONGEST_ID: usize = 60;

/// Which region of a file is meant: `features[3] (malibu)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionAt {
    /// The member of the file that lists the regions.
    pub list: &'static str,
    /// From 0.
    pub index: usize,
    /// Where it is known already.
    pub id: Option<String>,
}

impl std::fmt::Display for RegionAt {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}[{}]", self.list, self.index)?;
        match &self.id {
            Some(id) if id.chars().nth(LONGEST_ID).is_none() => write!(formatter, " (`{}`)", id.escape_debug()),
            Some(id) => {
                let start: String = id.chars().take(LONGEST_ID).collect();
                write!(formatter, " (`{}…`)", start.escape_debug())
            }
            None => Ok(()),
        }
    }
}

/// Why places could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PlacesError {
    #[error("the places are {found_bytes} bytes; expected at most {MAX_FILE_BYTES} (8 MB). Simplify the polygons")]
    FileTooLarge { found_bytes: usize },
    #[error(
        "the places are not JSON ({source}); expected a GeoJSON FeatureCollection. Check the file, or save it again"
    )]
    Json { source: serde_json::Error },
    #[error(
        "the places are {found}; expected a GeoJSON FeatureCollection with `features`, or an object with a list of \
         `regions`. Wrap the regions in one of them"
    )]
    UnknownFormat { found: String },
    #[error("the places have no region; expected one at least. Add a Feature for each region")]
    NoRegions,
    #[error("the places have {found} regions; expected at most {MAX_REGIONS}. Split the file")]
    TooManyRegions { found: usize },

    #[error("`prompt_template` is {found}; expected text such as \"A photo from {{name}}, {{description}}\"")]
    TemplateNotText { found: &'static str },
    #[error("`prompt_template` has {found} characters; expected at most {expected}. Shorten it")]
    TemplateTooLong { expected: usize, found: usize },
    #[error("`prompt_template` has the placeholder `{found}`; expected only {{name}} and {{description}}. Remove it")]
    TemplatePlaceholder { found: String },
    #[error("`prompt_template` has no placeholder; expected {{name}}, so that regions have different prompts. Add it")]
    TemplateWithoutPlaceholder,

    #[error("{at} is {found}; expected an object that describes a region. Replace or remove it")]
    NotAnObject { at: RegionAt, found: &'static str },
    #[error(
        "{at} is not a GeoJSON Feature ({source}). Give it a `type`, an `id`, a `bbox` or `geometry`, and `properties`"
    )]
    Feature { at: RegionAt, source: serde_json::Error },
    #[error(
        "{at} is not a region ({source}). Give it an `id`, a `name`, a `description` and a `bbox` with four `corners`"
    )]
    Region { at: RegionAt, source: serde_json::Error },
    #[error("{at} has no `id`; expected one beside `properties`, as text or a number. Add it")]
    NoId { at: RegionAt },
    #[error("{at} has the same `id` as number {first} of the list; expected different ones. Rename one")]
    DuplicateId { at: RegionAt, first: usize },
    #[error("{at} has no `{field}`; expected text that is not blank. Add it")]
    NoText { at: RegionAt, field: &'static str },
    #[error("{at}: `{field}` is {found}; expected text")]
    NotText { at: RegionAt, field: &'static str, found: &'static str },
    #[error("{at}: `{field}` has {found} characters; expected at most {expected}. Shorten it")]
    TextTooLong { at: RegionAt, field: &'static str, expected: usize, found: usize },
    #[error("{at}: `{field}` holds the control character {found:?}; expected a line of plain text. Remove it")]
    ControlCharacter { at: RegionAt, field: &'static str, found: char },

    #[error("{at} has neither `bbox` nor `geometry`; expected one of them. Add `bbox`: [west, south, east, north]")]
    NoArea { at: RegionAt },
    #[error("{at}: the geometry is a {found}; expected a Polygon or MultiPolygon. Use those, or `bbox` alone")]
    GeometryType { at: RegionAt, found: &'static str },
    #[error("{at}: `bbox` has {found} numbers; expected four, [west, south, east, north], or six with altitudes")]
    BboxLength { at: RegionAt, found: usize },
    #[error("{at}: `bbox` has {found} corners; expected four, each with `latitude` and `longitude`")]
    CornerCount { at: RegionAt, found: usize },
    #[error("{at}: {part} has latitude {} and longitude {}; expected -90 to 90 and -180 to 180. {}", found.lat, found.lon, remedy(*.found))]
    OutOfRange { at: RegionAt, part: &'static str, found: LatLon },
    #[error("{at}: south is {} and north is {}; expected south below north. Swap or widen them", found.south, found.north)]
    SouthNotBelowNorth { at: RegionAt, found: Bbox },
    #[error("{at}: west is {} and east is {}, the same meridian; expected a box with some width. Widen it", found.west, found.east)]
    NoWidth { at: RegionAt, found: Bbox },
    #[error(
        "{at}: west is {} and east is {}, {} degrees across the antimeridian; expected at most 180 where west is \
         greater than east. Swap them",
        found.west, found.east, found.width()
    )]
    WestEastSwapped { at: RegionAt, found: Bbox },
    #[error("{at}: polygon {polygon}, ring {ring} {fault}")]
    Ring { at: RegionAt, polygon: usize, ring: usize, fault: RingFault },
    #[error("{at}: the geometry has no polygon; expected one at least. Add it, or set the geometry to null")]
    NoPolygon { at: RegionAt },
    #[error(
        "{at}: `bbox` is {bbox}, and the geometry is elsewhere, in {geometry}; expected a box around the geometry. \
         Correct one of them, or leave out `bbox`"
    )]
    BboxElsewhere { at: RegionAt, bbox: Bbox, geometry: Bbox },
    #[error("{at}: `point` is not a position; expected [longitude, latitude]")]
    Point { at: RegionAt },
    #[error("{at}: `point` (latitude {}, longitude {}) is outside the box {bbox}; expected [longitude, latitude] inside it", found.lat, found.lon)]
    PointOutside { at: RegionAt, found: LatLon, bbox: Bbox },
}

impl PlacesError {
    /// The stable word for this part's errors in JavaScript.
    pub fn code(&self) -> &'static str {
        match self {
            Self::FileTooLarge { .. } | Self::TooManyRegions { .. } => "places_too_large",
            Self::Json { .. } | Self::UnknownFormat { .. } | Self::NoRegions => "places_format",
            Self::TemplateNotText { .. }
            | Self::TemplateTooLong { .. }
            | Self::TemplatePlaceholder { .. }
            | Self::TemplateWithoutPlaceholder => "places_prompt",
            _ => "places_region",
        }
    }
}

/// What is wrong with a polygon's ring.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum RingFault {
    #[error("has {found} positions; expected four at least, the last equal to the first. Draw it again")]
    TooShort { found: usize },
    #[error("has a position of fewer than two numbers; expected [longitude, latitude]. Draw it again")]
    ShortPosition,
    #[error("is not closed; expected the last position to equal the first. Repeat the first one at the end")]
    NotClosed,
    #[error("encloses nothing; expected some area. Draw it again, or leave it out")]
    NoArea,
    #[error("is missing; expected an outer ring first. Draw it, or leave the polygon out")]
    Missing,
}

fn remedy(found: LatLon) -> &'static str {
    if (LatLon { lat: found.lon, lon: found.lat }).is_valid() {
        "GeoJSON writes longitude first: swap the numbers"
    } else {
        "Correct the numbers"
    }
}
