import assert from "node:assert/strict";
import test from "node:test";
import { asText, row, rows } from "../bench/rows.mjs";

const run = (encode) => ({ decode: 7, preprocess: 1, encode, score: 0.5, whole: encode + 9 });
const peerRun = (encode) => ({ preprocess: 6, encode, whole: encode + 6 });
const photos = {
  sample: { simd128: [60, 62, 64].map(run), uint8: [150, 155, 160].map(peerRun), fp32: [270, 280, 290].map(peerRun) },
  large: { simd128: [run(60)], uint8: [peerRun(150)] },
  large_photo_bytes: 3_600_000,
  memory_bytes: { simd128: 112e6, uint8: 203e6 },
  memory_after_large_bytes: { simd128: 148e6, uint8: 203e6 },
};
const named = (table, figure) => table.find((each) => each.figure === figure);

test("a figure meets its target at the target itself, and not above it", () => {
  const target = { ratio: 0.4 };
  assert.equal(row("x", "ms", { ours: 40, peer: 100, target }).met, true);
  assert.equal(row("x", "ms", { ours: 41, peer: 100, target }).met, false);
  assert.equal(row("x", "MB", { ours: 160, target: { at_most: 160 } }).met, true);
  assert.equal(row("x", "MB", { ours: 160.1, target: { at_most: 160 } }).met, false);
});

test("photos per second must be at least their share of the peer's", () => {
  const target = { least_ratio: 0.5 };
  assert.equal(row("x", "/s", { ours: 10, peer: 20, target }).met, true);
  assert.equal(row("x", "/s", { ours: 9, peer: 20, target }).met, false);
});

test("a ratio to nothing is none, and what has no target has not met it", () => {
  const { ratio, met } = row("bytes", "MB", { ours: 0, peer: 0 });
  assert.deepEqual([ratio, met], [undefined, undefined]);
});

test("the encoder is compared with both of the peer's models, by medians", () => {
  const table = rows({ photos });
  const uint8 = named(table, "encode a photo, simd128, against uint8");
  assert.deepEqual([uint8.ours.median, uint8.peer.median, uint8.ratio, uint8.met], [62, 155, 0.4, true]);
  assert.equal(named(table, "encode a photo, simd128, against fp32").peer.median, 280);
});

test("a module that is not there keeps its rows, which say so", () => {
  const relaxed = named(rows({ photos }), "encode a photo, relaxed, against uint8");
  assert.deepEqual([relaxed.absent, relaxed.met, relaxed.ours], ["no such module in this site", undefined, undefined]);
  assert.match(asText([relaxed]), /no such module in this site .*≤ 0.40 ×$/m);
});

test("a dtype that the command line does not have keeps its row", () => {
  const weight = { raw: 3, gzip: 2, brotli: 1 };
  const bytes = { programs: { simd128: weight, peer: weight }, packs: { int8: 88e6 }, peer_model_bytes: 88.5e6 };
  const table = rows({ bytes });
  assert.equal(named(table, "vision pack, int8").met, true);
  assert.match(named(table, "vision pack, int4").absent, /no such dtype/);
});

test("a Python that cannot run the peer is said in the table, not passed over", () => {
  assert.match(asText(rows({ native: { absent: "python3 cannot import numpy" } })), /python3 cannot import numpy/);
});

test("the text has ratio, target and verdict of each row", () => {
  const text = asText(rows({ photos }));
  assert.match(text, /encode a photo, simd128, against uint8 +62.0 ms \(61.0–63.0\) +155 ms \(153–158\) +0.40 × +≤ 0.80 × +yes/);
  assert.match(text, /wasm memory from load to prediction, simd128 +112 MB +203 MB +0.55 × +≤ 160 MB +yes/);
});
