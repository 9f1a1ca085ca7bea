import assert from "node:assert/strict";
import test, { afterEach } from "node:test";
import { JSDOM } from "jsdom";

const { window } = new JSDOM("<img id=corner>", { url: "https://blog.example/post/" });
const { document, HTMLIFrameElement, HTMLImageElement } = window;
Object.assign(globalThis, { document, HTMLIFrameElement, HTMLImageElement });
const { EmbedHost } = await import("../../www/app/embed-host.js");
const ORIGIN = new URL("../../www/", import.meta.url).origin; // of this very file, in place of a site's

const RESULT = {
  places: [{ id: "malibu", name: "Malibu", lat: 34, lon: -118.7, cosine: 0.27, probability: 0.9 }],
  point: { lat: 34, lon: -118.7, expected_error_km: 3 },
  regions_50: ["malibu"],
  regions_80: ["malibu"],
  confident: true,
};
const ATTRIBUTES = { model: "", places: "", photo: "", htmlFor: "", top: 3, theme: "auto", accent: "", title: "" };

/** An element in a post, and a frame that the test plays. */
function setUp(t, { attributes = {}, patience, credentialless = false } = {}) {
  if (credentialless) HTMLIFrameElement.prototype.credentialless = false;
  const post = Object.assign(document.createElement("div"), { ...ATTRIBUTES, shareResults: false, ...attributes });
  const [box, button] = [document.createElement("div"), document.createElement("button")];
  const root = post.attachShadow({ mode: "open" });
  root.append(box, button);
  document.body.append(post);
  const stop = new AbortController();
  t.after(() => {
    stop.abort(new Error("over"));
    post.remove();
    delete HTMLIFrameElement.prototype.credentialless;
  });
  const told = [];
  const tell = (name, detail) => told.push({ name, detail });
  let host;
  const failed = new Promise((fail) => {
    host = new EmbedHost({ post, box, button, signal: stop.signal, tell, fail }, patience);
  });
  return { post, box, button, host, told, stop, failed, frame: () => box.querySelector("iframe") };
}

/** An open port keeps Node's process alive. @type {MessagePort[]} */
const ports = [];
afterEach(() => ports.splice(0).forEach((port) => port.close()));

/** The frame's document has loaded: what it was sent, and its end of the port. */
function load(frame) {
  let sent;
  const contentWindow = { postMessage: (data, origin, ports) => (sent = { data, origin, port: ports[0] }) };
  Object.defineProperty(frame, "contentWindow", { value: contentWindow, configurable: true });
  frame.dispatchEvent(new window.Event("load"));
  ports.push(sent.port);
  const heard = [];
  const waiting = [];
  sent.port.onmessage = ({ data }) => (heard.push(data), waiting.shift()?.());
  const next = () => new Promise((resolve) => waiting.push(resolve));
  return { ...sent, heard, next, say: (message) => sent.port.postMessage(message) };
}

/** Until what the frame said before has arrived. */
const arrived = () => new Promise((resolve) => setTimeout(resolve, 20));

test("the frame is the site's, in a tight sandbox, and says nothing of where it is", (t) => {
  const { frame, box } = setUp(t, {
    attributes: { model: "m/manifest.json", places: "p/manifest.json", title: "Where?" },
  });
  const { pathname, searchParams } = new URL(frame().src);
  assert.ok(pathname.endsWith("/www/embed.html"));
  assert.deepEqual(Object.fromEntries(searchParams), { model: "m/manifest.json", places: "p/manifest.json" });
  const sandbox = "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox";
  assert.equal(frame().getAttribute("sandbox"), sandbox);
  for (const feature of ["camera", "microphone", "geolocation"])
    assert.match(frame().getAttribute("allow"), new RegExp(`${feature} 'none'`));
  assert.equal(frame().referrerPolicy, "no-referrer");
  assert.equal(frame().title, "Where?");
  assert.equal(box.classList.contains("open"), false, "unseen until it has spoken");
});

test("the port is for the site's origin only, and comes with the look", (t) => {
  const { frame } = setUp(t, { attributes: { theme: "dark", accent: "teal", top: 4 } });
  const { data, origin } = load(frame());
  assert.equal(origin, ORIGIN);
  const look = { theme: "dark", accent: "teal", top: 4, share: false };
  assert.deepEqual(data, { placelens: 1, kind: "connect", look });
});

test("wanted and spoken for, the frame takes the poster's place and gets what was said before", async (t) => {
  const { host, box, frame } = setUp(t);
  host.show(true);
  const { say, heard, next } = load(frame());
  assert.equal(box.classList.contains("open"), false);
  const started = next();
  say({ kind: "hello" });
  await started;
  assert.equal(box.classList.contains("open"), true);
  assert.deepEqual(heard, [{ kind: "start" }]);
});

test("only made ready, it stays behind the poster", async (t) => {
  const { host, box, frame } = setUp(t);
  const { say } = load(frame());
  say({ kind: "hello" });
  await arrived();
  assert.equal(box.classList.contains("open"), false);
  host.show(false);
  assert.equal(box.classList.contains("open"), true);
});

test("the height is what the frame asks for, up to a limit; anything else is passed over", async (t) => {
  const { box, frame } = setUp(t);
  const { say } = load(frame());
  const height = async (height_px) => (
    say({ kind: "size", height_px }),
    await arrived(),
    box.style.getPropertyValue("--frame")
  );
  assert.equal(await height(700), "700px");
  assert.equal(await height(1e9), "4000px");
  for (const wrong of [-5, NaN, "900", null]) assert.equal(await height(wrong), "4000px");
});

test("a photo of the post's own is answered, and only a post that shares results hears an event", async (t) => {
  const { host, post, told, frame } = setUp(t);
  const { say, heard, next } = load(frame());
  const photo = new Blob(["x"]);
  const first = host.locate(photo);
  const asked = next();
  say({ kind: "hello" });
  await asked;
  assert.equal(heard[0].kind, "locate");
  say({ kind: "result", id: heard[0].id, result: RESULT });
  assert.deepEqual(await first, RESULT);
  assert.deepEqual(told, []);
  post.shareResults = true;
  say({ kind: "result", id: null, result: RESULT });
  await arrived();
  assert.deepEqual(told, [{ name: "result", detail: RESULT }]);
});

test("a failure is the promise's and an event; an answer to no question harms nobody", async (t) => {
  const { host, told, frame } = setUp(t);
  const { say, heard, next } = load(frame());
  const asked = next();
  const answer = host.locate(new Blob(["x"]));
  say({ kind: "hello" });
  await asked;
  say({ kind: "failed", id: 99, code: "x", message: "of another" });
  say({ kind: "failed", id: heard[0].id, code: "photo_unknown_format", message: "no photo" });
  await assert.rejects(answer, { code: "photo_unknown_format", message: "no photo" });
  assert.deepEqual(
    told.map(({ name, detail }) => [name, detail.code]),
    [
      ["error", "x"],
      ["error", "photo_unknown_format"],
    ],
  );
});

test("what is no photo is refused at once", async (t) => {
  const { host } = setUp(t);
  await assert.rejects(host.locate("photo.jpg"), TypeError);
  const large = Object.defineProperty(new Blob([]), "size", { value: 2 ** 26 + 1 });
  await assert.rejects(host.locate(large), TypeError);
});

test("taken out, the frame is gone and who waits for an answer is told", async (t) => {
  const { host, stop, frame } = setUp(t);
  load(frame());
  const answer = host.locate(new Blob(["x"]));
  stop.abort(Object.assign(new Error("gone"), { code: "removed" }));
  await assert.rejects(answer, { code: "removed" });
  assert.equal(frame(), null);
});

test("another look is told to the open frame", async (t) => {
  const { host, post, frame } = setUp(t);
  const { say, heard, next } = load(frame());
  say({ kind: "hello" });
  await arrived();
  post.theme = "light";
  const said = next();
  host.change("theme");
  await said;
  assert.equal(heard.at(-1).look.theme, "light");
});

test("a frame that stays silent is tried without credentials, and then given up", async (t) => {
  const patience = { silence_ms: 10, load_ms: 1000 };
  const { frame, failed } = setUp(t, { patience, credentialless: true });
  const first = frame();
  assert.equal(first.credentialless, false);
  load(first);
  while (frame() === first) await arrived();
  assert.equal(frame().credentialless, true);
  load(frame());
  const why = await failed;
  assert.equal(why.code, "frame");
  assert.equal(frame(), null);
});

test("where frames without credentials are unknown, it is given up at once; so is one that never loads", async (t) => {
  const silent = setUp(t, { patience: { silence_ms: 10, load_ms: 1000 } });
  load(silent.frame());
  assert.equal((await silent.failed).code, "frame");
  const stuck = setUp(t, { patience: { silence_ms: 1000, load_ms: 10 } });
  assert.equal((await stuck.failed).code, "frame");
});

test("the post's own picture that cannot be found or read is told as such, once the widget is seen", async (t) => {
  const { host, frame } = setUp(t, { attributes: { htmlFor: "#nowhere" } });
  const { say, heard, next } = load(frame());
  say({ kind: "hello" });
  await arrived();
  assert.deepEqual(heard, [], "made ready, it asks for nothing");
  const told = next();
  host.show(false);
  await told;
  assert.deepEqual(heard, [{ kind: "locate", id: 0, photo: null }]);
});
