import assert from "node:assert/strict";
import test from "node:test";
import { areaAround, overlap, placeNames, spotsFor } from "../../www/app/map-labels.js";

const name = (...spots) => ({ width: 40, height: 10, spots });

test("a name takes its first spot, and the next one its second where the first is taken", () => {
  const [first, second] = placeNames([name([100, 100]), name([110, 100], [110, 130])]);
  assert.deepEqual(first, { left: 80, top: 95, right: 120, bottom: 105 });
  assert.deepEqual(second, { left: 90, top: 125, right: 130, bottom: 135 });
});

test("a name that fits nowhere is left out, and takes no room from the next", () => {
  const placed = placeNames([name([0, 0]), name([10, 0]), name([45, 0])]);
  assert.deepEqual(
    placed.map((area) => area !== null),
    [true, false, true],
  );
});

test("areas that must stay free are kept free", () => {
  assert.deepEqual(placeNames([name([100, 100])], [{ left: 110, top: 90, right: 130, bottom: 110 }]), [null]);
});

test("a name does not lie on another place, unless it is important and there is no other spot", () => {
  const others = [areaAround([0, 0], 20, 20)];
  assert.deepEqual(placeNames([{ ...name([0, 0]), others }]), [null]);
  assert.deepEqual(placeNames([{ ...name([0, 0]), others, important: true }]), [areaAround([0, 0], 40, 10)]);
  assert.deepEqual(placeNames([{ ...name([0, 0], [0, 50]), others, important: true }]), [areaAround([0, 50], 40, 10)]);
});

test("areas that only touch do not overlap", () => {
  assert.ok(!overlap(areaAround([0, 0], 10, 10), areaAround([10, 0], 10, 10)));
  assert.ok(overlap(areaAround([0, 0], 10, 10), areaAround([9.9, 0], 10, 10)));
});

test("all spots but the first lie beside the place's box", () => {
  const box = { left: 100, top: 100, right: 120, bottom: 110 };
  const [first, ...around] = spotsFor([105, 104], box, 60, 12);
  assert.deepEqual(first, [105, 104]);
  for (const spot of around) assert.ok(!overlap(areaAround(spot, 60, 12), box), `${spot}`);
});
