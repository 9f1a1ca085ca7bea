/**
 * The list that the service worker goes by: every file of the site and its SHA-256.
 *
 * In: the folder of a site (`node src/site/precache.mjs dist`).  Out: `precache.js` in it:
 * `version`, which changes with any file; `shell`, what the pages need to open; `later`, what is
 * kept once it was wanted: programs of one kind of device, pictures.
 * Rule: the same files give the same text. The model is not listed: its files carry their own
 * hashes. Nor is what a site's owner may change without a new version: `models.json`.
 *
 * Run it again after any change to a file of the site; `build.sh site` does.
 * Proof: `tests/js/precache.test.js`.
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The browser keeps these two itself: they are the worker. */
const WORKER = new Set(["sw.js", "precache.js"]);
/** Not part of a version: asked of the server, or for people only. */
const LEFT_OUT = [/^model\//, /^models\.json$/, /(^|\/)\./, /\.d\.ts$/, /\.md$/, /(^|\/)LICENSE/];
const SHELL_TYPES = new Set([".html", ".css", ".js", ".json", ".geojson", ".svg", ".webmanifest"]);

/** @param {string | Uint8Array} bytes */
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** Files of a folder, deep, with `/` in their names on every system, in one order. @param {string} dir */
function filesOf(dir) {
  return readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(dir, name)).isFile())
    .map((name) => name.replaceAll("\\", "/"))
    .sort();
}

/** What every page needs, whatever the device and whatever is looked at. @param {string} path */
function isShell(path) {
  if (/^(wasm|samples)\//.test(path)) return false;
  return SHELL_TYPES.has(extname(path)) || path.startsWith("icons/");
}

/**
 * @param {string} dir  the built site
 * @returns {{ version: string, shell: Record<string, string>, later: Record<string, string> }}
 *   paths relative to the site, as they are in an address, to SHA-256 in lower-case hexadecimal
 */
export function listSite(dir) {
  /** @type {Record<string, string>} */
  const shell = {};
  /** @type {Record<string, string>} */
  const later = {};
  const all = [];
  for (const path of filesOf(dir)) {
    if (path === "precache.js" || LEFT_OUT.some((pattern) => pattern.test(path))) continue;
    const hash = sha256(readFileSync(join(dir, path)));
    all.push(`${hash} ${path}\n`);
    if (!WORKER.has(path)) (isShell(path) ? shell : later)[encodeURI(path)] = hash;
  }
  if (!shell["index.html"])
    throw new Error(`${dir}: expected a built site with an index.html; run ./build.sh site first`);
  return { version: sha256(all.join("")).slice(0, 16), shell, later };
}

/** Writes the list into the site and returns it. @param {string} dir */
export function writePrecache(dir) {
  const list = listSite(dir);
  const head = "// Written by src/site/precache.mjs; read by sw.js.\n";
  writeFileSync(join(dir, "precache.js"), `${head}self.PRECACHE = ${JSON.stringify(list, null, 1)};\n`);
  return list;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const dir = process.argv[2];
  if (!dir || process.argv.length > 3) {
    console.error("precache: expected the folder of a built site; usage: node src/site/precache.mjs dist");
    process.exit(2);
  }
  try {
    const { version, shell, later } = writePrecache(dir);
    const [opening, wanted] = [shell, later].map((files) => Object.keys(files).length);
    console.log(`version ${version}: ${opening} files kept for opening the site, ${wanted} once they were wanted`);
  } catch (error) {
    console.error(`precache: ${error instanceof Error ? error.message : error}`);
    process.exit(1);
  }
}
