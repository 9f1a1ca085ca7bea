import assert from "node:assert/strict";
import test from "node:test";
import { contrast, cssOf, forced, readable } from "../../www/app/embed-theme.js";

const [WHITE, BLACK] = [
  [1, 1, 1],
  [0, 0, 0],
];
const hex = (text) => [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16) / 255);
const GROUNDS = { light: ["#ffffff", "#e9eff0"].map(hex), dark: ["#141d1f", "#0f1719"].map(hex) };

test("a condition on the scheme holds, or not, as the post says; others are left alone", () => {
  const dark = "(prefers-color-scheme: dark)";
  assert.equal(forced(dark, "auto"), dark);
  assert.equal(forced(dark, "dark"), "(min-width: 0px)");
  assert.equal(forced(dark, "light"), "(max-width: 0px)");
  assert.equal(forced("(prefers-color-scheme:light)", "light"), "(min-width: 0px)");
  assert.equal(forced(`${dark} and (min-width: 600px)`, "dark"), "(min-width: 0px) and (min-width: 600px)");
  assert.equal(forced("(min-width: 600px)", "dark"), "(min-width: 600px)");
});

test("contrast is WCAG's", () => {
  assert.equal(contrast(BLACK, WHITE), 21);
  assert.equal(contrast(WHITE, WHITE), 1);
  // #767676 is known as the lightest gray that white text may have behind it: 4.54
  assert.ok(Math.abs(contrast(hex("#767676"), WHITE) - 4.54) < 0.005);
});

test("an accent that can be read stays as it is", () => {
  assert.deepEqual(readable(hex("#0a6c74"), GROUNDS.light).accent, hex("#0a6c74"));
  assert.deepEqual(readable(hex("#63ccd2"), GROUNDS.dark).accent, hex("#63ccd2"));
});

test("any other accent is moved until it can be read, on every ground, and its text on it", () => {
  const colors = ["#ffff00", "#ffffff", "#000000", "#ff0000", "#b3541e", "#808080", "#00ff88", "#0000ff"];
  for (const [scheme, grounds] of Object.entries(GROUNDS)) {
    for (const color of colors) {
      const { accent, on } = readable(hex(color), grounds);
      for (const ground of grounds) assert.ok(contrast(accent, ground) >= 4.5, `${color} on ${scheme}`);
      assert.ok(contrast(on, accent) >= 4.5, `text on ${color}, ${scheme}`);
    }
  }
});

test("a moved accent keeps its hue: yellow becomes a dark yellow, not gray", () => {
  const [r, g, b] = readable(hex("#ffff00"), GROUNDS.light).accent;
  assert.ok(Math.abs(r - g) < 1e-9 && b === 0 && r < 0.6, cssOf([r, g, b]));
});
