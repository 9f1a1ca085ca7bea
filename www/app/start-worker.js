// @ts-check
/**
 * A fresh worker with the model's program, as every page of the site starts it.
 *
 * In: what to do when it dies while nobody asks it anything.  Out: the handle (`model-worker.js`).
 */

import { ModelWorker } from "./model-worker.js";

const WORKER = new URL("./worker.js", import.meta.url);

/** @param {(failure: import("./failure.js").Failure) => void} onLost */
export function startWorker(onLost) {
  return new ModelWorker(() => new Worker(WORKER, { type: "module", name: "placelens" }), { onLost });
}
