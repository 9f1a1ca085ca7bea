import assert from "node:assert/strict";
import test from "node:test";
import * as messages from "../../www/app/embed-messages.js";

const { LIMITS, readConnect, readFromFrame, readFromPost, readLook, shared, sharedFailure } = messages;

const RESULT = {
  places: [{ id: "malibu", name: "Malibu", lat: 34, lon: -118.7, cosine: 0.27, probability: 0.9 }],
  point: { lat: 34, lon: -118.7, expected_error_km: 3 },
  regions_50: ["malibu"],
  regions_80: ["malibu"],
  confident: true,
  temperature: 0.01,
  photo: { width: 640, height: 480, taken_at: { lat: 34.01, lon: -118.49 } },
  backend: "cpu",
  model: "stand-in",
  milliseconds: { decode: 1, preprocess: 1, encode: 1, score: 1 },
};
const LOOK = { theme: "dark", accent: "#b3541e", top: 5, share: true };
const JUNK = [undefined, null, 0, "hello", [], {}, { kind: "unknown" }, { kind: 7 }, { kind: "constructor" }];

test("a post's first message is known by its version and kind", () => {
  assert.deepEqual(readConnect({ placelens: 1, kind: "connect", look: LOOK }), { kind: "connect", look: LOOK });
  for (const data of [...JUNK, { kind: "connect", look: LOOK }, { placelens: 2, kind: "connect", look: LOOK }])
    assert.equal(readConnect(data), null, JSON.stringify(data));
});

test("a word of the look that is not understood is the default's, and the others count", () => {
  const odd = { theme: "sepia", accent: "x".repeat(65), top: 1.5, share: "yes" };
  assert.deepEqual(readLook(odd), messages.DEFAULT_LOOK);
  for (const top of [0, -1, 101, "5", NaN]) assert.equal(readLook({ top }).top, messages.DEFAULT_LOOK.top);
  assert.deepEqual(readLook({ ...odd, top: 7 }), { ...messages.DEFAULT_LOOK, top: 7 });
  assert.deepEqual(readLook(null), messages.DEFAULT_LOOK);
});

test("of a post's message only the declared fields arrive", () => {
  const photo = new Blob(["x"]);
  assert.deepEqual(readFromPost({ kind: "look", look: { ...LOOK, more: 1 } }), { kind: "look", look: LOOK });
  assert.deepEqual(readFromPost({ kind: "start", url: "x" }), { kind: "start" });
  assert.deepEqual(readFromPost({ kind: "focus" }), { kind: "focus" });
  assert.deepEqual(readFromPost({ kind: "locate", id: 3, photo, name: "x" }), { kind: "locate", id: 3, photo });
  assert.deepEqual(readFromPost({ kind: "locate", id: 0, photo: null }), { kind: "locate", id: 0, photo: null });
});

test("a photo that is none, or too large, or without a number, is passed over", () => {
  const large = new Blob([]);
  Object.defineProperty(large, "size", { value: LIMITS.photo_bytes + 1 });
  for (const photo of ["data", { size: 1 }, undefined, large])
    assert.equal(readFromPost({ kind: "locate", id: 1, photo }), null);
  for (const id of [null, undefined, -1, 1.5, "1"])
    assert.equal(readFromPost({ kind: "locate", id, photo: new Blob([]) }), null);
  for (const data of JUNK) assert.equal(readFromPost(data), null, JSON.stringify(data));
});

test("every kind of the frame's messages is understood, and its height has a limit", () => {
  const good = [
    { kind: "hello" },
    { kind: "size", height_px: 640 },
    { kind: "ready", backend: "cpu", model: "m" },
    { kind: "result", id: 4, result: RESULT },
    { kind: "result", id: null, result: RESULT },
    { kind: "failed", id: 0, code: "photo_none", message: "none" },
  ];
  for (const message of good) assert.deepEqual(readFromFrame(message), message);
  assert.deepEqual(readFromFrame({ kind: "size", height_px: 1e9 }), { kind: "size", height_px: LIMITS.height_px });
});

test("a frame's message that is malformed or oversized is passed over", () => {
  const result = (changes) => ({ kind: "result", id: 1, result: { ...RESULT, ...changes } });
  const [place] = RESULT.places;
  const bad = [
    ...JUNK,
    { kind: "size", height_px: -1 },
    { kind: "size", height_px: Infinity },
    { kind: "size", height_px: "640" },
    { kind: "ready", backend: "cpu" },
    { kind: "ready", backend: "cpu", model: "x".repeat(LIMITS.text + 1) },
    { kind: "failed", id: 1, code: "c", message: 5 },
    { kind: "failed", code: "c", message: "no number" },
    { kind: "result", id: -1, result: RESULT },
    { kind: "result", id: 1 },
    result({ places: [] }),
    result({ places: "malibu" }),
    result({ places: new Array(LIMITS.places + 1).fill(place) }),
    result({ places: [{ ...place, name: { toString: 1 } }] }),
    result({ places: [{ ...place, probability: NaN }] }),
    result({ point: { lat: 1, lon: 2 } }),
    result({ regions_50: [5] }),
    result({ regions_80: undefined }),
    result({ confident: "yes" }),
  ];
  for (const message of bad) assert.equal(readFromFrame(message), null, String(JSON.stringify(message)).slice(0, 120));
});

test("what a page has put on Object.prototype is no part of a message", (t) => {
  Object.assign(Object.prototype, { kind: "hello", placelens: 1 });
  t.after(() => (delete Object.prototype.kind, delete Object.prototype.placelens));
  assert.equal(readFromFrame({}), null);
  assert.equal(readConnect({}), null);
});

test("a result of the reader's photo is told without its GPS, one of the post's own photo as it is", () => {
  assert.deepEqual(shared(RESULT, { ownPhoto: true }).photo, { width: 640, height: 480, taken_at: null });
  assert.equal(RESULT.photo.taken_at.lat, 34.01, "the frame's own copy keeps it");
  assert.deepEqual(shared(RESULT, { ownPhoto: false }), RESULT);
});

test("a failure of the reader's photo is told without a word from it", () => {
  const failure = { code: "photo_unknown_format", message: "its first bytes are `secret`" };
  const told = sharedFailure(failure, { ownPhoto: true });
  assert.deepEqual(told, { code: "photo_unknown_format", message: "the reader's photo could not be used" });
  assert.equal(sharedFailure(failure, { ownPhoto: false }).message, failure.message);
  const long = sharedFailure({ code: "c".repeat(900), message: "m".repeat(900) }, { ownPhoto: false });
  assert.ok(readFromFrame({ kind: "failed", id: null, ...long }), "what is told is short enough to be heard");
});
