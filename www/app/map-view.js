// @ts-check
/**
 * The map: places shaded by probability, the sets that hold 50 % and 80 % of it outlined, the
 * best point with its expected error, the photo's own GPS; a coast and freeways behind.
 *
 * In: places, a result, the id to light up.  Out: the id under the pointer. Leaflet and the backdrop
 * are fetched from this site; nobody else is asked unless the site's owner names a tile server.
 * The page keeps the wheel and one finger for scrolling: the map takes the wheel with Ctrl or while
 * it has the focus, and two fingers. To a screen reader it is one picture with a text; the ranking
 * is the way to its places.
 *
 * Proof: `tests/js/map-view.test.js`, `tests/browser/map.test.js`.
 */

import { element } from "./element.js";
import { MapLayers } from "./map-layers.js";
import { attribution, buttons, legend } from "./map-parts.js";
import { around, describeMap, isNear, meet, shapesOf, viewOf } from "./map-shapes.js";
import { nextPicture, nextTask } from "./next-task.js";

/** @typedef {import("./messages.js").LocateResult} LocateResult */
/** @typedef {import("./messages.js").PlacesGeoJson} PlacesGeoJson */
/** @typedef {import("./map-layers.js").Leaflet} Leaflet */
/** @typedef {import("./map-layers.js").Backdrop} Backdrop */
/** @typedef {import("./map-shapes.js").Shape} Shape */
/** @typedef {import("./map-shapes.js").Box} Box */
/** @typedef {import("./map-shapes.js").LatLon} LatLon */

/**
 * @typedef {object} MapOptions
 * @property {HTMLElement} container  of a height that does not depend on what is inside
 * @property {(id: string | null) => void} onHighlight  a place under the pointer, or none
 * @property {{ url: string, attribution: string } | null} [tiles]  a tile server, which learns what is looked at
 * @property {() => Promise<Leaflet>} [loadLeaflet]
 * @property {() => Promise<Backdrop | null>} [loadBackdrop]
 */

const LEAFLET = new URL("../vendor/leaflet/leaflet.js", import.meta.url).href;
const BACKDROP = new URL("../map/backdrop.geojson", import.meta.url).href;
const PADDING_PX = 14;
const MOST_OUT = 0.75; // zoom levels beyond the whole
const HINT = "Arrow keys move the map, plus and minus zoom.";

/** The UMD build says nothing to its importer; it sets `L`. @returns {Promise<Leaflet>} */
async function fetchLeaflet() {
  await import(LEAFLET);
  return /** @type {any} */ (globalThis).L;
}

/** @returns {Promise<Backdrop | null>} */
async function fetchBackdrop() {
  const response = await fetch(BACKDROP);
  return response.ok ? await response.json() : null;
}

export class MapView {
  #options;
  #canvas = element("div", { className: "map-canvas" });
  #buttons;
  #legend = legend();
  /** @type {Promise<void> | null} */
  #opening = null;
  /** @type {any} */
  #map = null;
  /** @type {any} */
  #tiles = null;
  /** @type {MapLayers | null} */
  #layers = null;
  /** @type {Backdrop | null} */
  #backdrop = null;
  /** @type {PlacesGeoJson | null} */
  #places = null;
  /** @type {Shape[]} */
  #shapes = [];
  /** @type {LocateResult | null} */
  #result = null;
  /** @type {LatLon | null} */
  #takenAt = null;
  /** @type {Box | null} the view that the map keeps to until the visitor moves it */
  #view = null;
  #moved = false;
  /** @type {string | null} the place that is set apart */
  #lit = null;
  /** @type {Promise<void> | null} a drawing of the result that is due */
  #drawing = null;

  /** @param {MapOptions} options */
  constructor(options) {
    this.#options = options;
    const frame = element("div", { className: "map-frame" });
    const acts = {
      zoomIn: () => this.#zoom(1),
      zoomOut: () => this.#zoom(-1),
      whole: () => this.#look(around(this.#shapes.map(({ box }) => box)) ?? this.#view),
    };
    this.#buttons = buttons(acts);
    frame.append(this.#canvas, this.#buttons);
    if (options.tiles) frame.append(attribution(options.tiles.attribution));
    options.container.replaceChildren(frame, this.#legend.list);
    this.#canvas.setAttribute("role", "img");
    this.#canvas.setAttribute("aria-description", HINT);
    this.#drawResult();
  }

  /** Behind every place, for whoever draws the same map; null before `open`, or where the site has none. */
  get backdrop() {
    return this.#backdrop;
  }

  /** Fetches what the map is made of and shows it. Never fails: without it the ranking still says everything. */
  open() {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async #open() {
    const { loadLeaflet = fetchLeaflet, loadBackdrop = fetchBackdrop, tiles } = this.#options;
    const backdrop = tiles ? null : loadBackdrop().catch(() => null); // an orientation, not more
    const L = await loadLeaflet().catch(() => null);
    this.#backdrop = await backdrop;
    await nextTask(); // Leaflet was run in this one
    if (L) return await this.#start(L);
    this.#opening = null; // the next call tries again
    const textContent = "The map could not be loaded. The ranking is complete without it.";
    this.#canvas.replaceChildren(element("p", { className: "map-failure", textContent }));
  }

  /** @param {Leaflet} L */
  async #start(L) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#canvas.replaceChildren();
    this.#map = L.map(this.#canvas, {
      zoomControl: false,
      attributionControl: false,
      dragging: !matchMedia("(pointer: coarse)").matches, // one finger scrolls the page
      touchZoom: true,
      boxZoom: false,
      inertia: !calm,
      fadeAnimation: !calm,
      zoomAnimation: !calm,
      markerZoomAnimation: !calm,
      zoomSnap: 0.25,
      maxZoom: 18,
      renderer: L.svg({ padding: 0.4 }),
    });
    this.#map.setView([0, 0], 0); // Leaflet draws nothing without a view
    this.#tiles = this.#options.tiles ? L.tileLayer(this.#options.tiles.url, { maxZoom: 18 }) : null;
    this.#layers = new MapLayers(L, this.#map, this.#buttons);
    this.#listen();
    await nextTask();
    this.#drawBackdrop();
    await nextTask();
    this.#drawPlaces();
  }

  #listen() {
    const map = this.#map;
    const take = () => (this.#moved = true);
    this.#canvas.addEventListener("pointerdown", take);
    this.#canvas.addEventListener("keydown", ({ key }) => {
      if (key !== "Tab") take();
    });
    this.#canvas.addEventListener("wheel", (event) => this.#wheel(event), { capture: true });
    // Leaflet knows of the window's size only
    new ResizeObserver(() => {
      map.invalidateSize({ pan: false, animate: false });
      this.#fit({ animate: false });
    }).observe(this.#canvas);
  }

  /**
   * What Leaflet does not hear of scrolls the page.
   * @param {WheelEvent} event
   */
  #wheel(event) {
    if (event.ctrlKey || event.metaKey || document.activeElement === this.#canvas) this.#moved = true;
    else event.stopPropagation();
  }

  /** What photos are compared with; before or after `open`. @param {PlacesGeoJson} places */
  setPlaces(places) {
    this.#places = places;
    this.#drawPlaces();
  }

  /**
   * A result; null: the places alone. Whatever else there is to see of it comes first: both at once would take long.
   * @param {LocateResult | null} result
   * @param {{ takenAt?: LatLon | null }} [photo]  where the photo says that it was taken
   * @returns {Promise<void>} kept once it is drawn
   */
  async show(result, { takenAt = result?.photo.taken_at } = {}) {
    if (!result && !this.#result) return; // it shows just that
    this.#result = result;
    this.#takenAt = (result && takenAt) ?? null;
    if (!result) this.#lit = null; // the row that lit it is gone
    this.#drawing ??= nextPicture().then(() => {
      this.#drawing = null;
      this.#drawResult();
    });
    await this.#drawing;
  }

  /** Sets one place apart. @param {string | null} id */
  highlight(id) {
    this.#lit = id;
    this.#layers?.light(id);
  }

  /** Looks at the places, or where there are none yet at the backdrop, and draws it where they are on it. */
  #drawBackdrop() {
    this.#shapes = this.#places ? shapesOf(this.#places, this.#result) : [];
    const all = around(this.#shapes.map(({ box }) => box));
    const home = this.#backdrop?.bbox ?? null;
    this.#look(all ?? home, { animate: false });
    this.#layers?.drawBackdrop(all && home && !meet(home, all) ? null : this.#backdrop);
  }

  #drawPlaces() {
    this.#drawBackdrop();
    this.#layers?.drawPlaces(this.#shapes, (id) => (this.highlight(id), this.#options.onHighlight(id)));
    this.#drawResult({ animate: false });
  }

  /** @param {{ animate?: boolean }} [how] */
  #drawResult(how) {
    this.#shapes = this.#places ? shapesOf(this.#places, this.#result) : [];
    const isHere = this.#takenAt !== null && isNear(this.#shapes, this.#takenAt);
    this.#canvas.setAttribute("aria-label", describeMap(this.#result, this.#takenAt, this.#shapes.length));
    this.#legend.tellOwn(!this.#takenAt ? "none" : isHere ? "here" : "elsewhere");
    this.#layers?.light(null);
    this.#layers?.drawResult(this.#shapes, this.#result, isHere ? this.#takenAt : null);
    this.#layers?.light(this.#lit);
    const view = viewOf(this.#shapes, this.#result, this.#takenAt);
    if (view) this.#look(view, how);
  }

  /** @param {Box | null} box @param {{ animate?: boolean }} [how] */
  #look(box, how) {
    this.#view = box;
    this.#moved = false;
    this.#fit(how);
  }

  /** @param {{ animate?: boolean }} [how] */
  #fit(how) {
    const [map, view] = [this.#map, this.#view];
    if (!view || !map || map.getSize().x === 0 || map.getSize().y === 0) return;
    const padding = [PADDING_PX, PADDING_PX];
    if (!this.#moved) map.fitBounds(bounds(view), { padding, ...how });
    this.#tiles?.addTo(map); // not before: there was nothing yet that the visitor would look at
    const whole = around([...this.#shapes.map(({ box }) => box), view]) ?? view;
    map.setMinZoom(map.getBoundsZoom(bounds(whole)) - MOST_OUT); // farther out there is nothing to see
  }

  /** @param {number} steps */
  #zoom(steps) {
    this.#moved = true;
    this.#map?.setZoom(this.#map.getZoom() + steps);
  }
}

/** Corners as Leaflet has them. @param {Box} box */
function bounds([west, south, east, north]) {
  return [
    [south, west],
    [north, east],
  ];
}
