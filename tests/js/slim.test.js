import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { slimScript, slimSheet, slimSite } from "../../src/site/slim.mjs";

const SCRIPT = fileURLToPath(new URL("../../src/site/slim.mjs", import.meta.url));

for (const [what, script, expected] of [
  ["a head", "// @ts-check\n/**\n * In: this.\n */\n\nstart();\n", "\nstart();\n"],
  ["a cast", "const a = /** @type {number} */ (b);\n", "const a =   (b);\n"],
  ["the end of a line", "go(); // far\nstop();\n", "go();  \nstop();\n"],
  ["a comment among arguments", "go(a, /* not b */ c);\n", "go(a,   c);\n"],
  ["a comment between two words", "return/* it */it;\n", "return it;\n"],
  ["a comment that ends a statement", "const a = b /*\n*/ ++c\n", "const a = b \n ++c\n"],
  ["a comment in a template's expression", "`${/* why */ a} /* text */`;\n", "`${  a} /* text */`;\n"],
  ["comments one after another", "/* a */ /* b */\n// c\ngo();\n", null],
  ["a comment in an empty block", "try {\n  go();\n} catch {\n  // never mind\n}\n", "try {\n  go();\n} catch {\n}\n"],
  ["a comment in a class", "class A {\n  /** @type {number} */\n  #b = 1;\n}\n", "class A {\n  #b = 1;\n}\n"],
  ["a comment at the very end", "go();\n// over", "go();\n"],
]) {
  test(`${what} goes, and the words stay`, () => {
    const slim = slimScript(script);
    if (expected !== null) assert.equal(slim, expected);
    assert.doesNotMatch(slim.replace("/* text */", ""), /\/[/*]/);
  });
}

for (const script of [
  'const url = "https://host.test/*"; // x\n',
  "const pattern = /\\/\\*[^]*?\\*\\//g; // x\n",
  "const half = a / b / c; // x\n",
  "const text = `\n// not a comment\n\n/* nor this */\n`; // x\n",
]) {
  test(`what only looks like a comment stays: ${JSON.stringify(script)}`, () => {
    assert.equal(slimScript(script), script.replace("// x", " "));
  });
}

test("in a style sheet, comments go and strings stay", () => {
  const sheet = '/* Head. */\n\na { color: red; /* why */ }\nb::after { content: "/* no */"; }\n';
  assert.equal(slimSheet(sheet), '\na { color: red;   }\nb::after { content: "/* no */"; }\n');
});

/** @param {import("node:test").TestContext} t @param {Record<string, string>} files */
function makeSite(t, files) {
  const dir = mkdtempSync(join(tmpdir(), "placelens-slim-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  for (const folder of ["app", "vendor", "wasm"]) mkdirSync(join(dir, folder));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(dir, path), text);
  return dir;
}

test("a site is slimmed in its place; others' files and other kinds stay as they are", (t) => {
  const others = { "vendor/a.js": "// license\n", "wasm/b.js": "// glue\n", "index.html": "<!-- a // b -->\n" };
  const dir = makeSite(t, { "app/a.js": "// why\ngo();\n", "c.css": "/* c */\n", ...others });
  assert.deepEqual(slimSite(dir), { before: 21, after: 6 });
  assert.equal(readFileSync(join(dir, "app/a.js"), "utf8"), "go();\n");
  for (const [path, text] of Object.entries(others)) assert.equal(readFileSync(join(dir, path), "utf8"), text);
});

test("every file of the page can be slimmed", () => {
  const www = fileURLToPath(new URL("../../www/", import.meta.url));
  const scripts = readdirSync(www, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".js"));
  assert.ok(scripts.length > 20);
  for (const path of scripts) {
    const text = readFileSync(join(www, path), "utf8");
    assert.ok(slimScript(text).length < text.length, path);
  }
});

test("the command says what came of it, and refuses to be called without a folder", (t) => {
  const run = (...args) => spawnSync(process.execPath, [SCRIPT, ...args], { encoding: "utf8" });
  const dir = makeSite(t, { "app/a.js": "// why\ngo();\n" });
  assert.equal(run(dir).stdout, "scripts and style sheets: 13 bytes, 6 without comments\n");
  assert.equal(run().status, 2);
  assert.equal(run(join(dir, "none")).status, 1);
});
