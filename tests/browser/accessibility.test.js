import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import test from "node:test";
import { reply, useSite } from "./fixture.mjs";
import { choose, fakeManifest, fakePhoto, makeFakeSite, waitForState } from "./site.mjs";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const fake = makeFakeSite({}, { about: "Made from drawn scenes, to show how it works. ".repeat(20) });
const { visit } = useSite({ dir: () => fake.dir, cleanUp: fake.remove });

/** Every rule of axe, best practice included. @param {import("playwright-core").Page} page */
async function violations(page) {
  await page.evaluate(axeSource);
  const found = await page.evaluate(
    async () => (await window.axe.run(document, { resultTypes: ["violations"] })).violations,
  );
  return found.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("\n")}`,
  );
}

const stalled = (_, response, path) =>
  path.endsWith("places.bin") && (response.writeHead(200), response.write(Buffer.alloc(1000)), true);
const missing = (_, response, path) => path.endsWith("places.bin") && reply(response, 404);

const STATES = {
  loading: {
    intercept: stalled,
    wait: false,
    arrive: (page) =>
      page.waitForFunction(() => window.placelensEvents.some(({ detail }) => detail?.loaded_bytes > 600_000)),
  },
  idle: { intercept: stalled, wait: false, arrive: (page) => page.getByRole("button", { name: "Cancel" }).click() },
  ready: { arrive: () => {} },
  working: { arrive: (page) => page.setInputFiles("#photo-input", fakePhoto("slow")) },
  result: {
    arrive: async (page) => (
      await choose(page, fakePhoto("fine")),
      await page.getByRole("button", { name: "Show all 15 places" }).click()
    ),
  },
  "everything unfolded": {
    arrive: async (page) => {
      await choose(page, fakePhoto("fine"));
      for (const fold of await page.locator("details:visible > summary").all()) await fold.click();
    },
  },
  album: {
    arrive: async (page) => {
      const notes = { name: "notes.jpg", mimeType: "image/jpeg", buffer: Buffer.from("hello") };
      await page.setInputFiles("#photo-input", [fakePhoto("fine"), { ...fakePhoto("fine"), name: "two.jpg" }, notes]);
      await page.getByText("3 photos: 2 done, 1 failed").waitFor();
    },
  },
  "photo error": {
    arrive: (page) => choose(page, { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("hello") }),
  },
  "about the model": { arrive: (page) => page.getByRole("button", { name: "Show more" }).click() },
  failed: { intercept: missing, arrive: (page) => waitForState(page, "failed") },
  "drop target": {
    arrive: (page) => page.evaluate(() => document.querySelector("#drop-target").classList.add("visible")),
  },
};

for (const colorScheme of ["light", "dark"]) {
  for (const [name, { arrive, ...options }] of Object.entries(STATES)) {
    test(`axe finds nothing: ${name}, ${colorScheme}`, async (t) => {
      const { page } = await visit(t, "?device=cpu", { colorScheme, reducedMotion: "reduce", ...options });
      await arrive(page);
      assert.deepEqual(await violations(page), []);
    });
  }
}

for (const colorScheme of ["light", "dark"]) {
  for (const width of [360, 1280]) {
    test(`axe finds nothing: weights.html, ${colorScheme}, ${width} pixels, and no box is wider`, async (t) => {
      const viewport = { width, height: 800 };
      const { page } = await visit(t, "weights.html", { colorScheme, viewport, wait: false });
      assert.deepEqual(await violations(page), []);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0);
      assert.equal(await page.locator("script").count(), 0);
    });
  }
}

test("with reduced motion nothing moves", async (t) => {
  const intercept = (_, response, path) =>
    path.endsWith("manifest.json") && reply(response, 200, fakeManifest(), "application/json");
  const { page } = await visit(t, "?device=cpu", { reducedMotion: "reduce", intercept });
  await page.setInputFiles("#photo-input", fakePhoto("slow"));
  await waitForState(page, "working");
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
});

test("errors are alerts, results are announced politely, the bar has a name and a value", async (t) => {
  const { page } = await visit(t);
  assert.equal(await page.getAttribute("#result-error", "role"), "alert");
  assert.equal(await page.getAttribute("#announcement", "aria-live"), "polite");
  const bar = page.getByRole("progressbar", { name: "Model download" });
  assert.equal(await bar.getAttribute("aria-valuetext"), "0.9 of 0.9 MB");
});

test("the focus can be seen on everything that takes it", async (t) => {
  const { page } = await visit(t);
  await choose(page, fakePhoto("fine"));
  await page.evaluate(() => document.activeElement.blur());
  for (let step = 0; step < 25; step += 1) {
    await page.keyboard.press("Tab");
    const width = await page.evaluate(() => {
      const focused = document.activeElement;
      const seen = focused.id === "photo-input" ? focused.nextElementSibling : focused;
      return parseFloat(getComputedStyle(seen).outlineWidth);
    });
    assert.ok(width >= 2, `stop ${step}: an outline of ${width} px`);
  }
});
