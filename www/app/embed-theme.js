// @ts-check
/**
 * The look that a post asks for: light or dark whatever the device prefers, and an accent that can be read.
 *
 * In: `theme` and `accent` of the element.  Out: the document's style sheets and custom properties.
 * The theme's own rules stay the only ones: where a post says light or dark, the sheets' conditions on
 * the preferred scheme are made to hold or not. An accent is moved toward black or white until it has a
 * contrast of 4.5 with what it stands on, as WCAG 2.2 measures it.
 *
 * Proof: `tests/js/embed-theme.test.js`, `tests/browser/widget.test.js`.
 */

/** @typedef {import("./embed-messages.js").Theme} Theme */
/** @typedef {[red: number, green: number, blue: number]} Rgb  0 … 1, sRGB */

const LEAST_CONTRAST = 4.5;
const [ALWAYS, NEVER] = ["(min-width: 0px)", "(max-width: 0px)"];

/** A media condition of ours, made to hold or not. @param {string} condition @param {Theme} theme */
export function forced(condition, theme) {
  if (theme === "auto") return condition;
  return condition.replace(/\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)/g, (_, scheme) =>
    scheme === theme ? ALWAYS : NEVER,
  );
}

/** @type {WeakMap<CSSMediaRule, string>} */
const written = new WeakMap();

/** @param {Iterable<CSSRule>} rules @returns {Generator<CSSMediaRule>} */
function* mediaRules(rules) {
  for (const rule of rules) {
    if (rule instanceof CSSMediaRule) yield rule;
    if (rule instanceof CSSGroupingRule) yield* mediaRules(rule.cssRules);
  }
}

/** @param {Document} document @param {Theme} theme */
export function applyTheme(document, theme) {
  document.documentElement.dataset.theme = theme;
  for (const sheet of document.styleSheets) {
    for (const rule of mediaRules(sheet.cssRules)) {
      const own = written.get(rule) ?? rule.media.mediaText;
      written.set(rule, own);
      const now = forced(own, theme);
      if (rule.media.mediaText !== now) rule.media.mediaText = now;
    }
  }
}

/** Relative luminance. @param {Rgb} color */
function luminance(color) {
  const [r, g, b] = color.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** @param {Rgb} a @param {Rgb} b */
export function contrast(a, b) {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

/** @param {Rgb} from @param {Rgb} to @param {number} share @returns {Rgb} */
function mix(from, to, share) {
  return /** @type {Rgb} */ (from.map((value, index) => value + share * (to[index] - value)));
}

/** @type {Rgb} */
const BLACK = [0, 0, 0];
/** @type {Rgb} */
const WHITE = [1, 1, 1];

/**
 * The nearest color to `accent` that can be read on all of `grounds`, a stronger one, and what can be read on it.
 * @param {Rgb} accent @param {Rgb[]} grounds
 */
export function readable(accent, grounds) {
  const away = luminance(grounds[0]) > 0.18 ? BLACK : WHITE; // 0.18: as far from black as from white
  let share = 0;
  const at = () => mix(accent, away, share);
  while (share < 1 && grounds.some((ground) => contrast(at(), ground) < LEAST_CONTRAST)) share += 0.02;
  const strong = mix(at(), away, 0.2);
  const on = contrast(at(), WHITE) >= contrast(at(), BLACK) ? WHITE : BLACK;
  return { accent: at(), strong, on };
}

/** @param {Rgb} color */
export function cssOf(color) {
  return `rgb(${color.map((value) => Math.round(255 * value)).join(" ")})`;
}

/**
 * The numbers of any color that CSS knows, as the browser computes them.
 * @param {HTMLElement} element @param {string} color
 * @returns {Rgb | null}
 */
function rgbOf(element, color) {
  element.style.setProperty("color", `color-mix(in srgb, ${color}, ${color})`);
  const computed = element.style.color ? getComputedStyle(element).color : "";
  element.style.removeProperty("color");
  const [r, g, b] = (computed.match(/^color\(srgb ([^/)]+)/)?.[1] ?? "").trim().split(" ").map(Number);
  const clamped = [r, g, b].map((value) => Math.min(1, Math.max(0, value)));
  return clamped.every(Number.isFinite) ? /** @type {Rgb} */ (clamped) : null;
}

const PROPERTIES = ["--accent", "--accent-strong", "--on-accent", "--bar"];

/** The theme's own accent where the post names none, or no color. @param {HTMLElement} root @param {string} accent */
export function applyAccent(root, accent) {
  for (const name of PROPERTIES) root.style.removeProperty(name);
  const theme = getComputedStyle(root);
  const grounds = ["--surface", "--sunken"].map((name) => rgbOf(root, theme.getPropertyValue(name)));
  const color = accent && CSS.supports("color", accent) ? rgbOf(root, accent) : null;
  if (!color || grounds.includes(null)) return;
  const found = readable(color, /** @type {Rgb[]} */ (grounds));
  const values = [found.accent, found.strong, found.on, found.accent].map(cssOf);
  PROPERTIES.forEach((name, index) => root.style.setProperty(name, values[index]));
}
