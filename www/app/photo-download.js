// @ts-check
/**
 * One picture from another host, as quietly as a browser can.
 *
 * In: an address.  Out: the picture's bytes, at most 64 MB, or a `Failure` that says which side is at fault.
 * No cookie, no referrer, nothing kept in the browser's cache, https (or this very machine) even
 * after a redirect. The download is cut as soon as it is larger than allowed, whatever its header said.
 *
 * Source: Fetch standard, "CORS protocol". Proof: `tests/js/photo-url.test.js`.
 */

import { Failure } from "./failure.js";
import { LIMITS, readPhotoUrl } from "./photo-url.js";

/** @typedef {(loadedBytes: number, totalBytes: number | null) => void} ProgressListener */

/** @type {RequestInit} */
const QUIETLY = { credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store", redirect: "follow" };

/**
 * @param {string} address
 * @param {{ fetch?: typeof fetch, onProgress?: ProgressListener, size_bytes?: number }} [how]
 * @returns {Promise<Blob>}
 */
export async function downloadPicture(
  address,
  { fetch = globalThis.fetch, onProgress = () => {}, size_bytes: most = LIMITS.size_bytes } = {},
) {
  const url = readPhotoUrl(address);
  const stop = new AbortController();
  try {
    const response = await open(url, fetch, stop.signal);
    check(url, response);
    const length = response.headers.get("content-length");
    const total = length && !response.headers.get("content-encoding") ? Number(length) : null;
    if (total !== null && total > most) throw tooLarge(url, most);
    const parts = await read(url, response, { most, total, onProgress });
    return new Blob(parts, { type: typeOf(response) });
  } catch (error) {
    stop.abort(); // the rest of a refused answer stays where it is
    throw error;
  }
}

/** @param {URL} url @param {typeof fetch} fetch @param {AbortSignal} signal */
async function open(url, fetch, signal) {
  try {
    return await fetch(url.href, { ...QUIETLY, headers: { accept: "image/*" }, signal });
  } catch (cause) {
    throw await reason(url, fetch, cause);
  }
}

/**
 * A browser does not tell a page why another host's answer was kept from it. An answer that nobody
 * may read settles it: if even that does not come, the host cannot be reached.
 * @param {URL} url @param {typeof fetch} fetch @param {unknown} cause
 */
async function reason({ href, host }, fetch, cause) {
  const reached = await fetch(href, { ...QUIETLY, method: "HEAD", mode: "no-cors" }).then(
    () => true,
    () => false,
  );
  return reached
    ? new Failure(
        "url_blocked",
        `picture at ${host}: that site lets no other page read its pictures; save the picture, then choose the file`,
        { cause },
      )
    : new Failure("url_network", `picture at ${host}: could not be fetched; check the address and the network`, {
        cause,
      });
}

/** @param {Response} response */
function typeOf(response) {
  return (response.headers.get("content-type") ?? "").split(";")[0].trim().toLowerCase();
}

/** @param {URL} url @param {Response} response */
function check(url, response) {
  if (!response.ok) {
    throw new Failure(
      "url_status",
      `picture at ${url.host}: expected HTTP status 200, found ${response.status}; check the address`,
    );
  }
  if (response.url) readPhotoUrl(response.url); // where a redirect led to
  const type = typeOf(response);
  if (type === "" || type === "application/octet-stream" || type.startsWith("image/")) return;
  const found = type === "text/html" ? "a web page" : type;
  throw new Failure(
    "url_type",
    `picture at ${url.host}: expected a picture, found ${found}; open the picture by itself and copy that address`,
  );
}

/**
 * @param {URL} url @param {Response} response
 * @param {{ most: number, total: number | null, onProgress: ProgressListener }} how
 */
async function read(url, response, { most, total, onProgress }) {
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const parts = [];
  const reader = response.body?.getReader();
  let loaded = 0;
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done || !value) return parts;
      loaded += value.length;
      if (loaded > most) throw tooLarge(url, most);
      parts.push(value);
      onProgress(loaded, total);
    }
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure("url_network", `picture at ${url.host}: the connection broke off; try again`, { cause });
  }
}

/** @param {URL} url @param {number} most */
function tooLarge({ host }, most) {
  const megabytes = Math.round(most / 2 ** 20);
  return new Failure(
    "photo_too_large",
    `picture at ${host}: expected at most ${megabytes} MB, found more; choose a smaller version`,
  );
}
