/**
 * The main flow in Firefox, on the CPU: another engine for modules, workers, policy and cache.
 *
 * In: FIREFOX, the browser (without it, Debian's firefox-esr); PLACELENS_DIST and PLACELENS_CLI, as
 * in `real.test.js`. Firefox is driven by WebDriver BiDi. Where it is missing this file fails: a
 * browser that nobody looked at is not one that works.
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";
import { writePrecache } from "../../src/site/precache.mjs";
import { startServer } from "../server/serve.mjs";
import { fakePhoto, makeFakeSite } from "./site.mjs";

const FIREFOX = process.env.FIREFOX || "/usr/bin/firefox-esr";
if (!existsSync(FIREFOX))
  throw new Error(`FIREFOX: expected Firefox at ${FIREFOX}, found none; on Debian: apt-get install firefox-esr`);
const DIST = process.env.PLACELENS_DIST;
if (!DIST || !existsSync(DIST))
  throw new Error(`PLACELENS_DIST: expected the folder of the built site, found ${DIST}; run ./build.sh site first`);
const CLI = process.env.PLACELENS_CLI;
if (!CLI || !existsSync(CLI))
  throw new Error(`PLACELENS_CLI: expected the placelens program, found ${CLI}; build it first`);

const PHOTO = fileURLToPath(new URL("../../www/samples/harbor.jpg", import.meta.url));

const fake = makeFakeSite();
writePrecache(fake.dir);
const photos = mkdtempSync(join(tmpdir(), "placelens-photos-"));
/** @type {import("puppeteer-core").Browser} */
let browser;
/** @type {Record<"stand-in" | "real", Awaited<ReturnType<typeof startServer>>>} */
let servers;
let offline = false;

before(async () => {
  const intercept = (request) => offline && (request.socket.destroy(), true);
  servers = {
    "stand-in": await startServer({ dir: fake.dir, base: "/user/repo/", intercept }),
    real: await startServer({ dir: DIST, base: "/user/repo/" }),
  };
  browser = await puppeteer.launch({ browser: "firefox", executablePath: FIREFOX, headless: true });
});
after(async () => {
  await browser?.close();
  for (const server of Object.values(servers ?? {})) await server.close();
  fake.remove();
  rmSync(photos, { recursive: true, force: true });
});

/** What the page tells, what its policy stopped, and what nobody caught; runs in the page before it does. */
function record() {
  const seen = { results: [], errors: [], ready: [], faults: [] };
  Object.assign(window, { seen });
  for (const [name, list] of [
    ["ready", seen.ready],
    ["result", seen.results],
    ["error", seen.errors],
  ])
    document.addEventListener(`placelens:${name}`, ({ detail }) => list.push(structuredClone(detail)));
  document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
    seen.faults.push(`${violatedDirective} ${blockedURI}`),
  );
  for (const kind of ["error", "unhandledrejection"])
    window.addEventListener(kind, (event) => seen.faults.push(String(event.message ?? event.reason)));
}

/** A page in a profile of its own; at the test's end it must have kept to its own origin and its policy. */
async function visit(t, which) {
  const server = servers[which];
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.evaluateOnNewDocument(record);
  t.after(async () => {
    offline = false;
    const faults = await page.evaluate(() => window.seen.faults);
    await context.close();
    assert.deepEqual(faults, []);
    const others = asked.filter((url) => url.startsWith("http") && !url.startsWith(server.origin));
    assert.deepEqual(others, [], "a request left this origin");
  });
  await page.goto(`${server.url}?device=auto`);
  await state(page, "ready");
  return page;
}

const state = (page, word) =>
  page.waitForFunction((wanted) => document.documentElement.dataset.state === wanted, { timeout: 120_000 }, word);

/** The result of a photo, or its error. @param {import("puppeteer-core").Page} page @param {string} path */
async function choose(page, path) {
  const before = await page.evaluate(() => window.seen.results.length + window.seen.errors.length);
  await (await page.$("#photo-input")).uploadFile(path);
  await page.waitForFunction((n) => window.seen.results.length + window.seen.errors.length > n, {}, before);
  return await page.evaluate(() => ({ result: window.seen.results.at(-1), errors: window.seen.errors }));
}

/** @param {string} word */
function fakePhotoFile(word) {
  const { name, buffer } = fakePhoto(word);
  writeFileSync(join(photos, name), buffer);
  return join(photos, name);
}

test("the page loads its model on the CPU, says why, ranks a photo, and keeps to its policy", async (t) => {
  const page = await visit(t, "stand-in");
  assert.deepEqual(await page.evaluate(() => window.seen.ready), [{ backend: "cpu", model: "stand-in" }]);
  assert.match(await page.$eval("#model-note", ({ textContent }) => textContent), /CPU/);
  const { result, errors } = await choose(page, fakePhotoFile("fine"));
  assert.deepEqual(errors, []);
  const ranked = await page.$$eval("#ranking > li", (all) => all.map(({ dataset }) => dataset.id));
  assert.deepEqual(
    ranked,
    result.places.map(({ id }) => id),
  );
});

test("a photo that crashes the model is told, and the next one works", async (t) => {
  const page = await visit(t, "stand-in");
  const { errors } = await choose(page, fakePhotoFile("crash"));
  assert.equal(errors[0].code, "crashed");
  await state(page, "ready");
  assert.ok((await choose(page, fakePhotoFile("fine"))).result.places.length > 0);
});

test("after the first visit the page works without a network", async (t) => {
  const page = await visit(t, "stand-in");
  await page.waitForSelector("html[data-offline=ready]");
  offline = true;
  await page.reload();
  await state(page, "ready");
  assert.ok((await choose(page, fakePhotoFile("fine"))).result.places.length > 0);
});

test("the real model ranks a photo as the command line does", { timeout: 300_000 }, async (t) => {
  const page = await visit(t, "real");
  const { result, errors } = await choose(page, PHOTO);
  assert.deepEqual(errors, []);
  const output = execFileSync(CLI, ["locate", "--model", join(DIST, "model"), "--json", PHOTO], { encoding: "utf8" });
  const native = JSON.parse(output);
  assert.deepEqual(
    result.places.slice(0, 3).map(({ id }) => id),
    native.places.slice(0, 3).map(({ id }) => id),
  );
  const expected = new Map(native.places.map(({ id, cosine }) => [id, cosine]));
  const largest = Math.max(...result.places.map(({ id, cosine }) => Math.abs(cosine - expected.get(id))));
  assert.ok(largest <= 1e-3, `a cosine differs by ${largest}`); // as for Chromium: other orders of the same sums
  const encode_ms = Math.round(result.milliseconds.encode);
  t.diagnostic(`${await browser.version()}: encode ${encode_ms} ms, largest difference ${largest.toExponential(2)}`);
});
