import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { listSite, writePrecache } from "../../src/site/precache.mjs";

const SCRIPT = fileURLToPath(new URL("../../src/site/precache.mjs", import.meta.url));
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

/** @param {import("node:test").TestContext} t @param {Record<string, string>} files */
function makeSite(t, files) {
  const dir = mkdtempSync(join(tmpdir(), "placelens-precache-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(dir, dirname(path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return dir;
}

const SITE = {
  "index.html": "page",
  "embed/index.html": "builder",
  "app/page.js": "program",
  "icons/icon-192.png": "icon",
  "map/backdrop.geojson": "{}",
  "vendor/leaflet/LICENSE": "license",
  "samples/harbor.jpg": "picture",
  "wasm/cpu/placelens.js": "glue",
  "wasm/cpu/placelens_bg.wasm": "wasm",
  "model/manifest.json": "{}",
  "model/deep/shard.safetensors": "shard",
  "models.json": "[]",
  "embed.d.ts": "types",
  "sw.js": "worker",
  ".nojekyll": "",
};

test("every file is listed once with its SHA-256: the shell, and what is kept later", (t) => {
  const { shell, later } = listSite(makeSite(t, SITE));
  assert.deepEqual(Object.keys(shell).sort(), [
    "app/page.js",
    "embed/index.html",
    "icons/icon-192.png",
    "index.html",
    "map/backdrop.geojson",
  ]);
  assert.deepEqual(Object.keys(later).sort(), [
    "samples/harbor.jpg",
    "wasm/cpu/placelens.js",
    "wasm/cpu/placelens_bg.wasm",
  ]);
  assert.equal(shell["index.html"], sha256("page"));
  assert.equal(later["samples/harbor.jpg"], sha256("picture"));
});

test("the same files give the same text, whatever was written there before", (t) => {
  const dir = makeSite(t, SITE);
  writePrecache(dir);
  const first = readFileSync(join(dir, "precache.js"), "utf8");
  writePrecache(dir);
  assert.equal(readFileSync(join(dir, "precache.js"), "utf8"), first);
});

for (const [what, path, changes] of [
  ["a file of the shell", "app/page.js", true],
  ["a program", "wasm/cpu/placelens_bg.wasm", true],
  ["the service worker itself", "sw.js", true],
  ["the model", "model/manifest.json", false],
  ["the owner's list of models", "models.json", false],
]) {
  test(`${what} that changes ${changes ? "makes" : "makes no"} new version`, (t) => {
    const before = listSite(makeSite(t, SITE)).version;
    const after = listSite(makeSite(t, { ...SITE, [path]: "changed" })).version;
    assert.match(before, /^[0-9a-f]{16}$/);
    assert.equal(after !== before, changes);
  });
}

test("a name is listed as it stands in an address", (t) => {
  const { later } = listSite(makeSite(t, { ...SITE, "samples/my harbor.jpg": "picture" }));
  assert.ok("samples/my%20harbor.jpg" in later);
});

test("the list is a script that sets one global", (t) => {
  const dir = makeSite(t, SITE);
  const written = writePrecache(dir);
  const self = {};
  vm.runInNewContext(readFileSync(join(dir, "precache.js"), "utf8"), { self });
  assert.deepEqual(structuredClone(self), { PRECACHE: written });
});

test("the command says what it wrote, and refuses a folder that is no site", (t) => {
  const run = (...args) => spawnSync(process.execPath, [SCRIPT, ...args], { encoding: "utf8" });
  const good = run(makeSite(t, SITE));
  assert.match(good.stdout, /^version [0-9a-f]{16}: 5 files kept for opening the site, 3 once they were wanted\n$/);
  const bad = run(makeSite(t, { "readme.txt": "none" }));
  assert.equal(bad.status, 1);
  assert.match(bad.stderr, /expected a built site with an index\.html; run \.\/build\.sh site first/);
  assert.equal(run().status, 2);
});
