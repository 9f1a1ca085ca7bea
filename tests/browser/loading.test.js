import assert from "node:assert/strict";
import test from "node:test";
import { reply, useSite } from "./fixture.mjs";
import { choose, events, FAKE_FILES, fakeManifest, fakePhoto, makeFakeSite, waitForState } from "./site.mjs";

const fake = makeFakeSite();
const { site, visit } = useSite({ dir: () => fake.dir, cleanUp: fake.remove });

const modelRequests = () =>
  site.server.requests.filter((url) => url.includes(".bin")).map((url) => url.split("/").at(-1));
const bytesOf = (name) => FAKE_FILES.find(({ file }) => file === name).bytes;
const text = (page, selector) => page.textContent(selector);

test("a second visit loads no model file", async (t) => {
  const { page } = await visit(t);
  assert.equal(modelRequests().length, FAKE_FILES.length);
  site.server.requests.length = 0;
  await page.reload();
  await waitForState(page, "ready");
  assert.deepEqual(modelRequests(), []);
  assert.ok(
    site.server.requests.some((url) => url.endsWith("manifest.json")),
    "the manifest is always asked for",
  );
  assert.equal((await choose(page, fakePhoto("fine"))).name, "result");
});

test("a cached file that went bad is fetched again, alone", async (t) => {
  const { page } = await visit(t);
  await page.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("placelens");
    for await (const [name, file] of folder.entries()) {
      if (name.endsWith(".json")) continue;
      const into = await file.createWritable();
      await into.write(new Uint8Array(5));
      return await into.close();
    }
  });
  site.server.requests.length = 0;
  await page.reload();
  await waitForState(page, "ready");
  assert.equal(modelRequests().length, 1);
});

test("without a file system for the model the page works", async (t) => {
  const { page, context } = await visit(t);
  // a worker has no init script: its own file is served with the cache taken away
  const worker = await (await fetch(`${site.server.url}app/model-cache.js`)).text();
  await context.route("**/app/model-cache.js", (route) =>
    route.fulfill({
      contentType: "text/javascript",
      body: worker.replace("storage = globalThis.navigator?.storage", "storage = undefined"),
    }),
  );
  site.server.requests.length = 0;
  await page.reload();
  await waitForState(page, "ready");
  assert.equal(modelRequests().length, FAKE_FILES.length);
});

test("a flipped byte is told with both hashes, and a retry fetches only that file", async (t) => {
  let bad = true;
  const flipped = bytesOf("vision-1.bin").with(1234, 255);
  const { page } = await visit(t, "?device=cpu", {
    intercept: (_, response, path) => bad && path.endsWith("vision-1.bin") && reply(response, 200, flipped),
  });
  assert.equal(await page.getAttribute("html", "data-state"), "failed");
  const [error] = await events(page, "error");
  assert.equal(error.code, "shard");
  assert.match(error.message, /vision-1\.bin.*expected SHA-256 [0-9a-f]{64}, found [0-9a-f]{64}/);
  assert.match(await text(page, "#result-error"), /vision-1\.bin/);
  bad = false;
  site.server.requests.length = 0;
  await page.getByRole("button", { name: "Retry" }).click();
  await waitForState(page, "ready");
  assert.deepEqual(modelRequests(), ["vision-1.bin"]);
  assert.equal((await choose(page, fakePhoto("fine"))).name, "result");
});

test("a missing file is told with its status; a retry that fails again can be retried", async (t) => {
  let missing = true;
  const { page } = await visit(t, "?device=cpu", {
    intercept: (_, response, path) => missing && path.endsWith("places.bin") && reply(response, 404),
  });
  assert.match((await events(page, "error"))[0].message, /`places\.bin`.*404/);
  site.server.requests.length = 0;
  await page.getByRole("button", { name: "Retry" }).click();
  await page.waitForFunction(() => window.placelensEvents.filter(({ name }) => name === "error").length === 2);
  missing = false;
  await page.getByRole("button", { name: "Retry" }).click();
  await waitForState(page, "ready");
  assert.deepEqual(modelRequests(), ["places.bin", "places.bin"]);
});

test("a connection that breaks is tried again without a word", async (t) => {
  let broken = 0;
  const { page } = await visit(t, "?device=cpu", {
    intercept: (request, response, path) => {
      if (!path.endsWith("vision-2.bin") || broken++ > 0) return false;
      response.writeHead(200, { "content-length": "220000" });
      response.write(Buffer.alloc(1000), () => request.socket.destroy());
      return true;
    },
  });
  assert.equal(await page.getAttribute("html", "data-state"), "ready");
  assert.equal(modelRequests().filter((name) => name === "vision-2.bin").length, 2);
});

test("a photo chosen while the model has failed is looked at after the retry", async (t) => {
  let missing = true;
  const { page } = await visit(t, "?device=cpu", {
    intercept: (_, response, path) => missing && path.endsWith("places.bin") && reply(response, 404),
  });
  await page.setInputFiles("#photo-input", fakePhoto("fine"));
  assert.equal(await page.isVisible("#result-error"), true);
  missing = false;
  await page.getByRole("button", { name: "Retry" }).click();
  await page.waitForSelector("#answer-title");
});

test("a load that is canceled stops, keeps what arrived, and goes on when asked", async (t) => {
  let stalled = true;
  const stall = (_, response, path) => {
    if (!stalled || !path.endsWith("places.bin")) return false;
    response.writeHead(200);
    response.write(Buffer.alloc(1000));
    return true; // and never ends
  };
  const { page } = await visit(t, "?device=cpu", { intercept: stall, wait: false });
  await page.waitForFunction(() =>
    window.placelensEvents.some(({ name, detail }) => name === "progress" && detail.loaded_bytes >= 631_000),
  );
  assert.match(await text(page, "#model-bytes"), /^0\.6 of 0\.9 MB$/);
  assert.equal(await page.$eval("#model-progress", ({ value, max }) => value / max > 0.7), true);
  // the files that arrived are on their way into the cache
  await page.waitForFunction(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("placelens");
    return (await Array.fromAsync(folder.keys())).length >= 4;
  });
  await page.getByRole("button", { name: "Cancel" }).click();
  assert.equal(await page.getAttribute("html", "data-state"), "idle");
  assert.deepEqual(await events(page, "error"), []);
  stalled = false;
  site.server.requests.length = 0;
  await page.getByRole("button", { name: "Load the model" }).click();
  await waitForState(page, "ready");
  assert.deepEqual(modelRequests(), ["places.bin"]);
});

for (const [what, intercept, pattern] of [
  [
    "a manifest that is not there",
    (_, response, path) => path.endsWith("manifest.json") && reply(response, 404),
    /404/,
  ],
  [
    "a page in the manifest's place",
    (_, response, path) => path.endsWith("manifest.json") && reply(response, 200, "<!doctype html>", "text/html"),
    /manifest/,
  ],
]) {
  test(`${what} is an error of the manifest, and a retry works`, async (t) => {
    const { page } = await visit(t, "?device=cpu", { intercept });
    const [error] = await events(page, "error");
    assert.equal(error.code, "manifest");
    assert.match(error.message, pattern);
    site.intercept = null;
    await page.getByRole("button", { name: "Retry" }).click();
    await waitForState(page, "ready");
  });
}

test("a program that is not there is told, and a retry works", async (t) => {
  const { page } = await visit(t, "?device=cpu", {
    intercept: (_, response, path) => path.includes("/wasm/") && reply(response, 404),
  });
  assert.equal((await events(page, "error"))[0].code, "module");
  site.intercept = null;
  await page.getByRole("button", { name: "Retry" }).click();
  await waitForState(page, "ready");
});

test("another manifest of the same origin can be named", async (t) => {
  const { page } = await visit(t, "?device=cpu&model=model/other.json", {
    intercept: (_, response, path) =>
      path.endsWith("other.json") &&
      reply(response, 200, fakeManifest().replace("stand-in", "other"), "application/json"),
  });
  assert.deepEqual(await events(page, "ready"), [{ backend: "cpu", model: "other" }]);
});
