// @ts-check
/**
 * The frame's side of the widget: the port to the post, and the height that the frame asks for.
 *
 * In: the window's messages.  Out: the post's messages, checked; `say` the other way.
 * Only the page that holds this frame is heard, and only its first word: that brings the port, and
 * no window message is listened to after it. Any site may hold the frame; none can see into it, and
 * what a post is told is decided in `embed-frame.js`.
 *
 * Proof: `tests/js/embed-link.test.js`, `tests/browser/widget.test.js`.
 */

import { readConnect, readFromPost } from "./embed-messages.js";

/** @typedef {import("./embed-messages.js").FromPost} FromPost */
/** @typedef {import("./embed-messages.js").FromFrame} FromFrame */
/** @typedef {Pick<Window, "addEventListener" | "removeEventListener"> & { parent: unknown }} FrameWindow */

export class EmbedLink {
  #window;
  #onMessage;
  /** @type {MessagePort | null} */
  #port = null;
  /** @type {number | null} what the post was told last */
  #height_px = null;

  /**
   * @param {object} parts
   * @param {(message: FromPost) => void} parts.onMessage
   * @param {FrameWindow} [parts.window]
   */
  constructor({ onMessage, window = globalThis.window }) {
    this.#window = window;
    this.#onMessage = onMessage;
    if (window.parent !== window) window.addEventListener("message", this.#first);
  }

  /** @param {FromFrame} message */
  say(message) {
    this.#port?.postMessage(message);
  }

  /** @param {number} height_px  of all that is to be seen; 0: whatever the poster had */
  size(height_px) {
    if (height_px === this.#height_px) return;
    this.#height_px = height_px;
    this.say({ kind: "size", height_px });
  }

  #first = (/** @type {Event} */ event) => {
    const { source, data, ports } = /** @type {MessageEvent} */ (event);
    const connect = readConnect(data);
    if (source !== this.#window.parent || !connect || ports.length !== 1) return;
    this.#window.removeEventListener("message", this.#first);
    const [port] = ports;
    this.#port = port;
    port.onmessage = ({ data: said }) => {
      const message = readFromPost(said);
      if (message) this.#onMessage(message);
    };
    this.#onMessage({ kind: "look", look: connect.look });
    if (this.#height_px !== null) this.say({ kind: "size", height_px: this.#height_px });
    this.say({ kind: "hello" });
  };
}
