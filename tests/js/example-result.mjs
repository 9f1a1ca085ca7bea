/**
 * A result to test with: places whose probabilities the test gives.
 *
 * In: probabilities, most probable first, and what else the test changes.  Out: a `LocateResult` whose sets follow.
 */

const NAMES = "Alpha Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima".split(" ");
const nameOf = (at) => NAMES[at] ?? `Place${at + 1}`;

/**
 * @param {number[]} probabilities @param {object} [changes]
 * @returns {import("../../www/app/messages.js").LocateResult}
 */
export function exampleResult(probabilities, changes = {}) {
  const places = probabilities.map((probability, at) => ({
    id: nameOf(at).toLowerCase(),
    name: nameOf(at),
    lat: 34 + at / 100,
    lon: -118 - at / 100,
    cosine: 0.3 - at / 100,
    probability,
  }));
  const holding = (mass) => {
    let held = 0;
    const enough = places.findIndex(({ probability }) => (held += probability) >= mass - 1e-9);
    return places.slice(0, enough < 0 ? places.length : enough + 1).map(({ id }) => id);
  };
  return {
    places,
    point: { lat: 34.0219, lon: -118.4806, expected_error_km: 6.24 },
    regions_50: holding(0.5),
    regions_80: holding(0.8),
    confident: probabilities[0] >= 0.6,
    temperature: 0.02854,
    photo: { width: 640, height: 480, taken_at: null },
    backend: "cpu",
    model: "example",
    untrained: false,
    milliseconds: { decode: 21.4, preprocess: 9.2, encode: 380, score: 0.1 },
    ...changes,
  };
}

/** A square of two hundredths of a degree around every place of the result. @param {{ places: any[] }} result */
export function examplePlaces({ places }) {
  const features = places.map(({ id, name, lat, lon }) => {
    const [west, south, east, north] = [lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01];
    const ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]; // prettier-ignore
    return {
      type: "Feature",
      id,
      bbox: [west, south, east, north],
      geometry: { type: "Polygon", coordinates: [ring] },
      properties: { name, description: "" },
    };
  });
  return { type: "FeatureCollection", features };
}
