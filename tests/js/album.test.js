import assert from "node:assert/strict";
import test from "node:test";
import { Album } from "../../www/app/album.js";
import { Failure } from "../../www/app/failure.js";

const photo = (name) => ({ bytes: new Blob(["x"]), name });
const RESULT = { places: [] };

/** An album with its events on record, and a clock that the test turns. */
function make() {
  const clock = { now: 0 };
  const album = new Album(() => clock.now);
  const heard = [];
  for (const type of ["added", "changed", "cleared"])
    album.addEventListener(type, ({ detail }) =>
      heard.push([type, (detail.entries ?? [detail.entry]).map((entry) => entry && `${entry.id} ${entry.state}`)]),
    );
  /** One photo from start to end. */
  const work = (entry, ms) => (album.start(entry), (clock.now += ms), album.finish(entry, RESULT));
  return { album, heard, clock, work };
}

test("photos that are added wait, in their order, as the files they are", () => {
  const { album, heard } = make();
  const photos = [photo("a.jpg"), photo("b.jpg")];
  const entries = album.add(photos);
  assert.deepEqual(
    entries.map(({ id, photo: { bytes }, state, result, failure }) => [id, bytes, state, result, failure]),
    [[1, photos[0].bytes, "waiting", null, null], [2, photos[1].bytes, "waiting", null, null]], // prettier-ignore
  );
  assert.equal(entries[0].photo, photos[0]);
  assert.deepEqual(heard, [["added", ["1 waiting", "2 waiting"]]]);
});

test("counts follow every change", () => {
  const { album, heard } = make();
  const [a, b, c] = album.add([photo("a"), photo("b"), photo("c"), photo("d")]);
  album.start(a);
  assert.deepEqual(album.counts, { total: 4, waiting: 3, working: 1, done: 0, failed: 0, cancelled: 0 });
  album.finish(a, RESULT);
  album.start(b);
  album.fail(b, new Failure("photo_too_large", "too large"));
  album.start(c);
  album.cancelWaiting();
  assert.deepEqual(album.counts, { total: 4, waiting: 0, working: 1, done: 1, failed: 1, cancelled: 1 });
  assert.equal(a.result, RESULT);
  assert.equal(b.failure.code, "photo_too_large");
  assert.deepEqual(
    heard.slice(1).map(([, [what]]) => what),
    ["1 working", "1 done", "2 working", "2 failed", "3 working", "4 cancelled"],
  );
});

test("a photo that failed can be looked at again", () => {
  const { album } = make();
  const [entry] = album.add([photo("a")]);
  album.start(entry);
  album.fail(entry, new Failure("crashed", "it crashed"));
  album.start(entry);
  album.finish(entry, RESULT);
  assert.deepEqual(album.counts, { total: 1, waiting: 0, working: 0, done: 1, failed: 0, cancelled: 0 });
  assert.equal(entry.failure, null);
});

test("the time left is that of the latest photos", () => {
  const { album, work, clock } = make();
  const entries = album.add(Array.from({ length: 60 }, (_, index) => photo(`${index}`)));
  assert.equal(album.remaining_ms, null);
  work(entries[0], 100);
  assert.equal(album.remaining_ms, 59 * 100);
  work(entries[1], 300);
  assert.equal(album.remaining_ms, 58 * 200);
  for (const entry of entries.slice(2, 18)) work(entry, 50); // 16 that are quicker: the first two are forgotten
  clock.now += 10_000; // a pause is nobody's work
  assert.equal(album.remaining_ms, 42 * 50);
});

test("a photo that fails before its turn took no time", () => {
  const { album, clock } = make();
  const [entry] = album.add([photo("a"), photo("b")]);
  clock.now += 5000;
  album.fail(entry, new Failure("crashed", "it crashed"));
  assert.equal(album.remaining_ms, null);
});

test("what comes late for a cleared album changes nothing", () => {
  const { album, heard } = make();
  const [old] = album.add([photo("old")]);
  album.start(old);
  album.clear();
  const [fresh] = album.add([photo("new")]);
  heard.length = 0;
  album.finish(old, RESULT);
  assert.deepEqual(heard, []);
  assert.deepEqual(album.counts, { total: 1, waiting: 1, working: 0, done: 0, failed: 0, cancelled: 0 });
  assert.notEqual(fresh.id, old.id);
  assert.deepEqual(album.entries, [fresh]);
});
