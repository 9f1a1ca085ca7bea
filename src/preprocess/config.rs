//! `preprocessor_config.json` ↔ [`Preprocessor`].
//!
//! In: the JSON of a Hugging Face `CLIPImageProcessor`, old or new style.  Out: sizes, mean, deviation; and back.
//! A missing field is CLIP's own value. A step that CLIP's processor would skip or do differently is an error: the
//! embedding would be wrong without a sign of it.
//!
//! Source: `transformers`, `CLIPImageProcessor`. Proof: `tests/preprocess.rs`.

use serde::{Deserialize, Serialize};

/// How CLIP's input is made from a photo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "HuggingFace", into = "HuggingFace")]
pub struct Preprocessor {
    /// What the photo's shorter side is resized to, in pixels.
    pub shortest_edge: u32,
    /// At most `shortest_edge`, as `crop_width`.
    pub crop_height: u32,
    pub crop_width: u32,
    /// Of red, green and blue, each `0..=1`.
    pub mean: [f32; 3],
    pub std: [f32; 3],
    /// From levels `0..=255` to `0..=1`.
    pub rescale_factor: f64,
}

/// What can be wrong with a `preprocessor_config.json`, by its field.
#[derive(Debug, thiserror::Error)]
pub enum PreprocessError {
    #[error("preprocessor_config.json is not the JSON of a CLIP image processor ({source}); fetch it again")]
    Json { source: serde_json::Error },
    #[error(
        "preprocessor_config.json: `{field}` is false; expected true. Without that step the model would be another than CLIP"
    )]
    SkippedStep { field: &'static str },
    #[error("preprocessor_config.json: `resample` is {found}; expected 3 (bicubic), the only filter PlaceLens has")]
    Resample { found: i64 },
    #[error("preprocessor_config.json: `{field}` is {found}; expected 1 to {most} pixels")]
    Size { field: &'static str, found: u64, most: u32 },
    #[error(
        "preprocessor_config.json: `size` is {found}; expected a number or {{\"shortest_edge\": …}}. \
        A fixed height and width would stretch the photo, which CLIP's processor does not"
    )]
    StretchingSize { found: SizeFields },
    #[error("preprocessor_config.json: `crop_size` is {found}; expected a number or {{\"height\": …, \"width\": …}}")]
    CropSize { found: SizeFields },
    #[error("preprocessor_config.json: the crop is {found} pixels; expected at most the shorter side, {shortest_edge}")]
    CropTooLarge { found: u32, shortest_edge: u32 },
    #[error("preprocessor_config.json: `{field}` has {found} numbers; expected 3, for red, green and blue")]
    Channels { field: &'static str, found: usize },
    #[error("preprocessor_config.json: `{field}` holds {found}; expected {expected}")]
    Number { field: &'static str, found: f64, expected: &'static str },
}

impl PreprocessError {
    /// The stable word for this error in JavaScript.
    pub fn code(&self) -> &'static str {
        "preprocessor_config"
    }
}

/// The file as Hugging Face writes it. Fields about other matters are passed over.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct HuggingFace {
    #[serde(default)]
    do_resize: Option<bool>,
    #[serde(default)]
    size: Option<Size>,
    #[serde(default)]
    resample: Option<i64>,
    #[serde(default)]
    do_center_crop: Option<bool>,
    #[serde(default)]
    crop_size: Option<Size>,
    #[serde(default)]
    do_rescale: Option<bool>,
    #[serde(default)]
    rescale_factor: Option<f64>,
    #[serde(default)]
    do_normalize: Option<bool>,
    #[serde(default)]
    image_mean: Option<Vec<f32>>,
    #[serde(default)]
    image_std: Option<Vec<f32>>,
    #[serde(default)]
    do_convert_rgb: Option<bool>,
    #[serde(default)]
    image_processor_type: Option<ProcessorType>,
}

/// Only written; a file's own name is not held against it.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum ProcessorType {
    #[serde(rename = "CLIPImageProcessor")]
    Clip,
    #[serde(other)]
    Other,
}

/// A size: a number in old files, an object in newer ones.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Size {
    Number(u64),
    Fields(SizeFields),
}

/// The object that a size may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SizeFields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shortest_edge: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    height: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    width: Option<u64>,
}

impl std::fmt::Display for SizeFields {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let fields = [("shortest_edge", self.shortest_edge), ("height", self.height), ("width", self.width)];
        let known: Vec<_> =
            fields.iter().filter_map(|(name, value)| Some(format!("\"{name}\": {}", (*value)?))).collect();
        write!(formatter, "{{{}}}", known.join(", "))
    }
}

/// The largest input side: several times that of any published CLIP.
const MAX_EDGE: u32 = 4096;
const CLIP_SIZE: u64 = 224;
const CLIP_MEAN: [f32; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
#[expect(clippy::excessive_precision, reason = "the digits as OpenAI published them")]
const CLIP_STD: [f32; 3] = [0.268_629_54, 0.261_302_58, 0.275_777_11];
/// Pillow's number for the bicubic filter.
const BICUBIC: i64 = 3;

impl Preprocessor {
    /// OpenAI's preprocessing for a model of `image_size` pixels a side.
    pub fn clip(image_size: u32) -> Self {
        Self {
            shortest_edge: image_size,
            crop_height: image_size,
            crop_width: image_size,
            mean: CLIP_MEAN,
            std: CLIP_STD,
            rescale_factor: 1.0 / 255.0,
        }
    }

    /// The preprocessing that `preprocessor_config.json` describes; what it does not mention is CLIP's.
    ///
    /// # Errors
    /// JSON of another kind, and whatever CLIP's processor would not do.
    pub fn from_json(preprocessor_config_json: &str) -> Result<Self, PreprocessError> {
        let fields: HuggingFace =
            serde_json::from_str(preprocessor_config_json).map_err(|source| PreprocessError::Json { source })?;
        Self::try_from(fields)
    }
}

impl TryFrom<HuggingFace> for Preprocessor {
    type Error = PreprocessError;

    fn try_from(fields: HuggingFace) -> Result<Self, PreprocessError> {
        let steps = [
            ("do_resize", fields.do_resize),
            ("do_center_crop", fields.do_center_crop),
            ("do_rescale", fields.do_rescale),
            ("do_normalize", fields.do_normalize),
            ("do_convert_rgb", fields.do_convert_rgb),
        ];
        if let Some(&(field, _)) = steps.iter().find(|(_, done)| *done == Some(false)) {
            return Err(PreprocessError::SkippedStep { field });
        }
        if let Some(found) = fields.resample.filter(|&filter| filter != BICUBIC) {
            return Err(PreprocessError::Resample { found });
        }
        let shortest_edge = shortest_edge(fields.size)?;
        let (crop_height, crop_width) = crop_size(fields.crop_size)?;
        let found = crop_height.max(crop_width);
        if found > shortest_edge {
            return Err(PreprocessError::CropTooLarge { found, shortest_edge });
        }
        let rescale_factor = fields.rescale_factor.unwrap_or(1.0 / 255.0);
        if !rescale_factor.is_finite() || rescale_factor <= 0.0 {
            let (field, expected) = ("rescale_factor", "a number above 0");
            return Err(PreprocessError::Number { field, found: rescale_factor, expected });
        }
        let mean = channels("image_mean", fields.image_mean, CLIP_MEAN)?;
        let std = channels("image_std", fields.image_std, CLIP_STD)?;
        if let Some(&found) = std.iter().find(|&&deviation| deviation <= 0.0) {
            let (field, expected) = ("image_std", "numbers above 0");
            return Err(PreprocessError::Number { field, found: f64::from(found), expected });
        }
        Ok(Self { shortest_edge, crop_height, crop_width, mean, std, rescale_factor })
    }
}

fn shortest_edge(size: Option<Size>) -> Result<u32, PreprocessError> {
    match size.unwrap_or(Size::Number(CLIP_SIZE)) {
        Size::Number(edge) => pixels("size", edge),
        Size::Fields(SizeFields { shortest_edge: Some(edge), .. }) => pixels("size", edge),
        Size::Fields(found) => Err(PreprocessError::StretchingSize { found }),
    }
}

/// Height and width.
fn crop_size(size: Option<Size>) -> Result<(u32, u32), PreprocessError> {
    const FIELD: &str = "crop_size";
    match size.unwrap_or(Size::Number(CLIP_SIZE)) {
        Size::Number(side) => pixels(FIELD, side).map(|side| (side, side)),
        Size::Fields(SizeFields { height: Some(height), width: Some(width), .. }) => {
            Ok((pixels(FIELD, height)?, pixels(FIELD, width)?))
        }
        Size::Fields(found) => Err(PreprocessError::CropSize { found }),
    }
}

fn pixels(field: &'static str, found: u64) -> Result<u32, PreprocessError> {
    let size = u32::try_from(found).ok().filter(|size| (1..=MAX_EDGE).contains(size));
    size.ok_or(PreprocessError::Size { field, found, most: MAX_EDGE })
}

fn channels(field: &'static str, values: Option<Vec<f32>>, default: [f32; 3]) -> Result<[f32; 3], PreprocessError> {
    let values = values.map_or(Ok(default), |values| {
        <[f32; 3]>::try_from(values).map_err(|values| PreprocessError::Channels { field, found: values.len() })
    })?;
    match values.iter().find(|value| !value.is_finite()) {
        Some(&found) => Err(PreprocessError::Number { field, found: f64::from(found), expected: "finite numbers" }),
        None => Ok(values),
    }
}

impl From<Preprocessor> for HuggingFace {
    fn from(preprocessor: Preprocessor) -> Self {
        let Preprocessor { shortest_edge, crop_height, crop_width, mean, std, rescale_factor } = preprocessor;
        let edge = Some(u64::from(shortest_edge));
        let (height, width) = (Some(u64::from(crop_height)), Some(u64::from(crop_width)));
        Self {
            do_resize: Some(true),
            size: Some(Size::Fields(SizeFields { shortest_edge: edge, height: None, width: None })),
            resample: Some(BICUBIC),
            do_center_crop: Some(true),
            crop_size: Some(Size::Fields(SizeFields { shortest_edge: None, height, width })),
            do_rescale: Some(true),
            rescale_factor: Some(rescale_factor),
            do_normalize: Some(true),
            image_mean: Some(mean.to_vec()),
            image_std: Some(std.to_vec()),
            do_convert_rgb: Some(true),
            image_processor_type: Some(ProcessorType::Clip),
        }
    }
}
