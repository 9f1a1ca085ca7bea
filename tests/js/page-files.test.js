import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";

const WWW = new URL("../../www/", import.meta.url);
const PAGES = ["index.html", "embed.html", "embed/index.html", "blog-example.html", "weights.html"];
const read = (path) => readFileSync(new URL(path, WWW), "utf8");
const files = (folder, end) =>
  readdirSync(new URL(folder, WWW))
    .filter((name) => name.endsWith(end))
    .map((name) => `${folder}${name}`);

test("every module passes the type checker", () => {
  const tsc = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
  const { status, stdout } = spawnSync(
    process.execPath,
    [tsc, "--project", fileURLToPath(new URL("tsconfig.json", import.meta.url))],
    { encoding: "utf8" },
  );
  assert.equal(status, 0, stdout);
});

test("every module asks to be checked and says what goes in and out", () => {
  for (const path of files("app/", ".js")) {
    const head = read(path).split("\n").slice(0, 12).join("\n");
    assert.match(head, /^\/\/ @ts-check\n\/\*\*/, path);
    if (!path.endsWith("messages.js")) assert.match(head, /In: .*/, path);
  }
});

test("no file of the page names another host", () => {
  for (const path of [...PAGES, "embed.js", "sw.js", "icon.svg", ...files("app/", ".js"), ...files("styles/", ".css")]) {
    const others = read(path)
      .replaceAll("http://www.w3.org/2000/svg", "")
      .match(/(https?:)?\/\/[\w-]+\.[\w.]+/g);
    assert.equal(others, null, `${path}: ${others}`);
  }
});

test("no page has an inline script, style or handler", () => {
  for (const path of PAGES) {
    const html = read(path);
    assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)/, path);
    assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=/, path);
  }
});

/** Where the file is that a page names; the library's come with the build. @param {string} named @param {string} page */
function fileOf(named, page) {
  const url = new URL(named, new URL(page, WWW));
  const leaflet = new URL("../../node_modules/leaflet/dist/", import.meta.url).href;
  return new URL(url.href.replace(new URL("vendor/leaflet/", WWW).href, leaflet));
}

test("every file that a page names is there", () => {
  for (const path of PAGES) {
    const named = [...read(path).matchAll(/\s(?:src|href|data-sample)="([^"]*)"/g)].map(([, file]) => file);
    assert.ok(named.length > 4, path);
    for (const file of named) assert.ok(existsSync(fileOf(file, path)), `${path} names ${file}`);
  }
});

/** @param {string} path */
function policyOf(path) {
  const policy = read(path).match(/Content-Security-Policy" content="([^"]*)"/)[1];
  return Object.fromEntries(policy.split("; ").map((rule) => [rule.split(" ")[0], rule.split(" ").slice(1)]));
}

test("the policy allows no inline code and no other origin", () => {
  assert.deepEqual(policyOf("index.html")["script-src"], ["'self'", "'wasm-unsafe-eval'"]);
  assert.equal(policyOf("weights.html")["script-src"], undefined); // none: what is not named is default-src
  const allowed = new Set(["'none'", "'self'", "'wasm-unsafe-eval'", "blob:"]);
  for (const path of PAGES) {
    const rules = policyOf(path);
    assert.deepEqual(rules["default-src"], ["'none'"], path);
    for (const [name, sources] of Object.entries(rules))
      for (const source of sources) assert.ok(allowed.has(source), `${path}: ${name} ${source}`);
  }
});

test("the lock file names no registry's host", () => {
  assert.doesNotMatch(readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8"), /"resolved"/);
});
