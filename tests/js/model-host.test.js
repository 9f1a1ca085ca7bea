import assert from "node:assert/strict";
import test from "node:test";
import * as fakeModule from "../fake/placelens.js";
import { Failure } from "../../www/app/failure.js";
import { ModelHost } from "../../www/app/model-host.js";

const FILES = ["a.bin", "b.bin", "c.bin"].map((file, index) => {
  const bytes = new Uint8Array(100 + index).fill(index);
  return { file, bytes, entry: { file, size_bytes: bytes.length, sha256: fakeModule.fakeHash(bytes) } };
});

function surroundings({ fake = {}, about, spoil = () => undefined, ...rest } = {}) {
  const said = [];
  const asked = [];
  const files = FILES.map(({ entry }) => entry);
  const manifest = JSON.stringify({ name: "m", untrained: true, about, files, fake });
  const fetch = async (url) => {
    const name = String(url).split("/").at(-1);
    asked.push(name);
    return (
      spoil(name) ?? new Response(name === "manifest.json" ? manifest : FILES.find(({ file }) => file === name).bytes)
    );
  };
  const host = new ModelHost({
    post: (message) => said.push(message),
    startModule: async () => ({ module: fakeModule, memory: { buffer: { byteLength: 65536 } }, program: "p" }),
    probeWebGpu: async () => {},
    decodeInBrowser: async () => ({ rgba: new Uint8Array(16), width: 2, height: 2 }),
    openCache: async () => null,
    loading: { fetch, retryDelayMs: 1 },
    ...rest,
  });
  return { host, said, asked };
}

const URL_ = "https://host.test/model/manifest.json";
const kinds = (said) => said.map(({ kind }) => kind);

test("a model is loaded, proven, and then ready, in this order", async () => {
  const { host, said, asked } = surroundings();
  await host.open("cpu", URL_);
  assert.deepEqual(
    kinds(said).filter((kind, at, all) => kind !== all[at - 1]),
    ["progress", "proving", "ready"],
  );
  const { places, loading, ...facts } = said.at(-1).facts;
  assert.deepEqual(facts, {
    backend: "cpu",
    model: "m",
    untrained: true,
    known_answer_error: 1.2e-7,
    calibration: null,
    memory_bytes: 65536,
  });
  assert.equal(places.features.length, 15);
  assert.deepEqual([loading.downloaded_bytes, loading.cached_bytes], [303, 0]);
  assert.ok(loading.milliseconds.download > 0 && loading.milliseconds.start > 0);
  assert.deepEqual(said.filter(({ kind }) => kind === "progress").at(-1), {
    kind: "progress",
    loaded_bytes: 303,
    total_bytes: 303,
  });
  assert.equal(asked.length, 4);
});

test("what the manifest says about the model is told as it is", async () => {
  const about = "Made from drawn scenes. <b>Nothing</b> else.";
  const { host, said } = surroundings({ about });
  await host.open("cpu", URL_);
  assert.equal(said.at(-1).facts.about, about);
});

test("a pack that was expected is asked for once, another one as ever", async () => {
  const { host, asked, said } = surroundings();
  await host.expect(URL_);
  await new Promise((done) => setTimeout(done, 20));
  assert.equal(asked.length, 1, "its manifest");
  await host.open("cpu", URL_);
  assert.equal(asked.length, 4);
  assert.equal(said.at(-1).kind, "ready");
  const other = surroundings();
  await other.host.expect(new URL("other.json", URL_).href);
  await other.host.open("cpu", URL_);
  assert.equal(other.asked.length, 5);
  assert.equal(other.said.at(-1).kind, "ready");
});

test("without an adapter nothing is downloaded", async () => {
  const { host, asked } = surroundings({
    probeWebGpu: async () => {
      throw new Failure("device", "no adapter");
    },
  });
  await assert.rejects(host.open("webgpu", URL_), { code: "device" });
  assert.deepEqual(asked, []);
});

test("the CPU does not ask for an adapter", async () => {
  const { host } = surroundings({ probeWebGpu: async () => assert.fail("asked") });
  await host.open("cpu", URL_);
});

test("progress is told with pauses, and its latest number in the end", async () => {
  const slow = () =>
    new Response(
      new ReadableStream({
        async start(out) {
          for (let at = 0; at < 50; at += 1) out.enqueue(new Uint8Array(1)); // then it stalls
        },
      }),
    );
  const { host, said } = surroundings({ spoil: (name) => (name === "c.bin" ? slow() : undefined) });
  void host.open("cpu", URL_);
  await new Promise((done) => setTimeout(done, 200));
  const progress = said.filter(({ kind }) => kind === "progress");
  assert.equal(progress.at(-1).loaded_bytes, 100 + 101 + 50);
  assert.ok(progress.length <= 5, `${progress.length} messages`); // 200 ms hold four pauses of 50
});

test("a retry fetches only the file that was bad, and progress counts the others as there", async () => {
  let bad = true;
  const { host, said, asked } = surroundings({
    spoil: (name) => (bad && name === "b.bin" ? new Response(new Uint8Array(101)) : undefined),
  });
  await assert.rejects(host.open("cpu", URL_), { code: "shard" });
  bad = false;
  asked.length = 0;
  said.length = 0;
  await host.retry();
  assert.deepEqual(asked, ["b.bin"]);
  assert.deepEqual(said[0], { kind: "progress", loaded_bytes: 202, total_bytes: 303 });
  assert.equal(said.at(-1).kind, "ready");
});

test("an HTML page in the manifest's place is an error of the manifest", async () => {
  const { host } = surroundings({ spoil: () => new Response("<!doctype html>") });
  await assert.rejects(host.open("cpu", URL_), { code: "manifest" });
});

test("a manifest is kept only once it proved to be one", async () => {
  const kept = [];
  let released = 0;
  const cache = {
    get: async () => null,
    put: async () => {},
    drop: async () => {},
    getManifest: async () => null,
    putManifest: async (url, { json }) => void kept.push([url, json.length > 0]),
    tidy: async () => {},
    release: async () => (released += 1),
  };
  const bad = surroundings({ openCache: async () => cache, spoil: () => new Response("<!doctype html>") });
  await assert.rejects(bad.host.open("cpu", URL_));
  assert.deepEqual(kept, []);
  await surroundings({ openCache: async () => cache }).host.open("cpu", URL_);
  assert.deepEqual(kept.at(-1), [URL_, true]);
  assert.equal(released, 2, "however a load ends, its files are closed");
});

test("the CPU's known answer is computed once for a program, a browser and a pack, whose files are then opened ahead", async () => {
  let kept = null;
  let ahead = null;
  const cache = {
    get: async () => null,
    put: async () => {},
    drop: async () => {},
    getManifest: async () => kept,
    putManifest: async (_, manifest) => void (kept = manifest),
    tidy: async () => {},
    release: async () => {},
    openAhead: (hashes) => void (ahead = hashes),
  };
  /** What the loader was told of an earlier visit. */
  const visit = async (device, around = {}) => {
    const proven = [];
    class Loader extends fakeModule.Loader {
      finish(name, error) {
        proven.push(error);
        return super.finish(name, error);
      }
    }
    const { program = "p", ...rest } = around;
    const startModule = async () => ({ module: { ...fakeModule, Loader }, program });
    await surroundings({ openCache: async () => cache, startModule, ...rest }).host.open(device, URL_);
    return proven;
  };
  assert.deepEqual(await visit("webgpu"), [undefined]);
  assert.equal(ahead, null, "nothing was known yet");
  assert.equal(kept.proof, undefined, "what a GPU answers is not kept");
  assert.deepEqual(await visit("cpu"), [undefined]);
  assert.deepEqual(ahead, kept.hashes);
  assert.equal(ahead.length > 0, true);
  assert.deepEqual(kept.proof, { program: "p", known_answer_error: 1.2e-7 });
  assert.deepEqual(await visit("cpu"), [1.2e-7]);
  assert.deepEqual(await visit("webgpu"), [undefined], "nor is it a GPU's answer");
  assert.deepEqual(await visit("cpu", { program: "q" }), [undefined], "another program");
  assert.deepEqual(await visit("cpu", { program: "q" }), [1.2e-7]);
  assert.deepEqual(await visit("cpu", { program: "q", about: "changed" }), [undefined], "another manifest");
});

test("a wrong known answer is an error, never ready", async () => {
  const { host, said } = surroundings({ fake: { cpu: "wrong_answer" } });
  await assert.rejects(host.open("cpu", URL_), { code: "known_answer" });
  assert.equal(kinds(said).includes("ready"), false);
});

test("a photo is located by the module", async () => {
  const { host, said } = surroundings();
  await host.open("cpu", URL_);
  await host.locate(new Blob(["fake:fine"]), {});
  assert.equal(said.at(-1).kind, "result");
  assert.equal(said.at(-1).result.places.length, 15);
});

test("AVIF goes through the browser's decoder, whose time counts as decoding", async () => {
  const avif = new Uint8Array(32);
  avif.set(new TextEncoder().encode("ftypavif"), 4);
  const slow = async () => (
    await new Promise((done) => setTimeout(done, 30)),
    { rgba: new Uint8Array(16), width: 2, height: 2 }
  );
  const { host, said } = surroundings({ decodeInBrowser: slow });
  await host.open("cpu", URL_);
  await host.locate(new Blob([avif]), {});
  const { photo, milliseconds } = said.at(-1).result;
  assert.deepEqual([photo.width, photo.height], [2, 2]);
  assert.ok(milliseconds.decode >= 21.4 + 25, `${milliseconds.decode} ms`); // a timer may fire a little early
});

test("a photo of more than 64 MB is refused before it is read", async () => {
  const { host } = surroundings();
  await host.open("cpu", URL_);
  const huge = { size: 64 * 1024 * 1024 + 1, arrayBuffer: () => assert.fail("read") };
  await assert.rejects(host.locate(huge, {}), { code: "photo_too_large" });
});

test("a file that vanished is told as unreadable", async () => {
  const { host } = surroundings();
  await host.open("cpu", URL_);
  const gone = {
    size: 10,
    arrayBuffer: async () => {
      throw new DOMException("gone", "NotFoundError");
    },
  };
  await assert.rejects(host.locate(gone, {}), { code: "photo_unreadable" });
});

test("a photo before the model is an error that says so", async () => {
  await assert.rejects(surroundings().host.locate(new Blob(), {}), { code: "incomplete" });
});
