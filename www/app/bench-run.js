// @ts-check
/**
 * One measurement on this device: the model is loaded as the page loads it, then one photo is located again and again.
 *
 * In: the device and the model that were chosen, a photo, how often.  Out: what was measured, told after every photo, so
 * that whoever stops it keeps what is there. A device that fails leads one rung down, as on the page.
 *
 * Proof: `tests/js/bench-run.test.js`, `tests/browser/bench.test.js`.
 */

import { asFailure } from "./failure.js";
import { Ladder } from "./ladder.js";

/** @typedef {import("./messages.js").ModelFacts} ModelFacts */
/** @typedef {import("./wording.js").Fall} Fall */
/** @typedef {import("./session.js").WorkerHandle} WorkerHandle */
/**
 * @typedef {{ decode: number, preprocess: number, encode: number, score: number, whole: number }} Times
 *   in ms; `whole`: from asking to hearing
 */

/**
 * @typedef {object} Measured
 * @property {ModelFacts} facts
 * @property {Fall[]} falls  devices that failed before
 * @property {number} first_ms  from the start to the first answer, with loading
 * @property {Times[]} photos  after the warm-up
 * @property {number | null} memory_bytes  the most so far
 */

/**
 * @typedef {object} Plan
 * @property {import("./ladder.js").DeviceChoice} device
 * @property {string} manifestUrl
 * @property {Blob} photo
 * @property {number} runs
 * @property {number} warmup  photos that are located first and not counted
 */

/**
 * @typedef {object} Surroundings
 * @property {(onLost: (failure: import("./failure.js").Failure) => void) => WorkerHandle} createWorker
 * @property {AbortSignal} signal
 * @property {import("./model-worker.js").ProgressListener} onProgress
 * @property {(measured: Measured) => void} onPhoto  after each photo, the warm-up's included
 */

/**
 * Rejects with a `Failure` where the model cannot be used, and with the signal's reason once it was stopped.
 * @param {Plan} plan
 * @param {Surroundings} around
 * @returns {Promise<Measured>}
 */
export async function measure(plan, around) {
  const begin = performance.now();
  const { worker, facts, falls } = await openModel(plan, around);
  const measured = { facts, falls, first_ms: 0, photos: /** @type {Times[]} */ ([]), memory_bytes: facts.memory_bytes };
  try {
    for (let count = 1; count <= plan.warmup + plan.runs; count += 1) {
      const asked = performance.now();
      const { result, memory_bytes } = await worker.locate(plan.photo, {}, { signal: around.signal });
      const heard = performance.now();
      if (count === 1) measured.first_ms = heard - begin;
      measured.memory_bytes = memory_bytes; // a wasm memory never shrinks
      if (count > plan.warmup) measured.photos.push({ ...result.milliseconds, whole: heard - asked });
      around.onPhoto(measured);
    }
  } catch (thrown) {
    throw around.signal.aborted ? thrown : asFailure(thrown);
  } finally {
    worker.terminate();
  }
  return measured;
}

/** @param {Plan} plan @param {Surroundings} around */
async function openModel({ device, manifestUrl }, { createWorker, signal, onProgress }) {
  const ladder = new Ladder(device);
  /** @type {Fall[]} */
  const falls = [];
  for (;;) {
    const from = ladder.rung;
    const worker = createWorker(() => {}); // a death while it waits is told by the next question
    try {
      return { worker, falls, facts: await worker.open(from, manifestUrl, { signal, onProgress }) };
    } catch (thrown) {
      worker.terminate();
      if (signal.aborted) throw thrown;
      const failure = asFailure(thrown);
      if (!ladder.descend(failure)) throw failure;
      falls.push({ from, to: ladder.rung, failure });
    }
  }
}
