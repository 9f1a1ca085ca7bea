import assert from "node:assert/strict";
import test from "node:test";
import { asJson, asText, factLines, programName, stageRows } from "../../www/app/bench-report.js";

const times = (encode) => ({ decode: 7, preprocess: 1.5, encode, score: 0.06, whole: encode + 9 });
const facts = {
  backend: "cpu",
  model: "drawn-scenes-int8",
  untrained: false,
  known_answer_error: 1e-7,
  loading: { downloaded_bytes: 0, cached_bytes: 1_155_416, milliseconds: { download: 30, start: 93 } },
};
const measured = { facts, falls: [], first_ms: 812.4, photos: [60, 62, 64].map(times), memory_bytes: 61_200_000 };
const device = { userAgent: "Browser/1.0", cores: 8, program: "wasm/cpu/", date: new Date("2026-01-02T03:04:05Z") };
const value = (lines, term) => lines.find(([found]) => found === term)?.[1];

test("each step has its median and the middle half of its runs", () => {
  assert.deepEqual(stageRows(measured.photos), [
    ["Read the photo", "7.00", "7.00 to 7.00"],
    ["Scale it", "1.50", "1.50 to 1.50"],
    ["Run the model", "62.0", "61.0 to 63.0"],
    ["Rank the places", "0.1", "0.1 to 0.1"],
    ["All of it", "71.0", "70.0 to 72.0"],
  ]);
  assert.deepEqual(stageRows([]), []);
});

test("the facts say on what it ran, what was loaded and how much memory it took", () => {
  const lines = factLines(measured, device);
  assert.equal(value(lines, "Runs on"), "CPU");
  assert.equal(value(lines, "Program"), "CPU, 128-bit SIMD");
  assert.equal(value(lines, "Loaded"), "1.2 MB kept from before");
  assert.equal(value(lines, "From Start to the first answer"), "812 ms");
  assert.equal(value(lines, "Memory of the program"), "61.2 MB");
  assert.equal(value(lines, "Why"), undefined);
});

test("a device that failed before is told, and memory that no one tells is not made up", () => {
  const fall = { from: "webgpu", to: "cpu", failure: { code: "device", message: "WebGPU: no adapter" } };
  const lines = factLines({ ...measured, falls: [fall], memory_bytes: null }, device);
  assert.equal(value(lines, "Why"), "WebGPU is not available here, so the CPU does the work.");
  assert.equal(value(lines, "Memory of the program"), "not told by this browser");
});

test("each program has a name, and one that came later its folder's", () => {
  const folders = ["wasm/cpu/", "wasm/cpu-relaxed/", "wasm/webgpu/", "wasm/other/"];
  assert.deepEqual(folders.map(programName), ["CPU, 128-bit SIMD", "CPU, relaxed SIMD", "WebGPU", "other"]);
});

test("the text has the date, the facts and the table", () => {
  const text = asText(measured, device);
  assert.match(text, /^PlaceLens, measured on 2026-01-02\nRuns on: CPU\n/);
  assert.match(text, /^Run the model +62.0 +61.0 to 63.0$/m);
});

test("the JSON has every run, and parses", () => {
  const report = JSON.parse(asJson(measured, device));
  assert.equal(report.photos.length, 3);
  assert.equal(report.milliseconds.encode.median, 62);
  assert.deepEqual([report.program, report.cores, report.first_prediction_ms], ["wasm/cpu/", 8, 812.4]);
  assert.deepEqual(JSON.parse(asJson({ ...measured, photos: [] }, device)).milliseconds, {});
});
