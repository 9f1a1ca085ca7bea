// @ts-check
/**
 * The elements that a page's own markup promises to its program.
 *
 * In: an id and the element's type.  Out: the element; a missing one is a fault of the page, told at once.
 */

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function part(id, type) {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new TypeError(`page: expected a ${type.name} with the id ${id}`);
}
