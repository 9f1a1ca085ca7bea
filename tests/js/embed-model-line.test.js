import assert from "node:assert/strict";
import test from "node:test";
import { JSDOM } from "jsdom";
import { EmbedModelLine } from "../../www/app/embed-model-line.js";

function setUp() {
  const { document } = new JSDOM("<p></p><progress max=1 value=0></progress><button hidden></button>").window;
  const [status, progress, action] = ["p", "progress", "button"].map((tag) => document.querySelector(tag));
  return { line: new EmbedModelLine({ status, progress, action }), status, progress, action };
}

test("while files come it says how much, and can be canceled", () => {
  const { line, status, progress, action } = setUp();
  line.enter("loading");
  assert.equal(progress.hasAttribute("value"), false, "nothing has come yet");
  line.advance({ loaded_bytes: 1_200_000, total_bytes: 5_000_000 });
  assert.equal(status.textContent, "Loading: 1.2 of 5.0 MB");
  assert.equal(progress.getAttribute("aria-valuetext"), "1.2 of 5.0 MB");
  assert.deepEqual([action.hidden, action.textContent], [false, "Cancel"]);
  line.advance({ loaded_bytes: 5_000_000, total_bytes: 5_000_000 });
  assert.equal(status.textContent, "Checking the model");
});

test("canceled, it offers to load the model", () => {
  const { line, status, action } = setUp();
  line.enter("loading");
  line.enter("idle");
  assert.equal(status.textContent, "Loading was canceled.");
  assert.deepEqual([action.hidden, action.textContent], [false, "Load the model"]);
});

test("ready, it says where the model runs, and still does after a photo", () => {
  const { line, status, action, progress } = setUp();
  for (const state of ["loading", "ready"]) line.enter(state);
  line.ready({ backend: "cpu" });
  assert.equal(status.textContent, "On this device (CPU)");
  for (const state of ["working", "ready"]) line.enter(state);
  assert.equal(status.textContent, "On this device (CPU)");
  assert.equal(action.hidden, true);
  assert.equal(progress.classList.contains("moving"), false);
});

test("why a lower rung is in use is said", () => {
  const { line, status } = setUp();
  const failure = { code: "device", message: "no adapter" };
  const words = line.tellFall({ from: "webgpu", to: "cpu", failure });
  assert.match(words, /WebGPU is not available here/);
  assert.equal(status.title, words);
});
