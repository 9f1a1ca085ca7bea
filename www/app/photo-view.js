// @ts-check
/**
 * The photo as the visitor sees it: upright, whole, in a frame whose size never changes.
 *
 * In: the visitor's own file.  Out: an `<img>` on an object URL, which is let go with the next.
 *
 * Proof: `tests/browser/page.test.js`.
 */

/** @typedef {import("./session.js").Photo} Photo */

export class PhotoView {
  #figure;
  #image;
  #noPreview;
  #caption;
  #emptyCaption;

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.figure
   * @param {HTMLImageElement} parts.image
   * @param {HTMLElement} parts.noPreview
   * @param {HTMLElement} parts.caption
   */
  constructor({ figure, image, noPreview, caption }) {
    this.#figure = figure;
    this.#image = image;
    this.#noPreview = noPreview;
    this.#caption = caption;
    this.#emptyCaption = caption.textContent;
    image.addEventListener("error", () => this.#showPreview(false));
    image.addEventListener("load", () => this.#showPreview(true));
  }

  /** @param {Photo} photo */
  show(photo) {
    const before = this.#image.src;
    this.#image.src = URL.createObjectURL(photo.bytes);
    this.#image.alt = `Your photo: ${photo.name}`;
    if (before) URL.revokeObjectURL(before);
    this.#showPreview(true);
    this.#figure.classList.add("filled");
    this.#caption.textContent = photo.name;
  }

  /** The empty frame, as in the beginning. */
  clear() {
    if (this.#image.src) URL.revokeObjectURL(this.#image.src);
    this.#image.removeAttribute("src");
    this.#image.alt = "";
    this.#image.hidden = true;
    this.#noPreview.hidden = true;
    this.#figure.classList.remove("filled");
    this.#caption.textContent = this.#emptyCaption;
  }

  /** What the model's reader found in it. @param {Photo} photo @param {import("./messages.js").LocateResult["photo"]} found */
  describe(photo, { width, height }) {
    this.#caption.textContent = `${photo.name}, ${width} × ${height} pixels`;
  }

  /** @param {boolean} works */
  #showPreview(works) {
    this.#image.hidden = !works;
    this.#noPreview.hidden = works;
  }
}
