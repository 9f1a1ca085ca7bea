import assert from "node:assert/strict";
import test, { afterEach } from "node:test";
import { JSDOM } from "jsdom";

const { window } = new JSDOM("<!doctype html><body></body>", { pretendToBeVisual: true });
const { document, Element, HTMLElement, Event, KeyboardEvent } = window;

/** Frames and visibility happen when the test says so. */
const stage = { frames: [], observers: [] };
class FakeObserver {
  seen = new Set();
  constructor(hear, options) {
    Object.assign(this, { hear, options });
    stage.observers.push(this);
  }
  observe(element) {
    this.seen.add(element);
  }
  unobserve(element) {
    this.seen.delete(element);
  }
  disconnect() {
    this.seen.clear();
  }
  show(element, isIntersecting = true) {
    this.hear([{ target: element, isIntersecting }]);
  }
}
const urls = { made: [], released: [] };
URL.createObjectURL = () => (urls.made.push(`blob:${urls.made.length}`), urls.made.at(-1));
URL.revokeObjectURL = (url) => urls.released.push(url);
Object.assign(globalThis, {
  document,
  Element,
  HTMLElement,
  IntersectionObserver: FakeObserver,
  requestAnimationFrame: (act) => stage.frames.push(act),
});

const { Album } = await import("../../www/app/album.js");
const { AlbumView } = await import("../../www/app/album-view.js");
const { Failure } = await import("../../www/app/failure.js");
const { Thumbnails } = await import("../../www/app/thumbnail.js");

const photo = (name) => ({ bytes: new Blob([name]), name });
const result = (name, probability, expected_error_km = 6, more = {}) => ({
  places: [{ id: name, name, lat: 0, lon: 0, cosine: 0.2, probability }],
  point: { lat: 0, lon: 0, expected_error_km },
  confident: true,
  ...more,
});

class FakeWorker extends window.EventTarget {
  asked = [];
  terminated = false;
  postMessage(message) {
    this.asked.push(message);
  }
  terminate() {
    this.terminated = true;
  }
  say(data) {
    this.dispatchEvent(Object.assign(new Event("message"), { data }));
  }
}

/** One frame, or as many as it takes. */
function frame() {
  const [...frames] = stage.frames.splice(0);
  for (const act of frames) act();
  return frames.length;
}
const settle = () => { while (frame() > 0); }; // prettier-ignore

function make(names = []) {
  let now = 0;
  const album = new Album(() => now);
  const section = document.body.appendChild(document.createElement("section"));
  section.hidden = true;
  const heard = [];
  const workers = [];
  const thumbnails = new Thumbnails(() => (workers.push(new FakeWorker()), workers.at(-1)));
  const view = new AlbumView({
    section,
    album,
    thumbnails,
    onOpen: (entry) => heard.push(`open ${entry.id}`),
    onCancel: () => (heard.push("cancel"), album.cancelWaiting()),
    onClear: () => (heard.push("clear"), album.clear()),
  });
  const entries = album.add(names.map(photo));
  settle();
  const rows = () => [...section.querySelectorAll("tbody > tr")];
  const cells = (name) => rows().map((row) => row.querySelector(name).textContent);
  const find = (text) => [...section.querySelectorAll("button")].find((one) => one.textContent === text);
  const work = (entry, value, ms = 1000) => {
    album.start(entry);
    now += ms;
    if (value instanceof Error) album.fail(entry, value);
    else album.finish(entry, value);
  };
  const status = () => section.querySelector(".album-status").textContent;
  return {
    album,
    view,
    section,
    entries,
    heard,
    workers,
    rows,
    cells,
    find,
    work,
    status,
    observer: stage.observers.at(-1),
  };
}
afterEach(() => {
  settle();
  document.body.replaceChildren();
});

test("one photo is no album, two are", () => {
  const { album, section } = make(["a.jpg"]);
  assert.equal(section.hidden, true);
  album.add([photo("b.jpg")]);
  settle();
  assert.equal(section.hidden, false);
});

test("each photo has a row that fills: file, first place, probability, error, state", () => {
  const { entries, cells, work, rows } = make(["trip/a.jpg", "b.jpg", "c.jpg", "d.jpg"]);
  assert.deepEqual(cells(".cell-state"), ["Waiting", "Waiting", "Waiting", "Waiting"]);
  work(entries[0], result("Santa Monica", 0.41, 6.2));
  work(entries[1], new Failure("photo_too_large", "photo `b`: expected at most 64 MB, found 90 MB"));
  work(entries[2], result("Malibu", 0.11, 0.4, { confident: false }));
  settle();
  assert.deepEqual(cells(".file-folder"), ["trip/", "", "", ""]);
  assert.deepEqual(cells(".file-name"), ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]);
  assert.deepEqual(cells(".cell-place"), [
    "Santa Monica",
    "Photo “b”: expected at most 64 MB, found 90 MB",
    "Malibu",
    "",
  ]);
  assert.deepEqual(cells(".cell-probability"), ["41.0%", "", "11.0%", ""]);
  assert.deepEqual(cells(".cell-error"), ["about 6 km", "", "less than 1 km", ""]);
  assert.deepEqual(cells(".cell-state"), ["Done", "Failed", "Not sure", "Waiting"]);
  const buttons = rows().map((row) => row.querySelector("button"));
  assert.equal(buttons[0].getAttribute("aria-label"), "trip/a.jpg: Santa Monica, 41.0%");
  assert.equal(buttons[1].title, "b.jpg: photo `b`: expected at most 64 MB, found 90 MB");
});

test("an untrained model's answer is never one to be sure of", () => {
  const { entries, cells, work } = make(["a", "b"]);
  work(entries[0], result("Malibu", 0.9, 1, { untrained: true }));
  settle();
  assert.equal(cells(".cell-state")[0], "Not sure");
});

test("a file's name stays text", () => {
  const { cells, section } = make(["<img src=x>.jpg", "b.jpg"]);
  assert.equal(cells(".file-name")[0], "<img src=x>.jpg");
  assert.equal(section.querySelectorAll("img[src]").length, 0);
});

test("all that happens between two frames is written at once", () => {
  const { entries, work, cells, album } = make(["a", "b", "c"]);
  for (const entry of entries) work(entry, result("Malibu", 0.5));
  assert.deepEqual(cells(".cell-state"), ["Waiting", "Waiting", "Waiting"]);
  assert.equal(stage.frames.length, 1);
  frame();
  assert.deepEqual(cells(".cell-state"), ["Done", "Done", "Done"]);
  assert.equal(album.counts.done, 3);
});

test("500 photos become rows a few per frame", () => {
  const { album, rows } = make();
  album.add(Array.from({ length: 500 }, (_, index) => photo(`${index}`)));
  let last = 0;
  let frames = 0;
  for (; frame() > 0; frames += 1) {
    assert.ok(rows().length - last <= 40, `${rows().length - last} rows in one frame`);
    last = rows().length;
  }
  assert.equal(last, 500);
  assert.equal(frames, 13);
});

test("progress tells how many are done and how long the others take", () => {
  const { entries, work, status, section, album } = make(["a", "b", "c", "d", "e"]);
  const bar = section.querySelector("progress");
  assert.equal(status(), "0 of 5");
  work(entries[0], result("Malibu", 0.5), 45_000);
  settle();
  assert.equal(status(), "1 of 5, about 3 min left");
  assert.deepEqual([bar.value, bar.max, bar.getAttribute("aria-valuetext")], [1, 5, "1 of 5"]);
  for (const entry of entries.slice(1, 4)) work(entry, result("Malibu", 0.5), 1000);
  settle();
  assert.equal(status(), "4 of 5, less than a minute left"); // (45 + 3) / 4 seconds
  album.start(entries[4]);
  album.fail(entries[4], new Failure("photo_unknown_format", "no photo"));
  settle();
  assert.equal(status(), "5 photos: 4 done, 1 failed");
});

for (const [ms, words] of [
  [2_000, "a few seconds"],
  [59_000, "less than a minute"],
  [61_000, "about 2 min"],
  [3 * 3_600_000, "about 3 h"],
]) {
  test(`a photo that takes ${ms / 1000} s leaves ${words} for the next`, () => {
    const { entries, work, status } = make(["a", "b"]);
    work(entries[0], result("Malibu", 0.5), ms);
    settle();
    assert.equal(status(), `1 of 2, ${words} left`);
  });
}

test("Cancel stops those that wait, then hands its focus on", () => {
  const { entries, find, heard, work, status, album } = make(["a", "b", "c"]);
  work(entries[0], result("Malibu", 0.5));
  settle();
  find("Cancel").focus();
  find("Cancel").click();
  settle();
  assert.deepEqual(heard, ["cancel"]);
  assert.equal(find("Cancel").hidden, true);
  assert.equal(document.activeElement, find("Clear"));
  assert.equal(status(), "3 photos: 1 done, 2 canceled");
  assert.equal(album.counts.cancelled, 2);
});

test("Clear asks once more where results would be lost, and forgets the question", () => {
  const { entries, find, heard, work, section, rows } = make(["a", "b"]);
  work(entries[0], result("Malibu", 0.5));
  settle();
  find("Clear").click();
  assert.deepEqual(heard, []);
  find("Clear 1 result?").dispatchEvent(new Event("blur"));
  find("Clear").click();
  assert.deepEqual(heard, []);
  find("Clear 1 result?").click();
  assert.deepEqual(heard, ["clear"]);
  assert.equal(section.hidden, true);
  assert.equal(rows().length, 0);
  settle();
  assert.equal(section.hidden, true);
});

test("Clear needs no question where there is nothing to lose", () => {
  const { find, heard } = make(["a", "b"]);
  find("Clear").click();
  assert.deepEqual(heard, ["clear"]);
});

test("a row's button opens the photo, and the open one is marked", () => {
  const { entries, rows, heard, view } = make(["a", "b"]);
  rows()[1].querySelector("button").click();
  assert.deepEqual(heard, ["open 2"]);
  const marked = () => rows().map((row) => [row.querySelector("button").getAttribute("aria-current"), row.className]);
  view.mark(entries[1]);
  assert.deepEqual(marked(), [[null, "album-row"], ["true", "album-row current"]]); // prettier-ignore
  view.mark(entries[0]);
  assert.deepEqual(marked(), [["true", "album-row current"], [null, "album-row"]]); // prettier-ignore
});

test("a photo that is marked before its row is built has its mark", () => {
  const { album, view, rows } = make();
  const entries = album.add([photo("a"), photo("b")]);
  view.mark(entries[0]);
  settle();
  assert.equal(rows()[0].querySelector("button").getAttribute("aria-current"), "true");
});

test("a title sorts by its better direction, then the other, then not at all", () => {
  const { entries, cells, work, find, section } = make(["a10", "a9", "b", "waiting"]);
  work(entries[0], result("Malibu", 0.2, 9));
  work(entries[1], result("Hollywood", 0.7, 3));
  work(entries[2], result("Venice", 0.4, 12));
  settle();
  const sorted = () => [cells(".file-name").join(" "), section.querySelector("[aria-sort]")?.getAttribute("aria-sort")];
  find("Probability").click();
  assert.deepEqual(sorted(), ["a9 b a10 waiting", "descending"]);
  find("Probability").click();
  assert.deepEqual(sorted(), ["a10 b a9 waiting", "ascending"]); // what has no value yet stays last
  find("Probability").click();
  assert.deepEqual(sorted(), ["a10 a9 b waiting", undefined]);
  find("File").click();
  assert.deepEqual(sorted(), ["a9 a10 b waiting", "ascending"]);
  find("Expected error").click();
  assert.deepEqual(sorted(), ["a9 a10 b waiting", "ascending"]);
  find("First place").click();
  assert.deepEqual(sorted(), ["a9 a10 b waiting", "ascending"]);
  find("First place").click();
  assert.deepEqual(sorted(), ["b a10 a9 waiting", "descending"]);
  assert.equal(section.querySelectorAll("[aria-sort]").length, 1);
});

test("rows that fill find their place among the sorted ones, many at once as well", () => {
  const { entries, cells, work, find } = make(["a", "b", "c", "d", "e"]);
  find("Probability").click();
  work(entries[3], result("Malibu", 0.5));
  settle();
  assert.equal(cells(".file-name").join(""), "dabce");
  for (const [index, probability] of Object.entries({ 0: 0.4, 1: 0.9, 2: 0.1, 4: 0.6 }))
    work(entries[index], result("Malibu", probability));
  settle();
  assert.equal(cells(".file-name").join(""), "bedac");
});

test("equal rows keep the order in which they came, whichever is done first", () => {
  const { entries, cells, work, find } = make(["a", "b", "c"]);
  find("Probability").click();
  for (const index of [1, 2, 0]) {
    work(entries[index], result("Malibu", 0.5));
    settle();
  }
  assert.equal(cells(".file-name").join(""), "abc");
});

test("a row that moves takes the focus with it", () => {
  const { entries, rows, work, find, cells } = make(["a", "b", "c"]);
  find("Probability").click();
  const button = rows()[2].querySelector("button");
  button.focus();
  work(entries[2], result("Malibu", 0.5));
  settle();
  assert.equal(cells(".file-name").join(""), "cab");
  assert.equal(document.activeElement, button);
});

test("Tab has one stop in the table; arrow keys, Home and End go from row to row", () => {
  const { rows } = make(["a", "b", "c"]);
  const stops = () => rows().map((row) => row.querySelector("button").tabIndex);
  const press = (key) => {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
    document.activeElement.dispatchEvent(event);
    return [rows().findIndex((row) => row.contains(document.activeElement)), event.defaultPrevented];
  };
  assert.deepEqual(stops(), [0, -1, -1]);
  rows()[0].querySelector("button").focus();
  assert.deepEqual(press("ArrowDown"), [1, true]);
  assert.deepEqual(stops(), [-1, 0, -1]);
  assert.deepEqual(press("End"), [2, true]);
  assert.deepEqual(press("ArrowDown"), [2, true]);
  assert.deepEqual(press("ArrowUp"), [1, true]);
  assert.deepEqual(press("Home"), [0, true]);
  assert.deepEqual(press("x"), [0, false]);
});

test("small pictures are made one at a time, of the rows that come near", () => {
  const { rows, workers, observer, entries } = make(["a", "b", "c", "d"]);
  assert.equal(workers.length, 0); // no row was seen yet
  observer.show(rows()[0]);
  observer.show(rows()[1]);
  observer.show(rows()[2]);
  observer.show(rows()[1], false); // scrolled past before its turn
  const asked = () => workers[0].asked.map((bytes) => entries.findIndex(({ photo }) => photo.bytes === bytes));
  assert.deepEqual(asked(), [0]);
  workers[0].say(new Blob(["small"]));
  assert.deepEqual(asked(), [0, 2]);
  const image = rows()[0].querySelector("img");
  assert.deepEqual([image.hidden, image.getAttribute("src")], [false, urls.made.at(-1)]);
  assert.equal(observer.seen.has(rows()[0]), false); // it has its picture
  assert.equal(observer.seen.has(rows()[1]), true);
});

test("a picture that is being made is not thrown away because its row went out of view", () => {
  const { rows, workers, observer } = make(["a", "b"]);
  observer.show(rows()[0]);
  observer.show(rows()[0], false);
  workers[0].say(new Blob(["small"]));
  assert.equal(rows()[0].querySelector("img").hidden, false);
});

test("a picture's address is let go once the picture is there, or cannot be shown", () => {
  const { rows, workers, observer } = make(["a", "b"]);
  for (const [index, type] of ["load", "error"].entries()) {
    observer.show(rows()[index]);
    workers[0].say(new Blob(["small"]));
    const image = rows()[index].querySelector("img");
    assert.ok(!urls.released.includes(image.src));
    image.dispatchEvent(new Event(type));
    assert.ok(urls.released.includes(image.src));
  }
});

test("a photo that cannot be decoded has a row without a picture, and the next has its turn", () => {
  const { rows, workers, observer } = make(["a", "b"]);
  observer.show(rows()[0]);
  observer.show(rows()[1]);
  workers[0].say(null);
  assert.ok(rows()[0].classList.contains("no-picture"));
  assert.equal(workers[0].asked.length, 2);
});

test("where no small picture can be made at all, the table does without", () => {
  const { rows, workers, observer } = make(["a", "b"]);
  observer.show(rows()[0]);
  workers[0].dispatchEvent(new Event("error", { cancelable: true }));
  observer.show(rows()[1]);
  assert.equal(workers.length, 1);
  assert.equal(workers[0].asked.length, 1);
  assert.ok(rows().every((row) => row.classList.contains("no-picture")));
});

test("a cleared album holds no worker, no row and no wish; the next one starts afresh", () => {
  const { album, rows, workers, observer, cells } = make(["a", "b"]);
  observer.show(rows()[0]);
  album.clear();
  assert.equal(workers[0].terminated, true);
  assert.equal(observer.seen.size, 0);
  album.add([photo("c"), photo("d")]);
  settle();
  assert.deepEqual(cells(".file-name"), ["c", "d"]);
  observer.show(rows()[0]);
  workers[0].say(new Blob(["late"]));
  assert.equal(rows()[0].querySelector("img").hidden, true);
  album.add([photo("e")]);
  album.clear(); // before the frame that would have shown it
  settle();
  assert.deepEqual(cells(".file-name"), []);
});
