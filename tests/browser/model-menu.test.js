import assert from "node:assert/strict";
import { after, before } from "node:test";
import test from "node:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startServer } from "../server/serve.mjs";
import { useSite } from "./fixture.mjs";
import { choose, events, fakeManifest, fakePhoto, makeFakeSite, newPage, waitForState } from "./site.mjs";

const fake = makeFakeSite();
const { site, visit } = useSite({ dir: () => fake.dir, base: "/user/repo/", cleanUp: fake.remove });
writeFileSync(join(fake.dir, "model/large.json"), fakeManifest().replace("stand-in", "large one"));

const SMALL = { name: "Stand-in", about: "Quick to load.", manifest: "model/manifest.json", size_bytes: 860_000 };
const LARGE = { name: "Large one", about: "Better, and slow.", manifest: "model/large.json", size_bytes: 91_000_000 };
const list = (models) => writeFileSync(join(fake.dir, "models.json"), JSON.stringify(models));

/** Another host, which lets the site read its packs. */
let other;
before(async () => {
  const intercept = (_, response) => (response.setHeader("access-control-allow-origin", "*"), false);
  other = await startServer({ dir: join(fake.dir, "model"), intercept });
});
after(() => other.close());

const open = (page) => page.getByRole("button", { name: "Other models" });

test("a site with one model has no menu", async (t) => {
  list([SMALL]);
  const { page } = await visit(t);
  assert.equal(await page.locator("#model-menu").isVisible(), false);
});

test("a site with a list that is wrong works with its own model, without a menu", async (t) => {
  list([SMALL, { name: "Nothing else" }]);
  const { page } = await visit(t);
  assert.equal((await choose(page, fakePhoto("fine"))).name, "result");
  assert.equal(await page.locator("#model-menu").isVisible(), false);
});

test("another model is chosen by keyboard alone; the rest of the address stays", async (t) => {
  list([SMALL, LARGE]);
  const { page } = await visit(t);
  await open(page).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Models of this site" });
  await dialog.waitFor();
  assert.match(await dialog.locator("[aria-current]").textContent(), /^Stand-in0\.9 MB, in useQuick to load\.$/);
  await page.keyboard.press("Tab");
  assert.match(await page.evaluate(() => document.activeElement.textContent), /^Large one91\.0 MBBetter, and slow\.$/);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/?device=cpu&model=model/large.json");
  await waitForState(page, "ready");
  assert.deepEqual(await events(page, "ready"), [{ backend: "cpu", model: "large one" }]);
  await open(page).click();
  assert.match(await dialog.locator("[aria-current]").textContent(), /^Large one/);
});

test("Escape closes the dialog and gives the focus back to its button", async (t) => {
  list([SMALL, LARGE]);
  const { page } = await visit(t);
  await open(page).click();
  await page.keyboard.press("Escape");
  assert.equal(await page.getByRole("dialog").count(), 0);
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Other models");
});

/** Where the next card begins; a late menu must not move it. @param {import("playwright-core").Page} page */
const below = (page) => page.$eval("#result", (card) => card.getBoundingClientRect().top + scrollY);

for (const width of [320, 360, 1280]) {
  test(`at ${width} pixels nothing moves when the menu comes late, and nothing is wider than the window`, async (t) => {
    list([SMALL, { ...LARGE, name: "L".repeat(80), about: "word ".repeat(79) }, ...Array(20).fill(SMALL)]);
    let release;
    const painted = new Promise((done) => (release = done));
    const intercept = async (_, __, path) => path.endsWith("models.json") && (await painted, false);
    const { page } = await visit(t, "?device=cpu", { viewport: { width, height: 700 }, intercept });
    const before = await below(page);
    release();
    await open(page).waitFor();
    assert.equal(await below(page), before);
    await open(page).click();
    const { wide, high } = await page.$eval("#model-dialog", (dialog) => ({
      wide: [dialog, ...dialog.querySelectorAll("*")].filter((each) => each.getBoundingClientRect().right > innerWidth)
        .length,
      high: dialog.getBoundingClientRect().bottom <= innerHeight,
    }));
    assert.equal(wide, 0);
    assert.equal(high, true);
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0);
  });
}

/** A page that may ask another host, as no other test's may. @param {import("node:test").TestContext} t */
async function visitWithModel(t, manifest) {
  const visited = await newPage(site.browser);
  t.after(() => visited.context.close());
  await visited.page.goto(`${site.server.url}?device=cpu&model=${encodeURIComponent(manifest)}`);
  await visited.page.waitForFunction(() => ["ready", "failed"].includes(document.documentElement.dataset.state));
  return visited;
}

test("a model on another host works where the site lists it", async (t) => {
  const manifest = `${other.url}large.json`;
  list([SMALL, { ...LARGE, manifest }]);
  const { page } = await visitWithModel(t, manifest);
  assert.deepEqual(await events(page, "ready"), [{ backend: "cpu", model: "large one" }]);
  assert.equal((await choose(page, fakePhoto("fine"))).name, "result");
});

test("a model on another host that the site does not list is refused, and never asked for", async (t) => {
  list([SMALL, LARGE]);
  const { page, record } = await visitWithModel(t, `${other.url}large.json`);
  assert.equal((await events(page, "error"))[0].code, "address");
  assert.deepEqual(
    record.requests.filter((url) => url.startsWith(other.origin)),
    [],
  );
});
