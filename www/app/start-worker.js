// @ts-check
/**
 * A fresh worker with the model's program, as every page of the site starts it.
 *
 * In: what to do when it dies while nobody asks it anything.  Out: the handle (`model-worker.js`).
 * A page may have started the first one before its own program was there (`early-worker.js`).
 */

import { ModelWorker } from "./model-worker.js";

const WORKER = new URL("./worker.js", import.meta.url);

/** The worker that was started early, if there is one and nobody has taken it. */
export function takeEarlyWorker() {
  const early = /** @type {{ earlyWorker?: Worker }} */ (/** @type {unknown} */ (globalThis));
  const worker = early.earlyWorker;
  delete early.earlyWorker;
  return worker;
}

/** @param {(failure: import("./failure.js").Failure) => void} onLost */
export function startWorker(onLost) {
  const create = () => takeEarlyWorker() ?? new Worker(WORKER, { type: "module", name: "placelens" });
  return new ModelWorker(create, { onLost });
}
