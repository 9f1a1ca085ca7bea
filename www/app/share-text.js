// @ts-check
/**
 * Text that fits a width: shortened with an ellipsis, or broken into lines.
 *
 * In: a context whose font is set (only `measureText` is used), a text, a width.  Out: text.
 * Cut between graphemes, so that no letter loses its accent and no emoji falls apart.
 *
 * Proof: `tests/js/share-picture.test.js`.
 */

/** @typedef {Pick<CanvasRenderingContext2D, "measureText">} Measure */

/** Made when first needed: its tables cost the page as much as its own modules. @type {Intl.Segmenter | undefined} */
let graphemes;

/** @param {string} text */
function letters(text) {
  graphemes ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return Array.from(graphemes.segment(text), ({ segment }) => segment);
}

/**
 * The text, or as much of it as fits with an ellipsis.
 * @param {Measure} context @param {string} text @param {number} width
 */
export function fitText(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  const all = letters(text.slice(0, 500)); // more never fits, and each cut measures the rest
  const cut = longest(all.length, (count) => context.measureText(`${start(all, count)}…`).width <= width);
  return `${start(all, cut)}…`;
}

/** @param {string[]} all @param {number} count */
const start = (all, count) => all.slice(0, count).join("").trimEnd();

/** The largest count, of 0 … most, that fits. @param {number} most @param {(count: number) => boolean} fits */
function longest(most, fits) {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * Lines no wider than `width`, at most `most` of them, the last with an ellipsis where words are left.
 * @param {Measure} context @param {string} text @param {number} width @param {number} most
 */
export function wrapText(context, text, width, most) {
  const words = text.split(/\s+/).filter(Boolean);
  /** @type {string[]} */
  const lines = [];
  while (words.length > 0 && lines.length < most - 1) {
    const count = longest(words.length, (n) => context.measureText(words.slice(0, n).join(" ")).width <= width);
    lines.push(fitText(context, words.splice(0, Math.max(1, count)).join(" "), width));
  }
  if (words.length > 0) lines.push(fitText(context, words.join(" "), width));
  return lines;
}
