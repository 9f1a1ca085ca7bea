import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { distanceKm } from "../../www/app/wording.js";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const text = read("www/map/backdrop.geojson");
const backdrop = JSON.parse(text);
const regions = JSON.parse(read("model/regions.geojson"));
const of = (kind) => backdrop.features.filter(({ properties }) => properties.kind === kind);
const road = (name) => of("freeway").find(({ properties }) => properties.name === name).geometry.coordinates;
const [sea] = of("sea");
const box = (id) => regions.features.find((feature) => feature.id === id).bbox;

const isIn = ([west, south, east, north], [lon, lat]) => west <= lon && lon <= east && south <= lat && lat <= north;

/** Ray casting, even-odd: a position in a hole is not inside. */
function isInside(rings, [lon, lat]) {
  let inside = false;
  for (const ring of rings) {
    ring.forEach(([x1, y1], index) => {
      const [x2, y2] = ring[(index + 1) % ring.length];
      if (y1 > lat !== y2 > lat && lon < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) inside = !inside;
    });
  }
  return inside;
}

/** A position on an island is not in the sea. */
const isSea = (position) => isInside(sea.geometry.coordinates, position);

/** Kilometers from a place to the nearest point of a line, to about 100 m. */
function kmFrom([lat, lon], line) {
  let least = Infinity;
  for (let index = 1; index < line.length; index += 1) {
    const [[x1, y1], [x2, y2]] = [line[index - 1], line[index]];
    for (let step = 0; step <= 60; step += 1) {
      const at = { lat: y1 + ((y2 - y1) * step) / 60, lon: x1 + ((x2 - x1) * step) / 60 };
      least = Math.min(least, distanceKm({ lat, lon }, at));
    }
  }
  return least;
}

test("the backdrop is small, of known kinds, and every coordinate is lon, lat", () => {
  assert.ok(text.length <= 12 * 1024, `${text.length} bytes`);
  const kinds = new Set(backdrop.features.map(({ properties }) => properties.kind));
  assert.deepEqual([...kinds].sort(), ["county", "freeway", "name", "sea"]);
  const flat = JSON.stringify(backdrop.features.map(({ geometry }) => geometry.coordinates));
  for (const [, lon, lat] of flat.matchAll(/\[(-?[\d.]+),(-?[\d.]+)\]/g)) {
    assert.ok(isIn([-123.1, 31.9, -117, 35], [Number(lon), Number(lat)]), `${lon}, ${lat}`);
  }
});

test("its first view is that of the regions, so that nothing moves when they come", () => {
  assert.deepEqual(backdrop.bbox, regions.bbox);
});

test("rings are closed", () => {
  for (const ring of sea.geometry.coordinates) assert.deepEqual(ring[0], ring.at(-1));
});

test("the coast runs through the regions by the sea, and through no other", () => {
  // Culver City is not by the sea, but the corner of its box is in Marina del Rey
  const bySea = ["santa_monica", "venice_beach", "malibu", "manhattan_beach", "long_beach", "culver_city"];
  const coast = sea.geometry.coordinates[0];
  for (const { id, bbox } of regions.features) {
    const touched = coast.some((position) => isIn(bbox, position));
    assert.equal(touched, bySea.includes(id), id);
  }
});

/** Where its name stands. */
function middle({ bbox: [west, south, east, north], properties: { point } }) {
  return point ?? [(west + east) / 2, (south + north) / 2];
}

test("the middle of every region is on land", () => {
  for (const region of regions.features) assert.equal(isSea(middle(region)), false, region.id);
});

test("what a local knows to be land is land, and sea is sea", () => {
  const land = { LAX: [33.942, -118.408], "Palos Verdes": [33.76, -118.36], Avalon: [33.34, -118.33], Dume: [34.008, -118.805], "Marina del Rey's west side": [33.975, -118.463] }; // prettier-ignore
  const water = { "Santa Monica Bay": [33.93, -118.5], "San Pedro Channel": [33.55, -118.3], "off Malibu": [34.015, -118.7], "Long Beach's outer harbor": [33.73, -118.16] }; // prettier-ignore
  for (const [name, [lat, lon]] of Object.entries(land)) assert.equal(isSea([lon, lat]), false, name);
  for (const [name, [lat, lon]] of Object.entries(water)) assert.equal(isSea([lon, lat]), true, name);
});

test("freeways pass where they cross", () => {
  const crossings = [
    ["I-405", "US-101", 34.1605, -118.469],
    ["I-405", "I-10", 34.032, -118.4345],
    ["I-405", "I-105", 33.9305, -118.3685],
    ["I-405", "I-110", 33.8575, -118.2845],
    ["I-405", "I-710", 33.8255, -118.2065],
    ["I-110", "I-10", 34.0372, -118.2735],
    ["I-110", "US-101", 34.0625, -118.2488],
    ["I-110", "I-105", 33.9285, -118.281],
    ["I-5", "I-605", 33.934, -118.0975],
    ["I-5", "SR-2", 34.105, -118.252],
    ["I-5", "SR-14", 34.336, -118.509],
    ["I-5", "SR-134", 34.1545, -118.2785],
    ["I-210", "SR-134", 34.152, -118.151],
    ["I-210", "SR-2", 34.205, -118.2125],
    ["I-10", "I-605", 34.0648, -118.003],
    ["SR-60", "I-605", 34.031, -118.029],
    ["SR-91", "I-710", 33.8755, -118.193],
    ["I-105", "I-710", 33.9125, -118.1795],
  ];
  for (const [a, b, lat, lon] of crossings) {
    for (const name of [a, b]) {
      const km = kmFrom([lat, lon], road(name));
      // three decimals are 100 m, and points nearer than 180 m to a straight line were left out
      assert.ok(km < 0.6, `${a} and ${b}: ${name} is ${km.toFixed(2)} km from their crossing`);
    }
  }
});

test("freeways run through the regions that they run through", () => {
  const through = { "I-10": ["santa_monica", "downtown_la"], "I-5": ["santa_clarita"], "I-405": ["culver_city", "long_beach"], "I-210": ["pasadena"], "SR-14": ["santa_clarita"], "SR-1": ["malibu"], "US-101": ["hollywood"], "I-710": ["long_beach"] }; // prettier-ignore
  for (const [name, ids] of Object.entries(through)) {
    for (const id of ids) {
      const [west, south, east, north] = box(id);
      const inside = road(name).some(([lon, lat], index, line) => {
        const [nextLon, nextLat] = line[Math.min(index + 1, line.length - 1)];
        return Array.from({ length: 21 }, (_, step) => step / 20).some((t) =>
          isIn([west, south, east, north], [lon + (nextLon - lon) * t, lat + (nextLat - lat) * t]),
        );
      });
      assert.ok(inside, `${name} misses ${id}`);
    }
  }
});

test("no freeway runs through the sea", () => {
  for (const { properties, geometry } of of("freeway")) {
    geometry.coordinates.forEach(([lon, lat], index, line) => {
      const [x, y] = line[Math.min(index + 1, line.length - 1)];
      for (let t = 0; t <= 1; t += 0.1) {
        const at = [lon + (x - lon) * t, lat + (y - lat) * t];
        assert.equal(isSea(at), false, `${properties.name} at ${at[1].toFixed(3)}, ${at[0].toFixed(3)}`);
      }
    });
  }
});

test("every sign stands on its freeway", () => {
  for (const { properties, geometry } of of("freeway")) {
    for (const [lon, lat] of properties.signs ?? []) {
      const km = kmFrom([lat, lon], geometry.coordinates);
      assert.ok(km < 0.4, `${properties.name}: ${km.toFixed(2)} km off`);
    }
  }
});

test("the county line goes from coast to coast around every region", () => {
  const line = of("county")[0].geometry.coordinates;
  const coast = sea.geometry.coordinates[0];
  for (const [lon, lat] of [line[0], line.at(-1)]) assert.ok(kmFrom([lat, lon], coast) < 0.5, `${lat}, ${lon}`);
  const county = [...line, [-118.1, 33.2], [-118.95, 33.2], line[0]];
  for (const region of regions.features) assert.ok(isInside([county], middle(region)), region.id);
  const outside = { Anaheim: [33.836, -117.914], "Thousand Oaks": [34.19, -118.875], "Simi Valley": [34.27, -118.75], Ontario: [34.06, -117.65] }; // prettier-ignore
  const within = { Whittier: [33.97, -118.03], Pomona: [34.055, -117.752], Calabasas: [34.145, -118.65], Lancaster: [34.69, -118.15], Torrance: [33.836, -118.34] }; // prettier-ignore
  for (const [name, [lat, lon]] of Object.entries(outside)) assert.ok(!isInside([county], [lon, lat]), name);
  for (const [name, [lat, lon]] of Object.entries(within)) assert.ok(isInside([county], [lon, lat]), name);
});
