/**
 * One browser and one site for the tests of a file, and a page for each test.
 *
 * In: what the site is, and how the server spoils it.  Out: `visit`, which opens a page and,
 * when its test ends, checks what must hold for every page: no request to another origin, no
 * violation of the policy, no error that nobody caught.
 */

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { startServer } from "../server/serve.mjs";
import { events, launch, newPage } from "./site.mjs";

/**
 * @param {{ dir: () => string, base?: string, mounts?: () => Record<string, string>, webgpu?: boolean, cleanUp?: () => void }} options
 */
export function useSite({ dir, base = "/", mounts = () => ({}), webgpu = true, cleanUp = () => {} }) {
  const site = { browser: null, server: null, intercept: null };
  before(async () => {
    site.server = await startServer({
      dir: dir(),
      base,
      mounts: mounts(),
      intercept: (...args) => site.intercept?.(...args) ?? false,
    });
    site.browser = await launch({ webgpu });
  });
  after(async () => {
    await site.browser?.close();
    await site.server?.close();
    cleanUp();
  });
  /** @param {import("node:test").TestContext} t @param {string} [query] */
  const visit = async (t, query = "?device=cpu", { intercept = null, wait = true, ...options } = {}) => {
    site.intercept = intercept;
    site.server.requests.length = 0;
    const visited = await newPage(site.browser, options);
    t.after(async () => {
      const violations = await events(visited.page, "violation").catch(() => []);
      await visited.context.close();
      site.intercept = null;
      const others = visited.record.requests.filter(
        (url) => !url.startsWith(site.server.origin) && !url.startsWith(`blob:${site.server.origin}`),
      );
      assert.deepEqual(others, [], "a request left this origin");
      assert.deepEqual([...violations, ...visited.record.violations], [], "the policy was violated");
      assert.deepEqual(visited.record.errors, [], "an error was not caught");
    });
    await visited.page.goto(site.server.url + query);
    if (wait)
      await visited.page.waitForFunction(
        () => ["ready", "failed"].includes(document.documentElement.dataset.state),
        null,
        { timeout: 20_000 },
      );
    return visited;
  };
  return { site, visit };
}

/** Answers instead of the folder. @param {import("node:http").ServerResponse} response @param {number} status @param {string | Uint8Array} body */
export function reply(response, status, body = "", type = "application/octet-stream") {
  response.writeHead(status, { "content-type": type });
  response.end(body);
  return true;
}
