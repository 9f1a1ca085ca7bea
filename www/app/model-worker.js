// @ts-check
/**
 * The page's handle on one worker: a question at a time, and no wait that cannot end.
 *
 * In: the questions of `messages.js`.  Out: promises; `crashed` when the worker died, went
 * silent, or took longer than any device should.
 * Time is counted in ticks of our own clock while the page runs, so that a laptop that slept
 * through the night is not taken for a worker that hangs.
 *
 * Proof: `tests/js/model-worker.test.js`.
 */

import { Failure } from "./failure.js";
import { ask } from "./messages.js";

/** @typedef {import("./messages.js").Answer} Answer */
/** @typedef {import("./messages.js").Question} Question */
/** @typedef {import("./messages.js").ModelFacts} ModelFacts */
/** @typedef {import("./messages.js").LocateResult} LocateResult */
/** @typedef {Pick<Worker, "postMessage" | "terminate" | "addEventListener">} WorkerLike */
/** @typedef {(loadedBytes: number, totalBytes: number) => void} ProgressListener */

/** Limits in seconds. A slow network is no crash: only the worker's own silence is. */
export const LIMITS = {
  silence_s: 30, // while files load, the event loop turns and the heartbeat comes every second
  proving_s: 240, // compiling shaders and one photo, on the slowest device that is still of use
  locating_s: 240,
};

/**
 * @typedef {object} Job
 * @property {(value: any) => void} resolve
 * @property {(failure: unknown) => void} reject
 * @property {ProgressListener} [onProgress]
 * @property {"loading" | "proving" | "locating"} phase
 * @property {number} elapsed_s  since the phase began or, while loading, since the last message
 */

export class ModelWorker {
  /** @type {WorkerLike} */
  #worker;
  /** @type {Job | null} */
  #job = null;
  #limits;
  #clock;
  /** @type {(failure: Failure) => void} */
  #onLost;
  #over = false;

  /**
   * @param {() => WorkerLike} create
   * @param {{ limits?: typeof LIMITS, tick_ms?: number, onLost?: (failure: Failure) => void }} [options]
   *   `onLost` hears of a death that no question was waiting for
   */
  constructor(create, { limits = LIMITS, tick_ms = 1000, onLost = () => {} } = {}) {
    this.#worker = create();
    this.#limits = limits;
    this.#onLost = onLost;
    this.#clock = setInterval(() => this.#tick(), tick_ms);
    this.#worker.addEventListener("message", (event) => this.#hear(/** @type {MessageEvent<Answer>} */ (event).data));
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#crash(/** @type {ErrorEvent} */ (event).message || "its program could not be loaded");
    });
    this.#worker.addEventListener("messageerror", () => this.#crash("a message could not be read"));
  }

  /**
   * @param {import("./messages.js").Device} device
   * @param {string} manifestUrl
   * @param {{ signal: AbortSignal, onProgress?: ProgressListener }} options
   * @returns {Promise<ModelFacts>}
   */
  open(device, manifestUrl, { signal, onProgress }) {
    return this.#ask(ask.open(device, manifestUrl), "loading", signal, onProgress);
  }

  /**
   * @param {{ signal: AbortSignal, onProgress?: ProgressListener }} options
   * @returns {Promise<ModelFacts>}
   */
  retry({ signal, onProgress }) {
    return this.#ask(ask.retry(), "loading", signal, onProgress);
  }

  /**
   * @param {Blob} photo
   * @param {import("./messages.js").LocateOptions} options
   * @param {{ signal: AbortSignal }} control
   * @returns {Promise<{ result: LocateResult, memory_bytes: number | null }>}
   */
  locate(photo, options, { signal }) {
    return this.#ask(ask.locate(photo, options), "locating", signal);
  }

  /** Ends the worker, its downloads and its memory at once. */
  terminate() {
    this.#over = true;
    clearInterval(this.#clock);
    this.#worker.terminate();
  }

  /**
   * @param {Question} question
   * @param {Job["phase"]} phase
   * @param {AbortSignal} signal  aborting ends the worker: wasm cannot be interrupted otherwise
   * @param {ProgressListener} [onProgress]
   * @returns {Promise<any>}
   */
  #ask(question, phase, signal, onProgress) {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#over) return Promise.reject(new Failure("crashed", "the model has been stopped; start it again"));
    return new Promise((resolve, reject) => {
      const stop = () => (this.terminate(), this.#settle()?.reject(signal.reason));
      signal.addEventListener("abort", stop, { once: true });
      const forget = () => signal.removeEventListener("abort", stop);
      this.#job = {
        resolve: (value) => (forget(), resolve(value)),
        reject: (failure) => (forget(), reject(failure)),
        onProgress,
        phase,
        elapsed_s: 0,
      };
      this.#worker.postMessage(question);
    });
  }

  /** @param {Answer} answer */
  #hear(answer) {
    if (this.#over) return;
    const job = this.#job;
    if (job?.phase === "loading") job.elapsed_s = 0;
    switch (answer.kind) {
      case "alive":
        return;
      case "progress":
        return job?.onProgress?.(answer.loaded_bytes, answer.total_bytes);
      case "proving":
        return void (job && Object.assign(job, { phase: "proving", elapsed_s: 0 }));
      case "ready":
        return this.#settle()?.resolve(answer.facts);
      case "result":
        return this.#settle()?.resolve({ result: answer.result, memory_bytes: answer.memory_bytes });
      case "failed":
        return this.#fail(Failure.fromData(answer.failure));
    }
  }

  #tick() {
    const job = this.#job;
    if (!job) return;
    job.elapsed_s += 1;
    const limit = {
      loading: this.#limits.silence_s,
      proving: this.#limits.proving_s,
      locating: this.#limits.locating_s,
    }[job.phase];
    if (job.elapsed_s > limit) this.#crash(`no answer in ${limit} s`);
  }

  /** @param {string} reason */
  #crash(reason) {
    if (!this.#over) this.#fail(new Failure("crashed", `the model stopped unexpectedly: ${reason}`));
  }

  /** @param {Failure} failure */
  #fail(failure) {
    const job = this.#settle();
    if (failure.code === "crashed") this.terminate();
    if (job) job.reject(failure);
    else if (failure.code === "crashed") this.#onLost(failure);
  }

  #settle() {
    const job = this.#job;
    this.#job = null;
    return job;
  }
}
