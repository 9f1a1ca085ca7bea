// @ts-check
/**
 * The page: wires photos to the album, the album to the session, and both to what the visitor sees.
 *
 * In: the document, and its address (`?device=auto|cpu|webgpu`, `?model=MANIFEST`); from the
 * site's owner `<html data-tiles="URL" data-tiles-attribution="TEXT">`.
 * Out: on `document`, the events `placelens:progress` {loaded_bytes, total_bytes},
 * `placelens:ready` {backend, model}, `placelens:result` (the result's JSON) and
 * `placelens:error` {code, message}; the state as `data-state` on `<html>`.
 *
 * Proof: `tests/browser/page.test.js`, `tests/browser/album.test.js`.
 */

import { Album } from "./album.js";
import { AlbumView } from "./album-view.js";
import { deviceReport } from "./device-report.js";
import { DeviceView } from "./device-view.js";
import { ExportView } from "./export-view.js";
import { asFailure, Failure } from "./failure.js";
import { readDevice, readManifestUrl } from "./ladder.js";
import { MapView } from "./map-view.js";
import { ModelMenu, readModels } from "./model-menu.js";
import { modelAtRest } from "./model-rest.js";
import { ModelView } from "./model-view.js";
import { nextTask } from "./next-task.js";
import { part } from "./parts.js";
import { listenForPhotos } from "./photo-input.js";
import { PhotoView } from "./photo-view.js";
import { ResultView } from "./result-view.js";
import { Session } from "./session.js";
import { sharePicture } from "./share-picture.js";
import { startWorker, takeEarlyWorker } from "./start-worker.js";
import { registerUpdates } from "./updates.js";
import { expectWebGpu } from "./webgpu.js";
import { passedOver, spoken } from "./wording.js";

/** @typedef {import("./album.js").Entry} Entry */
/** @typedef {import("./session.js").Photo} Photo */
/** @typedef {import("./messages.js").ModelFacts} ModelFacts */

const DEFAULT_MODEL = new URL("../model/manifest.json", import.meta.url).href;
const MODELS = new URL("../models.json", import.meta.url).href;

/** A map that waits for the model waits no longer. */
const MAP_PATIENCE_MS = 1000;

const root = document.documentElement;
const action = part("model-action", HTMLButtonElement);
const announcement = part("announcement", HTMLElement);
const modelView = new ModelView({
  section: part("model", HTMLElement),
  status: part("model-status", HTMLElement),
  bytes: part("model-bytes", HTMLElement),
  note: part("model-note", HTMLElement),
  progress: part("model-progress", HTMLProgressElement),
  action,
  about: part("model-about", HTMLElement),
  weights: part("model-weights", HTMLElement),
  more: part("model-about-more", HTMLButtonElement),
});
const photoView = new PhotoView({
  figure: part("photo", HTMLElement),
  image: part("photo-image", HTMLImageElement),
  noPreview: part("photo-no-preview", HTMLElement),
  caption: part("photo-caption", HTMLElement),
});
const mapView = new MapView({ container: part("map", HTMLElement), onHighlight: highlight, tiles: tilesOf(root) });
const resultView = new ResultView({
  section: part("result", HTMLElement),
  hint: part("result-hint", HTMLElement),
  answer: part("result-answer", HTMLElement),
  error: part("result-error", HTMLElement),
  onHighlight: highlight,
});
const album = new Album();
const albumView = new AlbumView({
  section: part("album", HTMLElement),
  album,
  onOpen: open,
  onCancel: cancelPhotos,
  onClear: () => {
    clear();
    photoView.clear();
    pend("empty");
    part("photo-input", HTMLInputElement).focus(); // the button that was pressed is gone
  },
});
const deviceView = new DeviceView({ details: part("device", HTMLDetailsElement), announce });
const exportView = new ExportView({
  container: part("result-actions", HTMLElement),
  entries: () => [...album.entries],
  places: () => facts?.places ?? null,
  picture: () => picture(),
  announce,
});

/** @type {Session} */
let session;
/** @type {Entry | null} the photo whose result is shown */
let current = null;
/** @type {ModelFacts | null} */
let facts = null;
/** For the report on this device. @type {{ falls: any[], photos_ms: number[], memory_bytes: number | null }} */
const measured = { falls: [], photos_ms: [], memory_bytes: null };

/** @param {HTMLElement} element */
function tilesOf({ dataset: { tiles, tilesAttribution } }) {
  return tiles ? { url: tiles, attribution: tilesAttribution ?? "" } : null;
}

/** @param {string} name @param {unknown} detail */
function publish(name, detail) {
  document.dispatchEvent(new CustomEvent(`placelens:${name}`, { detail }));
}

/** @param {string} text */
function announce(text) {
  announcement.textContent = text;
}

/** @param {string | null} id */
function highlight(id) {
  mapView.highlight(id);
  resultView.highlight(id);
}

/** @param {string} title @param {Failure} failure @param {{ label: string, act: () => void } | null} remedy */
function fail(title, failure, remedy) {
  resultView.fail(title, failure, remedy);
  if (current) requestAnimationFrame(reveal); // it is an answer to what the visitor did
  void mapView.show(null);
  exportView.update();
  publish("error", { code: failure.code, message: failure.message });
}

function picture() {
  if (!current?.result || !facts) {
    const message = "picture: expected a photo with a result, found none; open one that is done";
    return Promise.reject(new Failure("picture", message));
  }
  const { photo, result } = current;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  return sharePicture({
    photo: photo.bytes,
    name: photo.name,
    result,
    places: facts.places,
    backdrop: mapView.backdrop,
    dark,
  });
}

/**
 * A new photo takes the place of the one that is shown; several make an album, which later ones join.
 * @param {Photo[]} photos @param {{ skipped: number, limited: boolean }} how
 */
function take(photos, how) {
  const [only] = album.entries;
  if (album.entries.length === 1 && (photos.length === 1 || only.photo.sample)) clear();
  const entries = album.add(photos);
  const note = passedOver(how);
  albumView.note(note);
  if (note) announce(note);
  open(entries[0]);
  void session.locate(...photos);
}

/** @param {Entry} entry */
function open(entry) {
  current = entry;
  albumView.mark(entry);
  photoView.show(entry.photo);
  if (entry.state === "cancelled") void session.locate(entry.photo); // opened after all
  if (entry.result) show(entry, entry.result);
  else if (entry.failure) failPhoto(entry, entry.failure);
  else if (session.state === "failed") return; // the error and its remedy stay in view
  else pend(entry.state === "working" ? "working" : "waiting");
}

/** On a narrow window the answer is below all that is about the photo: the visitor is brought there. */
function reveal() {
  const section = part("result", HTMLElement);
  if (section.getBoundingClientRect().top < 0.7 * innerHeight) return;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  section.scrollIntoView({ block: "start", behavior: still ? "auto" : "smooth" });
}

/** @param {"empty" | "waiting" | "working"} view */
function pend(view) {
  resultView.pend(view);
  void mapView.show(null);
  exportView.update();
}

function clear() {
  session.forget();
  album.clear();
  current = null;
}

function cancelPhotos() {
  session.forget(album.entries.filter(({ state }) => state === "waiting").map(({ photo }) => photo));
  album.cancelWaiting();
}

/** @param {Entry} entry @param {import("./messages.js").LocateResult} result */
function show(entry, result) {
  photoView.describe(entry.photo, result.photo);
  requestAnimationFrame(reveal); // once all of it stands: asking where things are lays out the page
  resultView.show(result);
  void mapView.show(result);
  exportView.update();
}

/** @param {Entry} entry @param {Failure} failure */
function failPhoto({ photo }, failure) {
  const again = () => {
    pend(session.state === "ready" ? "working" : "waiting");
    void session.locate(photo);
    part("model", HTMLElement).focus({ preventScroll: true }); // the button that was pressed is gone
  };
  const mayHelp = !failure.code.startsWith("photo_"); // the device failed, not the photo
  fail("This photo could not be used", failure, mayHelp ? { label: "Try this photo again", act: again } : null);
}

/** @param {Photo} photo */
function entryOf(photo) {
  return album.entries.find((entry) => entry.photo === photo);
}

function follow() {
  /** @param {string} type @param {(detail: any) => void} hear */
  const on = (type, hear) => session.addEventListener(type, (event) => hear(/** @type {CustomEvent} */ (event).detail));
  on("state", enter);
  on("progress", (progress) => (modelView.advance(progress), publish("progress", progress)));
  on("ready", ready);
  on("notice", (fall) => {
    measured.falls.push(fall);
    report();
    announce(modelView.tellFall(fall));
  });
  on("working", (/** @type {Photo} */ photo) => {
    const entry = entryOf(photo);
    if (!entry) return;
    album.start(entry);
    if (entry !== current) return;
    pend("working");
    announce("Looking at the photo.");
  });
  on("result", ({ result, photo, memory_bytes }) => answer(photo, result, memory_bytes));
  on("failure", ({ failure, photo }) => {
    report();
    if (!photo) {
      return fail("The model could not be loaded", failure, { label: "Retry", act: () => void retry() });
    }
    const entry = entryOf(photo);
    if (!entry) return;
    album.fail(entry, failure);
    if (entry === current) failPhoto(entry, failure);
    else publish("error", { code: failure.code, message: failure.message });
  });
}

/** @param {ModelFacts} loaded */
function ready(loaded) {
  facts = loaded;
  modelView.ready(loaded);
  void nextTask().then(() => mapView.setPlaces(loaded.places));
  resultView.setPlaces(loaded.places, loaded.calibration);
  measured.memory_bytes = loaded.memory_bytes;
  part("untrained", HTMLElement).hidden = !loaded.untrained;
  root.dataset.backend = loaded.backend;
  void nextTask().then(report);
  announce("The model is ready.");
  publish("ready", { backend: loaded.backend, model: loaded.model });
}

/** @param {Photo} photo @param {import("./messages.js").LocateResult} result @param {number | null} memory_bytes */
function answer(photo, result, memory_bytes) {
  const { decode, preprocess, encode, score } = result.milliseconds;
  measured.photos_ms.push(decode + preprocess + encode + score);
  measured.memory_bytes = memory_bytes;
  void nextTask().then(report);
  const entry = entryOf(photo);
  if (!entry) return;
  album.finish(entry, result);
  exportView.update();
  if (entry === current) show(entry, result);
  const { total, waiting, failed } = album.counts;
  if (total === 1) announce(spoken(result));
  else if (waiting === 0 && session.waiting === 0) announce(`${total} photos done${failed ? `, ${failed} failed` : ""}.`);
  publish("result", result);
}

function report() {
  deviceView.update(deviceReport({ facts, userAgent: navigator.userAgent, ...measured }));
}

/** @param {import("./session.js").State} state */
function enter(state) {
  root.dataset.state = state;
  modelView.enter(state);
  if (state === "loading") announce("Loading the model.");
  if (state === "idle") announce("Loading was canceled.");
  // an answer, or a photo's own error, stays in view while a model is loaded again
  if (state === "loading" && current && !current.result && !current.failure) pend("waiting");
}

async function retry() {
  pend(session.waiting ? "waiting" : "empty");
  const done = session.retry();
  action.focus({ preventScroll: true }); // the button that was pressed is gone; this one cancels
  await done;
}

/** The address's model must be of this origin, or one that the site lists. */
async function openSession() {
  const query = new URLSearchParams(location.search);
  const list = readModels(MODELS, fetch).catch((error) => (console.warn(asFailure(error).message), []));
  const manifestUrl = await readManifestUrl(query, location.href, DEFAULT_MODEL, list);
  const container = part("model-menu", HTMLElement);
  void list.then((models) => new ModelMenu({ container, current: manifestUrl, models }));
  return new Session({
    device: readDevice(query),
    manifestUrl,
    createWorker: startWorker,
    expectWebGpu,
  });
}

async function main() {
  try {
    session = await openSession();
    follow();
    void session.start(); // first: its worker has the most to do
  } catch (thrown) {
    takeEarlyWorker()?.terminate();
    root.dataset.state = "failed";
    modelView.enter("failed");
    fail("This address cannot be used", asFailure(thrown), null);
  }
  if (session) listen();
  registerUpdates({ notice: part("update", HTMLElement), canReload: () => album.entries.length === 0 });
  await Promise.race([modelAtRest(), new Promise((done) => setTimeout(done, MAP_PATIENCE_MS))]);
  void mapView.open();
}

function listen() {
  listenForPhotos({
    input: part("photo-input", HTMLInputElement),
    folder: { button: part("folder-button", HTMLButtonElement), input: part("folder-input", HTMLInputElement) },
    dropTarget: part("drop-target", HTMLElement),
    samples: document.querySelectorAll("button[data-sample]"),
    camera: { button: part("camera-button", HTMLButtonElement), dialog: part("camera", HTMLDialogElement) },
    url: { form: part("url-form", HTMLFormElement), field: part("url-field", HTMLInputElement) },
    onPhotos: take,
    onFailure: (failure) => fail("This photo could not be used", failure, null),
  });
  action.addEventListener("click", () => (session.state === "loading" ? session.cancel() : void session.start()));
}

void main();
