// @ts-check
/**
 * A photo and its result → one picture to share: the photo, the sentence, five places, the map.
 *
 * In: the visitor's photo, the result, the places, the backdrop.  Out: a PNG of 1200 × 675 at two
 * pixels each. Drawn here, on a canvas of this page; nothing of the file but its pixels is in it:
 * neither its EXIF nor the place that its GPS tells.
 *
 * Proof: `tests/js/share-picture.test.js`, `tests/browser/share-picture.test.js`.
 */

import { Failure } from "./failure.js";
import { shapesOf } from "./map-shapes.js";
import { drawMap } from "./share-map.js";
import { fitText, wrapText } from "./share-text.js";
import { percent, sureness } from "./wording.js";

/** @typedef {import("./messages.js").LocateResult} LocateResult */
/** @typedef {import("./messages.js").PlacesGeoJson} PlacesGeoJson */
/** @typedef {import("./map-layers.js").Backdrop} Backdrop */
/** @typedef {typeof LIGHT} Colors */
/** @typedef {{ x: number, y: number, width: number, height: number }} Frame */

/**
 * @typedef {object} SharePicture
 * @property {Blob | null} photo  null where it may not, or cannot, be shown
 * @property {string} name  the photo's
 * @property {LocateResult} result
 * @property {PlacesGeoJson} places
 * @property {Backdrop | null} backdrop
 * @property {boolean} dark
 */

const WIDTH = 1200;
const HEIGHT = 675;
const PIXELS = 2; // per unit, so that it is sharp on any screen
const SHOWN = 5;
const FONT = 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/** Where everything goes, in units. */
const PHOTO = { x: 36, y: 36, width: 508, height: 381 };
const WORDS = { x: 36, y: 452, width: 508 };
const MAP = { x: 572, y: 36, width: 592, height: 342 };
const RANKING = { x: 572, y: 410, width: 592, step: 42 };
const FOOT = { x: 36, y: 645, width: 1128 };

/** `styles/theme.css` in the two schemes: a picture outlives the page that it was made on. */
const LIGHT = {
  paper: "#f3f6f6",
  surface: "#ffffff",
  sunken: "#e9eff0",
  ink: "#10201f",
  soft: "#4a5c5d",
  bar: "#0e8089",
  track: "#e3ebec",
  strong: "#07565d",
  land: "#eef0f0",
  sea: "#d5e4f4",
  road: "#b9c1c1",
};
/** @type {Colors} */
const DARK = {
  paper: "#0c1314",
  surface: "#141d1f",
  sunken: "#0f1719",
  ink: "#e8f0ef",
  soft: "#a1b3b4",
  bar: "#47b4bb",
  track: "#223032",
  strong: "#86dbe0",
  land: "#212a2c",
  sea: "#22384a",
  road: "#526062",
};

/**
 * @param {SharePicture} content
 * @returns {Promise<Blob>} a PNG
 * @throws {Failure} `picture` where this browser makes none
 */
export async function sharePicture({ photo, name, result, places, backdrop, dark }) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [WIDTH * PIXELS, HEIGHT * PIXELS];
  const context = canvas.getContext("2d");
  if (!context) throw new Failure("picture", `picture: this browser gives no canvas; ${REMEDY}`);
  context.scale(PIXELS, PIXELS);
  const colors = dark ? DARK : LIGHT;
  const bitmap = photo ? await readable(photo, result.photo) : null;
  try {
    draw(context, { bitmap, name, result, places, backdrop, colors });
  } finally {
    bitmap?.close();
  }
  const png = await new Promise((/** @type {(blob: Blob | null) => void} */ done) => canvas.toBlob(done, "image/png"));
  if (!png) throw new Failure("picture", `picture: this browser could not write it; ${REMEDY}`);
  return png;
}

const REMEDY = "take a screenshot instead";

/**
 * The photo upright and no larger than it is drawn; null for a format that only the model reads.
 * @param {Blob} photo @param {{ width: number, height: number }} upright
 */
async function readable(photo, upright) {
  const scale = fitting(upright) * PIXELS;
  const options = /** @type {const} */ ({
    imageOrientation: "from-image",
    resizeWidth: Math.max(1, Math.round(upright.width * scale)),
    resizeHeight: Math.max(1, Math.round(upright.height * scale)),
    resizeQuality: "high",
  });
  return await createImageBitmap(photo, options).catch(() => null);
}

/** The scale at which a photo is whole in its frame, as on the page. @param {{ width: number, height: number }} size */
function fitting({ width, height }) {
  return Math.min(PHOTO.width / width, PHOTO.height / height);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Omit<SharePicture, "photo" | "dark"> & { bitmap: ImageBitmap | null, colors: Colors }} content
 */
export function draw(context, { bitmap, name, result, places, backdrop, colors }) {
  context.textBaseline = "alphabetic";
  context.fillStyle = colors.paper;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  drawPhoto(context, bitmap, name, colors);
  drawWords(context, result, colors);
  drawMap(context, MAP, { shapes: shapesOf(places, result), result, backdrop, colors, font: FONT });
  drawRanking(context, result, colors);
  drawFoot(context, result, colors);
}

/**
 * @param {CanvasRenderingContext2D} context @param {ImageBitmap | null} bitmap
 * @param {string} name @param {Colors} colors
 */
function drawPhoto(context, bitmap, name, colors) {
  const { x, y, width, height } = PHOTO;
  context.save();
  context.beginPath();
  context.roundRect(x, y, width, height, 10);
  context.clip();
  context.fillStyle = colors.track;
  context.fillRect(x, y, width, height);
  if (bitmap) {
    const scale = fitting(bitmap);
    const [w, h] = [bitmap.width * scale, bitmap.height * scale];
    context.drawImage(bitmap, x + (width - w) / 2, y + (height - h) / 2, w, h);
  } else {
    const line = { x: x + 24, y: y + height / 2, width: width - 48 };
    write(context, name.split("/").at(-1) ?? "", line, { color: colors.soft, size: 18 });
  }
  context.restore();
}

/** @param {CanvasRenderingContext2D} context @param {LocateResult} result @param {Colors} colors */
function drawWords(context, result, colors) {
  const [first] = result.places;
  const { x, y, width } = WORDS;
  write(context, "Most likely", WORDS, { color: colors.soft, size: 15, weight: 600 });
  write(context, first?.name ?? "No place", { x, y: y + 42, width }, { color: colors.ink, size: 36, weight: 700 });
  context.font = `400 19px ${FONT}`;
  wrapText(context, sureness(result), width, 4).forEach((text, index) =>
    write(context, text, { x, y: y + 78 + 27 * index, width }, { color: colors.soft, size: 19 }),
  );
}

/** @param {CanvasRenderingContext2D} context @param {LocateResult} result @param {Colors} colors */
function drawRanking(context, { places }, colors) {
  const { x, width, step } = RANKING;
  places.slice(0, SHOWN).forEach(({ name, probability }, index) => {
    const y = RANKING.y + step * index;
    const weight = index === 0 ? 700 : 500;
    const share = percent(probability);
    context.font = `${weight} 18px ${FONT}`;
    const room = width - context.measureText(share).width;
    write(context, share, { x: x + room, y, width }, { color: colors.ink, size: 18, weight });
    write(context, String(index + 1), { x, y, width: 24 }, { color: colors.soft, size: 18 });
    write(context, name, { x: x + 26, y, width: room - 26 - 16 }, { color: colors.ink, size: 18, weight });
    drawBar(context, { x, y: y + 9, width, height: 8 }, probability, index === 0 ? 1 : 0.62, colors);
  });
}

/**
 * @param {CanvasRenderingContext2D} context @param {Frame} frame
 * @param {number} share @param {number} strength @param {Colors} colors
 */
function drawBar(context, { x, y, width, height }, share, strength, colors) {
  const bar = (/** @type {string} */ color, /** @type {number} */ wide) => {
    context.beginPath();
    context.roundRect(x, y, wide, height, height / 2);
    context.fillStyle = color;
    context.fill();
  };
  bar(colors.track, width);
  context.globalAlpha = strength;
  bar(colors.bar, Math.max(3, width * Math.min(1, share)));
  context.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} context @param {LocateResult} result @param {Colors} colors */
function drawFoot(context, { model }, colors) {
  const brand = "PlaceLens";
  write(context, brand, FOOT, { color: colors.ink, size: 17, weight: 700 });
  const after = context.measureText(brand).width + 14;
  const caution = "A guess from what the photo shows, not evidence of where it was taken";
  context.font = `400 15px ${FONT}`;
  const room = FOOT.width - context.measureText(caution).width;
  const { x, y } = FOOT;
  write(context, caution, { x: x + room, y, width: FOOT.width }, { color: colors.soft, size: 15 });
  write(context, model, { x: x + after, y, width: room - after - 24 }, { color: colors.soft, size: 15 });
}

/**
 * One line at a place, cut with an ellipsis where it is too long.
 * @param {CanvasRenderingContext2D} context @param {string} text @param {{ x: number, y: number, width: number }} line
 * @param {{ color: string, size: number, weight?: number }} look
 */
function write(context, text, { x, y, width }, { color, size, weight = 400 }) {
  context.font = `${weight} ${size}px ${FONT}`;
  context.fillStyle = color;
  context.fillText(fitText(context, text, width), x, y);
}
