import assert from "node:assert/strict";
import test from "node:test";
import { measure } from "../../www/app/bench-run.js";
import { Failure } from "../../www/app/failure.js";

const facts = { backend: "cpu", model: "stand-in", memory_bytes: 100, loading: {} };
const milliseconds = { decode: 1, preprocess: 2, encode: 3, score: 4 };
const photo = new Blob(["photo"]);
const plan = { device: "auto", manifestUrl: "https://site.example/model/manifest.json", photo, runs: 4, warmup: 2 };

/** Workers that do what their turn says; what was asked of them. */
function workers(turns) {
  const asked = [];
  const createWorker = () => {
    const turn = turns[asked.filter(([what]) => what === "open").length] ?? {};
    const wait = async (what, input, answer) => (asked.push([what, input]), await answer());
    return {
      open: (device) => wait("open", device, turn.open ?? (async () => facts)),
      locate: (blob) => wait("locate", blob, turn.locate ?? (async () => ({ result: { milliseconds }, memory_bytes: 120 }))),
      retry: async () => facts,
      terminate: () => asked.push(["terminate"]),
    };
  };
  return { asked, createWorker };
}

const around = (createWorker, more = {}) => ({
  createWorker,
  signal: new AbortController().signal,
  onProgress: () => {},
  onPhoto: () => {},
  ...more,
});
const fails = (code) => async () => {
  throw new Failure(code, `${code}: expected`);
};

test("the warm-up is located but not counted, and every photo is told", async () => {
  const { asked, createWorker } = workers([]);
  const told = [];
  const onPhoto = ({ photos }) => told.push(photos.length);
  const measured = await measure(plan, around(createWorker, { onPhoto }));
  assert.deepEqual(told, [0, 0, 1, 2, 3, 4]);
  assert.equal(asked.filter(([what]) => what === "locate").length, 6);
  assert.equal(measured.memory_bytes, 120);
  const { whole, ...stages } = measured.photos[0];
  assert.deepEqual(stages, milliseconds);
  assert.ok(whole >= 0 && measured.first_ms >= whole, "the first answer has the loading in it");
  assert.deepEqual(asked.at(-1), ["terminate"], "the worker and its memory are given back");
});

test("a device that fails leads to the next one, which is told with the result", async () => {
  const { asked, createWorker } = workers([{ open: fails("device") }]);
  const { falls } = await measure(plan, around(createWorker));
  assert.deepEqual(asked.filter(([what]) => what === "open").map(([, device]) => device), ["webgpu", "cpu"]); // prettier-ignore
  assert.deepEqual(falls.map(({ from, to, failure }) => [from, to, failure.code]), [["webgpu", "cpu", "device"]]); // prettier-ignore
  assert.deepEqual(asked[1], ["terminate"], "the failed worker is gone before the next one starts");
});

test("a pack that is damaged fails, on whatever device", async () => {
  const { createWorker } = workers([{ open: fails("shard") }]);
  await assert.rejects(measure(plan, around(createWorker)), { code: "shard" });
});

test("a crash at a photo fails and ends the worker", async () => {
  const { asked, createWorker } = workers([{ locate: fails("crashed") }]);
  await assert.rejects(measure(plan, around(createWorker)), { code: "crashed" });
  assert.deepEqual(asked.at(-1), ["terminate"]);
});

test("stopping keeps what was told before, and is no failure of the device", async () => {
  const stop = new AbortController();
  let count = 0;
  const locate = async () => {
    count += 1;
    if (count === 4) stop.abort();
    stop.signal.throwIfAborted();
    return { result: { milliseconds }, memory_bytes: 120 };
  };
  const { asked, createWorker } = workers([{ locate }]);
  let last;
  const onPhoto = (measured) => (last = measured);
  await assert.rejects(measure(plan, around(createWorker, { signal: stop.signal, onPhoto })), { name: "AbortError" });
  assert.equal(last.photos.length, 1);
  assert.deepEqual(asked.at(-1), ["terminate"]);
});
