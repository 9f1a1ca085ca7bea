// @ts-check
/**
 * A point → the place it lies in, or the nearest one.
 *
 * In: latitude and longitude, the pack's places as GeoJSON.  Out: `in` or `near` and a name; null
 * where nothing is near. Of several places that hold the point, the one whose box is smallest.
 * Rule: even-odd over all rings of a place; for `near`, the distance to its box.
 *
 * Proof: `tests/js/whereabouts.test.js`.
 */

import { distanceKm } from "./wording.js";

/** @typedef {import("./messages.js").PlaceFeature} PlaceFeature */
/** @typedef {{ relation: "in" | "near", name: string }} Whereabouts */

const NEAR_KM = 10;

/**
 * @param {{ lat: number, lon: number }} point
 * @param {{ features: PlaceFeature[] } | null} places
 * @returns {Whereabouts | null}
 */
export function whereabouts(point, places) {
  const features = places?.features ?? [];
  const around = features.filter((feature) => holds(feature, point)).sort((a, b) => size(a) - size(b));
  if (around[0]) return { relation: "in", name: around[0].properties.name };
  const [nearest] = features
    .map((feature) => ({ feature, km: distanceToBox(feature, point) }))
    .sort((a, b) => a.km - b.km);
  return nearest && nearest.km <= NEAR_KM ? { relation: "near", name: nearest.feature.properties.name } : null;
}

/** @param {PlaceFeature} feature @param {{ lat: number, lon: number }} point */
function holds({ geometry }, { lat, lon }) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  let inside = false;
  for (const ring of polygons.flat()) {
    for (let at = 0; at + 1 < ring.length; at += 1) {
      const [[x1, y1], [x2, y2]] = [ring[at], ring[at + 1]];
      if (y1 > lat !== y2 > lat && lon < x1 + ((lat - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
    }
  }
  return inside;
}

/** In square degrees, good enough for comparing. @param {PlaceFeature} feature */
function size({ bbox: [west, south, east, north] }) {
  return (north - south) * width(west, east);
}

/** A box that crosses the antimeridian has its west east of its east. @param {number} west @param {number} east */
function width(west, east) {
  return east >= west ? east - west : east + 360 - west;
}

/** @param {PlaceFeature} feature @param {{ lat: number, lon: number }} point */
function distanceToBox({ bbox: [west, south, east, north] }, { lat, lon }) {
  const past = (((lon - west) % 360) + 360) % 360; // how far east of the box's west edge
  const wide = width(west, east);
  // outside, the nearer edge is the one across the smaller gap
  const nearestLon = past <= wide ? lon : past - wide < 360 - past ? east : west;
  return distanceKm({ lat, lon }, { lat: Math.min(Math.max(lat, south), north), lon: nearestLon });
}
