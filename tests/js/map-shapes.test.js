import assert from "node:assert/strict";
import test from "node:test";
import {
  around,
  beside,
  boxAround,
  describeMap,
  isNear,
  meet,
  projection,
  shade,
  shapesOf,
  viewOf,
} from "../../www/app/map-shapes.js";
import { distanceKm } from "../../www/app/wording.js";
import { exampleResult, examplePlaces } from "./example-result.mjs";

const result = exampleResult([0.45, 0.25, 0.15, 0.1, 0.05]);
const places = examplePlaces(result);

/** A place that is a box, as the wasm module writes it. */
function box(id, [west, south, east, north], more = {}) {
  const ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]; // prettier-ignore
  const geometry = { type: "Polygon", coordinates: [ring] };
  const properties = { name: id, description: "", ...more };
  return { type: "Feature", id, bbox: [west, south, east, north], geometry, properties };
}

const collection = (...features) => ({ type: "FeatureCollection", features });

test("shade grows with probability on one scale for every photo", () => {
  assert.equal(shade(0), 0);
  assert.equal(shade(1), 1);
  assert.equal(shade(0.04), 2 * shade(0.01));
  assert.deepEqual([shade(-0.1), shade(1.2)], [0, 1]);
});

test("without a result no place is shaded or set apart", () => {
  for (const { probability, shade: strength, outline } of shapesOf(places, null)) {
    assert.deepEqual([probability, strength, outline], [0, 0, "plain"]);
  }
});

test("outlines follow the sets that hold 50% and 80%", () => {
  const outlines = Object.fromEntries(shapesOf(places, result).map(({ id, outline }) => [id, outline]));
  assert.deepEqual(outlines, { alpha: "half", bravo: "half", charlie: "most", delta: "rest", echo: "rest" });
});

test("a place that the result does not name has no shade", () => {
  const shapes = shapesOf(collection(...places.features, box("zulu", [-118, 34, -117.9, 34.1])), result);
  assert.equal(shapes.find(({ id }) => id === "zulu")?.shade, 0);
});

test("large places come first, so that small ones are drawn over them", () => {
  const shapes = shapesOf(collection(box("small", [0, 0, 1, 1]), box("large", [0, 0, 3, 3])), null);
  assert.deepEqual(
    shapes.map(({ id }) => id),
    ["large", "small"],
  );
});

test("a name belongs to the place's own point, else to the middle of its box", () => {
  const [first, second] = shapesOf(collection(box("a", [0, 0, 4, 4], { point: [1, 3] }), box("b", [0, 0, 2, 2])), null);
  assert.deepEqual(first.label, [1, 3]);
  assert.deepEqual(second.label, [1, 1]);
});

test("every polygon of a place of several is kept, with its holes", () => {
  const island = box("island", [0, 0, 1, 1]);
  island.geometry = { type: "MultiPolygon", coordinates: [[[[0, 0], [1, 0], [0, 1], [0, 0]], [[0.1, 0.1], [0.2, 0.1], [0.1, 0.2], [0.1, 0.1]]], [[[0.5, 0.5], [1, 0.5], [1, 1], [0.5, 0.5]]]] }; // prettier-ignore
  const [{ polygons }] = shapesOf(collection(island), null);
  assert.deepEqual(
    polygons.map((rings) => rings.length),
    [2, 1],
  );
});

test("a place across the antimeridian is one box, and its neighbors and points are beside it", () => {
  const shapes = shapesOf(collection(box("fiji", [177, -19, -178, -16]), box("samoa", [-173, -14, -171, -13])), null);
  assert.deepEqual(around(shapes.map(({ box }) => box)), [177, -19, 189, -13]);
  assert.deepEqual(beside({ lat: -14, lon: -172 }, shapes), [188, -14]);
  assert.equal(shapes.find(({ id }) => id === "fiji")?.label[0], 179.5);
});

test("without a result all places are in view; of no places there is no view", () => {
  assert.deepEqual(viewOf(shapesOf(places, null), null, null), around(places.features.map(({ bbox }) => bbox)));
  assert.equal(viewOf([], null, null), null);
});

test("an answer's view holds the likely places and the circle of the expected error, within all the places", () => {
  const unlikely = [box("far", [-119.5, 33, -119.4, 33.1]), box("off", [-117, 35, -116.9, 35.1])];
  const far = collection(...places.features, ...unlikely);
  const shapes = shapesOf(far, result);
  const view = viewOf(shapes, result, null);
  for (const { box, outline } of shapes) {
    if (outline === "half" || outline === "most") assert.deepEqual(around([view, box]), view);
  }
  const circle = boxAround([result.point.lon, result.point.lat], result.point.expected_error_km);
  assert.deepEqual(around([view, circle]), view);
  assert.ok(view[0] > -119 && view[2] < -117.5, "places that are not likely do not widen the view");
});

test("an unsure answer's view is never wider than all the places", () => {
  const unsure = { ...result, point: { ...result.point, expected_error_km: 900 } };
  assert.deepEqual(viewOf(shapesOf(places, unsure), unsure, null), around(places.features.map(({ bbox }) => bbox)));
});

test("the photo's own GPS is in view where it is near, and left out where it would be all that is seen", () => {
  const shapes = shapesOf(places, result);
  const near = { lat: 34.4, lon: -118.3 };
  const paris = { lat: 48.86, lon: 2.35 };
  assert.ok(isNear(shapes, near) && !isNear(shapes, paris));
  assert.ok(viewOf(shapes, result, near)[3] > 34.4);
  assert.deepEqual(viewOf(shapes, result, paris), viewOf(shapes, result, null));
});

test("a best point off the places, which only a cut list can give, still has a view", () => {
  const off = { ...result, regions_50: [], regions_80: [], point: { lat: 10, lon: 10, expected_error_km: 1 } };
  assert.deepEqual(viewOf(shapesOf(places, off), off, null), around(places.features.map(({ bbox }) => bbox)));
});

test("boxes that only touch meet", () => {
  assert.ok(meet([0, 0, 1, 1], [1, 1, 2, 2]));
  assert.ok(!meet([0, 0, 1, 1], [1.1, 0, 2, 2]));
});

test("a box around a point is as wide as it is said to be", () => {
  const [west, south, east, north] = boxAround([-118.4, 34], 10);
  // the box is measured on a sphere that is 0.02 % off the mean radius, and its sides bend a little
  assert.ok(Math.abs(distanceKm({ lat: south, lon: -118.4 }, { lat: north, lon: -118.4 }) - 20) < 0.02);
  assert.ok(Math.abs(distanceKm({ lat: 34, lon: west }, { lat: 34, lon: east }) - 20) < 0.02);
});

test("the map in words names the first places, the best point and the photo's own GPS", () => {
  const own = { lat: 34.01, lon: -118.49 };
  const text = describeMap(result, own, 5);
  assert.match(text, /^Map: Alpha 45\.0%, Bravo 25\.0%, Charlie 15\.0% and 2 more; best point 34\.0219° N/);
  assert.match(text, /expected to be off by about 6 km; the photo's own GPS says 34\.0100° N, 118\.4900° W$/);
  assert.doesNotMatch(describeMap(result, null, 5), /GPS/);
  assert.equal(describeMap(null, null, 15), "Map of 15 places, none of them shaded yet");
  assert.equal(describeMap(null, null, 0), "Map, still empty");
});

test("a projection keeps the box whole and in the middle, north up, and circles round", () => {
  const frame = { x: 10, y: 20, width: 300, height: 200 };
  const { point, radius } = projection([-119, 33.7, -118, 34.5], frame);
  const [left, top] = point([-119, 34.5]);
  const [right, bottom] = point([-118, 33.7]);
  assert.ok(left >= 10 - 1e-9 && right <= 310 + 1e-9 && top >= 20 - 1e-9 && bottom <= 220 + 1e-9);
  assert.ok(Math.abs(left + right - 320) < 1e-9 && Math.abs(top + bottom - 240) < 1e-6);
  const km = distanceKm({ lat: 34, lon: -118.5 }, { lat: 34.01, lon: -118.5 });
  const high = point([-118.5, 34])[1] - point([-118.5, 34.01])[1];
  assert.ok(Math.abs(radius(km, 34.005) - high) < 1e-3, "a distance north is as long as the same one around");
});
