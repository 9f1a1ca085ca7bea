// @ts-check
/**
 * Times that were measured many times → one figure each, and figures → a table of text.
 *
 * In: numbers.  Out: a summary by quantiles, which a few disturbed runs do not move; a ratio; aligned lines.
 * Both the command (`tests/bench`) and the page `bench.html` tell their figures with it.
 *
 * Source: quantiles as R's type 7 (Hyndman & Fan 1996). Proof: `tests/js/bench-figures.test.js`.
 */

/**
 * @typedef {object} Summary
 * @property {number} median
 * @property {number} q1  a quarter of the runs are below it
 * @property {number} q3  a quarter of the runs are above it
 * @property {number} min
 * @property {number} max
 * @property {number} runs
 */

/** @typedef {number | Summary} Figure  counted once, or measured many times */

/**
 * The value that `share` of the sorted values lie below, between two of them by a straight line.
 * @param {number[]} sorted @param {number} share
 */
function quantile(sorted, share) {
  const at = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return below + (at - Math.floor(at)) * (above - below);
}

/** @param {number[]} values  at least one, all finite @returns {Summary} */
export function summary(values) {
  if (values.length === 0 || !values.every(Number.isFinite))
    throw new RangeError(`measured values: expected one finite number or more, found [${values}]`);
  const sorted = values.toSorted((a, b) => a - b);
  const [q1, median, q3] = [0.25, 0.5, 0.75].map((share) => quantile(sorted, share));
  return { median, q1, q3, min: sorted[0], max: sorted[sorted.length - 1], runs: sorted.length };
}

/** What one number must stand for the figure. @param {Figure} figure */
export function typical(figure) {
  return typeof figure === "number" ? figure : figure.median;
}

/** How many times as much ours is. @param {Figure} ours @param {Figure} peer */
export function ratio(ours, peer) {
  return typical(ours) / typical(peer);
}

/** Three digits that count, and never fewer than the whole number: `0.0123`, `61.2`, `1,234`. @param {number} value */
export function digits(value) {
  if (value === 0) return "0";
  const places = 2 - Math.floor(Math.log10(Math.abs(value)));
  if (places > 6) return value.toExponential(1);
  const fraction = Math.max(0, places);
  return value.toLocaleString("en-US", { minimumFractionDigits: fraction, maximumFractionDigits: fraction });
}

/** `61.2 ms (60.1–63.0)`: the median and the middle half of the runs. @param {Figure} figure @param {string} unit */
export function shown(figure, unit) {
  const value = `${digits(typical(figure))}${unit && ` ${unit}`}`;
  if (typeof figure === "number" || figure.runs === 1) return value;
  return `${value} (${digits(figure.q1)}–${digits(figure.q3)})`;
}

/**
 * Lines of columns, the first aligned left and the others right, with a rule under the headings.
 * @param {string[][]} rows
 */
export function textTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (/** @type {string[]} */ row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [line(rows[0]), rule, ...rows.slice(1).map(line), ""].join("\n");
}
