// @ts-check
/**
 * What is known about this device and the model on it, as lines for a reader and for a bug report.
 *
 * In: what the session has told.  Out: `[term, value]` pairs, and the same as text. Nothing of any photo.
 *
 * Proof: `tests/js/device-report.test.js`.
 */

import { deviceName, fallWords, megabytes, milliseconds } from "./wording.js";

/** @typedef {[term: string, value: string]} Line */
/** @typedef {import("./wording.js").Fall} Fall */
/** @typedef {import("./messages.js").ModelFacts} ModelFacts */

/**
 * @typedef {object} DeviceFacts
 * @property {ModelFacts | null} facts  null until the model is ready
 * @property {Fall[]} falls  what failed, in order
 * @property {string} userAgent
 * @property {number[]} photos_ms  each photo from its bytes to its answer, in order
 * @property {number | null} [memory_bytes]  the latest; else the one of `facts`
 */

/** @param {DeviceFacts} device @returns {Line[]} */
export function deviceReport({ facts, falls, userAgent, photos_ms, memory_bytes }) {
  const failures = falls.map(({ from, failure }) => line(`Failed on ${deviceName(from)}`, failure.message));
  const browser = line("Browser", userAgent);
  if (!facts) return [line("Model", "not ready"), ...failures, browser];
  return [
    line("Runs on", deviceName(facts.backend)),
    line("Why", why(facts.backend, falls)),
    ...failures,
    line("Model", facts.untrained ? `${facts.model}, untrained` : facts.model),
    ...loadingLines(facts),
    ...photoLines(photos_ms),
    line("Memory", memory(memory_bytes ?? facts.memory_bytes)),
    line("Known answer", `off by ${exponent(facts.known_answer_error)} at most`),
    browser,
  ];
}

/** The report as it is copied. @param {Line[]} lines */
export function asText(lines) {
  return `PlaceLens on this device\n${lines.map(([term, value]) => `${term}: ${value}\n`).join("")}`;
}

/** @param {string} backend @param {Fall[]} falls */
function why(backend, falls) {
  if (falls.length > 0) return falls.map(fallWords).join(" ");
  return backend === "webgpu" ? "WebGPU is tried first, and works here." : "The page's address asks for the CPU.";
}

/** What was loaded, from where, and how long it took. @param {Pick<ModelFacts, "loading">} facts */
export function loadingLines({ loading: { downloaded_bytes, cached_bytes, milliseconds: took } }) {
  const network = `${megabytes(downloaded_bytes)} MB from the network`;
  const kept = `${megabytes(cached_bytes)} MB kept from before`;
  return [
    line("Loaded", [downloaded_bytes > 0 && network, cached_bytes > 0 && kept].filter(Boolean).join(", ") || "nothing"),
    line("Loading took", milliseconds(took.download)),
    line("Starting took", milliseconds(took.start)),
  ];
}

/** @param {number[]} photos_ms */
function photoLines(photos_ms) {
  if (photos_ms.length === 0) return [line("First photo", "none yet")];
  const first = line("First photo", milliseconds(photos_ms[0]));
  const count = photos_ms.length.toLocaleString("en-US");
  return photos_ms.length === 1 ? [first] : [first, line(`Median of ${count}`, milliseconds(median(photos_ms)))];
}

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}

/** @param {number | null} bytes  null where the browser does not tell */
export function memory(bytes) {
  return bytes === null ? "not told by this browser" : `${megabytes(bytes)} MB`;
}

/** `1.2e-7`: two digits, as a program would write it. @param {number} value */
function exponent(value) {
  return value === 0 ? "0" : value.toExponential(1);
}

/** @param {string} term @param {string} value @returns {Line} */
function line(term, value) {
  return [term, value];
}
