/**
 * What files weigh on the wire: as they are, by gzip and by brotli, each as strong as it gets.
 *
 * In: files.  Out: bytes. Packing a module of 15 MB takes half a minute, so sizes are kept by the files' hashes.
 */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const ORT = fileURLToPath(new URL("node_modules/onnxruntime-web/dist/", import.meta.url));
/** What the peer's simplest page loads of the library. */
const ORT_FILES = ["ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"];

/** @typedef {{ raw: number, gzip: number, brotli: number }} Weight */

export class Scales {
  #file;
  /** @type {Record<string, Weight>} */
  #known;

  /** @param {string} file  where sizes are kept between runs */
  constructor(file) {
    this.#file = file;
    this.#known = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  }

  /** @param {string[]} paths @returns {Weight} */
  weigh(paths) {
    const sum = { raw: 0, gzip: 0, brotli: 0 };
    for (const path of paths) {
      const weight = this.#one(readFileSync(path));
      for (const kind of Object.keys(sum)) sum[kind] += weight[kind];
    }
    return sum;
  }

  /** @param {Buffer} bytes */
  #one(bytes) {
    const hash = createHash("sha256").update(bytes).digest("hex");
    return (this.#known[hash] ??= this.#pack(bytes));
  }

  /** @param {Buffer} bytes @returns {Weight} */
  #pack(bytes) {
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    };
    return {
      raw: bytes.length,
      gzip: gzipSync(bytes, { level: 9 }).length,
      brotli: brotliCompressSync(bytes, { params }).length,
    };
  }

  keep() {
    mkdirSync(dirname(this.#file), { recursive: true });
    writeFileSync(this.#file, JSON.stringify(this.#known));
  }
}

/**
 * The files of each module, with the worker's own script; and the peer's.
 * @param {string} site @param {Record<string, string>} modules
 */
export function programs(site, modules) {
  const files = Object.entries(modules).map(([name, folder]) => [
    name,
    ["placelens.js", "placelens_bg.wasm"].map((file) => join(site, folder, file)).concat(join(site, "app/worker.js")),
  ]);
  return { ...Object.fromEntries(files), peer: ORT_FILES.map((file) => join(ORT, file)) };
}

/**
 * What a visit fetched, in parts, as a host sends it that packs text and programs by brotli: a model's bytes are as
 * good as random and stay what they are.
 * @param {Record<string, number>} sent  bytes by path
 * @param {(path: string) => string} fileOf
 * @param {Scales} scales
 */
export function visitBytes(sent, fileOf, scales) {
  const parts = { page: 0, program: 0, model: 0 };
  for (const [path, bytes] of Object.entries(sent)) {
    const part = /^\/(packs|models)\//.test(path) ? "model" : /^\/(wasm|ort)\//.test(path) ? "program" : "page";
    const isWhole = existsSync(fileOf(path)) && part !== "model" && !/\.(jpg|webp|png)$/.test(path);
    parts[part] += isWhole ? Math.min(bytes, scales.weigh([fileOf(path)]).brotli) : bytes;
  }
  return { ...parts, total: parts.page + parts.program + parts.model };
}

/** A server's path → the file behind it. @param {string} site */
export function fileBehind(site) {
  return (/** @type {string} */ path) => {
    if (path.startsWith("/ort/")) return join(ORT, relative("/ort/", path));
    if (path.startsWith("/bench/")) return fileURLToPath(new URL(`page/${relative("/bench/", path)}`, import.meta.url));
    return join(site, path.endsWith("/") ? `${path}index.html` : path);
  };
}
