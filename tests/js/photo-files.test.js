import assert from "node:assert/strict";
import test from "node:test";
import { photosAmong, photosDropped } from "../../www/app/photo-files.js";

const file = (name, type = "") => new File(["x"], name, { type });
/** As a folder's chooser hands it over. */
const inFolder = (path, type = "") =>
  Object.defineProperty(file(path.split("/").at(-1), type), "webkitRelativePath", { value: path });
const names = ({ photos }) => photos.map(({ name }) => name);

/** A dropped folder: a file's type, or what is inside, by name. Hands over `part` entries at a time. */
function entry(name, inside, { part = 100, parent = "" } = {}) {
  const fullPath = `${parent}/${name}`;
  if (inside instanceof Error) return { name, fullPath, isDirectory: false, file: (_, fail) => fail(inside) };
  if (typeof inside === "string")
    return { name, fullPath, isDirectory: false, file: (done) => done(file(name, inside)) };
  const entries = Object.entries(inside).map(([each, what]) => entry(each, what, { part, parent: fullPath }));
  const createReader = () => {
    let at = 0;
    return { readEntries: (done) => queueMicrotask(() => done(entries.slice(at, (at += part)))) };
  };
  return { name, fullPath, isDirectory: true, createReader };
}
const drop = (entries, files = []) => ({
  files,
  items: entries.map((each) => ({ kind: "file", webkitGetAsEntry: () => each })),
});

test("a file by itself is taken whatever it is, and not copied", () => {
  const notes = file("notes.txt", "text/plain");
  const found = photosAmong([notes]);
  assert.deepEqual(found, { photos: [{ bytes: notes, name: "notes.txt" }], skipped: 0, limited: false });
  assert.equal(found.photos[0].bytes, notes);
});

test("among several files those that are no pictures are passed over and counted", () => {
  const found = photosAmong([
    file("a.JPG"),
    file("b.heic"),
    file("c", "image/webp"),
    file("d.pdf", "application/pdf"),
    file("e.svg", "image/svg+xml"),
    file("f.mov", "video/quicktime"),
  ]);
  assert.deepEqual(names(found), ["a.JPG", "b.heic", "c"]);
  assert.equal(found.skipped, 3);
});

test("files that a system hides are not even counted", () => {
  const found = photosAmong([file(".DS_Store"), file("._a.jpg", "image/jpeg"), file("a.jpg")]);
  assert.deepEqual({ names: names(found), skipped: found.skipped }, { names: ["a.jpg"], skipped: 0 });
});

test("a chosen folder's photos have their path, and come in the order of it", () => {
  const found = photosAmong([
    inFolder("trip/day 10/a.jpg"),
    inFolder("trip/day 2/b.jpg"),
    inFolder("trip/day 2/A.jpg"),
  ]);
  assert.deepEqual(names(found), ["trip/day 2/A.jpg", "trip/day 2/b.jpg", "trip/day 10/a.jpg"]);
});

test("a chosen folder with one file that is no picture has no photo", () => {
  assert.deepEqual(photosAmong([inFolder("trip/notes.txt")]), { photos: [], skipped: 1, limited: false });
});

test("no more photos are taken than the limit", () => {
  const files = Array.from({ length: 5 }, (_, index) => file(`${index}.jpg`));
  const found = photosAmong(files, { photos: 3, entries: 10 });
  assert.deepEqual({ count: found.photos.length, limited: found.limited }, { count: 3, limited: true });
  assert.equal(photosAmong(files.slice(0, 3), { photos: 3, entries: 10 }).limited, false);
});

test("a dropped folder is walked to its depths, in the order of its names", async () => {
  const trip = entry("trip", {
    "b10.jpg": "image/jpeg",
    "b9.jpg": "image/jpeg",
    a: { deep: { deeper: { "x.png": "image/png" } }, "notes.txt": "text/plain" },
    ".hidden": { "secret.jpg": "image/jpeg" },
    empty: {},
  });
  const found = await photosDropped(drop([trip, entry("single.jpg", "image/jpeg")]));
  assert.deepEqual(names(found), ["single.jpg", "trip/a/deep/deeper/x.png", "trip/b9.jpg", "trip/b10.jpg"]);
  assert.deepEqual({ skipped: found.skipped, limited: found.limited }, { skipped: 1, limited: false });
});

test("a folder that is handed over in parts is taken whole", async () => {
  const inside = Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`${index}.jpg`, "image/jpeg"]));
  const found = await photosDropped(drop([entry("many", inside, { part: 100 })]));
  assert.equal(found.photos.length, 250);
  assert.equal(names(found)[249], "many/249.jpg");
});

test("a walk ends at the limit of photos, and of files", async () => {
  const inside = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`${index}.jpg`, "image/jpeg"]));
  const photos = await photosDropped(drop([entry("many", inside)]), { photos: 7, entries: 1000 });
  assert.deepEqual({ count: photos.photos.length, limited: photos.limited }, { count: 7, limited: true });
  const files = await photosDropped(drop([entry("many", inside)]), { photos: 1000, entries: 11 });
  // the folder itself is one of the eleven
  assert.deepEqual({ count: files.photos.length, limited: files.limited }, { count: 10, limited: true });
});

test("a file that cannot be read is passed over, the others are taken", async () => {
  const found = await photosDropped(drop([entry("trip", { "a.jpg": new Error("gone"), "b.jpg": "image/jpeg" })]));
  assert.deepEqual({ names: names(found), skipped: found.skipped }, { names: ["trip/b.jpg"], skipped: 1 });
});

test("a drop is taken hold of at once, before the browser empties it", async () => {
  const dropped = drop([entry("trip", { "a.jpg": "image/jpeg" })]);
  const found = photosDropped(dropped);
  dropped.items.length = 0;
  assert.deepEqual(names(await found), ["trip/a.jpg"]);
});

test("a drop without folders is its files, also where the browser knows no entries", async () => {
  const photo = file("a.txt");
  const found = await photosDropped({ files: [photo], items: [{ kind: "file" }, { kind: "string" }] });
  assert.equal(found.photos[0].bytes, photo);
});
