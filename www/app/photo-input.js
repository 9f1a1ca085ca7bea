// @ts-check
/**
 * Every way a photo comes in: chosen, dropped anywhere, pasted, or one of the samples.
 *
 * In: the document.  Out: `onPhoto` with the file as it is; nothing is read here, and whether
 * it is a photo at all is for the model's own reader to say.
 *
 * Proof: `tests/browser/page.test.js`.
 */

import { asFailure, Failure } from "./failure.js";

/** @typedef {import("./session.js").Photo} Photo */

/**
 * @param {object} parts
 * @param {HTMLInputElement} parts.input
 * @param {HTMLElement} parts.dropTarget  shown while a file hovers over the page
 * @param {NodeListOf<HTMLButtonElement>} parts.samples
 * @param {(photo: Photo) => void} parts.onPhoto
 * @param {(failure: Failure) => void} parts.onFailure
 */
export function listenForPhotos({ input, dropTarget, samples, onPhoto, onFailure }) {
  const take = (/** @type {FileList | undefined | null} */ files) => {
    const file = files?.[0];
    if (file) onPhoto({ bytes: file, name: file.name });
    return file !== undefined;
  };
  input.addEventListener("change", () => {
    take(input.files);
    input.value = ""; // so that the same file can be chosen again
  });
  document.addEventListener("paste", (event) => {
    if (take(event.clipboardData?.files)) event.preventDefault();
  });
  listenForDrops(dropTarget, take);
  listenForSamples(samples, onPhoto, onFailure);
}

/** @param {HTMLElement} target @param {(files: FileList | undefined) => boolean} take */
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
    if (!hasFile(event)) return;
    event.preventDefault();
    take(event.dataTransfer?.files);
  });
}

/**
 * @param {NodeListOf<HTMLButtonElement>} samples
 * @param {(photo: Photo) => void} onPhoto
 * @param {(failure: Failure) => void} onFailure
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
        const response = await fetch(new URL(button.dataset.sample ?? "", document.baseURI), { signal });
        if (!response.ok)
          throw new Failure(
            "sample",
            `sample ${name}: expected HTTP status 200, the server answered ${response.status}; choose a photo of your own`,
          );
        onPhoto({ bytes: await response.blob(), name });
      } catch (error) {
        if (signal.aborted) return;
        onFailure(
          error instanceof TypeError
            ? new Failure("sample", `sample ${name}: could not be fetched; check the network`)
            : asFailure(error),
        );
      }
    });
  }
}
