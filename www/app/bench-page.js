// @ts-check
/**
 * The page that measures: wires the choices and the buttons to a measurement, and that to a table.
 *
 * In: the document and its address (`?device=`, `?model=`, as the page's).  Out: what was measured, in view and for the
 * clipboard; the state as `data-state` on `<html>`: idle | running | done | failed.
 *
 * Proof: `tests/browser/bench.test.js`.
 */

import { asJson, asText, factLines, HEADINGS, stageRows } from "./bench-report.js";
import { measure } from "./bench-run.js";
import { apology, copyText } from "./clipboard.js";
import { element } from "./element.js";
import { asFailure, Failure } from "./failure.js";
import { readDevice, readManifestUrl } from "./ladder.js";
import { readModels } from "./model-menu.js";
import { moduleFolder } from "./module-folder.js";
import { part } from "./parts.js";
import { startWorker } from "./start-worker.js";
import { bytesOf } from "./wording.js";

/** @typedef {import("./bench-run.js").Measured} Measured */

const DEFAULT_MODEL = new URL("../model/manifest.json", import.meta.url).href;
const MODELS = new URL("../models.json", import.meta.url).href;
const PHOTO = new URL("../samples/harbor.jpg", import.meta.url).href;
const WARMUP = 3;

const start = part("start", HTMLButtonElement);
const stop = part("stop", HTMLButtonElement);
const status = part("status", HTMLElement);
const progress = part("progress", HTMLProgressElement);
const note = part("copy-note", HTMLElement);
const choices = {
  model: part("model", HTMLSelectElement),
  device: part("device", HTMLSelectElement),
  runs: part("runs", HTMLSelectElement),
};

/** @type {AbortController | null} */
let running = null;
/** @type {Measured | null} */
let measured = null;

/** @param {"idle" | "running" | "done" | "failed"} state @param {string} words */
function enter(state, words) {
  document.documentElement.dataset.state = state;
  status.textContent = words;
  start.hidden = state === "running";
  stop.hidden = state !== "running";
  progress.hidden = state !== "running";
  for (const choice of Object.values(choices)) choice.disabled = state === "running";
}

/** @param {Failure | null} failure */
function tellFailure(failure) {
  const box = part("failure", HTMLElement);
  const words = failure ? [element("h2", {}, "This could not be measured"), element("p", {}, apology(failure))] : [];
  box.replaceChildren(...words);
}

/** @returns {import("./bench-report.js").Device} */
function device() {
  const program = moduleFolder(measured?.facts.backend === "webgpu" ? "webgpu" : "cpu");
  return { userAgent: navigator.userAgent, cores: navigator.hardwareConcurrency, program, date: new Date() };
}

function show() {
  const section = part("result", HTMLElement);
  section.hidden = measured === null || measured.photos.length === 0;
  if (section.hidden || !measured) return;
  const head = element("tr", {}, ...HEADINGS.map((words) => element("th", { scope: "col" }, words)));
  const rows = stageRows(measured.photos).map(([stage, ...values]) =>
    element("tr", {}, element("th", { scope: "row" }, stage), ...values.map((value) => element("td", {}, value))),
  );
  part("stages", HTMLTableElement).tHead?.replaceChildren(head);
  part("stages", HTMLTableElement).tBodies[0].replaceChildren(...rows);
  const facts = factLines(measured, device()).map(([term, value]) =>
    element("div", {}, element("dt", {}, term), element("dd", {}, value)),
  );
  part("facts", HTMLElement).replaceChildren(...facts);
}

async function readPhoto() {
  const response = await fetch(PHOTO).catch(() => null);
  if (response?.ok) return await response.blob();
  throw new Failure("photo_unreadable", "the sample photo: expected it from this site, found none; check the network");
}

/** @param {AbortSignal} signal */
async function run(signal) {
  const runs = Number(choices.runs.value);
  const plan = {
    device: readDevice(new URLSearchParams({ device: choices.device.value })),
    manifestUrl: choices.model.value,
    photo: await readPhoto(),
    ...{ runs, warmup: WARMUP },
  };
  await measure(plan, {
    createWorker: startWorker,
    signal,
    onProgress: (loaded, total) => {
      status.textContent = loaded < total ? `Loading the model: ${bytesOf(loaded, total)}` : "Starting the model";
    },
    onPhoto: (found) => {
      measured = found;
      const done = found.photos.length;
      status.textContent = done === 0 ? "Warming up" : `Photo ${done} of ${runs}`;
      Object.assign(progress, { max: runs, value: done });
      show();
    },
  });
}

async function begin() {
  running = new AbortController();
  const { signal } = running;
  measured = null;
  progress.removeAttribute("value");
  note.textContent = "";
  tellFailure(null);
  show();
  enter("running", "Loading the model");
  stop.focus(); // the button that was pressed is gone
  try {
    await run(signal);
    enter("done", "Done.");
  } catch (thrown) {
    if (signal.aborted) enter("idle", measured ? "Stopped; below is what was measured." : "Stopped.");
    else {
      enter("failed", "");
      tellFailure(asFailure(thrown));
    }
  }
  start.focus({ preventScroll: true });
}

/** @param {(measured: Measured, device: import("./bench-report.js").Device) => string} write */
async function copy(write) {
  if (!measured) return;
  try {
    await copyText(write(measured, device()), "select the lines above and copy them by hand.");
    note.textContent = "Copied.";
  } catch (thrown) {
    note.textContent = apology(thrown);
  }
}

/** The site's models, and the one of the address. */
async function fillChoices() {
  const query = new URLSearchParams(location.search);
  const models = await readModels(MODELS, fetch).catch((error) => (console.warn(asFailure(error).message), []));
  const wanted = await readManifestUrl(query, location.href, DEFAULT_MODEL, models);
  choices.device.value = readDevice(query) === "cpu" ? "cpu" : "auto";
  const options = models.map(({ name, manifest }) => element("option", { value: manifest }, name));
  if (!models.some(({ manifest }) => manifest === wanted))
    options.unshift(element("option", { value: wanted }, query.get("model") ?? "The site’s model"));
  choices.model.replaceChildren(...options);
  choices.model.value = wanted;
}

try {
  await fillChoices();
  start.addEventListener("click", () => void begin());
  stop.addEventListener("click", () => running?.abort());
  part("copy-text", HTMLButtonElement).addEventListener("click", () => void copy(asText));
  part("copy-json", HTMLButtonElement).addEventListener("click", () => void copy(asJson));
  enter("idle", "");
  start.disabled = false;
} catch (thrown) {
  enter("failed", "");
  tellFailure(asFailure(thrown));
}
