import assert from "node:assert/strict";
import test from "node:test";
import { ModelCache } from "../../www/app/model-cache.js";

/**
 * An origin's file system with one level of folders, as far as the cache uses it. `room` is how many bytes fit;
 * `modes: false` knows no readers beside each other, as older browsers.
 */
class Disk {
  files = new Map();
  locks = new Map();
  writes = 0;

  constructor({ room = Infinity, modes = true } = {}) {
    Object.assign(this, { room, modes });
  }

  async getDirectory() {
    return { getDirectoryHandle: async () => this };
  }

  async getFileHandle(name, { create = false } = {}) {
    if (!this.files.has(name)) {
      if (!create) throw new DOMException(name, "NotFoundError");
      this.files.set(name, new Uint8Array());
    }
    return {
      getFile: async () => new Blob([this.files.get(name)]),
      createSyncAccessHandle: async (options) => this.#open(name, this.modes && options?.mode === "read-only"),
    };
  }

  async *entries() {
    for (const name of [...this.files.keys()]) yield [name, await this.getFileHandle(name)];
  }

  async removeEntry(name) {
    if (this.locks.get(name)) throw new DOMException(name, "NoModificationAllowedError");
    this.files.delete(name);
  }

  #open(name, shared) {
    const lock = this.locks.get(name) ?? 0;
    if (lock === "all" || (lock > 0 && !shared)) throw new DOMException(name, "NoModificationAllowedError");
    this.locks.set(name, shared ? lock + 1 : "all");
    let at = 0;
    return {
      read: (into) => {
        const part = this.files.get(name).subarray(at, at + into.length);
        into.set(part);
        at += part.length;
        return part.length;
      },
      truncate: () => this.files.set(name, new Uint8Array()),
      write: (bytes) => {
        this.writes += 1;
        const used = [...this.files.values()].reduce((sum, { length }) => sum + length, 0);
        if (used + bytes.length > this.room) throw new DOMException("quota", "QuotaExceededError");
        this.files.set(name, Uint8Array.of(...this.files.get(name), ...bytes));
        return bytes.length;
      },
      close: () => this.locks.set(name, shared ? this.locks.get(name) - 1 : 0),
    };
  }
}

const HASH = "ab".repeat(32);
const OTHER = "cd".repeat(32);
const SEAL = Uint8Array.of(7);

/** The kept bytes, or null. */
async function read(cache, hash, size = 100) {
  const open = await cache.get(hash);
  if (!open) return null;
  const bytes = new Uint8Array(size);
  const found = bytes.subarray(0, open.read(bytes));
  open.close();
  return found;
}

test("bytes come back as they were put, their seal behind them", async () => {
  const disk = new Disk();
  await (await ModelCache.open(disk)).put(HASH, Uint8Array.of(1, 2, 3), SEAL);
  const cache = await ModelCache.open(disk);
  assert.deepEqual(await read(cache, HASH), Uint8Array.of(1, 2, 3, 7));
  assert.deepEqual(await read(cache, HASH, 2), Uint8Array.of(1, 2), "no more than there is room for");
  assert.equal(await read(cache, OTHER), null);
});

test("the name is the hash alone, so two pages of one origin share a file", async () => {
  const disk = new Disk();
  await (await ModelCache.open(disk)).put(HASH, Uint8Array.of(1), SEAL);
  assert.deepEqual([...disk.files.keys()], [HASH]);
});

test("a dropped file is gone", async () => {
  const cache = new ModelCache(new Disk());
  await cache.put(HASH, Uint8Array.of(1), SEAL);
  await cache.drop(HASH);
  assert.equal(await cache.get(HASH), null);
});

test("a full disk fails nothing, keeps no part of a file, and is not asked again", async () => {
  const disk = new Disk({ room: 3 });
  const cache = new ModelCache(disk);
  await cache.put(HASH, Uint8Array.of(1, 2, 3), SEAL);
  await cache.put(OTHER, Uint8Array.of(1), SEAL);
  assert.equal(disk.writes, 2, "the bytes, and their seal in vain");
  assert.equal(disk.files.size, 0);
});

for (const modes of [true, false]) {
  test(`several tabs read one file at once, where the browser ${modes ? "has" : "lacks"} shared handles`, async () => {
    const disk = new Disk({ modes });
    const cache = new ModelCache(disk);
    await cache.put(HASH, Uint8Array.of(1, 2, 3), SEAL);
    const first = await cache.get(HASH);
    assert.deepEqual(await read(cache, HASH), Uint8Array.of(1, 2, 3, 7));
    assert.deepEqual(await read(cache, HASH, 2), Uint8Array.of(1, 2));
    first.close();
    assert.deepEqual(await read(cache, HASH), Uint8Array.of(1, 2, 3, 7));
  });
}

test("what was got stays open until it is released, all at once", async () => {
  const disk = new Disk({ modes: false });
  const cache = new ModelCache(disk);
  await cache.put(HASH, Uint8Array.of(1), SEAL);
  await cache.put(OTHER, Uint8Array.of(2), SEAL);
  await cache.get(HASH);
  await cache.get(OTHER);
  assert.ok(disk.locks.get(HASH) && disk.locks.get(OTHER));
  await cache.release();
  assert.ok(!disk.locks.get(HASH) && !disk.locks.get(OTHER));
  await cache.release();
  assert.deepEqual(await read(cache, HASH), Uint8Array.of(1, 7));
});

test("a file that is opened ahead is opened once, and released even where nobody asks for it", async () => {
  const disk = new Disk({ modes: false });
  const cache = new ModelCache(disk);
  await cache.put(HASH, Uint8Array.of(1), SEAL);
  await cache.put(OTHER, Uint8Array.of(2), SEAL);
  cache.openAhead([HASH, OTHER, "missing"]);
  assert.deepEqual(await read(cache, HASH), Uint8Array.of(1, 7));
  assert.equal(await cache.get("missing"), null);
  await cache.release();
  assert.ok(!disk.locks.get(HASH) && !disk.locks.get(OTHER));
  assert.deepEqual(await read(cache, HASH), Uint8Array.of(1, 7), "and again");
});

test("a file that another tab has open is left to it, and what comes next is written", async () => {
  const disk = new Disk();
  const cache = new ModelCache(disk);
  await cache.put(HASH, Uint8Array.of(1, 2, 3), SEAL);
  const open = await cache.get(HASH);
  await cache.put(HASH, Uint8Array.of(9), SEAL);
  await cache.drop(HASH);
  await cache.put(OTHER, Uint8Array.of(4), SEAL);
  open.close();
  assert.deepEqual(await read(cache, HASH), Uint8Array.of(1, 2, 3, 7));
  assert.deepEqual(await read(cache, OTHER), Uint8Array.of(4, 7));
});

test("a manifest comes back by its address", async () => {
  const cache = new ModelCache(new Disk());
  const [url, other] = ["https://host.test/m.json", "https://host.test/other.json"];
  await cache.putManifest(url, { json: "{}", hashes: [HASH] });
  assert.deepEqual(await cache.getManifest(url), { json: "{}", hashes: [HASH] });
  const proven = { json: "{}", hashes: [], proof: { program: "p", known_answer_error: 0.5 } };
  await cache.putManifest(url, proven);
  assert.deepEqual(await cache.getManifest(url), proven);
  assert.equal(await cache.getManifest(other), null);
});

test("what stands in a manifest's place and is none counts as nothing kept", async () => {
  const disk = new Disk();
  const cache = new ModelCache(disk);
  await cache.putManifest("https://host.test/m.json", { json: "{}", hashes: [] });
  const [name] = disk.files.keys();
  for (const [text, expected] of [
    ["{", null],
    ["null", null],
    ['{"json":5}', null],
    ['{"json":"{}","hashes":5,"proof":{"program":"p","known_answer_error":"small"}}', { json: "{}", hashes: [] }],
  ]) {
    disk.files.set(name, new TextEncoder().encode(text));
    assert.deepEqual(await cache.getManifest("https://host.test/m.json"), expected, text);
  }
});

test("the files of a replaced model are dropped, those of another model are not", async () => {
  const disk = new Disk();
  const cache = new ModelCache(disk);
  await cache.putManifest("https://host.test/a.json", { json: JSON.stringify([HASH]), hashes: [] });
  await cache.putManifest("https://host.test/b.json", { json: JSON.stringify([OTHER]), hashes: [] });
  for (const hash of [HASH, OTHER]) await cache.put(hash, Uint8Array.of(1), SEAL);
  await cache.putManifest("https://host.test/a.json", { json: "[]", hashes: [] });
  await cache.tidy();
  assert.equal(await cache.get(HASH), null);
  assert.deepEqual(await read(cache, OTHER), Uint8Array.of(1, 7));
  assert.deepEqual(await cache.getManifest("https://host.test/b.json"), { json: JSON.stringify([OTHER]), hashes: [] });
});

test("where there is no file system, or it throws, there is no cache", async () => {
  const insecure = () => Promise.reject(new DOMException("insecure", "SecurityError"));
  assert.equal(await ModelCache.open(undefined), null);
  assert.equal(await ModelCache.open({}), null);
  assert.equal(await ModelCache.open({ getDirectory: insecure }), null);
});

test("a cache that cannot be read counts as empty, a file that cannot be as cut off", async () => {
  const fault = () => Promise.reject(new Error("disk"));
  const entries = async function* () {
    yield await fault();
  };
  const broken = new ModelCache({ getFileHandle: fault, removeEntry: fault, entries });
  assert.equal(await broken.get(HASH), null);
  assert.equal(await broken.getManifest("https://host.test/m.json"), null);
  await broken.drop(HASH);
  await broken.tidy();
  const disk = new Disk();
  disk.getFileHandle = async () => ({
    createSyncAccessHandle: async () => ({ read: () => { throw new Error("disk"); }, close: () => {} }), // prettier-ignore
  });
  assert.deepEqual(await read(new ModelCache(disk), HASH), new Uint8Array());
});
