//! The contact sheet: a row of small pictures for each region, hard ones at the end of it.
//!
//! In: regions, how many pictures each has, the seed.  Out: one picture, for a person to judge the rest by.

use image::{RgbImage, imageops};
use rayon::prelude::*;

use crate::places::Region;

use super::{Scene, ScenesError, draw, is_hard};

const COLUMNS: usize = 8;
/// How many of a row's pictures are hard, where there are any.
const HARD: usize = 1;
const THUMB_PX: u32 = 160;
const GAP_PX: u32 = 4;

pub(super) fn contact_sheet(regions: &[Region], per_region: u32, seed: u64) -> Result<RgbImage, ScenesError> {
    let step = THUMB_PX + GAP_PX;
    let rows = u32::try_from(regions.len()).expect("a file has at most 10,000 regions");
    let mut sheet =
        RgbImage::from_pixel(step * COLUMNS as u32 + GAP_PX, step * rows + GAP_PX, image::Rgb([250, 248, 244]));
    let shown: Vec<(usize, usize, u32)> = regions
        .iter()
        .enumerate()
        .flat_map(|(row, region)| {
            let indices = chosen(region, per_region, seed);
            indices.into_iter().enumerate().map(move |(column, index)| (row, column, index))
        })
        .collect();
    let thumbs: Vec<RgbImage> = shown
        .par_iter()
        .map(|&(row, _, index)| draw(&regions[row], index, seed).map(thumb))
        .collect::<Result<_, _>>()?;
    for ((row, column, _), thumb) in shown.into_iter().zip(&thumbs) {
        let (x, y) = (GAP_PX + step * column as u32, GAP_PX + step * row as u32);
        imageops::replace(&mut sheet, thumb, i64::from(x), i64::from(y));
    }
    Ok(sheet)
}

/// The first pictures of a region that are not hard, then the first that are.
fn chosen(region: &Region, per_region: u32, seed: u64) -> Vec<u32> {
    let hard: Vec<u32> = (0..per_region).filter(|&index| is_hard(region, index, seed)).take(HARD).collect();
    let normal = (0..per_region).filter(|&index| !is_hard(region, index, seed)).take(COLUMNS - hard.len());
    normal.chain(hard.iter().copied()).collect()
}

/// The middle square, small.
fn thumb(scene: Scene) -> RgbImage {
    let (width, height) = (scene.width, scene.height);
    let side = width.min(height);
    let image = RgbImage::from_raw(width, height, scene.rgb).expect("a scene has three bytes for each of its pixels");
    let square = imageops::crop_imm(&image, (width - side) / 2, (height - side) / 2, side, side).to_image();
    imageops::thumbnail(&square, THUMB_PX, THUMB_PX)
}
