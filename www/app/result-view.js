// @ts-check
/**
 * The answer: how sure, the ranking, the best point, what it took; or what went wrong.
 *
 * In: the result's JSON or a failure.  Out: elements; texts go in as text, never as markup.
 * A row that is hovered, focused or pressed is told to `onHighlight`, so that the map lights its
 * region; `highlight` is the way back. One row is a tab stop, the arrow keys lead to the others.
 *
 * Proof: `tests/js/result-view.test.js`, `tests/browser/result.test.js`.
 */

import { element } from "./element.js";
import { RankingView } from "./ranking-view.js";
import { whereabouts } from "./whereabouts.js";
import { coordinates, deviceName, gpsWords, kilometers, meaning, milliseconds, surenessParts } from "./wording.js";

/** @typedef {import("./messages.js").LocateResult} LocateResult */
/** @typedef {import("./messages.js").PlacesGeoJson} PlacesGeoJson */
/** @typedef {import("./failure.js").Failure} Failure */
/** @typedef {"empty" | "waiting" | "working" | "answer" | "error"} View */

/** @type {Record<"empty" | "waiting" | "working", string>} */
const HINTS = {
  empty: "Choose a photo, and the neighborhoods appear here, most likely first.",
  waiting: "The photo waits for the model.",
  working: "Looking at the photo.",
};

export class ResultView {
  #section;
  #hint;
  #answer;
  #error;
  #ranking;
  /** @type {PlacesGeoJson | null} */
  #places = null;
  /** @type {{ photos: number } | null | undefined} */
  #calibration;
  /** @type {Set<string>} what the visitor has unfolded stays so with the next photo */
  #unfolded = new Set();

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.section
   * @param {HTMLElement} parts.hint
   * @param {HTMLElement} parts.answer
   * @param {HTMLElement} parts.error
   * @param {(id: string | null) => void} [parts.onHighlight]  the row that the visitor points at, or none
   */
  constructor({ section, hint, answer, error, onHighlight = () => {} }) {
    this.#section = section;
    this.#hint = hint;
    this.#answer = answer;
    this.#error = error;
    this.#ranking = new RankingView({ onHighlight });
  }

  /**
   * What the model knows, for words that need it: the shapes of the places, and its calibration.
   * @param {PlacesGeoJson} places
   * @param {{ photos: number } | null} [calibration]
   */
  setPlaces(places, calibration) {
    this.#places = places;
    this.#calibration = calibration;
  }

  /** @param {"empty" | "waiting" | "working"} view */
  pend(view) {
    this.#hint.textContent = HINTS[view];
    this.#switch(view);
  }

  /** @param {LocateResult} result */
  show(result) {
    const focus = this.#rememberFocus();
    this.#answer.replaceChildren(
      headline(result),
      this.#ranking.show(result.places),
      ...this.#gps(result),
      this.#particulars(result),
    );
    this.#switch("answer");
    focus();
  }

  /**
   * @param {string} title
   * @param {Failure} failure
   * @param {{ label: string, act: () => void } | null} remedy
   */
  fail(title, failure, remedy) {
    /** @type {HTMLElement[]} */
    const parts = [element("h2", { textContent: title }), message(failure.message)];
    if (remedy) {
      const button = element("button", { className: "button primary", type: "button", textContent: remedy.label });
      button.addEventListener("click", () => remedy.act());
      parts.push(button);
    }
    this.#error.replaceChildren(...parts);
    this.#switch("error");
  }

  /** Lights the row of a place, as the map does with its region. @param {string | null} id */
  highlight(id) {
    this.#ranking.highlight(id);
  }

  /** @param {View} view */
  #switch(view) {
    this.#section.dataset.view = view;
    this.#section.setAttribute("aria-labelledby", view === "answer" ? "answer-title" : "result-title");
  }

  /** @param {LocateResult} result */
  #gps(result) {
    const { taken_at } = result.photo;
    const textContent = gpsWords(result, taken_at ? whereabouts(taken_at, this.#places) : null);
    return textContent === null ? [] : [element("p", { className: "point-exif", textContent })];
  }

  /** The best point, what the percentages mean, what it took. @param {LocateResult} result */
  #particulars(result) {
    const paragraphs = meaning(result, this.#calibration).map((text) => element("p", { textContent: text }));
    const took = `Took ${milliseconds(total(result))} on ${result.backend === "cpu" ? "the " : ""}`;
    return element(
      "div",
      { className: "particulars" },
      point(result),
      this.#foldable("meaning", "What the percentages mean", paragraphs),
      this.#foldable("effort", took + deviceName(result.backend), [effort(result)]),
    );
  }

  /** @param {string} name @param {string} title @param {HTMLElement[]} content */
  #foldable(name, title, content) {
    const details = element("details", { className: `fold ${name}-fold` }, element("summary", { textContent: title }));
    details.append(...content);
    details.open = this.#unfolded.has(name);
    details.addEventListener("toggle", () => {
      if (details.open) this.#unfolded.add(name);
      else this.#unfolded.delete(name);
    });
    return details;
  }

  /** A new answer takes the place of the old one; what had the focus in it has it again. */
  #rememberFocus() {
    const focused = document.activeElement;
    if (!focused || !this.#answer.contains(focused)) return () => {};
    const selector = "button, summary";
    const before = [...this.#answer.querySelectorAll(selector)].indexOf(focused);
    return () => {
      const now = [...this.#answer.querySelectorAll(selector)];
      /** @type {HTMLElement | undefined} */ (now[Math.min(before, now.length - 1)])?.focus({ preventScroll: true });
    };
  }
}

/** @param {LocateResult} result */
function headline(result) {
  const [head, rest] = surenessParts(result);
  const strong = element("strong", { textContent: head });
  return element("h2", { id: "answer-title", className: "headline sureness" }, strong, rest);
}

/** @param {LocateResult} result */
function point({ point: best }) {
  const off = `Expect to be off by ${kilometers(best.expected_error_km)}.`;
  return element(
    "div",
    { className: "point" },
    element("h3", { className: "small-title", textContent: "Best single point" }),
    element("p", { className: "point-place", textContent: coordinates(best) }),
    element("p", { className: "point-error", textContent: off }),
  );
}

/** @param {LocateResult} result */
function total({ milliseconds: { decode, preprocess, encode, score } }) {
  return decode + preprocess + encode + score;
}

/** @param {LocateResult} result */
function effort({ milliseconds: took }) {
  const steps = [
    ["Decode", took.decode],
    ["Preprocess", took.preprocess],
    ["Encode", took.encode],
    ["Score", took.score],
  ];
  const pairs = steps.map(([term, ms]) =>
    element(
      "div",
      {},
      element("dt", { textContent: String(term) }),
      element("dd", { textContent: milliseconds(Number(ms)) }),
    ),
  );
  return element("dl", { className: "effort" }, ...pairs);
}

/** A message as a sentence, its `names` set apart. @param {string} text */
function message(text) {
  const sentence = text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
  const pieces = sentence
    .split("`")
    .map((part, index) => (index % 2 ? element("code", { textContent: part }) : part));
  return element("p", { className: "error-message" }, ...pieces);
}
