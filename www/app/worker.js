// @ts-check
/**
 * The one worker: it owns the wasm module and the model.
 *
 * In: `Question` messages.  Out: `Answer` messages (`messages.js`).
 * This file only wires `ModelHost` to the browser. Whatever escapes a promise, and every panic
 * that Rust prints before its instance is dead, is told as `crashed`; the page then ends this
 * worker and starts a fresh one.
 */

import { decodeInBrowser } from "./browser-decoder.js";
import { asFailure, Failure } from "./failure.js";
import { tell } from "./messages.js";
import { ModelCache } from "./model-cache.js";
import { ModelHost } from "./model-host.js";
import { moduleFolder } from "./module-folder.js";
import { probeWebGpu } from "./webgpu.js";

/** @typedef {import("./messages.js").Device} Device */
/** @typedef {import("./messages.js").Question} Question */

const HEARTBEAT_MS = 1000;

/** @param {import("./messages.js").Answer} message */
const post = (message) => self.postMessage(message);

/** @param {Device} device */
async function startModule(device) {
  const folder = new URL(`../${moduleFolder(device)}`, import.meta.url);
  try {
    const wasm = fetch(new URL("placelens_bg.wasm", folder)); // beside the script that starts it
    wasm.catch(() => {}); // whoever awaits it hears of it
    const module = await import(new URL("placelens.js", folder).href);
    const { memory } = await module.default({ module_or_path: wasm });
    module.warm_up?.(); // the CPU's kernels, while the manifest is on its way
    return { module, memory, program: `${module.program} ${navigator.userAgent}` };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw new Failure(
      "module",
      `program for ${device}: could not be started (${found}); check the network, or try a current browser`,
      { cause: error },
    );
  }
}

/** The CPU's program, on its way before it is asked for, where the page knew that it would be (`early-worker.js`). */
let ahead = self.name === "placelens cpu" ? startModule("cpu") : null;
ahead?.catch(() => {}); // whoever asks for it hears of it

/** @param {Device} device */
function takeModule(device) {
  const taken = device === "cpu" ? ahead : null;
  ahead = null;
  return taken ?? startModule(device);
}

const opening = ModelCache.open(); // takes the browser a while, and depends on nothing

const host = new ModelHost({ post, startModule: takeModule, probeWebGpu, decodeInBrowser, openCache: () => opening });

/** @param {Question} question */
function answer(question) {
  switch (question.kind) {
    case "expect":
      return host.expect(question.manifestUrl);
    case "open":
      return host.open(question.device, question.manifestUrl);
    case "retry":
      return host.retry();
    case "locate":
      return host.locate(question.photo, question.options);
  }
}

self.addEventListener("message", (/** @type {MessageEvent<Question>} */ { data }) => {
  answer(data).catch((error) => post(tell.failed(asFailure(error).toData())));
});

self.addEventListener("unhandledrejection", ({ reason }) => {
  post(tell.failed(new Failure("crashed", `the model stopped unexpectedly: ${reason?.message ?? reason}`).toData()));
});

// A panic inside a promise leaves it pending for ever; its message on the console is the one sign.
const logError = console.error.bind(console);
console.error = (...details) => {
  logError(...details);
  const text = String(details[0]);
  if (text.includes("panicked at"))
    post(
      tell.failed(new Failure("crashed", `the model stopped unexpectedly: ${text.split("\n", 2).join(" ")}`).toData()),
    );
};

setInterval(() => post(tell.alive()), HEARTBEAT_MS);
