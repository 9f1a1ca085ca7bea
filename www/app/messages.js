// @ts-check
/**
 * Every message between the page and its worker, declared once.
 *
 * Both sides build messages with these functions and switch on `kind`, so a field that only
 * one of them knows is a type error. Photos travel as the visitor's own `File`, which the
 * browser hands over without a copy; pixels and bytes never come back.
 */

/** @typedef {import("./failure.js").FailureData} FailureData */
/** @typedef {"webgpu" | "cpu"} Device */

/**
 * @typedef {object} ModelFile  one entry of the pack, relative to the manifest's address
 * @property {string} file
 * @property {number} size_bytes
 * @property {string} sha256  lower-case hexadecimal
 */

/**
 * @typedef {object} ModelFacts  what is known once the known answer came out right
 * @property {string} backend  `webgpu` or `cpu`
 * @property {string} model  the manifest's name
 * @property {boolean} untrained
 * @property {number} known_answer_error
 * @property {string} [about]  the manifest's own words about the model, up to 1,000 characters; untrusted
 * @property {{ photos: number } | null} calibration  how many labeled photos the percentages were fitted on; null: none
 * @property {PlacesGeoJson} places  the pack's regions, for the map
 * @property {{ downloaded_bytes: number, cached_bytes: number, milliseconds: { download: number, start: number } }} loading
 *   `download`: until the last file was there; `start`: from then until the known answer was right
 * @property {number | null} memory_bytes  of the wasm instance; null where it cannot be told
 */

/** @typedef {[lon: number, lat: number]} Position  as GeoJSON has it */

/**
 * @typedef {object} PlaceFeature  RFC 7946; as the wasm module writes it, from places that it has checked
 * @property {"Feature"} type
 * @property {string} id
 * @property {[west: number, south: number, east: number, north: number]} bbox
 * @property {{ type: "Polygon", coordinates: Position[][] } | { type: "MultiPolygon", coordinates: Position[][][] }} geometry
 * @property {{ name: string, description: string, point?: Position }} properties
 */

/** @typedef {{ type: "FeatureCollection", features: PlaceFeature[], bbox?: number[], prompt_template?: string }} PlacesGeoJson */

/** @typedef {{ top?: number, temperature?: number }} LocateOptions */
/** @typedef {{ id: string, name: string, lat: number, lon: number, cosine: number, probability: number }} Place */

/**
 * @typedef {object} LocateResult  the JSON shape shared with the command line
 * @property {Place[]} places  most probable first
 * @property {{ lat: number, lon: number, expected_error_km: number }} point
 * @property {string[]} regions_50  ids of the smallest set that holds 50 % of the probability
 * @property {string[]} regions_80
 * @property {boolean} confident
 * @property {number} temperature
 * @property {{ width: number, height: number, taken_at?: { lat: number, lon: number } | null }} photo
 * @property {string} backend
 * @property {string} model
 * @property {boolean} [untrained]  the weights follow from a formula: the ranking means nothing
 * @property {{ decode: number, preprocess: number, encode: number, score: number }} milliseconds
 */

/** What the page may ask of the worker. */
export const ask = {
  /** This pack will be asked for, most likely: its manifest may be fetched. No answer comes. @param {string} manifestUrl */
  expect: (manifestUrl) => ({ kind: /** @type {const} */ ("expect"), manifestUrl }),
  /** Load the pack and prove the device by its known answer. @param {Device} device @param {string} manifestUrl */
  open: (device, manifestUrl) => ({ kind: /** @type {const} */ ("open"), device, manifestUrl }),
  /** Fetch again only the files that could not be used, then go on. */
  retry: () => ({ kind: /** @type {const} */ ("retry") }),
  /** Rank the places for one photo. @param {Blob} photo @param {LocateOptions} options */
  locate: (photo, options) => ({ kind: /** @type {const} */ ("locate"), photo, options }),
};

/** What the worker may tell the page. `ready`, `result` and `failed` each end one request. */
export const tell = {
  /** The worker's event loop turns. */
  alive: () => ({ kind: /** @type {const} */ ("alive") }),
  /** @param {number} loaded_bytes @param {number} total_bytes */
  progress: (loaded_bytes, total_bytes) => ({ kind: /** @type {const} */ ("progress"), loaded_bytes, total_bytes }),
  /** Every byte is here; the device now computes the known answer. */
  proving: () => ({ kind: /** @type {const} */ ("proving") }),
  /** @param {ModelFacts} facts */
  ready: (facts) => ({ kind: /** @type {const} */ ("ready"), facts }),
  /** @param {LocateResult} result @param {number | null} memory_bytes */
  result: (result, memory_bytes) => ({ kind: /** @type {const} */ ("result"), result, memory_bytes }),
  /** @param {FailureData} failure */
  failed: (failure) => ({ kind: /** @type {const} */ ("failed"), failure }),
};

/** @typedef {ReturnType<typeof ask[keyof typeof ask]>} Question */
/** @typedef {ReturnType<typeof tell[keyof typeof tell]>} Answer */
