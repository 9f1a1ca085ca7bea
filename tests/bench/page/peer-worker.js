/**
 * onnxruntime-web as a contestant: one model, one thread.
 *
 * In: an ONNX file's address; photos as files, or pixel values.  Out: times, embeddings, memory.
 * The library keeps its memory to itself, so every memory that is made here is noted.
 */

import { answer } from "./calls.js";
import { openSession, pixelsOf } from "./peer-model.js";

const memories = new Set();
WebAssembly.Memory = class extends WebAssembly.Memory {
  constructor(descriptor) {
    super(descriptor);
    memories.add(this);
  }
};

let run;

answer({
  async open({ model }) {
    const begin = performance.now();
    const response = await fetch(model);
    if (!response.ok) throw new Error(`${model}: the server answered ${response.status}`);
    run = await openSession(new Uint8Array(await response.arrayBuffer()));
    return { ms: performance.now() - begin };
  },
  async locate({ photo }) {
    const begin = performance.now();
    const pixels = await pixelsOf(photo);
    const seen = performance.now();
    await run(pixels);
    const end = performance.now();
    return { preprocess: seen - begin, encode: end - seen, whole: end - begin };
  },
  async embed({ pixels }) {
    const begin = performance.now();
    const embeddings = await run(pixels);
    return { encode: performance.now() - begin, embeddings };
  },
  async memory() {
    if (memories.size === 0) throw new Error("expected a WebAssembly memory, found none that was made in sight");
    return [...memories].reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  },
});
