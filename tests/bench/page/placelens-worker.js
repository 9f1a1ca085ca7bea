/**
 * PlaceLens as a contestant: one module of the site, one pack, one thread.
 *
 * In: the module's folder, the pack's manifest; photos as files, or pixel values.  Out: the module's own times.
 * `locate` is what the page does with a photo; `embed` is the same tower for pixels that the peer is given too.
 */

import { answer } from "./calls.js";

let memory, module, locator, towers;

/** Every file that `files` names of the loader of a pack, one after the other. */
async function fill(manifest, files) {
  const loader = new module.Loader(await (await fetch(manifest)).text());
  for (const { file } of loader[files]()) {
    const response = await fetch(new URL(file, manifest));
    if (!response.ok) throw new Error(`${file}: the server answered ${response.status}`);
    loader.push(file, new Uint8Array(await response.arrayBuffer()));
  }
  return loader;
}

answer({
  async start({ folder }) {
    module = await import(`${folder}placelens.js`);
    ({ memory } = await module.default({ module_or_path: `${folder}placelens_bg.wasm` }));
  },
  async open({ manifest }) {
    const begin = performance.now();
    locator = await (await fill(manifest, "needed")).finish("cpu");
    return { ms: performance.now() - begin, known_answer_error: locator.known_answer_error };
  },
  async openTowers({ manifest }) {
    towers = await (await fill(manifest, "needed_for_towers")).finish_towers("cpu");
  },
  async locate({ photo }) {
    const bytes = new Uint8Array(await photo.arrayBuffer());
    const begin = performance.now();
    const { milliseconds } = await locator.locate(bytes, {});
    return { ...milliseconds, whole: performance.now() - begin };
  },
  async embed({ pixels }) {
    const begin = performance.now();
    const embeddings = await towers.image_embeds(pixels);
    return { encode: performance.now() - begin, embeddings };
  },
  /** Memory never shrinks, so this is its peak. */
  async memory() {
    return memory.buffer.byteLength;
  },
});
