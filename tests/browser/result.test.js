import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import test from "node:test";
import { reply, useSite } from "./fixture.mjs";
import { choose, fakeManifest, fakePhoto, makeFakeSite } from "./site.mjs";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const fake = makeFakeSite();
const { site, visit } = useSite({ dir: () => fake.dir, base: "/user/repo/", cleanUp: fake.remove });

const text = (page, selector) => page.textContent(selector);

/** Where it is on the page, however far that is scrolled: a narrow window is brought to the answer. */
const onPage = (page, selector) =>
  page.locator(selector).evaluate((element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return { x: x + scrollX, y: y + scrollY, width, height };
  });

/** A trained model, as sure as `steepness` makes it. */
const trained = (steepness = 1) => (_, response, path) =>
  path.endsWith("manifest.json") &&
  reply(response, 200, fakeManifest({ steepness }, { untrained: false }), "application/json");

/** A photo whose stand-in result has GPS or not, as asked. */
async function choosePhoto(page, { gps }) {
  for (let seed = 0; seed < 20; seed += 1) {
    const buffer = Buffer.from(`fake:fine ${seed}`);
    const { detail } = await choose(page, { name: `photo-${seed}.jpg`, mimeType: "image/jpeg", buffer });
    if ((detail.photo.taken_at !== null) === gps) return detail;
  }
  throw new Error(`no photo ${gps ? "with" : "without"} GPS among 20`);
}

test("a sure model says probably, an unsure one does not, and an untrained one says that it means nothing", async (t) => {
  const { page } = await visit(t, "?device=cpu", { intercept: trained(4) });
  const { detail: sure } = await choose(page, fakePhoto("fine"));
  assert.equal(sure.confident, true);
  const probably = new RegExp(`^Probably ${sure.places[0].name}.*; expect to be off by about 11 km\\.$`);
  assert.match(await text(page, "#answer-title"), probably);
  site.intercept = trained(0.2);
  await page.reload();
  await page.waitForSelector("html[data-state=ready]");
  await choose(page, fakePhoto("fine"));
  assert.equal(await text(page, "#answer-title"), "Not sure: it could be any of the 15 places.");
  site.intercept = null;
  await page.reload();
  await page.waitForSelector("html[data-state=ready]");
  await choose(page, fakePhoto("fine"));
  assert.equal(await text(page, "#answer-title"), "This ranking means nothing: the model is untrained.");
});

test("the photo's own GPS is told, with its place, and that it stayed here", async (t) => {
  const { page } = await visit(t, "?device=cpu", { intercept: trained() });
  await choosePhoto(page, { gps: true });
  const words = await text(page, ".point-exif");
  assert.match(words, /GPS says .* 34\.0101° N, 118\.4962° W, in Santa Monica; the prediction was off by 8\.9 km\. /);
  assert.match(words, / This was read on your device only\.$/);
  await choosePhoto(page, { gps: false });
  assert.equal(await page.locator(".point-exif").count(), 0);
});

for (const width of [360, 768, 1280]) {
  test(`with everything unfolded no part lies over another, however far the page is scrolled, ${width} pixels`, async (t) => {
    const { page } = await visit(t, "?device=cpu", { intercept: trained(), viewport: { width, height: 700 } });
    await choosePhoto(page, { gps: true });
    await page.getByRole("button", { name: "Show all 15 places" }).click();
    for (const fold of await page.locator("#result details > summary").all()) await fold.click();
    const overlaps = await page.evaluate(() => {
      const parts = [".ranking-box", ".map-figure", ".particulars", ".point-exif", ".result-actions"];
      const found = [];
      for (let y = 0; y < document.documentElement.scrollHeight; y += 200) {
        scrollTo(0, y);
        const boxes = parts.map((part) => document.querySelector(part).getBoundingClientRect());
        boxes.forEach((a, i) =>
          boxes.slice(0, i).forEach((b, j) => {
            const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (across > 1 && down > 1) found.push(`at ${y}: ${parts[i]} and ${parts[j]}, ${down} pixels`);
          }),
        );
      }
      return found;
    });
    assert.deepEqual(overlaps, []);
  });
}

test("a row lights its region, by pointer and by keyboard, and a region its row", async (t) => {
  const { page } = await visit(t);
  const { detail } = await choose(page, fakePhoto("fine"));
  const lit = () => page.$$eval(".place.lit", (rows) => rows.map(({ dataset }) => dataset.id));
  await page.hover(".place:nth-child(2)");
  assert.deepEqual(await lit(), [detail.places[1].id]);
  await page.waitForSelector(".map-lit", { state: "attached" });
  await page.hover("h1");
  assert.deepEqual(await lit(), []);
  assert.equal(await page.locator(".map-lit").count(), 0);
  await page.focus(".place:first-child button");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  assert.deepEqual(await lit(), [detail.places[2].id]);
  await page.waitForSelector(".map-lit", { state: "attached" });
  await page.evaluate(() => document.activeElement.blur());
  await page.getByRole("button", { name: "Show all 15 places" }).click();
  const { x, y } = await pointOnRegion(page);
  await page.mouse.move(x, y);
  await page.waitForSelector(".map-name.lit");
  const name = await page.textContent(".place.lit .place-name");
  assert.ok((await text(page, ".map-name.lit")).startsWith(name), name);
});

/** Where the pointer is over a region and nothing else. */
async function pointOnRegion(page) {
  await page.locator("#map").scrollIntoViewIfNeeded();
  return await page.evaluate(() => {
    for (const region of document.querySelectorAll(".map-place")) {
      const { left, top, width, height } = region.getBoundingClientRect();
      const [x, y] = [left + width / 2, top + height / 2];
      if (document.elementFromPoint(x, y) === region) return { x, y };
    }
    throw new Error("no region can be pointed at");
  });
}

test("a row is heard as its rank, its name and its percentage", async (t) => {
  const { page } = await visit(t);
  const { detail } = await choose(page, fakePhoto("fine"));
  const { name, probability } = detail.places[1];
  const row = page.getByRole("button", { name: `2, ${name}, ${(100 * probability).toFixed(1)}%`, exact: true });
  assert.equal(await row.count(), 1);
});

test("what the percentages mean, and how long it took, unfold on demand", async (t) => {
  const { page } = await visit(t, "?device=cpu", { intercept: trained() });
  await choose(page, fakePhoto("fine"));
  assert.equal(await page.isVisible(".meaning-fold p"), false);
  await page.getByText("What the percentages mean").click();
  assert.match(await text(page, ".meaning-fold"), /among the 15 places.*no other place/);
  await page.getByText("Took 411 ms on the CPU").click();
  assert.deepEqual(await page.locator(".effort dd").allTextContents(), ["21 ms", "9 ms", "380 ms", "<1 ms"]);
});

/** Saves in one kind, and gives back the file's name and bytes. */
async function save(page, kind) {
  await page.selectOption("#export-kind", kind);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Save", exact: true }).click(),
  ]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

test("the result is saved as a table, as data, as a map and as a picture", async (t) => {
  const { page } = await visit(t);
  assert.equal(await page.isVisible(".export"), false);
  const result = await choosePhoto(page, { gps: true });
  const csv = await save(page, "csv");
  assert.equal(csv.name, "placelens.csv");
  assert.match(csv.bytes.toString(), new RegExp(`^file,place_1,.*\r\nphoto-\\d+\\.jpg,${result.places[0].name},`));
  assert.match(await text(page, ".export-note"), /^Saved as placelens\.csv\.$/);
  const json = await save(page, "json");
  const [line] = JSON.parse(json.bytes.toString());
  assert.deepEqual({ ...result, file: line.file }, line);
  const geojson = await save(page, "geojson");
  const kinds = JSON.parse(geojson.bytes.toString()).features.map(({ properties: { kind } }) => kind);
  assert.deepEqual(kinds, [...Array(15).fill("place"), "best_point", "photo_gps"]);
  const png = await save(page, "png");
  assert.equal(png.name, "placelens.png");
  assert.equal(png.bytes.subarray(1, 4).toString(), "PNG");
});

test("the result is copied as text and as a picture, and it is said", async (t) => {
  const { page, context } = await visit(t);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const { detail } = await choose(page, fakePhoto("fine"));
  const copy = async (kind) => {
    await page.selectOption("#export-kind", kind);
    await page.getByRole("button", { name: "Copy", exact: true }).click();
    await page.waitForFunction(() => document.querySelector(".export-note").textContent === "Copied.");
    assert.equal(await text(page, "#announcement"), "Copied.");
  };
  await copy("json");
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(JSON.parse(copied)[0].places[0].id, detail.places[0].id);
  await copy("png");
  const types = await page.evaluate(async () => (await navigator.clipboard.read()).flatMap((item) => item.types));
  assert.deepEqual(types, ["image/png"]);
});

test("a clipboard that refuses is explained in words", async (t) => {
  const { page } = await visit(t);
  await choose(page, fakePhoto("fine"));
  await page.evaluate(() => {
    navigator.clipboard.writeText = async () => Promise.reject(new DOMException("denied", "NotAllowedError"));
  });
  await page.selectOption("#export-kind", "csv");
  await page.getByRole("button", { name: "Copy", exact: true }).click();
  await page.waitForFunction(() => /did not allow it; use Save/.test(document.querySelector(".export-note").textContent));
});

test("a photo that cannot be used leaves nothing of the last one to save", async (t) => {
  const { page } = await visit(t);
  await choose(page, fakePhoto("fine"));
  await choose(page, { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("hello there") });
  assert.equal(await page.isVisible(".export"), false);
});

test("the panel tells what runs, why and how fast, and one click copies it", async (t) => {
  const { page, context } = await visit(t);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await choose(page, fakePhoto("fine"));
  const panel = page.locator("#device");
  assert.equal(await panel.getByText("Runs on").isVisible(), false);
  await page.getByText("On this device", { exact: true }).click();
  const facts = await page.$$eval("#device dl > div", (pairs) =>
    pairs.map((pair) => [...pair.children].map(({ textContent }) => textContent)),
  );
  const { "Runs on": device, Why, Loaded, "First photo": first, Browser, ...others } = Object.fromEntries(facts);
  assert.deepEqual([device, Why, first], ["CPU", "The page's address asks for the CPU.", "411 ms"]);
  assert.equal(Loaded, "0.9 MB from the network");
  assert.match(Browser, /Chrome/);
  assert.deepEqual(Object.keys(others), ["Model", "Loading took", "Starting took", "Memory", "Known answer"]);
  await page.getByRole("button", { name: "Copy report" }).click();
  await page.waitForFunction(() => document.querySelector(".device-note").textContent === "Copied.");
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, `PlaceLens on this device\n${facts.map(([term, value]) => `${term}: ${value}\n`).join("")}`);
});

test("the panel tells what failed above the device that is used", async (t) => {
  const intercept = (_, response, path) =>
    path.endsWith("manifest.json") && reply(response, 200, fakeManifest({ webgpu: "wrong_answer" }), "application/json");
  const { page } = await visit(t, "?device=webgpu", { intercept });
  await page.getByText("On this device", { exact: true }).click();
  assert.match(await text(page, "#device"), /WebGPU gave a wrong answer here, so the CPU does the work\./);
  assert.match(await text(page, "#device"), /Failed on WebGPUknown answer: expected an error of at most 1e-3, found 0\.4/);
});

for (const width of [360, 768, 1280]) {
  test(`sentence, map and ranking have their places from the start, ${width} pixels`, async (t) => {
    const { page } = await visit(t, "?device=cpu", { viewport: { width, height: 900 }, intercept: trained() });
    const map = () => onPage(page, "#map");
    const panel = () => onPage(page, "#device");
    const empty = await panel();
    const before = { map: await map(), panel: empty };
    await page.setInputFiles("#photo-input", fakePhoto("slow"));
    await page.waitForSelector("#result[data-view=working]");
    assert.deepEqual(await map(), before.map, "empty → working");
    before.panel = await panel();
    if (width === 360) assert.ok(empty.y < before.panel.y - 300, "one column leaves no hole while it is empty");
    else assert.deepEqual(before.panel, empty, "empty → working, what follows the card");
    await page.waitForSelector("#result[data-view=answer]");
    await choosePhoto(page, { gps: false });
    assert.deepEqual(await map(), before.map, "working → answer");
    assert.deepEqual(await panel(), before.panel, "what follows the card");
    const [title, ranking] = [await onPage(page, "#answer-title"), await onPage(page, "#ranking")];
    const mapNow = await map();
    assert.ok(title.y + title.height <= mapNow.y + 1, "the sentence is above the map");
    if (width === 360) assert.ok(mapNow.y + mapNow.height <= ranking.y, "the ranking is below the map");
    else assert.ok(ranking.x + ranking.width <= mapNow.x, "the ranking is left of the map");
    await choose(page, { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("hello there") });
    assert.equal((await map()).width, before.map.width);
  });
}

test("the row of exports and every control can be hit by a finger", async (t) => {
  const { page } = await visit(t, "?device=cpu", { viewport: { width: 360, height: 800 } });
  await choose(page, fakePhoto("fine"));
  await page.getByText("On this device", { exact: true }).click();
  const sizes = await page.$$eval(
    "#result :is(.place-row, .ranking-more, summary), .export :is(select, button), #device :is(summary, button)",
    (all) => all.map((one) => [one.textContent.slice(0, 20), one.getBoundingClientRect().height]),
  );
  const shown = sizes.filter(([, height]) => height > 0);
  assert.ok(shown.length >= 12, `only ${shown.length} controls`);
  for (const [name, height] of shown) assert.ok(height >= 43.9, `${name}: ${height} px`);
});

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing with everything unfolded, ${colorScheme}`, async (t) => {
    const { page } = await visit(t, "?device=cpu", { colorScheme, reducedMotion: "reduce", intercept: trained() });
    await choosePhoto(page, { gps: true });
    await page.getByRole("button", { name: "Show all 15 places" }).click();
    for (const name of ["What the percentages mean", "Took 411 ms on the CPU", "On this device"]) {
      await page.getByText(name, { exact: true }).click();
    }
    await page.click(".place-row");
    await page.evaluate(axeSource);
    const found = await page.evaluate(async () => (await window.axe.run("main")).violations);
    assert.deepEqual(
      found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("\n")}`),
      [],
    );
  });
}

test("at 200% of zoom nothing is cut off or wider than the window", async (t) => {
  // a window of 1280 pixels at 200% has 640 CSS pixels, each two device pixels wide
  const { page } = await visit(t, "?device=cpu", { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 });
  await choosePhoto(page, { gps: true });
  await page.getByText("On this device", { exact: true }).click();
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0);
  const cut = await page.$$eval("#result *, #device *", (all) =>
    all
      .filter((one) => one.scrollWidth > one.clientWidth + 1 && !one.closest("#map"))
      .filter((one) => getComputedStyle(one).overflowX === "hidden")
      .map(({ className }) => className),
  );
  assert.deepEqual(cut, []);
});
