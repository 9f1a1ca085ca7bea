// @ts-check
/**
 * The camera: a dialog with what it sees, and one photo of it.
 *
 * In: a click on the button; nothing is asked of the browser before.  Out: a JPEG photo.
 * The rule: a camera that runs is on view. Every way out of the dialog (a photo, Close, Esc, another
 * page, a page out of sight) stops the tracks, and so does a permission that comes too late.
 *
 * Source: Media Capture and Streams (W3C). Proof: `tests/js/camera-view.test.js`,
 * `tests/browser/photo-sources.test.js`.
 */

import { element } from "./element.js";

/** @typedef {import("./session.js").Photo} Photo */
/** @typedef {Pick<MediaDevices, "getUserMedia" | "enumerateDevices">} Cameras */

const QUALITY = 0.92; // of the JPEG; above it files grow and the model sees no difference
/** @type {MediaTrackConstraints} */
const SIZE = { width: { ideal: 1920 }, height: { ideal: 1440 } };

/** What each refusal of `getUserMedia` means to a visitor. @type {Record<string, string>} */
const REFUSALS = {
  NotAllowedError: "The camera was not allowed. Allow it in this site's settings in your browser, or choose a file.",
  NotFoundError: "No camera was found on this device. Choose a file instead.",
  OverconstrainedError: "This camera does not suit. Choose a file instead.",
  NotReadableError: "The camera is in use by another program. Close that one, then try again.",
};
const NO_CAMERAS = "This browser offers no camera to this page; it must be opened over https. Choose a file instead.";

export class CameraView {
  #dialog;
  #onPhoto;
  #cameras;
  #video = element("video", { className: "camera-video", playsInline: true, muted: true, hidden: true });
  #status = element("p", { className: "camera-status" });
  #take = button("Take photo", "button primary camera-take");
  #switch = button("Switch camera", "button quiet");
  /** @type {MediaStream | null} */
  #stream = null;
  /** Counts what was asked for: a stream for an earlier one has come too late. */
  #turn = 0;

  /**
   * @param {object} parts
   * @param {HTMLButtonElement} parts.button
   * @param {HTMLDialogElement} parts.dialog
   * @param {(photo: Photo) => void} parts.onPhoto
   * @param {Cameras | undefined} [parts.cameras]  none where the page is not secure
   */
  constructor({ button: opener, dialog, onPhoto, cameras = navigator.mediaDevices }) {
    this.#dialog = dialog;
    this.#onPhoto = onPhoto;
    this.#cameras = cameras;
    this.#build();
    opener.addEventListener("click", () => void this.open());
    dialog.addEventListener("close", () => this.#stop());
    this.#take.addEventListener("click", () => void this.#shoot());
    this.#switch.addEventListener("click", () => void this.#next());
    addEventListener("pagehide", () => this.#leave());
    document.addEventListener("visibilitychange", () => document.hidden && this.#leave());
  }

  async open() {
    this.#switch.hidden = true;
    this.#dialog.showModal();
    await this.#start({ facingMode: "environment" });
  }

  #build() {
    this.#video.setAttribute("aria-label", "What the camera sees");
    this.#status.setAttribute("role", "status");
    const close = button("Close", "button quiet camera-close");
    close.addEventListener("click", () => this.#leave());
    this.#dialog.append(
      element("div", { className: "camera-preview" }, this.#video, this.#status),
      element("div", { className: "camera-bar" }, this.#take, this.#switch, close),
    );
  }

  /** @param {MediaTrackConstraints} which */
  async #start(which) {
    const turn = this.#halt();
    this.#say("Waiting for the camera. Your browser may ask you to allow it.");
    try {
      if (!this.#cameras) throw new DOMException("", "NoCameras");
      const stream = await this.#cameras.getUserMedia({ audio: false, video: { ...SIZE, ...which } });
      if (turn !== this.#turn) return stopAll(stream);
      this.#stream = stream;
      await this.#show(stream);
      await this.#offerSwitch(turn);
    } catch (error) {
      if (turn === this.#turn) this.#refuse(error);
    }
  }

  /** @param {MediaStream} stream */
  async #show(stream) {
    const [track] = stream.getVideoTracks();
    track.addEventListener("ended", () => stream === this.#stream && this.#refuse(new DOMException("", "Ended")));
    this.#video.classList.toggle("mirror", track.getSettings().facingMode === "user");
    this.#video.srcObject = stream;
    await this.#video.play();
    if (stream !== this.#stream) return;
    this.#video.hidden = false;
    this.#say("");
    this.#take.setAttribute("aria-disabled", "false");
  }

  /** Names of cameras are told only once one is allowed. @param {number} turn */
  async #offerSwitch(turn) {
    const several = (await this.#list()).length > 1;
    if (turn === this.#turn) this.#switch.hidden = !several;
  }

  async #list() {
    const all = (await this.#cameras?.enumerateDevices()) ?? [];
    return all.filter(({ kind }) => kind === "videoinput").map(({ deviceId }) => deviceId);
  }

  async #next() {
    const now = this.#stream?.getVideoTracks()[0]?.getSettings().deviceId;
    const all = await this.#list();
    if (!this.#dialog.open || all.length === 0) return;
    const next = all[(all.indexOf(now ?? "") + 1) % all.length];
    await this.#start({ deviceId: { exact: next } });
  }

  async #shoot() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    if (this.#take.getAttribute("aria-disabled") === "true" || width === 0) return;
    const turn = this.#turn;
    const canvas = element("canvas", { width, height });
    canvas.getContext("2d")?.drawImage(this.#video, 0, 0);
    /** @type {Blob | null} */
    const bytes = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    if (turn !== this.#turn) return; // closed in the meantime, or pressed twice
    this.#dialog.close();
    this.#stop(); // at once; the dialog's own event comes later
    if (bytes) this.#onPhoto({ bytes, name: nameAt(new Date()) });
  }

  #leave() {
    if (this.#dialog.open) this.#dialog.close();
    this.#stop();
  }

  #stop() {
    this.#halt();
    this.#video.srcObject = null;
  }

  /** Nothing runs any more, nothing on its way counts. */
  #halt() {
    this.#turn += 1;
    if (this.#stream) stopAll(this.#stream);
    this.#stream = null;
    this.#video.hidden = true;
    this.#take.setAttribute("aria-disabled", "true");
    return this.#turn;
  }

  /** @param {unknown} error */
  #refuse(error) {
    this.#halt();
    const name = error instanceof Error ? error.name : "";
    if (name === "NoCameras") return this.#say(NO_CAMERAS);
    this.#say(REFUSALS[name] ?? "The camera stopped. Close this and try again, or choose a file.");
  }

  /** @param {string} text */
  #say(text) {
    this.#status.textContent = text;
  }
}

/** @param {MediaStream} stream */
function stopAll(stream) {
  for (const track of stream.getTracks()) track.stop();
}

/** `camera-2026-11-26-17-15-03.jpg`, by the visitor's own clock. @param {Date} now */
function nameAt(now) {
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())];
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two);
  return `camera-${[...day, ...time].join("-")}.jpg`;
}

/** @param {string} textContent @param {string} className */
function button(textContent, className) {
  return element("button", { type: "button", textContent, className });
}
