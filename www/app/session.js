// @ts-check
/**
 * One visit: a model that loads, photos that wait for it, and answers.
 *
 * In: `start`, `cancel`, `retry`, `locate`.  Out: events `state`, `progress`, `ready`,
 * `working`, `result`, `failure`, `notice`.
 * The state is one word: idle | loading | ready | working | failed. A bad photo leaves it at
 * `ready`; `failed` means that there is no model. Only the latest photo counts: an
 * earlier one's answer is dropped. A photo that crashes the model is not tried again.
 *
 * Proof: `tests/js/session.test.js`.
 */

import { asFailure, Failure } from "./failure.js";
import { Ladder } from "./ladder.js";

/** @typedef {"idle" | "loading" | "ready" | "working" | "failed"} State */
/** @typedef {import("./model-worker.js").ModelWorker} ModelWorker */
/** @typedef {import("./messages.js").LocateOptions} LocateOptions */
/** @typedef {{ bytes: Blob, name: string }} Photo */
/** @typedef {Pick<ModelWorker, "open" | "retry" | "locate" | "terminate">} WorkerHandle */

/** Codes after which the worker is not trusted any more: a panic, a lost device, numbers that are none. */
const DEADLY = new Set(["crashed", "device", "known_answer"]);

/**
 * @typedef {object} SessionOptions
 * @property {import("./ladder.js").DeviceChoice} device
 * @property {string} manifestUrl
 * @property {(onLost: (failure: Failure) => void) => WorkerHandle} createWorker
 * @property {LocateOptions} [locateOptions]
 */

export class Session extends EventTarget {
  #options;
  #ladder;
  /** @type {WorkerHandle | null} */
  #worker = null;
  /** @type {State} */
  #state = "idle";
  /** @type {Failure | null} */
  #failure = null;
  /** @type {Photo | null} the latest photo that no answer has been given for */
  #waiting = null;
  #busy = false;
  #stop = new AbortController();

  /** @param {SessionOptions} options */
  constructor(options) {
    super();
    this.#options = options;
    this.#ladder = new Ladder(options.device);
  }

  get state() {
    return this.#state;
  }

  /** The photo that waits for the model, or is being looked at. */
  get waiting() {
    return this.#waiting;
  }

  /** Loads the model unless it is here or on its way. */
  async start() {
    if (this.#state !== "idle" && this.#state !== "failed") return;
    this.#dismissWorker();
    this.#stop = new AbortController();
    this.#ladder = new Ladder(this.#options.device);
    await this.#climb();
  }

  /** Stops a load; what has arrived stays in the cache. */
  cancel() {
    if (this.#state !== "loading") return;
    this.#stop.abort();
    this.#dismissWorker();
    this.#enter("idle");
  }

  /** After a failed load: fetches only a bad file again, or starts over on a fresh worker. */
  async retry() {
    if (this.#state !== "failed") return;
    if (this.#worker && this.#failure?.code === "shard") return await this.#climb({ resume: true });
    await this.start();
  }

  /** Ranks the places for this photo, now or as soon as the model is here. @param {Photo} photo */
  async locate(photo) {
    this.#waiting = photo;
    if (this.#state === "ready") await this.#work();
    else if (this.#state === "idle") await this.start();
  }

  /** @param {{ resume?: boolean }} [how] */
  async #climb({ resume = false } = {}) {
    const { signal } = this.#stop;
    this.#enter("loading");
    while (!signal.aborted) {
      try {
        const facts = await this.#open(resume && this.#worker !== null, signal);
        this.#enter("ready");
        this.#emit("ready", facts);
        break;
      } catch (thrown) {
        if (signal.aborted) return;
        if (!this.#fall(asFailure(thrown))) return;
      }
    }
    await this.#work();
  }

  /** @param {boolean} resume @param {AbortSignal} signal */
  #open(resume, signal) {
    const onProgress = (/** @type {number} */ loaded_bytes, /** @type {number} */ total_bytes) => {
      if (!signal.aborted) this.#emit("progress", { loaded_bytes, total_bytes });
    };
    if (resume && this.#worker) return this.#worker.retry({ signal, onProgress });
    this.#worker = this.#options.createWorker((failure) => this.#lost(failure));
    return this.#worker.open(this.#ladder.rung, this.#options.manifestUrl, { signal, onProgress });
  }

  /** False when nothing lower is left: the session has failed. @param {Failure} failure */
  #fall(failure) {
    const from = this.#ladder.rung;
    const goesOn = this.#ladder.descend(failure);
    if (goesOn || failure.code !== "shard") this.#dismissWorker(); // after `shard` the loader keeps the good files
    if (goesOn) {
      this.#emit("notice", { from, to: this.#ladder.rung, failure });
      return true;
    }
    this.#failure = failure;
    this.#enter("failed");
    this.#emit("failure", { failure, photo: null });
    return false;
  }

  async #work() {
    if (this.#busy) return; // the loop below takes the latest photo by itself
    this.#busy = true;
    /** @type {Failure | null} */
    let death = null;
    while (this.#worker && this.#waiting && !death) death = await this.#look(this.#worker, this.#waiting);
    this.#busy = false;
    if (death) await this.#replace(death);
  }

  /**
   * The failure, if it was one that the worker does not survive.
   * @param {WorkerHandle} worker
   * @param {Photo} photo
   */
  async #look(worker, photo) {
    this.#enter("working");
    this.#emit("working", photo);
    try {
      const options = this.#options.locateOptions ?? {};
      const result = await worker.locate(photo.bytes, options, { signal: this.#stop.signal });
      this.#ladder.proven();
      if (this.#settle(photo)) this.#emit("result", { result, photo });
      return null;
    } catch (thrown) {
      const failure = asFailure(thrown);
      if (this.#settle(photo)) this.#emit("failure", { failure, photo });
      return DEADLY.has(failure.code) ? failure : null;
    }
  }

  /** Whether the photo is still the latest; if so it waits no longer. @param {Photo} photo */
  #settle(photo) {
    const latest = this.#waiting === photo;
    if (latest) {
      this.#waiting = null;
      this.#enter("ready");
    }
    return latest;
  }

  /** A death while nobody asked anything, such as a lost GPU. @param {Failure} failure */
  #lost(failure) {
    if (this.#state === "ready") void this.#replace(failure);
  }

  /** @param {Failure} failure */
  async #replace(failure) {
    if (this.#fall(new Failure("crashed", failure.message))) await this.#climb();
  }

  #dismissWorker() {
    this.#worker?.terminate();
    this.#worker = null;
  }

  /** @param {State} state */
  #enter(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#emit("state", state);
  }

  /** @param {string} type @param {unknown} detail */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
