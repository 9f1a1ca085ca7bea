/**
 * The contestants in one page, each asked in turn: A B C A B C, so that whatever disturbs one disturbs the others.
 *
 * In: the command's calls.  Out: lists of times, in the order they were taken.
 */

import { Contestant } from "./calls.js";
import { drawLargePhoto } from "./large-photo.js";

/** @type {Map<string, Contestant>} */
const contestants = new Map();
const files = new Map();

/** @param {string} address */
async function floats(address) {
  return new Float32Array(await (await fetch(address)).arrayBuffer());
}

/** Asks every contestant once per round, and keeps what they say after the first `warmup` rounds. */
async function rounds(names, { runs, warmup }, ask) {
  const said = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < warmup + runs; round += 1)
    for (const name of names) {
      const value = await ask(contestants.get(name));
      if (round >= warmup) said[name].push(value);
    }
  return said;
}

/** 1 − cosine, in 64 bits. */
function distance(a, b) {
  let [dot, aa, bb] = [0, 0, 0];
  for (let at = 0; at < b.length; at += 1) {
    dot += a[at] * b[at];
    aa += a[at] ** 2;
    bb += b[at] ** 2;
  }
  return 1 - dot / Math.sqrt(aa * bb);
}

window.contest = {
  async openPlaceLens(name, { folder, manifest, towers = false }) {
    const contestant = new Contestant(name, "placelens-worker.js");
    contestants.set(name, contestant);
    await contestant.call("start", { folder });
    return await contestant.call(towers ? "openTowers" : "open", { manifest });
  },

  async openPeer(name, { model }) {
    const contestant = new Contestant(name, "peer-worker.js");
    contestants.set(name, contestant);
    return await contestant.call("open", { model });
  },

  close() {
    for (const contestant of contestants.values()) contestant.close();
    contestants.clear();
  },

  async addPhoto(name, address) {
    files.set(name, await (await fetch(address)).blob());
  },

  async addLargePhoto(name, address) {
    const photo = await drawLargePhoto(await (await fetch(address)).blob());
    files.set(name, photo);
    return { size_bytes: photo.size };
  },

  locate: (names, photo, how) => rounds(names, how, (each) => each.call("locate", { photo: files.get(photo) })),

  async memory(names) {
    const each = names.map(async (name) => [name, await contestants.get(name).call("memory")]);
    return Object.fromEntries(await Promise.all(each));
  },

  /** 1 − cosine to the f32 model's embedding of the same pixels. */
  async distances(names) {
    const [pixels, golden] = await Promise.all(["/models/pixel_values.f32", "/models/image_embeds.f32"].map(floats));
    const said = await rounds(names, { runs: 1, warmup: 0 }, (each) => each.call("embed", { pixels }));
    return Object.fromEntries(names.map((name) => [name, distance(said[name][0].embeddings, golden)]));
  },

  /** `count` photos in one call, and the same one by one: the times, and the largest difference of any value. */
  async batches(name, count, runs) {
    const one = await floats("/models/pixel_values.f32");
    // every photo another one: the first one's pixels, turned by some rows
    const photo = (number) => Float32Array.from(one, (_, at) => one[(at + number * 224) % one.length]);
    const photos = Array.from({ length: count }, (_, number) => photo(number));
    const all = new Float32Array(count * one.length);
    photos.forEach((pixels, number) => all.set(pixels, number * one.length));
    const [together, single] = [[], []];
    let difference = 0;
    const embed = (pixels) => contestants.get(name).call("embed", { pixels });
    const inTurn = async () => {
      const said = [];
      for (const pixels of photos) said.push(await embed(pixels));
      return said;
    };
    for (let run = 0; run <= runs; run += 1) {
      // each is first every other time, so that a machine that gets busier disturbs both
      const before = run % 2 === 0 ? null : await inTurn();
      const batch = await embed(all);
      const each = before ?? (await inTurn());
      each.forEach(({ embeddings }, number) =>
        embeddings.forEach((value, at) => {
          difference = Math.max(difference, Math.abs(value - batch.embeddings[number * embeddings.length + at]));
        }),
      );
      if (run === 0) continue; // warm-up
      together.push(batch.encode);
      single.push(each.reduce((sum, { encode }) => sum + encode, 0));
    }
    return { together, single, difference };
  },
};
