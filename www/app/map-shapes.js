// @ts-check
/**
 * Places and a result → what a map draws, for the page's map and for the picture to share.
 *
 * In: the places' GeoJSON, a result.  Out: shapes with their shade and outline, the box to look
 * at, the map in words, a projection (Web Mercator). Plain values: nothing here touches the document.
 * Longitudes are turned next to the first place's, so that a box across the antimeridian is one box.
 *
 * Proof: `tests/js/map-shapes.test.js`.
 */

import { coordinates, kilometers, list, percent } from "./wording.js";

/** @typedef {import("./messages.js").LocateResult} LocateResult */
/** @typedef {import("./messages.js").PlacesGeoJson} PlacesGeoJson */
/** @typedef {import("./messages.js").PlaceFeature} PlaceFeature */
/** @typedef {import("./messages.js").Position} Position */
/** @typedef {{ lat: number, lon: number }} LatLon */
/** @typedef {[west: number, south: number, east: number, north: number]} Box  east is never less than west */
/** @typedef {"half" | "most" | "rest" | "plain"} Outline  in the 50 % set; in the 80 % set only; in none; no result */

/**
 * @typedef {object} Shape  one place
 * @property {string} id
 * @property {string} name
 * @property {Position[][][]} polygons  polygons of rings of positions
 * @property {Box} box
 * @property {Position} label  where its name belongs
 * @property {number} probability  0 without a result
 * @property {number} shade  0 … 1
 * @property {Outline} outline
 */

const KM_PER_DEGREE = 111.195; // of a great circle on the mean sphere
const MAX_LATITUDE = 85; // Web Mercator ends there
/** A view is never smaller: streets, which this map lacks, would be missed. */
const SMALLEST_VIEW_KM = 18;
/** A photo's GPS farther from the places than this stays outside of the view, which would show nothing else. */
const NEAR_KM = 120;

/**
 * How strongly a probability is painted: its square root, so that 1 % is seen and 4 % is twice that.
 * The scale is the same for every photo: an unsure answer looks pale.
 * @param {number} probability
 */
export function shade(probability) {
  return Math.sqrt(Math.min(1, Math.max(0, probability)));
}

/**
 * The places as shapes, large ones first, so that small ones are drawn over them.
 * @param {PlacesGeoJson} places @param {LocateResult | null} result
 * @returns {Shape[]}
 */
export function shapesOf({ features }, result) {
  const middle = meridian(features);
  const chances = new Map(result?.places.map(({ id, probability }) => [id, probability]));
  const shapes = features.map((feature) => {
    const probability = chances.get(feature.id) ?? 0;
    const box = boxOf(feature, middle);
    return {
      id: feature.id,
      name: feature.properties.name,
      polygons: polygonsOf(feature, middle),
      box,
      label: labelOf(feature, box, middle),
      probability,
      shade: shade(probability),
      outline: outlineOf(feature.id, result),
    };
  });
  return shapes.sort((a, b) => extent(b.box) - extent(a.box));
}

/** @param {string} id @param {LocateResult | null} result @returns {Outline} */
function outlineOf(id, result) {
  if (!result) return "plain";
  if (result.regions_50.includes(id)) return "half";
  return result.regions_80.includes(id) ? "most" : "rest";
}

/** The meridian that longitudes are turned next to. @param {PlaceFeature[]} features */
function meridian([first]) {
  if (!first) return 0;
  const [west, , east] = first.bbox;
  return west <= east ? (west + east) / 2 : (west + east + 360) / 2;
}

/** The same meridian, named by a number within 180 degrees of `middle`. @param {number} lon @param {number} middle */
export function turned(lon, middle) {
  return lon + 360 * Math.round((middle - lon) / 360);
}

/** @param {PlaceFeature} feature @param {number} middle @returns {Box} */
function boxOf({ bbox: [west, south, east, north] }, middle) {
  const width = west <= east ? east - west : east - west + 360;
  const left = turned(west + width / 2, middle) - width / 2;
  return [left, south, left + width, north];
}

/** @param {PlaceFeature} feature @param {number} middle @returns {Position[][][]} */
function polygonsOf({ geometry }, middle) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return polygons.map((rings) =>
    rings.map((ring) => ring.map(([lon, lat]) => /** @type {Position} */ ([turned(lon, middle), lat]))),
  );
}

/** @param {PlaceFeature} feature @param {Box} box @param {number} middle @returns {Position} */
function labelOf({ properties: { point } }, [west, south, east, north], middle) {
  return point ? [turned(point[0], middle), point[1]] : [(west + east) / 2, (south + north) / 2];
}

/** @param {Box} box */
const extent = ([west, south, east, north]) => (east - west) * (north - south);

/** The box around boxes, or null around none. @param {Box[]} boxes @returns {Box | null} */
export function around(boxes) {
  if (boxes.length === 0) return null;
  const side = (/** @type {number} */ index) => boxes.map((box) => box[index]);
  return [Math.min(...side(0)), Math.min(...side(1)), Math.max(...side(2)), Math.max(...side(3))];
}

/** A square on the ground. @param {Position} middle @param {number} radius_km @returns {Box} */
export function boxAround([lon, lat], radius_km) {
  const high = radius_km / KM_PER_DEGREE;
  const wide = Math.min(180, high / Math.cos((Math.min(MAX_LATITUDE, Math.abs(lat)) * Math.PI) / 180));
  return [lon - wide, lat - high, lon + wide, lat + high];
}

/** Whether two boxes have a point in common. @param {Box} a @param {Box} b */
export function meet(a, b) {
  return a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3];
}

/** A point as a position beside the shapes. @param {LatLon} point @param {Shape[]} shapes @returns {Position} */
export function beside({ lat, lon }, shapes) {
  return [shapes.length > 0 ? turned(lon, shapes[0].label[0]) : lon, lat];
}

/**
 * What to look at: the likely places and the circle around the best point, within all the places;
 * and the photo's own GPS where that is near them. Without a result, all the places.
 * @param {Shape[]} shapes @param {LocateResult | null} result @param {LatLon | null} takenAt
 * @returns {Box | null}
 */
export function viewOf(shapes, result, takenAt) {
  const all = around(shapes.map(({ box }) => box));
  if (!all || !result) return all;
  const likely = shapes.filter(({ outline }) => outline === "half" || outline === "most").map(({ box }) => box);
  const best = beside(result.point, shapes);
  const [west, south, east, north] = /** @type {Box} */ (
    around([...likely, boxAround(best, Math.max(SMALLEST_VIEW_KM / 2, result.point.expected_error_km))])
  );
  const within = /** @type {Box} */ ([
    Math.max(west, all[0]),
    Math.max(south, all[1]),
    Math.min(east, all[2]),
    Math.min(north, all[3]),
  ]);
  const seen = within[0] < within[2] && within[1] < within[3] ? within : all;
  if (!takenAt || !isNear(shapes, takenAt)) return seen;
  return around([seen, boxAround(beside(takenAt, shapes), 1)]);
}

/** Whether a point is near enough to the places to share a map. @param {Shape[]} shapes @param {LatLon} point */
export function isNear(shapes, point) {
  const all = around(shapes.map(({ box }) => box));
  return all !== null && meet(all, boxAround(beside(point, shapes), NEAR_KM));
}

/**
 * The map for those who do not see it.
 * @param {LocateResult | null} result @param {LatLon | null} takenAt @param {number} count  how many places there are
 */
export function describeMap(result, takenAt, count) {
  if (!result) return count > 0 ? `Map of ${count} places, none of them shaded yet` : "Map, still empty";
  const names = result.places.map(({ name, probability }) => `${name} ${percent(probability)}`);
  const { point } = result;
  const own = takenAt ? `; the photo's own GPS says ${coordinates(takenAt)}` : "";
  const off = kilometers(point.expected_error_km);
  return `Map: ${list(names)}; best point ${coordinates(point)}, expected to be off by ${off}${own}`;
}

/**
 * A box of the world → a frame in pixels, north up, whole and in the middle.
 * @param {Box} box @param {{ x: number, y: number, width: number, height: number }} frame
 */
export function projection([west, south, east, north], { x, y, width, height }) {
  const [left, right, top, bottom] = [west, east, mercator(north), mercator(south)];
  const scale = Math.min(width / (right - left), height / (top - bottom)); // pixels per degree of longitude
  const point = (/** @type {Position} */ [lon, lat]) =>
    /** @type {[x: number, y: number]} */ ([
      x + width / 2 + (lon - (left + right) / 2) * scale,
      y + height / 2 - (mercator(lat) - (top + bottom) / 2) * scale,
    ]);
  /** Pixels for a distance at a latitude. @param {number} km @param {number} lat */
  const radius = (km, lat) => (km / KM_PER_DEGREE / Math.cos((lat * Math.PI) / 180)) * scale;
  return { point, radius };
}

/** Web Mercator's northing, in degrees of longitude. @param {number} lat */
function mercator(lat) {
  const radians = (Math.min(MAX_LATITUDE, Math.max(-MAX_LATITUDE, lat)) * Math.PI) / 180;
  return (Math.log(Math.tan(Math.PI / 4 + radians / 2)) * 180) / Math.PI;
}
