/**
 * Whole visits: from opening the page to the first answer, the bytes on the way, and how long the page stood still.
 *
 * In: a browser, the bench's server.  Out: times of second visits, with everything in the browser's caches; bytes by
 * path of a first and a second one; the main thread's longest tasks, by the clock and by the processor.
 * A visit begins with the click that opens the page. A sample is clicked as soon as the page takes clicks, so that
 * loading and starting are all in the time; the peer's page begins by itself. Until its answer a page is left alone:
 * whoever asks it again and again takes part of two processors from it. It says on its console when it is done.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTrace, stopTrace } from "../browser/main-thread.mjs";

const PAGE = "/?device=cpu&model=packs/int8/manifest.json";
const PEER = "/bench/peer.html?photo=/samples/harbor.jpg";
const VIEWPORT = { width: 1280, height: 900 };
const LIMIT_MS = 120_000;

/** Runs in each page before it does: a click at the first possible moment, and the moment of the answer. */
function watch() {
  if (location.protocol === "about:") return;
  const seen = { clickedAt: 0, loadedAt: 0, readyAt: 0, photo_ms: 0, longTasks: [] };
  Object.assign(window, { seen });
  new PerformanceObserver((list) =>
    list.getEntries().forEach(({ startTime, duration }) => seen.longTasks.push([startTime, duration])),
  ).observe({ type: "longtask", buffered: true });
  new MutationObserver((_, observer) => {
    if (document.documentElement?.dataset.state !== "loading") return;
    observer.disconnect();
    seen.clickedAt = performance.now();
    document.querySelector("[data-sample='samples/harbor.jpg']").click();
  }).observe(document, { attributes: true, subtree: true, attributeFilter: ["data-state"] });
  document.addEventListener("placelens:progress", () => (seen.loadedAt = performance.now()));
  document.addEventListener("placelens:ready", () => (seen.readyAt = performance.now()));
  document.addEventListener("placelens:result", ({ detail }) => {
    seen.photo_ms = Object.values(detail.milliseconds).reduce((sum, ms) => sum + ms);
    requestAnimationFrame(() => console.debug("visited", (seen.shownAt ??= performance.now())));
  });
  document.addEventListener("placelens:error", ({ detail }) => console.debug("visited", (seen.failed = detail.message)));
}

/** One visit, until its answer is there. */
async function visit(context, server, path) {
  const page = await context.newPage();
  const visited = page.waitForEvent("console", {
    predicate: (message) => message.text().startsWith("visited "),
    timeout: LIMIT_MS,
  });
  await Promise.all([page.goto(server.origin + path), visited]);
  const said = await page.evaluate(() => window.seen);
  if (said.failed) throw new Error(`${path}: expected an answer, the page said: ${said.failed}`);
  return { page, ...said };
}

/** Closes the page once its service worker has all that it keeps. */
async function settle({ page }) {
  await page.evaluate(async () => {
    if (await navigator.serviceWorker.getRegistration()) await navigator.serviceWorker.ready;
  });
  await page.waitForLoadState("networkidle");
  await page.close();
}

/** @param {{ chromium: any, launchOptions: object, server: any, runs: number }} bench */
export async function visits({ chromium, launchOptions, server, runs }) {
  const profile = mkdtempSync(join(tmpdir(), "placelens-bench-"));
  const context = await chromium.launchPersistentContext(profile, { ...launchOptions, viewport: VIEWPORT });
  try {
    await context.addInitScript(watch);
    const bytes = { placelens: [], peer: [] };
    const times = { placelens: [], peer: [], after_click: [], until_loaded: [], starting: [], photo: [] };
    const measure = async (name, path, round) => {
      server.clear();
      const visited = await visit(context, server, path);
      const sent = { ...server.sent };
      await settle(visited);
      // the first is cold; the second lets the browser keep compiled code
      if (round < 2) return void bytes[name].push(sent);
      const again = Object.keys(sent).filter((file) => /safetensors$|onnx$/.test(file));
      if (again.length > 0) throw new Error(`${path}: expected the model from the cache, it was fetched: ${again}`);
      times[name].push(visited.shownAt);
      if (name === "peer") return;
      times.after_click.push(visited.shownAt - visited.clickedAt);
      times.until_loaded.push(visited.loadedAt);
      times.starting.push(visited.readyAt - visited.loadedAt);
      times.photo.push(visited.photo_ms);
    };
    for (let round = 0; round < runs + 2; round += 1) {
      await measure("placelens", PAGE, round);
      await measure("peer", PEER, round);
    }
    return { times, bytes };
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

/**
 * The longest task of a first and of a second visit, and the clock's time above 50 ms.
 * @param {{ browser: any, server: any }} bench
 */
export async function blocking({ browser, server }) {
  const found = {};
  for (const [name, path] of Object.entries({ placelens: PAGE, peer: PEER })) {
    const context = await browser.newContext({ viewport: VIEWPORT });
    await context.addInitScript(watch);
    for (const which of ["cold", "warm"]) {
      await startTrace(browser);
      const visited = await visit(context, server, path);
      const times = await stopTrace(browser, server.origin);
      if (times.length < 50) throw new Error(`the browser's trace: expected the page's tasks, found ${times.length}`);
      await settle(visited);
      const tasks = visited.longTasks.map(([, duration]) => duration);
      found[`${name}_${which}`] = {
        longest_clock_ms: Math.max(0, ...tasks),
        longest_processor_ms: times[0],
        blocked_clock_ms: tasks.reduce((sum, ms) => sum + ms - 50, 0),
      };
    }
    await context.close();
  }
  return found;
}
