// @ts-check
/**
 * Results as files: JSON, CSV and GeoJSON.
 *
 * In: the album's entries, the pack's places.  Out: text. Nothing here touches the document.
 * JSON: an array, a photo a line; each line is what `placelens locate --json` writes, or says what went wrong.
 * CSV: RFC 4180, a row for each photo. GeoJSON: RFC 7946, the best point of each photo and the photo's own GPS;
 * for a single photo its regions as well. Photos that are still waiting are left out.
 *
 * Proof: `tests/js/export.test.js`.
 */

import { distanceKm } from "./wording.js";

/** @typedef {import("./messages.js").LocateResult} LocateResult */
/** @typedef {import("./messages.js").PlacesGeoJson} PlacesGeoJson */
/** @typedef {"png" | "csv" | "json" | "geojson"} Kind */

/**
 * @typedef {object} Exported  what is needed of an entry of the album
 * @property {{ name: string }} photo
 * @property {LocateResult | null} result
 * @property {{ code: string, message: string } | null} failure
 */

/** @type {Record<Kind, string>} */
export const TYPES = {
  png: "image/png",
  csv: "text/csv",
  json: "application/json",
  geojson: "application/geo+json",
};

/** How many places a row of the table has. */
const TABLE_PLACES = 3;

/** `placelens.png`, `placelens-12-photos.csv`. @param {Kind} kind @param {number} count */
export function fileName(kind, count) {
  return count > 1 ? `placelens-${count}-photos.${kind}` : `placelens.${kind}`;
}

/** @param {Exported[]} entries */
export function toJson(entries) {
  const lines = entries.flatMap(({ photo: { name: file }, result, failure }) => {
    if (result) return [JSON.stringify({ file, ...result })];
    return failure ? [JSON.stringify({ file, error: { code: failure.code, message: failure.message } })] : [];
  });
  return `[\n${lines.join(",\n")}\n]\n`;
}

/** @typedef {[name: string, cell: (result: LocateResult) => string | number | boolean | null]} Column */

/** @type {Column[]} */
const COLUMNS = [
  ...Array.from({ length: TABLE_PLACES }, (_, at) => placeColumns(at)).flat(),
  ["point_lat", ({ point }) => degrees(point.lat)],
  ["point_lon", ({ point }) => degrees(point.lon)],
  ["expected_error_km", ({ point }) => rounded(point.expected_error_km, 3)],
  ["confident", ({ confident }) => confident],
  ["places_for_50_percent", ({ regions_50 }) => regions_50.length],
  ["places_for_80_percent", ({ regions_80 }) => regions_80.length],
  ["gps_lat", ({ photo }) => (photo.taken_at ? degrees(photo.taken_at.lat) : null)],
  ["gps_lon", ({ photo }) => (photo.taken_at ? degrees(photo.taken_at.lon) : null)],
  ["off_by_km", ({ point, photo }) => (photo.taken_at ? rounded(distanceKm(point, photo.taken_at), 3) : null)],
  ["width", ({ photo }) => photo.width],
  ["height", ({ photo }) => photo.height],
  ["model", ({ model }) => model],
  ["untrained", ({ untrained }) => untrained ?? false],
  ["temperature", ({ temperature }) => rounded(temperature, 6)],
  ["backend", ({ backend }) => backend],
  ["milliseconds", ({ milliseconds: took }) => rounded(took.decode + took.preprocess + took.encode + took.score, 1)],
];

/** @param {number} at @returns {Column[]} */
function placeColumns(at) {
  return [
    [`place_${at + 1}`, ({ places }) => places[at]?.name ?? null],
    [`probability_${at + 1}`, ({ places }) => (places[at] ? rounded(places[at].probability, 6) : null)],
  ];
}

/** @param {Exported[]} entries */
export function toCsv(entries) {
  const rows = entries
    .filter(({ result, failure }) => result || failure)
    .map(({ photo, result, failure }) => [
      photo.name,
      ...COLUMNS.map(([, cell]) => (result ? cell(result) : null)),
      result ? null : (failure?.message ?? null),
    ]);
  const header = ["file", ...COLUMNS.map(([name]) => name), "error"];
  return [header, ...rows].map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");
}

/**
 * A text that a spreadsheet would take for a formula gets an apostrophe in front; numbers are left alone.
 * @param {string | number | boolean | null} value
 */
function csvCell(value) {
  if (value === null) return "";
  if (typeof value !== "string") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @param {Exported[]} entries @param {PlacesGeoJson | null} places */
export function toGeoJson(entries, places) {
  const done = entries.flatMap(({ photo, result }) => (result ? [{ file: photo.name, result }] : []));
  const features = done.flatMap(({ file, result }) => [bestPoint(file, result), ...gpsPoint(file, result)]);
  if (done.length === 1 && places) features.unshift(...regions(done[0].result, places));
  return `${JSON.stringify({ type: "FeatureCollection", features }, null, 1)}\n`;
}

/** @typedef {{ type: "Feature", id?: string, bbox?: number[], geometry: object, properties: object }} ExportFeature */

/** @param {string} file @param {LocateResult} result @returns {ExportFeature} */
function bestPoint(file, { point, places, confident, untrained, model }) {
  const [first] = places;
  return pointFeature(point, {
    kind: "best_point",
    file,
    place: first?.name ?? null,
    place_id: first?.id ?? null,
    probability: first ? rounded(first.probability, 6) : null,
    expected_error_km: rounded(point.expected_error_km, 3),
    confident,
    untrained: untrained ?? false,
    model,
  });
}

/** @param {string} file @param {LocateResult} result @returns {ExportFeature[]} */
function gpsPoint(file, { point, photo: { taken_at } }) {
  if (!taken_at) return [];
  return [pointFeature(taken_at, { kind: "photo_gps", file, off_by_km: rounded(distanceKm(point, taken_at), 3) })];
}

/** @param {LocateResult} result @param {PlacesGeoJson} places @returns {ExportFeature[]} */
function regions({ places: ranked, regions_50, regions_80 }, { features }) {
  const probability = new Map(ranked.map((place) => [place.id, place.probability]));
  return features
    .filter(({ id }) => probability.has(id))
    .map(({ type, id, bbox, geometry, properties: { name } }) => ({
      type,
      id,
      bbox,
      geometry,
      properties: {
        kind: "place",
        name,
        probability: rounded(probability.get(id) ?? 0, 6),
        in_50_percent: regions_50.includes(id),
        in_80_percent: regions_80.includes(id),
      },
    }));
}

/** @param {{ lat: number, lon: number }} at @param {object} properties @returns {ExportFeature} */
function pointFeature({ lat, lon }, properties) {
  return { type: "Feature", geometry: { type: "Point", coordinates: [degrees(lon), degrees(lat)] }, properties };
}

/** Six digits are about 11 cm. @param {number} value */
function degrees(value) {
  return rounded(value, 6);
}

/** @param {number} value @param {number} digits */
function rounded(value, digits) {
  return Number(value.toFixed(digits));
}
