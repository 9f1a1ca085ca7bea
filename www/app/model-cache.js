// @ts-check
/**
 * Model files kept in the browser between visits, by the SHA-256 of their bytes.
 *
 * In: a hash.  Out: the bytes, or null. Nothing here ever fails a load: where the Cache API is
 * missing (plain HTTP, some private windows) or full, the files simply come from the network.
 * The bytes are not trusted: the wasm module hashes them again before it uses them.
 *
 * Proof: `tests/js/model-cache.test.js`.
 */

export const CACHE_NAME = "placelens-v1";

export class ModelCache {
  /** @type {Cache} */
  #cache;
  /** @type {string} any address of this origin: keys are resolved against it */
  #origin;
  #full = false;

  /** @param {Cache} cache @param {string} origin */
  constructor(cache, origin) {
    this.#cache = cache;
    this.#origin = origin;
  }

  /**
   * The cache of this origin, or null where the browser offers none.
   * @param {CacheStorage | undefined} [storage]
   * @param {string} [origin]
   * @returns {Promise<ModelCache | null>}
   */
  static async open(storage = globalThis.caches, origin = globalThis.location?.origin) {
    try {
      return storage ? new ModelCache(await storage.open(CACHE_NAME), origin) : null;
    } catch {
      return null;
    }
  }

  /** @param {string} sha256 @returns {Promise<Uint8Array<ArrayBuffer> | null>} */
  async get(sha256) {
    try {
      const response = await this.#cache.match(this.#key(sha256));
      return response ? new Uint8Array(await response.arrayBuffer()) : null;
    } catch {
      return null;
    }
  }

  /** Call it only with bytes that have been verified. @param {string} sha256 @param {Uint8Array<ArrayBuffer>} bytes */
  async put(sha256, bytes) {
    if (this.#full) return;
    try {
      const headers = { "content-type": "application/octet-stream", "content-length": `${bytes.length}` };
      await this.#cache.put(this.#key(sha256), new Response(bytes, { headers }));
    } catch {
      this.#full = true; // quota: the rest of this load would only fail the same way
    }
  }

  /** @param {string} sha256 */
  async drop(sha256) {
    try {
      await this.#cache.delete(this.#key(sha256));
    } catch {
      // an entry that cannot be deleted is found bad again on the next visit, and fetched again
    }
  }

  /**
   * The manifest has no hash: it is kept by its address, and read only without a network.
   * @param {string} url
   * @returns {Promise<string | null>}
   */
  async getManifest(url) {
    try {
      return (await (await this.#cache.match(url))?.text()) ?? null;
    } catch {
      return null;
    }
  }

  /** @param {string} url @param {string} json */
  async putManifest(url, json) {
    try {
      await this.#cache.put(url, new Response(json, { headers: { "content-type": "application/json" } }));
    } catch {
      // as in `put`
    }
  }

  /** @param {string} sha256 */
  #key(sha256) {
    return new URL(`/.placelens/sha256/${sha256}`, this.#origin).href;
  }
}
