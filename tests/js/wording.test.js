import assert from "node:assert/strict";
import test from "node:test";
import {
  bytesOf,
  coordinates,
  distanceKm,
  kilometers,
  list,
  milliseconds,
  percent,
  sureness,
} from "../../www/app/wording.js";

const places = ["Alpha", "Bravo", "Charlie", "Delta", "Echo"].map((name) => ({ id: name.toLowerCase(), name }));
const result = (confident, half, most) => ({ places, confident, regions_50: half, regions_80: most });

test("bytes are decimal megabytes with one digit", () => {
  assert.equal(bytesOf(12_345_678, 91_000_000), "12.3 of 91.0 MB");
  assert.equal(bytesOf(0, 0), "0.0 of 0.0 MB");
});

test("a percentage is never rounded to a certainty that is none", () => {
  assert.equal(percent(0.4123), "41.2%");
  assert.equal(percent(0.0004), "<0.1%");
  assert.equal(percent(0), "0.0%");
  assert.equal(percent(1), "100.0%");
});

test("coordinates carry their hemisphere and no sign", () => {
  assert.equal(coordinates({ lat: 34.0219, lon: -118.4806 }), "34.0219° N, 118.4806° W");
  assert.equal(coordinates({ lat: -33.9, lon: 18.4 }), "33.9000° S, 18.4000° E");
});

test("distances and times get the precision they deserve", () => {
  assert.equal(kilometers(0.4), "less than 1 km");
  assert.equal(kilometers(6.24), "about 6.2 km");
  assert.equal(kilometers(27.86), "about 28 km");
  assert.equal(milliseconds(0.1), "<1 ms");
  assert.equal(milliseconds(1234.4), "1,234 ms");
  assert.equal(milliseconds(33_000), "33.0 s");
});

test("a list names a few and counts the rest", () => {
  assert.equal(list(["A"]), "A");
  assert.equal(list(["A", "B"]), "A and B");
  assert.equal(list(["A", "B", "C", "D"]), "A, B, C and D");
  assert.equal(list(["A", "B", "C", "D", "E", "F"]), "A, B, C and 3 more");
});

test("the verdict follows `confident` and is borne out by the sets", () => {
  assert.deepEqual(sureness(result(true, ["alpha"], ["alpha"])), {
    verdict: "Fairly sure.",
    because: "At least 80% of the probability is on Alpha.",
  });
  assert.deepEqual(sureness(result(true, ["alpha"], ["alpha", "bravo"])), {
    verdict: "Fairly sure.",
    because: "80% of the probability is shared by Alpha and Bravo.",
  });
  assert.deepEqual(sureness(result(false, ["alpha"], ["alpha", "bravo", "echo"])), {
    verdict: "Not sure.",
    because: "Alpha leads, but 80% of the probability takes 3 places.",
  });
  assert.deepEqual(sureness(result(false, ["alpha", "delta"], [])), {
    verdict: "Not sure.",
    because: "Half of the probability is spread over 2 places: Alpha and Delta.",
  });
});

test("an untrained model is never sure, whatever its percentages", () => {
  assert.deepEqual(sureness({ ...result(true, ["alpha"], ["alpha"]), untrained: true }), {
    verdict: "Not sure.",
    because: "The model is untrained, so its percentages mean nothing.",
  });
});

test("a place that was cut off the list is named by its id", () => {
  assert.match(sureness(result(false, ["zulu", "alpha"], [])).because, /zulu and Alpha/);
});

test("distance agrees with known great circles", () => {
  // a quarter of the equator and a pole: R·π/2 with the mean radius; 1e-6 km is float64 noise
  const quarter = (6371.0088 * Math.PI) / 2;
  assert.ok(Math.abs(distanceKm({ lat: 0, lon: 0 }, { lat: 0, lon: 90 }) - quarter) < 1e-6);
  assert.ok(Math.abs(distanceKm({ lat: 12, lon: 34 }, { lat: 90, lon: 0 }) - (quarter * 78) / 90) < 1e-6);
  assert.equal(distanceKm({ lat: 34, lon: -118 }, { lat: 34, lon: -118 }), 0);
});
