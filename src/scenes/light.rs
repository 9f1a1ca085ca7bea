//! Hour, weather and season, and what they do to every color.
//!
//! In: dice.  Out: [`Light`]: the sun, the sky's colors, the light on things, the air between.
//! A thing's color is multiplied by the light, then lost in the haze by how far away it is.

use super::dice::Dice;
use super::ink::Ink;
use super::tuning;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hour {
    Day,
    Golden,
    Dusk,
    Night,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weather {
    Clear,
    Cloudy,
    Overcast,
    Fog,
    Rain,
}

/// What decides the color of hills, lawns and leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Season {
    Green,
    Gold,
    Brown,
}

pub(super) struct Light {
    pub hour: Hour,
    pub weather: Weather,
    pub season: Season,
    pub zenith: Ink,
    pub horizon: Ink,
    /// Which side of a thing is in shade: −1 left, 1 right.
    pub shade_side: f32,
    /// How many windows are lit, 0 … 1.
    pub lamps: f32,
    ambient: Ink,
    haze: f32,
}

impl Light {
    pub fn new(dice: &Dice) -> Self {
        let hour = one_of(dice, tuning::HOURS, [Hour::Day, Hour::Golden, Hour::Dusk, Hour::Night]);
        let weathers = [Weather::Clear, Weather::Cloudy, Weather::Overcast, Weather::Fog, Weather::Rain];
        let weather = one_of(dice, tuning::WEATHERS, weathers);
        let (zenith, horizon) = sky_inks(dice, hour, weather);
        let (low, high) = if weather == Weather::Fog { tuning::HAZE_FOG } else { tuning::HAZE_CLEAR };
        Self {
            hour,
            weather,
            season: dice.pick(&[Season::Green, Season::Gold, Season::Brown]),
            zenith,
            horizon,
            shade_side: dice.sign(),
            lamps: match hour {
                Hour::Day => 0.0,
                Hour::Golden => dice.range(0.0, 0.15),
                Hour::Dusk => dice.range(0.25, 0.6),
                Hour::Night => dice.range(0.4, 0.75),
            },
            ambient: ambient(dice, hour, weather),
            haze: dice.range(low, high),
        }
    }

    pub fn is_dark(&self) -> bool {
        matches!(self.hour, Hour::Dusk | Hour::Night)
    }

    /// What a color looks like at `depth`, 0 at the camera to 1 at the horizon.
    pub fn tint(&self, ink: Ink, depth: f32) -> Ink {
        ink.lit_by(self.ambient).mix(self.horizon, (self.haze * depth).min(0.9))
    }

    /// What something that shines looks like at `depth`.
    pub fn shine(&self, ink: Ink, depth: f32) -> Ink {
        ink.mix(self.horizon, self.haze * depth * 0.5)
    }

    /// Grass and shrubs: green after rain, gold in summer, brown after it.
    pub fn vegetation(&self, dice: &Dice) -> Ink {
        match self.season {
            Season::Green => Ink::hsl(dice.range(75.0, 130.0), dice.range(0.25, 0.5), dice.range(0.3, 0.45)),
            Season::Gold => Ink::hsl(dice.range(36.0, 58.0), dice.range(0.3, 0.55), dice.range(0.45, 0.62)),
            Season::Brown => Ink::hsl(dice.range(20.0, 42.0), dice.range(0.15, 0.35), dice.range(0.36, 0.52)),
        }
    }

    /// Leaves that are watered: green at any time of the year.
    pub fn leaves(&self, dice: &Dice) -> Ink {
        let lightness = if self.season == Season::Green { 0.36 } else { 0.30 };
        Ink::hsl(dice.range(70.0, 150.0), dice.range(0.2, 0.5), dice.around(lightness, 0.09))
    }
}

fn one_of<T: Copy, const N: usize>(dice: &Dice, shares: [f32; N], choices: [T; N]) -> T {
    let mut left = dice.unit() * shares.iter().sum::<f32>();
    for (share, choice) in shares.into_iter().zip(choices) {
        if left < share {
            return choice;
        }
        left -= share;
    }
    choices[0]
}

fn sky_inks(dice: &Dice, hour: Hour, weather: Weather) -> (Ink, Ink) {
    let (zenith, horizon) = match hour {
        Hour::Day => {
            let hue = dice.range(190.0, 225.0);
            (
                Ink::hsl(hue, dice.range(0.35, 0.75), dice.range(0.45, 0.68)),
                Ink::hsl(dice.range(20.0, 230.0), dice.range(0.1, 0.4), dice.range(0.78, 0.9)),
            )
        }
        Hour::Golden => (
            Ink::hsl(dice.range(180.0, 250.0), dice.range(0.2, 0.5), dice.range(0.5, 0.68)),
            Ink::hsl(dice.range(18.0, 50.0), dice.range(0.55, 0.95), dice.range(0.65, 0.8)),
        ),
        Hour::Dusk => (
            Ink::hsl(dice.range(215.0, 290.0), dice.range(0.3, 0.6), dice.range(0.25, 0.42)),
            Ink::hsl(dice.range(330.0, 395.0), dice.range(0.4, 0.85), dice.range(0.5, 0.68)),
        ),
        Hour::Night => (
            Ink::hsl(dice.range(215.0, 265.0), dice.range(0.3, 0.65), dice.range(0.07, 0.16)),
            Ink::hsl(dice.range(200.0, 380.0), dice.range(0.15, 0.5), dice.range(0.18, 0.34)),
        ),
    };
    let cover = match weather {
        Weather::Clear | Weather::Cloudy => 0.0,
        Weather::Overcast => 0.75,
        Weather::Fog => 0.85,
        Weather::Rain => 0.8,
    };
    let lightness = match hour {
        Hour::Day => dice.range(0.66, 0.84),
        Hour::Golden => dice.range(0.6, 0.75),
        Hour::Dusk => dice.range(0.38, 0.5),
        Hour::Night => dice.range(0.15, 0.24),
    };
    let cloud = Ink::hsl(dice.range(190.0, 260.0), dice.range(0.02, 0.14), lightness);
    (zenith.mix(cloud.darker(0.15), cover), horizon.mix(cloud, cover))
}

fn ambient(dice: &Dice, hour: Hour, weather: Weather) -> Ink {
    let light = match hour {
        Hour::Day => Ink { red: 1.04, green: 1.02, blue: 0.98 },
        Hour::Golden => Ink { red: 1.12, green: 0.93, blue: 0.72 },
        Hour::Dusk => Ink { red: 0.74, green: 0.64, blue: 0.72 },
        Hour::Night => Ink { red: 0.48, green: 0.51, blue: 0.64 },
    };
    let dull = match weather {
        Weather::Clear | Weather::Cloudy => 1.0,
        Weather::Overcast | Weather::Fog => 0.9,
        Weather::Rain => 0.8,
    };
    let strength = dull * dice.around(1.0, 0.1);
    Ink { red: light.red * strength, green: light.green * strength, blue: light.blue * strength }
}
