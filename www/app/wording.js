// @ts-check
/**
 * Numbers and answers in the words that a visitor reads.
 *
 * In: plain values.  Out: plain American English. Nothing here touches the document.
 *
 * Proof: `tests/js/wording.test.js`.
 */

/** @typedef {import("./messages.js").LocateResult} LocateResult */
/** @typedef {{ lat: number, lon: number }} LatLon */

const EARTH_RADIUS_KM = 6371.0088; // mean radius (IUGG)

/** Decimal megabytes with one digit. @param {number} bytes */
export function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1);
}

/** `12.3 of 91.0 MB`. @param {number} loadedBytes @param {number} totalBytes */
export function bytesOf(loadedBytes, totalBytes) {
  return `${megabytes(loadedBytes)} of ${megabytes(totalBytes)} MB`;
}

/** @param {number} probability */
export function percent(probability) {
  if (probability > 0 && probability < 0.001) return "<0.1%";
  return `${(100 * probability).toFixed(1)}%`;
}

/** `34.0219° N, 118.4806° W`; four digits are about 11 m. @param {LatLon} point */
export function coordinates({ lat, lon }) {
  const degrees = (/** @type {number} */ value) => Math.abs(value).toFixed(4);
  return `${degrees(lat)}° ${lat < 0 ? "S" : "N"}, ${degrees(lon)}° ${lon < 0 ? "W" : "E"}`;
}

/** @param {number} km */
export function kilometers(km) {
  if (km < 1) return "less than 1 km";
  return `about ${km < 10 ? km.toFixed(1) : km.toFixed(0)} km`;
}

/** @param {number} ms */
export function milliseconds(ms) {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 1) return "<1 ms";
  return `${Math.round(ms).toLocaleString("en-US")} ms`;
}

/** @param {string} backend */
export function deviceName(backend) {
  return backend === "webgpu" ? "WebGPU" : "CPU";
}

/** `A, B and C`; more than `most` are counted. @param {string[]} names @param {number} [most] */
export function list(names, most = 4) {
  const shown = names.length > most ? [...names.slice(0, most - 1), `${names.length - most + 1} more`] : names;
  if (shown.length < 2) return shown.join("");
  return `${shown.slice(0, -1).join(", ")} and ${shown[shown.length - 1]}`;
}

/**
 * How sure the model is: a word, and the sentence that bears it out.
 * @param {LocateResult} result
 */
export function sureness({ places, confident, untrained, regions_50, regions_80 }) {
  if (untrained) return { verdict: "Not sure.", because: "The model is untrained, so its percentages mean nothing." };
  const names = new Map(places.map(({ id, name }) => [id, name]));
  const named = (/** @type {string[]} */ ids) => list(ids.map((id) => names.get(id) ?? id));
  const verdict = confident ? "Fairly sure." : "Not sure.";
  if (confident && regions_80.length === 1)
    return { verdict, because: `At least 80% of the probability is on ${named(regions_80)}.` };
  if (confident) return { verdict, because: `80% of the probability is shared by ${named(regions_80)}.` };
  if (regions_50.length === 1)
    return {
      verdict,
      because: `${named(regions_50)} leads, but 80% of the probability takes ${regions_80.length} places.`,
    };
  return {
    verdict,
    because: `Half of the probability is spread over ${regions_50.length} places: ${named(regions_50)}.`,
  };
}

/**
 * Great-circle distance by the haversine formula.
 * @param {LatLon} a @param {LatLon} b
 */
export function distanceKm(a, b) {
  const radians = Math.PI / 180;
  const [dLat, dLon] = [(b.lat - a.lat) * radians, (b.lon - a.lon) * radians];
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.lat * radians) * Math.cos(b.lat * radians) * Math.sin(dLon / 2) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(h)));
}
