// @ts-check
/**
 * The pack's files, fetched in parallel and handed on one at a time.
 *
 * In: the list of files the model needs.  Out: each file to `accept` or `acceptKept`, which verify
 * it; the files that could not be used, with the reason.
 * A file comes from the cache or, failing that, from the network. One of the cache that is
 * refused is dropped and fetched once. A broken connection is tried once more. A file that
 * still cannot be used does not stop the others, so that a retry fetches only that one.
 *
 * Proof: `tests/js/model-files.test.js`, `tests/browser/loading.test.js`.
 */

import { asFailure, Failure, isAbort } from "./failure.js";

/** @typedef {import("./messages.js").ModelFile} ModelFile */
/** @typedef {import("./model-cache.js").ModelCache} ModelCache */
/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/**
 * @typedef {object} LoadOptions
 * @property {string} baseUrl  the manifest's address
 * @property {(file: ModelFile, bytes: Bytes) => Promise<Bytes>} accept  the seal to be kept with them; throws code `shard` for wrong bytes
 * @property {(file: ModelFile, open: import("./model-cache.js").OpenFile) => Promise<void>} acceptKept  likewise
 * @property {(loadedBytes: number, totalBytes: number) => void} onProgress
 * @property {AbortSignal} signal
 * @property {ModelCache | null} cache
 * @property {typeof fetch} [fetch]
 * @property {number} [parallel]  files in flight at once; each holds its bytes in memory
 * @property {number} [retryDelayMs]  before a broken connection is tried again
 * @property {(file: ModelFile, from: "cache" | "network") => void} [onFile]  a file was accepted
 * @property {boolean} [reload]  pass by the browser's HTTP cache: an earlier answer was wrong
 */

/**
 * The files that could not be used; empty when all were accepted.
 * Rejects only when it was aborted, or when accepting itself broke down.
 *
 * @param {ModelFile[]} files
 * @param {LoadOptions} options
 * @returns {Promise<Failure[]>}
 */
export async function loadFiles(files, options) {
  const progress = new Progress(files, options.onProgress);
  const waiting = [...files];
  /** @type {Failure[]} */
  const failures = [];
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const work = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      signal.throwIfAborted();
      const failure = await loadFile(file, { ...options, signal }, progress);
      if (failure) failures.push(failure);
    }
  };
  const workers = Array.from({ length: options.parallel ?? 4 }, work);
  try {
    await Promise.all(workers);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(workers);
    throw error;
  }
  return failures;
}

/**
 * @param {ModelFile} file
 * @param {LoadOptions} options
 * @param {Progress} progress
 * @returns {Promise<Failure | null>}
 */
async function loadFile(file, options, progress) {
  const kept = await options.cache?.get(file.sha256);
  if (kept) {
    const { failure } = await attempt(file, options.acceptKept(file, kept));
    if (!failure) {
      progress.set(file, file.size_bytes);
      options.onFile?.(file, "cache");
      return null;
    }
    kept.close();
    await options.cache?.drop(file.sha256);
  }
  options.signal.throwIfAborted();
  let bytes;
  try {
    bytes = await downloadTwice(file, options, progress);
  } catch (error) {
    if (isAbort(error)) throw error;
    progress.set(file, 0);
    return asFailure(error);
  }
  const { failure, seal } = await attempt(file, options.accept(file, bytes));
  if (failure) {
    progress.set(file, 0);
    return failure;
  }
  progress.set(file, file.size_bytes);
  options.onFile?.(file, "network");
  await options.cache?.put(file.sha256, bytes, seal);
  return null;
}

/**
 * What accepting the file gave, or why it was refused; anything but a refusal is thrown on.
 * @template Seal
 * @param {ModelFile} file @param {Promise<Seal>} accepted
 * @returns {Promise<{ failure: null, seal: Seal } | { failure: Failure, seal: null }>}
 */
async function attempt(file, accepted) {
  try {
    return { failure: null, seal: await accepted };
  } catch (thrown) {
    const failure = asFailure(thrown);
    if (failure.code !== "shard") throw thrown;
    failure.file = file.file;
    return { failure, seal: null };
  }
}

/** @param {ModelFile} file @param {LoadOptions} options @param {Progress} progress */
async function downloadTwice(file, options, progress) {
  try {
    return await download(file, options, progress);
  } catch (error) {
    if (!(error instanceof BrokenConnection)) throw error;
    progress.set(file, 0);
    await delay(options.retryDelayMs ?? 800, options.signal);
    return await download(file, options, progress);
  }
}

/** A fault that may be gone a moment later. */
class BrokenConnection extends Failure {}

/**
 * @param {ModelFile} file
 * @param {LoadOptions} options
 * @param {Progress} progress
 * @returns {Promise<Bytes>}
 */
async function download(file, options, progress) {
  const { signal } = options;
  const request = options.fetch ?? globalThis.fetch;
  const name = `model file \`${file.file}\``;
  const broken = (/** @type {unknown} */ error) => {
    if (isAbort(error) || error instanceof Failure) throw error;
    const found = error instanceof Error ? error.message : String(error);
    throw new BrokenConnection("shard", `${name}: the connection broke (${found}); check the network, then retry`, {
      file: file.file,
      cause: error,
    });
  };
  const url = new URL(file.file, options.baseUrl);
  const response = await request(url, { signal, cache: options.reload ? "reload" : "default" }).catch(broken);
  if (!response.ok) {
    const Kind = response.status >= 500 ? BrokenConnection : Failure;
    const message = `${name}: expected HTTP status 200, the server answered ${response.status}; check that the pack is complete on the server, then retry`;
    throw new Kind("shard", message, { file: file.file });
  }
  return await readBody(file, response, (loaded) => progress.set(file, loaded)).catch(broken);
}

/**
 * The whole body, and never more of it than the manifest promised.
 * @param {ModelFile} file
 * @param {Response} response
 * @param {(loadedBytes: number) => void} onBytes
 * @returns {Promise<Bytes>}
 */
async function readBody(file, response, onBytes) {
  const bytes = new Uint8Array(file.size_bytes);
  let loaded = 0;
  if (!response.body) return bytes.subarray(0, 0);
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return bytes.subarray(0, loaded);
    if (loaded + value.length > bytes.length) {
      await reader.cancel();
      const message = `model file \`${file.file}\`: expected ${file.size_bytes} bytes, the server sends more; check that pack and manifest belong together, then retry`;
      throw new Failure("shard", message, { file: file.file });
    }
    bytes.set(value, loaded);
    loaded += value.length;
    onBytes(loaded);
  }
}

/** @param {number} milliseconds @param {AbortSignal} signal */
function delay(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    const stop = () => (clearTimeout(timer), reject(signal.reason));
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** Bytes of all files together, told whenever one of them moves. */
class Progress {
  /** @type {Map<ModelFile, number>} */
  #loaded = new Map();
  #loadedBytes = 0;
  #totalBytes = 0;
  #tell;

  /** @param {ModelFile[]} files @param {LoadOptions["onProgress"]} tell */
  constructor(files, tell) {
    this.#tell = tell;
    for (const file of files) this.#totalBytes += file.size_bytes;
    tell(0, this.#totalBytes);
  }

  /** @param {ModelFile} file @param {number} bytes */
  set(file, bytes) {
    this.#loadedBytes += bytes - (this.#loaded.get(file) ?? 0);
    this.#loaded.set(file, bytes);
    this.#tell(this.#loadedBytes, this.#totalBytes);
  }
}

/**
 * The manifest's text: always asked of the server; the kept copy serves only without a network.
 * Whoever reads it keeps the copy, once it turned out to be a manifest.
 *
 * @param {string} url
 * @param {{ signal: AbortSignal, kept: Promise<import("./model-cache.js").KeptManifest | null>, fetch?: typeof fetch }} options
 * @returns {Promise<string>}
 */
export async function fetchManifest(url, { signal, kept, fetch: request = globalThis.fetch }) {
  let response, json;
  try {
    response = await request(url, { signal, cache: "no-cache" });
    json = await response.text();
  } catch (error) {
    if (isAbort(error)) throw error;
    const copy = await kept;
    if (copy) return copy.json;
    const found = error instanceof Error ? error.message : String(error);
    throw new Failure("manifest", `manifest ${url}: could not be fetched (${found}); check the network, then retry`, {
      cause: error,
    });
  }
  if (!response.ok) {
    throw new Failure(
      "manifest",
      `manifest ${url}: expected HTTP status 200, the server answered ${response.status}; check the address of the model`,
    );
  }
  return json;
}
