import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import { JSDOM } from "jsdom";
import { addressWith, ModelMenu, readModels } from "../../www/app/model-menu.js";

const LIST = "https://host.test/lens/models.json";
const SMALL = { name: "Small", about: "Quick to load.", manifest: "model/manifest.json", size_bytes: 1_100_000 };
const LARGE = {
  name: "Large",
  about: "Better.",
  manifest: "https://other.test/m/manifest.json",
  size_bytes: 91_000_000,
};

const answering =
  (body, status = 200) =>
  async () =>
    new Response(typeof body === "string" ? body : JSON.stringify(body), { status });

beforeEach(() => {
  const { window } = new JSDOM("<!doctype html>");
  globalThis.document = window.document;
  // what jsdom lacks: the dialog's two verbs
  window.HTMLDialogElement.prototype.showModal ??= function () {
    this.open = true;
  };
  window.HTMLDialogElement.prototype.close ??= function () {
    this.open = false;
  };
});

test("the list is read in its order, with addresses in full", async () => {
  assert.deepEqual(await readModels(LIST, answering([SMALL, LARGE])), [
    { ...SMALL, manifest: "https://host.test/lens/model/manifest.json" },
    LARGE,
  ]);
});

test("the list is asked of the server, not of the browser's HTTP cache", async () => {
  const asked = [];
  await readModels(LIST, async (...request) => (asked.push(request), new Response("[]")));
  assert.deepEqual(asked, [[LIST, { cache: "no-cache" }]]);
});

for (const [what, request] of [
  ["without a list", answering("none", 404)],
  ["without a network", async () => Promise.reject(new TypeError("no network"))],
]) {
  test(`${what} there are no models to choose from`, async () => {
    assert.deepEqual(await readModels(LIST, request), []);
  });
}

for (const [what, body, pattern] of [
  ["no JSON", "<!doctype html>", /expected JSON, found something else/],
  ["no list", { models: [] }, /expected a list of models, found {"models":\[\]}/],
  ["more models than a menu holds", Array(51).fill(SMALL), /expected at most 50 models, found 51/],
  ["more text than a list needs", `[${" ".repeat(70_000)}]`, /expected at most 65536 characters, found 70002/],
  ["an entry that is none", [null], /model 1: `name` of 1 to 80 characters, found nothing/],
  ["a name that is missing", [SMALL, { ...SMALL, name: " " }], /model 2: `name` of 1 to 80 characters, found " "/],
  ["a name that is no text", [{ ...SMALL, name: 7 }], /model 1: `name` .* found 7/],
  ["a text that is too long", [{ ...SMALL, about: "a".repeat(401) }], /`about` of 1 to 400 characters, found "a+…/],
  [
    "an address that is none",
    [{ ...SMALL, manifest: "http://" }],
    /`manifest`, the address of a manifest, found "http:/,
  ],
  ["a script for an address", [{ ...SMALL, manifest: "javascript:alert(1)" }], /`manifest`, .* found "javascript/],
  [
    "a size that is no number",
    [{ ...SMALL, size_bytes: "1 MB" }],
    /`size_bytes`, a whole number of bytes, found "1 MB"/,
  ],
  ["a size of nothing", [{ ...SMALL, size_bytes: 0 }], /`size_bytes`, .* found 0/],
]) {
  test(`a list with ${what} is refused in words`, async () => {
    await assert.rejects(readModels(LIST, answering(body)), (error) => {
      assert.equal(error.code, "models");
      assert.match(error.message, pattern);
      assert.match(error.message, /^models\.json: expected .*; the site's owner can correct it$/);
      return true;
    });
  });
}

test("the site's own list is right: name, words and what the page downloads", async () => {
  const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  const [model, ...others] = await readModels(LIST, answering(read("www/models.json")));
  assert.deepEqual(others, []);
  assert.equal(model.manifest, "https://host.test/lens/model/manifest.json");
  const { shards, places } = JSON.parse(read("model/demo/manifest.json"));
  const wanted = [...shards.filter(({ tower }) => tower === "vision"), places.regions, places.embeddings];
  assert.equal(
    model.size_bytes,
    wanted.reduce((sum, { size_bytes }) => sum + size_bytes, 0),
  );
});

for (const [page, manifest, expected] of [
  [
    "https://host.test/lens/",
    "https://host.test/lens/big/manifest.json",
    "https://host.test/lens/?model=big/manifest.json",
  ],
  [
    "https://host.test/lens/?device=cpu#top",
    "https://host.test/lens/big/m.json",
    "https://host.test/lens/?device=cpu&model=big/m.json",
  ],
  [
    "https://host.test/lens/?model=a.json",
    "https://host.test/b.json",
    "https://host.test/lens/?model=https://host.test/b.json",
  ],
  [
    "https://host.test/lens/",
    "https://other.test/m.json?v=1&w=2",
    "https://host.test/lens/?model=https://other.test/m.json%3Fv%3D1%26w%3D2",
  ],
]) {
  test(`from ${page}, ${manifest} is at an address that leads back to it`, () => {
    const address = addressWith(manifest, page);
    assert.equal(address, expected);
    assert.equal(new URL(new URL(address).searchParams.get("model"), page).href, manifest);
  });
}

/** @param {object[]} models */
function menu(models) {
  const container = document.body.appendChild(document.createElement("span"));
  container.hidden = true;
  const page = "https://host.test/lens/?device=cpu";
  new ModelMenu({ container, current: "https://host.test/lens/model/manifest.json", models, page });
  return container;
}
const FULL = [{ ...SMALL, manifest: "https://host.test/lens/model/manifest.json" }, LARGE];

for (const models of [[], FULL.slice(0, 1)]) {
  test(`with ${models.length} models there is no menu`, () => {
    const container = menu(models);
    assert.equal(container.hidden, true);
    assert.equal(container.childNodes.length, 0);
  });
}

test("with several, a button opens a dialog of links: name, size, what it is, which is in use", () => {
  const container = menu(FULL);
  assert.equal(container.hidden, false);
  container.querySelector("button").click();
  const dialog = container.querySelector("dialog");
  assert.equal(dialog.open, true);
  const links = [...dialog.querySelectorAll("a")].map((link) => [
    link.getAttribute("href"),
    link.getAttribute("aria-current"),
    ...[...link.children].map(({ textContent }) => textContent),
  ]);
  assert.deepEqual(links, [
    [
      "https://host.test/lens/?device=cpu&model=model/manifest.json",
      "true",
      "Small",
      "1.1 MB, in use",
      "Quick to load.",
    ],
    [
      "https://host.test/lens/?device=cpu&model=https://other.test/m/manifest.json",
      null,
      "Large",
      "91.0 MB",
      "Better.",
    ],
  ]);
});

test("markup in a model's words stays text", () => {
  const container = menu([...FULL, { ...LARGE, name: "<img src=x>", about: "<b>bold</b>" }]);
  assert.equal(container.querySelector("img, b"), null);
  assert.match(container.textContent, /<img src=x>.*<b>bold<\/b>/);
});

test("Close, and a press beside it, close the dialog", () => {
  const container = menu(FULL);
  const dialog = container.querySelector("dialog");
  for (const press of [() => dialog.querySelector("button").click(), () => dialog.click()]) {
    container.querySelector("button").click();
    assert.equal(dialog.open, true);
    press();
    assert.equal(dialog.open, false);
  }
  container.querySelector("button").click();
  dialog.querySelector("h2").click();
  assert.equal(dialog.open, true, "a press inside it does not");
});
