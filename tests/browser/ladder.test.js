import assert from "node:assert/strict";
import test from "node:test";
import { reply, useSite } from "./fixture.mjs";
import { choose, events, fakeManifest, fakePhoto, makeFakeSite, waitForState } from "./site.mjs";

const fake = makeFakeSite();
const { site, visit } = useSite({ dir: () => fake.dir, cleanUp: fake.remove });
const bare = useSite({ dir: () => fake.dir, webgpu: false });

/** The manifest of each load in turn; the last one stays. */
const inTurn = (...behaviors) => {
  let turn = 0;
  return (_, response, path) =>
    path.endsWith("manifest.json") &&
    reply(response, 200, fakeManifest(behaviors[Math.min(turn++, behaviors.length - 1)]), "application/json");
};
const backend = async (page) => (await events(page, "ready")).at(-1)?.backend;
const note = (page) => page.textContent("#model-note");

for (const query of ["", "?device=auto", "?device=webgpu"]) {
  test(`with an adapter, "${query}" runs on WebGPU`, async (t) => {
    const { page } = await visit(t, query);
    assert.equal(await backend(page), "webgpu");
    assert.doesNotMatch(await note(page), /CPU/);
    assert.equal((await choose(page, fakePhoto("fine"))).detail.backend, "webgpu");
  });
}

for (const query of ["?device=auto", "?device=webgpu"]) {
  test(`without an adapter, "${query}" runs on the CPU, says so, and never asks for the other program`, async (t) => {
    const { page } = await bare.visit(t, query);
    assert.equal(await backend(page), "cpu");
    assert.match(await note(page), /WebGPU is not available here, so the CPU does the work\./);
    assert.deepEqual(
      bare.site.server.requests.filter((url) => url.includes("/wasm/webgpu/")),
      [],
    );
    assert.deepEqual(await events(page, "error"), []);
  });
}

for (const [behavior, words] of [
  ["no_device", /WebGPU is not available here/],
  ["wrong_answer", /WebGPU gave a wrong answer here/],
  ["panic", /WebGPU stopped working/],
  ["panic_in_promise", /WebGPU stopped working/],
]) {
  test(`WebGPU that ends in ${behavior} gives way to the CPU on a fresh worker`, async (t) => {
    const { page } = await visit(t, "?device=auto", { intercept: inTurn({ webgpu: behavior }) });
    assert.equal(await backend(page), "cpu");
    assert.match(await note(page), words);
    assert.equal((await choose(page, fakePhoto("fine"))).name, "result");
  });
}

test("a CPU that crashes once is started again", async (t) => {
  const { page } = await visit(t, "?device=cpu", { intercept: inTurn({ cpu: "panic" }, {}) });
  assert.equal(await backend(page), "cpu");
  assert.match(await note(page), /started again/);
});

test("a CPU that crashes twice ends in a clear error, and a retry starts over", async (t) => {
  const { page } = await visit(t, "?device=cpu", { intercept: inTurn({ cpu: "panic" }, { cpu: "panic" }, {}) });
  assert.equal(await page.getAttribute("html", "data-state"), "failed");
  assert.equal((await events(page, "error"))[0].code, "crashed");
  await page.getByRole("button", { name: "Retry" }).click();
  await waitForState(page, "ready");
});

test("a wrong answer on the CPU is an error, never a ranking", async (t) => {
  const { page } = await visit(t, "?device=cpu", { intercept: inTurn({ cpu: "wrong_answer" }) });
  assert.equal((await events(page, "error"))[0].code, "known_answer");
  assert.deepEqual(await events(page, "ready"), []);
});

test("a photo that crashes WebGPU is told, once, and the CPU takes the next", async (t) => {
  const { page } = await visit(t, "?device=webgpu");
  const { name, detail } = await choose(page, fakePhoto("crash"));
  assert.equal(name, "error");
  assert.equal(detail.code, "crashed");
  await page.waitForFunction(() => document.documentElement.dataset.backend === "cpu");
  await waitForState(page, "ready");
  assert.match(await page.textContent("#result-error"), /Try this photo again/);
  assert.equal((await events(page, "error")).length, 1);
  assert.equal((await choose(page, fakePhoto("fine"))).detail.backend, "cpu");
});

test("a photo that crashes can be tried again by hand, and good photos between renew the second chance", async (t) => {
  const { page } = await visit(t, "?device=cpu");
  for (let round = 0; round < 3; round += 1) {
    assert.equal((await choose(page, fakePhoto("crash"))).detail.code, "crashed");
    await waitForState(page, "ready");
    assert.equal((await choose(page, fakePhoto("fine"))).name, "result");
  }
  await choose(page, fakePhoto("crash"));
  await waitForState(page, "ready");
  await page.getByRole("button", { name: "Try this photo again" }).click();
  await page.waitForFunction(() => document.documentElement.dataset.state === "failed");
  assert.match(await page.textContent("#result-error"), /The model could not be loaded.*Retry/s);
});

test("a program that is missing on WebGPU gives way to the CPU", async (t) => {
  const { page } = await visit(t, "?device=auto", {
    intercept: (_, response, path) => path.includes("/wasm/webgpu/") && reply(response, 404),
  });
  assert.equal(await backend(page), "cpu");
  assert.match(await note(page), /The WebGPU program could not start/);
  site.intercept = null;
});
