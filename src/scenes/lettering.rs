//! Letters, as painted signs have them: strokes between points of a grid.
//!
//! In: capital Latin letters, digits, or syllables of [`SYLLABLES`].  Out: lines on the stage.
//! A letter is a list of strokes; a stroke is a list of points `xy` of a grid 2 wide and 4 high (syllables: 4 and 6).
//! Lettering is never mirrored, even where the picture is.

use super::dice::Dice;
use super::ink::Ink;
use super::shape::At;
use super::stage::Stage;

/// Korean syllables, from words on signs: noodles, song, room, rice, house, meat.
pub(super) const SYLLABLES: [&str; 6] = [
    "064645 0444 2423 024240",               // guk
    "060444 2321 0141",                      // no
    "06032326 0525 3632 3545 1122312011",    // bang
    "06032326 0525 3632 3545 02003032 0131", // bap
    "0626 1603 1623 4643 02003032 0131",     // jip
    "064644 2321 0141",                      // go
];

/// Words that may stand over any shop of the county.
const WORDS: [&str; 14] = [
    "CAFE", "TACOS", "BOOKS", "PIZZA", "DELI", "PHO", "SURF", "VINYL", "BAKERY", "NAILS", "TOYS", "OPTIC", "HOTEL",
    "YOGA",
];

pub(super) fn shop_word(dice: &Dice) -> &'static str {
    dice.pick(&WORDS)
}

/// How a text is painted.
#[derive(Clone, Copy)]
pub(super) struct Pen {
    pub ink: Ink,
    /// The stroke's width, as a share of the letters' height.
    pub weight: f32,
    pub glows: bool,
}

/// A line of text in the box with its lower left corner at `corner`.
pub(super) fn text(stage: &mut Stage, words: &str, corner: At, size: (f32, f32), pen: Pen) {
    let letters = words.chars().count().max(1) as f32;
    let advance = size.0 / letters;
    for (index, letter) in words.chars().enumerate() {
        let place = if stage.mirrored { letters - 1.0 - index as f32 } else { index as f32 };
        let x = corner.0 + advance * (place + 0.14);
        glyph(stage, strokes(letter), (x, corner.1), (advance * 0.72, size.1), (2.0, 4.0), pen);
    }
}

/// One Korean syllable in a box.
pub(super) fn syllable(stage: &mut Stage, strokes: &str, corner: At, size: (f32, f32), pen: Pen) {
    glyph(stage, strokes, corner, size, (4.0, 6.0), pen);
}

fn glyph(stage: &mut Stage, strokes: &str, corner: At, size: (f32, f32), grid: (f32, f32), pen: Pen) {
    for stroke in strokes.split(' ') {
        let digits: Vec<f32> = stroke.bytes().map(|digit| f32::from(digit.saturating_sub(b'0'))).collect();
        let points: Vec<At> = digits
            .chunks_exact(2)
            .map(|point| {
                let share = point[0] / grid.0;
                let share = if stage.mirrored { 1.0 - share } else { share };
                (corner.0 + size.0 * share, corner.1 + size.1 * point[1] / grid.1)
            })
            .collect();
        if pen.glows {
            stage.glow_line(&points, pen.weight * size.1, pen.ink);
        } else {
            stage.line(&points, pen.weight * size.1, pen.ink);
        }
    }
}

fn strokes(letter: char) -> &'static str {
    match letter {
        'A' => "0003142320 0222",
        'B' => "000414231202 12211000",
        'C' => "24040020",
        'D' => "00041423211000",
        'E' => "24040020 0212",
        'F' => "240400 0212",
        'G' => "240400202212",
        'H' => "0004 2024 0222",
        'I' => "1014",
        'J' => "24211001",
        'K' => "0004 240220",
        'L' => "040020",
        'M' => "0004122420",
        'N' => "00042024",
        'O' => "0004242000",
        'P' => "0004242202",
        'Q' => "0004242000 1120",
        'R' => "0004242202 1220",
        'S' => "240402222000",
        'T' => "0424 1410",
        'U' => "04002024",
        'V' => "041024",
        'W' => "0400122024",
        'X' => "0024 0420",
        'Y' => "041224 1210",
        'Z' => "04240020",
        '1' => "0314 1410 0020",
        '2' => "042422022000 0020",
        '3' => "04242000 0222",
        '4' => "040222 2420",
        '5' => "240402222000",
        '6' => "240400202202",
        '7' => "042410",
        '8' => "0004242000 0222",
        '9' => "220204242000",
        _ => "",
    }
}
