// @ts-check
/**
 * Numbers and answers in the words that a visitor reads.
 *
 * In: plain values.  Out: plain American English. Nothing here touches the document.
 * Rule: never more certain than the numbers. "Probably" takes a model that calls itself confident
 * and places that together hold at least half of the probability.
 *
 * Proof: `tests/js/wording.test.js`.
 */

/** @typedef {import("./messages.js").LocateResult} LocateResult */
/** @typedef {{ lat: number, lon: number }} LatLon */
/** @typedef {{ from: string, to: string, failure: { code: string, message: string } }} Fall  one rung of the ladder */

const EARTH_RADIUS_KM = 6371.0088; // mean radius (IUGG)

/** A place counts as a leader where it has at least this share of the first place's probability. */
const LEADER_SHARE = 0.5;
/** More leaders than this are no answer, however sure the model is. */
const MOST_LEADERS = 3;
/** Where 80% of the probability takes this share of all places, it could be any of them. */
const ANY_SHARE = 2 / 3;

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
  if (probability > 0.9995 && probability < 1) return ">99.9%";
  return `${(100 * probability).toFixed(1)}%`;
}

/** `34.0219° N, 118.4806° W`; four digits are about 11 m. @param {LatLon} point */
export function coordinates({ lat, lon }) {
  const degrees = (/** @type {number} */ value) => Math.abs(value).toFixed(4);
  return `${degrees(lat)}° ${lat < 0 ? "S" : "N"}, ${degrees(lon)}° ${lon < 0 ? "W" : "E"}`;
}

/** A distance that is itself an estimate. @param {number} km */
export function kilometers(km) {
  if (km < 1) return "less than 1 km";
  return `about ${km < 2.95 ? km.toFixed(1) : km.toFixed(0)} km`;
}

/** A distance that is known. @param {number} km */
export function distance(km) {
  if (km < 0.995) return `${10 * Math.round(100 * km)} m`;
  return km < 99.95 ? `${km.toFixed(1)} km` : `${Math.round(km).toLocaleString("en-US")} km`;
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

/**
 * `A, B and C`; more than `most` are counted.
 * @param {string[]} names @param {number} [most] @param {string} [joint]
 */
export function list(names, most = 4, joint = "and") {
  const shown = names.length > most ? [...names.slice(0, most - 1), `${names.length - most + 1} more`] : names;
  if (shown.length < 2) return shown.join("");
  return `${shown.slice(0, -1).join(", ")} ${joint} ${shown[shown.length - 1]}`;
}

/**
 * How sure the model is, in one sentence.
 * @param {LocateResult} result
 */
export function sureness(result) {
  return surenessParts(result).join("");
}

/**
 * The same in two parts, the first of which carries the message: `Not sure` and `: it could be …`.
 * @param {LocateResult} result
 * @returns {[head: string, rest: string]}
 */
export function surenessParts(result) {
  const { places, confident, untrained, point } = result;
  if (untrained) return ["This ranking means nothing", ": the model is untrained."];
  if (places.length === 0) return ["No places", " to compare the photo with."];
  const { leaders, rest, any } = spread(result);
  if (places.length === 1 && any) return ["No choice", `: ${places[0].name} is the only place that the model knows.`];
  const held = leaders.reduce((sum, { probability }) => sum + probability, 0);
  if (!confident || leaders.length > MOST_LEADERS || held < 0.5) return ["Not sure", `: ${doubt(result)}.`];
  const perhaps = rest.length > 0 ? `, perhaps ${someOf(rest)}` : "";
  const head = `Probably ${list(leaders.map(named), MOST_LEADERS, "or")}`;
  return [head, `${perhaps}; expect to be off by ${kilometers(point.expected_error_km)}.`];
}

/** @param {LocateResult} result */
function doubt(result) {
  const { leaders, rest, any } = spread(result);
  if (leaders.length === 1) {
    const [first] = leaders;
    if (any) return `${first.name} fits best, but it could be any of the ${result.places.length} places`;
    return `${first.name} fits best, but it could be ${rest.length > 0 ? someOf(rest) : "another place"}`;
  }
  if (any) return `it could be any of the ${result.places.length} places`;
  return `it could be ${someOf([...leaders, ...rest], 3)}`;
}

/**
 * The set that holds 80% of the probability: places near the first one's probability, and the rest.
 * `any`: the set is most of the places there are. A result whose list was cut short cannot tell.
 * @param {LocateResult} result
 */
function spread({ places, regions_80 }) {
  const known = new Map(places.map((place) => [place.id, place]));
  const set = regions_80.map((id) => known.get(id) ?? { name: "", probability: 0 });
  const least = LEADER_SHARE * (places[0]?.probability ?? 0);
  const whole = places.reduce((sum, { probability }) => sum + probability, 0) > 0.999;
  return {
    leaders: set.filter(({ probability }) => probability >= least),
    rest: set.filter(({ probability }) => probability < least),
    any: whole && set.length >= ANY_SHARE * places.length,
  };
}

/**
 * `A, B or 3 others`: at most so many terms; a place without a name is only counted.
 * @param {{ name: string }[]} places
 */
function someOf(places, most = 2) {
  const names = places.map(named).filter((name) => name !== "");
  const shown = names.slice(0, places.length > most ? most - 1 : most);
  const more = places.length - shown.length;
  return list([...shown, ...(more > 0 ? [others(more, shown.length > 0)] : [])], most, "or");
}

/** @param {number} count @param {boolean} afterNames */
function others(count, afterNames) {
  if (afterNames) return `${count} other${count === 1 ? "" : "s"}`;
  return count === 1 ? "another place" : `one of ${count} others`;
}

/** @param {{ name: string }} place */
function named({ name }) {
  return name;
}

/** An answer as it is read aloud. @param {LocateResult} result */
export function spoken(result) {
  const [first] = result.places;
  return first ? `${sureness(result)} First: ${first.name}, ${percent(first.probability)}.` : sureness(result);
}

/**
 * What the percentages mean, in a few paragraphs.
 * @param {LocateResult} result
 * @param {{ photos: number } | null} [calibration]  what the temperature was fitted to; null: nothing; absent: unknown
 */
export function meaning({ places, temperature, untrained }, calibration) {
  const whole = places.reduce((sum, { probability }) => sum + probability, 0) > 0.999;
  const share =
    `The percentages divide 100% among the ${whole ? `${places.length} ` : ""}places that this model knows, ` +
    "by how well the photo fits the words about each. " +
    "It knows no other place: a photo from anywhere else is ranked as well.";
  const map =
    "The map outlines the fewest places that together hold 50% and 80%. " +
    "The best point is where the expected distance to the true place is smallest; it may lie between places. " +
    "“Not sure” means that the first place's share is too small to rely on.";
  const worth = untrained
    ? "The weights of this model were never trained, so its percentages mean nothing."
    : `${calibrated(calibration)} (Temperature: ${Number(temperature.toPrecision(3))}.)`;
  return [share, worth, map];
}

/** @param {{ photos: number } | null | undefined} calibration */
function calibrated(calibration) {
  if (calibration === null)
    return "They were not calibrated on photos whose place is known, so read them as a ranking.";
  const promise = "a first place with 40% is right about 40 times in 100, for photos like those";
  if (calibration === undefined)
    return `Where a model is calibrated on photos whose place is known, ${promise}; otherwise they are only a ranking.`;
  const photos = calibration.photos.toLocaleString("en-US");
  return `They were calibrated on ${photos} photos whose place is known: ${promise}, less for others.`;
}

/**
 * What the photo's own GPS says; null where it has none.
 * @param {LocateResult} result
 * @param {import("./whereabouts.js").Whereabouts | null} [whereabouts]  of the point that the GPS tells
 */
export function gpsWords({ photo, point }, whereabouts = null) {
  if (!photo.taken_at) return null;
  const where = whereabouts ? `, ${whereabouts.relation} ${whereabouts.name}` : "";
  const off = distance(distanceKm(point, photo.taken_at));
  return (
    `The photo's own GPS says it was taken at ${coordinates(photo.taken_at)}${where}; ` +
    `the prediction was off by ${off}. This was read on your device only.`
  );
}

/** Of files that came with the photos. @param {{ skipped: number, limited: boolean }} how */
export function passedOver({ skipped, limited }) {
  const files = skipped === 1 ? "1 file that is no photo was" : `${skipped} files that are no photos were`;
  const sentences = [skipped > 0 ? `${files} passed over.` : "", limited ? "There were more than can be taken at once." : ""];
  return sentences.filter(Boolean).join(" ");
}

/** Why the model runs where it runs, after what failed. @param {Fall} fall */
export function fallWords({ from, to, failure }) {
  if (from === to) return "The model stopped, so it was started again.";
  /** @type {Record<string, string>} */
  const reasons = {
    device: "WebGPU is not available here",
    known_answer: "WebGPU gave a wrong answer here",
    module: "The WebGPU program could not start",
  };
  return `${reasons[failure.code] ?? "WebGPU stopped working"}, so the CPU does the work.`;
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
