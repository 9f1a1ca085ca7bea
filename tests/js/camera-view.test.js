import assert from "node:assert/strict";
import test, { afterEach } from "node:test";
import { JSDOM } from "jsdom";

const { window } = new JSDOM("<!doctype html><body></body>");
const { document, Event } = window;
Object.assign(globalThis, { document, addEventListener: window.addEventListener.bind(window) });
let hidden = false;
Object.defineProperty(document, "hidden", { get: () => hidden });

// what jsdom has not got
const { HTMLDialogElement, HTMLMediaElement, HTMLCanvasElement } = window;
HTMLDialogElement.prototype.showModal = function () {
  this.open = true;
};
HTMLDialogElement.prototype.close = function () {
  if (!this.open) return;
  this.open = false;
  queueMicrotask(() => this.dispatchEvent(new Event("close")));
};
HTMLMediaElement.prototype.play = async () => {};
Object.defineProperty(window.HTMLVideoElement.prototype, "videoWidth", { value: 640 });
Object.defineProperty(window.HTMLVideoElement.prototype, "videoHeight", { value: 480 });
const drawn = [];
HTMLCanvasElement.prototype.getContext = function () {
  return { drawImage: () => drawn.push([this.width, this.height]) };
};
HTMLCanvasElement.prototype.toBlob = (done, type) => queueMicrotask(() => done(new Blob(["photo"], { type })));

const { CameraView } = await import("../../www/app/camera-view.js");
const turn = () => new Promise((done) => setImmediate(done));

class Track extends window.EventTarget {
  running = true;
  constructor(settings) {
    super();
    this.settings = settings;
  }
  getSettings() {
    return this.settings;
  }
  stop() {
    this.running = false;
  }
}

/** Cameras by their settings; each call of `getUserMedia` gives a stream of its own. */
class Cameras {
  asked = [];
  tracks = [];
  constructor(settings, { refuse = "", wait = null } = {}) {
    Object.assign(this, { settings, refuse, wait });
  }
  async getUserMedia(wanted) {
    this.asked.push(wanted);
    await this.wait;
    if (this.refuse) throw new DOMException("", this.refuse);
    const id = wanted.video.deviceId?.exact;
    const track = new Track(this.settings.find(({ deviceId }) => deviceId === id) ?? this.settings[0]);
    this.tracks.push(track);
    return { getTracks: () => [track], getVideoTracks: () => [track] };
  }
  async enumerateDevices() {
    return [
      { kind: "audioinput", deviceId: "mic" },
      ...this.settings.map(({ deviceId }) => ({ kind: "videoinput", deviceId })),
    ];
  }
  get running() {
    return this.tracks.filter(({ running }) => running).length;
  }
}

function make(cameras) {
  document.body.innerHTML = "<button id=opener></button><dialog></dialog>";
  const dialog = document.querySelector("dialog");
  const photos = [];
  new CameraView({
    button: document.querySelector("#opener"),
    dialog,
    onPhoto: (photo) => photos.push(photo),
    cameras,
  });
  const find = (text) => [...dialog.querySelectorAll("button")].find(({ textContent }) => textContent === text);
  const open = async () => (document.querySelector("#opener").click(), await turn());
  return { dialog, photos, find, open, status: () => dialog.querySelector(".camera-status").textContent };
}
const back = { deviceId: "back", facingMode: "environment" };
const front = { deviceId: "front", facingMode: "user" };
afterEach(() => (hidden = false));

test("no camera is asked for before the click, and no microphone ever", async () => {
  const cameras = new Cameras([back]);
  const { open, dialog } = make(cameras);
  await turn();
  assert.equal(cameras.asked.length, 0);
  await open();
  assert.equal(dialog.open, true);
  assert.equal(cameras.asked.length, 1);
  assert.equal(cameras.asked[0].audio, false);
  assert.equal(cameras.asked[0].video.facingMode, "environment");
});

test("a photo is what the camera sees; then the camera stops and the dialog closes", async () => {
  const cameras = new Cameras([back]);
  const { open, find, photos, dialog } = make(cameras);
  await open();
  assert.equal(find("Take photo").getAttribute("aria-disabled"), "false");
  find("Take photo").click();
  find("Take photo").click(); // twice is once
  await turn();
  assert.deepEqual(drawn.at(-1), [640, 480]);
  assert.equal(photos.length, 1);
  assert.equal(photos[0].bytes.type, "image/jpeg");
  assert.match(photos[0].name, /^camera-\d{4}(-\d{2}){5}\.jpg$/);
  assert.equal(dialog.open, false);
  assert.equal(cameras.running, 0);
});

test("nothing can be taken before the camera runs", async () => {
  const cameras = new Cameras([back], { wait: new Promise(() => {}) });
  const { open, find, photos, status } = make(cameras);
  await open();
  assert.match(status(), /Waiting for the camera/);
  assert.equal(find("Take photo").getAttribute("aria-disabled"), "true");
  find("Take photo").click();
  await turn();
  assert.deepEqual(photos, []);
});

const WAYS_OUT = {
  "the button Close": ({ find }) => find("Close").click(),
  "the dialog's own way, as Esc does": ({ dialog }) => dialog.close(),
  "another page": () => window.dispatchEvent(new Event("pagehide")),
  "a page out of sight": () => ((hidden = true), document.dispatchEvent(new Event("visibilitychange"))),
};
for (const [way, leave] of Object.entries(WAYS_OUT)) {
  test(`the camera stops by ${way}`, async () => {
    const cameras = new Cameras([back]);
    const made = make(cameras);
    await made.open();
    assert.equal(cameras.running, 1);
    leave(made);
    await turn();
    assert.equal(cameras.running, 0);
    assert.equal(made.dialog.open, false);
    assert.equal(made.dialog.querySelector("video").srcObject, null);
  });

  test(`a permission that comes after ${way} starts nothing`, async () => {
    let allow;
    const cameras = new Cameras([back], { wait: new Promise((done) => (allow = done)) });
    const made = make(cameras);
    await made.open();
    leave(made);
    await turn();
    allow();
    await turn();
    assert.equal(cameras.tracks.length, 1);
    assert.equal(cameras.running, 0);
  });
}

test("the camera can be opened again", async () => {
  const cameras = new Cameras([back]);
  const { open, find } = make(cameras);
  await open();
  find("Close").click();
  await turn();
  await open();
  assert.equal(cameras.running, 1);
  assert.equal(find("Take photo").getAttribute("aria-disabled"), "false");
});

test("several cameras take turns, one at a time, and only one's own face is mirrored", async () => {
  const cameras = new Cameras([back, front]);
  const { open, find, dialog } = make(cameras);
  const mirrored = () => dialog.querySelector("video").classList.contains("mirror");
  await open();
  assert.equal(find("Switch camera").hidden, false);
  assert.equal(mirrored(), false);
  for (const [id, mirror] of [
    ["front", true],
    ["back", false],
  ]) {
    find("Switch camera").click();
    await turn();
    assert.deepEqual(cameras.asked.at(-1).video.deviceId, { exact: id });
    assert.equal(mirrored(), mirror);
    assert.equal(cameras.running, 1);
  }
});

test("one camera has nothing to switch to", async () => {
  const { open, find } = make(new Cameras([back]));
  await open();
  assert.equal(find("Switch camera").hidden, true);
});

for (const [refuse, words] of [
  ["NotAllowedError", /not allowed\. Allow it in this site's settings/],
  ["NotFoundError", /No camera was found/],
  ["NotReadableError", /in use by another program/],
  ["SomethingNew", /The camera stopped/],
]) {
  test(`the refusal ${refuse} is explained`, async () => {
    const { open, status, find } = make(new Cameras([back], { refuse }));
    await open();
    assert.match(status(), words);
    assert.equal(find("Take photo").getAttribute("aria-disabled"), "true");
  });
}

test("a page that is offered no camera says why", async () => {
  const { open, status } = make(null);
  await open();
  assert.match(status(), /must be opened over https/);
});

test("a camera that is pulled out is told", async () => {
  const cameras = new Cameras([back]);
  const { open, status, find } = make(cameras);
  await open();
  cameras.tracks[0].dispatchEvent(new Event("ended"));
  assert.match(status(), /The camera stopped/);
  assert.equal(find("Take photo").getAttribute("aria-disabled"), "true");
});
