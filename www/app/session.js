// @ts-check
/**
 * One visit: a model that loads, photos that wait for it, and answers.
 *
 * In: `start`, `cancel`, `retry`, `locate`, `forget`.  Out: events `state`, `progress`, `ready`
 * {facts}, `working` {photo}, `result` {result, photo, memory_bytes}, `failure`
 * {failure, photo}, `notice` {from, to, failure}.
 * The state is one word: idle | loading | ready | working | failed. A bad photo leaves it at
 * `ready`; `failed` means that there is no model. Photos are answered one by one, in the order
 * they came; the answer of one that was forgotten in the meantime is dropped. A photo that
 * crashes the model is not tried again, and does not keep the others from their turn.
 *
 * Proof: `tests/js/session.test.js`.
 */

import { asFailure, Failure } from "./failure.js";
import { Ladder } from "./ladder.js";

/** @typedef {"idle" | "loading" | "ready" | "working" | "failed"} State */
/** @typedef {import("./model-worker.js").ModelWorker} ModelWorker */
/** @typedef {import("./messages.js").LocateOptions} LocateOptions */
/** @typedef {{ bytes: Blob, name: string, sample?: boolean }} Photo  `sample`: one of the page's own */
/** @typedef {Pick<ModelWorker, "open" | "retry" | "locate" | "terminate">} WorkerHandle */

/** @typedef {{ photo: Photo, answer: ReturnType<WorkerHandle["locate"]> }} Job */

/** Codes after which the worker is not trusted any more: a panic, a lost device, numbers that are none. */
const DEADLY = new Set(["crashed", "device", "known_answer"]);

/**
 * @typedef {object} SessionOptions
 * @property {import("./ladder.js").DeviceChoice} device
 * @property {string} manifestUrl
 * @property {(onLost: (failure: Failure) => void) => WorkerHandle} createWorker
 * @property {() => void} [expectWebGpu]  throws where the page itself knows that there is none: no worker need find out
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
  /** @type {Set<Photo>} photos that no answer has been given for, in their order; the first may be at the model */
  #waiting = new Set();
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

  /** How many photos wait for the model or are being looked at. */
  get waiting() {
    return this.#waiting.size;
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

  /** Ranks the places for these photos, now or as soon as the model is here. @param {...Photo} photos */
  async locate(...photos) {
    for (const photo of photos) this.#waiting.add(photo);
    if (this.#state === "ready") await this.#work();
    else if (this.#state === "idle") await this.start();
  }

  /** Asks for no answer for these photos any more, or for none of those that wait. @param {Iterable<Photo>} [photos] */
  forget(photos = [...this.#waiting]) {
    for (const photo of photos) this.#waiting.delete(photo);
  }

  /** @param {{ resume?: boolean }} [how] */
  async #climb({ resume = false } = {}) {
    const { signal } = this.#stop;
    /** @type {Job | null} */
    let job = null;
    this.#enter("loading");
    while (!signal.aborted) {
      try {
        const facts = await this.#open(resume && this.#worker !== null, signal);
        job = this.#ask(); // first: the model works while the page shows that it is ready
        this.#busy = job !== null;
        this.#enter("ready");
        this.#emit("ready", facts);
        break;
      } catch (thrown) {
        if (signal.aborted) return;
        if (!this.#fall(asFailure(thrown))) return;
      }
    }
    await this.#work(job);
  }

  /** @param {boolean} resume @param {AbortSignal} signal */
  async #open(resume, signal) {
    const onProgress = (/** @type {number} */ loaded_bytes, /** @type {number} */ total_bytes) => {
      if (!signal.aborted) this.#emit("progress", { loaded_bytes, total_bytes });
    };
    if (resume && this.#worker) return this.#worker.retry({ signal, onProgress });
    if (this.#ladder.rung === "webgpu") this.#options.expectWebGpu?.();
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

  /** @param {Job | null} [job]  one that was asked for already */
  async #work(job = null) {
    if (this.#busy && !job) return; // the loop below takes what has come in the meantime
    this.#busy = true;
    /** @type {Failure | null} */
    let death = null;
    let next = job ?? this.#ask();
    while (next) {
      death = await this.#look(next);
      next = death ? null : this.#ask();
    }
    this.#busy = false;
    if (death) return await this.#replace(death);
    if (this.#state === "working") this.#enter("ready"); // the last photo was forgotten while it was at the model
  }

  /** The next photo's answer, on its way. @returns {Job | null} */
  #ask() {
    const [photo] = this.#waiting;
    if (!this.#worker || !photo) return null;
    const answer = this.#worker.locate(photo.bytes, this.#options.locateOptions ?? {}, { signal: this.#stop.signal });
    answer.catch(() => {}); // whoever looks at the photo hears of it
    return { photo, answer };
  }

  /**
   * The failure, if it was one that the worker does not survive.
   * @param {Job} job
   */
  async #look({ photo, answer }) {
    this.#enter("working");
    this.#emit("working", photo);
    try {
      const { result, memory_bytes } = await answer;
      this.#ladder.proven();
      if (this.#settle(photo)) this.#emit("result", { result, photo, memory_bytes });
      return null;
    } catch (thrown) {
      const failure = asFailure(thrown);
      if (this.#settle(photo)) this.#emit("failure", { failure, photo });
      return DEADLY.has(failure.code) ? failure : null;
    }
  }

  /** Whether the photo was still wanted; if so it waits no longer. @param {Photo} photo */
  #settle(photo) {
    const wanted = this.#waiting.delete(photo);
    if (this.#waiting.size === 0) this.#enter("ready");
    return wanted;
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
