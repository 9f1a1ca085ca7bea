// @ts-check
/**
 * PlaceLens inside a post: one photo at a time, its ranking and a small map.
 *
 * In: this frame's address (`?model=`, `?places=`, `?device=`), the reader's photo, the post's messages.
 * Out: what the reader sees; for the post `ready`, failures, and answers to its own questions. A
 * result of the reader's photo is told only where the post asked to share results, which the frame
 * then says; the photo itself, its name, its GPS and its bytes never leave this frame.
 *
 * Proof: `tests/browser/widget.test.js`, `tests/browser/widget-hosts.test.js`.
 */

import { EmbedLink } from "./embed-link.js";
import { DEFAULT_LOOK, shared, sharedFailure } from "./embed-messages.js";
import { EmbedModelLine } from "./embed-model-line.js";
import { readPackUrl } from "./embed-places.js";
import { limitRanking } from "./embed-ranking.js";
import { applyAccent, applyTheme } from "./embed-theme.js";
import { asFailure, Failure } from "./failure.js";
import { readDevice } from "./ladder.js";
import { MapView } from "./map-view.js";
import { readModels } from "./model-menu.js";
import { part } from "./parts.js";
import { listenForPhotos } from "./photo-input.js";
import { PhotoView } from "./photo-view.js";
import { ResultView } from "./result-view.js";
import { Session } from "./session.js";
import { startWorker } from "./start-worker.js";
import { expectWebGpu } from "./webgpu.js";
import { distance, distanceKm, spoken } from "./wording.js";

/** @typedef {import("./session.js").Photo} Photo */
/** @typedef {import("./messages.js").LocateResult} LocateResult */
/** @typedef {import("./embed-messages.js").FromPost} FromPost */

const DEFAULT_MODEL = new URL("../model/manifest.json", import.meta.url).href;
const MODELS = new URL("../models.json", import.meta.url).href;

const root = document.documentElement;
const main = part("embed-main", HTMLElement);
const foot = part("embed-foot", HTMLElement);
const input = part("photo-input", HTMLInputElement);
const action = part("embed-action", HTMLButtonElement);
const caption = part("photo-caption", HTMLElement);
const answerBox = part("result-answer", HTMLElement);
const modelLine = new EmbedModelLine({
  status: part("model-status", HTMLElement),
  progress: part("model-progress", HTMLProgressElement),
  action,
});
const photoView = new PhotoView({
  figure: part("photo", HTMLElement),
  image: part("photo-image", HTMLImageElement),
  noPreview: part("photo-no-preview", HTMLElement),
  caption,
});
const mapView = new MapView({ container: part("map", HTMLElement), onHighlight: highlight });
const resultView = new ResultView({
  section: part("result", HTMLElement),
  hint: part("result-hint", HTMLElement),
  answer: answerBox,
  error: part("result-error", HTMLElement),
  onHighlight: highlight,
});
const link = new EmbedLink({ onMessage: hear });

let look = DEFAULT_LOOK;
/** @type {Session | null} null where this frame's address cannot be used */
let session = null;
/**
 * The photo in view, and the number of the post's question that brought it; null: the reader's own.
 * @type {{ photo: Photo, id: number | null } | null}
 */
let current = null;
let answered = false;

/** @param {string | null} id */
function highlight(id) {
  mapView.highlight(id);
  resultView.highlight(id);
}

/** @param {string} text */
function announce(text) {
  part("announcement", HTMLElement).textContent = text;
}

/** A look is worn at once; what needs the session waits until the address was read. @param {FromPost} message */
async function hear(message) {
  if (message.kind === "look") return wear(message.look);
  await opening;
  switch (message.kind) {
    case "start":
      return void session?.start();
    case "focus":
      return input.focus({ preventScroll: true });
    case "locate":
      return hearPhoto(message.id, message.photo);
  }
}

/** @param {import("./embed-messages.js").Look} now */
function wear(now) {
  look = now;
  applyTheme(document, look.theme);
  applyAccent(root, look.accent);
  limitRanking(answerBox, look.top);
  main.style.setProperty("--top", String(Math.min(look.top, 5))); // room that is kept; more rows ask for more
  part("embed-shared", HTMLElement).hidden = !look.share;
}

/** @param {number} id @param {Blob | null} bytes  null: the post's own picture, which nobody may read */
function hearPhoto(id, bytes) {
  if (bytes && session) return take({ bytes, name: "Photo of this post" }, id);
  const failure = new Failure(
    bytes ? "address" : "photo_unreadable",
    bytes
      ? "this frame's address: expected a model of its own site; correct the element's attributes"
      : "the post's photo: its server lets no other page read it; save the photo, then choose the file here",
  );
  if (!bytes) fail("This photo could not be read", failure, null);
  link.say({ kind: "failed", id, ...sharedFailure(failure, { ownPhoto: false }) });
}

/** @param {Photo} photo @param {number | null} id */
function take(photo, id) {
  if (!session) return;
  dismiss();
  current = { photo, id };
  answered = false;
  main.dataset.photo = "shown";
  photoView.show(photo);
  void mapView.open();
  void mapView.show(null);
  resultView.pend(session.state === "ready" || session.state === "working" ? "working" : "waiting");
  void session.locate(photo);
  if (session.state === "failed") void session.retry(); // another photo is another try
}

/** The photo before gives way; whoever in the post waits for its answer is told so. */
function dismiss() {
  session?.forget();
  if (!current || answered) return;
  tellFailure(new Failure("superseded", "photo: another one took its place before it was looked at"));
}

/** @param {Failure} failure */
function tellFailure(failure) {
  const id = current?.id ?? null;
  const ownPhoto = current !== null && id === null;
  link.say({ kind: "failed", id, ...sharedFailure(failure, { ownPhoto }) });
}

/** @param {string} title @param {Failure} failure @param {{ label: string, act: () => void } | null} remedy */
function fail(title, failure, remedy) {
  main.dataset.photo = current ? "shown" : "failed"; // the place for what is said
  resultView.fail(title, failure, remedy);
  void mapView.show(null);
}

/** @param {Photo} photo @param {LocateResult} result */
function show(photo, result) {
  if (photo !== current?.photo) return;
  answered = true;
  photoView.describe(photo, result.photo);
  const { taken_at } = result.photo;
  caption.classList.toggle("own-gps", !!taken_at);
  if (taken_at)
    caption.textContent = `Its own GPS is ${distance(distanceKm(result.point, taken_at))} from the best point`;
  resultView.show(result);
  limitRanking(answerBox, look.top);
  void mapView.show(result);
  announce(spoken(result));
  const { id } = current;
  if (look.share || id) link.say({ kind: "result", id, result: shared(result, { ownPhoto: id === null }) });
}

/** @param {Failure} failure @param {Photo | null} photo */
function failed(failure, photo) {
  if (photo && photo !== current?.photo) return;
  if (!photo) {
    const id = current && !answered ? current.id : null;
    answered = true; // for now: a retry may still answer it
    link.say({ kind: "failed", id, ...sharedFailure(failure, { ownPhoto: false }) });
    return fail("The model could not be loaded", failure, { label: "Retry", act: retry });
  }
  answered = true;
  tellFailure(failure);
  const again = () => (take(photo, null), input.focus({ preventScroll: true })); // the button that was pressed is gone
  const mayHelp = !failure.code.startsWith("photo_"); // the device failed, not the photo
  fail("This photo could not be used", failure, mayHelp ? { label: "Try this photo again", act: again } : null);
}

function retry() {
  resultView.pend("waiting");
  void session?.retry();
  action.focus({ preventScroll: true }); // the button that was pressed is gone; this one cancels
}

/** @param {Session} opened */
function follow(opened) {
  /** @param {string} type @param {(detail: any) => void} hear */
  const on = (type, hear) => opened.addEventListener(type, (event) => hear(/** @type {CustomEvent} */ (event).detail));
  on("state", (state) => {
    root.dataset.state = state;
    if (state === "ready" && document.activeElement === action) input.focus({ preventScroll: true });
    modelLine.enter(state);
    if (state === "loading") announce("Loading the model.");
    if (state === "loading" && current && !answered) resultView.pend("waiting");
  });
  on("progress", (progress) => modelLine.advance(progress));
  on("notice", (fall) => announce(modelLine.tellFall(fall)));
  on("ready", (facts) => {
    modelLine.ready(facts);
    mapView.setPlaces(facts.places);
    resultView.setPlaces(facts.places);
    part("untrained", HTMLElement).hidden = !facts.untrained;
    announce("The model is ready.");
    link.say({ kind: "ready", backend: facts.backend, model: facts.model });
  });
  on("working", (photo) => {
    if (photo === current?.photo) resultView.pend("working");
  });
  on("result", ({ result, photo }) => show(photo, result));
  on("failure", ({ failure, photo }) => failed(failure, photo));
}

/** The address's model and places must be of this site, or such as the site lists. */
async function openSession() {
  const query = new URLSearchParams(location.search);
  const named = query.has("model") || query.has("places");
  const models = named ? await readModels(MODELS, fetch).catch(() => []) : [];
  const request = fetch.bind(globalThis);
  return new Session({
    device: readDevice(query),
    manifestUrl: await readPackUrl(query, { url: location.href, defaultUrl: DEFAULT_MODEL, models, request }),
    createWorker: startWorker,
    expectWebGpu,
  });
}

/** The post gives the frame as much room as it asks for; without a photo the poster's will do. */
function measure() {
  const body = /** @type {HTMLElement} */ (main.parentElement);
  const { paddingTop, paddingBottom, rowGap } = getComputedStyle(body);
  const around = [paddingTop, paddingBottom, rowGap].reduce((sum, px) => sum + (parseFloat(px) || 0), 0);
  link.size(main.dataset.photo === "none" ? 0 : Math.ceil(main.offsetHeight + foot.offsetHeight + around));
}

async function open() {
  const query = new URLSearchParams(location.search);
  const page = part("embed-page", HTMLAnchorElement);
  page.search = location.search;
  part("embed-sample", HTMLElement).hidden = query.has("model") || query.has("places");
  const room = new ResizeObserver(measure);
  for (const each of [main, foot]) room.observe(each);
  try {
    session = await openSession();
  } catch (thrown) {
    root.dataset.state = "failed";
    modelLine.enter("failed");
    const failure = asFailure(thrown);
    link.say({ kind: "failed", id: null, ...sharedFailure(failure, { ownPhoto: false }) });
    return fail("This address cannot be used", failure, null);
  }
  follow(session);
  listenForPhotos({
    input,
    dropTarget: part("drop-target", HTMLElement),
    samples: [part("embed-sample", HTMLButtonElement)],
    onPhotos: ([photo]) => photo && take(photo, null),
    onFailure: (failure) => fail("This photo could not be used", failure, null),
  });
  const opened = session;
  action.addEventListener("click", () => (opened.state === "loading" ? opened.cancel() : void opened.start()));
}

const opening = open();
