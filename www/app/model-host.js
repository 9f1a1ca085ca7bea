// @ts-check
/**
 * The worker's side of the story: one wasm module, one model, one request at a time.
 *
 * In: the page's questions (`messages.js`).  Out: `tell` messages.
 * The loader stays alive after a bad file, so that a retry fetches only that one. The files'
 * bytes are verified by the wasm module as they arrive; the device is proven by the known answer
 * before `ready` is told. What the CPU answered for this pack, by this program in this browser, is
 * kept: the next visit need not ask it again.
 *
 * Everything it touches comes in by the constructor. Proof: `tests/js/model-host.test.js`.
 */

import { Failure } from "./failure.js";
import { tell } from "./messages.js";
import { fetchManifest, loadFiles } from "./model-files.js";

/** @typedef {import("./messages.js").Device} Device */
/** @typedef {import("./messages.js").ModelFile} ModelFile */
/** @typedef {import("./messages.js").LocateOptions} LocateOptions */
/** @typedef {import("./model-cache.js").ModelCache} ModelCache */

/**
 * @typedef {object} Loader  of the wasm module
 * @property {() => ModelFile[]} needed
 * @property {(file: string, bytes: Uint8Array) => Promise<Uint8Array<ArrayBuffer>>} push  gives the file's seal
 * @property {(file: string, open: import("./model-cache.js").OpenFile) => void} push_kept
 * @property {(device: Device, proven?: number) => Promise<Locator>} finish
 * @property {() => void} free
 */

/**
 * @typedef {object} Locator  of the wasm module
 * @property {string} backend
 * @property {string} model
 * @property {boolean} untrained
 * @property {number} known_answer_error
 * @property {string} [about]  the manifest's sentence about the model
 * @property {number} [calibration_photos]  how many labeled photos its percentages were fitted on
 * @property {string} places  its regions as GeoJSON text
 * @property {(photo: Uint8Array, options: LocateOptions) => Promise<any>} locate
 * @property {(rgba: Uint8Array, width: number, height: number, original: Uint8Array, options: LocateOptions) => Promise<any>} locate_decoded
 * @property {() => void} free
 */

/**
 * @typedef {object} WasmModule  the same surface for both builds
 * @property {(options: { module_or_path: Promise<Response> }) => Promise<{ memory?: WebAssembly.Memory }>} default
 * @property {new (manifestJson: string) => Loader} Loader
 * @property {(photo: Uint8Array) => boolean} needs_browser_decoder
 */

/**
 * @typedef {object} Surroundings
 * @property {(message: import("./messages.js").Answer) => void} post
 * @property {(device: Device) => Promise<{ module: WasmModule, memory?: WebAssembly.Memory, program: string }>} startModule
 * @property {() => Promise<void>} probeWebGpu  throws code `device` where there is no adapter
 * @property {typeof import("./browser-decoder.js").decodeInBrowser} decodeInBrowser
 * @property {() => Promise<ModelCache | null>} openCache
 * @property {Partial<import("./model-files.js").LoadOptions>} [loading]  for tests
 */

/**
 * @typedef {object} Pack
 * @property {Device} device
 * @property {string} manifestUrl
 * @property {ModelCache | null} cache
 * @property {string} json  the manifest
 * @property {string[]} hashes  of the files that it needs
 * @property {string} program  the module and the browser it runs in
 * @property {import("./model-cache.js").KeptManifest["proof"] | null} proof  from an earlier visit
 */

/**
 * @typedef {object} Approach  to a pack
 * @property {string} manifestUrl
 * @property {Promise<ModelCache | null>} opening
 * @property {Promise<import("./model-cache.js").KeptManifest | null>} kept
 * @property {Promise<string>} manifest  its text
 */

const PROGRESS_INTERVAL_MS = 50;

export class ModelHost {
  /** @type {Surroundings} */
  #around;
  /** @type {Approach | null} */
  #expected = null;
  /** @type {Pack | null} */
  #pack = null;
  /** @type {WasmModule | null} */
  #module = null;
  /** @type {WebAssembly.Memory | undefined} */
  #memory;
  /** @type {Loader | null} */
  #loader = null;
  /** @type {Locator | null} */
  #locator = null;
  /** @type {ModelFile[]} */
  #missing = [];
  #acceptedBytes = 0;
  /** @type {import("./messages.js").ModelFacts["loading"]} */
  #loading = { downloaded_bytes: 0, cached_bytes: 0, milliseconds: { download: 0, start: 0 } };
  #lastProgress = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #laterProgress;

  /** @param {Surroundings} around */
  constructor(around) {
    this.#around = around;
  }

  /** What `open` will be asked for, most likely. @param {string} manifestUrl */
  async expect(manifestUrl) {
    this.#expected = this.#approach(manifestUrl);
  }

  /** @param {Device} device @param {string} manifestUrl */
  async open(device, manifestUrl) {
    if (device === "webgpu") await this.#around.probeWebGpu();
    const pack = this.#expected?.manifestUrl === manifestUrl ? this.#expected : this.#approach(manifestUrl);
    this.#expected = null;
    await this.#andRelease(pack.opening, () => this.#open(device, pack));
  }

  /**
   * On their way at once: the manifest, what is known of it from an earlier visit, and the files that it needed then.
   * @param {string} manifestUrl
   * @returns {Approach}
   */
  #approach(manifestUrl) {
    const { fetch } = this.#around.loading ?? {};
    const opening = this.#around.openCache();
    const kept = opening.then(async (cache) => {
      const known = (await cache?.getManifest(manifestUrl)) ?? null;
      if (known) cache?.openAhead(known.hashes); // few manifests have changed since
      return known;
    });
    const manifest = fetchManifest(manifestUrl, { signal: neverAborted(), kept, fetch });
    manifest.catch(() => {}); // whoever awaits it hears of it
    return { manifestUrl, opening, kept, manifest };
  }

  /** @param {Device} device @param {Approach} approach */
  async #open(device, { manifestUrl, opening, kept, manifest }) {
    const { module, memory, program } = await this.#around.startModule(device);
    const [json, cache, known] = await Promise.all([manifest, opening, kept]);
    this.#loader = new module.Loader(json);
    this.#missing = this.#loader.needed();
    const hashes = this.#missing.map(({ sha256 }) => sha256);
    if (known?.json !== json) void cache?.putManifest(manifestUrl, { json, hashes }); // never fails, and nothing waits for it
    // A GPU's driver may be another one today; the CPU computes as it did.
    const proof = device === "cpu" && known?.json === json && known.proof?.program === program ? known.proof : null;
    this.#pack = { device, manifestUrl, cache, json, hashes, program, proof };
    this.#module = module;
    this.#memory = memory;
    await this.#load({ reload: false });
  }

  async retry() {
    if (!this.#loader) throw new Failure("incomplete", "retry: no model is being loaded; start again");
    await this.#andRelease(this.#pack?.cache, () => this.#load({ reload: true }));
  }

  /**
   * However a load ends, the kept files that it opened are closed; where it ends well, those of older models go.
   * @param {Promise<ModelCache | null> | ModelCache | null | undefined} opening @param {() => Promise<void>} load
   */
  async #andRelease(opening, load) {
    try {
      await load();
    } finally {
      await (await opening)?.release();
    }
    await (await opening)?.tidy();
  }

  /** @param {{ reload: boolean }} how */
  async #load({ reload }) {
    const { device, manifestUrl, cache, json, hashes, program, proof } = /** @type {Pack} */ (this.#pack);
    const loader = /** @type {Loader} */ (this.#loader);
    const missing = new Set(this.#missing);
    const begin = performance.now();
    const alreadyAccepted = this.#acceptedBytes;
    this.#lastProgress = -Infinity; // the first word of a load is always said
    const failures = await loadFiles(this.#missing, {
      baseUrl: manifestUrl,
      cache,
      reload,
      signal: neverAborted(),
      accept: (file, bytes) => loader.push(file.file, bytes),
      acceptKept: async (file, open) => loader.push_kept(file.file, open),
      onProgress: (loaded, total) => this.#progress(alreadyAccepted + loaded, alreadyAccepted + total),
      onFile: (file, from) => {
        missing.delete(file);
        this.#acceptedBytes += file.size_bytes;
        this.#loading[from === "cache" ? "cached_bytes" : "downloaded_bytes"] += file.size_bytes;
      },
      ...this.#around.loading,
    });
    this.#missing = [...missing];
    const loaded = performance.now();
    this.#loading.milliseconds.download += loaded - begin;
    if (failures[0]) throw failures[0];
    this.#around.post(tell.proving());
    this.#loader = null; // `finish` consumes it, whatever comes of it
    this.#locator = await loader.finish(device, proof?.known_answer_error);
    this.#loading.milliseconds.start = performance.now() - loaded;
    this.#around.post(tell.ready(this.#facts(this.#locator)));
    const { known_answer_error } = this.#locator;
    if (device === "cpu" && !proof)
      await cache?.putManifest(manifestUrl, { json, hashes, proof: { program, known_answer_error } });
  }

  /** @param {Blob} photo @param {LocateOptions} options */
  async locate(photo, options) {
    if (!this.#module || !this.#locator)
      throw new Failure("incomplete", "photo: the model is not loaded yet; wait for it, then choose the photo again");
    const bytes = await readPhoto(photo);
    if (!this.#module.needs_browser_decoder(bytes)) {
      this.#tellResult(await this.#locator.locate(bytes, options));
      return;
    }
    const begin = performance.now();
    const { rgba, width, height } = await this.#around.decodeInBrowser(bytes);
    const decode = performance.now() - begin;
    const result = await this.#locator.locate_decoded(rgba, width, height, bytes, options);
    result.milliseconds.decode += decode;
    this.#tellResult(result);
  }

  /** @param {import("./messages.js").LocateResult} result */
  #tellResult(result) {
    this.#around.post(tell.result(result, this.#memoryBytes()));
  }

  /** What the page is told; a model without a sentence about it has no `about`. @param {Locator} locator */
  #facts({ backend, model, untrained, known_answer_error, about, calibration_photos, places }) {
    const calibration = calibration_photos === undefined ? null : { photos: calibration_photos };
    const facts = { backend, model, untrained, known_answer_error, calibration, places: JSON.parse(places) };
    const measured = { loading: this.#loading, memory_bytes: this.#memoryBytes() };
    return about === undefined ? { ...facts, ...measured } : { ...facts, about, ...measured };
  }

  #memoryBytes() {
    return this.#memory?.buffer.byteLength ?? null;
  }

  /** Not more often than a reader can follow; the latest number is always said in the end. @param {number} loaded @param {number} total */
  #progress(loaded, total) {
    clearTimeout(this.#laterProgress);
    const wait = this.#lastProgress + PROGRESS_INTERVAL_MS - performance.now();
    if (wait > 0 && loaded < total) {
      this.#laterProgress = setTimeout(() => this.#tellProgress(loaded, total), wait);
    } else {
      this.#tellProgress(loaded, total);
    }
  }

  /** @param {number} loaded @param {number} total */
  #tellProgress(loaded, total) {
    this.#lastProgress = performance.now();
    this.#around.post(tell.progress(loaded, total));
  }
}

const MAX_PHOTO_BYTES = 64 * 1024 * 1024;

/** @param {Blob} photo @returns {Promise<Uint8Array<ArrayBuffer>>} */
async function readPhoto(photo) {
  if (photo.size > MAX_PHOTO_BYTES) {
    throw new Failure(
      "photo_too_large",
      `photo: expected at most 64 MB, found ${(photo.size / 1e6).toFixed(1)} MB; choose a smaller version`,
    );
  }
  try {
    return new Uint8Array(await photo.arrayBuffer());
  } catch (error) {
    throw new Failure(
      "photo_unreadable",
      "photo: the file could not be read (was it moved or deleted?); choose it again",
      { cause: error },
    );
  }
}

/** The page stops a load by ending the whole worker, which no signal could do more surely. */
function neverAborted() {
  return new AbortController().signal;
}
