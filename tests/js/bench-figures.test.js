import assert from "node:assert/strict";
import test from "node:test";
import { digits, ratio, shown, summary, textTable, typical } from "../../www/app/bench-figures.js";

test("a summary has the quantiles that R and NumPy give", () => {
  const values = [9, 1, 4, 7];
  assert.deepEqual(summary(values), { median: 5.5, q1: 3.25, q3: 7.5, min: 1, max: 9, runs: 4 });
  assert.deepEqual(values, [9, 1, 4, 7], "the list itself stays as it was");
  assert.deepEqual(summary([3]), { median: 3, q1: 3, q3: 3, min: 3, max: 3, runs: 1 });
});

test("a summary is in the order of numbers, not of their text", () => {
  assert.equal(summary([100, 9, 20]).median, 20);
});

test("one run in ten that was disturbed moves the median little", () => {
  const calm = Array.from({ length: 9 }, (_, run) => 60 + run / 10);
  assert.ok(summary([...calm, 5000]).median < 61);
});

test("nothing, and what is not a number, has no summary", () => {
  for (const values of [[], [1, NaN], [Infinity]]) assert.throws(() => summary(values), /expected one finite number/);
});

test("a ratio is of medians, or of what was counted once", () => {
  assert.equal(ratio(summary([1, 2, 30]), summary([8, 4, 1])), 0.5);
  assert.equal(ratio(3, 4), 0.75);
  assert.equal(typical(7), 7);
});

test("three digits count, and whole numbers stay whole", () => {
  const cases = [[0, "0"], [0.01234, "0.0123"], [61.23, "61.2"], [123.4, "123"], [14239, "14,239"], [3.2e-8, "3.2e-8"]]; // prettier-ignore
  for (const [value, text] of cases) assert.equal(digits(value), text);
});

test("a figure is shown with the middle half of its runs, unless there was one", () => {
  assert.equal(shown(summary([60, 61, 62, 63, 64]), "ms"), "62.0 ms (61.0–63.0)");
  assert.equal(shown(summary([60]), "ms"), "60.0 ms");
  assert.equal(shown(112.4, "MB"), "112 MB");
  assert.equal(shown(0.0135, ""), "0.0135");
});

test("a table's columns are as wide as their widest cell, and no line ends in spaces", () => {
  const table = textTable([["", "ours", "met"], ["encode", "61.2 ms", ""], ["a longer name", "4", "yes"]]); // prettier-ignore
  assert.deepEqual(table.split("\n"), [
    "                  ours  met",
    "-------------  -------  ---",
    "encode         61.2 ms",
    "a longer name        4  yes",
    "",
  ]);
});
