// @ts-check
/**
 * The lines that an author pastes into a post, from what they chose.
 *
 * In: choices, the address of the site that has the widget.  Out: HTML; the attributes that the preview wears;
 * the two directives for a post that has a Content-Security-Policy.
 * An attribute is written only where it says something that the element would not do by itself.
 *
 * Proof: `tests/js/snippet.test.js`.
 */

/**
 * @typedef {object} Choices
 * @property {"reader" | "for" | "photo"} source  whose photo: the reader's own, an image of the post, an address
 * @property {string} selector  of the image in the post
 * @property {string} photo  its address
 * @property {"click" | "visible" | "eager"} loading
 * @property {number} top
 * @property {"auto" | "light" | "dark"} theme
 * @property {string} accent  empty: PlaceLens's own
 * @property {string} title  empty: PlaceLens's own
 * @property {boolean} share
 * @property {string} model  empty: the site's own
 * @property {string} places  empty: the model's own
 */

/** @type {Choices} */
export const DEFAULTS = {
  source: "reader",
  selector: "#photo",
  photo: "",
  loading: "click",
  top: 3,
  theme: "auto",
  accent: "",
  title: "",
  share: false,
  model: "",
  places: "",
};

/** Name and value of each attribute that is needed; a value of `""` is one without a value. @param {Choices} choices */
export function attributes(choices) {
  const { source, selector, photo, loading, top, theme, accent, title, share, model, places } = choices;
  /** @type {[string, string, boolean][]} */
  const all = [
    ["for", selector, source === "for" && selector !== ""],
    ["photo", photo, source === "photo" && photo !== ""],
    ["model", model, model !== ""],
    ["places", places, places !== ""],
    ["title", title, title !== ""],
    ["top", String(top), top !== DEFAULTS.top],
    ["theme", theme, theme !== "auto"],
    ["accent", accent, accent !== ""],
    ["loading", loading, loading !== "click"],
    ["share-results", "", share],
  ];
  return all.filter(([, , needed]) => needed).map(([name, value]) => /** @type {[string, string]} */ ([name, value]));
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** @param {Choices} choices @param {string} host  the site's address, ending with a slash */
export function snippet(choices, host) {
  const words = attributes(choices).map(([name, value]) =>
    value === "" ? ` ${name}` : ` ${name}="${escaped(value)}"`,
  );
  const link = `<a href="${escaped(host)}">Find a photo's neighborhood with PlaceLens</a>`;
  return [
    `<script type="module" src="${escaped(host)}embed.js"></script>`,
    `<place-lens${words.join("")}>${link}</place-lens>`,
  ].join("\n");
}

/** The element's height in a narrow and a wide column, and what more rows and the line about sharing add. */
export const HEIGHTS_PX = { narrow: 640, wide: 440, row: 46, share: 40 };

/**
 * A rule for the post's style sheet that keeps the element's room until its script has come.
 * @param {Choices} choices
 */
export function reserve({ top, share }) {
  const { narrow, wide, row, share: line } = HEIGHTS_PX;
  const more = row * (Math.min(top, 5) - DEFAULTS.top) + (share ? line : 0);
  return [
    `place-lens:not(:defined) { display: block; min-height: ${narrow + more}px; }`,
    `@media (min-width: 640px) { place-lens:not(:defined) { min-height: ${wide + more}px; } }`,
  ].join("\n");
}

/** @param {string} host */
export function directives(host) {
  const { origin } = new URL(host);
  return `script-src ${origin}; frame-src ${origin}`;
}

/**
 * An address on the widget's own site as the element takes it, relative to that site.
 * @param {string} url @param {string} host
 */
export function shortened(url, host) {
  return url.startsWith(host) ? url.slice(host.length) : url;
}

/** Whether an address works on this machine only. @param {string} host */
export function isLocal(host) {
  const { hostname } = new URL(host);
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
