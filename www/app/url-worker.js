// @ts-check
/**
 * The worker that fetches one picture from an address, and is told nothing but the address.
 *
 * In: `order` of `photo-url.js`.  Out: its `tell` messages. This file only wires `downloadPicture` to
 * them. Its policy is the one that its own file is served with: none, unless the site's host adds one.
 *
 * Proof: `tests/browser/photo-sources.test.js`.
 */

import { asFailure, Failure } from "./failure.js";
import { downloadPicture } from "./photo-download.js";
import { tell } from "./photo-url.js";

const PROGRESS_INTERVAL_MS = 500; // not more often than it can be read aloud

/** @param {import("./photo-url.js").Answer} answer */
const post = (answer) => self.postMessage(answer);

let last = -Infinity;

/** @param {number} loaded @param {number | null} total */
function onProgress(loaded, total) {
  if (performance.now() - last < PROGRESS_INTERVAL_MS) return;
  last = performance.now();
  post(tell.progress(loaded, total));
}

/** Whether the host of this site has forbidden what was asked for. */
let forbidden = false;
self.addEventListener("securitypolicyviolation", () => (forbidden = true));

/** @param {unknown} error */
function failureOf(error) {
  if (!forbidden) return asFailure(error);
  const message = "picture: this site's own rules let it ask no other site; save the picture, then choose the file";
  return new Failure("url_policy", message, { cause: error });
}

self.addEventListener("message", ({ data }) => {
  downloadPicture(data.url, { onProgress }).then(
    (picture) => post(tell.picture(picture)),
    // a moment later: the browser's word on what it has forbidden comes after its refusal
    (error) => setTimeout(() => post(tell.failed(failureOf(error).toData())), 50),
  );
});
