/**
 * A photo as a phone takes it: 4000 × 3000 pixels, a JPEG of 3 to 5 MB.
 *
 * In: a small picture.  Out: it at twelve megapixels, with the edges and the grain that enlarging took away.
 * Rule: the same numbers each time, so that every run decodes as many bytes.
 */

const [WIDTH, HEIGHT] = [4000, 3000];

/** Numbers of [0, 1), always the same ones (xorshift32). */
function* numbers(seed) {
  for (let state = seed; ; ) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield (state >>> 0) / 2 ** 32;
  }
}

/** Sensor noise over every pixel, strong enough to fill a camera's usual file. */
function grain(context, random) {
  const picture = context.getImageData(0, 0, WIDTH, HEIGHT);
  const { data } = picture;
  for (let at = 0; at < data.length; at += 4) {
    const noise = 16 * (random() + random() - 1);
    for (let channel = 0; channel < 3; channel += 1) data[at + channel] += noise;
  }
  context.putImageData(picture, 0, 0);
}

/** @param {Blob} small @returns {Promise<Blob>} */
export async function drawLargePhoto(small) {
  const picture = await createImageBitmap(small);
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, WIDTH, HEIGHT);
  const source = numbers(0x9e3779b9);
  const random = () => /** @type {number} */ (source.next().value);
  // leaves, windows, gravel: thousands of small shapes with hard edges
  for (let shape = 0; shape < 6000; shape += 1) {
    const [x, y, size] = [random() * WIDTH, random() * HEIGHT, 2 + 30 * random() ** 3];
    context.fillStyle = `hsl(${360 * random()} ${40 * random()}% ${20 + 60 * random()}% / 0.5)`;
    context.fillRect(x, y, size, size * (0.3 + random()));
  }
  grain(context, random);
  return await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
}
