// @ts-check
/**
 * Shapes → Leaflet layers: the backdrop, the places, the marks of a result, the names.
 *
 * In: a Leaflet map, the backdrop, shapes, a result.  Out: paths whose look is decided by class
 * and `--shade` in `styles/map.css`. Everything is a path or a small element: no image is fetched.
 * Names are placed anew whenever the view changes, so that they never overlap nor leave the frame.
 *
 * Proof: `tests/js/map-view.test.js`, `tests/browser/map.test.js`.
 */

import { element } from "./element.js";
import { areaAround, placeNames, spotsFor } from "./map-labels.js";
import { beside } from "./map-shapes.js";
import { percent } from "./wording.js";

/** @typedef {import("./messages.js").LocateResult} LocateResult */
/** @typedef {import("./map-shapes.js").Shape} Shape */
/** @typedef {import("./map-shapes.js").LatLon} LatLon */
/** @typedef {import("./messages.js").Position} Position */
/** @typedef {import("./map-labels.js").Area} Area */
/** @typedef {any} Leaflet  the library brings no types of its own */

/**
 * @typedef {object} Backdrop  `map/backdrop.geojson`
 * @property {"FeatureCollection"} type
 * @property {[number, number, number, number]} bbox  where it is of use, and the first view of all
 * @property {{ type: "Feature", geometry: any, properties: BackdropProperties }[]} features
 *
 * @typedef {object} BackdropProperties
 * @property {"sea" | "county" | "freeway" | "name"} kind
 * @property {string} [name]  `I-405`, `Orange County`
 * @property {Position[]} [signs]  where a freeway's number is shown
 */

/** @typedef {{ marker: any, text: HTMLElement, place: Shape | null, at: Position }} Name */

/** Places beyond these are named only under the pointer. */
const MOST_NAMES = 40;
const DOT_PX = 18;
const FAR = 1e5;

/** @param {Position} position */
const latLon = ([lon, lat]) => [lat, lon];

export class MapLayers {
  #L;
  #map;
  #cover;
  /** @type {Record<"backdrop" | "places" | "marks" | "landmarks" | "names" | "lit", any>} groups of layers, the last on top */
  #groups;
  /** @type {Map<string, any>} the path of each place */
  #paths = new Map();
  /** @type {Map<string, Name>} the name of each place that was ever shown: results change its look and its spot only */
  #placeNames = new Map();
  /** @type {Name[]} what the backdrop names: freeways, landscape */
  #landmarks = [];
  /** @type {Shape[]} */
  #shapes = [];
  /** @type {Backdrop | null} */
  #drawn = null;
  /** @type {Name[]} those that are shown where they fit, most important first */
  #names = [];
  /** @type {Position[]} points that names must not cover */
  #dots = [];
  /** @type {string | null} */
  #litId = null;
  #answered = false;
  /** The next arrangement of the names, where one is due. */
  #frame = 0;

  /** @param {Leaflet} L @param {any} map @param {HTMLElement} cover  what lies over the map, where no name should be */
  constructor(L, map, cover) {
    this.#L = L;
    this.#map = map;
    this.#cover = cover;
    map.createPane("backdrop").style.zIndex = "300"; // under Leaflet's own panes for paths (400) and markers (600)
    const group = () => L.layerGroup().addTo(map);
    const under = { backdrop: group(), places: group(), marks: group() };
    this.#groups = { ...under, landmarks: group(), names: group(), lit: group() };
    map.on("moveend", () => this.#arrangeSoon());
  }

  /** @param {Backdrop | null} backdrop */
  drawBackdrop(backdrop) {
    if (backdrop === this.#drawn) return;
    this.#drawn = backdrop;
    this.#groups.backdrop.clearLayers();
    this.#groups.landmarks.clearLayers();
    this.#landmarks = backdrop ? this.#drawLandmarks(backdrop) : [];
    if (!backdrop) return;
    const options = {
      pane: "backdrop",
      renderer: this.#L.svg({ pane: "backdrop", padding: 0.4 }),
      interactive: false,
      filter: (/** @type {Backdrop["features"][number]} */ { properties }) => properties.kind !== "name",
      style: (/** @type {Backdrop["features"][number]} */ { properties }) => ({
        className: `map-${properties.kind}`,
        fill: properties.kind === "sea",
      }),
    };
    this.#groups.backdrop.addLayer(this.#L.geoJSON(backdrop, options));
  }

  /** The signs of freeways, then the landscape's names. @param {Backdrop} backdrop */
  #drawLandmarks({ features }) {
    const group = this.#groups.landmarks;
    const signs = features.flatMap(({ properties: { name = "", signs = [] } }) =>
      signs.map((at) => this.#name(group, at, name.replace(/^\D+/, ""), "map-sign")),
    );
    const areas = features
      .filter(({ properties }) => properties.kind === "name")
      .map(({ geometry, properties: { name = "" } }) => this.#name(group, geometry.coordinates, name, "map-area"));
    return [...signs, ...areas];
  }

  /**
   * @param {Shape[]} shapes  large ones first
   * @param {(id: string | null) => void} onPoint  a place under the pointer, or none
   */
  drawPlaces(shapes, onPoint) {
    this.#groups.places.clearLayers();
    this.#groups.names.clearLayers();
    this.#paths.clear();
    this.#placeNames.clear();
    for (const { id, polygons } of shapes) {
      const path = this.#L.polygon(outline(polygons), { className: "map-place", bubblingMouseEvents: false });
      path.on({ mouseover: () => onPoint(id), click: () => onPoint(id), mouseout: () => onPoint(null) });
      this.#groups.places.addLayer(path);
      this.#paths.set(id, path);
    }
  }

  /**
   * @param {Shape[]} shapes @param {LocateResult | null} result
   * @param {LatLon | null} takenAt  the photo's own GPS; null also where it is off the map
   */
  drawResult(shapes, result, takenAt) {
    this.#shapes = shapes;
    this.#answered = result !== null;
    for (const { id, shade, outline } of shapes) {
      const path = this.#paths.get(id)?.getElement();
      path?.style.setProperty("--shade", String(shade));
      path?.setAttribute("data-outline", outline);
    }
    this.#drawMarks(result, takenAt);
    this.#drawNames(result);
    this.#arrangeSoon();
  }

  /** @param {LocateResult | null} result @param {LatLon | null} takenAt */
  #drawMarks(result, takenAt) {
    this.#groups.marks.clearLayers();
    this.#dots = [];
    if (!result) return;
    const best = beside(result.point, this.#shapes);
    const still = { interactive: false };
    const circle = { ...still, radius: 1000 * result.point.expected_error_km, className: "map-error" };
    this.#groups.marks.addLayer(this.#L.circle(latLon(best), circle));
    this.#dots.push(best);
    if (takenAt) {
      const own = beside(takenAt, this.#shapes);
      this.#dots.push(own);
      this.#groups.marks.addLayer(this.#L.polyline([latLon(best), latLon(own)], { ...still, className: "map-miss" }));
      this.#groups.marks.addLayer(this.#mark(own, "map-own"));
    }
    this.#groups.marks.addLayer(this.#L.circleMarker(latLon(best), { ...still, radius: 6, className: "map-best" }));
  }

  /** @param {Position} position @param {string} className @param {HTMLElement} [html] */
  #mark(position, className, html) {
    const icon = this.#L.divIcon({ className, html: html ?? "", iconSize: null });
    return this.#L.marker(latLon(position), { icon, interactive: false, keyboard: false });
  }

  /** Names in order of importance: likely places, the rest, freeways, landscape. @param {LocateResult | null} result */
  #drawNames(result) {
    const ordered = result ? this.#shapes.toSorted((a, b) => b.probability - a.probability) : this.#shapes;
    ordered.slice(MOST_NAMES).forEach(({ id }) => {
      const name = this.#placeNames.get(id);
      if (name) this.#groups.names.removeLayer(name.marker);
    });
    const places = ordered.slice(0, MOST_NAMES).map((place) => this.#placeName(place));
    this.#names = [...places, ...this.#landmarks];
  }

  /** @param {Shape} place */
  #placeName(place) {
    const group = this.#groups.names;
    const name = this.#placeNames.get(place.id) ?? this.#name(group, place.label, place.name, "map-name");
    this.#placeNames.set(place.id, name);
    name.place = place;
    name.text.classList.toggle("likely", isLikely(place));
    group.addLayer(name.marker);
    return name;
  }

  /** @param {any} group @param {Position} at @param {string} words @param {string} className @returns {Name} */
  #name(group, at, words, className) {
    const text = element("span", { className, textContent: words });
    const marker = this.#mark(at, "map-anchor", text);
    group.addLayer(marker);
    return { marker, text, place: null, at };
  }

  /** Once before the next picture, whatever happens until then: measuring makes the browser lay out the page. */
  #arrangeSoon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#arrange();
    });
  }

  /** Shows the names that fit, each at its spot. */
  #arrange() {
    const boxes = new Map(this.#shapes.map((shape) => [shape, this.#area(shape.box)]));
    // all sizes first: writing in between would lay out the page again for each
    const sizes = this.#names.map(({ text }) => ({ width: text.offsetWidth + 4, height: text.offsetHeight }));
    const names = this.#names.map(({ place, at }, index) => {
      const { width, height } = sizes[index];
      if (!place) return { width, height, spots: [this.#pixel(at)] };
      const spots = this.#spots(place, width, height);
      const others = [...boxes].filter(([shape]) => shape !== place).map(([, box]) => box);
      return { width, height, spots, others, important: isLikely(place) };
    });
    placeNames(names, [...this.#dotAreas(), ...this.#edges()]).forEach((area, index) => {
      const { marker, text } = this.#names[index];
      text.classList.toggle("left-out", area === null);
      if (area) this.#moveTo(marker, text, area);
    });
  }

  /** @param {Shape} shape @param {number} width @param {number} height */
  #spots({ label, box }, width, height) {
    return spotsFor(this.#pixel(label), this.#area(box), width, height);
  }

  /** @param {import("./map-shapes.js").Box} box @returns {Area} */
  #area([west, south, east, north]) {
    const [left, top] = this.#pixel([west, north]);
    const [right, bottom] = this.#pixel([east, south]);
    return { left, top, right, bottom };
  }

  /** @param {any} marker @param {HTMLElement} text @param {Area} area */
  #moveTo(marker, text, { left, right, top, bottom }) {
    const { x, y } = this.#map.latLngToContainerPoint(marker.getLatLng());
    text.style.setProperty("--dx", `${Math.round((left + right) / 2 - x)}px`);
    text.style.setProperty("--dy", `${Math.round((top + bottom) / 2 - y)}px`);
  }

  /** What lies outside of the frame, and under the buttons. @returns {Area[]} */
  #edges() {
    const { x, y } = this.#map.getSize();
    const { offsetLeft: left, offsetTop: top, offsetWidth, offsetHeight } = this.#cover;
    return [
      { left, top, right: left + offsetWidth, bottom: top + offsetHeight },
      { left: -FAR, right: FAR, top: -FAR, bottom: 0 },
      { left: -FAR, right: FAR, top: y, bottom: FAR },
      { left: -FAR, right: 0, top: -FAR, bottom: FAR },
      { left: x, right: FAR, top: -FAR, bottom: FAR },
    ];
  }

  #dotAreas() {
    return this.#dots.map((dot) => areaAround(this.#pixel(dot), DOT_PX, DOT_PX));
  }

  /** @param {Position} position @returns {[x: number, y: number]} */
  #pixel(position) {
    const { x, y } = this.#map.latLngToContainerPoint(latLon(position));
    return [x, y];
  }

  /**
   * Sets one place apart, with its name and, where an answer is drawn, its percentage; null: none.
   * @param {string | null} id
   */
  light(id) {
    if (id === this.#litId) return;
    this.#litId = id;
    for (const { place, text } of this.#names) text.classList.toggle("under", place !== null && place.id === id);
    this.#groups.lit.clearLayers();
    const shape = this.#shapes.find((each) => each.id === id);
    if (!shape) return;
    const still = { className: "map-lit", fill: false, interactive: false };
    this.#groups.lit.addLayer(this.#L.polygon(outline(shape.polygons), still));
    const words = this.#answered ? `${shape.name} ${percent(shape.probability)}` : shape.name;
    const text = element("span", { className: "map-name lit", textContent: words });
    const marker = this.#mark(shape.label, "map-anchor front", text);
    this.#groups.lit.addLayer(marker);
    const [width, height] = [text.offsetWidth, text.offsetHeight];
    const spots = this.#spots(shape, width, height + 6).slice(1); // beside the place, not on it
    const [area] = placeNames([{ width, height, spots, others: this.#dotAreas(), important: true }], this.#edges());
    if (area) this.#moveTo(marker, text, area);
  }
}

/** @param {Shape["polygons"]} polygons */
function outline(polygons) {
  return polygons.map((rings) => rings.map((ring) => ring.map(latLon)));
}

/** @param {Shape} shape */
function isLikely({ outline: kind }) {
  return kind === "half" || kind === "most";
}
