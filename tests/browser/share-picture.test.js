import assert from "node:assert/strict";
import test from "node:test";
import { useSite } from "./fixture.mjs";
import { choose, fakePhoto, makeFakeSite } from "./site.mjs";

const fake = makeFakeSite({ steepness: 3 });
const { visit } = useSite({ dir: () => fake.dir, cleanUp: fake.remove, webgpu: false });

for (const dark of [false, true]) {
  test(`the picture to share is a PNG of 2400 × 1350, ${dark ? "dark" : "light"}`, async (t) => {
    const { page } = await visit(t);
    const { detail: result } = await choose(page, fakePhoto("fine"));
    const { type, width, height, corner, photo } = await page.evaluate(picture, { result, dark });
    assert.deepEqual([type, width, height], ["image/png", 2400, 1350]);
    assert.deepEqual(corner, dark ? [12, 19, 20] : [243, 246, 246], "the page's own color");
    // a JPEG's pink, scaled: near enough
    assert.ok(photo.every((value, index) => Math.abs(value - [255, 0, 128][index]) < 12), `${photo}`);
  });
}

/** Runs in the page: makes a picture of a pink photo and reads it. */
async function picture({ result, dark }) {
  const { sharePicture } = await import(new URL("app/share-picture.js", document.baseURI).href);
  const canvas = new OffscreenCanvas(300, 200);
  const context = canvas.getContext("2d");
  context.fillStyle = "rgb(255 0 128)";
  context.fillRect(0, 0, 300, 200);
  const photo = await canvas.convertToBlob({ type: "image/jpeg", quality: 1 });
  const found = { ...result, photo: { ...result.photo, width: 300, height: 200 } };
  const places = { type: "FeatureCollection", features: [] };
  const png = await sharePicture({ photo, name: "pink.jpg", result: found, places, backdrop: null, dark });
  const bitmap = await createImageBitmap(png);
  const reader = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
  reader.drawImage(bitmap, 0, 0);
  const at = (x, y) => [...reader.getImageData(x, y, 1, 1).data].slice(0, 3);
  return { type: png.type, width: bitmap.width, height: bitmap.height, corner: at(4, 4), photo: at(580, 450) };
}

test("a photo that lies on its side is upright in the picture", async (t) => {
  const { page } = await visit(t);
  const { detail: result } = await choose(page, fakePhoto("fine"));
  const [left, right] = await page.evaluate(turned, result);
  // the file's top row is red, its bottom row blue; turned a quarter to the right the top is on the right
  assert.ok(left[2] > 200 && left[0] < 60, `left: ${left}`);
  assert.ok(right[0] > 200 && right[2] < 60, `right: ${right}`);
});

/** Runs in the page: a photo red above and blue below, whose EXIF says that it is to be turned to the right (6). */
async function turned(result) {
  const { sharePicture } = await import(new URL("app/share-picture.js", document.baseURI).href);
  const canvas = new OffscreenCanvas(200, 300);
  const context = canvas.getContext("2d");
  for (const [color, y] of [["rgb(255 0 0)", 0], ["rgb(0 0 255)", 150]]) { // prettier-ignore
    context.fillStyle = color;
    context.fillRect(0, y, 200, 150);
  }
  const plain = new Uint8Array(await (await canvas.convertToBlob({ type: "image/jpeg", quality: 1 })).arrayBuffer());
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
  const exif = [0xff, 0xe1, 0, 2 + 6 + tiff.length, 0x45, 0x78, 0x69, 0x66, 0, 0, ...tiff];
  const photo = new Blob([plain.slice(0, 2), new Uint8Array(exif), plain.slice(2)], { type: "image/jpeg" });
  const found = { ...result, photo: { ...result.photo, width: 300, height: 200 } };
  const places = { type: "FeatureCollection", features: [] };
  const png = await sharePicture({ photo, name: "side.jpg", result: found, places, backdrop: null, dark: false });
  const bitmap = await createImageBitmap(png);
  const reader = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
  reader.drawImage(bitmap, 0, 0);
  const at = (x, y) => [...reader.getImageData(x, y, 1, 1).data].slice(0, 3);
  return [at(200, 450), at(960, 450)];
}
