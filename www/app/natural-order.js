// @ts-check
/**
 * Names in the order that people expect: "photo 2" before "photo 10", whatever the case.
 *
 * In: two names.  Out: a comparison, as `sort` takes it. The tables behind it are loaded when first
 * needed: they cost the page as much as all of its own modules.
 *
 * Proof: `tests/js/natural-order.test.js`.
 */

/** @type {Intl.Collator | undefined} */
let collator;

/** @param {string} a @param {string} b */
export function byName(a, b) {
  collator ??= new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  return collator.compare(a, b);
}
