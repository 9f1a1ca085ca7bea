// @ts-check
/**
 * One row of the album: a small picture, the file, the first place, how probable, how far off, the state.
 *
 * In: an entry.  Out: a `<tr>` whose button opens the photo's full result. Roles are spelled out,
 * because rows are laid out as a grid, which makes some browsers forget that they are rows.
 *
 * Proof: `tests/js/album-view.test.js`.
 */

import { isSure } from "./album-order.js";
import { element } from "./element.js";
import { kilometers, percent } from "./wording.js";

/** @typedef {import("./album.js").Entry} Entry */

const CELLS = ["place", "probability", "error", "state"];

export class AlbumRow {
  element;
  button;
  #image;
  #cells;

  /** @param {Entry} entry */
  constructor({ id, photo }) {
    this.element = /** @type {HTMLTableRowElement} */ ((pattern ??= makePattern()).cloneNode(true));
    this.element.dataset.id = String(id);
    this.button = /** @type {HTMLButtonElement} */ (this.element.querySelector("button"));
    this.#image = /** @type {HTMLImageElement} */ (this.element.querySelector("img"));
    this.#cells = Object.fromEntries(CELLS.map((name) => [name, this.#part(`.cell-${name}`)]));
    const cut = photo.name.lastIndexOf("/") + 1;
    this.#part(".file-folder").textContent = photo.name.slice(0, cut);
    this.#part(".file-name").textContent = photo.name.slice(cut);
  }

  /** @param {Entry} entry */
  update(entry) {
    const { photo, state, result, failure } = entry;
    const [first] = (state === "done" && result?.places) || [];
    const { place, probability, error, state: word } = this.#cells;
    this.element.dataset.state = state;
    word.textContent = stateOf(entry);
    place.textContent = state === "failed" ? sentence(failure?.message ?? "") : (first?.name ?? "");
    probability.textContent = first ? percent(first.probability) : "";
    error.textContent = first && result ? kilometers(result.point.expected_error_km) : "";
    this.button.title = state === "failed" ? `${photo.name}: ${failure?.message}` : photo.name;
    const answer = first ? `${first.name}, ${percent(first.probability)}` : stateOf(entry);
    this.button.setAttribute("aria-label", `${photo.name}: ${answer}`);
  }

  /** @param {boolean} current */
  mark(current) {
    this.element.classList.toggle("current", current);
    if (current) this.button.setAttribute("aria-current", "true");
    else this.button.removeAttribute("aria-current");
  }

  /** The address is let go as soon as the picture is there. @param {Blob | null} picture */
  picture(picture) {
    if (!picture) return this.element.classList.add("no-picture");
    const address = URL.createObjectURL(picture);
    const release = () => URL.revokeObjectURL(address);
    this.#image.addEventListener("load", release, { once: true });
    this.#image.addEventListener("error", release, { once: true });
    this.#image.src = address;
    this.#image.hidden = false;
  }

  /** @param {string} selector */
  #part(selector) {
    return /** @type {HTMLElement} */ (this.element.querySelector(selector));
  }
}

/** @param {Entry} entry */
function stateOf(entry) {
  if (entry.state === "done") return isSure(entry) ? "Done" : "Not sure";
  return { waiting: "Waiting", working: "Looking", failed: "Failed", cancelled: "Canceled" }[entry.state];
}

/** A message as the start of a sentence, its names in quotation marks. @param {string} message */
function sentence(message) {
  return (message.charAt(0).toUpperCase() + message.slice(1)).replace(/`([^`]*)`/g, "“$1”");
}

/** Copied for each row, which is quicker than building it anew. @type {HTMLTableRowElement | undefined} */
let pattern;

function makePattern() {
  const row = element("tr", { className: "album-row" });
  row.setAttribute("role", "row");
  const image = element("img", { alt: "", width: 48, height: 36, hidden: true });
  const open = element("button", { type: "button", className: "album-open", tabIndex: -1 });
  for (const className of ["file-name", "file-folder"]) {
    open.append(element("span", { className }));
  }
  const file = cell("th", "file", "rowheader");
  file.setAttribute("scope", "row");
  file.append(open);
  const picture = cell("td", "picture", "cell");
  picture.append(image);
  row.append(picture, file, ...CELLS.map((name) => cell("td", name, "cell")));
  return row;
}

/** @param {"td" | "th"} tag @param {string} name @param {string} role */
function cell(tag, name, role) {
  const made = element(tag, { className: `cell-${name}` });
  made.setAttribute("role", role);
  return made;
}
