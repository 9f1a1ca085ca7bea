/**
 * Posts from one origin with the widget of another, for the widget's tests.
 *
 * In: a post's HTML and headers.  Out: `open`, which shows it and, when its test ends, checks what must
 * hold for every post: no request to anybody but the two sites, no error that nobody caught, and no
 * violation of either's policy. What the widget told the post is kept in the page, as `told`.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before } from "node:test";
import { startServer } from "../server/serve.mjs";
import { fakePhoto, launch, makeFakeSite, newPage } from "./site.mjs";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const WAIT = { timeout: 30_000 };

/** A real picture that the stand-in ranks; other bytes, other ranking. @param {string} [name] */
export function picture(name = "harbor") {
  const buffer = readFileSync(new URL(`../../www/samples/${name}.jpg`, import.meta.url));
  return { ...fakePhoto("fine"), name: `${name}-of-mine.jpg`, buffer };
}

/** @param {object} [fake]  what goes wrong in the model, see `tests/fake/placelens.js` */
export function usePosts(fake = {}) {
  const made = makeFakeSite(fake, { untrained: false });
  const around = { host: null, blog: null, browser: null, page: null, spoil: null };
  before(async () => {
    around.host = await startServer({
      dir: made.dir,
      intercept: (request, response, path) => {
        response.setHeader("access-control-allow-origin", "*"); // as static hosts do
        return around.spoil?.(request, response, path) ?? false;
      },
    });
    around.blog = await startServer({
      dir: `${made.dir}/samples`,
      intercept: (_, response, path) => {
        if (path !== "/") return false;
        response.writeHead(200, { "content-type": "text/html; charset=utf-8", ...around.page.headers });
        response.end(around.page.html);
        return true;
      },
    });
    around.browser = await launch({ webgpu: false });
  });
  after(async () => {
    await around.browser?.close();
    for (const server of [around.host, around.blog]) await server?.close();
    made.remove();
  });
  return { around, open: (t, html, options) => open(around, t, html, options) };
}

/**
 * @param {any} around
 * @param {import("node:test").TestContext} t
 * @param {string} body  HTML; `HOST` stands for the widget's site
 */
async function open(
  around,
  t,
  body,
  { headers = {}, head = "", root = "", script, spoil = null, expected = {}, ...context } = {},
) {
  const { host, blog } = around;
  const tag = script ?? `<script type="module" src="${host.url}embed.js"></script>`;
  const html = `<!doctype html><html lang="en"${root}><head><title>A post</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">${head}</head>
    <body><main><h1>A post</h1><p>Before.</p>${body}<p id="after">After.</p></main>${tag}</body></html>`;
  around.page = { html: html.replaceAll("HOST", host.url), headers };
  around.spoil = spoil;
  for (const server of [host, blog]) server.requests.length = 0;
  const visited = await newPage(around.browser, context);
  const { page, record } = visited;
  await page.addInitScript(() => {
    window.told = [];
    for (const name of ["ready", "result", "error"])
      document.addEventListener(`place-lens:${name}`, ({ detail }) => window.told.push({ name, detail }));
  });
  t.after(async () => {
    await visited.context.close();
    around.spoil = null;
    const ours = [host, blog].flatMap(({ origin }) => [origin, `blob:${origin}`]);
    const others = record.requests.filter((url) => !ours.some((origin) => url.startsWith(origin)));
    assert.deepEqual(others, [], "a request left the two sites");
    if (!expected.violations) assert.deepEqual(record.violations, [], "a policy was violated");
    assert.deepEqual(record.errors, [], "an error was not caught");
  });
  await page.goto(blog.url);
  const widget = page.locator("place-lens").first();
  return {
    ...visited,
    widget,
    frame: page.frameLocator("place-lens iframe").first(),
    poster: widget.locator(".button"),
  };
}

/** Opens the widget and waits until it is in the poster's place. */
export async function start({ poster, widget }) {
  await poster.click(WAIT);
  await widget.locator(".box.open").waitFor(WAIT);
}

/** @param {any} frame @param {object} [photo] */
export async function locate(frame, photo = picture()) {
  await frame.locator("#photo-input").setInputFiles(photo);
  await frame.locator(".result[data-view=answer]").waitFor({ ...WAIT, state: "attached" });
}

/**
 * What the widget has told, once there is as much of it.
 * @param {import("playwright-core").Page} page @param {string} name
 */
export async function told(page, name, count = 1) {
  const wanted = { name, count };
  await page.waitForFunction(
    ({ name, count }) => window.told.filter((it) => it.name === name).length >= count,
    wanted,
    WAIT,
  );
  return await page.evaluate(
    (wanted) => window.told.filter((it) => it.name === wanted).map(({ detail }) => detail),
    name,
  );
}

/**
 * Every rule of axe, in a page or a frame.
 * @param {import("playwright-core").Page | import("playwright-core").Frame} where
 */
export async function violations(where) {
  await where.evaluate(axeSource);
  const found = await where.evaluate(
    async () => (await window.axe.run(document, { resultTypes: ["violations"], iframes: false })).violations,
  );
  return found.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("\n")}`,
  );
}
