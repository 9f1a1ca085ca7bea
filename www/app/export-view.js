// @ts-check
/**
 * The row that copies, saves and shares results.
 *
 * In: the album's entries, the places, a function that draws the picture.  Out: the clipboard, a file, or the
 * device's own share sheet, each only on a click. Tables and data hold every photo that is done, the picture
 * the one in view.
 *
 * Proof: `tests/js/export-view.test.js`, `tests/browser/result.test.js`.
 */

import { apology, copyPicture, copyText } from "./clipboard.js";
import { element } from "./element.js";
import { fileName, toCsv, toGeoJson, toJson, TYPES } from "./export.js";
import { isAbort } from "./failure.js";

/** @typedef {import("./export.js").Exported} Exported */
/** @typedef {import("./export.js").Kind} Kind */
/** @typedef {import("./messages.js").PlacesGeoJson} PlacesGeoJson */

/** @type {Record<Kind, string>} */
const NAMES = { png: "Picture (PNG)", csv: "Table (CSV)", json: "Data (JSON)", geojson: "Map (GeoJSON)" };

export class ExportView {
  #parts;
  #box = element("div", { className: "export", hidden: true });
  #label = element("label", { className: "export-label", htmlFor: "export-kind" });
  #kind = element("select", { id: "export-kind", className: "export-kind" });
  #copy = element("button", { type: "button", className: "button quiet", textContent: "Copy" });
  #save = element("button", { type: "button", className: "button quiet", textContent: "Save" });
  #share = element("button", { type: "button", className: "button quiet", textContent: "Share", hidden: true });
  #note = element("p", { className: "export-note" });
  #fileUrl = "";

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.container
   * @param {() => Exported[]} parts.entries
   * @param {() => PlacesGeoJson | null} parts.places
   * @param {() => Promise<Blob>} parts.picture  of the result in view, as PNG
   * @param {(text: string) => void} parts.announce
   */
  constructor(parts) {
    this.#parts = parts;
    const options = Object.entries(NAMES).map(([value, textContent]) => element("option", { value, textContent }));
    this.#kind.append(...options);
    this.#kind.addEventListener("change", () => this.update());
    this.#copy.addEventListener("click", () => void this.#attempt(() => this.#toClipboard()));
    this.#save.addEventListener("click", () => void this.#attempt(() => this.#toFile()));
    this.#share.addEventListener("click", () => void this.#attempt(() => this.#toShareSheet()));
    this.#box.append(this.#label, this.#kind, this.#copy, this.#save, this.#share, this.#note);
    parts.container.append(this.#box);
  }

  /** After a result came or went. */
  update() {
    const done = this.#done();
    this.#box.hidden = done.length === 0;
    const many = done.length > 1 && this.#chosen !== "png";
    this.#label.textContent = many ? `${done.length} results as` : "This result as";
    this.#share.hidden = !(this.#chosen === "png" && canShare());
    this.#note.textContent = this.#hint(done);
  }

  get #chosen() {
    return /** @type {Kind} */ (this.#kind.value);
  }

  #done() {
    return this.#parts.entries().filter(({ result }) => result !== null);
  }

  /** A file may tell more than the visitor has in mind. @param {Exported[]} done */
  #hint(done) {
    if (this.#chosen === "png") return "";
    const tagged = done.filter(({ result }) => result?.photo.taken_at).length;
    if (tagged === 0) return "";
    return done.length === 1 ? "It holds the photo's own GPS point." : `It holds the GPS points of ${tagged} photos.`;
  }

  /** Text of the chosen kind. @param {Exclude<Kind, "png">} kind */
  #text(kind) {
    const entries = this.#parts.entries();
    if (kind === "geojson") return toGeoJson(entries, this.#parts.places());
    return kind === "csv" ? toCsv(entries) : toJson(entries);
  }

  async #toClipboard() {
    const kind = this.#chosen;
    const remedy = "use Save instead.";
    if (kind === "png") await copyPicture(this.#parts.picture(), remedy);
    else await copyText(this.#text(kind), remedy);
    return "Copied.";
  }

  async #toFile() {
    const kind = this.#chosen;
    const content = kind === "png" ? await this.#parts.picture() : this.#text(kind);
    const name = fileName(kind, kind === "png" ? 1 : this.#done().length);
    if (this.#fileUrl) URL.revokeObjectURL(this.#fileUrl); // the one before; this one may still be read
    this.#fileUrl = URL.createObjectURL(new Blob([content], { type: TYPES[kind] }));
    element("a", { href: this.#fileUrl, download: name }).click();
    return `Saved as ${name}.`;
  }

  async #toShareSheet() {
    const picture = await this.#parts.picture();
    await navigator.share({ files: [pictureFile(picture)], title: "PlaceLens" });
    return "Shared.";
  }

  /** Says how it went, where it can be seen and where it is heard. @param {() => Promise<string>} act */
  async #attempt(act) {
    try {
      this.#say(await act());
    } catch (thrown) {
      if (isAbort(thrown)) return; // the visitor closed the share sheet
      this.#say(apology(thrown));
    }
  }

  /** @param {string} text */
  #say(text) {
    this.#note.textContent = text;
    this.#parts.announce(text);
  }
}

/** @param {BlobPart} picture */
function pictureFile(picture) {
  return new File([picture], fileName("png", 1), { type: TYPES.png });
}

function canShare() {
  return typeof navigator.canShare === "function" && navigator.canShare({ files: [pictureFile("")] });
}
