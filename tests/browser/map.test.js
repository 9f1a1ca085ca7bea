import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { reply, useSite } from "./fixture.mjs";
import { choose, fakePhoto, makeFakeSite } from "./site.mjs";

const fake = makeFakeSite({ steepness: 3 });
const { visit } = useSite({ dir: () => fake.dir, cleanUp: fake.remove, webgpu: false });
const REGION = "path.map-place";
const PHONE = { viewport: { width: 360, height: 700 }, hasTouch: true, isMobile: true };

/** A page whose map is drawn. @returns {Promise<{ page: import("playwright-core").Page }>} */
async function visitMap(t, options = {}) {
  const visited = await visit(t, "?device=cpu", options);
  await visited.page.waitForSelector(REGION, { state: "attached" });
  return visited;
}

/** Where a place's path is, in the order of the ranking: the shades follow the probabilities. */
async function regionOf(page, result, rank) {
  const { probability } = result.places[rank];
  return await page.evaluateHandle(
    ([selector, shade]) => {
      const off = (path) => Math.abs(Number(path.style.getPropertyValue("--shade")) - shade);
      return [...document.querySelectorAll(selector)].sort((a, b) => off(a) - off(b))[0];
    },
    [REGION, Math.sqrt(probability)],
  );
}

/** Zoom and place of the map, in words that differ whenever the view does. */
const viewOf = (page) => page.$$eval(REGION, (paths) => paths.map((path) => path.getAttribute("d")).join());

/** Resolves once the map is drawn in another view. */
const changed = (page, before) =>
  page.waitForFunction(
    ([selector, old]) =>
      [...document.querySelectorAll(selector)].map((path) => path.getAttribute("d")).join() !== old,
    [REGION, before],
  );

/** Resolves once the map has stood still for a few frames. */
const settled = (page) =>
  page.evaluate(
    () =>
      new Promise((done) => {
        let [last, calm] = ["", 0];
        const look = () => {
          const now = [...document.querySelectorAll(".leaflet-map-pane, .leaflet-map-pane svg")]
            .map((each) => JSON.stringify(each.getBoundingClientRect()))
            .join();
          calm = now === last ? calm + 1 : 0;
          last = now;
          if (calm > 20) done(null);
          else requestAnimationFrame(look);
        };
        look();
      }),
  );

test("the map is there from the start, and nothing of the page moves when it is filled", async (t) => {
  const { page } = await visitMap(t);
  assert.equal(await page.locator(REGION).count(), 15);
  assert.match(await page.getAttribute(".map-canvas", "aria-label"), /^Map of 15 places/);
  const before = await page.locator("#map").boundingBox();
  await choose(page, fakePhoto("fine"));
  const after = await page.locator("#map").boundingBox();
  assert.deepEqual([after.x, after.width, after.height], [before.x, before.width, before.height]);
  assert.ok(Math.abs(after.y - before.y) < 1, `${after.y - before.y} pixels`);
});

test("a result is shaded and outlined, its point marked, and all of it told in words", async (t) => {
  const { page } = await visitMap(t);
  const { detail: result } = await choose(page, fakePhoto("fine"));
  const count = (outline) => page.locator(`${REGION}[data-outline="${outline}"]`).count();
  assert.equal(await count("half"), result.regions_50.length);
  assert.equal(await count("most"), result.regions_80.length - result.regions_50.length);
  assert.equal(await count("rest"), 15 - result.regions_80.length);
  const first = await regionOf(page, result, 0);
  const last = await regionOf(page, result, 14);
  const opacity = (path) => path.evaluate((each) => Number(getComputedStyle(each).fillOpacity));
  await page.waitForFunction((path) => path.getAnimations().length === 0, first);
  assert.ok((await opacity(first)) > 2 * (await opacity(last)));
  assert.equal(await page.locator("path.map-best").count(), 1);
  assert.equal(await page.locator("path.map-error").count(), 1);
  const words = await page.getAttribute(".map-canvas", "aria-label");
  assert.ok(words.startsWith(`Map: ${result.places[0].name} `), words);
});

test("a row lights its region, by pointer and by focus", async (t) => {
  const { page } = await visitMap(t);
  const { detail: result } = await choose(page, fakePhoto("fine"));
  const name = result.places[1].name;
  await page.hover(`#ranking button[data-id="${result.places[1].id}"]`);
  await page.waitForSelector("path.map-lit", { state: "attached" });
  assert.ok((await page.textContent(".map-name.lit")).startsWith(`${name} `));
  await page.mouse.move(1, 1);
  await page.waitForSelector("path.map-lit", { state: "detached" });
  await page.focus(`#ranking button[data-id="${result.places[0].id}"]`);
  assert.ok((await page.textContent(".map-name.lit")).startsWith(`${result.places[0].name} `));
});

test("a region lights its row", async (t) => {
  const { page } = await visitMap(t, { reducedMotion: "reduce" });
  const { detail: result } = await choose(page, fakePhoto("fine"));
  await page.locator(".map-canvas").scrollIntoViewIfNeeded();
  const region = await regionOf(page, result, 0);
  const { x, y, width, height } = await region.boundingBox();
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.waitForSelector(`#ranking li.lit [data-id="${result.places[0].id}"]`);
  await page.mouse.move(1, 1);
  await page.waitForSelector("#ranking li.lit", { state: "detached" });
});

test("the wheel scrolls the page over the map; with Ctrl, or after a click, it zooms", async (t) => {
  const { page } = await visitMap(t, { viewport: { width: 1280, height: 500 }, reducedMotion: "reduce" });
  await page.locator(".map-canvas").scrollIntoViewIfNeeded();
  const { x, y, width, height } = await page.locator(".map-canvas").boundingBox();
  await page.mouse.move(x + width / 2, y + height / 2);
  const view = await viewOf(page);
  const scrolled = page.evaluate(() => new Promise((done) => addEventListener("scrollend", done, { once: true })));
  await page.mouse.wheel(0, -60);
  await scrolled;
  assert.equal(await viewOf(page), view);
  const kept = page.evaluate(
    () =>
      new Promise((done) => {
        const look = (event) => setTimeout(() => done(event.defaultPrevented));
        addEventListener("wheel", look, { capture: true, once: true, passive: true });
      }),
  );
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -200);
  await page.keyboard.up("Control");
  await changed(page, view);
  assert.equal(await kept, true, "else the browser would enlarge the whole page as well");
  const zoomed = await viewOf(page);
  await page.locator(".map-canvas").focus();
  await page.mouse.wheel(0, 200);
  await changed(page, zoomed);
});

test("by keyboard: arrows move the map, buttons zoom it and bring all of it back", async (t) => {
  const { page } = await visitMap(t, { reducedMotion: "reduce" });
  const whole = await viewOf(page);
  const press = async (name) => {
    await page.getByRole("button", { name }).focus();
    await page.keyboard.press("Enter");
    await settled(page);
    return await viewOf(page);
  };
  const zoomed = await press("Zoom in");
  assert.notEqual(zoomed, whole);
  await page.locator(".map-canvas").focus();
  const left = () => page.$eval(".leaflet-map-pane", (pane) => pane.getBoundingClientRect().x);
  const before = await left();
  await page.keyboard.press("ArrowRight");
  await settled(page);
  const after = await left();
  assert.ok(after < before, "the map goes to the left as one looks to the right");
  assert.equal(await press("Show all places"), whole);
  assert.notEqual(await press("Zoom out"), whole);
});

for (const width of [320, 360, 768, 1280]) {
  test(`at ${width} pixels no name overlaps another, leaves the map or lies under its buttons`, async (t) => {
    const { page } = await visitMap(t, { viewport: { width, height: 800 }, reducedMotion: "reduce" });
    const boxes = () =>
      page.evaluate(() => {
        const plain = ({ left, right, top, bottom }) => ({ left, right, top, bottom });
        const rect = (selector) => plain(document.querySelector(selector).getBoundingClientRect());
        const shown = [...document.querySelectorAll(".map-anchor > span:not(.left-out, .under)")];
        const names = shown.map((each) => ({ text: each.textContent, ...plain(each.getBoundingClientRect()) }));
        return { names, frame: rect(".map-canvas"), buttons: rect(".map-buttons") };
      });
    const check = ({ names, frame, buttons }) => {
      assert.ok(names.length >= 3, `${names.length} names`);
      names.forEach((a, index) => {
        const within = a.left >= frame.left - 1 && a.right <= frame.right + 1 && a.top >= frame.top - 1;
        assert.ok(within && a.bottom <= frame.bottom + 1, `${a.text} leaves the map`);
        for (const b of [...names.slice(index + 1), { text: "the buttons", ...buttons }]) {
          // spots are rounded to whole pixels
          const beside = a.right <= b.left + 1 || b.right <= a.left + 1;
          const apart = beside || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
          assert.ok(apart, `${a.text} and ${b.text} overlap`);
        }
      });
    };
    check(await boxes());
    await choose(page, fakePhoto("fine"));
    await settled(page);
    check(await boxes());
  });
}

test("one finger scrolls the page, two zoom the map", async (t) => {
  const { page } = await visitMap(t, PHONE);
  const action = await page.$eval(".map-canvas", (map) => getComputedStyle(map).touchAction);
  assert.equal(action, "pan-x pan-y", "the browser keeps one finger, Leaflet gets two");
  const before = await viewOf(page);
  await page.locator(".map-canvas").scrollIntoViewIfNeeded();
  const { x, y, width, height } = await page.locator(".map-canvas").boundingBox();
  const session = await page.context().newCDPSession(page);
  const touch = (type, fingers) => {
    const touchPoints = fingers.map((dx, id) => ({ x: x + width / 2 + dx, y: y + height / 2, id }));
    return session.send("Input.dispatchTouchEvent", { type, touchPoints });
  };
  await touch("touchStart", [-30, 30]);
  for (const apart of [40, 60, 80]) await touch("touchMove", [-apart, apart]);
  await touch("touchEnd", []);
  await changed(page, before);
});

test("a touched region lights its row", async (t) => {
  const { page } = await visitMap(t, { ...PHONE, reducedMotion: "reduce" });
  const { detail: result } = await choose(page, fakePhoto("fine"));
  await page.locator(".map-canvas").scrollIntoViewIfNeeded();
  const region = await regionOf(page, result, 0);
  const { x, y, width, height } = await region.boundingBox();
  await page.touchscreen.tap(x + width / 2, y + height / 2);
  await page.waitForSelector(`#ranking li.lit [data-id="${result.places[0].id}"]`, { state: "attached" });
});

test("with reduced motion the map takes its view at once", async (t) => {
  const { page } = await visitMap(t, { reducedMotion: "reduce" });
  await choose(page, fakePhoto("fine"));
  const moving = await page.evaluate(() => document.getAnimations().length);
  assert.equal(moving, 0);
  assert.equal(await page.locator(".leaflet-zoom-anim").count(), 0);
});

test("the map follows its box: turned or resized, all places stay in view", async (t) => {
  const { page } = await visitMap(t, { viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
  for (const width of [400, 1000]) {
    const before = await viewOf(page);
    await page.setViewportSize({ width, height: 800 });
    await changed(page, before);
    const out = await page.evaluate((selector) => {
      const frame = document.querySelector(".map-canvas").getBoundingClientRect();
      return [...document.querySelectorAll(selector)].filter((path) => {
        const box = path.getBoundingClientRect();
        return box.left < frame.left || box.right > frame.right || box.top < frame.top || box.bottom > frame.bottom;
      }).length;
    }, REGION);
    assert.equal(out, 0, `${width} pixels: ${out} places are out of view`);
  }
});

test("without the map's files the page works, and says so where the map would be", async (t) => {
  const intercept = (_, response, path) => path.includes("/vendor/") && path.endsWith(".js") && reply(response, 404);
  const { page } = await visit(t, "?device=cpu", { intercept });
  await page.waitForSelector(".map-failure");
  const { name } = await choose(page, fakePhoto("fine"));
  assert.equal(name, "result");
  assert.equal(await page.locator("#ranking li").count(), 15);
});

test("tiles are asked for only where the site's owner names a server, and their makers are named", async (t) => {
  const html = readFileSync(new URL("../../www/index.html", import.meta.url), "utf8");
  const tiles = `data-tiles="tiles/{z}/{x}/{y}.png" data-tiles-attribution="© Tile makers"`;
  // Leaflet lets go of a tile by giving it an empty picture, a data: address
  const site = html.replace("<html ", `<html ${tiles} `).replace("img-src 'self'", "img-src 'self' data:");
  const pixel = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBAEAX+XDSwAAAABJRU5ErkJggg==", "base64"); // prettier-ignore
  const intercept = (_, response, path) => {
    if (path === "/") return reply(response, 200, site, "text/html");
    return path.startsWith("/tiles/") && reply(response, 200, pixel, "image/png");
  };
  const plain = await visitMap(t);
  assert.equal(await plain.page.locator(".leaflet-tile").count(), 0);
  const { page } = await visitMap(t, { intercept });
  await page.waitForSelector(".leaflet-tile-loaded", { state: "attached" });
  assert.equal(await page.textContent(".map-attribution"), "© Tile makers");
  assert.equal(await page.locator("path.map-freeway").count(), 0);
});
