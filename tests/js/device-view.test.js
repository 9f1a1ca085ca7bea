import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { JSDOM } from "jsdom";
import { DeviceView } from "../../www/app/device-view.js";

const REPORT = [
  ["Runs on", "CPU"],
  ["Browser", "<b>Browser</b>/1.0"],
];
let dom, wrote, announced, view;
const one = (selector) => dom.window.document.querySelector(selector);
const texts = (selector) => [...dom.window.document.querySelectorAll(selector)].map(({ textContent }) => textContent);
const browserWith = (navigator) =>
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true, writable: true });

beforeEach(() => {
  dom = new JSDOM("<!doctype html><details id=device></details>");
  globalThis.document = dom.window.document;
  [wrote, announced] = [[], []];
  browserWith({ userAgent: "Test/1.0", clipboard: { writeText: async (text) => void wrote.push(text) } });
  view = new DeviceView({ details: one("#device"), announce: (text) => announced.push(text) });
});

/** Copies, and waits for the word of it. */
async function copy() {
  one("button").click();
  for (let turn = 0; turn < 50 && announced.length === 0; turn += 1) await new Promise(setImmediate);
}

test("it is closed, and tells of the browser before there is a model", () => {
  assert.equal(one("#device").open, false);
  assert.equal(one("summary").textContent, "On this device");
  assert.deepEqual(texts("dd"), ["not ready", "Test/1.0"]);
});

test("a report takes the place of the one before, as text", () => {
  view.update(REPORT);
  assert.deepEqual(texts("dt"), ["Runs on", "Browser"]);
  assert.deepEqual(texts("dd"), ["CPU", "<b>Browser</b>/1.0"]);
});

test("one click copies the report, and says so", async () => {
  view.update(REPORT);
  await copy();
  assert.deepEqual(wrote, ["PlaceLens on this device\nRuns on: CPU\nBrowser: <b>Browser</b>/1.0\n"]);
  assert.deepEqual(announced, ["Copied."]);
  assert.equal(one(".device-note").textContent, "Copied.");
});

test("a clipboard that refuses is explained", async () => {
  browserWith({ clipboard: { writeText: async () => Promise.reject(new DOMException("no", "NotAllowedError")) } });
  await copy();
  assert.match(one(".device-note").textContent, /did not allow it; select the lines above/);
  assert.match(announced[0], /did not allow it/);
});
