/**
 * The widget in Firefox, in a post of another origin: another engine for the poster, the frame and its sandbox.
 *
 * In: FIREFOX, the browser (without it, Debian's firefox-esr). Where it is missing this file fails.
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import test, { after, before } from "node:test";
import puppeteer from "puppeteer-core";
import { startServer } from "../server/serve.mjs";
import { reply } from "./fixture.mjs";
import { makeFakeSite } from "./site.mjs";

const FIREFOX = process.env.FIREFOX || "/usr/bin/firefox-esr";
if (!existsSync(FIREFOX))
  throw new Error(`FIREFOX: expected Firefox at ${FIREFOX}, found none; on Debian: apt-get install firefox-esr`);

const fake = makeFakeSite({}, { untrained: false });
let [browser, host, blog] = [];

before(async () => {
  const intercept = (_, response) => (response.setHeader("access-control-allow-origin", "*"), false);
  host = await startServer({ dir: fake.dir, intercept });
  const policy = `default-src 'none'; script-src ${host.origin}; frame-src ${host.origin}; img-src 'self'; connect-src 'self'`;
  const post = `<!doctype html><title>A post</title><meta http-equiv="Content-Security-Policy" content="${policy}">
    <img id="dome" src="dome.jpg" alt="A dome"><script type="module" src="${host.url}embed.js"></script>
    <place-lens for="#dome" share-results></place-lens>`;
  const answer = (_, response, path) => path === "/" && reply(response, 200, post, "text/html; charset=utf-8");
  blog = await startServer({ dir: `${fake.dir}/samples`, intercept: answer });
  browser = await puppeteer.launch({ browser: "firefox", executablePath: FIREFOX, headless: true });
});
after(async () => {
  await browser?.close();
  for (const server of [host, blog]) await server?.close();
  fake.remove();
});

test("Firefox: the poster opens, the post's image is ranked, the post hears it, and the height stays", async (t) => {
  t.diagnostic(await browser.version());
  const page = await browser.newPage();
  await page.goto(blog.url);
  await page.waitForFunction(() => document.querySelector("place-lens").shadowRoot);
  const { heights, ready, result } = await page.evaluate(async () => {
    const widget = document.querySelector("place-lens");
    const hear = (name) =>
      new Promise((resolve, reject) => {
        widget.addEventListener(`place-lens:${name}`, ({ detail }) => resolve(detail));
        widget.addEventListener("place-lens:error", ({ detail }) => reject(new Error(detail.message)));
      });
    const heights = [widget.offsetHeight];
    const heard = [hear("ready"), hear("result")];
    widget.shadowRoot.querySelector("button").click();
    const [ready, result] = await Promise.all(heard);
    heights.push(widget.offsetHeight);
    return { heights, ready, result };
  });
  assert.deepEqual(ready, { backend: "cpu", model: "stand-in" });
  assert.equal(result.places.length, 15);
  assert.equal(heights[0], heights[1]);
  const frame = page.frames().find((each) => each.url().includes("/embed.html"));
  assert.match(await frame.$eval("#answer-title", (title) => title.textContent), /Not sure|Probably/);
  await page.close();
});
