// @ts-check
/**
 * As many rows of the ranking as the post asks for; the others stay behind the ranking's own button.
 *
 * In: the element with the ranking (`result-view.js`), the number of rows.  Out: rows hidden or not,
 * the button's words. Called after every result; the button is followed by itself.
 *
 * Proof: `tests/js/embed-ranking.test.js`.
 */

/** @type {WeakMap<HTMLElement, number>} what each followed element was limited to last */
const limits = new WeakMap();

/** @param {HTMLElement} answer @param {number} top */
export function limitRanking(answer, top) {
  if (!limits.has(answer)) answer.addEventListener("click", (event) => isExpander(event.target) && apply(answer));
  limits.set(answer, top);
  apply(answer);
}

/** @param {EventTarget | null} target */
function isExpander(target) {
  return target instanceof Element && target.matches(".ranking-more");
}

/** @param {HTMLElement} answer */
function apply(answer) {
  const top = limits.get(answer) ?? Infinity;
  /** @type {NodeListOf<HTMLElement>} */
  const rows = answer.querySelectorAll("#ranking > li");
  /** @type {HTMLElement | null} */
  const button = answer.querySelector(".ranking-more");
  if (!button) return;
  const whole = button.getAttribute("aria-expanded") === "true";
  rows.forEach((row, index) => (row.hidden = !whole && index >= top));
  button.hidden = rows.length <= top;
  button.textContent = whole ? `Show the first ${top}` : `Show all ${rows.length} places`;
}
