// @ts-check
/**
 * What stands around the map: its buttons, its legend, the names of who made the tiles.
 *
 * In: what the buttons do.  Out: elements. Swatches are drawn by `styles/map.css` with the same
 * rules as the map, so a legend cannot differ from what it explains.
 *
 * Proof: `tests/js/map-view.test.js`.
 */

import { element } from "./element.js";

/** Swatches and words. `own` is seen only while there is such a point. */
const ENTRIES = [
  ["shade", "probability, 0 to 100%"],
  ["half", "half of it"],
  ["most", "80% of it"],
  ["best", "best point, expected error"],
  ["own", "photo's own GPS"],
];

/** The legend, and the entry for the photo's own GPS, which comes and goes without moving anything. */
export function legend() {
  const list = element("ul", { className: "map-legend" });
  list.setAttribute("aria-label", "Legend of the map");
  const entries = ENTRIES.map(([kind, words]) => {
    const entry = element("li", { className: `map-key map-key-${kind}` });
    const swatch = element("i");
    swatch.setAttribute("aria-hidden", "true");
    entry.append(swatch, element("span", { textContent: words }));
    return entry;
  });
  list.append(...entries);
  const own = entries[entries.length - 1];
  const words = own.lastElementChild;
  /** @param {"none" | "here" | "elsewhere"} where */
  const tellOwn = (where) => {
    own.classList.toggle("absent", where === "none");
    if (words) words.textContent = where === "elsewhere" ? "photo's own GPS: off this map" : ENTRIES[4][1];
  };
  tellOwn("none");
  return { list, tellOwn };
}

/** @param {{ zoomIn: () => void, zoomOut: () => void, whole: () => void }} acts */
export function buttons({ zoomIn, zoomOut, whole }) {
  const box = element("div", { className: "map-buttons" });
  for (const [name, kind, act] of /** @type {[string, string, () => void][]} */ ([
    ["Zoom in", "in", zoomIn],
    ["Zoom out", "out", zoomOut],
    ["Show all places", "whole", whole],
  ])) {
    const button = element("button", { type: "button", className: `map-button map-button-${kind}`, title: name });
    button.setAttribute("aria-label", name);
    button.addEventListener("click", act);
    box.append(button);
  }
  return box;
}

/** Who made the tiles; an `https:` address in the text becomes a link. @param {string} text */
export function attribution(text) {
  const line = element("p", { className: "map-attribution" });
  for (const part of text.split(/(https:\/\/\S+)/)) {
    if (!part.startsWith("https://") || !URL.canParse(part)) line.append(part);
    else line.append(element("a", { href: part, rel: "noopener", target: "_blank", textContent: new URL(part).host }));
  }
  return line;
}
