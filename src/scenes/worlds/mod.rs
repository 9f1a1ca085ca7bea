//! The worlds: what each region has that no other has.
//!
//! In: a region's id.  Out: [`World`].
//! A world draws its far and middle distance and what it is known for; some of it is left out now and then, never so
//! much that nothing is left. The shared street before it is drawn by [`super::shared`], the same everywhere.
//!
//! - `downtown`: Downtown, Koreatown
//! - `boulevard`: Hollywood, West Hollywood
//! - `gardens`: Beverly Hills, Pasadena
//! - `beaches`: Santa Monica, Manhattan Beach
//! - `malibu`, `venice`: Malibu, Venice Beach
//! - `harbor`: Long Beach
//! - `slopes`: Griffith Park, Silver Lake
//! - `valleys`: Culver City, Santa Clarita

mod beaches;
mod boulevard;
mod downtown;
mod gardens;
mod harbor;
mod malibu;
mod slopes;
mod valleys;
mod venice;

use super::dice::Dice;
use super::stage::Stage;

/// What a region looks like.
pub(super) struct World {
    pub region_id: &'static str,
    /// Paints everything between the sky and what walks or drives before it.
    pub draw: fn(&mut Stage, &Dice),
}

/// All worlds, in the order of the built-in places.
pub(super) const WORLDS: [World; 15] = [
    World { region_id: "downtown_la", draw: downtown::downtown },
    World { region_id: "hollywood", draw: boulevard::hollywood },
    World { region_id: "beverly_hills", draw: gardens::beverly_hills },
    World { region_id: "santa_monica", draw: beaches::santa_monica },
    World { region_id: "venice_beach", draw: venice::venice_beach },
    World { region_id: "malibu", draw: malibu::malibu },
    World { region_id: "griffith_park", draw: slopes::griffith_park },
    World { region_id: "koreatown", draw: downtown::koreatown },
    World { region_id: "pasadena", draw: gardens::pasadena },
    World { region_id: "long_beach", draw: harbor::long_beach },
    World { region_id: "silver_lake", draw: slopes::silver_lake },
    World { region_id: "west_hollywood", draw: boulevard::west_hollywood },
    World { region_id: "manhattan_beach", draw: beaches::manhattan_beach },
    World { region_id: "culver_city", draw: valleys::culver_city },
    World { region_id: "santa_clarita", draw: valleys::santa_clarita },
];

/// The world of a region.
pub(super) fn of(region_id: &str) -> Option<&'static World> {
    WORLDS.iter().find(|world| world.region_id == region_id)
}
