// @ts-check
/// <reference lib="webworker" />
/**
 * The service worker: the site without a network, one version of it at a time.
 *
 * In: `precache.js`, this version's files and their SHA-256; the requests of the site's pages.
 * Out: each listed file as this version has it, from a cache of its own.
 * Rule: no byte is kept or answered with that does not have the listed hash, so files of two
 * versions never meet. A version is installed whole, beside the one in use, or not at all; it waits
 * until no page uses the older one, or until the visitor says so. What is not listed passes by: the
 * model (`app/model-cache.js` keeps it), other sites, anything but a plain read.
 *
 * A classic script, since some browsers take no module here. Proof: `tests/js/service-worker.test.js`
 * with a cache and a server made up, `tests/browser/offline.test.js` with real ones.
 */

importScripts("precache.js");

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
/** @type {{ version: string, shell: Record<string, string>, later: Record<string, string> }} */
const { version, shell, later } = /** @type {any} */ (self).PRECACHE;

/** Two sites on one origin, such as two repositories of one user, keep apart by their folders. */
const SITE = new URL("./", self.location.href);
const PREFIX = `placelens-site ${SITE.pathname} `;
const CACHE = PREFIX + version;
const HASHES = new Map(Object.entries({ ...shell, ...later }));
/** The owner's list of models: always the server's, and the last one seen where there is no network. */
const LIVE = "models.json";

/** The server has other bytes than this version: a newer one is there, or half of it. */
class OtherVersion extends Error {}

/** @param {string} path */
const addressOf = (path) => new URL(path, SITE).href;

/** @param {ArrayBuffer} bytes */
async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The response, if its bytes are the listed ones. The server's headers stay, so that a policy it
 * sets holds without it as well; those of the transfer do not: the body is no longer packed.
 * @param {string} path @param {Response} response
 */
async function verified(path, response) {
  const bytes = await response.arrayBuffer();
  if ((await sha256(bytes)) !== HASHES.get(path)) return null;
  const headers = new Headers(response.headers);
  headers.delete("content-encoding");
  headers.delete("transfer-encoding");
  headers.set("content-length", String(bytes.byteLength));
  return new Response(bytes, { headers });
}

/** Caches of this site's versions, this one's among them. */
async function versions() {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
  return Promise.all(names.map((name) => caches.open(name)));
}

/** The file out of another version's cache: most files do not change. @param {string} path */
async function inherited(path) {
  for (const cache of await versions()) {
    const kept = await cache.match(addressOf(path));
    const response = kept && (await verified(path, kept));
    if (response) return response;
  }
  return null;
}

/**
 * From the server, by the browser's HTTP cache first: the hash says whether that was too old.
 * @param {string} path
 * @throws {OtherVersion}
 */
async function downloaded(path) {
  for (const cache of /** @type {const} */ (["default", "reload"])) {
    const response = await fetch(addressOf(path), { cache });
    const good = response.ok && (await verified(path, response));
    if (good) return good;
  }
  throw new OtherVersion(`${path}: expected SHA-256 ${HASHES.get(path)}, the server has something else`);
}

/**
 * The file of this version, and the promise that it is kept.
 * @param {string} path
 * @returns {Promise<{ response: Response, kept: Promise<void> }>}
 */
async function obtain(path) {
  const cache = await caches.open(CACHE);
  const found = await cache.match(addressOf(path));
  if (found) return { response: found, kept: Promise.resolve() };
  const response = (await inherited(path)) ?? (await downloaded(path));
  return { response, kept: cache.put(addressOf(path), response.clone()) };
}

/** @param {string[]} paths */
async function keepAll(paths) {
  await Promise.all(paths.map(async (path) => (await obtain(path)).kept));
}

/** Everything a page needs to open, and anew whatever else the visitor had of the older version. */
async function install() {
  const had = new Set(
    (await Promise.all((await versions()).map((cache) => cache.keys()))).flat().map(({ url }) => url),
  );
  try {
    await keepAll([...Object.keys(shell), ...Object.keys(later).filter((path) => had.has(addressOf(path)))]);
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
  if (had.has(addressOf(LIVE))) await keepLive().catch(() => {}); // no part of the version
}

/** The server's list of models, and the promise that it is kept. */
async function askLive() {
  const response = await fetch(addressOf(LIVE), { cache: "no-cache" });
  const copy = response.clone();
  return { response, kept: response.ok ? caches.open(CACHE).then((cache) => cache.put(addressOf(LIVE), copy)) : null };
}

async function keepLive() {
  await (
    await askLive()
  ).kept;
}

async function dropOtherVersions() {
  const others = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(others.map((name) => caches.delete(name)));
}

/**
 * The listed file that a request is about, or null where it is none of ours.
 * @param {Request} request
 */
function pathOf(request) {
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== SITE.origin || !url.pathname.startsWith(SITE.pathname)) return null;
  const path = url.pathname.slice(SITE.pathname.length);
  return path === "" || path.endsWith("/") ? `${path}index.html` : path;
}

/** @param {FetchEvent} event @param {string} path */
async function answer(event, path) {
  try {
    const { response, kept } = await obtain(path);
    event.waitUntil(kept.catch(() => {})); // a full disk: the file is asked for again the next time
    return await rangeOf(event.request, response);
  } catch (error) {
    if (error instanceof OtherVersion) event.waitUntil(worker.registration.update().catch(() => {}));
    // A page that cannot be had whole is better than none; a part of one would be a mixture.
    return event.request.mode === "navigate" ? fetch(event.request) : Response.error();
  }
}

/** @param {FetchEvent} event */
async function answerLive(event) {
  try {
    const { response, kept } = await askLive();
    event.waitUntil(Promise.resolve(kept).catch(() => {}));
    return response;
  } catch {
    return (await (await caches.open(CACHE)).match(addressOf(LIVE))) ?? Response.error();
  }
}

/**
 * The part that was asked for; the whole where the words are not of the one simple kind.
 * @param {Request} request @param {Response} response
 */
async function rangeOf(request, response) {
  const [, first = "", last = ""] = request.headers.get("range")?.match(/^bytes=(\d*)-(\d*)$/) ?? [];
  if (first === "" && last === "") return response;
  const bytes = await response.arrayBuffer();
  const size = bytes.byteLength;
  const begin = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
  const headers = new Headers(response.headers);
  if (begin >= end) {
    headers.set("content-range", `bytes */${size}`);
    headers.set("content-length", "0");
    return new Response(null, { status: 416, headers });
  }
  headers.set("content-range", `bytes ${begin}-${end - 1}/${size}`);
  headers.set("content-length", String(end - begin));
  return new Response(bytes.slice(begin, end), { status: 206, headers });
}

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(dropOtherVersions()));

worker.addEventListener("fetch", (event) => {
  const path = pathOf(event.request);
  if (path === LIVE) event.respondWith(answerLive(event));
  else if (path !== null && HASHES.has(path)) event.respondWith(answer(event, path));
  else if (path !== null && event.request.mode === "navigate" && HASHES.has(`${path}/index.html`))
    event.respondWith(Response.redirect(addressOf(`${path}/`)));
});

/** What the pages may ask (`app/updates.js`): that this version takes over, or that it keeps some folders. */
worker.addEventListener("message", (event) => {
  const { kind, folders } = event.data ?? {};
  if (kind === "take-over") event.waitUntil(worker.skipWaiting());
  if (kind !== "keep" || !Array.isArray(folders)) return;
  const wanted = Object.keys(later).filter((path) => folders.some((folder) => path.startsWith(String(folder))));
  const done = Promise.all([keepAll(wanted), keepLive().catch(() => {})]).then(
    () => true,
    () => false,
  );
  event.waitUntil(done.then((kept) => event.ports[0]?.postMessage({ kind: "kept", kept })));
});
