import assert from "node:assert/strict";
import test from "node:test";
import { JSDOM } from "jsdom";

const { window } = new JSDOM("<div id=answer></div>");
Object.assign(globalThis, { document: window.document, Element: window.Element });
const { RankingView } = await import("../../www/app/ranking-view.js");
const { limitRanking } = await import("../../www/app/embed-ranking.js");

const places = Array.from({ length: 8 }, (_, index) => ({
  id: `p${index}`,
  name: `Place ${index}`,
  lat: 0,
  lon: 0,
  cosine: 0,
  probability: 1 / 8,
}));

/** A ranking of `count` places in an element of its own, with `top` rows. */
function setUp(top, count = places.length) {
  const answer = window.document.createElement("div");
  const show = () => answer.replaceChildren(new RankingView({ onHighlight() {} }).show(places.slice(0, count)));
  show();
  limitRanking(answer, top);
  const shown = () => [...answer.querySelectorAll("#ranking > li")].filter((row) => !row.hidden).length;
  return { answer, show, shown, button: () => answer.querySelector(".ranking-more") };
}

test("as many rows as the post asks for, the others behind the button", () => {
  for (const top of [1, 3, 5, 7]) {
    const { shown, button } = setUp(top);
    assert.equal(shown(), top);
    assert.equal(button().textContent, "Show all 8 places");
  }
});

test("the button shows all, and then as many as before", () => {
  const { shown, button } = setUp(3);
  button().click();
  assert.equal(shown(), 8);
  assert.equal(button().textContent, "Show the first 3");
  button().click();
  assert.equal(shown(), 3);
});

test("where all fit there is no button", () => {
  const { shown, button } = setUp(8);
  assert.equal(shown(), 8);
  assert.equal(button().hidden, true);
});

test("another number, and another result, are followed", () => {
  const { answer, show, shown } = setUp(2);
  limitRanking(answer, 4);
  assert.equal(shown(), 4);
  show();
  limitRanking(answer, 4);
  assert.equal(shown(), 4);
});
