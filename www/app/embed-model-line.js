// @ts-check
/**
 * The widget's line about its model: what it does now, how much has come, and the one button that makes sense.
 *
 * In: the session's events.  Out: words, a bar, a button's name. The line's height stays the same.
 *
 * Proof: `tests/js/embed-model-line.test.js`, `tests/browser/widget.test.js`.
 */

import { bytesOf, deviceName, fallWords } from "./wording.js";

/** @typedef {import("./session.js").State} State */

/** @type {Record<State, { status: string, action: string }>} */
const WORDS = {
  idle: { status: "The model loads with the first photo.", action: "" },
  loading: { status: "Loading the model", action: "Cancel" },
  ready: { status: "On this device", action: "" },
  working: { status: "Looking at the photo", action: "" },
  failed: { status: "The model could not be loaded.", action: "" },
};

export class EmbedModelLine {
  #parts;
  #canceled = false;
  #place = "";

  /** @param {{ status: HTMLElement, progress: HTMLProgressElement, action: HTMLButtonElement }} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /** @param {State} state */
  enter(state) {
    const { status, progress, action } = this.#parts;
    const { status: words, action: name } = WORDS[state];
    this.#canceled ||= state === "loading"; // an idle that follows was asked for
    status.textContent = state === "ready" && this.#place ? this.#place : words;
    if (state === "idle" && this.#canceled) status.textContent = "Loading was canceled.";
    action.textContent = state === "idle" && this.#canceled ? "Load the model" : name;
    action.hidden = action.textContent === "";
    progress.classList.toggle("moving", state === "loading");
    if (state === "loading")
      progress.removeAttribute("value"); // indeterminate until the first byte
    else if (progress.position < 0) progress.value = 0;
  }

  /** @param {{ loaded_bytes: number, total_bytes: number }} progress */
  advance({ loaded_bytes, total_bytes }) {
    const { status, progress } = this.#parts;
    progress.max = total_bytes;
    progress.value = loaded_bytes;
    const words = bytesOf(loaded_bytes, total_bytes);
    progress.setAttribute("aria-valuetext", words);
    const arrived = loaded_bytes === total_bytes;
    status.textContent = arrived ? "Checking the model" : `Loading: ${words}`;
  }

  /** @param {{ backend: string }} facts */
  ready({ backend }) {
    this.#place = `On this device (${deviceName(backend)})`;
    this.#parts.status.textContent = this.#place;
  }

  /** Says in a word why the model runs one rung lower. @param {import("./wording.js").Fall} fall */
  tellFall(fall) {
    const words = fallWords(fall);
    this.#parts.status.title = words;
    return words;
  }
}
