// @ts-check
/**
 * A stand-in for the wasm module: the same surface, behavior on demand.
 *
 * In: a manifest with a field `fake` (what goes wrong on which device), photos whose text says
 * what goes wrong with them.  Out: rankings that follow from the photo's bytes.
 * It exists so that crashes, hangs and wrong answers, which the real module is built not to have,
 * can be tested at all. Its hash is FNV-1a, written where a manifest has the SHA-256.
 */

/** @typedef {"fine" | "no_device" | "wrong_answer" | "panic" | "panic_in_promise" | "hang" | "weights"} Behavior */

/** @type {[id: string, name: string, lat: number, lon: number][]} */
const PLACES = [
  ["downtown_los_angeles", "Downtown Los Angeles", 34.0407, -118.2468],
  ["hollywood", "Hollywood", 34.0928, -118.3287],
  ["beverly_hills", "Beverly Hills", 34.0786, -118.4021],
  ["santa_monica", "Santa Monica", 34.0219, -118.4806],
  ["venice_beach", "Venice Beach", 33.9908, -118.4654],
  ["malibu", "Malibu", 34.0381, -118.6923],
  ["griffith_park_observatory", "Griffith Park & Observatory", 34.1365, -118.2942],
  ["koreatown", "Koreatown", 34.0618, -118.3006],
  ["pasadena", "Pasadena", 34.1606, -118.1396],
  ["long_beach", "Long Beach", 33.8041, -118.158],
  ["silver_lake", "Silver Lake", 34.0869, -118.2702],
  ["west_hollywood", "West Hollywood", 34.09, -118.3617],
  ["manhattan_beach", "Manhattan Beach", 33.8847, -118.4109],
  ["culver_city", "Culver City", 34.0078, -118.4009],
  ["santa_clarita", "Santa Clarita", 34.4155, -118.4992],
];

/** @param {Uint8Array} bytes */
export function fakeHash(bytes) {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16).padStart(64, "0");
}

/** The same for every file: what it is against is for the real module's tests. */
const SEAL = Uint8Array.of(5, 4, 3, 2, 1);

/** @param {string} code @param {string} message */
const coded = (code, message) => Object.assign(new Error(message), { code });
const panic = () => new WebAssembly.RuntimeError("unreachable");
const never = () => new Promise(() => {});
const sleep = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));

export const program = "stand-in";

export default async function init() {
  return {};
}

/** @param {Uint8Array} photo */
export function needs_browser_decoder(photo) {
  return String.fromCharCode(...photo.subarray(4, 12)) === "ftypavif";
}

export class Loader {
  #manifest;
  /** @type {Set<string>} */
  #missing;

  /** @param {string} json */
  constructor(json) {
    try {
      this.#manifest = JSON.parse(json);
      this.#missing = new Set(this.#manifest.files.map((/** @type {any} */ { file }) => file));
    } catch {
      throw coded("manifest", "manifest: expected JSON, found something else");
    }
  }

  needed() {
    return structuredClone(this.#manifest.files);
  }

  /** @param {string} file @param {Uint8Array} bytes */
  async push(file, bytes) {
    const entry = this.#manifest.files.find((/** @type {any} */ each) => each.file === file);
    if (bytes.length !== entry.size_bytes)
      throw coded("shard", `shard ${file}: expected ${entry.size_bytes} bytes, found ${bytes.length}`);
    const found = fakeHash(bytes);
    if (found !== entry.sha256) throw coded("shard", `shard ${file}: expected SHA-256 ${entry.sha256}, found ${found}`);
    this.#missing.delete(file);
    return SEAL;
  }

  /** @param {string} file @param {{ read: (into: Uint8Array) => number }} open */
  push_kept(file, open) {
    const { size_bytes } = this.#manifest.files.find((/** @type {any} */ each) => each.file === file);
    const bytes = new Uint8Array(size_bytes + SEAL.length);
    const whole = open.read(bytes) === bytes.length && SEAL.every((byte, at) => bytes[size_bytes + at] === byte);
    if (!whole) throw coded("shard", `shard ${file}: the kept copy was damaged`);
    this.#missing.delete(file);
  }

  /** @param {"webgpu" | "cpu"} device @param {number} [proven] */
  async finish(device, proven) {
    if (this.#missing.size > 0) throw coded("incomplete", `pack: ${this.#missing.size} files were never pushed`);
    await sleep(this.#manifest.fake?.finish_ms ?? 0);
    await misbehave(this.#manifest.fake?.[device] ?? "fine");
    return new Locator(device, this.#manifest, proven ?? 1.2e-7);
  }

  free() {}
}

/** @param {Behavior} behavior */
async function misbehave(behavior) {
  switch (behavior) {
    case "fine":
      return;
    case "no_device":
      throw coded("device", "WebGPU: no adapter");
    case "wrong_answer":
      throw coded("known_answer", "known answer: expected an error of at most 1e-3, found 0.4");
    case "weights":
      throw coded("weights", "tensor `visual`: the model wants [64, 64], the file has [64, 63]");
    case "panic":
      throw panic();
    case "panic_in_promise":
      console.error("panicked at src/fake.rs:1:1:\nthe device was lost");
      return void (await never());
    case "hang":
      return void (await never());
  }
}

/** A box of some 4 km around the point. @param {(typeof PLACES)[number]} place */
function feature([id, name, lat, lon]) {
  const [west, south, east, north] = [lon - 0.02, lat - 0.018, lon + 0.02, lat + 0.018];
  const ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]; // prettier-ignore
  return {
    type: "Feature",
    id,
    bbox: [west, south, east, north],
    geometry: { type: "Polygon", coordinates: [ring] },
    properties: { name, description: `a stand-in for ${name}` },
  };
}

class Locator {
  /** @param {"webgpu" | "cpu"} backend @param {any} manifest @param {number} known_answer_error */
  constructor(backend, manifest, known_answer_error) {
    this.backend = backend;
    this.model = manifest.name;
    this.untrained = manifest.untrained;
    this.known_answer_error = known_answer_error;
    this.about = manifest.about;
    this.steepness = manifest.fake?.steepness ?? 1;
  }

  get places() {
    return JSON.stringify({ type: "FeatureCollection", features: PLACES.map(feature), prompt_template: "{name}" });
  }

  /** @param {Uint8Array} photo */
  async locate(photo) {
    const word = new TextDecoder().decode(photo.subarray(0, 32)).match(/^fake:(\w+)/)?.[1];
    if (word === "crash") throw panic();
    if (word === "hang") await never();
    if (word === "slow") await sleep(700);
    else if (photo[0] !== 0xff && photo[0] !== 0x89 && word !== "fine") {
      throw coded(
        "photo_unknown_format",
        "the photo is of no known format: its first bytes are `hello`; PlaceLens reads JPEG, PNG, WebP, GIF, BMP and TIFF",
      );
    }
    return this.#rank(fakeHash(photo), 640, 480);
  }

  /** @param {Uint8Array} rgba @param {number} width @param {number} height */
  async locate_decoded(rgba, width, height) {
    return this.#rank(fakeHash(rgba), width, height);
  }

  /** @param {string} hash @param {number} width @param {number} height */
  #rank(hash, width, height) {
    let state = parseInt(hash.slice(-8), 16);
    const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
    const scored = PLACES.map(([id, name, lat, lon]) => ({ id, name, lat, lon, cosine: 0.2 + 0.05 * next() }));
    const weights = scored.map(({ cosine }) => Math.exp((cosine - 0.2) * 100 * this.steepness));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const places = scored.map((place, index) => ({ ...place, probability: weights[index] / total }));
    places.sort((a, b) => b.probability - a.probability);
    const holding = (/** @type {number} */ mass) => {
      let held = 0;
      return places
        .slice(0, 1 + places.findIndex(({ probability }) => (held += probability) >= mass))
        .map(({ id }) => id);
    };
    return {
      places,
      point: { lat: 34.0219, lon: -118.4006, expected_error_km: 11.24 },
      regions_50: holding(0.5),
      regions_80: holding(0.8),
      confident: places[0].probability > 0.5,
      temperature: 0.01,
      photo: { width, height, taken_at: state % 2 ? { lat: 34.0101, lon: -118.4962 } : null },
      backend: this.backend,
      model: this.model,
      untrained: this.untrained,
      milliseconds: { decode: 21.4, preprocess: 9.2, encode: 380, score: 0.1 },
    };
  }

  free() {}
}
