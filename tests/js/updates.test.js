import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { setImmediate as soon } from "node:timers/promises";
import { JSDOM } from "jsdom";
import { Updates } from "../../www/app/updates.js";

/** Two tabs of one browser hear each other by it; a real one answers in the same order. */
class Channel extends EventTarget {
  static all = new Set();
  constructor() {
    super();
    Channel.all.add(this);
  }
  postMessage(data) {
    for (const other of Channel.all) if (other !== this) other.dispatchEvent(new MessageEvent("message", { data }));
  }
}

class FakeWorker extends EventTarget {
  told = [];
  constructor(state, onTakeOver = () => {}) {
    super();
    this.state = state;
    this.onTakeOver = onTakeOver;
  }
  postMessage(message, ports = []) {
    this.told.push(message);
    if (message.kind === "take-over") this.enter("activated");
    if (message.kind === "keep") ports[0].postMessage({ kind: "kept", kept: this.keeps ?? true });
  }
  enter(state) {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }
}

const Registration = class extends EventTarget {
  updates = 0;
  waiting = null;
  installing = null;
  async update() {
    this.updates += 1;
  }
  find(worker) {
    this.installing = worker;
    this.dispatchEvent(new Event("updatefound"));
  }
};

/** One tab; `registration` is shared where there are several. */
function tab({
  lossless = true,
  controlled = true,
  registration = new Registration(),
  active = new FakeWorker("activated"),
} = {}) {
  const notice = document.body.appendChild(document.createElement("div"));
  const seen = { notice, registration, active, reloads: 0, lossless };
  const container = { controller: controlled ? active : null, ready: Promise.resolve({ active }) };
  const updates = new Updates(
    { notice, canReload: () => seen.lossless },
    { container, channel: new Channel(), reload: () => (seen.reloads += 1), patience_ms: 5 },
  );
  updates.follow(registration);
  seen.press = async (label) => {
    const button = [...notice.querySelectorAll("button")].find(({ textContent }) => textContent === label);
    assert.ok(button, `a button ${label} in: ${notice.textContent}`);
    button.click();
    await new Promise((done) => setTimeout(done, 15)); // three times the patience
  };
  return seen;
}

beforeEach(() => {
  const { window } = new JSDOM("<!doctype html><main><input id=field></main>");
  for (const name of ["document", "Element", "HTMLElement"])
    globalThis[name] = name === "document" ? window.document : window[name];
  Channel.all.clear();
});
afterEach(() => Channel.all.clear());

test("the first version is no news", () => {
  const { registration, notice } = tab({ controlled: false });
  const worker = new FakeWorker("installing");
  registration.find(worker);
  worker.enter("installed");
  worker.enter("activated");
  assert.equal(notice.textContent, "");
});

test("a new version that is ready is told, with two buttons", () => {
  const { registration, notice } = tab();
  const worker = new FakeWorker("installing");
  registration.find(worker);
  assert.equal(notice.textContent, "", "not before it is whole");
  worker.enter("installed");
  assert.equal(notice.querySelector("p").textContent, "A new version of PlaceLens is ready.");
  assert.deepEqual(
    [...notice.querySelectorAll("button")].map(({ textContent }) => textContent),
    ["Reload", "Not now"],
  );
});

test("a version that failed to install is not told", () => {
  const { registration, notice } = tab();
  const worker = new FakeWorker("installing");
  registration.find(worker);
  worker.enter("redundant");
  assert.equal(notice.textContent, "");
});

test("a version that was waiting before the page opened is told too", () => {
  const registration = Object.assign(new Registration(), { waiting: new FakeWorker("installed") });
  assert.match(tab({ registration }).notice.textContent, /is ready/);
});

test("what would be lost is said before", () => {
  const registration = Object.assign(new Registration(), { waiting: new FakeWorker("installed") });
  assert.match(
    tab({ registration, lossless: false }).notice.textContent,
    /Reloading clears the results on this page\./,
  );
});

test("Reload lets the new version take over, and loads the page once it has", async () => {
  const waiting = new FakeWorker("installed");
  const page = tab({ registration: Object.assign(new Registration(), { waiting }), lossless: false });
  assert.equal(page.reloads, 0);
  await page.press("Reload");
  assert.deepEqual(waiting.told, [{ kind: "take-over" }]);
  assert.equal(page.reloads, 1);
});

test("Not now puts the notice away and gives the focus back", async () => {
  const page = tab({ registration: Object.assign(new Registration(), { waiting: new FakeWorker("installed") }) });
  const field = document.getElementById("field");
  field.focus();
  const later = page.notice.querySelectorAll("button")[1];
  later.focus();
  await page.press("Not now");
  assert.equal(page.notice.childNodes.length, 0);
  assert.equal(document.activeElement, field);
  assert.equal(page.reloads, 0);
});

test("Not now counts while the other tabs are still being asked", async () => {
  const waiting = new FakeWorker("installed");
  const page = tab({ registration: Object.assign(new Registration(), { waiting }) });
  page.notice.querySelectorAll("button")[0].click();
  await page.press("Not now");
  assert.deepEqual(waiting.told, []);
  assert.equal(page.reloads, 0);
});

test("another tab with nothing to lose is loaded anew with this one", async () => {
  const registration = Object.assign(new Registration(), { waiting: new FakeWorker("installed") });
  const [here, there] = [tab({ registration, lossless: false }), tab({ registration })];
  await here.press("Reload");
  assert.deepEqual([here.reloads, there.reloads], [1, 1]);
});

test("another tab with results holds the new version back, and both are told", async () => {
  const waiting = new FakeWorker("installed");
  const registration = Object.assign(new Registration(), { waiting });
  const [here, there] = [tab({ registration }), tab({ registration, lossless: false })];
  await there.press("Not now");
  await here.press("Reload");
  assert.deepEqual(waiting.told, []);
  assert.deepEqual([here.reloads, there.reloads], [0, 0]);
  assert.match(here.notice.textContent, /Another tab with PlaceLens still has results/);
  assert.match(there.notice.textContent, /is ready\. Reloading clears the results/);
  there.lossless = true;
  await here.press("Try again");
  assert.deepEqual([here.reloads, there.reloads], [1, 1]);
});

test("a tab that could not answer in time keeps its results, and is told", () => {
  const waiting = new FakeWorker("installed");
  const page = tab({ registration: Object.assign(new Registration(), { waiting }), lossless: false });
  waiting.enter("activated");
  assert.equal(page.reloads, 0);
  assert.match(page.notice.textContent, /was started in another tab\. Reload when you no longer need the results/);
});

test("then Reload loads the page, without asking anybody", async () => {
  const waiting = new FakeWorker("installed");
  const page = tab({ registration: Object.assign(new Registration(), { waiting }), lossless: false });
  waiting.enter("activated");
  await page.press("Reload");
  assert.equal(page.reloads, 1);
});

test("when the model is ready, its program and the samples are kept, and the page says so", async () => {
  const { active } = tab();
  assert.deepEqual(active.told, []);
  const { defaultView } = document;
  document.dispatchEvent(new defaultView.CustomEvent("placelens:ready", { detail: { backend: "cpu" } }));
  for (let turn = 0; turn < 100 && !document.documentElement.dataset.offline; turn += 1) await soon();
  assert.deepEqual(active.told, [{ kind: "keep", folders: ["wasm/cpu/", "samples/"] }]);
  assert.equal(document.documentElement.dataset.offline, "ready");
});

test("a model that was ready before the worker is kept as well", async () => {
  document.documentElement.dataset.backend = "webgpu";
  const { active } = tab();
  for (let turn = 0; turn < 100 && active.told.length === 0; turn += 1) await soon();
  assert.deepEqual(active.told[0].folders, ["wasm/webgpu/", "samples/"]);
});

test("what could not be kept is not promised", async () => {
  const active = Object.assign(new FakeWorker("activated"), { keeps: false });
  tab({ active });
  const { defaultView } = document;
  document.dispatchEvent(new defaultView.CustomEvent("placelens:ready", { detail: { backend: "cpu" } }));
  for (let turn = 0; turn < 100; turn += 1) await soon();
  assert.equal(active.told.length, 1);
  assert.equal(document.documentElement.dataset.offline, undefined);
});

test("a tab that stays open looks for a new version when it is seen again, at most once an hour", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 0 });
  const { registration } = tab();
  const { defaultView } = document;
  Object.defineProperty(document, "visibilityState", { value: "visible" });
  const look = () => document.dispatchEvent(new defaultView.Event("visibilitychange"));
  look();
  assert.equal(registration.updates, 0);
  t.mock.timers.setTime(3_600_000);
  look();
  look();
  assert.equal(registration.updates, 1);
});
