import assert from "node:assert/strict";
import test from "node:test";
import { whereabouts } from "../../www/app/whereabouts.js";

/** @param {string} name @param {number[]} box @param {object} [geometry] */
function place(name, [west, south, east, north], geometry) {
  const ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]; // prettier-ignore
  return {
    type: "Feature",
    id: name,
    bbox: [west, south, east, north],
    geometry: geometry ?? { type: "Polygon", coordinates: [ring] },
    properties: { name, description: "" },
  };
}

const find = (lat, lon, ...features) => whereabouts({ lat, lon }, { features });

test("a point inside a place is in it", () => {
  assert.deepEqual(find(0.5, 0.5, place("Square", [0, 0, 1, 1])), { relation: "in", name: "Square" });
});

test("of two places that hold a point the smaller is told", () => {
  const both = [place("Large", [0, 0, 2, 2]), place("Small", [0, 0, 1, 1])];
  assert.equal(find(0.5, 0.5, ...both).name, "Small");
  assert.equal(find(1.5, 1.5, ...both).name, "Large");
});

test("the shape counts, not its box; a hole is outside", () => {
  const triangle = [[0, 0], [1, 0], [0, 1], [0, 0]]; // prettier-ignore
  const corner = place("Triangle", [0, 0, 1, 1], { type: "Polygon", coordinates: [triangle] });
  assert.equal(find(0.2, 0.2, corner).relation, "in");
  assert.equal(find(0.9, 0.9, corner).relation, "near");
  const outer = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]; // prettier-ignore
  const hole = [[0.4, 0.4], [0.4, 0.6], [0.6, 0.6], [0.6, 0.4], [0.4, 0.4]]; // prettier-ignore
  const ring = place("Ring", [0, 0, 1, 1], { type: "MultiPolygon", coordinates: [[outer, hole]] });
  assert.equal(find(0.5, 0.5, ring).relation, "near");
  assert.equal(find(0.2, 0.5, ring).relation, "in");
});

test("up to 10 km away is near, farther is nowhere", () => {
  const square = place("Square", [0, 0, 1, 1]);
  // one degree of the equator is 111.2 km
  assert.deepEqual(find(0.5, 1.08, square), { relation: "near", name: "Square" });
  assert.equal(find(0.5, 1.1, square), null);
  assert.equal(find(-0.1, -0.01, square), null);
});

test("the nearest of several is told", () => {
  assert.equal(find(0.5, 1.04, place("West", [0, 0, 1, 1]), place("East", [1.06, 0, 2, 1])).name, "East");
});

test("a box across the antimeridian has no far side", () => {
  const west = [[179, 0], [180, 0], [180, 1], [179, 1], [179, 0]]; // prettier-ignore
  const east = [[-180, 0], [-179, 0], [-179, 1], [-180, 1], [-180, 0]]; // prettier-ignore
  const both = place("Line", [179, 0, -179, 1], { type: "MultiPolygon", coordinates: [[west], [east]] });
  assert.equal(find(0.5, 179.5, both).relation, "in");
  assert.equal(find(0.5, -179.5, both).relation, "in");
  assert.equal(find(0.5, 178.95, both).relation, "near");
  assert.equal(find(0.5, -178.95, both).relation, "near");
  assert.equal(find(0.5, 0, both), null);
});

test("without places there is nothing to tell", () => {
  assert.equal(whereabouts({ lat: 0, lon: 0 }, null), null);
  assert.equal(find(0, 0), null);
});
