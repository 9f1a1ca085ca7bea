// @ts-check
/**
 * Every way a photo comes in: chosen, a folder, dropped anywhere, pasted, the camera, an address, a sample.
 *
 * In: the document and the parts that its markup has.  Out: `onPhotos` with the files as they are and
 * how many others were passed over; nothing is read here, and whether a file is a photo at all is for
 * the model's own reader to say. What goes wrong with the camera or an address is told where it was asked for.
 *
 * Proof: `tests/js/photo-input.test.js`, `tests/browser/photo-sources.test.js`, `tests/browser/page.test.js`.
 */

import { CameraView } from "./camera-view.js";
import { asFailure, Failure } from "./failure.js";
import { LIMITS, photosAmong, photosDropped } from "./photo-files.js";
import { UrlView } from "./url-view.js";

/** @typedef {import("./session.js").Photo} Photo */
/** @typedef {import("./photo-files.js").Find} Find */
/** @typedef {(photos: Photo[], how: { skipped: number, limited: boolean }) => void} PhotosListener */
/** @typedef {(failure: Failure) => void} FailureListener */

/**
 * @param {object} parts
 * @param {HTMLInputElement} parts.input
 * @param {{ button: HTMLButtonElement, input: HTMLInputElement }} [parts.folder]
 * @param {HTMLElement} parts.dropTarget  shown while a file hovers over the page
 * @param {Iterable<HTMLButtonElement>} [parts.samples]
 * @param {{ button: HTMLButtonElement, dialog: HTMLDialogElement }} [parts.camera]
 * @param {{ form: HTMLFormElement, field: HTMLInputElement }} [parts.url]
 * @param {PhotosListener} parts.onPhotos
 * @param {FailureListener} parts.onFailure
 */
export function listenForPhotos({ input, folder, dropTarget, samples = [], camera, url, onPhotos, onFailure }) {
  const one = (/** @type {Photo} */ photo) => onPhotos([photo], { skipped: 0, limited: false });
  const take = (/** @type {Find} */ { photos, ...how }) =>
    photos.length > 0 ? onPhotos(photos, how) : onFailure(noPhotos(how));
  listenForChoice(input, take);
  if (folder) listenForFolder(folder, take);
  listenForDrops(dropTarget, (drop) => photosDropped(drop).then(take));
  const urlView = url ? new UrlView({ ...url, onPhoto: one }) : null;
  listenForPaste(take, urlView);
  // Not made before it is asked for: a video element alone takes the page milliseconds.
  camera?.button.addEventListener("click", () => void new CameraView({ ...camera, onPhoto: one }).open(), { once: true });
  listenForSamples(samples, one, onFailure);
}

/** @param {{ skipped: number, limited: boolean }} how */
function noPhotos({ skipped, limited }) {
  const found = skipped === 0 ? "no file" : skipped === 1 ? "another kind of file" : `${skipped} other files`;
  const where = limited ? ` among the first ${LIMITS.entries.toLocaleString("en-US")}` : "";
  return new Failure("photo_none", `files: expected photos, found ${found}${where}; choose JPEG, PNG, WebP or HEIC`);
}

/** @param {HTMLInputElement} input @param {(find: Find) => void} take */
function listenForChoice(input, take) {
  input.addEventListener("change", () => {
    const find = photosAmong(input.files ?? []);
    input.value = ""; // so that the same file can be chosen again
    take(find);
  });
}

/** @param {{ button: HTMLButtonElement, input: HTMLInputElement }} parts @param {(find: Find) => void} take */
function listenForFolder({ button, input }, take) {
  button.hidden = !("webkitdirectory" in input); // on phones that have no folders to choose
  button.addEventListener("click", () => input.click());
  listenForChoice(input, take);
}

/** @param {HTMLElement} target @param {(drop: DataTransfer) => Promise<void>} take */
function listenForDrops(target, take) {
  const hasFile = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
  const show = (/** @type {boolean} */ visible) => target.classList.toggle("visible", visible);
  document.addEventListener("dragenter", (event) => show(hasFile(event)));
  document.addEventListener("dragover", (event) => {
    if (!hasFile(event) || !event.dataTransfer) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) show(false); // the pointer left the window, not just an element
  });
  document.addEventListener("drop", (event) => {
    show(false);
    if (!hasFile(event) || !event.dataTransfer) return;
    event.preventDefault();
    void take(event.dataTransfer);
  });
}

/** @param {(find: Find) => void} take @param {UrlView | null} urlView */
function listenForPaste(take, urlView) {
  document.addEventListener("paste", (event) => {
    const files = event.clipboardData?.files;
    if (files && files.length > 0) {
      event.preventDefault();
      take(photosAmong(files));
      return;
    }
    const intoField = event.target instanceof Element && event.target.closest("input, textarea, [contenteditable]");
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!intoField && urlView?.offer(text)) event.preventDefault();
  });
}

/**
 * @param {Iterable<HTMLButtonElement>} samples
 * @param {(photo: Photo) => void} onPhoto
 * @param {FailureListener} onFailure
 */
function listenForSamples(samples, onPhoto, onFailure) {
  let turn = new AbortController(); // the latest sample asked for is the one that counts
  for (const button of samples) {
    button.addEventListener("click", async () => {
      turn.abort();
      turn = new AbortController();
      const { signal } = turn;
      const name = button.dataset.name ?? "Sample";
      try {
        const address = new URL(button.dataset.sample ?? "", document.baseURI);
        onPhoto({ bytes: await fetchSample(name, address, signal), name, sample: true });
      } catch (error) {
        if (!signal.aborted) onFailure(asFailure(error));
      }
    });
  }
}

/** @param {string} name @param {URL} address @param {AbortSignal} signal */
async function fetchSample(name, address, signal) {
  try {
    const response = await fetch(address, { signal });
    if (response.ok) return await response.blob();
    throw new Failure(
      "sample",
      `sample ${name}: expected HTTP status 200, the server answered ${response.status}; choose a photo of your own`,
    );
  } catch (error) {
    if (error instanceof Failure || signal.aborted) throw error;
    throw new Failure("sample", `sample ${name}: could not be fetched; check the network`, { cause: error });
  }
}
