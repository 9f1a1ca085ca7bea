// @ts-check
/**
 * The address of a picture on the web → the picture, by a worker of its own.
 *
 * In: an address that the visitor typed or pasted, and asked for by a click.  Out: a photo.
 * The page's own policy stays `connect-src 'self'`: nothing on the page can reach another host. A
 * worker from a file has its own policy, so this one can; but all that it is ever told is an
 * address, so no photo of the visitor can leave through it. It lives for one picture.
 *
 * Proof: `tests/js/photo-url.test.js`, `tests/browser/photo-sources.test.js`.
 */

import { Failure } from "./failure.js";

/** @typedef {import("./session.js").Photo} Photo */
/** @typedef {import("./failure.js").FailureData} FailureData */
/** @typedef {Pick<Worker, "postMessage" | "terminate" | "addEventListener">} WorkerLike */

export const LIMITS = { size_bytes: 64 * 1024 * 1024, wait_s: 30 };

/** What the page tells the worker: an address, and nothing else ever. @param {URL} url */
export const order = (url) => ({ url: url.href });

/** What the worker tells the page. */
export const tell = {
  /** @param {number} loaded_bytes @param {number | null} total_bytes  null where the server does not say */
  progress: (loaded_bytes, total_bytes) => ({ kind: /** @type {const} */ ("progress"), loaded_bytes, total_bytes }),
  /** @param {Blob} bytes */
  picture: (bytes) => ({ kind: /** @type {const} */ ("picture"), bytes }),
  /** @param {FailureData} failure */
  failed: (failure) => ({ kind: /** @type {const} */ ("failed"), failure }),
};

/** @typedef {ReturnType<typeof tell[keyof typeof tell]>} Answer */

const THIS_MACHINE = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * An address that a picture may be fetched from.
 * @param {string} text
 * @returns {URL}
 * @throws {Failure} `url`
 */
export function readPhotoUrl(text) {
  const trimmed = text.trim();
  const url = URL.canParse(trimmed) ? new URL(trimmed) : null;
  const safe = url?.protocol === "https:" || (url?.protocol === "http:" && THIS_MACHINE.has(url.hostname));
  if (!url || !safe) {
    const found = trimmed === "" ? "nothing" : url ? url.protocol.replace(/:$/, "") : `"${shorten(trimmed, 40)}"`;
    throw new Failure(
      "url",
      `address: expected one that begins with https, found ${found}; copy the picture's address`,
    );
  }
  if (url.username || url.password) {
    throw new Failure("url", "address: expected one without a name or password, found one with; remove them");
  }
  url.hash = "";
  return url;
}

/**
 * @param {URL} url
 * @param {object} how
 * @param {AbortSignal} how.signal
 * @param {(loadedBytes: number, totalBytes: number | null) => void} [how.onProgress]
 * @param {() => WorkerLike} [how.createWorker]
 * @param {number} [how.wait_s]
 * @returns {Promise<Photo>}
 */
export function fetchPhoto(url, { signal, onProgress, createWorker = startWorker, wait_s = LIMITS.wait_s }) {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const worker = createWorker();
    /** However it ends, the worker and its connection end with it. @param {() => void} settle */
    const end = (settle) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      worker.terminate();
      settle();
    };
    const stop = () => end(() => reject(signal.reason));
    const timer = setTimeout(() => end(() => reject(tooSlow(url, wait_s))), 1000 * wait_s);
    signal.addEventListener("abort", stop);
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      end(() => reject(notStarted()));
    });
    worker.addEventListener("message", (event) => {
      const answer = /** @type {MessageEvent<Answer>} */ (event).data;
      if (answer.kind === "progress") onProgress?.(answer.loaded_bytes, answer.total_bytes);
      else if (answer.kind === "picture") end(() => resolve({ bytes: answer.bytes, name: nameOf(url) }));
      else end(() => reject(Failure.fromData(answer.failure)));
    });
    worker.postMessage(order(url));
  });
}

/** @returns {WorkerLike} */
function startWorker() {
  return new Worker(new URL("./url-worker.js", import.meta.url), { type: "module", name: "picture-address" });
}

/** The last part of the address, as a file name. @param {URL} url */
function nameOf({ pathname, hostname }) {
  const last = pathname.split("/").filter(Boolean).at(-1);
  if (!last) return hostname;
  try {
    return shorten(decodeURIComponent(last), 120);
  } catch {
    return shorten(last, 120); // a percent sign that means itself
  }
}

/** @param {string} text @param {number} most */
function shorten(text, most) {
  const letters = [...text];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
}

/** @param {URL} url @param {number} wait_s */
function tooSlow({ host }, wait_s) {
  return new Failure(
    "url_slow",
    `picture at ${host}: expected it within ${wait_s} seconds, it did not come; try again, or save it as a file`,
  );
}

function notStarted() {
  return new Failure("url_module", "picture: the part of this page that fetches it could not start; reload the page");
}
