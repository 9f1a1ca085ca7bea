import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";

const WWW = new URL("../../www/", import.meta.url);
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
  for (const path of ["index.html", "icon.svg", ...files("app/", ".js"), ...files("styles/", ".css")]) {
    const others = read(path)
      .replaceAll("http://www.w3.org/2000/svg", "")
      .match(/(https?:)?\/\/[\w-]+\.[\w.]+/g);
    assert.equal(others, null, `${path}: ${others}`);
  }
});

test("the page has no inline script, style or handler", () => {
  const html = read("index.html");
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)/);
  assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=/);
});

test("the policy allows no inline code and no other origin", () => {
  const policy = read("index.html").match(/Content-Security-Policy" content="([^"]*)"/)[1];
  const rules = Object.fromEntries(policy.split("; ").map((rule) => [rule.split(" ")[0], rule.split(" ").slice(1)]));
  assert.deepEqual(rules["default-src"], ["'none'"]);
  assert.deepEqual(rules["script-src"], ["'self'", "'wasm-unsafe-eval'"]);
  const allowed = new Set(["'none'", "'self'", "'wasm-unsafe-eval'", "blob:"]);
  for (const [name, sources] of Object.entries(rules))
    for (const source of sources) assert.ok(allowed.has(source), `${name} ${source}`);
});

test("the lock file names no registry's host", () => {
  assert.doesNotMatch(readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8"), /"resolved"/);
});
