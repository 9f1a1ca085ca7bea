// @ts-check
/**
 * AVIF and HEIC → upright RGBA pixels, by the browser's own decoder.
 *
 * In: the photo's bytes.  Out: `width × height × 4` bytes, row-major, orientation applied.
 * Only for the formats that Rust does not read: a canvas may be blurred by privacy settings,
 * and browsers round differently. Colors are not converted, as with the other formats.
 *
 * Proof: `tests/browser/photos.test.js`.
 */

import { Failure } from "./failure.js";

/** The same limits as in Rust, checked before a canvas is made. */
const MAX_PIXELS = 50_000_000;
const MAX_SIDE = 16_384;

/**
 * @param {Uint8Array<ArrayBuffer>} photo
 * @returns {Promise<{ rgba: Uint8Array, width: number, height: number }>}
 * @throws {Failure} `photo_decoder` where this browser cannot decode the format, `photo_too_large`
 */
export async function decodeInBrowser(photo) {
  const bitmap = await createImageBitmap(new Blob([photo]), {
    imageOrientation: "from-image",
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  }).catch((error) => {
    const message =
      "photo: expected an AVIF or HEIC picture that this browser can decode, found one that it refuses; save the photo as JPEG and choose it again";
    throw new Failure("photo_decoder", message, { cause: error });
  });
  try {
    return readPixels(bitmap);
  } finally {
    bitmap.close();
  }
}

/** @param {ImageBitmap} bitmap */
function readPixels(bitmap) {
  const { width, height } = bitmap;
  if (width * height > MAX_PIXELS || Math.max(width, height) > MAX_SIDE) {
    const message = `photo: expected at most 50 megapixels and ${MAX_SIDE} pixels a side, found ${width} × ${height}; choose a smaller version`;
    throw new Failure("photo_too_large", message);
  }
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context)
    throw new Failure(
      "photo_decoder",
      "photo: this browser gives no canvas to decode AVIF or HEIC; save the photo as JPEG and choose it again",
    );
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  return { rgba: new Uint8Array(data.buffer), width, height };
}
