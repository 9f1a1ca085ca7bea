// @ts-check
/**
 * Small pictures of large photos, one at a time, in a worker of their own.
 *
 * In: a photo's file, when its row comes near the window.  Out: a JPEG of at most 96 × 72 pixels, or
 * null where this browser cannot decode the photo. A wish that is withdrawn before its turn costs
 * nothing. However many photos there are, memory holds one.
 *
 * Proof: `tests/js/album-view.test.js`, `tests/browser/album.test.js`.
 */

/** @typedef {Pick<Worker, "postMessage" | "terminate" | "addEventListener">} WorkerLike */
/** @typedef {{ photo: Blob, deliver: (picture: Blob | null) => void }} Wish */

const MAX_BYTES = 64 * 1024 * 1024; // what the model takes; more is not worth a decode

export class Thumbnails {
  #createWorker;
  /** @type {WorkerLike | null} */
  #worker = null;
  /** @type {Set<Wish>} in their order */
  #wishes = new Set();
  /** @type {Wish | null} the one at the worker */
  #current = null;
  #broken = false;

  /** @param {() => WorkerLike} [createWorker] */
  constructor(createWorker = startWorker) {
    this.#createWorker = createWorker;
  }

  /**
   * @param {Blob} photo
   * @param {(picture: Blob | null) => void} deliver
   * @returns {() => void} withdraws the wish
   */
  wish(photo, deliver) {
    const wish = { photo, deliver };
    this.#wishes.add(wish);
    this.#turn();
    return () => void (wish !== this.#current && this.#wishes.delete(wish));
  }

  /** Ends the worker and what it holds; the next wish starts another. */
  stop() {
    this.#worker?.terminate();
    this.#worker = null;
    this.#current = null;
    this.#wishes.clear();
  }

  #turn() {
    if (this.#current) return;
    const [wish] = this.#wishes;
    if (!wish) return;
    this.#current = wish;
    if (this.#broken || wish.photo.size > MAX_BYTES) return this.#settle(null);
    this.#worker ??= this.#start();
    this.#worker.postMessage(wish.photo);
  }

  #start() {
    const worker = this.#createWorker();
    const hear = (/** @type {Blob | null} */ picture) => worker === this.#worker && this.#settle(picture);
    worker.addEventListener("message", (event) => hear(/** @type {MessageEvent} */ (event).data));
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#broken = true; // a browser without what it takes; the table does without
      hear(null);
    });
    return worker;
  }

  /** @param {Blob | null} picture */
  #settle(picture) {
    const wish = this.#current;
    this.#current = null;
    if (wish && this.#wishes.delete(wish)) wish.deliver(picture);
    this.#turn();
  }
}

/** @returns {WorkerLike} */
function startWorker() {
  return new Worker(new URL("./thumbnail-worker.js", import.meta.url), { type: "module", name: "thumbnails" });
}
