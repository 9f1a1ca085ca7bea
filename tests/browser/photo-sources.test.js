import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { chromium } from "playwright-core";
import { startServer } from "../server/serve.mjs";
import { events, makeFakeSite, newPage, waitForState } from "./site.mjs";

const fake = makeFakeSite();
const SAMPLES = new URL("../../www/samples/", import.meta.url);
const street = readFileSync(new URL("just-a-street.jpg", SAMPLES));

/** The site, another one that has pictures, and a browser with a camera that is none. */
const at = { browser: null, site: null, elsewhere: null, intercept: null };
/** What was asked of the other site. @type {import("node:http").IncomingMessage[]} */
let asked = [];
before(async () => {
  at.site = await startServer({ dir: fake.dir, intercept: (...args) => at.intercept?.(...args) ?? false });
  at.elsewhere = await startServer({ dir: fake.dir, intercept: answerElsewhere });
  at.browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--use-fake-device-for-media-stream"],
    headless: true,
  });
});
after(async () => {
  await at.browser?.close();
  await at.site?.close();
  await at.elsewhere?.close();
  fake.remove();
});

/** The other site: one picture by many addresses. */
function answerElsewhere(request, response, path) {
  asked.push(request);
  const open = { "access-control-allow-origin": "*" };
  if (path === "/moved.jpg") return (response.writeHead(302, { ...open, location: "/open.jpg" }), response.end(), true);
  if (path === "/stalled.jpg") {
    response.writeHead(200, { "content-type": "image/jpeg", "content-length": "5000000", ...open });
    response.write(Buffer.alloc(1_500_000));
    return true;
  }
  const type = path.endsWith(".html") ? "text/html" : "image/jpeg";
  response.writeHead(path === "/missing.jpg" ? 404 : 200, {
    "content-type": type,
    ...(path === "/closed.jpg" ? {} : open),
  });
  response.end(street);
  return true;
}

/** A page that is ready; at the end of its test no error was left, and no other request went anywhere. */
async function visit(t, { intercept = null, ...options } = {}) {
  asked = [];
  at.intercept = intercept;
  const visited = await newPage(at.browser, options);
  t.after(async () => {
    const violations = await events(visited.page, "violation").catch(() => []);
    await visited.context.close();
    at.intercept = null;
    const origins = [at.site.origin, at.elsewhere.origin, `blob:${at.site.origin}`];
    assert.deepEqual(
      visited.record.requests.filter((url) => !origins.some((origin) => url.startsWith(origin))),
      [],
    );
    assert.deepEqual([...violations, ...visited.record.errors], []);
  });
  await visited.page.addInitScript(() => {
    const cameras = navigator.mediaDevices;
    const get = cameras.getUserMedia.bind(cameras);
    window.streams = [];
    cameras.getUserMedia = async (...wanted) => {
      const stream = await get(...wanted);
      window.streams.push(stream);
      return stream;
    };
  });
  await visited.page.goto(`${at.site.url}?device=cpu`);
  await waitForState(visited.page, "ready");
  return visited;
}

const status = (page) => page.textContent("#url-field-status");
const caption = (page) => page.textContent("#photo-caption");
const answered = (page) => page.waitForSelector("#result[data-view=answer]");
const names = (page) => page.$$eval(".album-row .album-open", (all) => all.map(({ title }) => title));

/** @param {import("playwright-core").Page} page @param {string} address */
async function submit(page, address) {
  await page.fill("#url-field", address);
  assert.deepEqual(asked, [], "it was asked for before it was submitted");
  await page.press("#url-field", "Enter");
}

test("a picture on another site is fetched on request, without cookie, referrer or origin's secrets", async (t) => {
  const { page, context } = await visit(t);
  await context.addCookies([{ name: "who", value: "me", url: at.elsewhere.origin, sameSite: "Lax" }]);
  await submit(page, `${at.elsewhere.origin}/open.jpg`);
  await answered(page);
  assert.match(await caption(page), /^open\.jpg, 640 × 480/);
  assert.equal(asked.length, 1);
  const { method, headers } = asked[0];
  assert.equal(method, "GET");
  assert.equal(headers.cookie, undefined);
  assert.equal(headers.referer, undefined);
  assert.equal(await page.inputValue("#url-field"), "");
});

test("the page itself still cannot ask another site for anything", async (t) => {
  const { page } = await visit(t);
  const refused = await page.evaluate(async (url) => {
    const blocked = new Promise((done) =>
      addEventListener(
        "securitypolicyviolation",
        (event) => (event.stopImmediatePropagation(), done(event.violatedDirective)),
        { once: true, capture: true },
      ),
    );
    await fetch(url).catch(() => {});
    return await blocked;
  }, `${at.elsewhere.origin}/open.jpg`);
  assert.equal(refused, "connect-src");
  assert.deepEqual(asked, []);
});

test("a redirect is followed", async (t) => {
  const { page } = await visit(t);
  await submit(page, `${at.elsewhere.origin}/moved.jpg`);
  await answered(page);
  assert.match(await caption(page), /^moved\.jpg,/);
});

for (const [path, words] of [
  ["/closed.jpg", /lets no other page read its pictures; save the picture, then choose the file\.$/],
  ["/missing.jpg", /expected HTTP status 200, found 404/],
  ["/page.html", /found a web page/],
]) {
  test(`what is wrong with ${path} is told below the field, and the address stays`, async (t) => {
    const { page } = await visit(t);
    await submit(page, at.elsewhere.origin + path);
    await page.waitForSelector("#url-field[aria-invalid=true]");
    assert.match(await status(page), words);
    assert.equal(await page.inputValue("#url-field"), at.elsewhere.origin + path);
    assert.equal(await page.getAttribute("#result", "data-view"), "empty");
    assert.equal(await page.evaluate(() => document.activeElement.id), "url-field");
  });
}

test("a host that is not there is told as that", async (t) => {
  const gone = await startServer({ dir: fake.dir });
  await gone.close();
  const { page, record } = await visit(t);
  await submit(page, `${gone.origin}/a.jpg`);
  await page.waitForSelector("#url-field[aria-invalid=true]");
  assert.match(await status(page), /could not be fetched; check the address and the network/);
  record.requests = record.requests.filter((url) => !url.startsWith(gone.origin));
});

test("where the site's host adds a policy of its own, the words say so", async (t) => {
  const intercept = (_, response) => (response.setHeader("content-security-policy", "connect-src 'self'"), false);
  const { page } = await visit(t, { intercept });
  await submit(page, `${at.elsewhere.origin}/open.jpg`);
  await page.waitForSelector("#url-field[aria-invalid=true]");
  assert.match(await status(page), /own rules let it ask no other site/);
  assert.deepEqual(asked, []);
});

test("a picture on its way can be canceled, and its connection ends", async (t) => {
  const { page } = await visit(t);
  await submit(page, `${at.elsewhere.origin}/stalled.jpg`);
  await page.waitForFunction(() => /of 5\.0 MB/.test(document.querySelector("#url-field-status").textContent));
  const closed = new Promise((done) => asked[0].socket.on("close", done));
  await page.locator("#url-form button").click();
  await closed;
  assert.equal(await status(page), "Canceled.");
  assert.equal(await page.textContent("#url-form button"), "Fetch");
});

test("a pasted address fills the field, and fetches nothing until Enter is pressed", async (t) => {
  const { page } = await visit(t);
  await page.evaluate((text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, `${at.elsewhere.origin}/open.jpg`);
  assert.equal(await page.inputValue("#url-field"), `${at.elsewhere.origin}/open.jpg`);
  assert.deepEqual(asked, []);
  await page.keyboard.press("Enter");
  await answered(page);
  assert.equal(asked.length, 1);
});

/** A folder with photos, other files and hidden ones. @param {import("node:test").TestContext} t */
function makeFolder(t) {
  const folder = mkdtempSync(join(tmpdir(), "placelens-trip-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const trip = join(folder, "trip");
  mkdirSync(join(trip, "day 2"), { recursive: true });
  mkdirSync(join(trip, "day 10"));
  cpSync(new URL("dome.jpg", SAMPLES), join(trip, "day 2", "dome.jpg"));
  cpSync(new URL("harbor.jpg", SAMPLES), join(trip, "day 10", "harbor.jpg"));
  writeFileSync(join(trip, "notes.txt"), "no photo");
  writeFileSync(join(trip, ".hidden.jpg"), "no photo either");
  return trip;
}
const IN_TRIP = ["trip/day 2/dome.jpg", "trip/day 10/harbor.jpg"];

test("a chosen folder's photos make an album", async (t) => {
  const { page } = await visit(t);
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Choose a folder" }).click();
  await (await chooser).setFiles(makeFolder(t));
  await page.waitForFunction(() => document.querySelectorAll(".album-row[data-state=done]").length === 2);
  assert.deepEqual(await names(page), IN_TRIP);
});

test("a dropped folder's photos make an album", async (t) => {
  const { page, context } = await visit(t);
  const devtools = await context.newCDPSession(page);
  const data = { items: [], files: [makeFolder(t)], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"])
    await devtools.send("Input.dispatchDragEvent", { type, x: 300, y: 300, data });
  await page.waitForFunction(() => document.querySelectorAll(".album-row[data-state=done]").length === 2);
  assert.deepEqual(await names(page), IN_TRIP);
});

const live = (page) =>
  page.evaluate(
    () => window.streams.flatMap((stream) => stream.getTracks()).filter((track) => track.readyState === "live").length,
  );
const openCamera = async (page) => {
  await page.getByRole("button", { name: "Use the camera" }).click();
  await page.waitForSelector("#camera .camera-take[aria-disabled=false]");
};

test("a photo by the camera is looked at like any other, and the camera stops", async (t) => {
  const { page } = await visit(t, { permissions: ["camera"] });
  assert.equal(await page.evaluate(() => window.streams.length), 0);
  await openCamera(page);
  assert.equal(await live(page), 1);
  assert.equal(await page.evaluate(() => document.querySelector("#camera video").clientWidth > 200), true);
  await page.getByRole("button", { name: "Take photo" }).click();
  await answered(page);
  assert.match(await caption(page), /^camera-\d{4}-.*\.jpg/);
  assert.equal(await live(page), 0);
  assert.equal(await page.evaluate(() => document.querySelector("#photo-image").naturalWidth > 200), true);
});

for (const [way, leave] of [
  ["Close", (page) => page.getByRole("button", { name: "Close" }).click()],
  ["Esc", (page) => page.keyboard.press("Escape")],
]) {
  test(`the camera stops by ${way}, and the focus is back on its button`, async (t) => {
    const { page } = await visit(t, { permissions: ["camera"] });
    await openCamera(page);
    await leave(page);
    await page.waitForFunction(() => window.streams.every((stream) => stream.getTracks()[0].readyState === "ended"));
    assert.equal(await page.evaluate(() => document.querySelector("#camera").open), false);
    assert.equal(await page.evaluate(() => document.activeElement.id), "camera-button");
  });
}

test("a camera that is not allowed is explained in the dialog", async (t) => {
  const { page } = await visit(t);
  await page.getByRole("button", { name: "Use the camera" }).click();
  await page.waitForFunction(() => /not allowed/.test(document.querySelector(".camera-status").textContent));
  assert.equal(await page.evaluate(() => window.streams.length), 0);
});
