// @ts-check
/**
 * The answer: ranking, how sure, the best point, and what it took; or what went wrong.
 *
 * In: the result's JSON or a failure.  Out: elements; texts go in as text, never as markup.
 *
 * Proof: `tests/browser/page.test.js`.
 */

import { coordinates, deviceName, distanceKm, kilometers, milliseconds, percent, sureness } from "./wording.js";

/** @typedef {import("./messages.js").LocateResult} LocateResult */
/** @typedef {import("./failure.js").Failure} Failure */
/** @typedef {"empty" | "waiting" | "working" | "answer" | "error"} View */

const SHOWN_FIRST = 5;

/** @type {Record<"empty" | "waiting" | "working", string>} */
const HINTS = {
  empty: "Choose a photo, and the neighborhoods appear here, most likely first.",
  waiting: "The photo waits for the model.",
  working: "Looking at the photo.",
};

export class ResultView {
  #section;
  #hint;
  #answer;
  #error;

  /** @param {{ section: HTMLElement, hint: HTMLElement, answer: HTMLElement, error: HTMLElement }} parts */
  constructor({ section, hint, answer, error }) {
    this.#section = section;
    this.#hint = hint;
    this.#answer = answer;
    this.#error = error;
  }

  /** @param {"empty" | "waiting" | "working"} view */
  pend(view) {
    this.#hint.textContent = HINTS[view];
    this.#switch(view);
  }

  /** @param {LocateResult} result */
  show(result) {
    this.#answer.replaceChildren(headline(result), ...ranking(result), point(result), effort(result));
    this.#switch("answer");
  }

  /**
   * @param {string} title
   * @param {Failure} failure
   * @param {{ label: string, act: () => void } | null} remedy
   */
  fail(title, failure, remedy) {
    const button = remedy
      ? element("button", { className: "button primary", type: "button", textContent: remedy.label })
      : null;
    button?.addEventListener("click", () => remedy?.act());
    this.#error.replaceChildren(
      element("h2", { textContent: title }),
      message(failure.message),
      ...(button ? [button] : []),
    );
    this.#switch("error");
  }

  /** @param {View} view */
  #switch(view) {
    this.#section.dataset.view = view;
    const id = { answer: "answer-title", error: "result-title" }[/** @type {string} */ (view)] ?? "result-title";
    this.#section.setAttribute("aria-labelledby", id);
  }
}

/** @param {LocateResult} result */
function headline(result) {
  const [first] = result.places;
  const { verdict, because } = sureness(result);
  const sure = element("p", { className: "sureness" });
  sure.append(element("strong", { textContent: verdict }), ` ${because}`);
  const box = element("div", { className: "headline" });
  box.append(
    element("p", { className: "small-title", textContent: "Most likely" }),
    element("h2", { id: "answer-title", textContent: first ? first.name : "No place" }),
    sure,
  );
  return box;
}

/** The whole ranking; places after the first few wait behind a button. @param {LocateResult} result */
function ranking({ places }) {
  const items = places.map((place, index) => {
    const item = element("li", { className: "place", hidden: index >= SHOWN_FIRST });
    item.dataset.id = place.id;
    item.dataset.cosine = String(place.cosine);
    const bar = element("span", { className: "bar" });
    bar.style.setProperty("--share", String(place.probability));
    bar.setAttribute("aria-hidden", "true");
    item.append(
      element("span", { className: "place-name", textContent: place.name }),
      element("span", { className: "place-percent", textContent: percent(place.probability) }),
      bar,
    );
    return item;
  });
  const list = element("ol", { className: "ranking", id: "ranking" });
  list.append(...items);
  if (places.length <= SHOWN_FIRST) return [list];
  return [list, expander(items)];
}

/** @param {HTMLElement[]} items */
function expander(items) {
  const words = { false: `Show all ${items.length} places`, true: `Show the first ${SHOWN_FIRST}` };
  const button = element("button", { className: "button quiet", type: "button", textContent: words.false });
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-controls", "ranking");
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    button.textContent = words[/** @type {"true" | "false"} */ (String(open))];
    items.forEach((item, index) => (item.hidden = !open && index >= SHOWN_FIRST));
  });
  return button;
}

/** @param {LocateResult} result */
function point({ point: best, photo }) {
  const box = element("section", { className: "point" });
  box.append(
    element("h3", { className: "small-title", textContent: "Best single point" }),
    element("p", { className: "point-place", textContent: coordinates(best) }),
    element("p", {
      className: "point-error",
      textContent: `Expect to be off by ${kilometers(best.expected_error_km)}.`,
    }),
  );
  if (photo.taken_at) {
    const away = kilometers(distanceKm(best, photo.taken_at));
    box.append(
      element("p", {
        className: "point-exif",
        textContent: `The photo's own GPS tag says ${coordinates(photo.taken_at)}, ${away} from this point.`,
      }),
    );
  }
  return box;
}

/** @param {LocateResult} result */
function effort({ backend, milliseconds: took }) {
  const facts = [
    ["Device", deviceName(backend)],
    ["Decode", milliseconds(took.decode)],
    ["Preprocess", milliseconds(took.preprocess)],
    ["Encode", milliseconds(took.encode)],
    ["Score", milliseconds(took.score)],
  ];
  const list = element("dl", { className: "effort" });
  for (const [term, value] of facts) {
    const pair = element("div", {});
    pair.append(element("dt", { textContent: term }), element("dd", { textContent: value }));
    list.append(pair);
  }
  return list;
}

/** A message as a sentence, its `names` set apart. @param {string} text */
function message(text) {
  const sentence = text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
  const paragraph = element("p", { className: "error-message" });
  sentence
    .split("`")
    .forEach((part, index) => paragraph.append(index % 2 ? element("code", { textContent: part }) : part));
  return paragraph;
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<HTMLElementTagNameMap[Tag]>} properties
 * @returns {HTMLElementTagNameMap[Tag]}
 */
function element(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}
