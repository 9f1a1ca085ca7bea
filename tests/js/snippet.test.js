import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { JSDOM } from "jsdom";
import {
  attributes,
  DEFAULTS,
  directives,
  HEIGHTS_PX,
  isLocal,
  reserve,
  shortened,
  snippet,
} from "../../www/app/snippet.js";

const HOST = "https://lens.example/app/";

/** What a browser makes of the snippet. */
function parsed(choices) {
  const { document } = new JSDOM(snippet({ ...DEFAULTS, ...choices }, HOST)).window;
  const widget = document.querySelector("place-lens");
  return {
    script: document.querySelector("script"),
    link: widget.querySelector("a"),
    attributes: Object.fromEntries(widget.getAttributeNames().map((name) => [name, widget.getAttribute(name)])),
  };
}

test("without choices the snippet is two lines without an attribute", () => {
  assert.equal(snippet(DEFAULTS, HOST).split("\n").length, 2);
  const { script, link, attributes: none } = parsed({});
  assert.deepEqual([script.type, script.src], ["module", `${HOST}embed.js`]);
  assert.equal(link.href, HOST, "without JavaScript there is a link to the page");
  assert.deepEqual(none, {});
});

test("each choice becomes its attribute", () => {
  const choices = {
    source: "for",
    selector: "#corner",
    loading: "visible",
    top: 5,
    theme: "dark",
    accent: "#b3541e",
    title: "Where?",
    share: true,
    model: "m/manifest.json",
    places: "p/manifest.json",
  };
  assert.deepEqual(parsed(choices).attributes, {
    for: "#corner",
    loading: "visible",
    top: "5",
    theme: "dark",
    accent: "#b3541e",
    title: "Where?",
    "share-results": "",
    model: "m/manifest.json",
    places: "p/manifest.json",
  });
  assert.deepEqual(parsed({ source: "photo", photo: "a.jpg" }).attributes, { photo: "a.jpg" });
});

test("a source without its address is no attribute", () => {
  assert.deepEqual(attributes({ ...DEFAULTS, source: "photo" }), []);
  assert.deepEqual(attributes({ ...DEFAULTS, source: "for", selector: "" }), []);
});

test("nothing that an author types can leave its attribute", () => {
  const title = `"><script>alert(1)</script>&amp; 'x'`;
  const { attributes: found } = parsed({ title });
  assert.deepEqual(found, { title });
  assert.equal(snippet({ ...DEFAULTS, title }, HOST).match(/<script/g).length, 1);
});

test("the two directives name the site's origin, not its path", () => {
  assert.equal(directives(HOST), "script-src https://lens.example; frame-src https://lens.example");
});

test("an address of this machine only is recognized", () => {
  for (const host of ["http://127.0.0.1:8080/", "http://localhost/", "http://[::1]:80/"])
    assert.ok(isLocal(host), host);
  for (const host of [HOST, "https://localhost.example/"]) assert.ok(!isLocal(host), host);
});

test("an address on the widget's own site is written relative to it", () => {
  assert.equal(shortened(`${HOST}streets/manifest.json`, HOST), "streets/manifest.json");
  assert.equal(shortened("https://cdn.example/manifest.json", HOST), "https://cdn.example/manifest.json");
});

test("the room that is kept is the room that the element takes", () => {
  const source = readFileSync(new URL("../../www/embed.js", import.meta.url), "utf8");
  const { narrow, wide, row, share } = HEIGHTS_PX;
  for (const words of [
    `--place-lens-height,${narrow}px`,
    `--place-lens-height,${wide}px`,
    `more = ${row} * (`,
    `? ${share} : 0`,
  ])
    assert.ok(source.includes(words), words);
  assert.match(reserve(DEFAULTS), /min-height: 640px[^]*min-height: 440px/);
  assert.match(reserve({ ...DEFAULTS, top: 5, share: true }), /min-height: 772px[^]*min-height: 572px/);
});
