/**
 * The peer at its simplest: onnxruntime-web on one thread, and a photo through the browser's own decoder.
 *
 * In: an ONNX file's bytes; pixel values or a photo.  Out: an embedding of 512 numbers.
 * The photo is decoded and scaled as pages for onnxruntime-web do it, by `createImageBitmap` and a canvas.
 */

const SIDE = 224;
const MEAN = [0.48145466, 0.4578275, 0.40821073];
const STD = [0.26862954, 0.26130258, 0.27577711];

/** @param {Uint8Array} bytes */
export async function openSession(bytes) {
  const ort = await import("/ort/ort.wasm.min.mjs");
  ort.env.wasm.wasmPaths = "/ort/";
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: ["wasm"],
    graphOptimizationLevel: "all",
  });
  return async (/** @type {Float32Array} */ pixels) => {
    const input = new ort.Tensor("float32", pixels, [1, 3, SIDE, SIDE]);
    const output = await session.run({ pixel_values: input });
    return await output.image_embeds.getData();
  };
}

/** @param {Blob} photo @returns {Promise<Float32Array>} */
export async function pixelsOf(photo) {
  const picture = await createImageBitmap(photo);
  const scale = SIDE / Math.min(picture.width, picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  const context = new OffscreenCanvas(SIDE, SIDE).getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
  picture.close();
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  const pixels = new Float32Array(3 * SIDE * SIDE);
  for (let at = 0; at < SIDE * SIDE; at += 1)
    for (let channel = 0; channel < 3; channel += 1)
      pixels[channel * SIDE * SIDE + at] = (data[4 * at + channel] / 255 - MEAN[channel]) / STD[channel];
  return pixels;
}
