import assert from "node:assert/strict";
import test from "node:test";
import { readPackUrl } from "../../www/app/embed-places.js";

const HOST = "https://host.example/lens/";
const OTHER = "https://cdn.example/pack/manifest.json";
const pack = (...hashes) => ({ format: "placelens-pack", shards: hashes.map((sha256) => ({ sha256 })) });
const FILES = {
  [`${HOST}model/manifest.json`]: pack("a", "b"),
  [`${HOST}paris/manifest.json`]: pack("a", "b"),
  [`${HOST}big/manifest.json`]: pack("c"),
  [`${HOST}paris.geojson`]: { type: "FeatureCollection", features: [] },
  [OTHER]: pack("c"),
};

function read(query, models = []) {
  const asked = [];
  const request = async (url) => {
    asked.push(url);
    return url in FILES ? new Response(JSON.stringify(FILES[url])) : new Response("", { status: 404 });
  };
  const site = { url: `${HOST}embed.html`, defaultUrl: `${HOST}model/manifest.json`, models, request };
  return readPackUrl(new URLSearchParams(query), site).then((url) => ({ url, asked }));
}

test("without attributes it is the site's own pack, and nothing is asked for", async () => {
  assert.deepEqual(await read({}), { url: `${HOST}model/manifest.json`, asked: [] });
});

test("a model is of the widget's own site, relative to it, or one that the site lists", async () => {
  assert.equal((await read({ model: "big/manifest.json" })).url, `${HOST}big/manifest.json`);
  assert.equal((await read({ model: OTHER }, [{ manifest: OTHER }])).url, OTHER);
  await assert.rejects(read({ model: OTHER }), { code: "address" });
});

test("places are those of a pack, by the same rule", async () => {
  assert.equal((await read({ places: "paris/manifest.json" })).url, `${HOST}paris/manifest.json`);
  assert.equal((await read({ places: OTHER }, [{ manifest: OTHER }])).url, OTHER);
  await assert.rejects(read({ places: OTHER }), { code: "address", message: /places https:\/\/cdn\.example/ });
});

test("places made with other weights than the model's are refused", async () => {
  const same = { model: "model/manifest.json", places: "paris/manifest.json" };
  assert.equal((await read(same)).url, `${HOST}paris/manifest.json`);
  await assert.rejects(read({ ...same, model: "big/manifest.json" }), { code: "places", message: /same weights/ });
});

test("GeoJSON alone is no pack: what to do is said", async () => {
  await assert.rejects(read({ places: "paris.geojson" }), { code: "places", message: /GeoJSON.*placelens pack/ });
  await assert.rejects(read({ places: "nowhere.json" }), { code: "places", message: /404/ });
});
