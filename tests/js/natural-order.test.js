import assert from "node:assert/strict";
import test from "node:test";
import { byName } from "../../www/app/natural-order.js";

test("numbers count as numbers, and case does not count", () => {
  assert.deepEqual(["photo 10", "Photo 2", "album", "photo 1"].sort(byName), ["album", "photo 1", "Photo 2", "photo 10"]);
});

test("an accent is not another letter", () => {
  assert.equal(byName("café", "CAFE"), 0);
  assert.ok(byName("cafe", "cafés") < 0);
});
