/**
 * `placelens locate` against native onnxruntime: 200 photos, all cores, in turn.
 *
 * In: our command line and pack; the peer's models and a Python that has them run.  Out: photos per second, all in
 * (reading, decoding, scaling, encoding, scoring) and in the model alone. Loading the model is in neither.
 * The photos are scenes that our own command line draws, the same ones each time.
 */

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const PEER = fileURLToPath(new URL("native_peer.py", import.meta.url));
const [PHOTOS, SEED, PER_REGION] = [200, 5, 14];
const ROUNDS = 3;
const LIMITS = { maxBuffer: 64 * 2 ** 20 };

/** A folder of exactly the photos, drawn where it is not there. */
async function drawPhotos(cli, out) {
  const [scenes, photos] = [join(out, "scenes"), join(out, "photos")];
  if (existsSync(photos) && readdirSync(photos).length === PHOTOS) return photos;
  for (const folder of [scenes, photos]) rmSync(folder, { recursive: true, force: true });
  await run(cli, ["scenes", "--out", scenes, "--per-region", `${PER_REGION}`, "--seed", `${SEED}`], LIMITS);
  const all = readdirSync(scenes, { recursive: true, encoding: "utf8" });
  const drawn = all.filter((path) => path.endsWith(".jpg") && path !== "contact_sheet.jpg").sort();
  if (drawn.length < PHOTOS) throw new Error(`${scenes}: expected ${PHOTOS} drawn scenes, found ${drawn.length}`);
  mkdirSync(photos);
  drawn.slice(0, PHOTOS).forEach((path, number) => symlinkSync(join(scenes, path), join(photos, `${number}.jpg`)));
  return photos;
}

/** Seconds of the clock that a command takes, and what it printed. */
async function timed(command, words) {
  const begin = performance.now();
  const { stdout } = await run(command, words, LIMITS);
  return { seconds: (performance.now() - begin) / 1000, stdout };
}

/** What every stage of a run's photos took together, and the model alone, in seconds of whichever core it was. */
function stages(stdout) {
  const answers = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).milliseconds);
  const all = answers.flatMap((milliseconds) => Object.values(milliseconds));
  const sum = (list) => list.reduce((total, ms) => total + ms, 0) / 1000;
  return { photos: answers.length, all_s: sum(all), encode_s: sum(answers.map(({ encode }) => encode)) };
}

/**
 * One round of ours. A run with one photo tells how long loading takes, which is left out. Photos share the cores, so
 * the model's part of the clock is its part of all stages.
 */
async function ours(cli, pack, files) {
  const one = await timed(cli, ["locate", "--json", "--model", pack, files[0]]);
  const all = await timed(cli, ["locate", "--json", "--model", pack, ...files]);
  const loading_s = one.seconds - stages(one.stdout).all_s;
  const said = stages(all.stdout);
  if (said.photos !== files.length) throw new Error(`locate: expected ${files.length} answers, found ${said.photos}`);
  const all_s = all.seconds - loading_s;
  const encode_s = (all_s * said.encode_s) / said.all_s;
  return { photos_per_second: files.length / all_s, encodes_per_second: files.length / encode_s };
}

/** @param {{ cli: string, pack: string, models: string, python: string, out: string, say: (text: string) => void }} options */
export async function native({ cli, pack, models, python, out, say }) {
  const able = await run(python, ["-c", "import numpy, onnxruntime, PIL"]).catch(() => null);
  if (!able) {
    const remedy = "pip install numpy onnxruntime pillow, and name that Python in --python";
    const absent = `${python} cannot import numpy, onnxruntime and PIL; ${remedy}`;
    say(absent);
    return { absent };
  }
  say(`native: ${PHOTOS} drawn photos, ${ROUNDS} rounds, ${cpus().length} cores`);
  const photos = await drawPhotos(cli, out);
  const files = readdirSync(photos).sort().map((name) => join(photos, name));
  const rounds = { placelens: [], peer: [] };
  let onnxruntime = "";
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.placelens.push(await ours(cli, pack, files));
    const words = [PEER, join(models, "vision_uint8.onnx"), `${cpus().length}`, photos];
    const said = JSON.parse((await run(python, words, LIMITS)).stdout);
    onnxruntime = said.onnxruntime;
    rounds.peer.push({
      photos_per_second: said.photos / said.all_s,
      encodes_per_second: said.photos / said.encode_s,
    });
  }
  const columns = (list) => ({
    photos_per_second: list.map((round) => round.photos_per_second),
    encodes_per_second: list.map((round) => round.encodes_per_second),
  });
  return { onnxruntime, placelens: columns(rounds.placelens), peer: columns(rounds.peer) };
}
