// @ts-check
/**
 * The panel "On this device": what runs, why, how fast; one click copies it.
 *
 * In: the lines of a device report.  Out: a closed `<details>` with a list of them.
 *
 * Proof: `tests/js/device-view.test.js`, `tests/browser/result.test.js`.
 */

import { apology, copyText } from "./clipboard.js";
import { asText, deviceReport } from "./device-report.js";
import { element } from "./element.js";

/** @typedef {import("./device-report.js").Line} Line */

export class DeviceView {
  #list = element("dl", { className: "device-facts" });
  #note = element("p", { className: "device-note" });
  #announce;
  /** @type {Line[]} */
  #report = [];

  /** @param {{ details: HTMLDetailsElement, announce: (text: string) => void }} parts */
  constructor({ details, announce }) {
    this.#announce = announce;
    const copy = element("button", { type: "button", className: "button quiet", textContent: "Copy report" });
    copy.addEventListener("click", () => void this.#copy());
    const actions = element("div", { className: "device-actions" }, copy, this.#note);
    details.append(element("summary", { textContent: "On this device" }), this.#list, actions);
    this.update(deviceReport({ facts: null, falls: [], userAgent: navigator.userAgent, photos_ms: [] }));
  }

  /** @param {Line[]} report */
  update(report) {
    this.#report = report;
    this.#note.textContent = "";
    const pairs = report.map(([term, value]) =>
      element("div", {}, element("dt", { textContent: term }), element("dd", { textContent: value })),
    );
    this.#list.replaceChildren(...pairs);
  }

  async #copy() {
    try {
      await copyText(asText(this.#report), "select the lines above and copy them by hand.");
      this.#say("Copied.");
    } catch (thrown) {
      this.#say(apology(thrown));
    }
  }

  /** @param {string} text */
  #say(text) {
    this.#note.textContent = text;
    this.#announce(text);
  }
}
