import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { JSDOM } from "jsdom";
import { Failure } from "../../www/app/failure.js";
import { ResultView } from "../../www/app/result-view.js";
import { exampleResult, examplePlaces } from "./example-result.mjs";

const MARKUP = `<!doctype html>
<section id="result" data-view="empty"><h2 id="result-title">Ranking</h2><p id="hint"></p>
<div id="error" role="alert"></div><div id="answer"></div></section>`;
const SEVEN = [0.4, 0.2, 0.15, 0.1, 0.05, 0.05, 0.05];

/** @type {JSDOM} */
let dom;
/** @type {ResultView} */
let view;
/** @type {(string | null)[]} */
let told;
const all = (selector) => [...dom.window.document.querySelectorAll(selector)];
const one = (selector) => dom.window.document.querySelector(selector);
const texts = (selector) => all(selector).map(({ textContent }) => textContent);
const fire = (target, type, init = {}) =>
  target.dispatchEvent(new dom.window.KeyboardEvent(type, { bubbles: true, cancelable: true, ...init }));
const focused = () => dom.window.document.activeElement.textContent;

beforeEach(() => {
  dom = new JSDOM(MARKUP);
  globalThis.document = dom.window.document;
  told = [];
  const [section, hint, answer, error] = ["result", "hint", "answer", "error"].map((id) => one(`#${id}`));
  view = new ResultView({ section, hint, answer, error, onHighlight: (id) => told.push(id) });
});

test("while there is no answer, a hint says what goes on", () => {
  view.pend("waiting");
  assert.equal(one("#result").dataset.view, "waiting");
  assert.match(one("#hint").textContent, /waits for the model/);
  view.pend("empty");
  assert.match(one("#hint").textContent, /Choose a photo/);
});

test("the answer is headed by how sure the model is", () => {
  view.show(exampleResult([0.9, 0.1]));
  assert.equal(one("#result").dataset.view, "answer");
  assert.equal(one("#result").getAttribute("aria-labelledby"), "answer-title");
  assert.equal(one("#answer-title").textContent, "Probably Alpha; expect to be off by about 6 km.");
  assert.equal(one("#answer-title strong").textContent, "Probably Alpha");
});

test("rows are ranked, as long as their probability, and read as rank, name and percentage", () => {
  view.show(exampleResult(SEVEN));
  assert.deepEqual(
    all("#ranking > li").map(({ dataset, hidden }) => [dataset.id, Number(dataset.cosine), hidden]),
    exampleResult(SEVEN).places.map(({ id, cosine }, at) => [id, cosine, at >= 5]),
  );
  assert.deepEqual(texts(".place-percent").slice(0, 2), ["40.0%", "20.0%"]);
  assert.equal(one(".bar").style.getPropertyValue("--share"), "0.4");
  assert.equal(one(".place-row").textContent, "1, Alpha, 40.0%");
});

test("five places or fewer need no button for the rest", () => {
  view.show(exampleResult(SEVEN));
  assert.equal(texts(".ranking-more")[0], "Show all 7 places");
  view.show(exampleResult([0.5, 0.5]));
  assert.equal(one(".ranking-more"), null);
});

test("what was unfolded stays so with the next photo", () => {
  view.show(exampleResult(SEVEN));
  one(".ranking-more").click();
  assert.equal(all("#ranking > li:not([hidden])").length, 7);
  one(".meaning-fold").open = true;
  return new Promise((done) => one(".meaning-fold").addEventListener("toggle", done)).then(() => {
    view.show(exampleResult(SEVEN));
    assert.equal(all("#ranking > li:not([hidden])").length, 7);
    assert.equal(one(".ranking-more").getAttribute("aria-expanded"), "true");
    assert.deepEqual([one(".meaning-fold").open, one(".effort-fold").open], [true, false]);
  });
});

test("a row that is pointed at is told and lit, and let go", () => {
  view.show(exampleResult(SEVEN));
  told.length = 0;
  const [, bravo] = all(".place-row");
  fire(bravo, "pointerenter");
  assert.equal(bravo.parentElement.classList.contains("lit"), true);
  fire(bravo, "pointerleave");
  assert.equal(all(".lit").length, 0);
  assert.deepEqual(told, ["bravo", null]);
});

test("focus lights a row as the pointer does", () => {
  view.show(exampleResult(SEVEN));
  told.length = 0;
  all(".place-row")[1].focus();
  one(".ranking-more").focus();
  assert.deepEqual(told, ["bravo", null]);
});

test("a pressed row stays lit until it is pressed again", () => {
  view.show(exampleResult(SEVEN));
  const [alpha, bravo] = all(".place-row");
  bravo.click();
  assert.equal(bravo.getAttribute("aria-pressed"), "true");
  fire(alpha, "pointerenter");
  fire(alpha, "pointerleave");
  assert.equal(told.at(-1), "bravo");
  bravo.click();
  assert.equal(bravo.getAttribute("aria-pressed"), "false");
  assert.equal(told.at(-1), null);
});

test("the map lights a row", () => {
  view.show(exampleResult(SEVEN));
  told.length = 0;
  view.highlight("charlie");
  assert.deepEqual(
    all(".lit").map(({ dataset }) => dataset.id),
    ["charlie"],
  );
  view.highlight(null);
  assert.equal(all(".lit").length, 0);
  assert.deepEqual(told, []); // the map knows already
});

test("a new answer lets go of the region that the old one lit", () => {
  view.show(exampleResult(SEVEN));
  all(".place-row")[1].click();
  view.show(exampleResult(SEVEN));
  assert.equal(told.at(-1), null);
  assert.equal(all(".lit").length + all("[aria-pressed=true]").length, 0);
});

test("the arrow keys move among the rows that are shown, and one row is a tab stop", () => {
  view.show(exampleResult(SEVEN));
  const press = (key, init = {}) => fire(dom.window.document.activeElement, "keydown", { key, ...init });
  const stops = () => all(".place-row").flatMap((row) => (row.tabIndex === 0 ? [row.dataset.id] : []));
  assert.deepEqual(stops(), ["alpha"]);
  all(".place-row")[0].focus();
  const walk = (keys) => keys.map((key) => (press(key), focused().split(",")[0])).join("");
  assert.equal(walk(["ArrowDown", "ArrowDown", "ArrowUp", "End", "ArrowDown", "Home", "ArrowUp"]), "2325511");
  press("End");
  assert.deepEqual(stops(), ["echo"]);
  assert.equal(press("ArrowUp", { altKey: true }), true); // the browser's own shortcut goes through
  assert.equal(focused(), "5, Echo, 5.0%");
});

test("a tab stop that is folded away goes back to the first row", () => {
  view.show(exampleResult(SEVEN));
  one(".ranking-more").click();
  all(".place-row")[0].focus();
  fire(dom.window.document.activeElement, "keydown", { key: "End" });
  assert.equal(focused(), "7, Golf, 5.0%");
  one(".ranking-more").click();
  assert.deepEqual(
    all(".place-row").map(({ tabIndex }) => tabIndex),
    [0, -1, -1, -1, -1, -1, -1],
  );
});

test("the focus stays where it was when the answer is replaced", () => {
  view.show(exampleResult(SEVEN));
  all(".place-row")[0].focus();
  view.show(exampleResult([0.6, 0.4]));
  assert.equal(focused(), "1, Alpha, 60.0%");
  one(".effort-fold summary").focus();
  view.show(exampleResult([0.5, 0.5]));
  assert.equal(dom.window.document.activeElement, one(".effort-fold summary"));
});

test("the best point, the times and the meaning of the percentages are there", () => {
  view.show(exampleResult(SEVEN));
  assert.equal(one(".point-place").textContent, "34.0219° N, 118.4806° W");
  assert.equal(one(".point-error").textContent, "Expect to be off by about 6 km.");
  assert.deepEqual(texts(".effort dd"), ["21 ms", "9 ms", "380 ms", "<1 ms"]);
  assert.equal(one(".effort-fold summary").textContent, "Took 411 ms on the CPU");
  assert.match(one(".meaning-fold").textContent, /divide 100% among the 7 places/);
  assert.equal(one(".meaning-fold").open, false);
});

test("the photo's own GPS is told, and the place it lies in once the places are known", () => {
  const taken = { photo: { width: 1, height: 1, taken_at: { lat: 34.0101, lon: -118.0102 } } };
  view.show(exampleResult(SEVEN));
  assert.equal(one(".point-exif"), null);
  const result = exampleResult(SEVEN, taken);
  view.show(result);
  assert.match(one(".point-exif").textContent, /118\.0102° W; the prediction was off by/);
  view.setPlaces(examplePlaces(result), { photos: 960 });
  view.show(result);
  assert.match(one(".point-exif").textContent, /118\.0102° W, in Bravo; the prediction/);
  assert.match(one(".meaning-fold").textContent, /calibrated on 960 photos/);
});

test("names and messages stay text", () => {
  const result = exampleResult([0.9, 0.1]);
  result.places[0].name = "<img src=x onerror=alert(1)>";
  view.show(result);
  view.fail("<b>No</b>", new Failure("x", "the `<i>` of <u>it</u>"), null);
  assert.equal(all("img, b, i, u").length, 0);
});

test("a failure is a sentence with its names set apart, and its remedy a button", () => {
  let acted = 0;
  const remedy = { label: "Retry", act: () => (acted += 1) };
  view.fail("It failed", new Failure("x", "shard `a.bin`: expected 3, found 2"), remedy);
  assert.equal(one("#result").dataset.view, "error");
  assert.equal(one(".error-message").textContent, "Shard a.bin: expected 3, found 2.");
  assert.equal(one(".error-message code").textContent, "a.bin");
  one("#error button").click();
  assert.equal(acted, 1);
  view.fail("It failed", new Failure("x", "over"), null);
  assert.equal(one("#error button"), null);
});
