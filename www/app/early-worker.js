// @ts-check
/**
 * The model's worker, started while the page is still on its way: it has the most to do.
 *
 * In: the page's address.  Out: `window.earlyWorker`, which `start-worker.js` takes; missing where it could not be
 * started, and nothing is lost: the page then starts one itself, and hears what is wrong with it.
 * A classic script, since the page waits for that one; a module would wait for the page.
 */

{
  const here = /** @type {HTMLScriptElement} */ (document.currentScript).src;
  const query = new URLSearchParams(location.search);
  // Its name tells the worker which program it will be asked for, where there is no doubt.
  const cpu = query.get("device") === "cpu" || !("gpu" in navigator);
  const name = cpu ? "placelens cpu" : "placelens";
  const worker = new Worker(new URL("worker.js", here), { type: "module", name });
  const early = /** @type {{ earlyWorker?: Worker }} */ (/** @type {unknown} */ (window));
  early.earlyWorker = worker;
  // The model that `readManifestUrl` (`ladder.js`) will name. Whether one of another origin may be asked for is for the
  // page to say, which knows the site's list.
  const model = query.get("model") || new URL("../model/manifest.json", here).href;
  const url = URL.canParse(model, location.href) ? new URL(model, location.href) : null;
  if (url?.origin === location.origin && url.protocol === location.protocol) {
    /** @type {ReturnType<typeof import("./messages.js").ask.expect>} */
    const expect = { kind: "expect", manifestUrl: url.href };
    worker.postMessage(expect);
  }
  worker.addEventListener("error", (event) => {
    if (early.earlyWorker !== worker) return; // it has an owner, who hears this too
    event.preventDefault();
    delete early.earlyWorker;
  });
}
