// @ts-check
/**
 * The ranking: a row for each place, the first few at once and the others on demand.
 *
 * In: places, most probable first.  Out: one element; `onHighlight` with the place that the visitor
 * points at, or null. Hovering and focusing light a row while they last, pressing until the next press.
 * One row is a tab stop; the arrow keys, Home and End lead to the others.
 *
 * Proof: `tests/js/result-view.test.js`.
 */

import { element } from "./element.js";
import { percent } from "./wording.js";

/** @typedef {import("./messages.js").Place} Place */

const SHOWN_FIRST = 5;

/** @type {Record<string, (at: number, last: number) => number>} */
const MOVES = {
  ArrowDown: (at, last) => Math.min(at + 1, last),
  ArrowUp: (at) => Math.max(at - 1, 0),
  Home: () => 0,
  End: (_, last) => last,
};

export class RankingView {
  #onHighlight;
  /** @type {HTMLButtonElement[]} */
  #rows = [];
  /** @type {string | null} the place that was pressed */
  #kept = null;
  #whole = false;

  /** @param {{ onHighlight: (id: string | null) => void }} parts */
  constructor({ onHighlight }) {
    this.#onHighlight = onHighlight;
  }

  /** @param {Place[]} places */
  show(places) {
    this.#kept = null;
    this.#point(null); // rows that go away tell nobody that they are left
    this.#rows = places.map((place, index) => this.#row(place, index));
    const list = element("ol", { id: "ranking", className: "ranking" }, ...this.#rows.map((row) => item(row)));
    list.setAttribute("role", "list"); // a list without markers is none to some screen readers
    list.setAttribute("aria-label", "Ranking");
    list.addEventListener("keydown", (event) => this.#move(event));
    const box = element("div", { className: "ranking-box" }, list);
    if (places.length > SHOWN_FIRST) box.append(this.#expander());
    this.#fold();
    return box;
  }

  /** @param {string | null} id */
  highlight(id) {
    for (const row of this.#rows) row.parentElement?.classList.toggle("lit", row.dataset.id === id);
  }

  /** @param {Place} place @param {number} index */
  #row({ id, name, cosine, probability }, index) {
    const bar = element("span", { className: "bar" });
    bar.style.setProperty("--share", String(probability));
    const row = element(
      "button",
      { type: "button", className: "place-row", tabIndex: index === 0 ? 0 : -1 },
      element("span", { className: "place-rank" }, String(index + 1), comma()),
      element("span", {}, element("span", { className: "place-name", textContent: name }), comma()),
      element("span", { className: "place-percent", textContent: percent(probability) }),
      bar,
    );
    row.dataset.id = id;
    row.dataset.cosine = String(cosine);
    row.setAttribute("aria-pressed", "false");
    row.addEventListener("click", () => this.#keep(row));
    for (const type of ["pointerenter", "focus"]) row.addEventListener(type, () => this.#point(id));
    for (const type of ["pointerleave", "blur"]) row.addEventListener(type, () => this.#point(this.#kept));
    return row;
  }

  /** @param {string | null} id */
  #point(id) {
    this.highlight(id);
    this.#onHighlight(id);
  }

  /** Pressed again, a row is let go. @param {HTMLButtonElement} row */
  #keep(row) {
    const id = row.dataset.id ?? null;
    this.#kept = this.#kept === id ? null : id;
    for (const each of this.#rows) each.setAttribute("aria-pressed", String(each.dataset.id === this.#kept));
    this.#point(this.#kept);
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const shown = this.#rows.filter((row) => !row.parentElement?.hidden);
    const at = shown.findIndex((row) => row === event.target);
    const move = MOVES[event.key];
    if (!move || at < 0 || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.#enter(shown[move(at, shown.length - 1)]);
  }

  /** The one tab stop is where the visitor is. @param {HTMLButtonElement} row */
  #enter(row) {
    for (const each of this.#rows) each.tabIndex = each === row ? 0 : -1;
    row.focus();
  }

  #expander() {
    const button = element("button", { className: "button quiet ranking-more", type: "button" });
    button.setAttribute("aria-controls", "ranking");
    const say = () => {
      button.setAttribute("aria-expanded", String(this.#whole));
      button.textContent = this.#whole ? `Show the first ${SHOWN_FIRST}` : `Show all ${this.#rows.length} places`;
    };
    button.addEventListener("click", () => {
      this.#whole = !this.#whole;
      this.#fold();
      say();
    });
    say();
    return button;
  }

  #fold() {
    this.#rows.forEach((row, index) => {
      const hidden = !this.#whole && index >= SHOWN_FIRST;
      if (row.parentElement) row.parentElement.hidden = hidden;
      if (hidden && row.tabIndex === 0) [row.tabIndex, this.#rows[0].tabIndex] = [-1, 0];
    });
  }
}

/** Heard as a pause, not seen: the row reads "1, Santa Monica, 41.0%". */
function comma() {
  return element("span", { className: "place-comma", textContent: ", " });
}

/** The list's item carries what programs look for. @param {HTMLButtonElement} row */
function item(row) {
  const made = element("li", { className: "place" }, row);
  made.dataset.id = row.dataset.id;
  made.dataset.cosine = row.dataset.cosine;
  return made;
}
