import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { JSDOM } from "jsdom";
import { Failure } from "../../www/app/failure.js";
import { ExportView } from "../../www/app/export-view.js";
import { exampleResult, examplePlaces } from "./example-result.mjs";

const done = (name, changes = {}) => ({ photo: { name }, result: exampleResult([0.6, 0.4], changes), failure: null });
const tagged = { photo: { width: 1, height: 1, taken_at: { lat: 34, lon: -118 } } };
const waiting = { photo: { name: "later.jpg" }, result: null, failure: null };

/** What the browser was asked to do. */
let wrote, saved, shared, announced, entries, drawn, dom;
const one = (selector) => dom.window.document.querySelector(selector);
const button = (name) => [...dom.window.document.querySelectorAll("button")].find((each) => each.textContent === name);
/** @param {object} navigator */
const browserWith = (navigator) =>
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true, writable: true });
const clipboard = {
  writeText: async (text) => void wrote.push(text),
  write: async (items) => void wrote.push(await items[0].content["image/png"]),
};

beforeEach(() => {
  dom = new JSDOM("<!doctype html><div id=actions></div>");
  globalThis.document = dom.window.document;
  [wrote, saved, shared, announced, drawn] = [[], [], [], [], async () => new Blob(["png"], { type: "image/png" })];
  entries = [done("a.jpg")];
  browserWith({ clipboard });
  globalThis.ClipboardItem = class {
    constructor(content) {
      this.content = content;
    }
  };
  const files = new Map();
  URL.createObjectURL = (blob) => (files.set(`blob:${files.size + 1}`, blob), `blob:${files.size}`);
  URL.revokeObjectURL = (url) => assert.ok(files.delete(url), url);
  dom.window.HTMLAnchorElement.prototype.click = function () {
    saved.push({ name: this.download, blob: files.get(this.href), left: files.size });
  };
});

function make() {
  const view = new ExportView({
    container: one("#actions"),
    entries: () => entries,
    places: () => examplePlaces(entries[0].result),
    picture: () => drawn(),
    announce: (text) => announced.push(text),
  });
  view.update();
  return view;
}

/** @param {string} kind */
function choose(kind) {
  one("select").value = kind;
  one("select").dispatchEvent(new dom.window.Event("change"));
}

/** @param {string} name */
async function press(name) {
  const before = announced.length;
  button(name).click();
  for (let turn = 0; turn < 50 && announced.length === before; turn += 1) await new Promise(setImmediate);
}

test("there is nothing to export before a photo is done", () => {
  entries = [waiting];
  const view = make();
  assert.equal(one(".export").hidden, true);
  entries = [waiting, done("a.jpg")];
  view.update();
  assert.equal(one(".export").hidden, false);
});

test("the kinds are a list with a label that says how many results it takes", () => {
  const view = make();
  assert.deepEqual(
    [...one("select").options].map(({ value }) => value),
    ["png", "csv", "json", "geojson"],
  );
  assert.equal(one("select").labels[0].textContent, "This result as");
  entries = [done("a.jpg"), done("b.jpg"), waiting];
  view.update();
  assert.equal(one("label").textContent, "This result as"); // the picture is of one
  choose("csv");
  assert.equal(one("label").textContent, "2 results as");
});

for (const [kind, pattern] of [
  ["csv", /^file,place_1/],
  ["json", /^\[\n\{"file":"a\.jpg"/],
  ["geojson", /"FeatureCollection"[^]*"kind": "place"/],
]) {
  test(`${kind} is copied as text`, async () => {
    make();
    choose(kind);
    await press("Copy");
    assert.match(wrote[0], pattern);
    assert.deepEqual(announced, ["Copied."]);
    assert.equal(one(".export-note").textContent, "Copied.");
  });
}

test("the picture is copied as one, and handed over before it is drawn", async () => {
  make();
  await press("Copy");
  assert.equal(wrote[0].type, "image/png");
  assert.deepEqual(announced, ["Copied."]);
});

const refuse = async () => Promise.reject(new DOMException("no", "NotAllowedError"));
for (const [what, navigator, words] of [
  ["is refused", { clipboard: { writeText: refuse } }, /did not allow it; use Save/],
  ["is missing", {}, /cannot do that here; use Save/],
]) {
  test(`a clipboard that ${what} is explained`, async () => {
    browserWith(navigator);
    make();
    choose("json");
    await press("Copy");
    assert.match(announced[0], words);
    assert.equal(one(".export-note").textContent, announced[0]);
  });
}

test("a browser that copies no pictures says so", async () => {
  delete globalThis.ClipboardItem;
  make();
  await press("Copy");
  assert.match(announced[0], /cannot do that here; use Save/);
});

test("a picture that cannot be drawn tells its own reason", async () => {
  drawn = async () => Promise.reject(new Failure("picture", "the picture: expected a canvas, found none"));
  browserWith({ clipboard: { write: async ([{ content }]) => void (await content["image/png"]) } });
  make();
  for (const name of ["Copy", "Save"]) {
    await press(name);
    assert.equal(announced.at(-1), "The picture: expected a canvas, found none");
  }
});

test("files are saved with their name and type, and the one before is let go", async () => {
  make();
  for (const kind of ["csv", "json", "geojson", "png"]) {
    choose(kind);
    await press("Save");
  }
  assert.deepEqual(
    saved.map(({ name, blob, left }) => [name, blob.type, left]),
    [
      ["placelens.csv", "text/csv", 1],
      ["placelens.json", "application/json", 1],
      ["placelens.geojson", "application/geo+json", 1],
      ["placelens.png", "image/png", 1],
    ],
  );
  assert.match(await saved[0].blob.text(), /^file,/);
  assert.equal(announced.at(-1), "Saved as placelens.png.");
});

test("several photos make one file, with those that failed", async () => {
  const failed = { photo: { name: "c.jpg" }, result: null, failure: { code: "photo_cut", message: "cut off" } };
  entries = [done("a.jpg"), done("b.jpg"), failed, waiting];
  make();
  choose("json");
  await press("Save");
  assert.equal(saved[0].name, "placelens-2-photos.json");
  const files = JSON.parse(await saved[0].blob.text()).map(({ file }) => file);
  assert.deepEqual(files, ["a.jpg", "b.jpg", "c.jpg"]);
});

test("it is told where a file holds a photo's own GPS", () => {
  const view = make();
  choose("json");
  assert.equal(one(".export-note").textContent, "");
  entries = [done("a.jpg", tagged)];
  view.update();
  assert.equal(one(".export-note").textContent, "It holds the photo's own GPS point.");
  entries = [done("a.jpg", tagged), done("b.jpg"), done("c.jpg", tagged)];
  view.update();
  assert.equal(one(".export-note").textContent, "It holds the GPS points of 2 photos.");
});

test("only a picture is shared, and only where the browser can", async () => {
  make();
  assert.equal(button("Share").hidden, true);
  const canShare = ({ files }) => files[0].type === "image/png";
  browserWith({ clipboard, canShare, share: async (what) => void shared.push(what) });
  choose("csv");
  assert.equal(button("Share").hidden, true);
  choose("png");
  assert.equal(button("Share").hidden, false);
  await press("Share");
  assert.deepEqual(
    shared[0].files.map(({ name, type, size }) => [name, type, size]),
    [["placelens.png", "image/png", 3]],
  );
  assert.deepEqual(announced, ["Shared."]);
});

test("a share sheet that is closed is no failure", async () => {
  const share = async () => Promise.reject(new DOMException("closed", "AbortError"));
  browserWith({ clipboard, canShare: () => true, share });
  make();
  await press("Share");
  assert.deepEqual(announced, []);
});
