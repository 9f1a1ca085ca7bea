import assert from "node:assert/strict";
import test from "node:test";
import { fileName, toCsv, toGeoJson, toJson } from "../../www/app/export.js";
import { exampleResult, examplePlaces } from "./example-result.mjs";

const tagged = { photo: { width: 640, height: 480, taken_at: { lat: 34.0101, lon: -118.4962 } } };
const done = (name, probabilities = [0.5, 0.3, 0.15, 0.05], changes = {}) => ({
  photo: { name },
  result: exampleResult(probabilities, changes),
  failure: null,
});
const failed = (name) => ({ photo: { name }, result: null, failure: { code: "photo_cut", message: "cut, “off”" } });
const waiting = { photo: { name: "later.jpg" }, result: null, failure: null };

/** Rows of cells, by the grammar of RFC 4180 and nothing else. @param {string} text */
function parseCsv(text) {
  const rows = [[]];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  while (cell.lastIndex < text.length) {
    const [found, quoted, plain, end] = cell.exec(text) ?? [null];
    assert.ok(found !== null, `no cell where one was expected: ${text}`);
    rows.at(-1).push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === "\r\n") rows.push([]);
  }
  assert.deepEqual(rows.pop(), [], "the last row has no end");
  return rows;
}

/** @param {string} text */
function records(text) {
  const [header, ...rows] = parseCsv(text);
  return rows.map((row) => Object.fromEntries(header.map((name, at) => [name, row[at]])));
}

test("JSON: an array whose lines are what the command line writes", () => {
  const entries = [done("a.jpg"), failed("b.jpg"), waiting];
  const text = toJson(entries);
  const [first, second, ...more] = JSON.parse(text);
  assert.deepEqual(more, []);
  assert.deepEqual(first, { file: "a.jpg", ...entries[0].result });
  assert.equal(Object.keys(first)[0], "file");
  assert.deepEqual(second, { file: "b.jpg", error: { code: "photo_cut", message: "cut, “off”" } });
  assert.deepEqual(JSON.parse(text.split("\n")[1].replace(/,$/, "")), first);
  assert.deepEqual(JSON.parse(toJson([])), []);
});

test("CSV: a header, and a row for each photo that is done or failed", () => {
  const rows = records(toCsv([done("beach/a.jpg", undefined, tagged), failed("b.jpg"), waiting]));
  assert.equal(rows.length, 2);
  const [row] = rows;
  assert.equal(row.file, "beach/a.jpg");
  assert.deepEqual([row.place_1, row.probability_1, row.place_3, row.probability_3], ["Alpha", "0.5", "Charlie", "0.15"]);
  assert.deepEqual([row.point_lat, row.point_lon, row.expected_error_km], ["34.0219", "-118.4806", "6.24"]);
  assert.deepEqual([row.confident, row.places_for_50_percent, row.places_for_80_percent], ["false", "1", "2"]);
  assert.deepEqual([row.gps_lat, row.gps_lon, row.off_by_km], ["34.0101", "-118.4962", "1.947"]);
  assert.deepEqual([row.width, row.height, row.model, row.backend], ["640", "480", "example", "cpu"]);
  assert.deepEqual([row.untrained, row.temperature, row.milliseconds, row.error], ["false", "0.02854", "410.7", ""]);
  assert.deepEqual(
    Object.values(rows[1]).filter((cell) => cell !== ""),
    ["b.jpg", "cut, “off”"],
  );
});

test("CSV: fewer places than columns leave theirs empty", () => {
  const [row] = records(toCsv([done("a.jpg", [1])]));
  assert.deepEqual([row.place_1, row.place_2, row.probability_2, row.gps_lat], ["Alpha", "", "", ""]);
});

test("CSV: quotes, commas and line ends come back as they were", () => {
  const names = ['a "quoted" name.jpg', "a, b.jpg", "two\r\nlines.jpg", "line\nfeed.jpg", "", "ü – ö.jpg"];
  assert.deepEqual(
    records(toCsv(names.map((name) => done(name)))).map(({ file }) => file),
    names,
  );
});

test("CSV: what a spreadsheet takes for a formula is made harmless, a negative number is left alone", () => {
  const names = ["=1+1", "+1", "-1", "@now", "\tx", "\rx", '=HYPERLINK("a","b")'];
  const rows = records(toCsv(names.map((name) => done(name))));
  assert.deepEqual(
    rows.map(({ file }) => file),
    names.map((name) => `'${name}`),
  );
  assert.equal(rows[0].point_lon, "-118.4806");
  const hostile = done("a.jpg");
  hostile.result.places[0].name = "=cmd|' /C calc'!A0";
  hostile.result.model = "@model";
  const [row] = records(toCsv([hostile]));
  assert.deepEqual([row.place_1, row.model], ["'=cmd|' /C calc'!A0", "'@model"]);
});

test("GeoJSON: a photo's best point, and its own GPS where it has one", () => {
  const entries = [done("a.jpg", undefined, tagged), done("b.jpg"), failed("c.jpg"), waiting];
  const { type, features } = JSON.parse(toGeoJson(entries, examplePlaces(entries[0].result)));
  assert.equal(type, "FeatureCollection");
  assert.deepEqual(
    features.map(({ properties: { kind, file } }) => `${kind} ${file}`),
    ["best_point a.jpg", "photo_gps a.jpg", "best_point b.jpg"],
  );
  const [best, gps] = features;
  assert.deepEqual(best.geometry, { type: "Point", coordinates: [-118.4806, 34.0219] }); // longitude first
  assert.deepEqual(best.properties, {
    kind: "best_point",
    file: "a.jpg",
    place: "Alpha",
    place_id: "alpha",
    probability: 0.5,
    expected_error_km: 6.24,
    confident: false,
    untrained: false,
    model: "example",
  });
  assert.deepEqual(gps.geometry.coordinates, [-118.4962, 34.0101]);
  assert.equal(gps.properties.off_by_km, 1.947);
});

test("GeoJSON: a single photo has its regions with it", () => {
  const entry = done("a.jpg");
  const places = examplePlaces(entry.result);
  const { features } = JSON.parse(toGeoJson([entry], places));
  const regions = features.filter(({ properties: { kind } }) => kind === "place");
  assert.deepEqual(
    regions.map(({ id, properties: p }) => [id, p.probability, p.in_50_percent, p.in_80_percent]),
    [
      ["alpha", 0.5, true, true],
      ["bravo", 0.3, false, true],
      ["charlie", 0.15, false, false],
      ["delta", 0.05, false, false],
    ],
  );
  assert.deepEqual(regions[0].geometry, places.features[0].geometry);
  assert.equal(features.length, 5);
  assert.equal(JSON.parse(toGeoJson([entry], null)).features.length, 1);
});

test("GeoJSON: coordinates have six digits, and every feature what RFC 7946 asks for", () => {
  const entry = done("a.jpg", undefined, { point: { lat: 34.02191234567, lon: -118.48061234567, expected_error_km: 1 } });
  const { features } = JSON.parse(toGeoJson([entry], examplePlaces(entry.result)));
  assert.deepEqual(features.at(-1).geometry.coordinates, [-118.480612, 34.021912]);
  for (const { type, geometry, properties } of features) {
    assert.equal(type, "Feature");
    assert.ok(geometry.coordinates.length > 0);
    assert.ok(properties.kind);
  }
});

test("files are named by their kind and how many photos they hold", () => {
  assert.equal(fileName("png", 1), "placelens.png");
  assert.equal(fileName("geojson", 12), "placelens-12-photos.geojson");
});
