// @ts-check
/**
 * The page: wires photos to the session, and the session to what the visitor sees.
 *
 * In: the document, and its address (`?device=auto|cpu|webgpu`, `?model=MANIFEST`).
 * Out: on `document`, the events `placelens:progress` {loaded_bytes, total_bytes},
 * `placelens:ready` {backend, model}, `placelens:result` (the result's JSON) and
 * `placelens:error` {code, message}; the state as `data-state` on `<html>`.
 */

import { asFailure } from "./failure.js";
import { readDevice, readManifestUrl } from "./ladder.js";
import { ModelView } from "./model-view.js";
import { ModelWorker } from "./model-worker.js";
import { listenForPhotos } from "./photo-input.js";
import { PhotoView } from "./photo-view.js";
import { ResultView } from "./result-view.js";
import { Session } from "./session.js";
import { percent, sureness } from "./wording.js";

/** @typedef {import("./failure.js").Failure} Failure */
/** @typedef {import("./session.js").Photo} Photo */

const DEFAULT_MODEL = new URL("../model/manifest.json", import.meta.url).href;
const WORKER = new URL("./worker.js", import.meta.url);

/**
 * An element that the page's own markup promises.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
function part(id, type) {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new TypeError(`page: expected a ${type.name} with the id ${id}`);
}

const action = part("model-action", HTMLButtonElement);
const announcement = part("announcement", HTMLElement);
const untrained = part("untrained", HTMLElement);
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
const resultView = new ResultView({
  section: part("result", HTMLElement),
  hint: part("result-hint", HTMLElement),
  answer: part("result-answer", HTMLElement),
  error: part("result-error", HTMLElement),
});

/** @param {string} name @param {unknown} detail */
function publish(name, detail) {
  document.dispatchEvent(new CustomEvent(`placelens:${name}`, { detail }));
}

/** @param {string} text */
function announce(text) {
  announcement.textContent = text;
}

/** @param {string} title @param {Failure} failure @param {{ label: string, act: () => void } | null} remedy */
function fail(title, failure, remedy) {
  resultView.fail(title, failure, remedy);
  publish("error", { code: failure.code, message: failure.message });
}

/** @param {Session} session */
function follow(session) {
  /** @param {string} type @param {(detail: any) => void} hear */
  const on = (type, hear) => session.addEventListener(type, (event) => hear(/** @type {CustomEvent} */ (event).detail));
  on("state", (state) => enter(session, state));
  on("progress", (progress) => (modelView.advance(progress), publish("progress", progress)));
  on("ready", (facts) => {
    modelView.ready(facts);
    untrained.hidden = !facts.untrained;
    document.documentElement.dataset.backend = facts.backend;
    announce("The model is ready.");
    publish("ready", { backend: facts.backend, model: facts.model });
  });
  on("notice", (fall) => announce(modelView.tellFall(fall)));
  on("working", () => (resultView.pend("working"), announce("Looking at the photo.")));
  on("result", ({ result, photo }) => {
    photoView.describe(photo, result.photo);
    resultView.show(result);
    announce(spoken(result));
    publish("result", result);
  });
  on("failure", ({ failure, photo }) => {
    if (photo) return failPhoto(session, failure, photo);
    fail("The model could not be loaded", failure, { label: "Retry", act: () => void retry(session) });
  });
}

/** @param {import("./messages.js").LocateResult} result */
function spoken(result) {
  const [first] = result.places;
  const { verdict, because } = sureness(result);
  return first ? `Most likely ${first.name}, ${percent(first.probability)}. ${verdict} ${because}` : "No place.";
}

/** @param {Session} session @param {import("./session.js").State} state */
function enter(session, state) {
  document.documentElement.dataset.state = state;
  modelView.enter(state);
  if (state === "loading") announce("Loading the model.");
  if (state === "idle") announce("Loading was canceled.");
  // an answer, or a photo's own error, stays in view while a model is loaded again
  if (state === "loading" && session.waiting) resultView.pend("waiting");
}

/** @param {Session} session @param {Failure} failure @param {Photo} photo */
function failPhoto(session, failure, photo) {
  const again = () => (look(session, photo), part("model", HTMLElement).focus({ preventScroll: true }));
  const mayHelp = !failure.code.startsWith("photo_"); // the device failed, not the photo
  fail("This photo could not be used", failure, mayHelp ? { label: "Try this photo again", act: again } : null);
}

/** @param {Session} session */
async function retry(session) {
  resultView.pend(session.waiting ? "waiting" : "empty");
  const done = session.retry();
  action.focus({ preventScroll: true }); // the button that was pressed is gone; this one cancels
  await done;
}

/** @param {Session} session @param {Photo} photo */
function look(session, photo) {
  photoView.show(photo);
  if (session.state === "failed") return void session.locate(photo); // the error and its remedy stay in view
  resultView.pend(session.state === "ready" ? "working" : "waiting");
  void session.locate(photo);
}

function main() {
  const query = new URLSearchParams(location.search);
  let session;
  try {
    session = new Session({
      device: readDevice(query),
      manifestUrl: readManifestUrl(query, location.href, DEFAULT_MODEL),
      createWorker: (onLost) =>
        new ModelWorker(() => new Worker(WORKER, { type: "module", name: "placelens" }), { onLost }),
    });
  } catch (thrown) {
    document.documentElement.dataset.state = "failed";
    modelView.enter("failed");
    return fail("This address cannot be used", asFailure(thrown), null);
  }
  const opened = session;
  follow(opened);
  listenForPhotos({
    input: part("photo-input", HTMLInputElement),
    dropTarget: part("drop-target", HTMLElement),
    samples: document.querySelectorAll("button[data-sample]"),
    onPhoto: (photo) => look(opened, photo),
    onFailure: (failure) => fail("This sample could not be used", failure, null),
  });
  action.addEventListener("click", () => (opened.state === "loading" ? opened.cancel() : void opened.start()));
  void opened.start();
}

main();
