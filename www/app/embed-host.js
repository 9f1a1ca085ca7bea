// @ts-check
/**
 * A post's side of the widget: the frame, the port to it, and what the element tells the post.
 *
 * In: the element with its attributes, the reader's wish, photos of the post.  Out: the frame, sized as
 * it asks; results and failures.  Fetched only once the frame is wanted (`embed.js`).
 * The port is handed to the frame's window for the site's own origin only, so that whatever else a frame
 * might be led to cannot hear or answer. Messages that are not of the declared kinds are passed over.
 * A post under an embedder policy (COEP) lets in only frames without credentials; nothing tells a page
 * that it is such a post unless it is isolated, so a frame that stays silent is tried again in that way.
 *
 * Proof: `tests/js/embed-host.test.js`, `tests/browser/widget.test.js`, `tests/browser/widget-hosts.test.js`.
 */

import { LIMITS, readFromFrame, VERSION } from "./embed-messages.js";

/** @typedef {import("./embed-messages.js").FromPost} FromPost */
/** @typedef {import("./embed-messages.js").LocateResult} LocateResult */

/**
 * @typedef {HTMLElement & { model: string, places: string, photo: string, htmlFor: string, top: number,
 *   theme: import("./embed-messages.js").Theme, accent: string, shareResults: boolean }} Post  the element in the post
 */

/**
 * @typedef {object} Parts
 * @property {Post} post
 * @property {HTMLElement} box  where the frame goes, over the poster
 * @property {HTMLElement} button  the poster's; it hands the focus on to the frame
 * @property {AbortSignal} signal  the element is gone, or begins again
 * @property {(name: "ready" | "result" | "error", detail: unknown) => void} tell
 * @property {(why: Error) => void} fail  the frame cannot be had here
 */

const FRAME = new URL("../embed.html", import.meta.url);

/** From the frame's load to its first word, which comes at once where it comes at all; and for all of the load. */
const PATIENCE = { silence_ms: 5000, load_ms: 40_000 };

/** What runs in the frame needs its own origin for the model's cache, and a new tab for the whole page. */
const SANDBOX = "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox";
const ALLOW = ["camera", "display-capture", "geolocation", "microphone", "payment", "usb"]
  .map((feature) => `${feature} 'none'`)
  .join("; ");

const POST_PHOTO = 0; // the question's number for the picture that the post itself names

/** @param {string} code @param {string} message */
const fault = (code, message) => Object.assign(new Error(message), { code });

export class EmbedHost {
  #parts;
  #patience;
  /** @type {HTMLIFrameElement | null} */
  #frame = null;
  /** @type {MessagePort | null} */
  #port = null;
  /** @type {FromPost[]} until the frame's first word */
  #unsaid = [];
  #connected = false;
  #shown = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #alarm;
  /** @type {Map<number, { resolve: (result: LocateResult) => void, reject: (why: Error) => void }>} */
  #asked = new Map();
  #lastId = POST_PHOTO;

  /** @param {Parts} parts @param {typeof PATIENCE} [patience] */
  constructor(parts, patience = PATIENCE) {
    this.#parts = parts;
    this.#patience = patience;
    parts.signal.addEventListener("abort", () => this.#close(parts.signal.reason), { once: true });
    if (!parts.signal.aborted) this.#insert(globalThis.crossOriginIsolated === true);
  }

  /** The frame in the poster's place, as soon as it has spoken. @param {boolean} start  load the model at once */
  show(start) {
    if (start) this.#say({ kind: "start" });
    if (!this.#shown) void this.#lookAtPost();
    this.#shown = true;
    if (this.#connected) this.#reveal();
  }

  /** An attribute has another value. @param {string} name */
  change(name) {
    if (name === "photo" || name === "for") return void (this.#shown && this.#lookAtPost());
    if (this.#frame) this.#frame.title = this.#title();
    if (this.#connected) this.#say({ kind: "look", look: this.#look() }); // the frame's first message has it otherwise
  }

  /** @param {Blob} photo @returns {Promise<LocateResult>} */
  async locate(photo) {
    this.#parts.signal.throwIfAborted();
    if (!(photo instanceof Blob) || photo.size > LIMITS.photo_bytes) {
      throw new TypeError("locate: expected a Blob of at most 64 MB, found something else");
    }
    const id = ++this.#lastId;
    const answer = new Promise((resolve, reject) => this.#asked.set(id, { resolve, reject }));
    this.#say({ kind: "locate", id, photo });
    return await answer;
  }

  #look() {
    const { theme, accent, top, shareResults: share } = this.#parts.post;
    return { theme, accent, top, share };
  }

  #title() {
    return this.#parts.post.title || "PlaceLens";
  }

  /** @param {boolean} credentialless */
  #insert(credentialless) {
    const { post, box } = this.#parts;
    const url = new URL(FRAME);
    if (post.model) url.searchParams.set("model", post.model);
    if (post.places) url.searchParams.set("places", post.places);
    const frame = document.createElement("iframe");
    frame.className = "frame";
    frame.setAttribute("part", "frame");
    frame.setAttribute("sandbox", SANDBOX);
    frame.setAttribute("allow", ALLOW);
    frame.referrerPolicy = "no-referrer";
    frame.title = this.#title();
    Object.assign(frame, { credentialless }); // only some browsers have it
    frame.src = url.href;
    frame.addEventListener("load", () => this.#connect(frame, credentialless));
    this.#frame = frame;
    this.#alarm = setTimeout(() => this.#giveUp(credentialless), this.#patience.load_ms);
    box.append(frame);
  }

  /**
   * For each document that the frame loads: one that loads itself again begins anew.
   * @param {HTMLIFrameElement} frame @param {boolean} credentialless
   */
  #connect(frame, credentialless) {
    if (this.#connected) this.#rejectAll(fault("superseded", "place-lens: its frame was loaded again"));
    this.#connected = false;
    this.#port?.close();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = ({ data }) => this.#hear(data);
    const connect = { placelens: VERSION, kind: "connect", look: this.#look() };
    frame.contentWindow?.postMessage(connect, FRAME.origin, [port2]);
    clearTimeout(this.#alarm);
    this.#alarm = setTimeout(() => this.#giveUp(credentialless), this.#patience.silence_ms);
  }

  /** @param {boolean} credentialless */
  #giveUp(credentialless) {
    this.#frame?.remove();
    if (!credentialless && "credentialless" in HTMLIFrameElement.prototype) return this.#insert(true);
    this.#parts.fail(fault("frame", "PlaceLens could not be opened in this page."));
  }

  /** @param {unknown} data */
  #hear(data) {
    const message = readFromFrame(data);
    if (!message) return;
    const { box, tell } = this.#parts;
    switch (message.kind) {
      case "hello":
        return this.#greet();
      case "size":
        return box.style.setProperty("--frame", `${message.height_px}px`);
      case "ready":
        return tell("ready", { backend: message.backend, model: message.model });
      case "result":
        return this.#answer(message.id, message.result);
      case "failed":
        return this.#fail(message.id, message.code, message.message);
    }
  }

  #greet() {
    clearTimeout(this.#alarm);
    this.#connected = true;
    for (const message of this.#unsaid.splice(0)) this.#say(message);
    if (this.#shown) this.#reveal();
  }

  #reveal() {
    const { box, button } = this.#parts;
    const root = /** @type {ShadowRoot} */ (button.getRootNode());
    const hadFocus = root.activeElement === button;
    const byKeyboard = button.matches(":focus-visible");
    box.classList.add("open");
    if (hadFocus) this.#frame?.focus();
    if (hadFocus && byKeyboard) this.#say({ kind: "focus" });
  }

  /** @param {number | null} id @param {LocateResult} result */
  #answer(id, result) {
    const { post, tell } = this.#parts;
    if (id !== null) this.#asked.get(id)?.resolve(result);
    if (id !== null) this.#asked.delete(id);
    if (post.shareResults) tell("result", result);
  }

  /** @param {number | null} id @param {string} code @param {string} message */
  #fail(id, code, message) {
    if (id !== null) this.#asked.get(id)?.reject(fault(code, message));
    if (id !== null) this.#asked.delete(id);
    this.#parts.tell("error", { code, message });
  }

  /** @param {FromPost} message */
  #say(message) {
    if (this.#connected) this.#port?.postMessage(message);
    else this.#unsaid.push(message);
  }

  async #lookAtPost() {
    const { post, signal } = this.#parts;
    if (!post.photo && !post.htmlFor) return;
    const photo = await readPostPhoto(post).catch(() => null); // the frame tells the reader that it could not be read
    if (!signal.aborted) this.#say({ kind: "locate", id: POST_PHOTO, photo });
  }

  /** @param {Error} why */
  #close(why) {
    clearTimeout(this.#alarm);
    this.#port?.close();
    this.#frame?.remove();
    this.#unsaid.length = 0;
    this.#rejectAll(why);
  }

  /** @param {Error} why */
  #rejectAll(why) {
    for (const { reject } of this.#asked.values()) reject(why);
    this.#asked.clear();
  }
}

/**
 * The post's own picture as a file: fetched; or, where the post's policy has no `connect-src` for that, drawn from
 * what is on show. Throws where the picture's server lets no page read it.
 * @param {Post} post
 * @returns {Promise<Blob | null>}
 */
async function readPostPhoto(post) {
  const root = /** @type {Document | ShadowRoot} */ (post.getRootNode());
  const found = post.htmlFor ? root.querySelector(post.htmlFor) : null;
  if (post.htmlFor && !(found instanceof HTMLImageElement)) throw new TypeError(`for: no image at ${post.htmlFor}`);
  const image = found instanceof HTMLImageElement ? found : null;
  const url = new URL(image ? image.currentSrc || image.src : post.photo, document.baseURI).href;
  const answer = await fetch(url).catch(() => null);
  if (answer?.ok) return await answer.blob();
  return await drawn(image ?? Object.assign(new Image(), { crossOrigin: "anonymous", src: url }));
}

const DRAWN_SIDE_PX = 2048; // far more than any CLIP looks at

/** @param {HTMLImageElement} image @returns {Promise<Blob | null>} */
async function drawn(image) {
  await image.decode();
  const { naturalWidth, naturalHeight } = image;
  const scale = Math.min(1, DRAWN_SIDE_PX / Math.max(naturalWidth, naturalHeight));
  const [width, height] = [naturalWidth, naturalHeight].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d")?.drawImage(image, 0, 0, width, height);
  return await new Promise((done) => canvas.toBlob(done));
}
