/**
 * A folder → http://127.0.0.1:PORT, as an ordinary static host serves it.
 *
 * In: `node tests/server/serve.mjs DIR [PORT]`, or `startServer` from tests.
 * Out: files with the right types. The headers are good manners; the site works without them.
 * Tests mount more folders, put the site under a sub-path, count requests and spoil answers.
 */

import { createServer } from "node:http";
import { realpathSync, statSync } from "node:fs";
import { extname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import sirv from "sirv";

const HOST = "127.0.0.1";

/** Types that matter here and that a table of the library's could lack. */
const TYPES = {
  ".geojson": "application/geo+json",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".safetensors": "application/octet-stream",
  ".wasm": "application/wasm",
};

/** @param {import("node:http").ServerResponse} response @param {string} path */
function setHeaders(response, path) {
  const type = TYPES[extname(path)];
  if (type) response.setHeader("content-type", type);
}

/**
 * @typedef {object} ServerOptions
 * @property {string} dir
 * @property {number} [port]  0: any free one
 * @property {string} [base]  the path under which `dir` appears, as on GitHub Pages: `/user/repo/`
 * @property {Record<string, string>} [mounts]  more folders by path: `{ "/other/": "/srv/pack" }`
 * @property {(request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse, path: string) => boolean | Promise<boolean>} [intercept]
 *   answers a request itself (true) or lets it pass (false)
 */

/**
 * @param {ServerOptions} options
 * @returns {Promise<{ origin: string, url: string, requests: string[], close: () => Promise<void> }>}
 */
export async function startServer({ dir, port = 0, base = "/", mounts = {}, intercept }) {
  const folders = Object.entries({ ...mounts, [base]: dir }).map(([path, folder]) => {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
      throw new Error(`serve: expected a folder at ${folder}, found none; build the site first`);
    }
    return { path, handler: sirv(folder, { dev: true, etag: true, setHeaders }) };
  });
  /** @type {string[]} */
  const requests = [];
  const server = createServer(async (request, response) => {
    const url = request.url ?? "/";
    requests.push(url);
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("referrer-policy", "no-referrer");
    if (await intercept?.(request, response, url.split("?")[0])) return;
    const notFound = () => {
      response.statusCode = 404;
      response.setHeader("content-type", "text/plain; charset=utf-8");
      response.end(`${url}: no such file\n`);
    };
    const folder = folders.find(({ path }) => url.startsWith(path));
    if (!folder) return notFound();
    // A folder is its index.html; the library would first look for a file of the folder's name.
    request.url = `/${url.slice(folder.path.length)}`.replace(/^([^?]*\/)(?=$|\?)/, "$1index.html");
    folder.handler(request, response, notFound);
  });
  await new Promise((done, fail) => server.once("error", fail).listen(port, HOST, () => done(undefined)));
  const origin = `http://${HOST}:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`;
  const close = () => new Promise((done) => (server.close(() => done(undefined)), server.closeAllConnections()));
  return { origin, url: origin + base, requests, close };
}

const isMain = process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url);
if (isMain) {
  const [dir = "dist", port = "8080"] = process.argv.slice(2);
  if (!/^\d{1,5}$/.test(port)) {
    console.error(`serve: expected a port number, found ${port}; usage: node tests/server/serve.mjs DIR [PORT]`);
    process.exit(2);
  }
  try {
    const { url } = await startServer({ dir: resolve(dir), port: Number(port) });
    console.log(`PlaceLens is at ${url} (Ctrl+C ends it)`);
  } catch (error) {
    const busy = error.code === "EADDRINUSE";
    console.error(
      busy ? `serve: port ${port} is in use; give another one: node tests/server/serve.mjs ${dir} 8081` : error.message,
    );
    process.exit(1);
  }
}
