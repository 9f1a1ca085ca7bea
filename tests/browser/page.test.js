import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { reply, useSite } from "./fixture.mjs";
import { choose, events, fakeManifest, fakePhoto, makeFakeSite, waitForState } from "./site.mjs";

const fake = makeFakeSite();
const { site, visit } = useSite({ dir: () => fake.dir, base: "/user/repo/", cleanUp: fake.remove });

const street = readFileSync(new URL("../../www/samples/just-a-street.jpg", import.meta.url));
const ABOUT = "Made from drawn scenes, to show how it works: of real photos it knows nothing.";
const text = (page, selector) => page.textContent(selector);

/** The page's own words for the manifest, with what goes wrong. */
const withFake = (behavior, more) => (_, response, path) =>
  path.endsWith("manifest.json") && reply(response, 200, fakeManifest(behavior, more), "application/json");

test("the model loads when the page opens, from a sub-path, without a click", async (t) => {
  const { page } = await visit(t);
  assert.equal(await page.getAttribute("html", "data-state"), "ready");
  assert.deepEqual(await events(page, "ready"), [{ backend: "cpu", model: "stand-in" }]);
  const progress = await events(page, "progress");
  assert.deepEqual(progress.at(-1), { loaded_bytes: 860_000, total_bytes: 860_000 });
  assert.equal(await text(page, "#model-bytes"), "0.9 MB");
  assert.equal(page.workers().length, 1, "the worker that was started early is the one that works");
  assert.equal(await page.evaluate(() => "earlyWorker" in window), false);
});

test("a worker that could not be started early is started by the page", async (t) => {
  let asked = 0;
  const { page } = await visit(t, "?device=cpu", {
    intercept: (_, response, path) => path.endsWith("/app/worker.js") && (asked += 1) === 1 && reply(response, 404),
  });
  assert.equal(await page.getAttribute("html", "data-state"), "ready");
  assert.equal(asked, 2);
});

test("a chosen photo is shown, ranked and explained", async (t) => {
  const { page } = await visit(t);
  const { name, detail } = await choose(page, { name: "street.jpg", mimeType: "image/jpeg", buffer: street });
  assert.equal(name, "result");
  assert.equal(await page.getAttribute("#result", "data-view"), "answer");
  const items = await page.$$eval("#ranking > li", (list) =>
    list.map((item) => ({
      id: item.dataset.id,
      name: item.querySelector(".place-name").textContent,
      percent: item.querySelector(".place-percent").textContent,
      shown: !item.hidden,
    })),
  );
  assert.deepEqual(
    items.map(({ id }) => id),
    detail.places.map(({ id }) => id),
  );
  assert.equal(items.length, 15);
  assert.deepEqual(
    items.map(({ shown }) => shown),
    items.map((_, index) => index < 5),
  );
  assert.equal(items[0].percent, `${(100 * detail.places[0].probability).toFixed(1)}%`);
  assert.equal(await text(page, "#answer-title"), "This ranking means nothing: the model is untrained.");
  assert.equal(await text(page, ".point-place"), "34.0219° N, 118.4006° W");
  assert.match(await text(page, ".point-error"), /about 11 km/);
  assert.deepEqual(await page.$$eval(".effort dd", (all) => all.map(({ textContent }) => textContent)), [
    "21 ms",
    "9 ms",
    "380 ms",
    "<1 ms",
  ]);
  assert.match(await text(page, "#announcement"), new RegExp(`First: ${detail.places[0].name}`));
  assert.equal(await page.$eval("#photo-image", (image) => image.complete && image.naturalWidth) > 0, true);
});

test("bars are as long as the probabilities", async (t) => {
  const { page } = await visit(t);
  const { detail } = await choose(page, { name: "street.jpg", mimeType: "image/jpeg", buffer: street });
  const shares = await page.$$eval(".place:not([hidden]) .bar", (bars) =>
    bars.map((bar) => parseFloat(getComputedStyle(bar, "::after").width) / bar.clientWidth),
  );
  // half a pixel of some 400 is what layout rounds to
  shares.forEach((share, index) =>
    assert.ok(Math.abs(share - detail.places[index].probability) < 0.01, `place ${index}: ${share}`),
  );
});

test("the rest of the ranking opens and closes by its button", async (t) => {
  const { page } = await visit(t);
  await choose(page, fakePhoto("fine"));
  const button = page.getByRole("button", { name: "Show all 15 places" });
  await button.click();
  assert.equal(await page.locator("#ranking > li:visible").count(), 15);
  await page.getByRole("button", { name: "Show the first 5" }).click();
  assert.equal(await page.locator("#ranking > li:visible").count(), 5);
});

test("the next photo needs no reload", async (t) => {
  const { page } = await visit(t);
  const first = await choose(page, fakePhoto("fine"));
  const second = await choose(page, { name: "street.jpg", mimeType: "image/jpeg", buffer: street });
  assert.notDeepEqual(first.detail.places, second.detail.places);
  assert.equal((await events(page, "ready")).length, 1);
});

test("the same photo can be chosen twice", async (t) => {
  const { page } = await visit(t);
  const first = await choose(page, fakePhoto("fine"));
  const second = await choose(page, fakePhoto("fine"));
  assert.deepEqual(first.detail.places, second.detail.places);
});

test("a photo that is dropped anywhere is taken", async (t) => {
  const { page } = await visit(t);
  await page.evaluate(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(["fake:fine dropped"], "dropped.jpg", { type: "image/jpeg" }));
    const fire = (type, target) =>
      target.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    fire("dragenter", document.querySelector("footer"));
    window.dropShown = document.querySelector("#drop-target").classList.contains("visible");
    window.overTaken = !fire("dragover", document.querySelector("footer"));
    fire("drop", document.querySelector("footer"));
  });
  await page.waitForSelector("#answer-title");
  assert.equal(await page.evaluate(() => window.dropShown && window.overTaken), true);
  assert.equal(await page.$eval("#drop-target", (target) => target.classList.contains("visible")), false);
  assert.match(await text(page, "#photo-caption"), /^dropped\.jpg/);
});

test("a pasted photo is taken, pasted text is left alone", async (t) => {
  const { page } = await visit(t);
  const paste = (file) =>
    page.evaluate((withFile) => {
      const transfer = new DataTransfer();
      if (withFile) transfer.items.add(new File(["fake:fine pasted"], "pasted.png", { type: "image/png" }));
      else transfer.setData("text/plain", "some text");
      return document.body.dispatchEvent(
        new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }),
      );
    }, file);
  assert.equal(await paste(false), true);
  assert.equal(await page.getAttribute("#result", "data-view"), "empty");
  assert.equal(await paste(true), false);
  await page.waitForSelector("#answer-title");
  assert.match(await text(page, "#photo-caption"), /^pasted\.png/);
});

for (const name of ["Sign on a hill", "Harbor", "Dome", "Coaster", "Stacked signs", "Just a street"]) {
  test(`the sample ${name} is a photo like any other, as large as its markup says`, async (t) => {
    const { page } = await visit(t);
    const button = page.getByRole("button", { name, exact: true });
    const said = await button
      .locator("img")
      .evaluate((image) => ["width", "height"].map((side) => Number(image.getAttribute(side))));
    await button.click();
    await page.waitForSelector("#answer-title");
    const found = await page.$eval("#photo-image", (image) => [image.naturalWidth, image.naturalHeight]);
    assert.deepEqual(found, said);
    const shorter = Math.min(...found);
    assert.ok(shorter >= 320 && shorter <= 420, `the shorter side has ${shorter} pixels`);
    assert.match(await text(page, "#photo-caption"), new RegExp(`^${name},`));
  });
}

test("a photo that lies on its side is shown upright", async (t) => {
  const { page } = await visit(t);
  await choose(page, new URL("../golden/preprocess/images/exif6_400x300.jpg", import.meta.url).pathname);
  const [width, height] = await page.$eval("#photo-image", (image) => [image.naturalWidth, image.naturalHeight]);
  assert.deepEqual([width, height], [300, 400]);
});

test("a sample that is not there is told", async (t) => {
  const { page } = await visit(t, "?device=cpu", {
    intercept: (request, response, path) =>
      path.endsWith("harbor.jpg") && request.headers["sec-fetch-dest"] === "empty" && reply(response, 404),
  });
  await page.getByRole("button", { name: "Harbor" }).click();
  await page.waitForSelector("#result[data-view=error]");
  assert.match(await text(page, "#result-error"), /Harbor.*404/s);
});

test("a photo chosen while the model loads waits for it", async (t) => {
  const { page } = await visit(t, "?device=cpu", { intercept: withFake({ finish_ms: 500 }), wait: false });
  await page.setInputFiles("#photo-input", fakePhoto("fine"));
  assert.equal(await page.getAttribute("#result", "data-view"), "waiting");
  await page.waitForSelector("#answer-title");
  assert.equal((await events(page, "result")).length, 1);
});

test("a new photo while another is looked at supersedes it", async (t) => {
  const { page } = await visit(t);
  await page.setInputFiles("#photo-input", { ...fakePhoto("slow"), name: "first.jpg" });
  await waitForState(page, "working");
  await page.setInputFiles("#photo-input", { ...fakePhoto("fine"), name: "second.jpg" });
  await page.waitForSelector("#answer-title");
  assert.equal((await events(page, "result")).length, 1);
  assert.match(await text(page, "#photo-caption"), /^second\.jpg/);
});

test("the page stays responsive while a photo is looked at", async (t) => {
  const { page } = await visit(t);
  await page.setInputFiles("#photo-input", fakePhoto("slow"));
  await waitForState(page, "working");
  const gap = await page.evaluate(
    () =>
      new Promise((done) => {
        let [last, most] = [performance.now(), 0];
        const turn = (now) => {
          most = Math.max(most, now - last);
          last = now;
          if (document.documentElement.dataset.state === "working") requestAnimationFrame(turn);
          else done(most);
        };
        requestAnimationFrame(turn);
      }),
  );
  assert.ok(gap < 300, `the page stood still for ${gap.toFixed(0)} ms`); // two busy cores; a blocked page would take 700
});

test("a file that is no photo is told, and the next photo works", async (t) => {
  const { page } = await visit(t);
  const { name, detail } = await choose(page, {
    name: "notes.txt",
    mimeType: "text/plain",
    buffer: Buffer.from("hello there"),
  });
  assert.equal(name, "error");
  assert.equal(detail.code, "photo_unknown_format");
  assert.match(await text(page, "#result-error"), /This photo could not be used.*of no known format/s);
  assert.equal(await page.isVisible("#photo-no-preview"), true);
  assert.equal(await page.getAttribute("html", "data-state"), "ready");
  assert.equal((await choose(page, fakePhoto("fine"))).name, "result");
});

test("markup in a name stays text", async (t) => {
  const { page } = await visit(t);
  await choose(page, { ...fakePhoto("fine"), name: "<img src=x onerror=alert(1)>.jpg" });
  assert.match(await text(page, "#photo-caption"), /^<img src=x/);
});

test("an untrained model says so, a trained one does not", async (t) => {
  const { page } = await visit(t);
  assert.equal(await page.isVisible("#untrained"), true);
  assert.match(await text(page, "#untrained"), /untrained model: its ranking is not meaningful/);
  site.intercept = withFake({}, { untrained: false });
  await page.reload();
  await waitForState(page, "ready");
  assert.equal(await page.isVisible("#untrained"), false);
});

test("the page says what its model is, and how to bring another", async (t) => {
  const { page } = await visit(t, "?device=cpu", { intercept: withFake({}, { untrained: false, about: ABOUT }) });
  assert.equal(await text(page, "#model-about"), ABOUT);
  assert.equal(await page.isVisible("#model-about"), true);
  assert.equal(await page.isVisible("#model-about-more"), false);
  assert.equal(await page.isVisible("#untrained"), false);
  await page.getByRole("link", { name: "Use real CLIP weights" }).click();
  await page.waitForURL("**/weights.html");
  assert.equal(await text(page, "h1"), "Use real CLIP weights");
  await page.getByRole("link", { name: "PlaceLens", exact: true }).click();
  await waitForState(page, "ready");
});

for (const [title, model, linked] of [
  ["an untrained model without a word about it has the link alone", { untrained: true }, true],
  ["a trained model without a word about it has neither", { untrained: false }, false],
  ["white space is no word about a model", { untrained: false, about: " \n " }, false],
]) {
  test(title, async (t) => {
    const { page } = await visit(t, "?device=cpu", { intercept: withFake({}, model) });
    assert.equal(await page.isVisible("#model-about"), false);
    assert.equal(await page.isVisible("#model-weights"), linked);
  });
}

test("what is said about the model is not read aloud, over the result or before it", async (t) => {
  const { page } = await visit(t, "?device=cpu", { intercept: withFake({}, { about: ABOUT }) });
  const live = "[aria-live], [role=status], [role=alert]";
  assert.equal(await page.$eval("#model-about", (about, live) => about.closest(live), live), null);
  assert.equal(await text(page, "#announcement"), "The model is ready.");
  await choose(page, fakePhoto("fine"));
  assert.doesNotMatch(await text(page, "#announcement"), /drawn/);
});

for (const [kind, about] of [
  ["sentences", "Made from drawn scenes, and so on. ".repeat(29).slice(0, 1000)],
  ["one word", "x".repeat(1000)],
  ["lines", "a\n".repeat(500)],
  ["markup", "<img src=x onerror=alert(1)> ".repeat(34)],
]) {
  for (const width of [360, 1280]) {
    test(`a long text about the model, ${kind}, is two lines until more is asked for, ${width} pixels`, async (t) => {
      const { page } = await visit(t, "?device=cpu", {
        viewport: { width, height: 800 },
        intercept: withFake({}, { about }),
      });
      const box = () =>
        page.$eval("#model-about", (one) => ({
          lines: Math.round(one.clientHeight / parseFloat(getComputedStyle(one).lineHeight)),
          all: one.scrollHeight <= one.clientHeight + 1,
        }));
      const wide = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.equal(await text(page, "#model-about"), about.trim());
      assert.equal(await page.locator("#model-about *").count(), 0);
      assert.ok((await wide()) <= 0);
      assert.deepEqual(await box(), { lines: 2, all: false });
      await page.getByRole("button", { name: "Show more" }).click();
      assert.equal((await box()).all, true);
      assert.equal(await page.getAttribute("#model-about-more", "aria-expanded"), "true");
      assert.ok((await wide()) <= 0);
      await page.getByRole("button", { name: "Show less" }).click();
      assert.deepEqual(await box(), { lines: 2, all: false });
    });
  }
}

test("the whole visit works by keyboard, and the focus is never lost", async (t) => {
  const { page } = await visit(t);
  const focused = () => page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent.trim());
  const chooser = page.waitForEvent("filechooser");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "photo-input");
  await page.keyboard.press("Enter");
  await (await chooser).setFiles(fakePhoto("fine"));
  await page.waitForSelector("#answer-title");
  assert.equal(await focused(), "photo-input");
  for (const stop of ["folder-button", "camera-button", "url-field", "Fetch", "Sign on a hill"]) {
    await page.keyboard.press("Tab");
    assert.equal(await focused(), stop);
  }
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector("#photo-caption").textContent.startsWith("Sign on a hill,"));
  assert.equal(await focused(), "Sign on a hill");
  for (const stop of ["Harbor", "Dome", "Coaster", "Stacked signs", "Just a street", "model-weights"]) {
    await page.keyboard.press("Tab");
    assert.equal(await focused(), stop);
  }
  await page.keyboard.press("Tab"); // the ranking is one stop; the arrow keys lead on in it
  const first = await focused();
  assert.match(first, /^1/);
  await page.keyboard.press("ArrowDown");
  assert.match(await focused(), /^2/);
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Show all 15 places");
  await page.keyboard.press("Space");
  assert.equal(await page.locator("#ranking > li:visible").count(), 15);
  assert.equal(await focused(), "Show the first 5");
});

test("the browser's decoder takes AVIF", async (t) => {
  const { page } = await visit(t);
  const { name, detail } = await choose(page, new URL("../golden/page/street_240x160.avif", import.meta.url).pathname);
  assert.equal(name, "result", JSON.stringify(detail));
  assert.deepEqual([detail.photo.width, detail.photo.height], [240, 160]);
});

test("an AVIF that is cut off is told as the photo's fault", async (t) => {
  const { page } = await visit(t);
  const whole = readFileSync(new URL("../golden/page/street_240x160.avif", import.meta.url));
  const { name, detail } = await choose(page, {
    name: "cut.avif",
    mimeType: "image/avif",
    buffer: whole.subarray(0, 600),
  });
  assert.equal(name, "error");
  assert.equal(detail.code, "photo_decoder");
});

for (const [query, message] of [
  ["?device=gpu", /device=gpu.*expected auto, cpu or webgpu/],
  ["?model=https://elsewhere.test/manifest.json", /own origin/],
]) {
  test(`the address ${query} is refused in words`, async (t) => {
    const { page } = await visit(t, query);
    assert.equal(await page.getAttribute("html", "data-state"), "failed");
    assert.match(await text(page, "#result-error"), message);
    for (let wait = 0; wait < 100 && page.workers().length > 0; wait += 1) await page.waitForTimeout(50);
    assert.equal(page.workers().length, 0, "no worker is left without work");
  });
}

/** The sum of all layout shifts that no visitor asked for. @param {import("playwright-core").Page} page */
async function watchShifts(page) {
  await page.evaluate(() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts.push(entry.value);
    }).observe({ type: "layout-shift", buffered: true });
  });
  return () => page.evaluate(() => window.shifts.reduce((sum, value) => sum + value, 0));
}

for (const [width, scheme] of [
  [360, "light"],
  [360, "dark"],
  [768, "light"],
  [1280, "dark"],
]) {
  test(`nothing is wider than a window of ${width} pixels, and nothing jumps, ${scheme}`, async (t) => {
    const { page } = await visit(t, "?device=cpu", {
      viewport: { width, height: 800 },
      colorScheme: scheme,
      intercept: withFake({ finish_ms: 300 }, { about: `${ABOUT} ${ABOUT}` }),
      wait: false,
    });
    const shifted = await watchShifts(page);
    // on the page, however far a narrow window is being scrolled to the answer
    const tops = () =>
      page.$$eval("#photo, .photo-bar, .samples, #model, #result", (all) =>
        all.map((one) => Math.round(one.getBoundingClientRect().top + scrollY)),
      );
    const wide = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    const before = await tops();
    await waitForState(page, "ready");
    assert.deepEqual(await tops(), before, "loading → ready");
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const shift = await shifted();
    assert.ok(shift < 0.02, `a layout shift of ${shift}`);
    await choose(page, { ...fakePhoto("fine"), name: `${"a-very-long-name-".repeat(9)}.jpg` });
    assert.deepEqual(await tops(), before, "ready → result");
    assert.ok((await wide()) <= 0);
    await page.getByRole("button", { name: "Show all 15 places" }).click();
    assert.ok((await wide()) <= 0);
    await choose(page, { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("hello") });
    assert.deepEqual(await tops(), before, "result → error");
    assert.ok((await wide()) <= 0);
  });
}
