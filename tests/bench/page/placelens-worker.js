/**
 * PlaceLens as a contestant: one module of the site, one pack, one thread.
 *
 * In: the module's folder, the pack's manifest; photos as files, or pixel values.  Out: the module's own times.
 * Photos go through the site's own `ModelHost`, as in the page's worker, but for the cache and the choice of the module.
 * `embed` is the same tower for pixels that the peer is given too.
 */

import { ModelHost } from "/source/model-host.js";
import { answer } from "./calls.js";

let memory, module, towers;
/** The host tells its answers rather than returning them; one is asked for at a time. */
let told;
const host = new ModelHost({
  post: (message) => (told = message),
  startModule: async () => ({ module, memory, program: module.program }),
  probeWebGpu: async () => {},
  decodeInBrowser: () => Promise.reject(new Error("the benchmark's photos: expected JPEG")),
  openCache: async () => null,
});

answer({
  async start({ folder }) {
    module = await import(`${folder}placelens.js`);
    ({ memory } = await module.default({ module_or_path: `${folder}placelens_bg.wasm` }));
  },
  async open({ manifest }) {
    const begin = performance.now();
    await host.open("cpu", manifest);
    return { ms: performance.now() - begin, known_answer_error: told.facts.known_answer_error };
  },
  async openTowers({ manifest }) {
    const loader = new module.Loader(await (await fetch(manifest)).text());
    for (const { file } of loader.needed_for_towers()) {
      const response = await fetch(new URL(file, manifest));
      if (!response.ok) throw new Error(`${file}: the server answered ${response.status}`);
      await loader.push(file, new Uint8Array(await response.arrayBuffer()));
    }
    towers = await loader.finish_towers("cpu");
  },
  async locate({ photo }) {
    const begin = performance.now();
    await host.locate(photo, {});
    return { ...told.result.milliseconds, whole: performance.now() - begin };
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
