/**
 * The simplest honest page around onnxruntime-web: its model kept in Cache Storage, a photo, the best of 15 places.
 *
 * In: `?photo=…`, an address.  Out: `visited` on the console and `window.seen.shownAt`: when the answer could be seen,
 * in milliseconds since the page was asked for.
 */

import { openSession, pixelsOf } from "./peer-model.js";

const MODEL = "/models/vision_uint8.onnx";

async function modelBytes() {
  const cache = await caches.open("peer-model");
  const kept = await cache.match(MODEL);
  if (kept) return new Uint8Array(await kept.arrayBuffer());
  const response = await fetch(MODEL);
  await cache.put(MODEL, response.clone());
  return new Uint8Array(await response.arrayBuffer());
}

const photo = fetch(/** @type {string} */ (new URLSearchParams(location.search).get("photo")));
const run = await openSession(await modelBytes());
const embedding = await run(await pixelsOf(await (await photo).blob()));
const places = Array.from({ length: 15 }, (_, place) => embedding.map((_, at) => Math.sin(place + at)));
const scores = places.map((place) => place.reduce((sum, value, at) => sum + value * embedding[at], 0));
document.getElementById("answer").textContent = `Place ${scores.indexOf(Math.max(...scores)) + 1}`;
requestAnimationFrame(() => console.debug("visited", (window.seen.shownAt = performance.now())));
