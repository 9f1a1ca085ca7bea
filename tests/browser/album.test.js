import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import test from "node:test";
import { useSite } from "./fixture.mjs";
import { events, fakePhoto, makeFakeSite } from "./site.mjs";

const fake = makeFakeSite();
const { visit } = useSite({ dir: () => fake.dir, cleanUp: fake.remove });
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const sample = (name) => ({
  name: `${name}.jpg`,
  mimeType: "image/jpeg",
  buffer: readFileSync(new URL(`../../www/samples/${name}.jpg`, import.meta.url)),
});
const FOUR = [sample("harbor"), sample("dome"), { ...fakePhoto("nothing"), name: "notes.jpg" }, sample("coaster")];
const named = (name, photo = fakePhoto("fine")) => ({ ...photo, name });

const ended = (page) =>
  page.waitForFunction(() => /\d+ photos: /.test(document.querySelector(".album-status")?.textContent ?? ""));
const column = (page, cell) => page.$$eval(`.album-row ${cell}`, (all) => all.map(({ textContent }) => textContent));
const caption = (page) => page.textContent("#photo-caption");
const row = (page, name) => page.getByRole("row").filter({ hasText: name }).getByRole("button");
const focused = (page) => page.evaluate(() => document.activeElement.title || document.activeElement.textContent);

test("several photos become a table that fills, each with its own answer", async (t) => {
  const { page } = await visit(t);
  assert.equal(await page.isVisible("#album"), false);
  await page.setInputFiles("#photo-input", FOUR);
  await ended(page);
  assert.equal(await page.textContent(".album-status"), "4 photos: 3 done, 1 failed");
  assert.deepEqual(await column(page, ".file-name"), ["harbor.jpg", "dome.jpg", "notes.jpg", "coaster.jpg"]);
  const results = await events(page, "result");
  const first = results.map(({ places: [{ name, probability }] }) => [name, `${(100 * probability).toFixed(1)}%`]);
  const [places, shares] = [await column(page, ".cell-place"), await column(page, ".cell-probability")];
  assert.deepEqual([0, 1, 3].map((index) => [places[index], shares[index]]), first); // prettier-ignore
  assert.match(places[2], /^The photo is of no known format/);
  assert.deepEqual(await column(page, ".cell-state"), ["Not sure", "Not sure", "Failed", "Not sure"]);
});

test("each row opens its full result, a failed one its reason", async (t) => {
  const { page } = await visit(t);
  await page.setInputFiles("#photo-input", FOUR);
  await ended(page);
  const marked = () => page.$$eval(".album-open[aria-current]", (all) => all.map(({ title }) => title));
  assert.deepEqual(await marked(), ["harbor.jpg"]);
  for (const name of ["coaster.jpg", "dome.jpg"]) {
    await row(page, name).click();
    assert.match(await caption(page), new RegExp(`^${name}, 640 × 480`));
    const label = await row(page, name).getAttribute("aria-label");
    const top = await page.textContent("#ranking > li:first-child .place-name");
    assert.ok(label.startsWith(`${name}: ${top}, `), `${label}, the ranking has ${top}`);
    assert.deepEqual(await marked(), [name]);
  }
  await row(page, "notes.jpg").click();
  assert.match(await page.textContent("#result-error"), /of no known format/);
  await row(page, "dome.jpg").click();
  assert.equal(await page.getAttribute("#result", "data-view"), "answer");
});

test("the whole of a row is its button", async (t) => {
  const { page } = await visit(t);
  await page.setInputFiles("#photo-input", FOUR);
  await ended(page);
  await page.locator(".album-row").nth(3).locator(".cell-error").click({ force: true }); // the button lies over it
  assert.match(await caption(page), /^coaster\.jpg/);
});

test("rows are sorted by their titles, by keyboard as well", async (t) => {
  const { page } = await visit(t);
  await page.setInputFiles("#photo-input", FOUR);
  await ended(page);
  const shares = async () => (await column(page, ".cell-probability")).filter(Boolean).map(parseFloat);
  await page.getByRole("button", { name: "Probability" }).press("Enter");
  const down = await shares();
  assert.deepEqual(
    down,
    down.toSorted((a, b) => b - a),
  );
  assert.equal(await page.getAttribute("th.cell-probability", "aria-sort"), "descending");
  assert.equal((await column(page, ".file-name"))[3], "notes.jpg"); // without a probability, so last
  assert.equal(await focused(page), "Probability");
  await page.keyboard.press("Enter");
  assert.deepEqual(await shares(), down.toReversed());
});

test("the table is one stop for Tab, and arrow keys go from row to row", async (t) => {
  const { page } = await visit(t);
  await page.setInputFiles("#photo-input", FOUR);
  await ended(page);
  await page.getByRole("button", { name: "State" }).focus();
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "harbor.jpg");
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(page), "dome.jpg");
  await page.keyboard.press("Enter");
  assert.match(await caption(page), /^dome\.jpg/);
  assert.equal(await focused(page), "dome.jpg");
  await page.keyboard.press("End");
  assert.equal(await focused(page), "coaster.jpg");
  await page.keyboard.press("Tab");
  assert.ok(!(await page.evaluate(() => document.activeElement.closest(".album"))));
});

test("photos that wait can be canceled; the one that is looked at comes to its end", async (t) => {
  const { page } = await visit(t);
  await page.setInputFiles(
    "#photo-input",
    Array.from({ length: 20 }, (_, index) => named(`${index}.jpg`, fakePhoto("slow"))),
  );
  await page.waitForSelector(".album-row[data-state=working]");
  assert.match(await page.textContent(".album-status"), /^\d+ of 20/);
  await page.locator("#album").getByRole("button", { name: "Cancel" }).click();
  await ended(page);
  const [, done, canceled] = (await page.textContent(".album-status")).match(/^20 photos: (\d+) done, (\d+) canceled$/);
  assert.equal(Number(done) + Number(canceled), 20);
  assert.equal((await events(page, "result")).length, Number(done));
  assert.equal(await focused(page), "Clear");
});

test("Clear asks once more, then the page is as at the start", async (t) => {
  const { page } = await visit(t);
  await page.setInputFiles("#photo-input", FOUR);
  await ended(page);
  await page.getByRole("button", { name: "Clear", exact: true }).click();
  assert.equal(await page.isVisible("#album"), true);
  await page.getByRole("button", { name: "Clear 3 results?" }).click();
  assert.equal(await page.isVisible("#album"), false);
  assert.notEqual(await page.evaluate(() => document.activeElement.tagName), "BODY");
  await page.setInputFiles("#photo-input", FOUR.slice(0, 2));
  await ended(page);
  assert.deepEqual(await column(page, ".file-name"), ["harbor.jpg", "dome.jpg"]);
});

/** Keeps the addresses of blobs that were not let go. */
const watchAddresses = (page) =>
  page.evaluate(() => {
    window.held = new Set();
    const { createObjectURL, revokeObjectURL } = URL;
    URL.createObjectURL = (blob) => {
      const url = createObjectURL.call(URL, blob);
      window.held.add(url);
      return url;
    };
    URL.revokeObjectURL = (url) => (window.held.delete(url), revokeObjectURL.call(URL, url));
  });

test("small pictures are made of the photos in view, small, and their addresses let go", async (t) => {
  const { page } = await visit(t);
  await watchAddresses(page);
  const many = Array.from({ length: 120 }, (_, index) => ({ ...sample("harbor"), name: `${index}.jpg` }));
  await page.setInputFiles("#photo-input", many);
  await ended(page);
  const pictures = () => page.$$eval(".album-row img[src]", (all) => all.length);
  await page.waitForFunction(() => document.querySelectorAll(".album-row img[src]").length >= 10);
  assert.ok((await pictures()) < 40, `${await pictures()} of 120 were made before anybody saw them`);
  await page.evaluate(() => document.querySelector(".album-window").scrollTo(0, 1e6));
  await page.waitForFunction(() => document.querySelector(".album-row:last-child img").naturalWidth > 0);
  const size = await page.$eval(".album-row:last-child img", (image) => [image.naturalWidth, image.naturalHeight]);
  assert.deepEqual(size, [96, 72]);
  await page.waitForFunction(() => window.held.size <= 1); // the photo that is shown
});

test("a photo that this browser cannot show has a row all the same", async (t) => {
  const { page } = await visit(t);
  await page.setInputFiles("#photo-input", [named("a.jpg"), named("b.jpg")]);
  await ended(page);
  await page.waitForFunction(() => document.querySelectorAll(".album-row.no-picture").length === 2);
});

for (const [width, colorScheme] of [
  [360, "light"],
  [360, "dark"],
  [768, "light"],
  [1280, "dark"],
]) {
  test(`axe finds nothing in the table, and nothing is wider than ${width} pixels, ${colorScheme}`, async (t) => {
    const viewport = { width, height: 800 };
    const { page } = await visit(t, "?device=cpu", { viewport, colorScheme, reducedMotion: "reduce" });
    await page.setInputFiles("#photo-input", [...FOUR, named(`${"a-very-long-name-".repeat(9)}.jpg`)]);
    await ended(page);
    await page.getByRole("button", { name: "Probability" }).click();
    await page.evaluate(axeSource);
    const found = await page.evaluate(async () => (await window.axe.run("#album")).violations);
    assert.deepEqual(found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`), []); // prettier-ignore
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0);
    const heights = await page.$$eval(".album-row", (rows) => rows.map(({ offsetHeight }) => offsetHeight));
    assert.equal(new Set(heights).size, 1, `rows are ${heights} pixels high`);
  });
}

test("rows and their cells are such to a screen reader, though they are laid out as a grid", async (t) => {
  const { page } = await visit(t);
  await page.setInputFiles("#photo-input", FOUR);
  await ended(page);
  const table = page.getByRole("table", { name: /^Photos and their first places/ });
  assert.equal(await table.getByRole("row").count(), 5);
  const titles = await table.getByRole("columnheader").allInnerTexts();
  assert.equal(titles.join(", "), "Picture, File, First place, Probability, Expected error, State");
  assert.equal(await table.getByRole("rowheader").count(), 4);
  assert.match(await page.getByRole("progressbar", { name: "Photos done" }).getAttribute("aria-valuetext"), /4 of 4/);
});
