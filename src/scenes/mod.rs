//! Drawn scenes: street-view-like pictures of the regions, labelled, for a data set that anyone may share.
//!
//! In: a region, a number, a seed.  Out: [`Scene`]: RGB pixels and the place where it "was taken"; and, by [`write`],
//! a folder of JPEG files with EXIF GPS, a table and a contact sheet.
//!
//! A picture depends on its seed, its region's id and box or polygon, and its number; never on how many are drawn, or
//! by how many threads. It is painted from far to near: sky, land, what the region is known for, street, cars, people,
//! weather; then the camera adds its faults. Colors stray so far with hour, weather, season and camera that they say
//! little: shapes tell where a picture was taken. One in eight is hard on purpose, and shows only what all regions share.
//!
//! - `dice`, `tuning`: chance, and how much of it
//! - `shape`, `stage`, `ink`, `light`: outlines, the picture being painted, colors, and the light on them
//! - `sky`, `land`, `plants`, `buildings`, `facades`, `street`, `lettering`, `shared`: what all regions have
//! - `worlds`: what each region has alone
//! - `camera`: colors, focus, noise;  `location`: a point of a region
//! - `write`: the folder;  `exif_block`: the place in a JPEG's header;  `contact_sheet`: all regions at a glance
//!
//! Source: own drawings, by tiny-skia. Proof: `tests/scenes.rs`.

mod buildings;
mod camera;
mod contact_sheet;
mod dice;
mod error;
mod exif_block;
mod facades;
mod ink;
mod land;
mod lettering;
mod light;
mod location;
mod plants;
mod shape;
mod shared;
mod sky;
mod stage;
mod street;
mod tuning;
mod worlds;
mod write;

pub use error::ScenesError;
pub use write::{Written, write};

use crate::places::Region;
use crate::places::geo::LatLon;
use dice::Dice;
use stage::Stage;

/// A drawn picture.
pub struct Scene {
    /// Red, green, blue, row by row from the top left: `height × width × 3` bytes.
    pub rgb: Vec<u8>,
    pub width: u32,
    pub height: u32,
    /// Somewhere in its region.
    pub taken_at: LatLon,
    /// Whether it shows nothing of its region's own.
    pub hard: bool,
}

/// The picture of a region with the number `index`.
///
/// # Errors
/// A region without a world, or without room for a point.
pub fn draw(region: &Region, index: u32, seed: u64) -> Result<Scene, ScenesError> {
    let world = worlds::of(&region.id).ok_or_else(|| unknown(region))?;
    // Its own dice for each purpose, so that a change of one leaves the others as they were.
    let dice = |purpose| Dice::new(purpose, seed, &region.id, index);
    let taken_at = taken_at(region, index, seed)?;
    let hard = is_hard(region, index, seed);
    let mut stage = Stage::new(&dice("view"))?;
    let painting = dice("painting");
    sky::sky(&mut stage, &painting);
    if hard {
        shared::anywhere(&mut stage, &painting)
    } else {
        (world.draw)(&mut stage, &painting)
    }
    sky::rain(&mut stage, &painting);
    let (rgb, width, height) = stage.into_rgb();
    let rgb = camera::expose(rgb, width, height, &dice("camera"));
    Ok(Scene { rgb, width, height, taken_at, hard })
}

/// Where the picture of a region with the number `index` was "taken": a random point of its area.
///
/// # Errors
/// [`ScenesError::NoRoom`] where the area is too small a part of its box to be found.
pub fn taken_at(region: &Region, index: u32, seed: u64) -> Result<LatLon, ScenesError> {
    location::inside(region, &Dice::new("location", seed, &region.id, index))
}

/// Whether the picture of a region with the number `index` is hard: one of each eight is; the dice say which.
pub fn is_hard(region: &Region, index: u32, seed: u64) -> bool {
    let every = tuning::HARD_EVERY;
    let dice = Dice::new("hard", seed, &region.id, index / every);
    dice.count(0, every - 1) == index % every
}

/// The ids of the regions that have a world.
pub fn known_region_ids() -> impl Iterator<Item = &'static str> {
    worlds::WORLDS.iter().map(|world| world.region_id)
}

fn unknown(region: &Region) -> ScenesError {
    let known: Vec<&str> = known_region_ids().collect();
    ScenesError::UnknownRegion { region_id: region.id.clone(), known: known.join(", ") }
}
