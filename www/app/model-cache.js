// @ts-check
/**
 * Model files kept in the browser between visits, by the SHA-256 of their bytes.
 *
 * In: a hash.  Out: the file, open to be read, or null. Nothing here ever fails a load: where the origin has no file
 * system of its own (plain HTTP, some private windows) or no room, the files simply come from the network.
 * Why a file system: a file is read straight to where the wasm module wants it, in a fifth of the time that the Cache
 * API takes for a copy.
 * A file is kept with a seal behind it, by which the wasm module finds out whether it is still what it was.
 *
 * Proof: `tests/js/model-cache.test.js`.
 */

const FOLDER = "placelens";
/** How the name of a kept manifest ends. */
const MANIFEST = ".json";

/**
 * @typedef {object} OpenFile
 * @property {(into: Uint8Array) => number} read  fills `into` from where the last read ended; how many bytes there were
 * @property {() => void} close
 */

/**
 * @typedef {object} KeptManifest
 * @property {string} json  the manifest's text
 * @property {string[]} hashes  of the files that a load of it asked for
 * @property {{ program: string, known_answer_error: number }} [proof]  of the CPU: which program gave the pack's known
 *   answer here, and how nearly
 */

export class ModelCache {
  /** @type {FileSystemDirectoryHandle} */
  #folder;
  #full = false;
  /** @type {OpenFile[]} */
  #open = [];
  /** Files that are being opened before they are asked for, by hash. @type {Map<string, Promise<OpenFile | null>>} */
  #ahead = new Map();

  /** @param {FileSystemDirectoryHandle} folder */
  constructor(folder) {
    this.#folder = folder;
  }

  /**
   * The cache of this origin, or null where the browser offers none.
   * @param {StorageManager | undefined} [storage]
   * @returns {Promise<ModelCache | null>}
   */
  static async open(storage = globalThis.navigator?.storage) {
    try {
      const root = await storage?.getDirectory();
      return root ? new ModelCache(await root.getDirectoryHandle(FOLDER, { create: true })) : null;
    } catch {
      return null;
    }
  }

  /** Begins to open files that `get` will likely be asked for: the browser needs some milliseconds for each. @param {string[]} hashes */
  openAhead(hashes) {
    for (const sha256 of hashes) this.#ahead.set(sha256, this.#openFile(sha256));
  }

  /** The file stays open until `release`, or until whoever got it closes it. @param {string} sha256 @returns {Promise<OpenFile | null>} */
  get(sha256) {
    const ahead = this.#ahead.get(sha256);
    this.#ahead.delete(sha256);
    return ahead ?? this.#openFile(sha256);
  }

  /** @param {string} sha256 @returns {Promise<OpenFile | null>} */
  async #openFile(sha256) {
    try {
      const file = await open(await this.#folder.getFileHandle(sha256));
      this.#open.push(file);
      return file;
    } catch {
      return null;
    }
  }

  /** Closes every open file: each takes almost a millisecond, which may wait until a photo was looked at. */
  async release() {
    const unasked = [...this.#ahead.values()];
    this.#ahead.clear();
    await Promise.all(unasked);
    for (const file of this.#open.splice(0)) file.close();
  }

  /**
   * Call it only with bytes that have been verified.
   * @param {string} sha256 @param {Uint8Array<ArrayBuffer>} bytes @param {Uint8Array<ArrayBuffer>} seal
   */
  async put(sha256, bytes, seal) {
    // no room: the rest would only fail the same way
    if (!this.#full) this.#full = !(await this.#write(sha256, bytes, seal));
  }

  /** @param {string} sha256 */
  async drop(sha256) {
    try {
      await this.#folder.removeEntry(sha256);
    } catch {
      // a file that cannot be deleted is found bad again on the next visit, and fetched again
    }
  }

  /**
   * The manifest is kept by its address, and serves only without a network; what is known of it, with one.
   * @param {string} url
   * @returns {Promise<KeptManifest | null>}
   */
  async getManifest(url) {
    try {
      const file = await (await this.#folder.getFileHandle(await manifestName(url))).getFile();
      const { json, hashes, proof } = JSON.parse(await file.text());
      if (typeof json !== "string") return null;
      const kept = { json, hashes: Array.isArray(hashes) ? hashes.map(String) : [] };
      if (!Number.isFinite(proof?.known_answer_error)) return kept;
      return { ...kept, proof: { program: String(proof.program), known_answer_error: proof.known_answer_error } };
    } catch {
      return null;
    }
  }

  /** @param {string} url @param {KeptManifest} kept */
  async putManifest(url, kept) {
    await this.#write(await manifestName(url), new TextEncoder().encode(JSON.stringify(kept)));
  }

  /** Drops the files that no kept manifest lists: those of a model that was replaced. */
  async tidy() {
    try {
      /** @type {string[]} */
      const names = [];
      let listed = "";
      for await (const [name, file] of /** @type {any} */ (this.#folder).entries()) {
        if (name.endsWith(MANIFEST)) listed += await (await file.getFile()).text();
        else names.push(name);
      }
      await Promise.all(names.filter((name) => !listed.includes(name)).map((name) => this.drop(name)));
    } catch {
      // the next load tries again
    }
  }

  /**
   * Whether there is room: a file that has none is not left in part.
   * @param {string} name @param {...Uint8Array<ArrayBuffer>} parts
   */
  async #write(name, ...parts) {
    /** @type {OpenFile & { truncate: (size: number) => void, write: (bytes: Uint8Array) => number }} */
    let handle;
    try {
      const file = await this.#folder.getFileHandle(name, { create: true });
      handle = await /** @type {any} */ (file).createSyncAccessHandle();
    } catch {
      return true; // another tab has it open, to write or to read the same
    }
    try {
      handle.truncate(0);
      if (parts.every((bytes) => handle.write(bytes) === bytes.length)) return true;
    } catch {
      // no room
    } finally {
      handle.close();
    }
    await this.drop(name);
    return false;
  }
}

/** @param {string} url */
async function manifestName(url) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(url)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") + MANIFEST;
}

/**
 * Open beside other readers where the browser knows how; else, while another tab has it open, as a copy.
 * @param {FileSystemFileHandle} file
 * @returns {Promise<OpenFile>}
 */
async function open(file) {
  const options = { mode: "read-only" }; // newer than the types
  /** @type {OpenFile | null} */
  const handle = await /** @type {any} */ (file).createSyncAccessHandle(options).catch(() => null);
  if (!handle) return openCopy(await (await file.getFile()).arrayBuffer());
  const read = (/** @type {Uint8Array} */ into) => {
    try {
      return handle.read(into);
    } catch {
      return 0; // a fault of the disk: whoever checks the bytes finds out that they are missing
    }
  };
  return { read, close: () => handle.close() };
}

/** @param {ArrayBuffer} buffer @returns {OpenFile} */
function openCopy(buffer) {
  const bytes = new Uint8Array(buffer);
  const read = (/** @type {Uint8Array} */ into) => {
    const part = bytes.subarray(0, into.length);
    into.set(part);
    return part.length;
  };
  return { read, close: () => {} };
}
