import assert from "node:assert/strict";
import test from "node:test";
import { JSDOM } from "jsdom";

const { window } = new JSDOM("<!doctype html><body></body>", { url: "https://host.test/page/" });
const { document, Element, Event } = window;
Object.assign(globalThis, { document, Element, addEventListener: window.addEventListener.bind(window) });

const { listenForPhotos } = await import("../../www/app/photo-input.js");
const { UrlView } = await import("../../www/app/url-view.js");
const { Failure } = await import("../../www/app/failure.js");

const turn = () => new Promise((done) => setImmediate(done));
const file = (name, type = "") => new File(["x"], name, { type });

document.body.innerHTML = `
  <input type=file id=input multiple><input type=file id=folder-input><button id=folder-button></button>
  <div id=drop></div><button class=sample data-sample="samples/a.jpg" data-name="A sample"></button>
  <form id=url><input id=address><button>Fetch</button></form>
  <textarea id=elsewhere></textarea>`;
const part = (selector) => document.querySelector(selector);
const heard = { photos: [], how: [], failures: [] };
listenForPhotos({
  input: part("#input"),
  folder: { button: part("#folder-button"), input: part("#folder-input") },
  dropTarget: part("#drop"),
  samples: document.querySelectorAll(".sample"),
  url: { form: part("#url"), field: part("#address") },
  onPhotos: (photos, how) => (
    heard.photos.push(photos.map(({ name, sample }) => (sample ? `sample ${name}` : name))),
    heard.how.push(how)
  ),
  onFailure: (failure) => heard.failures.push(failure),
});

/** What was heard since the last look. */
function news() {
  const { photos, how, failures } = structuredClone({
    ...heard,
    failures: heard.failures.map(({ code, message }) => ({ code, message })),
  });
  for (const list of Object.values(heard)) list.length = 0;
  return { photos, how, failures };
}
function choose(selector, files) {
  Object.defineProperty(part(selector), "files", { value: files, configurable: true });
  part(selector).dispatchEvent(new Event("change"));
}
function fire(type, target, data) {
  const event = Object.assign(new Event(type, { bubbles: true, cancelable: true }), data);
  target.dispatchEvent(event);
  return event.defaultPrevented;
}
const paste = (target, { files = [], text = "" }) =>
  fire("paste", target, { clipboardData: { files, getData: () => text } });

test("several chosen files are several photos, and those passed over are counted", () => {
  choose("#input", [file("a.jpg"), file("b.png"), file("notes.txt")]);
  assert.deepEqual(news(), { photos: [["a.jpg", "b.png"]], how: [{ skipped: 1, limited: false }], failures: [] });
});

test("one chosen file is taken whatever it is", () => {
  choose("#input", [file("notes.txt", "text/plain")]);
  assert.deepEqual(news().photos, [["notes.txt"]]);
});

test("a choice without any photo is told", () => {
  choose("#folder-input", [file("a.txt"), file("b.txt")]);
  const { photos, failures } = news();
  assert.deepEqual(photos, []);
  assert.deepEqual(failures, [
    { code: "photo_none", message: "files: expected photos, found 2 other files; choose JPEG, PNG, WebP or HEIC" },
  ]);
});

test("the folder's button is there only where folders can be chosen, and opens the chooser", () => {
  assert.equal(part("#folder-button").hidden, true); // jsdom chooses none
  let clicks = 0;
  part("#folder-input").click = () => (clicks += 1);
  part("#folder-button").click();
  assert.equal(clicks, 1);
});

test("dropped files are taken anywhere, other drops are left alone", async () => {
  const files = [file("a.jpg"), file("b.jpg")];
  const dataTransfer = { types: ["Files"], files, items: [] };
  fire("dragenter", document.body, { dataTransfer });
  assert.ok(part("#drop").classList.contains("visible"));
  assert.equal(fire("dragover", document.body, { dataTransfer }), true);
  assert.equal(dataTransfer.dropEffect, "copy");
  assert.equal(fire("drop", document.body, { dataTransfer }), true);
  assert.ok(!part("#drop").classList.contains("visible"));
  await turn();
  assert.deepEqual(news().photos, [["a.jpg", "b.jpg"]]);
  assert.equal(fire("drop", document.body, { dataTransfer: { types: ["text/plain"], files: [], items: [] } }), false);
  await turn();
  assert.deepEqual(news().photos, []);
});

test("a pasted picture is taken, also over a field", () => {
  assert.equal(paste(part("#elsewhere"), { files: [file("image.png", "image/png")] }), true);
  assert.deepEqual(news().photos, [["image.png"]]);
});

test("a pasted address fills the field and fetches nothing", async (t) => {
  t.mock.method(globalThis, "fetch", () => assert.fail("fetched"));
  assert.equal(paste(document.body, { text: " https://pictures.test/a.jpg\n" }), true);
  assert.equal(part("#address").value, "https://pictures.test/a.jpg");
  assert.equal(document.activeElement, part("#address"));
  await turn();
  assert.deepEqual(news(), { photos: [], how: [], failures: [] });
});

test("other pasted text, and an address pasted into a field, are left alone", () => {
  part("#address").value = "";
  assert.equal(paste(document.body, { text: "just some words" }), false);
  assert.equal(paste(part("#elsewhere"), { text: "https://pictures.test/a.jpg" }), false);
  assert.equal(paste(part("#address"), { text: "https://pictures.test/a.jpg" }), false);
  assert.equal(part("#address").value, "");
});

test("a sample is a photo that is known as one, and a missing one is told", async (t) => {
  const asked = [];
  t.mock.method(globalThis, "fetch", async ({ href }) => {
    asked.push(href);
    return new Response("x", { status: asked.length === 1 ? 200 : 404 });
  });
  part(".sample").click();
  await turn();
  assert.deepEqual(asked, ["https://host.test/page/samples/a.jpg"]);
  assert.deepEqual(news().photos, [["sample A sample"]]);
  part(".sample").click();
  await turn();
  const { failures } = news();
  assert.equal(failures[0].code, "sample");
  assert.match(failures[0].message, /sample A sample: expected HTTP status 200, the server answered 404/);
});

/** A form of its own, and a fetch that the test ends. */
function form() {
  document.body.insertAdjacentHTML("beforeend", "<form><input id=field><button>Fetch</button></form>");
  const element = document.body.lastElementChild;
  const [field, button] = element.elements;
  const asked = [];
  const photos = [];
  const fetchPhoto = (url, how) =>
    new Promise((resolve, reject) => {
      how.signal.addEventListener("abort", () => reject(how.signal.reason));
      asked.push({ url: url.href, resolve, reject, ...how });
    });
  new UrlView({ form: element, field, onPhoto: (photo) => photos.push(photo), fetchPhoto });
  const submit = (text) => {
    field.value = text;
    return fire("submit", element, {});
  };
  return {
    element,
    field,
    button,
    asked,
    photos,
    submit,
    status: () => element.querySelector("[role=status]").textContent,
  };
}

test("an address is fetched when it is submitted, and its picture is a photo", async () => {
  const { field, button, asked, photos, submit, status, element } = form();
  assert.equal(submit("https://pictures.test/a.jpg"), true); // no navigation
  assert.deepEqual(
    asked.map(({ url }) => url),
    ["https://pictures.test/a.jpg"],
  );
  assert.equal(status(), "Fetching from pictures.test.");
  assert.equal(button.textContent, "Cancel");
  asked[0].onProgress(1_500_000, 3_000_000);
  assert.equal(status(), "Fetching: 1.5 of 3.0 MB.");
  asked[0].onProgress(1_600_000, null);
  assert.equal(status(), "Fetching: 1.6 MB.");
  asked[0].resolve({ bytes: new Blob(), name: "a.jpg" });
  await turn();
  assert.deepEqual(
    photos.map(({ name }) => name),
    ["a.jpg"],
  );
  assert.deepEqual([field.value, button.textContent, element.hasAttribute("data-busy")], ["", "Fetch", false]);
});

test("a second submit cancels, and the address stays", async () => {
  const { field, asked, photos, submit, status } = form();
  submit("https://pictures.test/a.jpg");
  submit("https://pictures.test/a.jpg");
  await turn();
  assert.deepEqual([asked.length, asked[0].signal.aborted, photos.length], [1, true, 0]);
  assert.deepEqual([status(), field.value], ["Canceled.", "https://pictures.test/a.jpg"]);
});

test("what is wrong is told below the field until it is corrected", async () => {
  const { field, asked, submit, status } = form();
  submit("http://pictures.test/a.jpg");
  await turn();
  assert.equal(asked.length, 0);
  assert.match(status(), /^Address: expected one that begins with https, found http; .*\.$/);
  assert.equal(field.getAttribute("aria-invalid"), "true");
  assert.equal(document.activeElement, field);
  field.dispatchEvent(new Event("input"));
  assert.equal(field.getAttribute("aria-invalid"), null);
  submit("https://pictures.test/a.jpg");
  asked[0].reject(new Failure("url_blocked", "picture at pictures.test: that site does not let"));
  await turn();
  assert.equal(status(), "Picture at pictures.test: that site does not let.");
  assert.equal(field.getAttribute("aria-describedby"), "field-status");
});
