import assert from "node:assert/strict";
import test from "node:test";
import {
  bytesOf,
  coordinates,
  distance,
  distanceKm,
  fallWords,
  gpsWords,
  kilometers,
  list,
  meaning,
  milliseconds,
  passedOver,
  percent,
  sureness,
  surenessParts,
} from "../../www/app/wording.js";
import { exampleResult } from "./example-result.mjs";

test("bytes are decimal megabytes with one digit", () => {
  assert.equal(bytesOf(12_345_678, 91_000_000), "12.3 of 91.0 MB");
  assert.equal(bytesOf(0, 0), "0.0 of 0.0 MB");
});

test("a percentage is never rounded to a certainty that is none", () => {
  assert.equal(percent(0.4123), "41.2%");
  assert.equal(percent(0.0004), "<0.1%");
  assert.equal(percent(0.99951), ">99.9%");
  assert.equal(percent(0), "0.0%");
  assert.equal(percent(1), "100.0%");
});

test("coordinates carry their hemisphere and no sign", () => {
  assert.equal(coordinates({ lat: 34.0219, lon: -118.4806 }), "34.0219° N, 118.4806° W");
  assert.equal(coordinates({ lat: -33.9, lon: 18.4 }), "33.9000° S, 18.4000° E");
});

test("an estimated distance is round, a known one is not", () => {
  assert.deepEqual([0.4, 1.44, 2.94, 2.96, 6.24, 27.86].map(kilometers), [
    "less than 1 km",
    "about 1.4 km",
    "about 2.9 km",
    "about 3 km",
    "about 6 km",
    "about 28 km",
  ]);
  assert.deepEqual([0, 0.347, 0.996, 6.24, 99.94, 99.96, 1234.4].map(distance), [
    "0 m",
    "350 m",
    "1.0 km",
    "6.2 km",
    "99.9 km",
    "100 km",
    "1,234 km",
  ]);
});

test("times get the precision they deserve", () => {
  assert.deepEqual([0.1, 1234.4, 33_000].map(milliseconds), ["<1 ms", "1,234 ms", "33.0 s"]);
});

test("a list names a few and counts the rest", () => {
  assert.equal(list(["A"]), "A");
  assert.equal(list(["A", "B"]), "A and B");
  assert.equal(list(["A", "B", "C"], 4, "or"), "A, B or C");
  assert.equal(list(["A", "B", "C", "D", "E", "F"]), "A, B, C and 3 more");
});

for (const [what, probabilities, sentence] of [
  ["one place that holds nearly all", [0.9, 0.1], "Probably Alpha; expect to be off by about 6 km."],
  ["a first place and a second", [0.7, 0.2, 0.1], "Probably Alpha, perhaps Bravo; expect to be off by about 6 km."],
  [
    "a first place and a long tail",
    [0.61, 0.06, 0.06, 0.06, 0.06, 0.05, 0.05, 0.05],
    "Probably Alpha, perhaps Bravo or 3 others; expect to be off by about 6 km.",
  ],
]) {
  test(`sure, with ${what}`, () => assert.equal(sureness(exampleResult(probabilities)), sentence));
}

test("sure of two places that are about as likely", () => {
  const result = exampleResult([0.45, 0.4, 0.1, 0.05], { confident: true });
  assert.equal(sureness(result), "Probably Alpha or Bravo; expect to be off by about 6 km.");
});

for (const [what, probabilities, sentence] of [
  ["a few places", [0.3, 0.29, 0.28, 0.05, 0.05, 0.03], "Not sure: it could be Alpha, Bravo or Charlie."],
  ["more places", [0.25, 0.2, 0.18, 0.1, 0.1, 0.1, 0.04, 0.03], "Not sure: it could be Alpha, Bravo or 3 others."],
  ["nearly all places", [0.2, 0.2, 0.15, 0.15, 0.15, 0.15], "Not sure: it could be any of the 6 places."],
  ["one that leads", [0.5, 0.2, 0.15, 0.1, 0.05], "Not sure: Alpha fits best, but it could be Bravo or Charlie."],
  [
    "one that leads before all",
    [0.4, 0.15, 0.12, 0.12, 0.11, 0.1],
    "Not sure: Alpha fits best, but it could be any of the 6 places.",
  ],
]) {
  test(`not sure, with ${what}`, () => assert.equal(sureness(exampleResult(probabilities)), sentence));
}

test("not sure of a place that holds more than 80%, where the model asks for more", () => {
  const result = exampleResult([0.85, 0.05, 0.05, 0.05], { confident: false });
  assert.equal(sureness(result), "Not sure: Alpha fits best, but it could be another place.");
});

test("a model that calls itself sure is not believed beyond its numbers", () => {
  const flat = exampleResult([0.2, 0.19, 0.18, 0.17, 0.1, 0.1, 0.06], { confident: true });
  assert.match(sureness(flat), /^Not sure: /);
  // three leaders that hold less than half
  const low = exampleResult([0.16, 0.15, 0.14, ...Array(9).fill(0.55 / 9)], { confident: true });
  assert.match(sureness(low), /^Not sure: /);
});

test("“probably” is said of at least half of the probability, and never without the model's own word", () => {
  let seen = 0;
  for (let trial = 0; trial < 4000; trial += 1) {
    const dice = (at) => Math.abs(Math.sin(12.9898 * (trial * 7 + at)) * 43758.5453) % 1; // the same each time
    const weights = Array.from({ length: 2 + (trial % 11) }, (_, at) => dice(at) ** (1 + (trial % 5) * 4) + 1e-6);
    const total = weights.reduce((sum, weight) => sum + weight);
    const probabilities = weights.map((weight) => weight / total).sort((a, b) => b - a);
    const result = exampleResult(probabilities, { confident: trial % 3 > 0 });
    const sentence = sureness(result);
    assert.match(sentence, /^(Probably|Not sure: ) ?[A-Z].*\.$|^Not sure: it could be .*\.$/);
    if (!sentence.startsWith("Probably")) continue;
    seen += 1;
    assert.ok(result.confident, sentence);
    const leaders = sentence.slice("Probably ".length).split(/, perhaps |;/)[0].split(/, | or /);
    const held = result.places.filter(({ name }) => leaders.includes(name)).map(({ probability }) => probability);
    assert.equal(held.length, leaders.length, sentence);
    assert.ok(held.reduce((sum, one) => sum + one) >= 0.5, `${sentence} ${probabilities}`);
  }
  assert.ok(seen > 500, `only ${seen} of the results were sure`);
});

test("an untrained model says that it means nothing, whatever its percentages", () => {
  const result = exampleResult([0.99, 0.01], { untrained: true });
  assert.equal(sureness(result), "This ranking means nothing: the model is untrained.");
});

test("places that were cut off the list are counted, and it is not said how many there are", () => {
  const cut = exampleResult([0.2, 0.19], { regions_80: ["alpha", "bravo", "xray", "yankee", "zulu"] });
  assert.equal(sureness(cut), "Not sure: it could be Alpha, Bravo or 3 others.");
  const one = exampleResult([0.2], { regions_80: ["alpha", "yankee"] });
  assert.equal(sureness(one), "Not sure: Alpha fits best, but it could be another place.");
  const few = exampleResult([0.2], { regions_80: ["alpha", "xray", "yankee", "zulu"] });
  assert.equal(sureness(few), "Not sure: Alpha fits best, but it could be one of 3 others.");
  assert.doesNotMatch(meaning(cut)[0], /\d+ places/);
});

test("one place, or none, is no choice", () => {
  assert.equal(sureness(exampleResult([1])), "No choice: Alpha is the only place that the model knows.");
  assert.equal(sureness({ ...exampleResult([1]), places: [] }), "No places to compare the photo with.");
});

test("the first part of the sentence carries the message", () => {
  assert.equal(surenessParts(exampleResult([0.7, 0.2, 0.1]))[0], "Probably Alpha");
  assert.equal(surenessParts(exampleResult([0.3, 0.3, 0.3, 0.1]))[0], "Not sure");
});

test("the explanation tells how many places there are, and what the calibration is worth", () => {
  const result = exampleResult([0.5, 0.3, 0.2]);
  assert.match(meaning(result)[0], /among the 3 places/);
  assert.match(meaning(result, { photos: 1960 })[1], /calibrated on 1,960 photos.*Temperature: 0\.0285\./);
  assert.match(meaning(result, null)[1], /not calibrated/);
  assert.match(meaning(result)[1], /^Where a model is calibrated/);
  assert.match(meaning({ ...result, untrained: true }, { photos: 1 })[1], /never trained.*mean nothing/);
});

test("the photo's own GPS is told with how far off the prediction was", () => {
  const result = exampleResult([1], { photo: { width: 1, height: 1, taken_at: { lat: 34.0101, lon: -118.4962 } } });
  assert.equal(
    gpsWords(result, { relation: "near", name: "Santa Monica" }),
    "The photo's own GPS says it was taken at 34.0101° N, 118.4962° W, near Santa Monica; " +
      "the prediction was off by 1.9 km. This was read on your device only.",
  );
  assert.match(gpsWords(result), /118\.4962° W; the prediction/);
  assert.equal(gpsWords(exampleResult([1])), null);
});

test("files that were passed over are counted, and a limit is told", () => {
  assert.equal(passedOver({ skipped: 0, limited: false }), "");
  assert.equal(passedOver({ skipped: 1, limited: false }), "1 file that is no photo was passed over.");
  assert.equal(
    passedOver({ skipped: 3, limited: true }),
    "3 files that are no photos were passed over. There were more than can be taken at once.",
  );
});

test("a fall down the ladder is told with its reason", () => {
  const fall = (from, to, code) => fallWords({ from, to, failure: { code, message: "" } });
  assert.equal(fall("webgpu", "cpu", "device"), "WebGPU is not available here, so the CPU does the work.");
  assert.equal(fall("webgpu", "cpu", "known_answer"), "WebGPU gave a wrong answer here, so the CPU does the work.");
  assert.equal(fall("webgpu", "cpu", "crashed"), "WebGPU stopped working, so the CPU does the work.");
  assert.equal(fall("cpu", "cpu", "crashed"), "The model stopped, so it was started again.");
});

test("distance agrees with known great circles", () => {
  // a quarter of the equator and a pole: R·π/2 with the mean radius; 1e-6 km is float64 noise
  const quarter = (6371.0088 * Math.PI) / 2;
  assert.ok(Math.abs(distanceKm({ lat: 0, lon: 0 }, { lat: 0, lon: 90 }) - quarter) < 1e-6);
  assert.ok(Math.abs(distanceKm({ lat: 12, lon: 34 }, { lat: 90, lon: 0 }) - (quarter * 78) / 90) < 1e-6);
  assert.equal(distanceKm({ lat: 34, lon: -118 }, { lat: 34, lon: -118 }), 0);
});
