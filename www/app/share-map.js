// @ts-check
/**
 * The map on a canvas, from the same shapes as the page's map.
 *
 * In: a 2D context, a frame, shapes, a result, the backdrop, colors.  Out: what is drawn in the frame.
 * The photo's own GPS is left out on purpose: a picture is for sharing, and says no more about
 * the photo than the prediction does.
 *
 * Proof: `tests/js/share-picture.test.js`, `tests/browser/share-picture.test.js`.
 */

import { areaAround, placeNames, spotsFor } from "./map-labels.js";
import { around, beside, boxAround, meet, projection, viewOf } from "./map-shapes.js";
import { fitText } from "./share-text.js";

/** @typedef {import("./messages.js").LocateResult} LocateResult */
/** @typedef {import("./messages.js").Position} Position */
/** @typedef {import("./map-labels.js").Area} Area */
/** @typedef {import("./map-layers.js").Backdrop} Backdrop */
/** @typedef {import("./map-shapes.js").Shape} Shape */
/** @typedef {import("./share-picture.js").Colors} Colors */
/** @typedef {{ x: number, y: number, width: number, height: number }} Frame */
/** @typedef {ReturnType<typeof projection>} Projection */
/** @typedef {{ context: CanvasRenderingContext2D, colors: Colors, frame: Frame, projected: Projection }} Sheet */

const MARGIN = 16;
const MOST_NAMES = 5;
const NAME_PX = 15;
const LONGEST_NAME_PX = 220;

/**
 * @param {CanvasRenderingContext2D} context @param {Frame} frame
 * @param {{ shapes: Shape[], result: LocateResult, backdrop: Backdrop | null, colors: Colors, font: string }} what
 */
export function drawMap(context, frame, { shapes, result, backdrop, colors, font }) {
  const best = beside(result.point, shapes);
  const view = viewOf(shapes, result, null) ?? boxAround(best, 10);
  const inner = {
    x: frame.x + MARGIN,
    y: frame.y + MARGIN,
    width: frame.width - 2 * MARGIN,
    height: frame.height - 2 * MARGIN,
  };
  const sheet = { context, colors, frame, projected: projection(view, inner) };
  context.save();
  context.beginPath();
  context.roundRect(frame.x, frame.y, frame.width, frame.height, 10);
  context.clip();
  context.fillStyle = colors.land;
  context.fillRect(frame.x, frame.y, frame.width, frame.height);
  const all = around(shapes.map(({ box }) => box));
  if (backdrop && all && meet(backdrop.bbox, all)) drawBackdrop(sheet, backdrop);
  for (const shape of shapes) drawPlace(sheet, shape);
  drawPoint(sheet, result, best);
  drawNames(sheet, shapes, best, font);
  context.restore();
}

/** @param {Sheet} sheet @param {Backdrop} backdrop */
function drawBackdrop({ context, colors, projected }, { features }) {
  for (const { properties, geometry } of features) {
    context.beginPath();
    if (properties.kind === "sea") {
      for (const ring of geometry.coordinates) trace(context, projected, ring);
      context.fillStyle = colors.sea;
      context.fill("evenodd");
    } else if (properties.kind !== "name") {
      trace(context, projected, geometry.coordinates);
      const isCounty = properties.kind === "county";
      stroke(context, isCounty ? colors.soft : colors.road, 1.25, isCounty ? [6, 3, 2, 3] : []);
    }
  }
}

/** @param {Sheet} sheet @param {Shape} shape  as in `styles/map.css` */
function drawPlace({ context, colors, projected }, { polygons, shade, outline }) {
  context.beginPath();
  for (const ring of polygons.flat()) trace(context, projected, ring);
  context.globalAlpha = 0.07 + 0.75 * shade;
  context.fillStyle = colors.bar;
  context.fill("evenodd");
  context.globalAlpha = 1;
  if (outline === "half") return stroke(context, colors.strong, 2.5);
  if (outline === "most") return stroke(context, colors.strong, 1.75, [5, 3]);
  context.globalAlpha = 0.75;
  stroke(context, colors.bar, 1);
  context.globalAlpha = 1;
}

/** @param {Sheet} sheet @param {LocateResult} result @param {Position} best */
function drawPoint({ context, colors, projected }, { point }, best) {
  const [x, y] = projected.point(best);
  context.beginPath();
  context.arc(x, y, projected.radius(point.expected_error_km, point.lat), 0, 2 * Math.PI);
  stroke(context, colors.ink, 1.25, [2, 3]);
  context.beginPath();
  context.arc(x, y, 7, 0, 2 * Math.PI);
  context.fillStyle = colors.ink;
  context.fill();
  stroke(context, colors.surface, 2);
}

/**
 * The likely places by name, where they fit.
 * @param {Sheet} sheet @param {Shape[]} shapes @param {Position} best @param {string} font
 */
function drawNames({ context, colors, frame, projected }, shapes, best, font) {
  context.font = `600 ${NAME_PX}px ${font}`;
  const boxes = new Map(shapes.map((shape) => [shape, areaOf(projected, shape)]));
  const likely = shapes
    .filter(({ outline }) => outline === "half" || outline === "most")
    .sort((a, b) => b.probability - a.probability)
    .slice(0, MOST_NAMES);
  const texts = likely.map(({ name }) => fitText(context, name, LONGEST_NAME_PX));
  const names = likely.map((shape, index) => {
    const [width, height] = [context.measureText(texts[index]).width + 6, NAME_PX * 1.3];
    const box = areaOf(projected, shape);
    const others = [...boxes].filter(([other]) => other !== shape).map(([, area]) => area);
    const spots = spotsFor(projected.point(shape.label), box, width, height);
    return { width, height, spots, others, important: true };
  });
  placeNames(names, [areaAround(projected.point(best), 20, 20), ...edges(frame)]).forEach((area, index) => {
    if (area) writeName(context, colors, texts[index], area);
  });
}

/** @param {CanvasRenderingContext2D} context @param {Colors} colors @param {string} text @param {Area} area */
function writeName(context, colors, text, { left, top, bottom }) {
  context.textBaseline = "middle";
  context.strokeStyle = colors.surface;
  context.lineWidth = 4;
  context.lineJoin = "round";
  context.setLineDash([]);
  context.strokeText(text, left + 3, (top + bottom) / 2);
  context.fillStyle = colors.ink;
  context.fillText(text, left + 3, (top + bottom) / 2);
  context.textBaseline = "alphabetic";
}

/** @param {Projection} projected @param {Shape} shape @returns {Area} */
function areaOf(projected, { box: [west, south, east, north] }) {
  const [left, top] = projected.point([west, north]);
  const [right, bottom] = projected.point([east, south]);
  return { left, top, right, bottom };
}

/** What lies outside of the frame. @param {Frame} frame */
function edges({ x, y, width, height }) {
  const far = 1e5;
  return [
    { left: -far, right: far, top: -far, bottom: y + 2 },
    { left: -far, right: far, top: y + height - 2, bottom: far },
    { left: -far, right: x + 2, top: -far, bottom: far },
    { left: x + width - 2, right: far, top: -far, bottom: far },
  ];
}

/** @param {CanvasRenderingContext2D} context @param {Projection} projected @param {Position[]} line */
function trace(context, projected, line) {
  line.forEach((position, index) => {
    const [x, y] = projected.point(position);
    if (index === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  });
}

/** @param {CanvasRenderingContext2D} context @param {string} color @param {number} width @param {number[]} [dashes] */
function stroke(context, color, width, dashes = []) {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.setLineDash(dashes);
  context.stroke();
}
