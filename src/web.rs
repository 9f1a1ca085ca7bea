//! The crate for JavaScript: thin, no logic of its own.
//!
//! In: JavaScript's strings, numbers and `Uint8Array`s.  Out: the same, and plain objects in the project's JSON shape.
//! [`Loader`] takes a pack file by file; [`Loader::finish`] makes it a [`Locator`] on a device, [`Loader::finish_towers`]
//! a pair of [`Towers`]. Whatever fails throws an `Error` with a stable `code`. A Rust panic is written to the console
//! and leaves the module unusable: the page then starts a fresh worker.

use std::cell::RefCell;

use js_sys::{Error, Float32Array, Map, Reflect, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Crypto;
use web_time::Instant;

use crate::clip::TokenBatch;
use crate::clip::config::ClipConfig;
use crate::embed::{EmbedError, ImageEncoder, Seen, Text, TextEncoder, Vision};
use crate::kernels::digits::{self, Operand};
use crate::locate::{self, Backend, Engine, LocateOptions, milliseconds_since};
use crate::photo::{self, Photo};
use crate::weights::manifest::{Manifest, Tower, hexadecimal};
use crate::weights::shards::{self, PackLoader};

#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
    // A shader that the browser rejects is only logged; the console is where a report of it can be found.
    // The one way to fail is that a logger is there already, and then there is nothing to do.
    console_log::init_with_level(log::Level::Warn).ok();
}

/// A JavaScript `Error` with a `code`.
fn error(code: &str, message: &dyn std::fmt::Display) -> JsValue {
    let error = Error::new(&message.to_string());
    // Setting a property of an object made here cannot fail.
    Reflect::set(&error, &"code".into(), &code.into()).ok();
    error.into()
}

fn to_js<T: Serialize>(value: &T) -> Result<JsValue, JsValue> {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    value.serialize(&serializer).map_err(|e| error("internal", &e))
}

fn options(value: JsValue) -> Result<LocateOptions, JsValue> {
    if value.is_undefined() || value.is_null() {
        return Ok(LocateOptions::default());
    }
    serde_wasm_bindgen::from_value(value).map_err(|e| error("options", &e))
}

/// Whether the bytes are a photo that only the browser can decode: AVIF or HEIC.
#[wasm_bindgen]
pub fn needs_browser_decoder(photo: &[u8]) -> bool {
    photo::needs_browser_decoder(photo)
}

/// What the CPU's dot product of bytes, which this module has with relaxed SIMD, was seen to be exact with here:
/// `unsigned` or `signed` bytes, `seven` bits of one, or `nothing`.
#[wasm_bindgen]
pub fn byte_products() -> String {
    let name = match digits::operand() {
        Some(Operand::Unsigned) => "unsigned",
        Some(Operand::Signed) => "signed",
        Some(Operand::Seven) => "seven",
        None => "nothing",
    };
    name.to_owned()
}

/// Has the browser optimize the kernels, in some milliseconds, before there is a photo that waits for them.
#[cfg(any(feature = "cpu", not(feature = "webgpu")))]
#[wasm_bindgen]
pub fn warm_up() {
    crate::kernels::encoder::warm_up();
}

#[wasm_bindgen]
extern "C" {
    /// A `FileSystemSyncAccessHandle`, or what reads as one.
    pub type OpenFile;

    /// Fills `into` from where the last read ended; how many bytes there were.
    #[wasm_bindgen(method, catch)]
    fn read(this: &OpenFile, into: &Uint8Array) -> Result<f64, JsValue>;

    /// Missing, or without `subtle`, where the page is not served securely.
    #[wasm_bindgen(thread_local_v2, js_name = crypto)]
    static CRYPTO: Option<Crypto>;
}

/// The SHA-256 of `bytes` in hexadecimal, as the browser computes it beside this thread and several times as fast;
/// `None` where it computes none.
async fn sha256_by_browser(bytes: &[u8]) -> Option<String> {
    let subtle = CRYPTO.with(|crypto| crypto.as_ref().map(Crypto::subtle))?;
    if subtle.is_undefined() {
        return None;
    }
    let digest = JsFuture::from(subtle.digest_with_str_and_u8_array("SHA-256", bytes).ok()?).await.ok()?;
    Some(hexadecimal(&Uint8Array::new(&digest).to_vec()))
}

/// A pack that is arriving. Several files may be on their way at once.
#[wasm_bindgen]
pub struct Loader {
    pack: RefCell<PackLoader>,
}

#[wasm_bindgen]
impl Loader {
    /// Starts with the text of `manifest.json`. Throws `manifest`.
    #[wasm_bindgen(constructor)]
    pub fn new(manifest_json: &str) -> Result<Loader, JsValue> {
        let manifest = Manifest::from_json(manifest_json).map_err(|e| error(e.code(), &e))?;
        Ok(Self { pack: RefCell::new(PackLoader::new(manifest)) })
    }

    /// `[{ file, size_bytes, sha256 }]`: what must be pushed before photos can be located.
    pub fn needed(&self) -> Result<JsValue, JsValue> {
        to_js(&self.pack.borrow().needed(&[Tower::Vision]))
    }

    /// The same for both towers.
    pub fn needed_for_towers(&self) -> Result<JsValue, JsValue> {
        to_js(&self.pack.borrow().needed(&[Tower::Vision, Tower::Text]))
    }

    /// Takes the bytes of one file, in any order; the seal that must be kept behind them where they are kept. Throws
    /// `shard` where they are not what the manifest says; the file can then be pushed again.
    pub async fn push(&self, file: String, bytes: Vec<u8>) -> Result<Vec<u8>, JsValue> {
        let sha256 = sha256_by_browser(&bytes).await;
        let seal = shards::seal(&bytes).to_vec();
        let mut pack = self.pack.borrow_mut();
        let pushed = match sha256 {
            Some(sha256) => pack.push_hashed(&file, bytes.into(), &sha256),
            None => pack.push(&file, bytes.into()),
        };
        pushed.map(|()| seal).map_err(|e| error(e.code(), &e))
    }

    /// Takes a file that was kept with its seal, and is open in the browser's own file system: it is read to where it
    /// stays. Throws what `read` throws, and `shard` where the file has changed since.
    pub fn push_kept(&self, file: &str, open: &OpenFile) -> Result<(), JsValue> {
        let mut pack = self.pack.borrow_mut();
        let size_bytes = pack.entry(file).map_err(|e| error(e.code(), &e))?.size_bytes;
        // The manifest's limit of a file is far below what an address holds.
        let room = size_bytes as usize + shards::SEAL_BYTES;
        let mut kept: Vec<u8> = Vec::with_capacity(room);
        // Not filled with zeros before, which would take as long as reading.
        // SAFETY: there is room for so many bytes, and the module's memory does not grow while JavaScript fills it.
        let view = unsafe { Uint8Array::view_mut_raw(kept.as_mut_ptr(), room) };
        let read = open.read(&view)?;
        // SAFETY: so many bytes were filled, and no more than there is room for.
        unsafe { kept.set_len((read as usize).min(room)) };
        pack.push_kept(file, kept.into()).map_err(|e| error(e.code(), &e))
    }

    /// The model on `device`, `webgpu` or `cpu`, proven by its known answer. On the CPU that need not be computed again
    /// where this very program reproduced it for this very manifest before, off by `proven`. Throws `device`,
    /// `known_answer`, `weights`, `places` or `incomplete`.
    pub async fn finish(self, device: String, proven: Option<f32>) -> Result<Locator, JsValue> {
        let engine = open_device(&device).await?;
        let (locator, known_answer_error) = locate::Locator::from_pack(self.pack.into_inner(), engine, proven)
            .await
            .map_err(|e| error(e.code(), &e))?;
        Ok(Locator { locator, known_answer_error })
    }

    /// Both towers on `device`, without places. Throws as [`Loader::finish`] does.
    pub async fn finish_towers(self, device: String) -> Result<Towers, JsValue> {
        let engine = open_device(&device).await?;
        let (manifest, mut contents) =
            self.pack.into_inner().finish(&[Tower::Vision, Tower::Text]).map_err(|e| error(e.code(), &e))?;
        let config = manifest.config;
        let vision = engine.vision(&config, &mut contents).map_err(|e| error(e.code(), &e))?;
        let text = engine.text(&config, &mut contents).map_err(|e| error(e.code(), &e))?;
        Ok(Towers { config, vision, text })
    }
}

#[cfg(feature = "webgpu")]
async fn open_webgpu() -> Result<Engine, JsValue> {
    let device = burn::tensor::Device::wgpu_options().init_async().await;
    device.map(Engine::Webgpu).map_err(|e| error("device", &e))
}

#[cfg(not(feature = "webgpu"))]
async fn open_webgpu() -> Result<Engine, JsValue> {
    Err(error("device", &"this module was built for the CPU only; load the one with WebGPU"))
}

#[cfg(any(feature = "cpu", not(feature = "webgpu")))]
fn open_cpu() -> Result<Engine, JsValue> {
    Ok(Engine::Cpu)
}

#[cfg(all(feature = "webgpu", not(feature = "cpu")))]
fn open_cpu() -> Result<Engine, JsValue> {
    Err(error("device", &"this module was built for WebGPU only; load the one for the CPU"))
}

async fn open_device(device: &str) -> Result<Engine, JsValue> {
    match device {
        "webgpu" => open_webgpu().await,
        "cpu" => open_cpu(),
        other => Err(error("device", &format_args!("`{other}` is no device; expected `webgpu` or `cpu`"))),
    }
}

/// A model that is ready to look at photos.
#[wasm_bindgen]
pub struct Locator {
    locator: locate::Locator,
    known_answer_error: f32,
}

#[wasm_bindgen]
impl Locator {
    /// `webgpu` or `cpu`.
    #[wasm_bindgen(getter)]
    pub fn backend(&self) -> String {
        match self.locator.backend() {
            Backend::Webgpu => "webgpu".to_owned(),
            Backend::Cpu => "cpu".to_owned(),
        }
    }

    /// The manifest's name.
    #[wasm_bindgen(getter)]
    pub fn model(&self) -> String {
        self.locator.model().to_owned()
    }

    /// Whether the weights follow from a formula: rankings then mean nothing.
    #[wasm_bindgen(getter)]
    pub fn untrained(&self) -> bool {
        self.locator.untrained()
    }

    /// The manifest's sentence about the model, if it has one.
    #[wasm_bindgen(getter)]
    pub fn about(&self) -> Option<String> {
        self.locator.about().map(str::to_owned)
    }

    /// The places as GeoJSON text, for a map.
    #[wasm_bindgen(getter)]
    pub fn places(&self) -> String {
        self.locator.places().to_geojson()
    }

    /// How many labeled photos the percentages were fitted on, where they were.
    #[wasm_bindgen(getter)]
    pub fn calibration_photos(&self) -> Option<u32> {
        self.locator.calibration().map(|calibration| u32::try_from(calibration.photos).unwrap_or(u32::MAX))
    }

    /// The largest difference of any value from the pack's known answer.
    #[wasm_bindgen(getter)]
    pub fn known_answer_error(&self) -> f32 {
        self.known_answer_error
    }

    /// The result for a photo's file: JPEG, PNG, WebP, GIF, BMP or TIFF. Throws `photo_…`.
    pub async fn locate(&self, photo: Vec<u8>, options_value: JsValue) -> Result<JsValue, JsValue> {
        let options = options(options_value)?;
        let start = Instant::now();
        let decoded = Photo::decode(&photo).map_err(|e| error(e.code(), &e))?;
        drop(photo);
        self.locate_photo(decoded, milliseconds_since(start), options).await
    }

    /// The result for RGBA pixels that the browser decoded, upright; `original` is the file, for its GPS.
    pub async fn locate_decoded(
        &self,
        rgba: Vec<u8>,
        width: u32,
        height: u32,
        original: Vec<u8>,
        options_value: JsValue,
    ) -> Result<JsValue, JsValue> {
        let options = options(options_value)?;
        let start = Instant::now();
        let decoded = Photo::from_rgba(&rgba, width, height, &original).map_err(|e| error(e.code(), &e))?;
        drop((rgba, original));
        self.locate_photo(decoded, milliseconds_since(start), options).await
    }

    async fn locate_photo(&self, photo: Photo, decode_ms: f64, options: LocateOptions) -> Result<JsValue, JsValue> {
        let located = self.locator.locate(&photo, decode_ms, &options).await.map_err(|e| error(e.code(), &e))?;
        to_js(&located)
    }
}

/// Both towers, for whoever wants embeddings rather than places.
#[wasm_bindgen]
pub struct Towers {
    config: ClipConfig,
    vision: Vision,
    text: Text,
}

#[wasm_bindgen]
impl Towers {
    /// Every stage for `pixel_values`, `[n, 3, S, S]`: a `Map` of names to `Float32Array`s that ends with
    /// `image_embeds`, `[n, D]`, L2-normalized.
    pub async fn image_stages(&self, pixel_values: Vec<f32>) -> Result<Map, JsValue> {
        let image_size = self.whole_images(&pixel_values)?;
        stages(self.vision.stages(pixel_values, image_size).await)
    }

    /// The embeddings alone, computed as a photo's is: L2-normalized, `[n, D]`.
    pub async fn image_embeds(&self, pixel_values: Vec<f32>) -> Result<Vec<f32>, JsValue> {
        let image_size = self.whole_images(&pixel_values)?;
        self.vision.embed(pixel_values, image_size).await.map_err(|e| error(e.code(), &e))
    }

    /// The images' side, where `pixel_values` are one image or more. Throws `options`.
    fn whole_images(&self, pixel_values: &[f32]) -> Result<usize, JsValue> {
        let image_size = self.config.vision_config.image_size;
        let (found, multiple) = (pixel_values.len(), 3 * image_size * image_size);
        if found == 0 || !found.is_multiple_of(multiple) {
            return Err(error("options", &format_args!("{found} pixel values; expected a multiple of {multiple}")));
        }
        Ok(image_size)
    }

    /// Every stage for `ids`, `texts` rows of token ids: a `Map` that ends with `text_embeds`, `[n, D]`, L2-normalized.
    pub async fn text_stages(&self, ids: Vec<u32>, texts: usize) -> Result<Map, JsValue> {
        let context = ids.len() / texts.max(1);
        let rows: Vec<Vec<u32>> = ids.chunks(context.max(1)).map(<[u32]>::to_vec).collect();
        let batch = TokenBatch::new(&rows, &self.config.text_config).map_err(|e| error("options", &e))?;
        stages(self.text.stages(&batch).await)
    }
}

fn stages(values: Result<Seen, EmbedError>) -> Result<Map, JsValue> {
    let map = Map::new();
    for (name, values) in values.map_err(|e| error(e.code(), &e))? {
        map.set(&name.into(), &Float32Array::from(values.as_slice()).into());
    }
    Ok(map)
}
