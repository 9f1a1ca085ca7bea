import assert from "node:assert/strict";
import test from "node:test";
import { fetchManifest, loadFiles } from "../../www/app/model-files.js";

const FILES = ["a", "b", "c", "d", "e", "f"].map((file, index) => ({
  file: `${file}.bin`,
  size_bytes: 1000 * (index + 1),
  sha256: file.repeat(64),
}));
const content = (file) => Uint8Array.from({ length: file.size_bytes }, (_, at) => at % 256);
const find = (url) => FILES.find(({ file }) => String(url).endsWith(`/${file}`));

/** Bytes are right when they equal `content`, as the hash would tell. */
function accept(taken) {
  return async (file, bytes) => {
    if (Buffer.compare(bytes, content(file)) !== 0) {
      throw Object.assign(
        new Error(`shard ${file.file}: expected ${file.size_bytes} bytes of another hash, found ${bytes.length}`),
        { code: "shard" },
      );
    }
    taken.push(file.file);
  };
}

/** A network: `spoil` may answer a request itself. */
function network(spoil = () => undefined) {
  const asked = [];
  const fetch = async (url, { signal, cache }) => {
    signal.throwIfAborted();
    asked.push({ file: find(url).file, cache });
    const nth = asked.filter(({ file }) => file === find(url).file).length;
    return (await spoil(find(url), nth, signal)) ?? new Response(content(find(url)));
  };
  return { fetch, asked };
}

/** A ModelCache over a map; `closed` counts the files that were closed. */
const mapCache = (entries = new Map()) => ({
  entries,
  closed: 0,
  async get(hash) {
    const bytes = entries.get(hash);
    return bytes ? { bytes, close: () => (this.closed += 1) } : null;
  },
  put: async (hash, bytes) => void entries.set(hash, bytes),
  drop: async (hash) => void entries.delete(hash),
});

async function load(options = {}, files = FILES) {
  const taken = [];
  const progress = [];
  const failures = await loadFiles(files, {
    baseUrl: "https://host.test/pack/manifest.json",
    accept: accept(taken),
    acceptKept: (file, { bytes }) => accept(taken)(file, bytes),
    onProgress: (loaded, total) => progress.push([loaded, total]),
    signal: new AbortController().signal,
    cache: null,
    retryDelayMs: 1,
    ...options,
  });
  return { taken, progress, failures };
}

test("every file is accepted once, and the last progress is the whole", async () => {
  const { fetch, asked } = network();
  const { taken, progress, failures } = await load({ fetch });
  assert.deepEqual(failures, []);
  assert.deepEqual(
    taken.toSorted(),
    FILES.map(({ file }) => file),
  );
  assert.equal(asked.length, FILES.length);
  assert.deepEqual(progress[0], [0, 21_000]);
  assert.deepEqual(progress.at(-1), [21_000, 21_000]);
});

test("files are fetched in parallel, never more than asked for", async () => {
  let flying = 0;
  let most = 0;
  const { fetch } = network(async () => {
    most = Math.max(most, (flying += 1));
    await new Promise((done) => setTimeout(done, 5));
    flying -= 1;
  });
  await load({ fetch, parallel: 3 });
  assert.equal(most, 3);
});

test("a second load with the cache asks the network for nothing", async () => {
  const cache = mapCache();
  await load({ ...network(), cache });
  const { fetch, asked } = network();
  const { taken, progress } = await load({ fetch, cache });
  assert.equal(asked.length, 0);
  assert.equal(taken.length, FILES.length);
  assert.equal(cache.closed, 0, "the cache closes them later, all at once");
  assert.deepEqual(progress.at(-1), [21_000, 21_000]);
});

test("a bad cached entry is dropped and fetched once", async () => {
  const cache = mapCache();
  await load({ ...network(), cache });
  cache.entries.set(FILES[2].sha256, Uint8Array.of(9));
  const { fetch, asked } = network();
  const { failures } = await load({ fetch, cache });
  assert.deepEqual(failures, []);
  assert.deepEqual(
    asked.map(({ file }) => file),
    ["c.bin"],
  );
  assert.deepEqual(cache.entries.get(FILES[2].sha256), content(FILES[2]));
  assert.equal(cache.closed, 1, "a file that was refused is closed, to be dropped");
});

test("a flipped byte is a failure that names the file, the others arrive, and nothing bad is kept", async () => {
  const cache = mapCache();
  const flip = (file) => (file.file === "b.bin" ? new Response(content(file).with(7, 99)) : undefined);
  const { taken, failures, progress } = await load({ fetch: network(flip).fetch, cache });
  assert.equal(failures.length, 1);
  assert.equal(failures[0].code, "shard");
  assert.equal(failures[0].file, "b.bin");
  assert.equal(taken.length, FILES.length - 1);
  assert.equal(cache.entries.has(FILES[1].sha256), false);
  assert.deepEqual(progress.at(-1), [19_000, 21_000]);
});

test("a missing file is told with the HTTP status, and asked for once", async () => {
  const { fetch, asked } = network((file) =>
    file.file === "d.bin" ? new Response("gone", { status: 404 }) : undefined,
  );
  const { failures } = await load({ fetch });
  assert.equal(failures[0].code, "shard");
  assert.match(failures[0].message, /`d\.bin`.*200.*404/);
  assert.equal(asked.filter(({ file }) => file === "d.bin").length, 1);
});

test("a broken connection is tried once more, for that file only", async () => {
  const { fetch, asked } = network((file, nth) => {
    if (file.file === "e.bin" && nth === 1) throw new TypeError("Failed to fetch");
  });
  const { failures } = await load({ fetch });
  assert.deepEqual(failures, []);
  assert.equal(asked.length, FILES.length + 1);
});

test("a connection that breaks in the middle is tried once more", async () => {
  const half = () =>
    new Response(
      new ReadableStream({ start: (out) => (out.enqueue(new Uint8Array(10)), out.error(new TypeError("reset"))) }),
    );
  const { fetch } = network((file, nth) => (file.file === "a.bin" && nth === 1 ? half() : undefined));
  const { failures, progress } = await load({ fetch });
  assert.deepEqual(failures, []);
  assert.deepEqual(progress.at(-1), [21_000, 21_000]);
});

test("a network that stays broken is told after two tries", async () => {
  const { fetch, asked } = network((file) => {
    if (file.file === "e.bin") throw new TypeError("Failed to fetch");
  });
  const { failures } = await load({ fetch });
  assert.match(failures[0].message, /`e\.bin`.*connection broke/);
  assert.equal(asked.filter(({ file }) => file === "e.bin").length, 2);
});

test("a server that sends too much is stopped at the promised size", async () => {
  let sent = 0;
  const endless = () =>
    new Response(new ReadableStream({ pull: (out) => ((sent += 500), out.enqueue(new Uint8Array(500))) }));
  const { failures } = await load({ fetch: network((file) => (file.file === "a.bin" ? endless() : undefined)).fetch });
  assert.match(failures[0].message, /`a\.bin`: expected 1000 bytes/);
  assert.ok(sent <= 3000, `${sent} bytes were read for a file of 1000`);
});

test("a file that is too short is refused by its reader", async () => {
  const { failures } = await load({
    fetch: network((file) => (file.file === "a.bin" ? new Response(content(file).slice(1)) : undefined)).fetch,
  });
  assert.match(failures[0].message, /expected 1000 bytes.*found 999/);
});

test("a reload passes by the browser's HTTP cache", async () => {
  const { fetch, asked } = network();
  await load({ fetch, reload: true }, FILES.slice(0, 1));
  assert.deepEqual(asked, [{ file: "a.bin", cache: "reload" }]);
});

test("an abort stops every download", async () => {
  const stop = new AbortController();
  const { fetch, asked } = network(
    (_, __, signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  );
  const loading = load({ fetch, signal: stop.signal, parallel: 2 });
  setTimeout(() => stop.abort(), 10);
  await assert.rejects(loading, { name: "AbortError" });
  assert.equal(asked.length, 2);
});

test("a crash of the reader is thrown, not taken for a bad file", async () => {
  const broken = () => {
    throw new WebAssembly.RuntimeError("unreachable");
  };
  await assert.rejects(load({ ...network(), accept: broken }), WebAssembly.RuntimeError);
});

const control = () => ({ signal: new AbortController().signal });

test("the manifest is asked of the server even when a copy is kept", async () => {
  const kept = Promise.resolve({ json: "old" });
  assert.equal(
    await fetchManifest("https://host.test/m.json", { ...control(), kept, fetch: async () => new Response("new") }),
    "new",
  );
});

test("the kept manifest serves when there is no network", async () => {
  const kept = Promise.resolve({ json: "kept" });
  const fetch = async () => {
    throw new TypeError("offline");
  };
  assert.equal(await fetchManifest("https://host.test/m.json", { ...control(), kept, fetch }), "kept");
  await assert.rejects(fetchManifest("https://host.test/m.json", { ...control(), kept: Promise.resolve(null), fetch }), {
    code: "manifest",
  });
});

test("a manifest that is not there is told with its HTTP status", async () => {
  const fetch = async () => new Response("", { status: 404 });
  await assert.rejects(
    fetchManifest("https://host.test/m.json", { ...control(), kept: Promise.resolve(null), fetch }),
    (error) => error.code === "manifest" && /404/.test(error.message),
  );
});
