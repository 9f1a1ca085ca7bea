/**
 * The built page against the command line: same photos, same model, same numbers.
 *
 * In: PLACELENS_DIST, the built site; PLACELENS_CLI, the `placelens` program.
 * Cosines agree within 1e-3 (issue: both backends against the command line): WebGPU sums in
 * another order and in its own exp, which moves a normalized embedding by up to that much.
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { reply, useSite } from "./fixture.mjs";
import { choose, events, waitForState } from "./site.mjs";

const DIST = process.env.PLACELENS_DIST;
const CLI = process.env.PLACELENS_CLI;
if (!DIST || !existsSync(DIST))
  throw new Error(`PLACELENS_DIST: expected the folder of the built site, found ${DIST}; run ./build.sh site first`);
if (!CLI || !existsSync(CLI))
  throw new Error(`PLACELENS_CLI: expected the placelens program, found ${CLI}; build it first`);

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const GOLDEN = new URL("../golden/", import.meta.url);
const PACKS = mkdtempSync(join(tmpdir(), "placelens-pack-"));
const FULL = join(PACKS, "full");
const REGIONS = join(ROOT, "model/regions.geojson");
execFileSync(CLI, ["pack", "--formula", "vit-b-32", "--dtype", "int8", "--places", REGIONS, "--out", FULL], {
  stdio: ["ignore", "inherit", "ignore"],
});

const { site, visit } = useSite({
  dir: () => DIST,
  base: "/user/repo/",
  mounts: () => ({ "/other/": FULL }),
  cleanUp: () => rmSync(PACKS, { recursive: true, force: true }),
});
const bare = useSite({ dir: () => DIST, webgpu: false });

/** Ten photos of several formats, shapes and orientations, all of which both sides decode themselves. */
const PHOTOS = [
  ...["dome.jpg", "stacked-signs.jpg", "just-a-street.jpg"].map((name) => join(ROOT, "www/samples", name)),
  ...[
    "page/street_240x160.png",
    "preprocess/images/photo_3000x2000.jpg",
    "preprocess/images/progressive_640x480.jpg",
    "preprocess/images/exif6_400x300.jpg",
    "preprocess/images/rgba_260x300.png",
    "preprocess/images/gray16_320x240.png",
    "preprocess/images/palette_256x256.png",
  ].map((path) => fileURLToPath(new URL(path, GOLDEN))),
];

/** The command line's own results, one for each photo. @param {string} model @param {string[]} photos */
function locateNatively(model, photos) {
  const lines = execFileSync(CLI, ["locate", "--model", model, "--json", ...photos], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  })
    .trim()
    .split("\n");
  assert.equal(lines.length, photos.length);
  return lines.map((line) => JSON.parse(line));
}

/**
 * The largest difference of any cosine; fails where the order differs by more than a tie.
 * @param {any} page @param {any} native @param {number} tolerance
 */
function compare(page, native, tolerance) {
  assert.equal(page.places.length, native.places.length);
  const expected = new Map(native.places.map((place) => [place.id, place]));
  let largest = 0;
  page.places.forEach((place, rank) => {
    const difference = Math.abs(place.cosine - expected.get(place.id).cosine);
    largest = Math.max(largest, difference);
    assert.ok(
      difference <= tolerance,
      `${place.id}: cosine ${place.cosine}, the command line has ${expected.get(place.id).cosine}`,
    );
    const other = native.places[rank];
    const tie = Math.abs(expected.get(place.id).cosine - other.cosine) <= 2 * tolerance;
    assert.ok(place.id === other.id || tie, `rank ${rank}: ${place.id}, the command line has ${other.id}`);
  });
  return largest;
}

for (const device of ["cpu", "webgpu"]) {
  test(`on ${device}, ten photos rank as on the command line`, { timeout: 300_000 }, async (t) => {
    const native = locateNatively(join(DIST, "model"), PHOTOS);
    assert.equal(PHOTOS.length, 10);
    const { page } = await visit(t, `?device=${device}`, { wait: false });
    await waitForState(page, "ready", 180_000);
    assert.equal((await events(page, "ready"))[0].backend, device);
    let largest = 0;
    for (const [index, photo] of PHOTOS.entries()) {
      const { name, detail } = await choose(page, photo, 120_000);
      assert.equal(name, "result", `${basename(photo)}: ${JSON.stringify(detail)}`);
      assert.equal(detail.backend, device);
      assert.deepEqual(
        [detail.photo.width, detail.photo.height],
        [native[index].photo.width, native[index].photo.height],
        basename(photo),
      );
      largest = Math.max(largest, compare(detail, native[index], 1e-3));
    }
    t.diagnostic(`${device}: largest difference of a cosine over ${PHOTOS.length} photos: ${largest.toExponential(2)}`);
  });
}

test("every file that the built pages, scripts and styles name is there", () => {
  const named = [
    [/\.html$/, /\s(?:src|href|data-sample)="([^"#][^":]*)"/g],
    [/^[^/]*\.js$|^app\/.*\.js$/, /(?:new URL\(|import\(|from)"(\.[^"]*)"/g],
    [/^styles\/.*\.css$/, /(?:@import|url\()\s*"([^"]*)"/g],
  ];
  let found = 0;
  for (const path of readdirSync(DIST, { recursive: true })) {
    const [, pattern] = named.find(([files]) => files.test(path)) ?? [];
    if (!pattern) continue;
    for (const [, name] of readFileSync(join(DIST, path), "utf8").matchAll(pattern)) {
      const { pathname } = new URL(name, new URL(path, "https://host.test/"));
      assert.ok(existsSync(join(DIST, pathname)), `${path} names ${name}`);
      found += 1;
    }
  }
  assert.ok(found > 60, `${found} names`);
});

test("the result has the design's shape", async (t) => {
  const { page } = await visit(t, "?device=cpu");
  const { detail } = await choose(page, PHOTOS[0]);
  const [native] = locateNatively(join(DIST, "model"), [PHOTOS[0]]);
  const shape = (value) =>
    Array.isArray(value)
      ? [shape(value[0])]
      : value && typeof value === "object"
        ? Object.fromEntries(
            Object.entries(value)
              .sort()
              .map(([key, inner]) => [key, shape(inner)]),
          )
        : typeof value;
  delete native.file;
  assert.deepEqual(shape(detail), shape(native));
  assert.equal(detail.places.length, 15);
  assert.ok(Math.abs(detail.places.reduce((sum, { probability }) => sum + probability, 0) - 1) < 1e-6); // rounding of 15 floats
  for (const part of ["decode", "preprocess", "encode", "score"]) assert.ok(detail.milliseconds[part] >= 0, part);
  for (const part of ["lat", "lon", "expected_error_km"]) assert.equal(typeof detail.point[part], "number", part);
});

test("without an adapter auto runs on the CPU and says so", async (t) => {
  const { page } = await bare.visit(t, "?device=auto");
  assert.equal((await events(page, "ready"))[0].backend, "cpu");
  assert.match(await page.textContent("#model-note"), /WebGPU is not available here/);
  assert.equal((await choose(page, PHOTOS[0])).name, "result");
});

test("a second visit loads no model file", async (t) => {
  const { page } = await visit(t, "?device=cpu");
  const modelFiles = () =>
    site.server.requests.filter((url) => url.includes("/model/") && !url.endsWith("manifest.json"));
  assert.ok(modelFiles().length > 0);
  site.server.requests.length = 0;
  await page.reload();
  await waitForState(page, "ready");
  assert.deepEqual(modelFiles(), []);
  assert.equal((await choose(page, PHOTOS[0])).name, "result");
});

test("a shard with one flipped byte is refused by its SHA-256, and a retry fetches only that one", async (t) => {
  const wanted = [];
  let spoiled = null; // the first shard that the page asks for
  let answered = false;
  const intercept = (_, response, path) => {
    const name = basename(path);
    if (!path.includes("/model/") || !name.endsWith(".safetensors")) return false;
    wanted.push(name);
    spoiled ??= name;
    if (name !== spoiled || answered) return false;
    answered = true;
    const bytes = readFileSync(join(DIST, "model", name));
    bytes[bytes.length >> 1] ^= 1;
    return reply(response, 200, bytes);
  };
  const { page } = await visit(t, "?device=cpu", { intercept });
  assert.equal(await page.getAttribute("html", "data-state"), "failed");
  const [error] = await events(page, "error");
  assert.equal(error.code, "shard");
  assert.ok(error.message.includes(spoiled) || error.message.includes(spoiled.split(".")[0]), error.message);
  assert.match(error.message, /[0-9a-f]{64}/);
  wanted.length = 0;
  await page.getByRole("button", { name: "Retry" }).click();
  await waitForState(page, "ready");
  assert.deepEqual(wanted, [spoiled]);
});

for (const [what, file, code] of [
  [
    "a text",
    { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("This is no photo at all, only words.") },
    /^photo_/,
  ],
  ["an empty file", { name: "empty.jpg", mimeType: "image/jpeg", buffer: Buffer.alloc(0) }, /^photo_/],
  [
    "a JPEG cut in half",
    { name: "half.jpg", mimeType: "image/jpeg", buffer: half(readFileSync(PHOTOS[0])) },
    /^photo_/,
  ],
  ["a bomb", { name: "bomb.png", mimeType: "image/png", buffer: bomb() }, /^photo_/],
]) {
  test(`${what} is told as the photo's fault, and the next photo works`, async (t) => {
    const { page } = await visit(t, "?device=cpu");
    const { name, detail } = await choose(page, file);
    assert.equal(name, "error");
    assert.match(detail.code, code);
    assert.ok(detail.message.length > 20, detail.message);
    assert.equal(await page.getAttribute("html", "data-state"), "ready");
    assert.equal((await choose(page, PHOTOS[0])).name, "result");
    assert.equal((await events(page, "ready")).length, 1, "the worker is still the first");
  });
}

/** @param {Buffer} bytes */
function half(bytes) {
  return bytes.subarray(0, bytes.length >> 1);
}

/** A PNG whose header promises 60,000 × 60,000 pixels. */
function bomb() {
  const png = readFileSync(fileURLToPath(new URL("page/street_240x160.png", GOLDEN)));
  png.writeUInt32BE(60_000, 16);
  png.writeUInt32BE(60_000, 20);
  return png;
}

test("every command of the page about weights is one that the program takes", () => {
  const html = readFileSync(join(DIST, "weights.html"), "utf8");
  const blocks = [...html.matchAll(/<pre[^>]*><code>([^<]*)<\/code><\/pre>/g)].map(([, block]) => block);
  const lines = blocks.flatMap((block) => block.replaceAll("\\\n", " ").split("\n"));
  const commands = lines.filter((line) => line.startsWith("placelens "));
  assert.equal(commands.length, 7);
  for (const command of commands) {
    const words = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare);
    // `--help` ends the reading of arguments without a run; a wrong one before it is still refused, with 2
    execFileSync(CLI, [...words.slice(1), "--help"], { stdio: ["ignore", "ignore", "inherit"] });
  }
});

test("AVIF by the browser's decoder ranks nearly as the same picture in PNG", async (t) => {
  const { page } = await visit(t, "?device=cpu");
  const { name, detail } = await choose(page, fileURLToPath(new URL("page/street_240x160.avif", GOLDEN)));
  assert.equal(name, "result", JSON.stringify(detail));
  const [native] = locateNatively(join(DIST, "model"), [fileURLToPath(new URL("page/street_240x160.png", GOLDEN))]);
  assert.deepEqual([detail.photo.width, detail.photo.height], [240, 160]);
  // AVIF at quality 80 moves pixels by some levels; another picture moves cosines by far more
  const largest = compare(detail, native, 2e-2);
  t.diagnostic(`AVIF: largest difference of a cosine: ${largest.toExponential(2)}`);
});

/** The largest resident set that any renderer process has had, in MB. @param {import("playwright-core").Browser} browser */
async function peakRendererMemory(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const peaks = processInfo
    .filter(({ type }) => type === "renderer")
    .map(({ id }) => {
      const status = existsSync(`/proc/${id}/status`) ? readFileSync(`/proc/${id}/status`, "utf8") : "";
      return Number(status.match(/VmHWM:\s+(\d+) kB/)?.[1] ?? 0) / 1000;
    });
  return Math.max(0, ...peaks);
}

test(
  "a full-size ViT-B/32 in int8 loads in the page and answers as the command line does",
  { timeout: 600_000 },
  async (t) => {
    const photos = PHOTOS.slice(0, 3);
    const native = locateNatively(FULL, photos);
    const begin = performance.now();
    const { page } = await visit(t, "?device=cpu&model=/other/manifest.json", { wait: false });
    await waitForState(page, "ready", 300_000);
    const ready_s = (performance.now() - begin) / 1000;
    const [, total] = (await page.textContent("#model-bytes")).match(/^([\d.]+) MB$/);
    let largest = 0;
    const times = [];
    for (const [index, photo] of photos.entries()) {
      const { name, detail } = await choose(page, photo, 200_000);
      assert.equal(name, "result", JSON.stringify(detail));
      largest = Math.max(largest, compare(detail, native[index], 2e-3)); // the limit for int8 on the CPU
      times.push(Math.round(detail.milliseconds.encode));
    }
    const peak = await peakRendererMemory(site.browser);
    t.diagnostic(
      `full size: ${total} MB, ready in ${ready_s.toFixed(1)} s, encode ${times.join(", ")} ms, peak of the tab ${peak.toFixed(0)} MB, largest difference of a cosine ${largest.toExponential(2)}`,
    );
  },
);
