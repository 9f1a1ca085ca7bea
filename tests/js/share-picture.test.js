import assert from "node:assert/strict";
import test from "node:test";
import { draw } from "../../www/app/share-picture.js";
import { fitText, wrapText } from "../../www/app/share-text.js";
import { exampleResult, examplePlaces } from "./example-result.mjs";

const EM = 0.62; // a wide letter of a sans-serif face, as a share of the font's size
const COLORS = new Proxy({}, { get: (_, name) => `#${String(name)}` });
const [WIDTH, HEIGHT] = [1200, 675];

/** A context that writes down what is written where, with letters of one width. */
function pen() {
  const texts = [];
  const size = (font) => Number(font.match(/(\d+)px/)[1]);
  const context = {
    font: "400 10px sans",
    measureText: (text) => ({ width: [...text].length * EM * size(context.font) }),
    fillText: (text, x, y) => {
      texts.push({ text, x, y, size: size(context.font), width: context.measureText(text).width });
    },
  };
  const ignore = () => {};
  const handler = {
    get: (target, name) => target[name] ?? ignore,
    set: (target, name, value) => ((target[name] = value), true),
  };
  return { context: new Proxy(context, handler), texts };
}

/** Everything that a picture of the result says. */
function drawn(result, { name = "photo.jpg" } = {}) {
  const { context, texts } = pen();
  const places = examplePlaces(result);
  draw(context, { bitmap: null, name, result, places, backdrop: null, colors: COLORS });
  return texts;
}

const measure = { measureText: (text) => ({ width: [...text].length }) };

test("a text that fits is left alone, one that does not ends in an ellipsis within the width", () => {
  assert.equal(fitText(measure, "Venice Beach", 12), "Venice Beach");
  assert.equal(fitText(measure, "Venice Beach", 11), "Venice Bea…");
  assert.equal(fitText(measure, "Venice Beach", 8), "Venice…", "no space before the ellipsis");
  assert.equal(fitText(measure, "Venice", 0), "…");
});

test("a cut never falls into a letter with an accent or an emoji of several parts", () => {
  assert.equal(fitText(measure, "e\u0301e\u0301e\u0301", 4), "e\u0301…");
  assert.equal(fitText(measure, "👩‍👩‍👧 family", 5), "…");
});

test("lines are full, no wider than allowed, and the last one tells that words are left", () => {
  assert.deepEqual(wrapText(measure, "one two three four", 9, 3), ["one two", "three", "four"]);
  assert.deepEqual(wrapText(measure, "one two three four", 9, 2), ["one two", "three fo…"]);
  assert.deepEqual(wrapText(measure, "incomprehensible", 9, 2), ["incompre…"]);
  assert.deepEqual(wrapText(measure, "", 9, 2), []);
});

test("the picture says what the page says: the first five places, how sure, the model", () => {
  const result = exampleResult([0.6, 0.2, 0.1, 0.04, 0.03, 0.02, 0.01]);
  const said = drawn(result).map(({ text }) => text);
  for (const part of ["Alpha", "60.0%", "Bravo", "20.0%", "Echo", "3.0%", "PlaceLens", "example", "Most likely"]) {
    assert.ok(said.includes(part), part);
  }
  assert.ok(said.some((text) => text.startsWith("Probably Alpha")));
  assert.ok(!said.includes("Foxtrot"));
});

test("the picture keeps the place that the photo's GPS tells to itself", () => {
  const own = { lat: 12.3456, lon: 65.4321 };
  const result = exampleResult([0.6, 0.4], { photo: { width: 640, height: 480, taken_at: own } });
  assert.deepEqual(drawn(result), drawn(exampleResult([0.6, 0.4])));
});

test("a photo that cannot be shown is named, without its folder", () => {
  const said = drawn(exampleResult([1]), { name: "beach/2024/IMG_1.heic" }).map(({ text }) => text);
  assert.ok(said.includes("IMG_1.heic"));
});

for (const [kind, change] of Object.entries({
  short: (text) => text,
  long: (text) => `${text} `.repeat(30).trim(),
  unbreakable: (text) => text.repeat(60),
})) {
  test(`${kind} names: no text leaves the picture or overlaps another`, () => {
    const result = exampleResult([0.3, 0.25, 0.2, 0.15, 0.1]);
    result.places.forEach((place) => (place.name = change(place.name)));
    result.model = change("model");
    const texts = drawn(result, { name: change("photo") });
    const boxes = texts.map(({ text, x, y, size, width }) => {
      return { text, left: x, right: x + width, top: y - 0.75 * size, bottom: y + 0.2 * size };
    });
    boxes.forEach((a, index) => {
      assert.ok(a.left >= 0 && a.top >= 0 && a.right <= WIDTH && a.bottom <= HEIGHT, `${a.text} leaves the picture`);
      for (const b of boxes.slice(index + 1)) {
        const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
        assert.ok(apart, `“${a.text}” and “${b.text}” overlap`);
      }
    });
  });
}

test("a picture is made of a result without any place", () => {
  assert.ok(drawn(exampleResult([])).some(({ text }) => text === "No place"));
});
