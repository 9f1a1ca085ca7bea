// @ts-check
/**
 * The field for a picture's address: nothing is fetched before the visitor submits it.
 *
 * In: the form and its field.  Out: a photo, or what went wrong, in words below the field.
 * While a picture is on its way the form's button cancels; a line for its words is kept from the start.
 *
 * Proof: `tests/js/photo-input.test.js`, `tests/browser/photo-sources.test.js`.
 */

import { element } from "./element.js";
import { asFailure } from "./failure.js";
import { fetchPhoto, LIMITS, readPhotoUrl } from "./photo-url.js";
import { megabytes } from "./wording.js";

/** @typedef {import("./session.js").Photo} Photo */

const QUIET_WORDS = "Fetched only when you ask, without cookies. The site it is on sees that request.";

export class UrlView {
  #form;
  #field;
  #button;
  #status;
  #onPhoto;
  #fetchPhoto;
  #word;
  /** @type {AbortController | null} the picture on its way */
  #turn = null;

  /**
   * @param {object} parts
   * @param {HTMLFormElement} parts.form  with a submit button
   * @param {HTMLInputElement} parts.field
   * @param {(photo: Photo) => void} parts.onPhoto
   * @param {typeof fetchPhoto} [parts.fetchPhoto]
   */
  constructor({ form, field, onPhoto, fetchPhoto: fetchIt = fetchPhoto }) {
    this.#form = form;
    this.#field = field;
    this.#onPhoto = onPhoto;
    this.#fetchPhoto = fetchIt;
    this.#button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
    this.#word = this.#button.textContent ?? "";
    this.#status = element("p", { className: "url-status", id: `${field.id || "url"}-status` });
    this.#status.setAttribute("role", "status");
    field.setAttribute("aria-describedby", this.#status.id);
    form.noValidate = true; // `readPhotoUrl` says more than the browser's own bubble
    form.append(this.#status);
    this.#say(QUIET_WORDS);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#turn) this.#turn.abort();
      else void this.#fetch();
    });
    field.addEventListener("input", () => this.#turn ?? this.#say(QUIET_WORDS));
  }

  /**
   * Puts a pasted address into the field, ready to be submitted; false for a text that is none.
   * @param {string} text
   */
  offer(text) {
    try {
      readPhotoUrl(text);
    } catch {
      return false;
    }
    if (this.#turn) return false;
    this.#field.value = text.trim();
    this.#say("Press Enter to fetch this picture.");
    this.#field.focus();
    return true;
  }

  async #fetch() {
    this.#turn = new AbortController();
    const { signal } = this.#turn;
    try {
      const url = readPhotoUrl(this.#field.value);
      this.#work(true);
      this.#say(`Fetching from ${url.host}.`);
      const onProgress = (/** @type {number} */ loaded, /** @type {number | null} */ total) =>
        this.#say(`Fetching: ${megabytes(loaded)}${total ? ` of ${megabytes(total)}` : ""} MB.`);
      const photo = await this.#fetchPhoto(url, { signal, onProgress, wait_s: LIMITS.wait_s });
      this.#field.value = "";
      this.#say(QUIET_WORDS);
      this.#onPhoto(photo);
    } catch (error) {
      if (signal.aborted) this.#say("Canceled.");
      else this.#refuse(asFailure(error).message);
    } finally {
      this.#turn = null;
      this.#work(false);
    }
  }

  /** @param {boolean} busy */
  #work(busy) {
    this.#form.toggleAttribute("data-busy", busy);
    this.#field.readOnly = busy;
    this.#button.textContent = busy ? "Cancel" : this.#word;
  }

  /** @param {string} text */
  #say(text) {
    this.#field.removeAttribute("aria-invalid");
    this.#status.classList.remove("fault");
    this.#status.textContent = text;
  }

  /** @param {string} message */
  #refuse(message) {
    this.#say(`${message.charAt(0).toUpperCase()}${message.slice(1)}.`);
    this.#status.classList.add("fault");
    this.#field.setAttribute("aria-invalid", "true");
    this.#field.focus();
  }
}
