// @ts-check
/**
 * What was measured on this device, for a reader, and for whoever gets it by mail.
 *
 * In: a measurement.  Out: facts as lines, stages as rows of a table; both as text, and as JSON. Nothing of any photo.
 *
 * Proof: `tests/js/bench-report.test.js`.
 */

import { digits, summary, textTable } from "./bench-figures.js";
import { loadingLines, memory } from "./device-report.js";
import { deviceName, fallWords, milliseconds } from "./wording.js";

/** @typedef {import("./bench-run.js").Measured} Measured */
/** @typedef {import("./bench-run.js").Times} Times */
/** @typedef {{ userAgent: string, cores: number, program: string, date: Date }} Device  `program`: the module's folder */

/** @type {[stage: keyof Times, words: string][]} */
const STAGES = [
  ["decode", "Read the photo"],
  ["preprocess", "Scale it"],
  ["encode", "Run the model"],
  ["score", "Rank the places"],
  ["whole", "All of it"],
];
export const HEADINGS = ["Step", "Median, ms", "Middle half, ms"];

/** As fine as a browser's clock. @param {number} value */
const ms = (value) => (value < 1 ? value.toFixed(1) : digits(value));

/** A row of text for each stage; none before the first photo that counts. @param {Times[]} photos */
export function stageRows(photos) {
  if (photos.length === 0) return [];
  return STAGES.map(([stage, words]) => {
    const { median, q1, q3 } = summary(photos.map((times) => times[stage]));
    return [words, ms(median), `${ms(q1)} to ${ms(q3)}`];
  });
}

/** @param {Measured} measured @param {Device} device @returns {import("./device-report.js").Line[]} */
export function factLines({ facts, falls, first_ms, photos, memory_bytes }, { userAgent, cores, program }) {
  return [
    ["Runs on", deviceName(facts.backend)],
    ...(falls.length > 0 ? [/** @type {[string, string]} */ (["Why", falls.map(fallWords).join(" ")])] : []),
    ["Program", programName(program)],
    ["Processor cores", `${cores}; the CPU program uses one`],
    ["Model", facts.untrained ? `${facts.model}, untrained` : facts.model],
    ...loadingLines(facts),
    ["From Start to the first answer", milliseconds(first_ms)],
    ["Memory of the program", memory(memory_bytes)],
    ["Runs", `${photos.length}`],
    ["Browser", userAgent],
  ];
}

/** `wasm/cpu-relaxed/` → words. @param {string} folder */
export function programName(folder) {
  const name = folder.replace(/^wasm\/|\/$/g, "");
  const known = { cpu: "CPU, 128-bit SIMD", "cpu-relaxed": "CPU, relaxed SIMD", webgpu: "WebGPU" };
  return known[/** @type {keyof typeof known} */ (name)] ?? name;
}

/** As it is copied. @param {Measured} measured @param {Device} device */
export function asText(measured, device) {
  const facts = factLines(measured, device).map(([term, value]) => `${term}: ${value}\n`);
  const table = textTable([HEADINGS, ...stageRows(measured.photos)]);
  return `PlaceLens, measured on ${device.date.toISOString().slice(0, 10)}\n${facts.join("")}\n${table}`;
}

/** The same for programs, with every run. @param {Measured} measured @param {Device} device */
export function asJson({ facts, falls, first_ms, photos, memory_bytes }, { userAgent, cores, program, date }) {
  const { backend, model, untrained, known_answer_error, loading } = facts;
  const stages = Object.fromEntries(photos.length === 0 ? [] : STAGES.map(([stage]) => [stage, summaryOf(photos, stage)]));
  const report = {
    ...{ date: date.toISOString(), user_agent: userAgent, cores, program },
    ...{ backend, model, untrained, known_answer_error, loading },
    falls: falls.map(({ from, to, failure }) => ({ from, to, code: failure.code })),
    ...{ first_prediction_ms: first_ms, memory_bytes, milliseconds: stages, photos },
  };
  return `${JSON.stringify(report, null, 1)}\n`;
}

/** @param {Times[]} photos @param {keyof Times} stage */
function summaryOf(photos, stage) {
  return summary(photos.map((times) => times[stage]));
}
