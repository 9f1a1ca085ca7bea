import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { JSDOM } from "jsdom";

const { window } = new JSDOM("", { url: "https://blog.example/post/" });
const { document } = window;

/** What jsdom lacks, as far as the poster needs it. */
class Sheet {
  replaceSync(text) {
    this.text = text;
  }
}
const observers = new Set();
class Observer {
  constructor(hear) {
    this.hear = hear;
  }
  observe(target) {
    observers.add(this);
    this.target = target;
  }
  disconnect() {
    observers.delete(this);
  }
}
Object.assign(globalThis, {
  document,
  HTMLElement: window.HTMLElement,
  customElements: window.customElements,
  CustomEvent: window.CustomEvent,
  HTMLIFrameElement: window.HTMLIFrameElement,
  CSSStyleSheet: Sheet,
  IntersectionObserver: Observer,
  CSS: { supports: (_, value) => /^(#\w{6}|teal)$/.test(value) },
});
const source = readFileSync(new URL("../../www/embed.js", import.meta.url));
const { PlaceLensElement } = await import("../../www/embed.js");
await import("../../www/app/embed-host.js"); // so that a frame comes within a microtask or two

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

/** @param {import("node:test").TestContext} t @param {string} html */
function place(t, html) {
  document.body.innerHTML = html;
  const widget = document.querySelector("place-lens");
  t.after(() => widget.remove());
  const find = (selector) => widget.shadowRoot.querySelector(selector);
  return { widget, find, frame: () => find("iframe") };
}

test("embed.js is at most 4 KB gzipped, and imports nothing until it is wanted", (t) => {
  const bytes = gzipSync(source, { level: 9 }).length;
  t.diagnostic(`embed.js: ${bytes} bytes gzipped`);
  assert.ok(bytes <= 4096, `${bytes} bytes`);
  assert.doesNotMatch(String(source), /^\s*(import|export)\b.*\bfrom\b/m);
  assert.equal(
    String(source).match(/\bimport\("(?!\.\/app\/embed-messages)/g).length,
    2,
    "one type, one import on demand",
  );
});

test("its types, and what an author's TypeScript may do with them, pass the checker", () => {
  const [tsc, config] = ["../../node_modules/typescript/bin/tsc", "tsconfig.embed.json"].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const { status, stdout } = spawnSync(process.execPath, [tsc, "--project", config], { encoding: "utf8" });
  assert.equal(status, 0, stdout);
});

test("the poster is named parts without a frame; its children stay for where there is no JavaScript", (t) => {
  const { widget, find, frame } = place(t, '<place-lens><a href="https://lens.example/">Open</a></place-lens>');
  for (const part of ["facade", "poster", "title", "button", "hint"]) assert.ok(find(`[part=${part}]`), part);
  assert.equal(find("[part=button]").textContent, "Try a photo");
  assert.equal(frame(), null);
  assert.equal(widget.querySelector("a").textContent, "Open");
});

test("properties and attributes are one, and what is not understood is the default", (t) => {
  const { widget } = place(t, "<place-lens></place-lens>");
  const texts = { model: "model", places: "places", photo: "photo", htmlFor: "for", accent: "accent" };
  for (const [property, attribute] of Object.entries(texts)) {
    assert.equal(widget[property], "");
    widget[property] = "x";
    assert.equal(widget.getAttribute(attribute), "x");
  }
  assert.deepEqual([widget.top, widget.theme, widget.loading, widget.shareResults], [3, "auto", "click", false]);
  Object.assign(widget, { top: 7, theme: "dark", shareResults: true });
  const attributes = ["top", "theme", "share-results"].map((name) => widget.getAttribute(name));
  assert.deepEqual(attributes, ["7", "dark", ""]);
  for (const top of ["0", "-2", "101", "many", ""]) {
    widget.setAttribute("top", top);
    assert.equal(widget.top, 3, top);
  }
  widget.setAttribute("theme", "sepia");
  widget.shareResults = false;
  assert.deepEqual([widget.theme, widget.hasAttribute("share-results")], ["auto", false]);
});

test("what was set before the class was there counts", () => {
  const early = Object.assign(document.createElement("x-early"), { theme: "dark", top: 5 });
  class Early extends PlaceLensElement {}
  window.customElements.define("x-early", Early);
  document.body.append(early);
  assert.deepEqual([early.getAttribute("theme"), early.getAttribute("top")], ["dark", "5"]);
  early.remove();
});

test("title, accent and whose photo it is are seen on the poster", (t) => {
  const { widget, find } = place(t, '<place-lens for="#a" accent="teal" theme="light"></place-lens>');
  assert.equal(find("[part=button]").textContent, "Find the neighborhood");
  assert.equal(find(".box").style.getPropertyValue("--accent"), "teal");
  assert.ok(find(".wrap").classList.contains("light"));
  widget.title = "Where is this?";
  widget.accent = "url(x)";
  assert.equal(find("[part=title]").textContent, "Where is this?");
  assert.equal(find(".box").style.getPropertyValue("--accent"), "");
});

test("a click brings the frame, once", async (t) => {
  const { find, frame } = place(t, "<place-lens></place-lens>");
  find("[part=button]").click();
  find("[part=button]").click();
  await turn();
  assert.ok(frame().src.endsWith("/embed.html"));
  assert.equal(find(".box").querySelectorAll("iframe").length, 1);
});

test("loading says what else brings it: being scrolled to, or nothing", async (t) => {
  const eager = place(t, '<place-lens loading="eager"></place-lens>');
  await turn();
  assert.ok(eager.frame());
  const { widget, frame } = place(t, '<place-lens loading="visible"></place-lens>');
  await turn();
  assert.equal(frame(), null);
  const [observer] = [...observers].filter(({ target }) => target === widget);
  observer.hear([{ isIntersecting: false }]);
  await turn();
  assert.equal(frame(), null);
  observer.hear([{ isIntersecting: true }]);
  await turn();
  assert.ok(frame());
  assert.equal(observers.has(observer), false, "it watches no longer");
});

test("taken out, nothing is left; put in again, it begins as a poster", async (t) => {
  const { widget, find, frame } = place(t, '<place-lens loading="visible"></place-lens>');
  find("[part=button]").click();
  await turn();
  const answer = widget.locate(new Blob(["x"]));
  await turn();
  widget.remove();
  await assert.rejects(answer, { code: "removed" });
  assert.equal(frame(), null);
  assert.equal(
    [...observers].some(({ target }) => target === widget),
    false,
  );
  await assert.rejects(widget.locate(new Blob(["x"])), { code: "removed" });
  document.body.append(widget);
  await turn();
  assert.equal(frame(), null);
});

test("taken out before the rest of it has come, it never opens", async (t) => {
  const { widget, find, frame } = place(t, "<place-lens></place-lens>");
  find("[part=button]").click();
  widget.remove();
  await turn();
  assert.equal(frame(), null);
});

test("another model begins a fresh frame, and whoever waits is told", async (t) => {
  const { widget, find, frame } = place(t, "<place-lens></place-lens>");
  const answer = widget.locate(new Blob(["x"]));
  await turn();
  find(".box").classList.add("open");
  const before = frame();
  widget.model = "other/manifest.json";
  await assert.rejects(answer, { code: "superseded" });
  await turn();
  assert.notEqual(frame(), before);
  assert.equal(new URL(frame().src).searchParams.get("model"), "other/manifest.json");
});
