//! RGB → CLIP's input: the reference's crops to the level, the rule spelled out a second time, the configuration.
//!
//! `tests/golden/preprocess/crops.json` names the pictures and the crops that Pillow 12 and Hugging Face's processor
//! make of them, and a rule for each.

use std::path::PathBuf;

use placelens::photo::Photo;
use placelens::preprocess::{PreprocessError, Preprocessor};

fn golden(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/preprocess").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The largest and the mean difference.
fn difference(found: &[u8], expected: &[u8]) -> (u8, f64) {
    assert_eq!(found.len(), expected.len(), "bytes");
    let pairs = || found.iter().zip(expected).map(|(&a, &b)| a.abs_diff(b));
    (pairs().max().unwrap_or(0), pairs().map(f64::from).sum::<f64>() / found.len() as f64)
}

#[test]
fn crops_as_the_reference_does() {
    let list: serde_json::Value = serde_json::from_slice(&golden("crops.json")).unwrap();
    let crops = list["crops"].as_array().unwrap();
    assert!(crops.len() >= 16, "only {} crops", crops.len());
    for crop in crops {
        let file = crop["file"].as_str().unwrap();
        let photo = Photo::decode(&golden(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(serde_json::json!([photo.width, photo.height]), crop["upright_size"], "{file}");
        let expected = Photo::decode(&golden(crop["expected"].as_str().unwrap())).unwrap();
        let (largest, mean) = difference(&Preprocessor::clip(224).crop(&photo), &expected.rgb);
        println!("{file}: largest difference {largest}, mean {mean:.4}");
        // The reference allows 1 level; the rule in whole numbers has only one result, so that 0 is asked.
        // JPEG decoders differ: the reference allows 1 level on average.
        match crop["rule"].as_str().unwrap() {
            "exact" | "deep" => assert_eq!(largest, 0, "{file}"),
            "jpeg" => assert!(mean <= 1.0, "{file}: mean {mean}"),
            other => panic!("{file}: unknown rule {other}"),
        }
    }
}

/// Numbers that look random; the same on every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u32 {
        (self.next() % limit) as u32
    }

    /// Noise, or black and white blocks, whose edges overshoot most.
    fn photo(&mut self, width: u32, height: u32) -> Photo {
        let hard = self.below(2) == 0;
        let level = |noise: u64| if hard { (noise % 2 * 255) as u8 } else { noise as u8 };
        let rgb = (0..width as usize * height as usize * 3).map(|_| level(self.next())).collect();
        Photo { rgb, width, height, taken_at: None }
    }
}

/// The plain twin of one axis: every output of every row, in i64, as the reference's `pillow_resize.py` reads.
fn resized_columns(rgb: &[[u8; 3]], width: usize, resized: usize) -> Vec<[u8; 3]> {
    if width == resized {
        return rgb.to_vec();
    }
    let scale = width as f64 / resized as f64;
    let stretch = scale.max(1.0);
    let cubic = |x: f64| match x.abs() {
        x if x < 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
        x if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * -0.5,
        _ => 0.0,
    };
    let taps = |i: usize| {
        let center = (i as f64 + 0.5) * scale;
        let first = (center - 2.0 * stretch + 0.5).max(0.0) as usize;
        let end = ((center + 2.0 * stretch + 0.5) as usize).min(width);
        let weights: Vec<f64> = (first..end).map(|j| cubic((j as f64 - center + 0.5) / stretch)).collect();
        let sum: f64 = weights.iter().sum();
        let whole = weights.iter().map(|weight| (weight / sum * f64::from(1 << 22)).round() as i64);
        (first, whole.collect::<Vec<_>>())
    };
    let taps: Vec<_> = (0..resized).map(taps).collect();
    let pixel = |row: &[[u8; 3]], (first, weights): &(usize, Vec<i64>)| {
        [0, 1, 2].map(|channel| {
            let values = row[*first..].iter().map(|pixel| i64::from(pixel[channel]));
            let sum: i64 = weights.iter().zip(values).map(|(weight, value)| weight * value).sum();
            ((sum + (1 << 21)) >> 22).clamp(0, 255) as u8
        })
    };
    rgb.chunks(width).flat_map(|row| taps.iter().map(move |taps| pixel(row, taps))).collect()
}

fn transposed(rgb: &[[u8; 3]], width: usize) -> Vec<[u8; 3]> {
    (0..width).flat_map(|x| rgb.chunks(width).map(move |row| row[x])).collect()
}

/// The plain twin of the crop: the whole picture resized, columns first, then cut out.
fn plain_crop(photo: &Photo, edge: usize, crop: (usize, usize)) -> Vec<u8> {
    let (width, height) = (photo.width as usize, photo.height as usize);
    let long = edge * width.max(height) / width.min(height);
    let (new_width, new_height) = if width <= height { (edge, long) } else { (long, edge) };
    let narrowed = resized_columns(photo.rgb.as_chunks::<3>().0, width, new_width);
    let turned = resized_columns(&transposed(&narrowed, new_width), height, new_height);
    let resized = transposed(&turned, new_height);
    let (left, top) = ((new_width - crop.1) / 2, (new_height - crop.0) / 2);
    let rows = resized.chunks(new_width).skip(top).take(crop.0);
    rows.flat_map(|row| row[left..left + crop.1].iter().flatten().copied()).collect()
}

#[test]
fn computes_the_window_as_if_it_were_the_whole_picture() {
    let mut noise = Noise(2);
    for round in 0..120 {
        let edge = 1 + noise.below(40);
        let (crop_height, crop_width) = (1 + noise.below(u64::from(edge)), 1 + noise.below(u64::from(edge)));
        let preprocessor = Preprocessor { shortest_edge: edge, crop_height, crop_width, ..Preprocessor::clip(224) };
        let side = |noise: &mut Noise| match noise.below(4) {
            0 => 1 + noise.below(4),
            1 => edge,
            2 => edge + noise.below(3),
            _ => 1 + noise.below(150),
        };
        let (width, height) = (side(&mut noise), side(&mut noise));
        let photo = noise.photo(width, height);
        let expected = plain_crop(&photo, edge as usize, (crop_height as usize, crop_width as usize));
        let (largest, _) = difference(&preprocessor.crop(&photo), &expected);
        // Whole numbers on both sides: no tolerance.
        assert_eq!(largest, 0, "round {round}: {width} × {height}, edge {edge}, crop {crop_width} × {crop_height}");
    }
}

#[test]
fn keeps_one_color_in_any_shape() {
    let color = [13, 200, 255];
    for (width, height) in [(1, 1), (2, 1), (1, 16_384), (16_384, 1), (3, 5_000), (16_384, 9), (223, 225)] {
        let rgb = color.repeat(width as usize * height as usize);
        let photo = Photo { rgb, width, height, taken_at: None };
        for size in [224, 336] {
            // The weights add up to 2²² give or take the rounding of each: too little to move a level.
            let crop = Preprocessor::clip(size).crop(&photo);
            assert!(crop == color.repeat(size as usize * size as usize), "{width} × {height} → {size}");
        }
    }
}

#[test]
fn normalizes_every_level_of_every_channel() {
    let rgb: Vec<u8> = (0..=255u8).flat_map(|level| [level, 255 - level, level ^ 0x55]).collect();
    for preprocessor in
        [Preprocessor::clip(16), Preprocessor { mean: [0.5; 3], std: [0.5, 0.45, 0.4], ..Preprocessor::clip(16) }]
    {
        let photo = Photo { rgb: rgb.clone(), width: 16, height: 16, taken_at: None };
        let values = preprocessor.pixel_values(&photo);
        assert_eq!(values.len(), 3 * 16 * 16);
        let mut largest = 0.0_f64;
        for (index, &value) in values.iter().enumerate() {
            let (channel, pixel) = (index / 256, index % 256);
            let level = f64::from(rgb[3 * pixel + channel]);
            let (mean, std) = (f64::from(preprocessor.mean[channel]), f64::from(preprocessor.std[channel]));
            largest = largest.max((f64::from(value) - (level / 255.0 - mean) / std).abs());
        }
        println!("largest error of a normalized value: {largest:e}");
        // Three roundings to f32 of numbers up to 2.7: the reference asks for 1e-6.
        assert!(largest < 1e-6, "{largest:e}");
    }
}

#[test]
fn reads_old_and_new_configurations() {
    let old = r#"{"crop_size": 224, "do_center_crop": true, "do_normalize": true, "do_resize": true,
        "feature_extractor_type": "CLIPFeatureExtractor", "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711], "resample": 3, "size": 224}"#;
    assert_eq!(Preprocessor::from_json(old).unwrap(), Preprocessor::clip(224));
    let new = r#"{"crop_size": {"height": 336, "width": 300}, "size": {"shortest_edge": 336}, "do_rescale": true,
        "do_convert_rgb": null, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.45, 0.4],
        "image_processor_type": "CLIPImageProcessorFast", "rescale_factor": 0.00392156862745098}"#;
    let expected = Preprocessor {
        shortest_edge: 336,
        crop_height: 336,
        crop_width: 300,
        mean: [0.5; 3],
        std: [0.5, 0.45, 0.4],
        rescale_factor: 1.0 / 255.0,
    };
    assert_eq!(Preprocessor::from_json(new).unwrap(), expected);
    assert_eq!(Preprocessor::from_json("{}").unwrap(), Preprocessor::clip(224));
}

#[test]
fn writes_what_hugging_face_reads() {
    let preprocessor = Preprocessor { std: [0.5, 0.25, 0.125], ..Preprocessor::clip(336) };
    let json = serde_json::to_value(&preprocessor).unwrap();
    let expected = serde_json::json!({
        "do_resize": true, "size": {"shortest_edge": 336}, "resample": 3, "do_center_crop": true,
        "crop_size": {"height": 336, "width": 336}, "do_rescale": true, "rescale_factor": 1.0 / 255.0,
        "do_normalize": true, "image_std": [0.5, 0.25, 0.125], "do_convert_rgb": true,
        "image_processor_type": "CLIPImageProcessor",
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&json[field], value, "{field}");
    }
    assert_eq!(json.as_object().unwrap().len(), expected.as_object().unwrap().len() + 1, "and the mean");
    // As f32 the mean is the published one; its shortest digits differ in the last place.
    let mean = json["image_mean"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap() as f32);
    assert!(mean.eq([0.48145466, 0.4578275, 0.40821073]));
    let text = serde_json::to_string(&preprocessor).unwrap();
    assert_eq!(Preprocessor::from_json(&text).unwrap(), preprocessor);
    assert_eq!(serde_json::from_str::<Preprocessor>(&text).unwrap(), preprocessor);
}

#[test]
fn refuses_configurations_that_would_give_another_picture() {
    let cases = [
        (r#"{"do_resize": false}"#, "`do_resize`"),
        (r#"{"do_center_crop": false}"#, "`do_center_crop`"),
        (r#"{"do_rescale": false}"#, "`do_rescale`"),
        (r#"{"do_normalize": false}"#, "`do_normalize`"),
        (r#"{"do_convert_rgb": false}"#, "`do_convert_rgb`"),
        (r#"{"resample": 2}"#, "`resample` is 2"),
        (r#"{"size": {"height": 224, "width": 224}}"#, "stretch"),
        (r#"{"size": {}}"#, "`size` is {}"),
        (r#"{"size": 0}"#, "`size` is 0"),
        (r#"{"size": 100000}"#, "`size` is 100000"),
        (r#"{"crop_size": {"shortest_edge": 224}}"#, "`crop_size`"),
        (r#"{"crop_size": {"height": 0, "width": 224}}"#, "`crop_size` is 0"),
        (r#"{"size": 200, "crop_size": 224}"#, "the crop is 224 pixels"),
        (r#"{"image_mean": [0.5]}"#, "`image_mean` has 1 numbers"),
        (r#"{"image_std": [0.5, 0.5, 0.5, 0.5]}"#, "`image_std` has 4 numbers"),
        (r#"{"image_std": [0.5, 0, 0.5]}"#, "`image_std` holds 0"),
        (r#"{"image_mean": [1e60, 0, 0]}"#, "`image_mean` holds"),
        (r#"{"rescale_factor": 0}"#, "`rescale_factor` holds 0"),
        (r#"{"rescale_factor": -1}"#, "`rescale_factor` holds -1"),
        (r#"{"size": "large"}"#, "is not the JSON"),
        ("[1, 2]", "is not the JSON"),
        ("{", "is not the JSON"),
    ];
    for (json, reason) in cases {
        let error: PreprocessError = Preprocessor::from_json(json).expect_err(json);
        assert!(error.to_string().contains(reason), "{json}: {error}");
        assert_eq!(error.code(), "preprocessor_config");
        assert!(serde_json::from_str::<Preprocessor>(json).is_err(), "{json} through serde");
    }
}
