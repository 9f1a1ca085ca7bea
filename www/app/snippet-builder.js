// @ts-check
/**
 * The builder page: a form, the snippet that it makes, and the widget as it will look.
 *
 * In: the form; the site's list of models.  Out: the snippet, the directives, a live preview.
 * The preview opens nothing until it is clicked, like any other; a choice that changes what it loads
 * puts a fresh one in its place.
 *
 * Proof: `tests/js/snippet-builder.test.js`, `tests/browser/builder.test.js`.
 */

import { apology, copyText } from "./clipboard.js";
import { element } from "./element.js";
import { readModels } from "./model-menu.js";
import { part } from "./parts.js";
import { attributes, DEFAULTS, directives, isLocal, reserve, shortened, snippet } from "./snippet.js";

/** @typedef {import("./snippet.js").Choices} Choices */

const HOST = new URL("../", import.meta.url).href;
const MODELS = new URL("../models.json", import.meta.url).href;
const RESTARTS = new Set(["source", "selector", "photo", "loading", "model", "places"]);

const form = part("builder", HTMLFormElement);
const preview = part("preview", HTMLElement);
const previewPhoto = part("preview-photo", HTMLElement);
const code = part("snippet", HTMLElement);
const policy = part("directives", HTMLElement);
const room = part("room", HTMLElement);

/** @returns {Choices} */
function read() {
  const data = new FormData(form);
  const text = (/** @type {string} */ name) => String(data.get(name) ?? "").trim();
  const top = Math.trunc(Number(text("top")));
  return {
    source: /** @type {Choices["source"]} */ (text("source")),
    selector: text("selector"),
    photo: text("photo"),
    loading: /** @type {Choices["loading"]} */ (text("loading")),
    top: top >= 1 && top <= 100 ? top : DEFAULTS.top,
    theme: /** @type {Choices["theme"]} */ (text("theme")),
    accent: data.has("own-accent") ? text("accent") : "",
    title: text("title"),
    share: data.has("share"),
    model: text("model"),
    places: text("places"),
  };
}

/** The fields that belong to a choice are there only with it. @param {Choices} choices */
function unfold({ source }) {
  part("selector-row", HTMLElement).hidden = source !== "for";
  part("photo-row", HTMLElement).hidden = source !== "photo";
  previewPhoto.hidden = source === "reader";
}

/** @param {Choices} choices @param {boolean} restart */
function show(choices, restart) {
  code.textContent = snippet(choices, HOST);
  room.textContent = reserve(choices);
  unfold(choices);
  if (restart) preview.querySelector("place-lens")?.remove();
  let widget = preview.querySelector("place-lens");
  widget ??= preview.appendChild(document.createElement("place-lens"));
  const source = choices.source === "reader" ? "reader" : "for"; // here the image of the post is the sample above
  const wanted = new Map(attributes({ ...choices, source, selector: "#preview-photo" }));
  for (const name of widget.getAttributeNames()) if (!wanted.has(name)) widget.removeAttribute(name);
  for (const [name, value] of wanted) if (widget.getAttribute(name) !== value) widget.setAttribute(name, value);
}

/** A site with several models lets the author choose. */
async function offerModels() {
  const models = await readModels(MODELS, fetch).catch(() => []);
  const field = form.elements.namedItem("model");
  if (models.length < 2 || !(field instanceof HTMLSelectElement)) return;
  for (const { name, manifest } of models.slice(1)) {
    field.append(element("option", { value: shortened(manifest, HOST) }, name));
  }
  field.options[0].textContent = models[0].name;
  part("model-row", HTMLElement).hidden = false;
}

/** @param {HTMLButtonElement} button @param {HTMLElement} text */
function copies(button, text) {
  const status = part("copied", HTMLElement);
  button.addEventListener("click", async () => {
    status.textContent = "";
    try {
      await copyText(text.textContent ?? "", "select the text and copy it by hand");
      status.textContent = "Copied.";
    } catch (thrown) {
      status.textContent = apology(thrown);
    }
  });
}

function main() {
  policy.textContent = directives(HOST);
  part("local", HTMLElement).hidden = !isLocal(HOST);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", ({ target }) => {
    const { name } = /** @type {HTMLInputElement} */ (target);
    show(read(), RESTARTS.has(name));
  });
  form.addEventListener("reset", () => setTimeout(() => show(read(), true)));
  copies(part("copy-snippet", HTMLButtonElement), code);
  copies(part("copy-directives", HTMLButtonElement), policy);
  copies(part("copy-room", HTMLButtonElement), room);
  show(read(), true);
  void offerModels();
}

main();
