// @ts-check
/**
 * The model's worker, started while the page is still on its way: it has the most to do.
 *
 * Out: `window.earlyWorker`, which `start-worker.js` takes; missing where it could not be started, and nothing is
 * lost: the page then starts one itself, and hears what is wrong with it.
 */

const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "placelens" });
const early = /** @type {{ earlyWorker?: Worker }} */ (/** @type {unknown} */ (window));
early.earlyWorker = worker;
worker.addEventListener("error", (event) => {
  if (early.earlyWorker !== worker) return; // it has an owner, who hears this too
  event.preventDefault();
  delete early.earlyWorker;
});
