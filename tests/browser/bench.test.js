/**
 * The page that measures, around the stand-in: a visitor starts it, stops it, sees what it says and copies it.
 *
 * In: `tests/fake`.  Out: what is in view and in the clipboard. The numbers are the stand-in's own.
 */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import test from "node:test";
import { reply, useSite } from "./fixture.mjs";
import { fakeManifest, makeFakeSite } from "./site.mjs";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const fake = makeFakeSite();
const OTHERS = {
  "falls.json": { webgpu: "no_device" },
  "weights.json": { cpu: "weights", webgpu: "weights" },
  "hangs.json": { cpu: "hang", webgpu: "hang" },
};
for (const [file, faults] of Object.entries(OTHERS)) writeFileSync(join(fake.dir, "model", file), fakeManifest(faults));
const { visit } = useSite({ dir: () => fake.dir, cleanUp: fake.remove });

/** @param {import("node:test").TestContext} t @param {string} [query] */
async function open(t, query = "", options = {}) {
  const visited = await visit(t, `bench.html${query}`, { wait: false, ...options });
  await visited.page.getByRole("button", { name: "Start" }).and(visited.page.locator(":enabled")).waitFor();
  return visited;
}

const state = (page, wanted) => page.locator(`html[data-state="${wanted}"]`).waitFor();

/** @param {import("playwright-core").Page} page */
async function measure(page) {
  await page.getByLabel("Photos").selectOption("10");
  await page.getByRole("button", { name: "Start" }).click();
  await state(page, "done");
}

/** A fact by its term. @param {import("playwright-core").Page} page @param {string} term */
const fact = (page, term) => page.locator("#facts div").filter({ has: page.getByText(term, { exact: true }) }).locator("dd");

/** Photos that take the stand-in a while. */
const slow = (_, response, path) => path.endsWith("harbor.jpg") && reply(response, 200, "fake:slow ", "image/jpeg");

test("a measurement shows the steps, the device and the model", async (t) => {
  const { page } = await open(t, "?device=cpu");
  assert.equal(await page.getByLabel("Device").inputValue(), "cpu");
  await measure(page);
  const rows = await page.locator("#stages tbody tr").allInnerTexts();
  assert.deepEqual(rows.slice(0, 4).map((row) => row.split("\t")), [
    ["Read the photo", "21.4", "21.4 to 21.4"],
    ["Scale it", "9.20", "9.20 to 9.20"],
    ["Run the model", "380", "380 to 380"],
    ["Rank the places", "0.1", "0.1 to 0.1"],
  ]); // prettier-ignore
  assert.equal(await fact(page, "Runs on").innerText(), "CPU");
  assert.equal(await fact(page, "Runs").innerText(), "10");
  assert.equal(await fact(page, "Model").innerText(), "stand-in, untrained");
});

test("the results are copied as text and as JSON", async (t) => {
  const { page, context } = await open(t, "?device=cpu");
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await measure(page);
  const copied = async (name) => {
    await page.getByRole("button", { name }).click();
    await page.getByText("Copied.").waitFor();
    return await page.evaluate(() => navigator.clipboard.readText());
  };
  assert.match(await copied("Copy as text"), /^Run the model +380 +380 to 380$/m);
  const report = JSON.parse(await copied("Copy as JSON"));
  assert.deepEqual([report.photos.length, report.milliseconds.encode.median], [10, 380]);
});

test("a device that fails leads to the CPU, and the result says why", async (t) => {
  const { page } = await open(t, "?model=model/falls.json");
  await measure(page);
  assert.equal(await fact(page, "Runs on").innerText(), "CPU");
  assert.match(await fact(page, "Why").innerText(), /WebGPU is not available here/);
});

test("a model that cannot be used is told in a sentence, and another start is possible", async (t) => {
  const { page } = await open(t, "?device=cpu&model=model/weights.json");
  await page.getByRole("button", { name: "Start" }).click();
  await state(page, "failed");
  assert.match(await page.getByRole("alert").innerText(), /could not be measured\s+Tensor `visual`: the model wants/);
  assert.ok(await page.getByRole("button", { name: "Start" }).isEnabled());
});

test("an address that asks for a stranger's model is refused before anything is loaded", async (t) => {
  const { page } = await visit(t, "bench.html?model=https://elsewhere.example/manifest.json", { wait: false });
  await state(page, "failed");
  assert.match(await page.getByRole("alert").innerText(), /expected a manifest on this page's own origin/);
  assert.ok(await page.getByRole("button", { name: "Start" }).isDisabled());
});

test("stopped while the model starts, nothing is shown and it can be started again", async (t) => {
  const { page } = await open(t, "?device=cpu&model=model/hangs.json");
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByText("Starting the model").waitFor();
  assert.ok(await page.getByLabel("Model").isDisabled());
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("Stopped.", { exact: true }).waitFor();
  assert.ok(await page.locator("#result").isHidden());
  assert.ok(await page.getByRole("button", { name: "Start" }).evaluate((button) => button === document.activeElement));
});

test("stopped between photos, what was measured stays", async (t) => {
  const { page } = await open(t, "?device=cpu", { intercept: slow });
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByText("Photo 1 of 30").waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("Stopped; below is what was measured.").waitFor();
  assert.match(await fact(page, "Runs").innerText(), /^[12]$/);
});

test("the front page leads to it", async (t) => {
  const { page } = await visit(t);
  await page.getByRole("link", { name: "How fast is it here?" }).click();
  await page.getByRole("heading", { name: "How fast is it on this device?" }).waitFor();
});

/** Every rule of axe, best practice included. @param {import("playwright-core").Page} page */
async function violations(page) {
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ["violations"] })).violations);
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("\n")}`);
}

for (const colorScheme of ["light", "dark"]) {
  for (const width of [360, 768, 1280]) {
    test(`axe finds nothing and no box is wider: ${colorScheme}, ${width} pixels`, async (t) => {
      const { page } = await open(t, "?device=cpu", { colorScheme, viewport: { width, height: 800 } });
      const look = async (name) => {
        assert.deepEqual(await violations(page), [], name);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name}: too wide`);
        if (process.env.SCREENSHOTS)
          await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}-${colorScheme}-${width}.png`), fullPage: true });
      };
      await look("idle");
      await measure(page);
      await look("done");
    });
  }
  test(`axe finds nothing: failed, ${colorScheme}`, async (t) => {
    const { page } = await open(t, "?device=cpu&model=model/weights.json", { colorScheme });
    await page.getByRole("button", { name: "Start" }).click();
    await state(page, "failed");
    assert.deepEqual(await violations(page), []);
  });
}
