// @ts-check
/**
 * What stands around the album's rows: progress, Cancel, Clear, and the titles that sort.
 *
 * In: counts, the time left, the order.  Out: elements; `body` is where the rows go.
 * Clear asks once more in its own words before results are lost. A button that goes away hands the
 * focus to its neighbor.
 *
 * Proof: `tests/js/album-view.test.js`.
 */

import { COLUMNS } from "./album-order.js";
import { element } from "./element.js";

/** @typedef {import("./album.js").Counts} Counts */
/** @typedef {import("./album-order.js").Column} Column */
/** @typedef {import("./album-order.js").Order} Order */

export class AlbumHead {
  /** What scrolls. */
  window = element("div", { className: "album-window" });
  body = element("tbody", { className: "album-body" });
  #status = element("p", { className: "album-status" });
  #note = element("p", { className: "album-note" });
  #progress = element("progress", { className: "album-progress" });
  #cancel = button("Cancel", "button quiet");
  #clear = button("Clear", "button quiet");
  /** @type {Map<Column, HTMLElement>} */
  #titles = new Map();

  /** @param {{ onCancel: () => void, onClear: () => void, onSort: (column: Column) => void }} listeners */
  constructor({ onCancel, onClear, onSort }) {
    this.#progress.setAttribute("aria-label", "Photos done");
    this.#cancel.addEventListener("click", onCancel);
    this.#clear.addEventListener("click", () => {
      if (!this.#arm()) return;
      this.#disarm();
      onClear();
    });
    this.#clear.addEventListener("blur", () => this.#disarm());
    this.window.append(this.#table(onSort));
  }

  /** @returns {HTMLElement[]} */
  get elements() {
    const title = element("h2", { className: "small-title", id: "album-title", textContent: "Photos" });
    const words = element("div", { className: "album-words" }, title, this.#status);
    const line = element("div", { className: "album-line" }, words, this.#cancel, this.#clear);
    return [line, this.#progress, this.#note, this.window];
  }

  /** @param {Counts} counts @param {number | null} remaining_ms */
  show(counts, remaining_ms) {
    const { total, waiting, working } = counts;
    const ended = total - waiting - working;
    this.#status.textContent = ended < total ? running(ended, total, remaining_ms) : summary(counts);
    this.#progress.max = total;
    this.#progress.value = ended;
    this.#progress.setAttribute("aria-valuetext", `${ended} of ${total}`);
    if (waiting === 0 && document.activeElement === this.#cancel) this.#clear.focus({ preventScroll: true });
    this.#cancel.hidden = waiting === 0;
    this.#clear.dataset.loses = String(counts.done);
  }

  /** @param {string} text */
  note(text) {
    this.#note.textContent = text;
  }

  /** @param {Order} order */
  mark(order) {
    for (const [column, title] of this.#titles) {
      if (order?.column !== column) title.removeAttribute("aria-sort");
      else title.setAttribute("aria-sort", order.descending ? "descending" : "ascending");
    }
  }

  /** True on the press that counts. */
  #arm() {
    const loses = Number(this.#clear.dataset.loses);
    if (loses === 0 || this.#clear.hasAttribute("data-armed")) return true;
    this.#clear.setAttribute("data-armed", "");
    this.#clear.textContent = `Clear ${loses} ${loses === 1 ? "result" : "results"}?`;
    return false;
  }

  #disarm() {
    this.#clear.removeAttribute("data-armed");
    this.#clear.textContent = "Clear";
  }

  /** @param {(column: Column) => void} onSort */
  #table(onSort) {
    const row = withRole(element("tr", { className: "album-titles" }), "row");
    const picture = withRole(element("th", { className: "cell-picture" }), "columnheader");
    picture.append(element("span", { className: "visually-hidden", textContent: "Picture" }));
    row.append(picture);
    for (const [key, { title }] of Object.entries(COLUMNS)) {
      const column = /** @type {Column} */ (key);
      const cell = withRole(element("th", { className: `cell-${column}` }), "columnheader");
      cell.setAttribute("scope", "col");
      const sort = button(title, "album-sort");
      sort.addEventListener("click", () => onSort(column));
      cell.append(sort);
      this.#titles.set(column, cell);
      row.append(cell);
    }
    const head = withRole(element("thead", { className: "album-head" }), "rowgroup");
    head.append(row);
    const hint = element("caption", {
      className: "visually-hidden",
      textContent: "Photos and their first places. Arrow keys go from row to row; Enter opens a photo's full result.",
    });
    const table = withRole(element("table", { className: "album-table" }), "table");
    table.append(hint, head, withRole(this.body, "rowgroup"));
    return table;
  }
}

/** `12 of 500, about 3 min left` @param {number} ended @param {number} total @param {number | null} remaining_ms */
function running(ended, total, remaining_ms) {
  return `${ended} of ${total}${remaining_ms === null ? "" : `, ${timeLeft(remaining_ms)} left`}`;
}

/** Rounded up, so that it is not promised too early. @param {number} ms */
function timeLeft(ms) {
  const minutes = Math.ceil(ms / 60_000);
  if (ms < 10_000) return "a few seconds";
  if (minutes === 1) return "less than a minute";
  return minutes < 90 ? `about ${minutes} min` : `about ${Math.ceil(minutes / 60)} h`;
}

/** `500 photos: 496 done, 4 failed` @param {Counts} counts */
function summary({ total, done, failed, cancelled }) {
  const parts = [`${done} done`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (cancelled > 0) parts.push(`${cancelled} canceled`);
  return `${total} photos: ${parts.join(", ")}`;
}

/** @param {string} textContent @param {string} className */
function button(textContent, className) {
  return element("button", { type: "button", textContent, className });
}

/** @template {HTMLElement} Kind @param {Kind} part @param {string} role */
function withRole(part, role) {
  part.setAttribute("role", role);
  return part;
}
