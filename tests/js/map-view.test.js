import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { before, beforeEach, test } from "node:test";
import { JSDOM } from "jsdom";
import { MapView } from "../../www/app/map-view.js";
import { exampleResult, examplePlaces } from "./example-result.mjs";

const result = exampleResult([0.45, 0.25, 0.15, 0.1, 0.05]);
const places = examplePlaces(result);
const backdrop = {
  type: "FeatureCollection",
  bbox: [-118.1, 33.9, -117.9, 34.1],
  features: [
    {
      type: "Feature",
      properties: { kind: "freeway", name: "I-405", signs: [[-118, 34]] },
      geometry: { type: "LineString", coordinates: [[-118.1, 34], [-117.9, 34]] }, // prettier-ignore
    },
    {
      type: "Feature",
      properties: { kind: "name", name: "Bay" },
      geometry: { type: "Point", coordinates: [-118, 34] },
    },
  ],
};

/** @type {any} */
let L;
/** @type {HTMLElement} */
let container;
/** @type {(string | null)[]} */
let told;
const loadLeaflet = async () => L;
const loadBackdrop = async () => backdrop;
const all = (selector) => [...container.querySelectorAll(selector)];
const one = (selector) => container.querySelector(selector);
const map = () => one(".map-canvas");
const shades = () => all(".map-place").map((path) => Number(path.style.getPropertyValue("--shade")));
const count = (outline) => all(`.map-place[data-outline="${outline}"]`).length;
const legendOfOwn = () => one(".map-key-own");
const latest = () => told.at(-1);

/** A window with the few things that Leaflet and the map ask a browser for, and a size for every element. */
before(() => {
  const { window } = new JSDOM(`<!doctype html><div id="map"></div>`, { pretendToBeVisual: true });
  const { document, Element, HTMLElement, SVGSVGElement, requestAnimationFrame, cancelAnimationFrame } = window;
  Object.defineProperties(HTMLElement.prototype, { clientWidth: { value: 600 }, clientHeight: { value: 400 } });
  SVGSVGElement.prototype.createSVGRect = () => ({});
  const observer = class {
    observe() {}
  };
  const matchMedia = () => ({ matches: false });
  const getComputedStyle = window.getComputedStyle.bind(window);
  Object.assign(globalThis, { window, document, Element, requestAnimationFrame, cancelAnimationFrame });
  Object.assign(globalThis, { getComputedStyle, ResizeObserver: observer, matchMedia });
  Object.defineProperty(globalThis, "navigator", { value: window.navigator, configurable: true });
  L = createRequire(import.meta.url)("leaflet");
});

beforeEach(() => {
  container = document.querySelector("#map");
  container.replaceChildren();
  told = [];
});

async function opened(options = {}) {
  const view = new MapView({ container, onHighlight: (id) => told.push(id), loadLeaflet, loadBackdrop, ...options });
  await view.open();
  return view;
}

test("before it is opened the map is a picture that says that it is empty, with buttons and legend", () => {
  new MapView({ container, onHighlight: () => {}, loadLeaflet, loadBackdrop });
  assert.equal(map().getAttribute("role"), "img");
  assert.equal(map().getAttribute("aria-label"), "Map, still empty");
  assert.deepEqual(
    all("button").map((button) => button.getAttribute("aria-label")),
    ["Zoom in", "Zoom out", "Show all places"],
  );
  assert.equal(all(".map-key").length, 5);
});

test("places may come before or after the map is opened", async () => {
  const early = new MapView({ container, onHighlight: () => {}, loadLeaflet, loadBackdrop });
  early.setPlaces(places);
  await early.open();
  assert.equal(all(".map-place").length, 5);
  container.replaceChildren();
  const late = await opened();
  assert.equal(all(".map-place").length, 0);
  late.setPlaces(places);
  assert.equal(all(".map-place").length, 5);
});

test("opening twice makes one map", async () => {
  let loads = 0;
  const view = await opened({ loadLeaflet: async () => ((loads += 1), L) });
  await view.open();
  assert.equal(loads, 1);
  assert.equal(all(".leaflet-map-pane").length, 1);
});

test("a result shades its places, outlines its sets and marks its point; null takes it all back", async () => {
  const view = await opened();
  view.setPlaces(places);
  await view.show(result);
  assert.equal(Math.max(...shades()), Math.sqrt(0.45));
  assert.deepEqual([count("half"), count("most"), count("rest")], [2, 1, 2]);
  assert.equal(all(".map-best").length, 1);
  assert.equal(all(".map-error").length, 1);
  assert.match(map().getAttribute("aria-label"), /^Map: Alpha 45\.0%/);
  await view.show(null);
  assert.deepEqual(shades(), [0, 0, 0, 0, 0]);
  assert.equal(count("plain"), 5);
  assert.equal(all(".map-best, .map-error, .map-own").length, 0);
  assert.match(map().getAttribute("aria-label"), /none of them shaded/);
});

test("a result shown before the map is opened is there afterwards", async () => {
  const view = new MapView({ container, onHighlight: () => {}, loadLeaflet, loadBackdrop });
  void view.show(result);
  view.setPlaces(places);
  await view.open();
  assert.equal(count("half"), 2);
  assert.equal(all(".map-best").length, 1);
});

test("the photo's own GPS is marked where it is near, and only told of where it is not", async () => {
  const view = await opened();
  view.setPlaces(places);
  await view.show({ ...result, photo: { ...result.photo, taken_at: { lat: 34.01, lon: -118.05 } } });
  assert.equal(all(".map-own").length, 1);
  assert.equal(all(".map-miss").length, 1);
  assert.ok(!legendOfOwn().classList.contains("absent"));
  await view.show(result, { takenAt: { lat: 48.86, lon: 2.35 } });
  assert.equal(all(".map-own").length, 0);
  assert.match(legendOfOwn().textContent, /off this map/);
  assert.match(map().getAttribute("aria-label"), /GPS says 48\.8600° N/);
  await view.show(result);
  assert.ok(legendOfOwn().classList.contains("absent"));
});

test("a place under the pointer is told and lit, and so is one that is touched", async () => {
  const view = await opened();
  view.setPlaces(places);
  await view.show(result);
  const alpha = all(".map-place").find((path) => path.style.getPropertyValue("--shade") === String(Math.sqrt(0.45)));
  const fire = (type) => alpha.dispatchEvent(new window.MouseEvent(type, { bubbles: true }));
  fire("mouseover");
  assert.equal(latest(), "alpha");
  assert.equal(one(".map-name.lit").textContent, "Alpha 45.0%");
  fire("mouseout");
  assert.equal(latest(), null);
  assert.equal(one(".map-name.lit"), null);
  fire("click");
  assert.equal(latest(), "alpha");
});

test("a place is lit from outside, once, and without a percentage while there is none", async () => {
  const view = await opened();
  view.setPlaces(places);
  view.highlight("bravo");
  view.highlight("bravo");
  assert.equal(all(".map-lit").length, 1);
  assert.equal(one(".map-name.lit").textContent, "Bravo");
  assert.deepEqual(told, [], "what came from outside is not told back");
  view.highlight("nowhere");
  assert.equal(all(".map-lit").length, 0);
});

test("a result is drawn once what else there is of it can be seen, and leaves lit what is lit", async () => {
  const view = await opened();
  view.setPlaces(places);
  const drawn = view.show(result);
  view.highlight("alpha");
  assert.equal(one(".map-name.lit").textContent, "Alpha");
  assert.equal(count("half"), 0);
  await drawn;
  assert.equal(count("half"), 2);
  assert.equal(one(".map-name.lit").textContent, "Alpha 45.0%");
});

test("a place that is lit goes dark with the result", async () => {
  const view = await opened();
  view.setPlaces(places);
  await view.show(result);
  view.highlight("alpha");
  assert.equal(all(".map-lit").length, 1);
  await view.show(null);
  assert.equal(all(".map-lit, .map-name.lit, .map-name.under").length, 0);
});

test("results one right after the other are drawn as the last of them", async () => {
  const view = await opened();
  view.setPlaces(places);
  const draws = [view.show(result), view.show(null), view.show(result)];
  await Promise.all(draws);
  assert.equal(count("half"), 2);
});

test("a name stays the same element from result to result; its look follows", async () => {
  const view = await opened();
  view.setPlaces(places);
  const before = all(".map-name, .map-sign, .map-area");
  await view.show(result);
  assert.deepEqual(all(".map-name, .map-sign, .map-area"), before);
  const likely = all(".map-name.likely").map(({ textContent }) => textContent);
  assert.deepEqual(new Set(likely), new Set(["Alpha", "Bravo", "Charlie"]));
  await view.show(null);
  assert.equal(all(".map-name.likely").length, 0);
  assert.deepEqual(all(".map-name, .map-sign, .map-area"), before);
});

test("of many places the likely ones are named", async () => {
  const count = 60;
  const shares = Array.from({ length: count }, (_, index) => (index + 1) / ((count * (count + 1)) / 2));
  const many = exampleResult(shares.toReversed());
  const view = await opened();
  view.setPlaces(examplePlaces(many));
  assert.equal(all(".map-name").length, 40);
  await view.show(many);
  const named = new Set(all(".map-name").map(({ textContent }) => textContent));
  assert.deepEqual(named, new Set(many.places.slice(0, 40).map(({ name }) => name)));
});

test("names go in as text", async () => {
  const view = await opened();
  const features = [{ ...places.features[0], properties: { name: "<img src=x>", description: "" } }];
  view.setPlaces({ type: "FeatureCollection", features });
  view.highlight("alpha");
  assert.equal(all("img").length, 0);
  assert.equal(one(".map-name.lit").textContent, "<img src=x>");
});

test("the backdrop is behind places that it fits, and gone for those of another city", async () => {
  const view = await opened();
  assert.equal(all(".map-freeway").length, 1);
  view.setPlaces(places);
  assert.equal(all(".map-freeway").length, 1);
  assert.deepEqual(
    all(".map-sign, .map-area").map(({ textContent }) => textContent),
    ["405", "Bay"],
  );
  const [west, south, east, north] = [8.4, 47.3, 8.6, 47.4];
  const ring = [[west, south], [east, south], [east, north], [west, south]]; // prettier-ignore
  const geometry = { type: "Polygon", coordinates: [ring] };
  const properties = { name: "Zurich", description: "" };
  const zurich = { type: "Feature", id: "zurich", bbox: [west, south, east, north], geometry, properties };
  view.setPlaces({ type: "FeatureCollection", features: [zurich] });
  assert.equal(all(".map-freeway, .map-sign, .map-area").length, 0);
});

test("without a backdrop the map still shows the places", async () => {
  const view = await opened({ loadBackdrop: () => Promise.reject(new Error("offline")) });
  view.setPlaces(places);
  assert.equal(all(".map-place").length, 5);
  assert.equal(view.backdrop, null);
});

test("without Leaflet the map says so, and the next try may succeed", async () => {
  let reachable = false;
  const load = async () => (reachable ? L : Promise.reject(new Error("offline")));
  const view = await opened({ loadLeaflet: load });
  view.setPlaces(places);
  await view.show(result);
  view.highlight("alpha");
  assert.match(one(".map-failure").textContent, /could not be loaded/);
  reachable = true;
  await view.open();
  assert.equal(one(".map-failure"), null);
  assert.equal(count("half"), 2);
});

test("without tiles nothing of the map is an image; with them their makers are named, as text and link", async () => {
  await opened();
  assert.equal(all("img").length, 0);
  assert.equal(one(".map-attribution"), null);
  container.replaceChildren();
  const attribution = "© Somebody <b> https://% https://tiles.example/copyright";
  await opened({ tiles: { url: "https://tiles.example/{z}/{x}/{y}.png", attribution } });
  assert.equal(one(".map-attribution").textContent, "© Somebody <b> https://% tiles.example");
  assert.equal(one(".map-attribution a").href, "https://tiles.example/copyright");
  assert.equal(all(".map-freeway").length, 0, "tiles have roads of their own");
});
