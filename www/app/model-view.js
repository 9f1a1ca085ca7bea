// @ts-check
/**
 * The strip that tells about the model: loading, ready, stopped; its height stays the same.
 *
 * In: the session's events.  Out: one line, a bar, a note, what the model is, and the one button that makes sense.
 *
 * Proof: `tests/browser/page.test.js`.
 */

import { bytesOf, deviceName, fallWords, megabytes } from "./wording.js";

/** @typedef {import("./session.js").State} State */
/** @typedef {import("./messages.js").ModelFacts} ModelFacts */

/** @type {Record<State, { status: string, action: string }>} */
const WORDS = {
  idle: { status: "The model is not loaded", action: "Load the model" },
  loading: { status: "Loading the model", action: "Cancel" },
  ready: { status: "The model is ready", action: "" },
  working: { status: "Looking at the photo", action: "" },
  failed: { status: "The model could not be loaded", action: "" },
};

export class ModelView {
  #parts;
  /** @type {string} why a lower rung is in use; empty on the first */
  #detour = "";

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.section  takes the focus when the button it was on goes away
   * @param {HTMLElement} parts.status
   * @param {HTMLElement} parts.bytes
   * @param {HTMLElement} parts.note
   * @param {HTMLProgressElement} parts.progress
   * @param {HTMLButtonElement} parts.action
   * @param {HTMLElement} parts.about  the manifest's words, two lines of them
   * @param {HTMLElement} parts.weights  the way to a better model
   * @param {HTMLButtonElement} parts.more  shows the rest of a text of more than two lines
   */
  constructor(parts) {
    this.#parts = parts;
    parts.more.addEventListener("click", () => this.#unfold(!parts.about.classList.contains("whole")));
    new ResizeObserver(() => this.#offerMore()).observe(parts.about);
  }

  /** @param {State} state */
  enter(state) {
    const { status, progress, action, section, bytes } = this.#parts;
    status.textContent = WORDS[state].status;
    const { action: word } = WORDS[state];
    if (word === "" && document.activeElement === action) section.focus({ preventScroll: true });
    if (word !== "") action.textContent = word;
    action.classList.toggle("gone", word === "");
    if (state === "loading") {
      progress.removeAttribute("value"); // indeterminate until the first byte
      bytes.textContent = "";
      this.#note(`Downloaded once, then kept for the next visit. ${this.#detour}`);
    }
    if (state === "idle") {
      progress.value = 0;
      bytes.textContent = "";
      this.#note("What has arrived is kept, so loading goes on from there.");
    }
    if (state === "failed") {
      if (progress.position < 0) progress.value = 0; // no bar that moves for ever
      this.#note("What has arrived is kept.");
    }
  }

  /** @param {{ loaded_bytes: number, total_bytes: number }} progress */
  advance({ loaded_bytes, total_bytes }) {
    const { progress, bytes, status } = this.#parts;
    progress.max = total_bytes;
    progress.value = loaded_bytes;
    progress.setAttribute("aria-valuetext", bytesOf(loaded_bytes, total_bytes));
    bytes.textContent = bytesOf(loaded_bytes, total_bytes);
    if (loaded_bytes === total_bytes) status.textContent = "Checking the model";
  }

  /** @param {ModelFacts} facts */
  ready({ backend, model, untrained, about }) {
    const { progress, bytes } = this.#parts;
    this.#describe(about?.trim() ?? "", untrained);
    if (!(progress.value > 0)) progress.value = progress.max;
    bytes.textContent = progress.max > 1 ? `${megabytes(progress.max)} MB` : "";
    this.#note(
      `${model} on ${backend === "cpu" ? "the " : ""}${deviceName(backend)}. ${this.#detour || "Its known answer came out right on this device."}`,
    );
  }

  /**
   * Says in a word why the model runs one rung lower.
   * @param {import("./wording.js").Fall} fall
   */
  tellFall(fall) {
    this.#detour = fallWords(fall);
    this.#parts.note.title = fall.failure.message;
    return this.#detour;
  }

  /**
   * The place for it is kept from the start, so that nothing moves. It is in no live region: what
   * is read aloud is that the model is ready, and then the result.
   * @param {string} about @param {boolean} untrained
   */
  #describe(about, untrained) {
    this.#parts.about.textContent = about;
    this.#parts.weights.hidden = about === "" && !untrained;
    this.#unfold(false);
  }

  /** @param {boolean} whole */
  #unfold(whole) {
    const { about, more } = this.#parts;
    about.classList.toggle("whole", whole);
    more.setAttribute("aria-expanded", String(whole));
    more.textContent = whole ? "Show less" : "Show more";
    this.#offerMore();
  }

  /** The button is there where it does something: a line can be cut off, or is shown by it. */
  #offerMore() {
    const { about, more } = this.#parts;
    more.hidden = !about.classList.contains("whole") && about.scrollHeight <= about.clientHeight + 1;
  }

  /** @param {string} text */
  #note(text) {
    this.#parts.note.textContent = text.trim();
  }
}
