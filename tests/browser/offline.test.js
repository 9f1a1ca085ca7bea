/**
 * The service worker in a real browser: visits without a network, and versions that follow each other.
 *
 * "Without a network" is a server that drops every connection; "a new version" is the same folder
 * with some files changed and its list written anew, as a deployment does it.
 */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { afterEach } from "node:test";
import { writePrecache } from "../../src/site/precache.mjs";
import { useSite } from "./fixture.mjs";
import { choose, events, fakePhoto, makeFakeSite, waitForState } from "./site.mjs";

const fake = makeFakeSite();
writePrecache(fake.dir);
const { site, visit } = useSite({ dir: () => fake.dir, base: "/user/repo/", cleanUp: fake.remove });

const original = new Map();
/** Adds words to a file of the site until the test is over. @param {string} path @param {string} words */
function change(path, words) {
  const at = join(fake.dir, path);
  const text = readFileSync(at, "utf8");
  if (!original.has(path)) original.set(path, text);
  writeFileSync(at, path.endsWith(".html") ? text.replace("<html", `<html ${words}`) : `${text}\n${words}\n`);
}
afterEach(() => {
  for (const [path, text] of original) writeFileSync(join(fake.dir, path), text);
  original.clear();
  writePrecache(fake.dir);
});

const cut = (request) => (request.socket.destroy(), true);
const kept = (page) => page.waitForSelector("html[data-offline=ready]", { state: "attached" });
const controlled = (page) => page.evaluate(() => navigator.serviceWorker.controller !== null);

/** A page of the installed site. @param {import("node:test").TestContext} t @param {string} [query] */
async function comeBack(t, query = "?device=cpu") {
  const visited = await visit(t, query);
  await kept(visited.page);
  await visited.page.reload();
  await waitForState(visited.page, "ready");
  assert.equal(await controlled(visited.page), true);
  return visited;
}

/** Version 2 of page and program, on the server, and looked for. @param {import("playwright-core").Page} page */
async function deploy(page, { half = false } = {}) {
  change("index.html", 'data-html="2"');
  change("app/page.js", 'document.documentElement.dataset.program = "2";');
  writePrecache(fake.dir);
  if (half) writeFileSync(join(fake.dir, "app/page.js"), original.get("app/page.js"));
  await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update().catch(() => {}));
}

/** Of which version page and program are; the new one says. @param {import("playwright-core").Page} page */
const versionOf = (page) =>
  page.evaluate(() => [document.documentElement.dataset.html, document.documentElement.dataset.program]);
const OLD = [undefined, undefined];
const NEW = ["2", "2"];

test("after the first visit the page opens without a network, and finds a place", async (t) => {
  const { page } = await visit(t, "?device=cpu");
  await kept(page);
  site.intercept = cut;
  await page.reload();
  await waitForState(page, "ready");
  assert.deepEqual(await events(page, "ready"), [{ backend: "cpu", model: "stand-in" }]);
  assert.equal((await choose(page, fakePhoto("fine"))).name, "result");
});

test("on a first visit the model comes before the copies", async (t) => {
  const { page } = await visit(t, "?device=cpu");
  await kept(page);
  const at = (pattern) => site.server.requests.flatMap((url, index) => (pattern.test(url) ? [index] : []));
  assert.ok(at(/\/model\//).length > 0 && Math.max(...at(/\/model\//)) < Math.min(...at(/\/sw\.js/)));
});

test("samples show and work without a network", async (t) => {
  const { page } = await visit(t, "?device=cpu");
  await kept(page);
  site.intercept = cut;
  await page.reload();
  await waitForState(page, "ready");
  await page.getByRole("button", { name: "Harbor" }).click();
  await page.waitForFunction(() => window.placelensEvents.some(({ name }) => name === "result"));
  const broken = await page.$$eval(
    "button[data-sample] img",
    (all) => all.filter(({ naturalWidth }) => naturalWidth === 0).length,
  );
  assert.equal(broken, 0);
});

test("every page of the site opens without a network, with or without a query", async (t) => {
  const { page } = await visit(t, "?device=cpu");
  await kept(page);
  site.intercept = cut;
  const { shell } = JSON.parse(readFileSync(join(fake.dir, "precache.js"), "utf8").match(/\{[^]*\}/)[0]);
  const pages = Object.keys(shell).filter((path) => path.endsWith(".html"));
  assert.ok(pages.includes("index.html") && pages.includes("weights.html"), `${pages}`);
  for (const path of pages) {
    for (const address of [path, path.replace(/index\.html$/, ""), `${path}?device=cpu`]) {
      const response = await page.goto(site.server.url + address);
      assert.equal(response.status(), 200, address);
      assert.match(await page.title(), /\S/, address);
    }
  }
});

test("a second visit asks the server only for what may change without a new version", async (t) => {
  const { page } = await visit(t, "?device=cpu");
  await kept(page);
  site.server.requests.length = 0;
  await page.reload();
  await waitForState(page, "ready");
  const asked = new Set(site.server.requests.map((url) => url.replace("/user/repo/", "").split("?")[0]));
  for (const path of ["sw.js", "precache.js"]) asked.delete(path); // the browser's own look for a new version
  assert.deepEqual([...asked].sort(), ["model/manifest.json", "models.json"]);
});

test("only files of this site are kept, beside the model", async (t) => {
  const { page } = await comeBack(t);
  const all = await page.evaluate(async () => {
    const names = await caches.keys();
    const keys = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return names.map((name, index) => [name, keys[index].map(({ url }) => url)]);
  });
  assert.deepEqual(all.map(([name]) => name.replace(/[0-9a-f]{16}$/, "VERSION")).sort(), [
    "placelens-site /user/repo/ VERSION",
  ]);
  const [, files] = all.find(([name]) => name.startsWith("placelens-site"));
  for (const url of files) assert.ok(url.startsWith(site.server.url) && !url.includes("?"), url);
  assert.ok(!files.some((url) => url.includes("/model/")), "the model has a cache of its own");
});

test("a new version is told, waits, and replaces the old one when the visitor says so", async (t) => {
  const { page } = await comeBack(t);
  await deploy(page);
  await page.getByText("A new version of PlaceLens is ready.").waitFor();
  await page.getByRole("button", { name: "Not now" }).click();
  assert.equal(await page.locator("#update").textContent(), "");
  await page.reload();
  await waitForState(page, "ready");
  assert.deepEqual(await versionOf(page), OLD, "a reload alone changes nothing while it waits");
  await page.getByRole("button", { name: "Reload" }).click();
  await page.waitForSelector("html[data-program]", { state: "attached" });
  assert.deepEqual(await versionOf(page), NEW);
  await waitForState(page, "ready");
  site.intercept = cut;
  await page.reload();
  await waitForState(page, "ready");
  assert.deepEqual(await versionOf(page), NEW, "whole, without a network, its program for this device too");
});

test("what would be lost is said before", async (t) => {
  const { page } = await comeBack(t);
  await choose(page, fakePhoto("fine"));
  await deploy(page);
  await page.getByText("Reloading clears the results on this page.").waitFor();
  assert.equal(await page.locator("#ranking").isVisible(), true);
});

test("when every page is closed, the next visit has the new version", async (t) => {
  const { page, context } = await comeBack(t);
  await deploy(page);
  await page.getByText("A new version of PlaceLens is ready.").waitFor();
  await page.goto("about:blank");
  const next = await context.newPage();
  await next.goto(`${site.server.url}?device=cpu`);
  await next.waitForSelector("html[data-program]", { state: "attached" });
  assert.deepEqual(await versionOf(next), NEW);
});

test("a deployment cut short leaves the old version working, whole, without a network too", async (t) => {
  const { page } = await comeBack(t);
  await deploy(page, { half: true });
  for (const network of [null, cut]) {
    site.intercept = network;
    await page.reload();
    await waitForState(page, "ready");
    assert.deepEqual(await versionOf(page), OLD);
    assert.equal(await page.locator("#update").textContent(), "");
    assert.equal((await choose(page, fakePhoto("fine"))).name, "result");
  }
  site.intercept = null;
  await deploy(page); // finished
  await page.getByText("A new version of PlaceLens is ready.").waitFor();
});

test("a tab with results holds the new version back; once it has none, both change together", async (t) => {
  const { page, context } = await comeBack(t);
  const other = await context.newPage();
  await other.goto(`${site.server.url}?device=cpu`);
  await waitForState(other, "ready");
  await other.setInputFiles("#photo-input", fakePhoto("fine"));
  await other.waitForSelector("#result[data-view=answer]");
  await deploy(page);
  await page.getByRole("button", { name: "Reload" }).click();
  await page.getByText("Another tab with PlaceLens still has results.").waitFor();
  assert.equal(await other.locator("#ranking").isVisible(), true);
  assert.deepEqual(await versionOf(other), OLD);
  await other.reload();
  await waitForState(other, "ready");
  await page.getByRole("button", { name: "Try again" }).click();
  for (const tab of [page, other]) {
    await tab.waitForSelector("html[data-program]", { state: "attached" });
    assert.deepEqual(await versionOf(tab), NEW);
  }
});

test("a site without its list of files works, only not without a network", async (t) => {
  const intercept = (_, response, path) => path.endsWith("precache.js") && (response.writeHead(404).end(), true);
  const { page } = await visit(t, "?device=cpu", { intercept });
  assert.equal((await choose(page, fakePhoto("fine"))).name, "result");
  assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length), 0);
});

test("the browser finds nothing that keeps the site from being installed", async (t) => {
  const { page, context } = await visit(t, "?device=cpu");
  await kept(page);
  const session = await context.newCDPSession(page);
  const { errors, data } = await session.send("Page.getAppManifest");
  assert.deepEqual(errors, []);
  assert.equal(JSON.parse(data).name, "PlaceLens");
  const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
  // a test's profile is a private window, from which nothing is installed
  assert.deepEqual(
    installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito"),
    [],
  );
});
