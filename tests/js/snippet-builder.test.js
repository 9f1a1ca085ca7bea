import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { JSDOM } from "jsdom";

const markup = readFileSync(new URL("../../www/embed/index.html", import.meta.url), "utf8");
const { window } = new JSDOM(markup, { url: "https://lens.example/embed/" });
const { document } = window;
const MODELS = [
  { name: "Drawn scenes", about: "Drawn.", manifest: "https://lens.example/model/manifest.json", size_bytes: 10 },
  { name: "Streets", about: "Photos.", manifest: "https://cdn.example/streets/manifest.json", size_bytes: 10 },
];
let clipboard = [];
for (const name of ["HTMLElement", "HTMLFormElement", "HTMLButtonElement", "HTMLSelectElement", "FormData"])
  globalThis[name] = window[name];
Object.defineProperty(globalThis, "navigator", {
  value: { clipboard: { writeText: async (text) => void clipboard.push(text) } },
  configurable: true,
});
globalThis.document = document;
globalThis.fetch = async () => new Response(JSON.stringify(MODELS));
await import("../../www/app/snippet-builder.js");
await new Promise((resolve) => setTimeout(resolve, 0)); // the list of models has come

const field = (name) => document.getElementById("builder").elements.namedItem(name);
const code = () => document.getElementById("snippet").textContent;
const widget = () => document.querySelector("#preview place-lens");
const names = () => widget().getAttributeNames();

/** Chooses as a visitor does. */
function choose(name, value) {
  const found = field(name);
  const target = found instanceof window.RadioNodeList ? [...found].find((radio) => radio.value === value) : found;
  if (target.type === "checkbox" || target.type === "radio") target.checked = value !== false;
  else target.value = value;
  target.dispatchEvent(new window.Event("input", { bubbles: true }));
}

test("the snippet is there before anything is chosen, and the preview is the widget itself", () => {
  assert.match(code(), /^<script type="module" src="\S+embed\.js"><\/script>\n<place-lens><a href="/);
  assert.deepEqual(names(), []);
});

test("every choice is in the snippet and on the preview", () => {
  choose("theme", "dark");
  choose("top", "5");
  choose("title", "Where?");
  choose("own-accent", true);
  choose("share", true);
  for (const part of [' title="Where?"', ' top="5"', ' theme="dark"', ' accent="#b3541e"', " share-results"])
    assert.ok(code().includes(part), part);
  assert.deepEqual(names().sort(), ["accent", "share-results", "theme", "title", "top"]);
  choose("own-accent", false);
  choose("share", false);
  assert.deepEqual(names().sort(), ["theme", "title", "top"], "what is chosen no more is gone");
});

test("whose photo it is unfolds its field; the preview uses the sample above it", () => {
  const hidden = (id) => document.getElementById(id).hidden;
  assert.deepEqual([hidden("selector-row"), hidden("photo-row"), hidden("preview-photo")], [true, true, true]);
  choose("source", "for");
  choose("selector", "#corner");
  assert.deepEqual([hidden("selector-row"), hidden("photo-row"), hidden("preview-photo")], [false, true, false]);
  assert.match(code(), / for="#corner"/);
  assert.equal(widget().getAttribute("for"), "#preview-photo");
  choose("source", "photo");
  choose("photo", "photos/a.jpg");
  assert.match(code(), / photo="photos\/a\.jpg"/);
  assert.equal(hidden("selector-row"), true);
});

test("a choice that changes what is loaded begins a fresh preview, one of the look does not", () => {
  const before = widget();
  choose("theme", "light");
  assert.equal(widget(), before);
  choose("loading", "visible");
  assert.notEqual(widget(), before);
  assert.equal(document.querySelectorAll("#preview place-lens").length, 1);
});

test("a site with several models offers them", () => {
  assert.equal(document.getElementById("model-row").hidden, false);
  const options = [...field("model").options].map(({ value, textContent }) => [value, textContent]);
  assert.deepEqual(options, [
    ["", "Drawn scenes"],
    [MODELS[1].manifest, "Streets"],
  ]);
  choose("model", MODELS[1].manifest);
  assert.ok(code().includes(` model="${MODELS[1].manifest}"`));
});

test("copying copies what is shown and says so; a refusal is explained", async () => {
  const [button, status] = ["copy-snippet", "copied"].map((id) => document.getElementById(id));
  const said = async () => {
    button.click();
    await new Promise((resolve) => setTimeout(resolve, 0));
    return status.textContent;
  };
  assert.equal(await said(), "Copied.");
  assert.deepEqual(clipboard, [code()]);
  navigator.clipboard.writeText = async () => {
    throw Object.assign(new Error("no"), { name: "NotAllowedError" });
  };
  assert.match(await said(), /did not allow it; select the text and copy it by hand/);
});

test("starting over takes everything back", async () => {
  document.getElementById("builder").reset();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.match(code(), /\n<place-lens><a /);
  assert.deepEqual(names(), []);
});
