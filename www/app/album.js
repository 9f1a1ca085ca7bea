// @ts-check
/**
 * The photos of this visit, and what became of each.
 *
 * In: `add`, `start`, `finish`, `fail`, `cancelWaiting`, `clear`.  Out: `entries`, `counts`, the time
 * that is left, and the events `added` {entries}, `changed` {entry} and `cleared`.
 * An entry keeps the visitor's own file handle, never a copy of its bytes. Its state goes
 * waiting → working → done | failed, or waiting → cancelled; one that ended may start again.
 *
 * Proof: `tests/js/album.test.js`.
 */

/** @typedef {import("./session.js").Photo} Photo */
/** @typedef {import("./messages.js").LocateResult} LocateResult */
/** @typedef {import("./failure.js").Failure} Failure */
/** @typedef {"waiting" | "working" | "done" | "failed" | "cancelled"} EntryState */

/**
 * @typedef {object} Entry
 * @property {number} id  in the order of arrival, from 1
 * @property {Photo} photo
 * @property {EntryState} state
 * @property {LocateResult | null} result
 * @property {Failure | null} failure
 */

/** @typedef {Record<EntryState | "total", number>} Counts */

const RECENT = 16; // photos whose mean time stands for the next one's

/** @returns {Counts} */
const zero = () => ({ total: 0, waiting: 0, working: 0, done: 0, failed: 0, cancelled: 0 });

export class Album extends EventTarget {
  /** @type {Entry[]} */
  #entries = [];
  #counts = zero();
  #lastId = 0;
  #clock;
  #startedAt_ms = 0;
  /** @type {number[]} the latest photos' times in milliseconds */
  #took = [];

  /** @param {() => number} [clock]  milliseconds */
  constructor(clock = () => performance.now()) {
    super();
    this.#clock = clock;
  }

  /** In the order of arrival. @returns {readonly Entry[]} */
  get entries() {
    return this.#entries;
  }

  /** @returns {Counts} */
  get counts() {
    return { ...this.#counts };
  }

  /** Milliseconds until the last photo is done, by the latest ones' mean; null before the first. */
  get remaining_ms() {
    if (this.#took.length === 0) return null;
    const mean = this.#took.reduce((sum, ms) => sum + ms, 0) / this.#took.length;
    return mean * (this.#counts.waiting + this.#counts.working);
  }

  /** @param {Photo[]} photos @returns {Entry[]} */
  add(photos) {
    const entries = photos.map((photo) => ({
      id: (this.#lastId += 1),
      photo,
      state: /** @type {EntryState} */ ("waiting"),
      result: null,
      failure: null,
    }));
    for (const entry of entries) this.#entries.push(entry);
    this.#counts.total += entries.length;
    this.#counts.waiting += entries.length;
    this.#emit("added", { entries });
    return entries;
  }

  /** @param {Entry} entry */
  start(entry) {
    this.#startedAt_ms = this.#clock();
    this.#change(entry, { state: "working", failure: null });
  }

  /** @param {Entry} entry @param {LocateResult} result */
  finish(entry, result) {
    this.#measure(entry);
    this.#change(entry, { state: "done", result, failure: null });
  }

  /** @param {Entry} entry @param {Failure} failure */
  fail(entry, failure) {
    this.#measure(entry);
    this.#change(entry, { state: "failed", failure });
  }

  /** Photos that nobody has looked at yet stay so; the one that is looked at goes on. */
  cancelWaiting() {
    for (const entry of this.#entries) if (entry.state === "waiting") this.#change(entry, { state: "cancelled" });
  }

  clear() {
    this.#entries = [];
    this.#counts = zero();
    this.#emit("cleared", {});
  }

  /** @param {Entry} entry */
  #measure({ state }) {
    if (state !== "working") return;
    this.#took.push(this.#clock() - this.#startedAt_ms);
    if (this.#took.length > RECENT) this.#took.shift();
  }

  /** @param {Entry} entry @param {Partial<Entry>} news */
  #change(entry, news) {
    if (this.#entries[this.#indexOf(entry)] !== entry) return; // of an album that was cleared
    this.#counts[entry.state] -= 1;
    Object.assign(entry, news);
    this.#counts[entry.state] += 1;
    this.#emit("changed", { entry });
  }

  /** Ids rise by one, so the first tells where any other is. @param {Entry} entry */
  #indexOf({ id }) {
    return this.#entries.length > 0 ? id - this.#entries[0].id : -1;
  }

  /** @param {string} type @param {unknown} detail */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
