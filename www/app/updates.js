// @ts-check
/**
 * The site without a network, and the word that a newer version of it is there.
 *
 * In: the service worker's life; what the visitor presses.  Out: a notice with two buttons;
 * `data-offline="ready"` on `<html>` once everything this page uses is kept.
 * Rule: a page is loaded anew only where nothing is lost, or where the visitor said so on that very
 * page. A new version takes over for all tabs at once, so every other tab is asked first, and one
 * with results may refuse; a tab that says nothing has nothing to lose.
 * No part of the page's work: where there is no service worker, or it fails, the page goes on as it is.
 *
 * Proof: `tests/js/updates.test.js`, `tests/browser/offline.test.js`.
 */

import { element } from "./element.js";
import { modelAtRest } from "./model-rest.js";
import { moduleFolder } from "./module-folder.js";

/**
 * @typedef {object} Surroundings  what the browser gives, and tests make up
 * @property {ServiceWorkerContainer} container
 * @property {BroadcastChannel} channel  to the site's other tabs
 * @property {() => void} reload
 * @property {number} patience_ms  how long the other tabs are waited for
 */

/** @typedef {"ready" | "held" | "taken"} Word */

/** @type {Record<Word, { text: string, loses: string, go: string, stay: string }>} */
const WORDS = {
  ready: {
    text: "A new version of PlaceLens is ready.",
    loses: "Reloading clears the results on this page.",
    go: "Reload",
    stay: "Not now",
  },
  held: {
    text: "Another tab with PlaceLens still has results. Reload or close that tab, then try again.",
    loses: "",
    go: "Try again",
    stay: "Not now",
  },
  taken: {
    text: "A new version of PlaceLens was started in another tab.",
    loses: "Reload when you no longer need the results on this page.",
    go: "Reload",
    stay: "Not now",
  },
};

const WORKER = new URL("../sw.js", import.meta.url);
const CHECK_EVERY_MS = 60 * 60 * 1000;

export class Updates {
  #notice;
  #canReload;
  #around;
  /** @type {ServiceWorker | null} the version that waits */
  #waiting = null;
  /** The visitor pressed Reload on this page. */
  #agreed = false;
  /** @type {Element | null} what had the focus before the notice took it */
  #before = null;

  /** @param {{ notice: HTMLElement, canReload: () => boolean }} parts @param {Surroundings} around */
  constructor({ notice, canReload }, around) {
    this.#notice = notice;
    this.#canReload = canReload;
    this.#around = around;
    around.channel.addEventListener("message", ({ data }) => this.#hear(data?.kind));
    notice.addEventListener("focusin", ({ relatedTarget }) => {
      if (relatedTarget instanceof Element && !notice.contains(relatedTarget)) this.#before = relatedTarget;
    });
  }

  /** Follows this registration, and keeps what the page uses. @param {ServiceWorkerRegistration} registration */
  follow(registration) {
    if (registration.waiting) this.#offer(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const worker = registration.installing;
      worker?.addEventListener("statechange", () => worker.state === "installed" && this.#offer(worker));
    });
    let checked = Date.now();
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "visible" || Date.now() - checked < CHECK_EVERY_MS) return;
      checked = Date.now();
      registration.update().catch(() => {}); // no network: the next look will do
    });
    const { backend } = document.documentElement.dataset;
    if (backend) void this.#keep(backend);
    document.addEventListener("placelens:ready", (event) => {
      void this.#keep(/** @type {CustomEvent} */ (event).detail.backend);
    });
  }

  /**
   * A version that waits is news only beside one that this page runs on: the first is not.
   * @param {ServiceWorker} worker
   */
  #offer(worker) {
    if (!this.#around.container.controller || this.#waiting === worker) return;
    this.#waiting = worker;
    worker.addEventListener("statechange", () => worker.state === "activated" && this.#takenOver());
    this.#say("ready");
  }

  #takenOver() {
    if (this.#agreed || this.#canReload()) this.#around.reload();
    else this.#say("taken");
  }

  /** The visitor agreed, here. @param {Word} word  what was being said */
  async #go(word) {
    this.#agreed = true;
    if (word === "taken" || !this.#waiting) return this.#around.reload();
    const said = this.#notice.querySelector("p");
    if (said) said.textContent = "One moment…";
    const held = await this.#isHeld();
    if (!this.#agreed) return; // Not now, after all
    if (!held) return this.#waiting.postMessage({ kind: "take-over" });
    this.#agreed = false;
    this.#say("held");
  }

  /** Whether another tab has something to lose. @returns {Promise<boolean>} */
  #isHeld() {
    const { channel, patience_ms } = this.#around;
    return new Promise((resolve) => {
      const hear = (/** @type {MessageEvent} */ { data }) => data?.kind === "hold" && end(true);
      const timer = setTimeout(() => end(false), patience_ms);
      const end = (/** @type {boolean} */ held) => {
        clearTimeout(timer);
        channel.removeEventListener("message", hear);
        resolve(held);
      };
      channel.addEventListener("message", hear);
      channel.postMessage({ kind: "may-i" });
    });
  }

  /** Another tab asks. @param {unknown} kind */
  #hear(kind) {
    if (kind !== "may-i" || this.#agreed || this.#canReload()) return;
    this.#around.channel.postMessage({ kind: "hold" });
    if (this.#waiting) this.#say("ready"); // perhaps it was put away here
  }

  /**
   * The program for this device and the samples, for the next visit without a network.
   * @param {string} backend
   */
  async #keep(backend) {
    const { active } = await this.#around.container.ready;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => {
      if (data?.kept === true) document.documentElement.dataset.offline = "ready";
      port1.close();
    };
    active?.postMessage({ kind: "keep", folders: [moduleFolder(backend), "samples/"] }, [port2]);
  }

  /** @param {Word} word */
  #say(word) {
    const { text, loses, go, stay } = WORDS[word];
    const had = this.#notice.contains(document.activeElement);
    const agree = button(go, "primary", () => void this.#go(word));
    const words = element("p", {}, this.#canReload() ? text : `${text} ${loses}`.trim());
    this.#notice.replaceChildren(
      words,
      agree,
      button(stay, "quiet", () => this.#close()),
    );
    if (had) agree.focus();
  }

  #close() {
    this.#agreed = false;
    const had = this.#notice.contains(document.activeElement);
    this.#notice.replaceChildren();
    if (had && this.#before instanceof HTMLElement) this.#before.focus({ preventScroll: true });
    this.#before = null;
  }
}

/** @param {string} label @param {string} kind @param {() => void} act */
function button(label, kind, act) {
  const made = element("button", { type: "button", className: `button ${kind}` }, label);
  made.addEventListener("click", act);
  return made;
}

/**
 * Makes the site work without a network from now on, and tells of new versions in `notice`, an
 * empty element with `role="status"` that is never hidden.
 * @param {{ notice: HTMLElement, canReload: () => boolean }} parts
 *   `canReload`: nothing on this page would be lost
 */
export async function registerUpdates(parts) {
  const container = navigator.serviceWorker;
  if (!container) return; // plain HTTP, or a private window of some browsers
  const updates = new Updates(parts, {
    container,
    channel: new BroadcastChannel(`placelens-updates ${new URL("./", WORKER).pathname}`),
    reload: () => location.reload(),
    patience_ms: 1500, // a busy tab answers when it can; a tab without results not at all
  });
  await modelAtRest(); // it goes before copies of the page, and before the question for newer ones
  try {
    updates.follow(await container.register(WORKER, { updateViaCache: "none" }));
  } catch {
    // no list of files (a site that was not built), no storage, a half-finished upload: the next visit tries again
  }
}
