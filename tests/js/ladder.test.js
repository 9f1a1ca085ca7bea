import assert from "node:assert/strict";
import test from "node:test";
import { Failure } from "../../www/app/failure.js";
import { Ladder, readDevice, readManifestUrl } from "../../www/app/ladder.js";

const failure = (code) => new Failure(code, "a test");

test("auto begins with WebGPU and falls to the CPU when there is no device", () => {
  const ladder = new Ladder("auto");
  assert.equal(ladder.rung, "webgpu");
  assert.equal(ladder.descend(failure("device")), true);
  assert.equal(ladder.rung, "cpu");
});

for (const code of ["known_answer", "module", "crashed"]) {
  test(`WebGPU falls to the CPU on ${code}`, () => {
    const ladder = new Ladder("webgpu");
    assert.equal(ladder.descend(failure(code)), true);
    assert.equal(ladder.rung, "cpu");
  });
}

test("a crash on the CPU earns one more try, a second one none", () => {
  const ladder = new Ladder("cpu");
  assert.equal(ladder.descend(failure("crashed")), true);
  assert.equal(ladder.rung, "cpu");
  assert.equal(ladder.descend(failure("crashed")), false);
});

test("a wrong answer on the CPU is final: the same program would give it again", () => {
  assert.equal(new Ladder("cpu").descend(failure("known_answer")), false);
});

for (const code of ["manifest", "shard", "weights", "places", "incomplete", "photo_damaged"]) {
  test(`${code} is not the device's fault and leads nowhere`, () => {
    const ladder = new Ladder("auto");
    assert.equal(ladder.descend(failure(code)), false);
    assert.equal(ladder.rung, "webgpu");
  });
}

test("a photo that went through renews the CPU's second chance", () => {
  const ladder = new Ladder("cpu");
  ladder.descend(failure("crashed"));
  ladder.proven();
  assert.equal(ladder.descend(failure("crashed")), true);
});

test("a photo that went through on WebGPU leaves the rungs below it", () => {
  const ladder = new Ladder("auto");
  ladder.proven();
  assert.equal(ladder.descend(failure("crashed")), true);
  assert.equal(ladder.rung, "cpu");
});

test("the address names a device, or none, or is refused", () => {
  assert.equal(readDevice(new URLSearchParams("")), "auto");
  assert.equal(readDevice(new URLSearchParams("device=")), "auto");
  assert.equal(readDevice(new URLSearchParams("device=webgpu")), "webgpu");
  assert.throws(
    () => readDevice(new URLSearchParams("device=gpu")),
    (error) => error.code === "address" && /expected auto, cpu or webgpu/.test(error.message),
  );
});

test("the address names a manifest on its own origin, or one that the site lists", async () => {
  const read = (query, models) =>
    readManifestUrl(
      new URLSearchParams(query),
      "https://host.test/user/repo/?x",
      "https://host.test/user/repo/model/manifest.json",
      models,
    );
  assert.equal(await read(""), "https://host.test/user/repo/model/manifest.json");
  assert.equal(await read("model=other/manifest.json"), "https://host.test/user/repo/other/manifest.json");
  assert.equal(await read("model=/other/manifest.json"), "https://host.test/other/manifest.json");
  for (const foreign of [
    "https://evil.test/m.json",
    "//evil.test/m.json",
    "http://host.test/m.json",
    "data:application/json,{}",
    "blob:https://host.test/1",
    "http://[",
    "javascript:1",
  ]) {
    await assert.rejects(
      read(`model=${encodeURIComponent(foreign)}`),
      (error) => error.code === "address",
      foreign,
    );
  }
  const listed = [{ manifest: "https://packs.test/b32/manifest.json" }];
  assert.equal(await read(`model=${encodeURIComponent(listed[0].manifest)}`, listed), listed[0].manifest);
  await assert.rejects(read(`model=${encodeURIComponent("https://packs.test/other.json")}`, listed), { code: "address" });
});
