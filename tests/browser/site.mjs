/**
 * Sites to test: the page around the stand-in module, and the real one; and the browser.
 *
 * In: the repository's `www`, or the built folder.  Out: a folder, a server, a page whose every
 * request to somebody else, policy violation and page error is on record.
 */

import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { chromium } from "playwright-core";
import { fakeHash } from "../fake/placelens.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const QUIET = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The stand-in's pack: file names and bytes that follow from them. */
export const FAKE_FILES = ["vision-0.bin", "vision-1.bin", "vision-2.bin", "places.bin"].map((file, index) => {
  const bytes = Uint8Array.from({ length: 200_000 + 10_000 * index }, (_, at) => (at * (index + 3)) % 251);
  return { file, bytes, size_bytes: bytes.length, sha256: fakeHash(bytes) };
});

/**
 * @param {object} [fake]  what goes wrong, see `tests/fake/placelens.js`
 * @param {{ untrained?: boolean, about?: string }} [model]
 */
export function fakeManifest(fake = {}, { untrained = true, about } = {}) {
  const files = FAKE_FILES.map(({ file, size_bytes, sha256 }) => ({ file, size_bytes, sha256 }));
  return JSON.stringify({ name: "stand-in", untrained, about, files, fake });
}

/** The page around the stand-in, in a folder of its own. @param {object} [fake] @param {{ about?: string }} [model] */
export function makeFakeSite(fake = {}, model = {}) {
  const dir = mkdtempSync(join(tmpdir(), "placelens-page-"));
  cpSync(join(ROOT, "www"), dir, { recursive: true });
  // as the built site has them, each in one file; scripts stay apart, so that a test can replace one
  const styles = readdirSync(join(dir, "styles")).map((name) => join(dir, "styles", name));
  buildSync({ entryPoints: styles, outdir: join(dir, "styles"), bundle: true, allowOverwrite: true, logLevel: "warning" });
  for (const file of ["leaflet.js", "leaflet.css"]) {
    cpSync(join(ROOT, "node_modules/leaflet/dist", file), join(dir, "vendor/leaflet", file));
  }
  for (const device of ["cpu", "cpu-relaxed", "webgpu"]) {
    mkdirSync(join(dir, "wasm", device), { recursive: true });
    cpSync(join(ROOT, "tests/fake/placelens.js"), join(dir, "wasm", device, "placelens.js"));
    writeFileSync(join(dir, "wasm", device, "placelens_bg.wasm"), ""); // the stand-in needs none
  }
  mkdirSync(join(dir, "model"), { recursive: true });
  writeFileSync(join(dir, "model/manifest.json"), fakeManifest(fake, model));
  for (const { file, bytes } of FAKE_FILES) writeFileSync(join(dir, "model", file), bytes);
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** @param {{ webgpu?: boolean }} [options]  `webgpu`: offer the software adapter */
export async function launch({ webgpu = true } = {}) {
  const executablePath = process.env.CHROMIUM || "/usr/bin/chromium";
  const args = [...QUIET, ...(webgpu ? ["--enable-unsafe-webgpu"] : [])];
  return await chromium.launch({ executablePath, args, headless: true });
}

/**
 * A page in a profile of its own, and what happened to it.
 * @param {import("playwright-core").Browser} browser
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
export async function newPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  /** @type {{ requests: string[], violations: string[], errors: string[] }} */
  const record = { requests: [], violations: [], errors: [] };
  context.on("request", (request) => record.requests.push(request.url()));
  page.on("pageerror", (error) => record.errors.push(String(error)));
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) record.violations.push(message.text());
  });
  await page.addInitScript(() => {
    const events = [];
    Object.assign(window, { placelensEvents: events });
    for (const name of ["progress", "ready", "result", "error"]) {
      document.addEventListener(`placelens:${name}`, (event) => events.push({ name, detail: event.detail }));
    }
    document.addEventListener("securitypolicyviolation", (event) =>
      events.push({ name: "violation", detail: `${event.violatedDirective} ${event.blockedURI}` }),
    );
  });
  return { page, record, context };
}

/** Events of the page so far, by name. @param {import("playwright-core").Page} page @param {string} name */
export async function events(page, name) {
  return await page.evaluate(
    (wanted) => window.placelensEvents.filter((event) => event.name === wanted).map(({ detail }) => detail),
    name,
  );
}

/** @param {import("playwright-core").Page} page @param {string} state @param {number} [timeout] */
export async function waitForState(page, state, timeout = 20_000) {
  await page.waitForFunction((wanted) => document.documentElement.dataset.state === wanted, state, { timeout });
}

/**
 * Chooses a photo and waits for its answer: a result or an error.
 * @param {import("playwright-core").Page} page
 * @param {string | { name: string, mimeType: string, buffer: Buffer }} photo
 */
export async function choose(page, photo, timeout = 30_000) {
  const before = (await events(page, "result")).length + (await events(page, "error")).length;
  await page.setInputFiles("#photo-input", photo);
  await page.waitForFunction(
    (n) => window.placelensEvents.filter(({ name }) => name === "result" || name === "error").length > n,
    before,
    { timeout },
  );
  return await page.evaluate(() =>
    window.placelensEvents.filter(({ name }) => name === "result" || name === "error").at(-1),
  );
}

/** A file that says what shall happen to it. @param {string} word */
export function fakePhoto(word) {
  return { name: `${word}.jpg`, mimeType: "image/jpeg", buffer: Buffer.from(`fake:${word} `) };
}
