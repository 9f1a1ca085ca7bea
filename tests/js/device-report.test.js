import assert from "node:assert/strict";
import test from "node:test";
import { asText, deviceReport } from "../../www/app/device-report.js";

const facts = {
  backend: "webgpu",
  model: "drawn-scenes-int8",
  untrained: false,
  known_answer_error: 1.2345e-7,
  places: { type: "FeatureCollection", features: [] },
  loading: { downloaded_bytes: 4_900_000, cached_bytes: 0, milliseconds: { download: 812.4, start: 93 } },
  memory_bytes: 50_000_000,
};
const fall = { from: "webgpu", to: "cpu", failure: { code: "device", message: "WebGPU: no adapter" } };
const report = (changes = {}) => deviceReport({ facts, falls: [], userAgent: "Browser/1.0", photos_ms: [], ...changes });
const value = (lines, term) => lines.find(([found]) => found === term)?.[1];

test("everything that a bug report needs is there, in its order", () => {
  assert.deepEqual(report({ photos_ms: [430.2, 380, 390], memory_bytes: 61_200_000 }), [
    ["Runs on", "WebGPU"],
    ["Why", "WebGPU is tried first, and works here."],
    ["Model", "drawn-scenes-int8"],
    ["Loaded", "4.9 MB from the network"],
    ["Loading took", "812 ms"],
    ["Starting took", "93 ms"],
    ["First photo", "430 ms"],
    ["Median of 3", "390 ms"],
    ["Memory", "61.2 MB"],
    ["Known answer", "off by 1.2e-7 at most"],
    ["Browser", "Browser/1.0"],
  ]);
});

test("what failed above the device is told in words, with the browser's own message", () => {
  const lines = report({ facts: { ...facts, backend: "cpu" }, falls: [fall] });
  assert.equal(value(lines, "Runs on"), "CPU");
  assert.equal(value(lines, "Why"), "WebGPU is not available here, so the CPU does the work.");
  assert.equal(value(lines, "Failed on WebGPU"), "WebGPU: no adapter");
});

test("the CPU without a fall was asked for", () => {
  assert.equal(value(report({ facts: { ...facts, backend: "cpu" } }), "Why"), "The page's address asks for the CPU.");
});

test("bytes are told by where they came from", () => {
  const from = (downloaded_bytes, cached_bytes) =>
    value(report({ facts: { ...facts, loading: { ...facts.loading, downloaded_bytes, cached_bytes } } }), "Loaded");
  assert.equal(from(0, 4_900_000), "4.9 MB kept from before");
  assert.equal(from(1_200_000, 3_700_000), "1.2 MB from the network, 3.7 MB kept from before");
  assert.equal(from(0, 0), "nothing");
});

test("one photo has no median, and none has no time", () => {
  assert.equal(value(report(), "First photo"), "none yet");
  const one = report({ photos_ms: [12] });
  assert.equal(value(one, "First photo"), "12 ms");
  assert.equal(
    one.some(([term]) => term.startsWith("Median")),
    false,
  );
});

test("the median of an even number lies between the two in the middle", () => {
  assert.equal(value(report({ photos_ms: [400, 100, 200, 900] }), "Median of 4"), "300 ms");
});

test("the memory is the latest that is known", () => {
  assert.equal(value(report(), "Memory"), "50.0 MB");
  assert.equal(value(report({ facts: { ...facts, memory_bytes: null } }), "Memory"), "not told by this browser");
});

test("without a model the report tells what failed, and the browser", () => {
  assert.deepEqual(report({ facts: null, falls: [fall] }), [
    ["Model", "not ready"],
    ["Failed on WebGPU", "WebGPU: no adapter"],
    ["Browser", "Browser/1.0"],
  ]);
});

test("as text it has a title and a line for each fact", () => {
  assert.equal(
    asText([
      ["Runs on", "CPU"],
      ["Browser", "Browser/1.0"],
    ]),
    "PlaceLens on this device\nRuns on: CPU\nBrowser: Browser/1.0\n",
  );
});
