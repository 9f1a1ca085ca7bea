// @ts-check
/**
 * The order of the album's rows.
 *
 * In: a column and a direction.  Out: a comparison of entries. A photo that has no value yet comes
 * last in either direction; equal ones, and no column at all, keep the order of arrival.
 *
 * Proof: `tests/js/album-view.test.js`.
 */

import { byName } from "./natural-order.js";

/** @typedef {import("./album.js").Entry} Entry */
/** @typedef {"file" | "place" | "probability" | "error" | "state"} Column */
/** @typedef {{ column: Column, descending: boolean } | null} Order  null: as they came */

/** @typedef {{ title: string, descendingFirst: boolean, value: (entry: Entry) => string | number | null }} Sorting */

/** @type {Record<Column, Sorting>} */
export const COLUMNS = {
  file: { title: "File", descendingFirst: false, value: ({ photo }) => photo.name },
  place: { title: "First place", descendingFirst: false, value: ({ result }) => result?.places[0]?.name ?? null },
  probability: {
    title: "Probability",
    descendingFirst: true,
    value: ({ result }) => result?.places[0]?.probability ?? null,
  },
  error: {
    title: "Expected error",
    descendingFirst: false,
    value: ({ result }) => result?.point.expected_error_km ?? null,
  },
  state: { title: "State", descendingFirst: false, value: (entry) => RANK[entry.state] + (isSure(entry) ? 0 : 0.5) },
};

const RANK = { done: 0, working: 1, waiting: 2, failed: 3, cancelled: 4 };

/** Whether the answer is one to rely on. @param {Entry} entry */
export function isSure({ result }) {
  return result !== null && result.confident && !result.untrained;
}

/**
 * What a press on a column's title leads to: its better direction, the other one, as they came.
 * @param {Order} now @param {Column} column
 * @returns {Order}
 */
export function nextOrder(now, column) {
  const { descendingFirst } = COLUMNS[column];
  if (now?.column !== column) return { column, descending: descendingFirst };
  return now.descending === descendingFirst ? { column, descending: !descendingFirst } : null;
}

/** @param {Order} order @returns {(a: Entry, b: Entry) => number} */
export function comparison(order) {
  if (!order) return (a, b) => a.id - b.id;
  const { value } = COLUMNS[order.column];
  const sign = order.descending ? -1 : 1;
  return (a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null) || a.id - b.id;
    const difference = typeof x === "string" ? byName(x, String(y)) : x - Number(y);
    return sign * difference || a.id - b.id;
  };
}

/**
 * Where an entry belongs among sorted ones.
 * @param {Entry[]} sorted @param {Entry} entry @param {(a: Entry, b: Entry) => number} compare
 */
export function placeOf(sorted, entry, compare) {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(sorted[middle], entry) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
