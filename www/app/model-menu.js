// @ts-check
/**
 * The models that the site offers, and the way from one to another.
 *
 * In: `models.json`, the owner's list: `[{ "name", "about", "manifest", "size_bytes" }]`, addresses
 * relative to the list; the manifest in use.  Out: a button and a dialog of links to `?model=…`,
 * where there is something to choose from.
 * Rule: the list is checked before anything is made of it. A link is a link: it can be opened in
 * another tab, and the rest of the page's address stays.
 *
 * Proof: `tests/js/model-menu.test.js`, `tests/browser/model-menu.test.js`.
 */

import { element } from "./element.js";
import { Failure } from "./failure.js";
import { megabytes } from "./wording.js";

/**
 * @typedef {object} Model
 * @property {string} name
 * @property {string} about  a sentence on what it is good for
 * @property {string} manifest  its address, in full
 * @property {number} size_bytes  what the page downloads
 */

const LIMITS = { list_bytes: 64 * 1024, models: 50, name: 80, about: 400, size_bytes: 50e9 };

/**
 * The site's models, in the owner's order; none where the site has no list.
 * @param {string} url  of the list, in full
 * @param {typeof fetch} [request]
 * @returns {Promise<Model[]>}
 * @throws {Failure} `models`: a list that is wrong
 */
export async function readModels(url, request = fetch) {
  const response = await request(url, { cache: "no-cache" }).catch(() => null); // no network, and no copy kept
  if (!response?.ok) return [];
  const text = await response.text();
  if (text.length > LIMITS.list_bytes) throw wrong(`at most ${LIMITS.list_bytes} characters`, `${text.length}`);
  let list;
  try {
    list = JSON.parse(text);
  } catch {
    throw wrong("JSON", "something else");
  }
  if (!Array.isArray(list)) throw wrong("a list of models", JSON.stringify(list));
  if (list.length > LIMITS.models) throw wrong(`at most ${LIMITS.models} models`, `${list.length}`);
  return list.map((entry, index) => readModel(entry, index, url));
}

/** @param {any} entry @param {number} index @param {string} url @returns {Model} */
function readModel(entry, index, url) {
  const where = `model ${index + 1}`;
  const words = (/** @type {"name" | "about"} */ field) => {
    const value = entry?.[field];
    if (typeof value === "string" && value.trim() !== "" && value.length <= LIMITS[field]) return value.trim();
    throw wrong(`${where}: \`${field}\` of 1 to ${LIMITS[field]} characters`, JSON.stringify(value));
  };
  const [name, about] = [words("name"), words("about")];
  const { manifest, size_bytes } = entry;
  if (typeof manifest !== "string" || !/^https?:$/.test(protocolOf(manifest, url)))
    throw wrong(`${where}: \`manifest\`, the address of a manifest`, JSON.stringify(manifest));
  if (!Number.isSafeInteger(size_bytes) || size_bytes < 1 || size_bytes > LIMITS.size_bytes)
    throw wrong(`${where}: \`size_bytes\`, a whole number of bytes`, JSON.stringify(size_bytes));
  return { name, about, manifest: new URL(manifest, url).href, size_bytes };
}

/** @param {string} address @param {string} base */
const protocolOf = (address, base) => (URL.canParse(address, base) ? new URL(address, base).protocol : "");

/** @param {string} expected @param {string | undefined} found */
function wrong(expected, found = "nothing") {
  const shown = found.length > 80 ? `${found.slice(0, 80)}…` : found;
  return new Failure("models", `models.json: expected ${expected}, found ${shown}; the site's owner can correct it`);
}

/**
 * The page's address with another model; relative to the page where it is on the same site, so that it can be read.
 * @param {string} manifest @param {string} page
 */
export function addressWith(manifest, page) {
  const address = new URL(page);
  const folder = new URL("./", page).href;
  address.searchParams.set("model", manifest.startsWith(folder) ? manifest.slice(folder.length) : manifest);
  address.hash = "";
  return address.href.replaceAll("%2F", "/").replaceAll("%3A", ":"); // both are allowed in a query, and easier to read
}

/** Built once, and only where there is a choice. */
export class ModelMenu {
  #dialog;

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.container  hidden until there is a choice
   * @param {string} parts.current  the manifest in use, in full
   * @param {Model[]} parts.models
   * @param {string} [parts.page]  the page's address
   */
  constructor({ container, current, models, page = location.href }) {
    this.#dialog = element("dialog", { className: "model-dialog", id: "model-dialog" });
    if (models.length < 2) return;
    const open = element("button", { type: "button", className: "model-menu-open" }, "Other models");
    open.setAttribute("aria-haspopup", "dialog");
    open.addEventListener("click", () => this.#dialog.showModal());
    this.#fill(models, current, page);
    container.replaceChildren(open, this.#dialog);
    container.hidden = false;
  }

  /** @param {Model[]} models @param {string} current @param {string} page */
  #fill(models, current, page) {
    const title = element("h2", { id: "model-dialog-title" }, "Models of this site");
    const note = element("p", {}, "The page starts again with the model that you choose; results on it are cleared.");
    const close = element("button", { type: "button", className: "button quiet" }, "Close");
    close.addEventListener("click", () => this.#dialog.close());
    const list = element("ul", {}, ...models.map((model) => choice(model, model.manifest === current, page)));
    this.#dialog.setAttribute("aria-labelledby", title.id);
    this.#dialog.append(title, note, list, close);
    // a press on the dark around it: everything inside is one of its children
    this.#dialog.addEventListener("click", ({ target }) => target === this.#dialog && this.#dialog.close());
  }
}

/** @param {Model} model @param {boolean} isCurrent @param {string} page */
function choice({ name, about, manifest, size_bytes }, isCurrent, page) {
  const link = element(
    "a",
    { href: addressWith(manifest, page) },
    element("span", { className: "model-name" }, name),
    element("span", { className: "model-size" }, `${megabytes(size_bytes)} MB${isCurrent ? ", in use" : ""}`),
    element("span", { className: "model-says" }, about),
  );
  if (isCurrent) link.setAttribute("aria-current", "true");
  return element("li", {}, link);
}
