import assert from "node:assert/strict";
import test from "node:test";
import { reply } from "./fixture.mjs";
import { locate, picture, start, told, usePosts, WAIT } from "./post.mjs";

const { around, open } = usePosts();
const WIDGET = '<place-lens><a href="HOST">Open PlaceLens</a></place-lens>';

/** The widget opens, its model loads, a photo is ranked. */
async function works(post) {
  await start(post);
  await told(post.page, "ready");
  await locate(post.frame);
}

test("a post with a strict policy needs two directives: script-src and frame-src", async (t) => {
  const policy = (host) =>
    `default-src 'none'; script-src ${host}; frame-src ${host}; base-uri 'none'; form-action 'none'; ` +
    "object-src 'none'; require-trusted-types-for 'script'";
  const post = await open(t, WIDGET, { headers: { "content-security-policy": policy(around.host.origin) } });
  await works(post);
});

test("under a strict policy the post's own image is drawn where it may not be fetched", async (t) => {
  const policy = `default-src 'none'; script-src ${around.host.origin}; frame-src ${around.host.origin}; img-src 'self'`;
  const post = await open(t, '<img id="a" src="dome.jpg" alt="A dome"><place-lens for="#a"></place-lens>', {
    headers: { "content-security-policy": policy },
    expected: { violations: true }, // the refused fetch, which the browser notes
  });
  await start(post);
  await post.frame.locator(".result[data-view=answer]").waitFor({ ...WAIT, state: "attached" });
  assert.equal(await post.frame.locator("#photo-image").evaluate((image) => image.naturalWidth), 468);
});

test("in an isolated post (COOP and COEP) the frame has no credentials, and works", async (t) => {
  const headers = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
  const post = await open(t, WIDGET, { headers });
  assert.equal(await post.page.evaluate(() => crossOriginIsolated), true);
  await works(post);
  assert.equal(await post.page.locator("place-lens iframe").evaluate((frame) => frame.credentialless), true);
});

test("under COEP alone, which no page can see, the frame is tried again without credentials", async (t) => {
  const headers = { "cross-origin-embedder-policy": "require-corp" };
  const post = await open(t, WIDGET, { headers });
  assert.equal(await post.page.evaluate(() => crossOriginIsolated), false);
  await works(post);
  assert.equal(await post.page.locator("place-lens iframe").evaluate((frame) => frame.credentialless), true);
});

test("a post that forbids frames gets the link", async (t) => {
  const policy = `default-src 'none'; script-src ${around.host.origin}`;
  const post = await open(t, WIDGET, {
    headers: { "content-security-policy": policy },
    expected: { violations: true },
  });
  await post.poster.click(WAIT);
  await post.widget.getByRole("link", { name: "Open it in a new tab" }).waitFor(WAIT);
});

test("in an article of 320 pixels nothing is cut off and nothing scrolls sideways", async (t) => {
  const post = await open(t, WIDGET, { viewport: { width: 320, height: 800 }, head: "<style>body{margin:0}</style>" });
  await works(post);
  const wider = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
  assert.equal(await post.page.evaluate(wider), 0);
  assert.equal(await post.frame.locator("html").evaluate(wider), 0);
  const cut = await post.frame.locator("body").evaluate(
    (body) =>
      [...body.querySelectorAll("button, a, h2, .place-name, .button")].filter((element) => {
        const { left, right, width } = element.getBoundingClientRect();
        return width > 0 && element.offsetParent && (left < 0 || right > innerWidth + 0.5);
      }).length,
  );
  assert.equal(cut, 0);
  assert.ok((await post.widget.boundingBox()).width <= 320);
});

test("in a right-to-left page the words stay left to right, and its title keeps its own direction", async (t) => {
  const post = await open(t, '<place-lens title="איפה צולמה התמונה?"></place-lens>', { root: ' dir="rtl"' });
  assert.equal(await post.widget.locator(".hint").evaluate((hint) => getComputedStyle(hint).direction), "ltr");
  assert.equal(await post.widget.locator(".title").evaluate((title) => getComputedStyle(title).direction), "rtl");
  await works(post);
  assert.equal(await post.frame.locator("body").evaluate((body) => getComputedStyle(body).direction), "ltr");
  const [outer, inner] = await Promise.all([post.page.locator("main").boundingBox(), post.widget.boundingBox()]);
  assert.ok(inner.x >= outer.x && inner.x + inner.width <= outer.x + outer.width + 0.5);
});

test("the post styles the poster by custom properties and named parts", async (t) => {
  const head = `<style>place-lens { --place-lens-surface: rgb(250, 240, 220); --place-lens-accent: rgb(120, 20, 60);
      --place-lens-radius: 0; --place-lens-height: 300px } place-lens::part(button) { text-transform: uppercase }</style>`;
  const post = await open(t, WIDGET, { head, viewport: { width: 700, height: 900 } });
  const [box, button] = await Promise.all(
    [".box", ".button"].map((part) =>
      post.widget.locator(part).evaluate((element) => {
        const { backgroundColor, borderRadius, textTransform, color } = getComputedStyle(element);
        return { backgroundColor, borderRadius, textTransform, color, height: element.offsetHeight };
      }),
    ),
  );
  assert.equal(box.backgroundColor, "rgb(250, 240, 220)");
  assert.equal(box.borderRadius, "0px");
  assert.equal(box.height, 300);
  assert.equal(button.backgroundColor, "rgb(120, 20, 60)");
  assert.equal(button.textTransform, "uppercase");
});

test("hostile styles of the post do not reach it", async (t) => {
  const hostile = `* { all: unset !important; display: none !important; font: 60px/5 fantasy !important; color: red !important;
      letter-spacing: 1em !important; opacity: 0 !important; visibility: hidden !important; height: 3px !important;
      pointer-events: none !important; text-transform: uppercase !important }
    html, body, main { display: block !important; height: auto !important; opacity: 1 !important }
    html { font-size: 2px !important } button, iframe, .box { transform: scale(0) !important }`;
  const calm = await open(t, WIDGET, { viewport: { width: 700, height: 900 } });
  const measures = (widget) =>
    widget.locator(".button").evaluate((button) => {
      const { color, fontSize, letterSpacing, textTransform } = getComputedStyle(button);
      return { color, fontSize, letterSpacing, textTransform, height: button.offsetHeight };
    });
  const usual = await measures(calm.widget);
  const post = await open(t, WIDGET, { viewport: { width: 700, height: 900 }, head: `<style>${hostile}</style>` });
  assert.deepEqual(await measures(post.widget), usual);
  await works(post);
  assert.ok((await post.widget.boundingBox()).height >= 440);
});

test("patched prototypes of the post's other scripts do no harm", async (t) => {
  const patches = `<script>
    for (const proto of [Object.prototype, Array.prototype, Function.prototype, String.prototype, Node.prototype])
      for (const name of ["kind", "id", "look", "each", "extend", "placelens"]) proto[name] = function () { return this };
    for (const proto of [Object.prototype, Array.prototype, String.prototype]) proto.toJSON = () => "patched";
    const { addEventListener } = EventTarget.prototype;
    EventTarget.prototype.addEventListener = function (type, hear, options) {
      return addEventListener.call(this, type, typeof hear === "function" ? (event) => hear.call(this, event) : hear, options);
    };
    const { then } = Promise.prototype;
    Promise.prototype.then = function (...hear) { return then.apply(this, hear) };
    Array.prototype.map = function (make) { const made = []; for (let i = 0; i < this.length; i++) made.push(make(this[i], i, this)); return made };
    Element.prototype.remove = function () { this.parentNode && this.parentNode.removeChild(this); return this };
  </script>`;
  const post = await open(t, WIDGET, { head: patches });
  await start(post);
  await locate(post.frame);
  assert.match(await post.frame.locator("#answer-title").innerText(), /Not sure|Probably/);
});

test("messages that are forged, malformed or oversized change nothing in the post", async (t) => {
  const rogue = `<script>addEventListener("message", ({ ports: [port] }) => {
    if (!port) return;
    const place = { id: "a", name: "A", lat: 1, lon: 1, cosine: 0, probability: 1 };
    const result = { places: [place], point: { lat: 1, lon: 1, expected_error_km: 1 }, regions_50: [], regions_80: [], confident: true };
    const bad = [null, 7, "size", [], {}, { kind: "size" }, { kind: "size", height_px: NaN }, { kind: "size", height_px: "900" },
      { kind: "navigate", url: "https://elsewhere.example/" }, { kind: "ready", backend: {}, model: "m" },
      { kind: "ready", backend: "cpu", model: "m".repeat(501) }, { kind: "failed", id: null, code: "c", message: ["m"] },
      { kind: "result", id: null, result: { ...result, places: Array(1001).fill(place) } },
      { kind: "result", id: null, result: { ...result, point: null } }, { kind: "result", id: "1", result }];
    for (const message of bad) port.postMessage(message);
    parent.postMessage({ kind: "result", id: null, result }, "*");
    parent.postMessage({ placelens: 1, kind: "hello" }, "*");
    port.postMessage({ kind: "size", height_px: 1e12 });
    port.postMessage({ kind: "hello" });
    port.postMessage({ kind: "ready", backend: "cpu", model: "the last word" });
  })</script>`;
  const spoil = (_, response, path) => path === "/embed.html" && reply(response, 200, rogue, "text/html");
  const post = await open(t, "<place-lens share-results></place-lens>", { spoil });
  await start(post);
  await told(post.page, "ready");
  const all = await post.page.evaluate(() => window.told);
  assert.deepEqual(all, [{ name: "ready", detail: { backend: "cpu", model: "the last word" } }]);
  assert.ok((await post.widget.boundingBox()).height <= 4002);
});

test("a page that speaks to the frame by itself gets no more than a post would", async (t) => {
  const script = `<script type="module">
    const frame = Object.assign(document.createElement("iframe"), { src: "HOSTembed.html" });
    frame.onload = () => {
      const connect = (message, ...ports) => frame.contentWindow.postMessage(message, "*", ports);
      const channels = Array.from({ length: 3 }, (_, index) => {
        const channel = new MessageChannel();
        channel.port1.onmessage = ({ data }) => window.told.push({ name: "port" + index, detail: data });
        return channel;
      });
      connect({ placelens: 99, kind: "connect" }, channels[0].port2);
      connect({ placelens: 1, kind: "connect", look: { theme: 5, top: -1, share: "yes" } }, channels[1].port2);
      connect({ placelens: 1, kind: "connect", look: { share: true } }, channels[2].port2);
      for (const message of [{ kind: "locate", id: 1, photo: "x" }, { kind: "locate", photo: new Blob(["x"]) }, { kind: "read" }, 5])
        channels[1].port1.postMessage(message);
      channels[1].port1.postMessage({ kind: "start" });
    };
    document.querySelector("main").append(frame);
  </script>`;
  const { page } = await open(t, "", { script });
  await page.waitForFunction(() => window.told.some(({ detail }) => detail.kind === "ready"), null, WAIT);
  const frame = page.frameLocator("iframe");
  await frame.locator("#photo-input").setInputFiles(picture());
  await frame.locator(".result[data-view=answer]").waitFor({ ...WAIT, state: "attached" });
  assert.equal(await frame.locator("#embed-shared").isVisible(), false);
  const heard = await page.evaluate(() => window.told.map(({ name, detail }) => `${name} ${detail.kind}`));
  assert.deepEqual([...new Set(heard)].sort(), ["port1 hello", "port1 ready", "port1 size"]);
});
