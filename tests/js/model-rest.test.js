import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { setTimeout as later } from "node:timers/promises";
import { JSDOM } from "jsdom";
import { modelAtRest } from "../../www/app/model-rest.js";

/** @type {HTMLElement} */
let root;

beforeEach(() => {
  const { document, MutationObserver } = new JSDOM(`<!doctype html><html data-state="loading"></html>`).window;
  Object.assign(globalThis, { document, MutationObserver });
  root = document.documentElement;
});

/** Whether the promise is kept within a few tasks. @param {Promise<void>} rest */
const isKept = (rest) => Promise.race([rest.then(() => true), later(20, false)]);

for (const state of ["ready", "failed", "idle"])
  test(`rests when ${state}, then or from the start`, async () => {
    const rest = modelAtRest();
    assert.equal(await isKept(rest), false);
    root.dataset.state = state;
    assert.equal(await isKept(rest), true);
    assert.equal(await isKept(modelAtRest()), true);
  });

test("a photo that is looked at right after loading comes first", async () => {
  const rest = modelAtRest();
  root.dataset.state = "ready";
  root.dataset.state = "working";
  assert.equal(await isKept(rest), false);
  root.dataset.state = "ready";
  assert.equal(await isKept(rest), true);
});
