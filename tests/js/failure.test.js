import assert from "node:assert/strict";
import test from "node:test";
import { asFailure, Failure, isAbort } from "../../www/app/failure.js";

test("an error with a code keeps it", () => {
  const failure = asFailure(Object.assign(new Error("shard a: expected 3 bytes, found 2"), { code: "shard" }));
  assert.equal(failure.code, "shard");
  assert.equal(failure.message, "shard a: expected 3 bytes, found 2");
});

for (const thrown of [
  new WebAssembly.RuntimeError("unreachable"),
  new Error("null pointer passed to rust"),
  "a string",
  undefined,
  new DOMException("x", "DataError"),
]) {
  test(`${String(thrown)} has no code of ours, so it is a crash`, () => {
    assert.equal(asFailure(thrown).code, "crashed");
  });
}

test("a failure survives the way to the page", () => {
  const failure = new Failure("shard", "gone", { file: "a.safetensors" });
  assert.deepEqual(Failure.fromData(structuredClone(failure.toData())).toData(), failure.toData());
});

test("only an abort is an abort", () => {
  assert.equal(isAbort(AbortSignal.abort().reason), true);
  assert.equal(isAbort(new TypeError("network")), false);
});
