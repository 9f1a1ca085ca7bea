/**
 * The service worker's own text, run against a server and caches made up.
 *
 * A `Host` is a site of one version on one server; several share the caches, as versions of one
 * site, or two sites of one origin, do. What the browser does by itself (when it installs, who is
 * controlled) is in `tests/browser/offline.test.js`.
 */

import assert from "node:assert/strict";
import { createHash, webcrypto } from "node:crypto";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

const SOURCE = readFileSync(new URL("../../www/sw.js", import.meta.url), "utf8");
const ORIGIN = "https://host.test";
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const hashes = (files) => Object.fromEntries(Object.entries(files).map(([path, text]) => [path, sha256(text)]));

const SHELL = { "index.html": "page 1", "app/page.js": "program 1", "embed/index.html": "builder" };
const LATER = { "wasm/cpu/placelens_bg.wasm": "wasm 1", "samples/harbor.jpg": "0123456789" };

/** `caches`, over maps; every address is a string. */
class Storage {
  all = new Map();
  async keys() {
    return [...this.all.keys()];
  }
  async delete(name) {
    return this.all.delete(name);
  }
  async open(name) {
    if (!this.all.has(name)) this.all.set(name, new Map());
    const entries = this.all.get(name);
    return {
      match: async (url) => entries.get(url)?.clone(),
      put: async (url, response) => void entries.set(url, response),
      keys: async () => [...entries.keys()].map((url) => ({ url })),
    };
  }
}

class Host {
  handlers = {};
  asked = [];
  updates = 0;
  skipped = 0;

  /** What the server has may differ from what the version lists: that is a deployment cut short. */
  constructor({
    version = "v1",
    shell = SHELL,
    later = LATER,
    served,
    caches = new Storage(),
    folder = "/site/",
  } = {}) {
    this.served = new Map(Object.entries(served ?? { ...shell, ...later, "models.json": "[1]" }));
    this.caches = caches;
    this.base = ORIGIN + folder;
    const self = {
      PRECACHE: { version, shell: hashes(shell), later: hashes(later) },
      location: { href: `${this.base}sw.js` },
      registration: { update: async () => void (this.updates += 1) },
      skipWaiting: async () => void (this.skipped += 1),
      addEventListener: (type, handler) => (this.handlers[type] = handler),
    };
    const globals = { URL, Headers, Request, Response, Uint8Array, ArrayBuffer, crypto: webcrypto };
    vm.runInNewContext(SOURCE, {
      ...globals,
      self,
      caches,
      importScripts: () => {},
      fetch: (request, options) => this.#serve(request, options),
    });
  }

  async #serve(request, { cache } = {}) {
    const url = request.url ?? request;
    this.asked.push(cache ? `${url.slice(this.base.length)} ${cache}` : url);
    if (this.offline) throw new TypeError("no network");
    const path = url.slice(this.base.length) || "index.html";
    const text = (cache !== "reload" && this.stale?.get(path)) || this.served.get(path);
    const headers = { "content-type": "text/made-up", "content-encoding": "identity", "x-policy": "strict" };
    return text === undefined ? new Response("none", { status: 404 }) : new Response(text, { headers });
  }

  /** Settles when everything the event was told to wait for has. */
  async fire(type, event = {}) {
    const waits = [];
    let answer = null;
    this.handlers[type]({
      ...event,
      waitUntil: (promise) => waits.push(promise),
      respondWith: (promise) => (answer = Promise.resolve(promise)),
    });
    const response = answer ? await answer : null;
    await Promise.all(waits);
    return response;
  }

  /** The answer to a page's request; null: the worker left it to the browser. */
  get(path, { mode = "no-cors", method = "GET", headers = {} } = {}) {
    const url = new URL(path, this.base).href;
    return this.fire("fetch", { request: { url, method, mode, headers: new Headers(headers) } });
  }

  install = () => this.fire("install");
  activate = () => this.fire("activate");
}

async function installed(options) {
  const host = new Host(options);
  await host.install();
  await host.activate();
  return host;
}

test("it passes the type checker as a service worker", () => {
  const bin = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
  const project = fileURLToPath(new URL("tsconfig.worker.json", import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [bin, "--project", project], { encoding: "utf8" });
  assert.equal(status, 0, stdout);
});

test("once installed, the shell needs no network", async () => {
  const host = await installed();
  host.offline = true;
  for (const [path, text] of Object.entries(SHELL)) assert.equal(await (await host.get(path)).text(), text);
  assert.equal(host.asked.length, Object.keys(SHELL).length, "each file was asked for once");
});

test("the server's headers stay, those of the transfer do not", async () => {
  const host = await installed();
  const { headers } = await host.get("app/page.js");
  assert.equal(headers.get("content-type"), "text/made-up");
  assert.equal(headers.get("x-policy"), "strict");
  assert.equal(headers.get("content-encoding"), null);
  assert.equal(headers.get("content-length"), "9");
});

for (const [path, text] of [
  ["", "page 1"],
  ["?device=cpu&model=model/other.json", "page 1"],
  ["index.html#map", "page 1"],
  ["embed/", "builder"],
]) {
  test(`a visit to "${path}" without a network opens the right page`, async () => {
    const host = await installed();
    host.offline = true;
    assert.equal(await (await host.get(path, { mode: "navigate" })).text(), text);
  });
}

test("a visit to a folder without its slash is sent on to the folder", async () => {
  const host = await installed();
  const response = await host.get("embed", { mode: "navigate" });
  assert.equal(response.status, 302);
  assert.equal(response.headers.get("location"), `${ORIGIN}/site/embed/`);
});

for (const [what, path, options] of [
  ["the model", "model/manifest.json"],
  ["a file that is not listed", "photo.jpg"],
  ["a name of JavaScript's own", "constructor"],
  ["another folder of this origin", "/other/index.html"],
  ["another origin", "https://other.test/site/index.html"],
  ["anything but a plain read", "index.html", { method: "POST" }],
]) {
  test(`${what} passes by, and is not kept`, async () => {
    const host = await installed();
    const asked = host.asked.length;
    assert.equal(await host.get(path, options), null);
    assert.equal(host.asked.length, asked);
  });
}

test("a program is verified and kept when it is first wanted", async () => {
  const host = await installed();
  assert.equal(await (await host.get("wasm/cpu/placelens_bg.wasm")).text(), "wasm 1");
  host.offline = true;
  assert.equal(await (await host.get("wasm/cpu/placelens_bg.wasm?again")).text(), "wasm 1");
  assert.equal((await host.get("samples/harbor.jpg")).type, "error", "what was never wanted is not there");
});

test("a stale answer of the browser's HTTP cache is asked for again", async () => {
  const host = new Host();
  host.stale = new Map([["app/page.js", "program 0"]]);
  await host.install();
  assert.equal(await (await host.get("app/page.js")).text(), "program 1");
  assert.deepEqual(
    host.asked.filter((line) => line.startsWith("app/page.js")),
    ["app/page.js default", "app/page.js reload"],
  );
});

test("a deployment cut short installs nothing and leaves the older version as it is", async () => {
  const old = await installed();
  const shell = { ...SHELL, "index.html": "page 2", "app/page.js": "program 2" };
  const half = new Host({ version: "v2", shell, served: { ...SHELL, "index.html": "page 2" }, caches: old.caches });
  await assert.rejects(half.install(), /app\/page\.js: expected SHA-256 [0-9a-f]{64}, the server has something else/);
  assert.deepEqual(await old.caches.keys(), ["placelens-site /site/ v1"]);
  old.offline = true;
  assert.equal(await (await old.get("")).text(), "page 1");
  assert.equal(await (await old.get("app/page.js")).text(), "program 1");
});

test("a new version fetches only what changed, and takes along what was kept later", async () => {
  const old = await installed();
  await old.get("wasm/cpu/placelens_bg.wasm");
  const next = new Host({
    version: "v2",
    shell: { ...SHELL, "app/page.js": "program 2" },
    later: { ...LATER, "wasm/cpu/placelens_bg.wasm": "wasm 2" },
    caches: old.caches,
  });
  await next.install();
  assert.deepEqual(next.asked.sort(), ["app/page.js default", "wasm/cpu/placelens_bg.wasm default"]);
  assert.equal(await (await old.get("app/page.js")).text(), "program 1", "the older one is still whole");
  await next.activate();
  assert.deepEqual(await old.caches.keys(), ["placelens-site /site/ v2"]);
  next.offline = true;
  assert.equal(await (await next.get("app/page.js")).text(), "program 2");
  assert.equal(await (await next.get("wasm/cpu/placelens_bg.wasm")).text(), "wasm 2");
});

test("a program of a newer version is not given to an older page; the new version is looked for", async () => {
  const host = await installed();
  host.served.set("wasm/cpu/placelens_bg.wasm", "wasm 2");
  assert.equal((await host.get("wasm/cpu/placelens_bg.wasm")).type, "error");
  assert.equal(host.updates, 1);
});

test("a visit is never broken: a page that was lost comes from the server as it is", async () => {
  const host = await installed();
  host.caches.all.clear();
  host.served.set("index.html", "page 2");
  assert.equal(await (await host.get("", { mode: "navigate" })).text(), "page 2");
});

test("a full disk does not keep a program from the page that asks for it", async () => {
  const host = await installed();
  const open = host.caches.open.bind(host.caches);
  const full = async () => Promise.reject(new DOMException("quota", "QuotaExceededError"));
  host.caches.open = async (name) => ({ ...(await open(name)), put: full });
  assert.equal(await (await host.get("wasm/cpu/placelens_bg.wasm")).text(), "wasm 1");
});

test("two sites of one origin leave each other's versions alone", async () => {
  const one = await installed();
  await installed({ folder: "/site/two/", version: "v9", caches: one.caches });
  await installed({ version: "v2", caches: one.caches });
  assert.deepEqual((await one.caches.keys()).sort(), ["placelens-site /site/ v2", "placelens-site /site/two/ v9"]);
});

test("caches of others, the model's too, are left alone", async () => {
  const caches = new Storage();
  await caches.open("another-site-s");
  await installed({ caches });
  assert.ok((await caches.keys()).includes("another-site-s"));
});

test("the list of models is always the server's; without a network, the last one seen", async () => {
  const host = await installed();
  assert.equal(await (await host.get("models.json")).text(), "[1]");
  host.served.set("models.json", "[2]");
  assert.equal(await (await host.get("models.json")).text(), "[2]");
  host.offline = true;
  assert.equal(await (await host.get("models.json")).text(), "[2]");
});

for (const [range, status, text, told] of [
  ["bytes=2-4", 206, "234", "bytes 2-4/10"],
  ["bytes=7-", 206, "789", "bytes 7-9/10"],
  ["bytes=-2", 206, "89", "bytes 8-9/10"],
  ["bytes=5-99", 206, "56789", "bytes 5-9/10"],
  ["bytes=10-", 416, "", "bytes */10"],
  ["bytes=0-1,4-5", 200, "0123456789", null],
  ["lines=1-2", 200, "0123456789", null],
]) {
  test(`a request for "${range}" is answered with ${status}`, async () => {
    const host = await installed();
    const response = await host.get("samples/harbor.jpg", { headers: { range } });
    assert.equal(response.status, status);
    assert.equal(await response.text(), text);
    assert.equal(response.headers.get("content-range"), told);
  });
}

/** @param {Host} host @param {unknown} data */
async function tell(host, data) {
  const answers = [];
  await host.fire("message", { data, ports: [{ postMessage: (answer) => answers.push(structuredClone(answer)) }] });
  return answers;
}

test("asked to keep folders, it keeps their listed files and says so", async () => {
  const host = await installed();
  assert.deepEqual(await tell(host, { kind: "keep", folders: ["wasm/cpu/"] }), [{ kind: "kept", kept: true }]);
  host.offline = true;
  assert.equal(await (await host.get("wasm/cpu/placelens_bg.wasm")).text(), "wasm 1");
  assert.equal(await (await host.get("models.json")).text(), "[1]");
  assert.deepEqual(await tell(host, { kind: "keep", folders: ["samples/"] }), [{ kind: "kept", kept: false }]);
});

test("asked to take over, it does; other messages do nothing", async () => {
  const host = await installed();
  for (const data of [null, "take-over", { kind: "keep" }, { kind: "keep", folders: "wasm/" }, { kind: "drop" }]) {
    assert.deepEqual(await tell(host, data), []);
  }
  assert.equal(host.skipped, 0);
  await tell(host, { kind: "take-over" });
  assert.equal(host.skipped, 1);
});
