// @ts-check
/**
 * The worker that makes one small picture: decoding and scaling never touch the page's own thread.
 *
 * In: a photo's file.  Out: a JPEG of 96 × 72 pixels, the photo's middle, upright; null where it cannot be decoded.
 */

const WIDTH = 96;
const HEIGHT = 72;
const QUALITY = 0.8;

/** @param {Blob} photo @returns {Promise<Blob>} */
async function small(photo) {
  const bitmap = await createImageBitmap(photo, {
    resizeWidth: 2 * WIDTH, // the height follows; twice as much as needed, because the canvas scales once more
    resizeQuality: "medium",
    imageOrientation: "from-image",
  });
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
  const scale = Math.max(WIDTH / bitmap.width, HEIGHT / bitmap.height);
  const [width, height] = [scale * bitmap.width, scale * bitmap.height];
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
  context.imageSmoothingQuality = "medium";
  context.drawImage(bitmap, (WIDTH - width) / 2, (HEIGHT - height) / 2, width, height);
  bitmap.close();
  return await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
}

self.addEventListener("message", async ({ data }) => {
  self.postMessage(await small(data).catch(() => null));
});
