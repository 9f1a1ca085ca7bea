//! Colors, before light falls on them.
//!
//! In: hue, saturation and lightness, or six hexadecimal digits.  Out: [`Ink`], sRGB, each part 0 … 1.
//! The mixtures are those of a painter, not of physics: they are taken in sRGB, where they look even.
//!
//! Proof: `tests/scenes.rs`, where colors alone must not give a region away.

use super::dice::Dice;

/// A color.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ink {
    pub red: f32,
    pub green: f32,
    pub blue: f32,
}

pub(super) const WHITE: Ink = Ink::hex(0xF4_F2_EC);
pub(super) const BLACK: Ink = Ink::hex(0x16_18_1C);
pub(super) const ASPHALT: Ink = Ink::hex(0x55_57_5C);
pub(super) const CONCRETE: Ink = Ink::hex(0xB4_B0_A8);
pub(super) const GLASS: Ink = Ink::hex(0x3C_4C_5C);
pub(super) const LAMP: Ink = Ink::hex(0xFF_D8_8A);
pub(super) const WOOD: Ink = Ink::hex(0x80_5E_42);
pub(super) const STEEL: Ink = Ink::hex(0x8A_92_98);

impl Ink {
    /// `0xRRGGBB`.
    pub const fn hex(hex: u32) -> Self {
        Self {
            red: ((hex >> 16) & 0xFF) as f32 / 255.0,
            green: ((hex >> 8) & 0xFF) as f32 / 255.0,
            blue: (hex & 0xFF) as f32 / 255.0,
        }
    }

    pub const fn gray(lightness: f32) -> Self {
        Self { red: lightness, green: lightness, blue: lightness }
    }

    /// Hue in degrees; saturation and lightness 0 … 1.
    pub fn hsl(hue: f32, saturation: f32, lightness: f32) -> Self {
        let amplitude = saturation * lightness.min(1.0 - lightness);
        let part = |n: f32| {
            let k = (n + hue / 30.0).rem_euclid(12.0);
            lightness - amplitude * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0)
        };
        Self { red: part(0.0), green: part(8.0), blue: part(4.0) }
    }

    fn map2(self, other: Self, part: impl Fn(f32, f32) -> f32) -> Self {
        Self { red: part(self.red, other.red), green: part(self.green, other.green), blue: part(self.blue, other.blue) }
    }

    /// `share` of `other`, 0 … 1, and the rest of this.
    pub fn mix(self, other: Self, share: f32) -> Self {
        self.map2(other, |a, b| a + (b - a) * share)
    }

    /// Under a colored light.
    pub fn lit_by(self, light: Self) -> Self {
        self.map2(light, |a, b| (a * b).min(1.0))
    }

    pub fn lighter(self, share: f32) -> Self {
        self.mix(Self::gray(1.0), share)
    }

    pub fn darker(self, share: f32) -> Self {
        self.mix(Self::gray(0.0), share)
    }
}

/// A painted wall: any hue, mostly pale, as on any street of the county.
pub(super) fn wall(dice: &Dice) -> Ink {
    let (hue, lightness) = (dice.range(0.0, 360.0), dice.range(0.45, 0.9));
    Ink::hsl(if dice.chance(0.5) { dice.range(15.0, 55.0) } else { hue }, dice.range(0.05, 0.5), lightness)
}

/// Something bright: a car, a sign, an awning, a shirt.
pub(super) fn bright(dice: &Dice) -> Ink {
    Ink::hsl(dice.range(0.0, 360.0), dice.range(0.45, 0.85), dice.range(0.38, 0.62))
}

/// A roof: tile, slate, shingle.
pub(super) fn roof(dice: &Dice) -> Ink {
    let hue = if dice.chance(0.6) { dice.range(5.0, 30.0) } else { dice.range(180.0, 260.0) };
    Ink::hsl(hue, dice.range(0.08, 0.5), dice.range(0.25, 0.5))
}

/// White, cream, or any pale tone: what landmarks are built of.
pub(super) fn pale(dice: &Dice) -> Ink {
    Ink::hsl(dice.range(0.0, 360.0), dice.range(0.02, 0.25), dice.range(0.78, 0.93))
}
