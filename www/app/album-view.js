// @ts-check
/**
 * Several photos as a table that fills: one row each, sortable, every row the way to its full result.
 *
 * In: the album's events.  Out: a section that shows itself from two photos on.
 * However many photos come, the page stays light: what changed is written in one animation frame,
 * new rows are built a few per frame, rows out of view are not laid out (`content-visibility`),
 * and a small picture is made only of a photo whose row comes near the window. Tab has one stop in
 * the table; the arrow keys, Home and End go from row to row.
 *
 * Proof: `tests/js/album-view.test.js`, `tests/browser/album.test.js`.
 */

import { AlbumHead } from "./album-head.js";
import { comparison, nextOrder, placeOf } from "./album-order.js";
import { AlbumRow } from "./album-row.js";
import { Thumbnails } from "./thumbnail.js";

/** @typedef {import("./album.js").Album} Album */
/** @typedef {import("./album.js").Entry} Entry */
/** @typedef {import("./album-order.js").Order} Order */

const ROWS_PER_FRAME = 40;
const NEAR_PX = 200; // rows this far outside the table's window get their pictures already

export class AlbumView {
  #album;
  #section;
  #head;
  #body;
  #thumbnails;
  #observer;
  /** @type {Map<Entry, AlbumRow>} */
  #rows = new Map();
  /** @type {WeakMap<Element, Entry>} */
  #entryOf = new WeakMap();
  /** @type {Map<Entry, () => void>} wishes for small pictures, and how to withdraw them */
  #wishes = new Map();
  /** @type {Entry[]} those with a row, as they are shown */
  #shown = [];
  /** @type {Set<Entry>} those whose row is not built, or not up to date */
  #stale = new Set();
  /** @type {Entry | null} the one whose full result is shown */
  #current = null;
  /** @type {Entry | null} where Tab enters the table */
  #stop = null;
  /** @type {Order} */
  #order = null;
  #frame = 0;

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.section
   * @param {Album} parts.album
   * @param {(entry: Entry) => void} parts.onOpen
   * @param {() => void} parts.onCancel
   * @param {() => void} parts.onClear
   * @param {Thumbnails} [parts.thumbnails]
   */
  constructor({ section, album, onOpen, onCancel, onClear, thumbnails = new Thumbnails() }) {
    this.#album = album;
    this.#section = section;
    this.#thumbnails = thumbnails;
    this.#head = new AlbumHead({ onCancel, onClear, onSort: (column) => this.#sort(nextOrder(this.#order, column)) });
    this.#body = this.#head.body;
    section.append(...this.#head.elements);
    this.#observer = new IntersectionObserver((changes) => changes.forEach((change) => this.#near(change)), {
      root: this.#head.window,
      rootMargin: `${NEAR_PX}px`,
    });
    /** @param {string} type @param {(detail: any) => void} hear */
    const on = (type, hear) => album.addEventListener(type, (event) => hear(/** @type {CustomEvent} */ (event).detail));
    on("added", ({ entries }) => this.#touch(entries));
    on("changed", ({ entry }) => this.#touch([entry]));
    on("cleared", () => this.#clear());
    this.#body.addEventListener("click", ({ target }) => {
      const entry = this.#entryAt(target);
      if (entry) onOpen(entry);
    });
    this.#body.addEventListener("focusin", ({ target }) => this.#enterAt(this.#entryAt(target)));
    this.#body.addEventListener("keydown", (event) => this.#move(event));
  }

  /** Marks the row whose full result is shown. @param {Entry | null} entry */
  mark(entry) {
    if (this.#current) this.#rows.get(this.#current)?.mark(false);
    this.#current = entry;
    if (entry) this.#rows.get(entry)?.mark(true);
  }

  /** A line beside the progress, such as how many files were passed over. @param {string} text */
  note(text) {
    this.#head.note(text);
  }

  /** @param {Entry[]} entries */
  #touch(entries) {
    for (const entry of entries) this.#stale.add(entry);
    this.#frame ||= requestAnimationFrame(() => this.#write());
  }

  /** All that changed since the last frame. */
  #write() {
    this.#frame = 0;
    let room = ROWS_PER_FRAME;
    // what changed finds its place anew, among those that are still in order
    if (this.#order) this.#shown = this.#shown.filter((entry) => !this.#stale.has(entry));
    for (const entry of this.#stale) {
      const known = this.#rows.has(entry);
      if (!known && room === 0) continue;
      if (!known) room -= 1;
      this.#stale.delete(entry);
      this.#place(entry, this.#rows.get(entry) ?? this.#build(entry));
    }
    if (!this.#stop) this.#enterAt(this.#shown[0] ?? null);
    this.#head.show(this.#album.counts, this.#album.remaining_ms);
    this.#section.hidden = this.#album.counts.total < 2;
    if (this.#stale.size > 0) this.#touch([]);
  }

  /** @param {Entry} entry */
  #build(entry) {
    const row = new AlbumRow(entry);
    this.#rows.set(entry, row);
    this.#entryOf.set(row.element, entry);
    row.mark(entry === this.#current);
    this.#observer.observe(row.element);
    return row;
  }

  /** Only the row that changed moves, and the focus goes with it. @param {Entry} entry @param {AlbumRow} row */
  #place(entry, row) {
    row.update(entry);
    if (!this.#order && row.element.parentNode) return;
    const to = placeOf(this.#shown, entry, comparison(this.#order));
    this.#shown.splice(to, 0, entry);
    const next = this.#shown[to + 1];
    const before = (next && this.#rows.get(next)?.element) ?? null;
    if (row.element.parentNode && row.element.nextSibling === before) return;
    const focused = row.element.contains(document.activeElement);
    this.#body.insertBefore(row.element, before);
    if (focused) row.button.focus({ preventScroll: true });
  }

  /** @param {Order} order */
  #sort(order) {
    this.#order = order;
    this.#head.mark(order);
    this.#shown.sort(comparison(order));
    this.#body.append(...this.#shown.map((entry) => /** @type {AlbumRow} */ (this.#rows.get(entry)).element));
    this.#enterAt(this.#shown[0] ?? null);
    this.#head.window.scrollTop = 0;
  }

  /**
   * A small picture is wished for while its row is near, until it is there.
   * @param {IntersectionObserverEntry} change
   */
  #near({ target, isIntersecting }) {
    const entry = this.#entryOf.get(target);
    const row = entry && this.#rows.get(entry);
    if (!entry || !row) return;
    this.#wishes.get(entry)?.();
    this.#wishes.delete(entry);
    if (!isIntersecting) return;
    const withdraw = this.#thumbnails.wish(entry.photo.bytes, (picture) => {
      this.#observer.unobserve(target);
      this.#wishes.delete(entry);
      row.picture(picture);
    });
    this.#wishes.set(entry, withdraw);
  }

  #clear() {
    this.#observer.disconnect();
    this.#thumbnails.stop();
    this.#rows.clear();
    this.#wishes.clear();
    this.#stale.clear();
    this.#shown = [];
    this.#current = this.#stop = null;
    this.#body.replaceChildren();
    this.#sort(null);
    this.#head.note("");
    this.#section.hidden = true;
  }

  /** @param {EventTarget | null} target */
  #entryAt(target) {
    const element = target instanceof Element ? target.closest("tr") : null;
    return (element && this.#entryOf.get(element)) ?? null;
  }

  /** @param {Entry | null} entry */
  #enterAt(entry) {
    const before = this.#stop && this.#rows.get(this.#stop);
    if (before) before.button.tabIndex = -1;
    this.#stop = entry;
    const row = entry && this.#rows.get(entry);
    if (row) row.button.tabIndex = 0;
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const from = this.#shown.indexOf(/** @type {Entry} */ (this.#entryAt(event.target)));
    if (from < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const last = this.#shown.length - 1;
    const to = { ArrowDown: Math.min(from + 1, last), ArrowUp: Math.max(from - 1, 0), Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.#rows.get(this.#shown[to])?.button.focus();
  }
}
