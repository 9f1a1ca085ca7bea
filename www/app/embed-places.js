// @ts-check
/**
 * Which pack a frame loads, from the element's `model` and `places`.
 *
 * In: the frame's address.  Out: a manifest's address, on this site or in its list of models.
 * Places are compared by embeddings that the model's text tower made when they were packed, and the
 * page has no text tower. So `places` names the manifest of a pack that was made with those places. Where
 * a model is named as well, both packs must have the very same weights: the cosines of one model with
 * another's embeddings would be numbers without a meaning.
 *
 * Proof: `tests/js/embed-places.test.js`.
 */

import { Failure } from "./failure.js";
import { readManifestUrl } from "./ladder.js";

/** @typedef {{ url: string, defaultUrl: string, models: { manifest: string }[], request: typeof fetch }} Site */

/** @param {URLSearchParams} query @param {Site} site @returns {Promise<string>} */
export async function readPackUrl(query, { url, defaultUrl, models, request }) {
  const model = await readManifestUrl(query, url, defaultUrl, models);
  const named = query.get("places");
  if (!named) return model;
  const places = await readPlacesUrl(named, url, models);
  const [ofPlaces, ofModel] = await Promise.all([
    shards(places, request),
    query.get("model") && shards(model, request),
  ]);
  if (ofModel && ofPlaces !== ofModel) {
    throw new Failure(
      "places",
      `places ${named}: expected a pack of the same weights as the model's, found others; ` +
        "pack the places with that model: placelens pack MODEL --places FILE",
    );
  }
  return places;
}

/**
 * By the same rule as a model's address.
 * @param {string} named @param {string} url @param {{ manifest: string }[]} models
 */
async function readPlacesUrl(named, url, models) {
  try {
    return await readManifestUrl(new URLSearchParams({ model: named }), url, "", models);
  } catch (cause) {
    const message = `places ${named}: expected a pack's manifest on the widget's own site, or one that its models.json`;
    throw new Failure("address", `${message} lists; correct the element's attribute`, { cause });
  }
}

/** The hashes of a pack's weights, as one text. @param {string} manifestUrl @param {typeof fetch} request */
async function shards(manifestUrl, request) {
  const expected = (/** @type {string} */ found) =>
    new Failure(
      "places",
      `${manifestUrl}: expected the manifest of a pack, found ${found}; ` +
        "make one of GeoJSON with: placelens pack MODEL --places FILE",
    );
  const response = await request(manifestUrl, { cache: "no-cache" }).catch(() => null);
  if (!response?.ok) throw expected(response ? `HTTP status ${response.status}` : "no answer");
  const manifest = await response.json().catch(() => null);
  if (manifest?.type === "FeatureCollection") throw expected("GeoJSON without embeddings");
  const list = manifest?.shards;
  if (!Array.isArray(list)) throw expected("something else");
  return list.map((shard) => shard?.sha256).join();
}
