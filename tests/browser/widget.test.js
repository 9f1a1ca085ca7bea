import assert from "node:assert/strict";
import test from "node:test";
import { gzipSync } from "node:zlib";
import { DEFAULTS, reserve } from "../../www/app/snippet.js";
import { reply } from "./fixture.mjs";
import { locate, picture, start, told, usePosts, violations, WAIT } from "./post.mjs";
import { fakePhoto } from "./site.mjs";

const { around, open } = usePosts();
const WIDGET = '<place-lens><a href="HOST">Open PlaceLens</a></place-lens>';
const model = (url) => /\/model\/|\/wasm\//.test(url);

/** The frame's own handle, for what a locator cannot do. */
const inside = (page) => page.frames().find((frame) => frame.url().includes("/embed.html"));

test("before a click a post pays for embed.js alone; nothing moves when the widget opens and answers", async (t) => {
  const head = `<style>${reserve(DEFAULTS)}</style>`;
  const { page, widget, frame, poster } = await open(t, WIDGET, { viewport: { width: 700, height: 900 }, head });
  await poster.waitFor(WAIT);
  assert.deepEqual(around.host.requests, ["/embed.js"]);
  const own = await gzipped("/embed.js");
  await page.evaluate(() => {
    window.shifts = 0;
    new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => (window.shifts += value))).observe({
      type: "layout-shift",
      buffered: true, // from the first paint on, when the element is not defined yet
    });
  });
  const before = (await widget.boundingBox()).height;
  await start({ poster, widget });
  await locate(frame);
  await frame
    .locator(".map-place")
    .first()
    .waitFor({ ...WAIT, state: "attached" });
  const after = (await widget.boundingBox()).height;
  const opened = [...new Set(around.host.requests.slice(1))].filter((path) => !model(path));
  const more = await Promise.all(opened.map(gzipped));
  const sum = more.reduce((total, bytes) => total + bytes, 0);
  t.diagnostic(
    `before a click: ${own} bytes gzipped in 1 file; after it, beside the model: ${sum} more in ${more.length}`,
  );
  const shifts = await page.evaluate(() => window.shifts);
  t.diagnostic(`CLS of the post: ${shifts.toFixed(4)}; height ${before} px before, ${after} px with an answer`);
  assert.ok(own <= 4096, `${own} bytes`);
  assert.equal(after, before);
  assert.ok(shifts < 0.02, `CLS ${shifts}`);
});

/** @param {string} path */
async function gzipped(path) {
  const response = await fetch(around.host.origin + path);
  return gzipSync(new Uint8Array(await response.arrayBuffer()), { level: 9 }).length;
}

test("a reader's photo is ranked and mapped in the frame; the post hears only that the model is ready", async (t) => {
  const { page, widget, frame, poster } = await open(t, WIDGET);
  await page.evaluate(() =>
    window.addEventListener("message", ({ data }) => window.told.push({ name: "message", detail: data })),
  );
  await start({ poster, widget });
  assert.deepEqual(await told(page, "ready"), [{ backend: "cpu", model: "stand-in" }]);
  await locate(frame);
  assert.match(await frame.locator("#answer-title").innerText(), /Not sure|Probably/);
  assert.equal(await frame.locator("#ranking > li:visible").count(), 3);
  assert.match(await frame.locator(".map-canvas").getAttribute("aria-label"), /^Map:/);
  assert.equal(await frame.locator("#embed-shared").isVisible(), false);
  await frame
    .locator("#photo-input")
    .setInputFiles({ name: "secret.txt", mimeType: "image/jpeg", buffer: Buffer.from("hello") });
  const [error] = await told(page, "error");
  assert.deepEqual(error, { code: "photo_unknown_format", message: "the reader's photo could not be used" });
  assert.deepEqual([...new Set(await page.evaluate(() => window.told.map(({ name }) => name)))], ["ready", "error"]);
});

test("with share-results the post hears the ranking, without the photo's GPS, and the reader is told", async (t) => {
  const { page, widget, frame, poster } = await open(t, '<place-lens share-results top="2"></place-lens>');
  await start({ poster, widget });
  assert.ok(await frame.locator("#embed-shared").isVisible());
  let withGps = 0;
  for (const [index, name] of ["harbor", "dome", "coaster", "just-a-street", "sign-on-a-hill"].entries()) {
    await frame.locator("#photo-input").setInputFiles(picture(name));
    const results = await told(page, "result", index + 1);
    assert.equal(results[index].places.length, 15);
    assert.equal(results[index].photo.taken_at, null);
    assert.doesNotMatch(JSON.stringify(results[index]), new RegExp(`${name}-of-mine`));
    withGps += await frame.locator(".own-gps").count();
  }
  assert.ok(withGps > 0, "the stand-in gives some photos a GPS, which the reader sees");
  assert.equal(await frame.locator("#ranking > li:visible").count(), 2);
});

test("locate() opens the widget and answers the page that asked, and the latest photo counts", async (t) => {
  const { page, widget } = await open(t, WIDGET);
  await page.waitForFunction(() => customElements.get("place-lens"), null, WAIT);
  const bytes = [...picture().buffer];
  const { first, second } = await page.evaluate(async (bytes) => {
    const widget = document.querySelector("place-lens");
    const photo = new Blob([new Uint8Array(bytes)], { type: "image/jpeg" });
    const both = await Promise.allSettled([widget.locate(new Blob(["fake:slow "])), widget.locate(photo)]);
    return { first: both[0].reason?.code, second: both[1].value };
  }, bytes);
  assert.equal(first, "superseded");
  assert.equal(second.places.length, 15);
  assert.equal(await widget.locator(".box.open").count(), 1);
  const code = await page.evaluate(() =>
    document
      .querySelector("place-lens")
      .locate(new Blob(["hello"]))
      .catch((e) => e.code),
  );
  assert.equal(code, "photo_unknown_format");
});

test("an image of the post is located at once: by its element, and by its address", async (t) => {
  for (const attribute of ['for="#corner"', 'photo="harbor.jpg"']) {
    const { widget, frame, poster } = await open(
      t,
      `<img id="corner" src="harbor.jpg" alt="A harbor"><place-lens ${attribute}></place-lens>`,
    );
    assert.equal(await poster.innerText(), "Find the neighborhood");
    await start({ poster, widget });
    await frame.locator(".result[data-view=answer]").waitFor({ ...WAIT, state: "attached" });
    assert.equal(await frame.locator("#photo-image").evaluate((image) => image.naturalWidth), 570);
  }
});

test("an image that no page may read is explained, and a photo of the reader's own still works", async (t) => {
  const { page, widget, frame, poster } = await open(t, '<place-lens photo="missing.jpg"></place-lens>');
  await start({ poster, widget });
  await frame
    .getByText("Save the photo, then choose the file here")
    .or(frame.getByText("save the photo, then choose"))
    .waitFor(WAIT);
  assert.equal((await told(page, "error"))[0].code, "photo_unreadable");
  await locate(frame);
});

test("theme, accent and number of places follow their attributes while the frame is open", async (t) => {
  const { page, widget, frame, poster } = await open(t, '<place-lens theme="dark" accent="#ffff00"></place-lens>', {
    colorScheme: "light",
  });
  await start({ poster, widget });
  await locate(frame);
  const look = () =>
    frame.locator("html").evaluate((root) => {
      const style = getComputedStyle(root);
      return [getComputedStyle(document.body).backgroundColor, style.getPropertyValue("--accent"), style.colorScheme];
    });
  assert.deepEqual(await look(), ["rgb(20, 29, 31)", "rgb(255 255 0)", "dark"]);
  await page.evaluate(() => Object.assign(document.querySelector("place-lens"), { theme: "light", top: 4 }));
  await frame.locator('html[data-theme="light"]').waitFor({ ...WAIT, state: "attached" });
  const [background, accent, scheme] = await look();
  assert.deepEqual([background, scheme], ["rgb(255, 255, 255)", "light"]);
  assert.notEqual(accent, "rgb(255 255 0)", "yellow on white cannot be read");
  await frame.locator("#ranking > li:visible").nth(3).waitFor(WAIT);
  assert.equal(await frame.locator("#ranking > li:visible").count(), 4);
});

test("more rows make the frame taller, fewer give the room back", async (t) => {
  const { page, widget, frame, poster } = await open(t, WIDGET, { viewport: { width: 360, height: 800 } });
  await start({ poster, widget });
  await locate(frame);
  const height = () => widget.evaluate((element) => element.offsetHeight);
  const before = await height();
  await frame.getByRole("button", { name: "Show all 15 places" }).click();
  await page.waitForFunction((h) => document.querySelector("place-lens").offsetHeight > h + 300, before, WAIT);
  assert.equal(
    await frame.locator("html").evaluate((root) => root.scrollHeight - root.clientHeight),
    0,
    "nothing to scroll inside",
  );
  await frame.getByRole("button", { name: "Show the first 3" }).click();
  await page.waitForFunction((h) => document.querySelector("place-lens").offsetHeight === h, before, WAIT);
});

test("removed, nothing is left running; put elsewhere, it is a poster again; several work side by side", async (t) => {
  const { page } = await open(t, `${WIDGET}<div id="elsewhere"></div>${WIDGET}`);
  const posters = page.locator("place-lens .button");
  await posters.first().click();
  await posters.nth(1).click();
  await told(page, "ready", 2);
  const frames = page.locator("place-lens iframe");
  for (const index of [0, 1]) await locate(frames.nth(index).contentFrame());
  assert.equal(page.frames().length, 3);
  const code = await page.evaluate(async () => {
    const [first, second] = document.querySelectorAll("place-lens");
    const answer = first.locate(new Blob(["fake:slow "])).catch((error) => error.code);
    first.remove();
    document.querySelector("#elsewhere").append(second);
    return await answer;
  });
  assert.equal(code, "removed");
  const running = () => page.frames().length - 1 + page.workers().length;
  // the browser tells the test of an end some time after the end itself
  for (let turn = 0; running() > 0 && turn < 200; turn += 1) await page.evaluate(() => new Promise(requestAnimationFrame));
  assert.equal(running(), 0);
  await posters.first().click();
  await told(page, "ready", 3);
});

test("moved by moveBefore() it goes on running", async (t) => {
  const { page, widget, frame, poster } = await open(t, `${WIDGET}<div id="elsewhere"></div>`);
  await start({ poster, widget });
  await locate(frame);
  await page.evaluate(() => {
    document.querySelector("#elsewhere").moveBefore(document.querySelector("place-lens"), null);
  });
  assert.equal(await page.locator("#elsewhere > place-lens").count(), 1);
  assert.ok(await frame.locator("#answer-title").isVisible());
  await locate(frame, picture("dome"));
});

test("by keyboard: the focus makes the frame ready without a model, Enter opens it and leads inside", async (t) => {
  const { page, widget, frame, poster } = await open(t, WIDGET);
  await poster.waitFor(WAIT);
  await page.keyboard.press("Tab");
  await frame.locator("#photo-input").waitFor({ ...WAIT, state: "attached" });
  assert.equal(await widget.locator(".box.open").count(), 0);
  assert.deepEqual(around.host.requests.filter(model), [], "no model for a passing focus");
  await page.keyboard.press("Enter");
  await widget.locator(".box.open").waitFor(WAIT);
  await inside(page).waitForFunction(() => document.activeElement?.id === "photo-input", null, WAIT);
  await page.keyboard.press("Tab");
  assert.equal(await inside(page).evaluate(() => document.activeElement.id), "embed-sample");
  await page.keyboard.press("Enter");
  await frame.locator(".result[data-view=answer]").waitFor({ ...WAIT, state: "attached" });
});

test("loading=visible opens it when scrolled to, without a model; eager opens it at once, with one", async (t) => {
  const far = await open(t, '<div id="gap"></div><place-lens loading="visible"></place-lens>', {
    head: "<style>#gap { height: 3000px }</style>",
  });
  await far.poster.waitFor({ ...WAIT, state: "attached" });
  assert.deepEqual(around.host.requests, ["/embed.js"]);
  await far.widget.scrollIntoViewIfNeeded();
  await far.widget.locator(".box.open").waitFor(WAIT);
  assert.deepEqual(around.host.requests.filter(model), []);
  const eager = await open(t, '<place-lens loading="eager"></place-lens>');
  await told(eager.page, "ready");
});

test("without JavaScript there is the link", async (t) => {
  const { page } = await open(t, WIDGET, { javaScriptEnabled: false });
  assert.ok(await page.getByRole("link", { name: "Open PlaceLens" }).isVisible());
});

test("a model of another site is refused in words, one of the widget's own site is used", async (t) => {
  const strange = await open(t, '<place-lens model="https://elsewhere.example/manifest.json"></place-lens>');
  await start(strange);
  await strange.frame.getByText("expected a manifest on this page's own origin").waitFor(WAIT);
  assert.equal((await told(strange.page, "error"))[0].code, "address");
  const own = await open(t, '<place-lens model="model/manifest.json"></place-lens>');
  await start(own);
  await told(own.page, "ready");
  assert.equal(await own.frame.locator("#embed-sample").isVisible(), false, "the samples are for the site's own model");
});

test("where embed.html cannot be had, the poster says so and links to the page", async (t) => {
  const spoil = (_, response, path) => path === "/app/embed-host.js" && reply(response, 404);
  const { page, poster, widget } = await open(t, WIDGET, { spoil });
  await poster.click(WAIT);
  const link = widget.getByRole("link", { name: "Open it in a new tab" });
  await link.waitFor(WAIT);
  assert.equal(await link.getAttribute("href"), around.host.url);
  assert.equal((await told(page, "error"))[0].code, "frame");
});

test("a model that cannot be loaded is told to the page and the reader, who can try again", async (t) => {
  let missing = true;
  const spoil = (_, response, path) => missing && path.endsWith("places.bin") && reply(response, 404);
  const { page, widget, frame, poster } = await open(t, WIDGET, { spoil });
  await start({ poster, widget });
  assert.equal((await told(page, "error"))[0].code, "shard");
  missing = false;
  await frame.getByRole("button", { name: "Retry" }).click();
  await told(page, "ready");
  await locate(frame);
});

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing in poster, frame and answer: ${colorScheme}`, async (t) => {
    const { page, widget, frame, poster } = await open(t, WIDGET, { colorScheme, reducedMotion: "reduce" });
    await poster.waitFor(WAIT);
    assert.deepEqual(await violations(page), [], "poster");
    await start({ poster, widget });
    await told(page, "ready");
    assert.deepEqual(await violations(inside(page)), [], "no photo yet");
    await locate(frame);
    assert.deepEqual(await violations(inside(page)), [], "answer");
    await frame.locator("#photo-input").setInputFiles({ ...fakePhoto("x"), buffer: Buffer.from("hello") });
    await frame.locator(".result[data-view=error]").waitFor({ ...WAIT, state: "attached" });
    assert.deepEqual(await violations(inside(page)), [], "error");
    assert.deepEqual(await violations(page), [], "the post around it");
  });
}
