/**
 * What the benchmark needs before it can begin, and what to do where something is missing.
 *
 * In: the command's words.  Out: options; folders of packs, made by our own command line and kept.
 * Everything that only the user can bring is asked for first, in one message.
 */

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SECTIONS = ["encode", "embed", "visits", "bytes", "native"];
const PEER_FILES = ["vision_uint8.onnx", "vision_fp32.onnx", "pixel_values.f32", "image_embeds.f32"];

export const USAGE = `usage: ./build.sh bench --models DIR [--runs N] [--packs DIR] [--python PATH] [--only SECTION,…]

  --models DIR    the peer's models: the folder that \`make_onnx.py --out DIR\` writes
                  (pip install numpy onnx onnxruntime; it builds ViT-B/32 by the same formula as our pack)
  --runs N        measured runs of a photo, after warm-up; other figures take a share of them (default 30)
  --packs DIR     where the formula's packs are, or are put (default target/bench/packs)
  --python PATH   a Python that can import numpy, onnxruntime and PIL, for the native part (default python3)
  --only LIST     some of the parts: ${SECTIONS.join(", ")}
  --site DIR      a built site (default dist)
  --cli PATH      the command line (default target/release/placelens)
  --check         only look whether everything is there
`;

/** For the user's eyes: no trace of where it was thrown. */
export class Missing extends Error {}

/** @param {string[]} words */
export function readOptions(words) {
  const text = { type: /** @type {const} */ ("string") };
  let values;
  try {
    ({ values } = parseArgs({
      args: words,
      options: {
        ...{ models: text, runs: text, packs: text, python: text, only: text, site: text, cli: text },
        check: { type: "boolean" },
      },
    }));
  } catch (error) {
    throw new Missing(`${error.message}\n\n${USAGE}`);
  }
  const runs = Number(values.runs ?? 30);
  if (!Number.isInteger(runs) || runs < 3 || runs > 10_000)
    throw new Missing(`--runs: expected a whole number from 3 to 10000, found ${values.runs}`);
  const only = values.only?.split(",") ?? SECTIONS;
  const unknown = only.filter((section) => !SECTIONS.includes(section));
  if (unknown.length > 0) throw new Missing(`--only: expected some of ${SECTIONS.join(", ")}; found ${unknown}`);
  if (!values.models)
    throw new Missing(`--models: expected the folder of the peer's models, found nothing\n\n${USAGE}`);
  const path = (word, other) => resolve(word ?? join(ROOT, other));
  return {
    ...{ runs, only, check: values.check === true, python: values.python ?? "python3" },
    models: resolve(values.models),
    packs: path(values.packs, "target/bench/packs"),
    site: path(values.site, "dist"),
    cli: path(values.cli, "target/release/placelens"),
  };
}

/** Complains about everything that is missing at once. @param {ReturnType<typeof readOptions>} options */
export function checkPeer({ models }) {
  const absent = PEER_FILES.filter((file) => !statSync(join(models, file), { throwIfNoEntry: false })?.isFile());
  if (absent.length > 0)
    throw new Missing(
      `${models}: expected the peer's models, found no ${absent.join(", no ")}; make them with\n` +
        `  pip install numpy onnx onnxruntime && python make_onnx.py --out ${models}`,
    );
  if (!existsSync(join(ROOT, "tests/bench/node_modules/onnxruntime-web/package.json")))
    throw new Missing("onnxruntime-web: expected it in tests/bench; run `npm ci` there, or ./build.sh bench");
}

/** @param {ReturnType<typeof readOptions>} options */
export function checkSite({ site, cli }) {
  for (const file of [join(site, "wasm/cpu/placelens_bg.wasm"), join(site, "index.html"), cli])
    if (!existsSync(file)) throw new Missing(`${file}: expected it to be built, found nothing; run ./build.sh site`);
}

/** The modules of the site that are there, by the names that the report gives them. @param {string} site */
export function modulesOf(site) {
  const known = { simd128: "wasm/cpu/", relaxed: "wasm/cpu-relaxed/", webgpu: "wasm/webgpu/" };
  const isThere = ([, folder]) => existsSync(join(site, folder, "placelens_bg.wasm"));
  return Object.fromEntries(Object.entries(known).filter(isThere));
}

const run = promisify(execFile);

/** The dtypes that this command line can pack. @param {string} cli */
async function dtypesOf(cli) {
  const { stdout } = await run(cli, ["pack", "--help"]);
  const offered = /--dtype.*?possible values: ([^\]]+)\]/s.exec(stdout)?.[1].split(", ") ?? [];
  return ["int8", "int4"].filter((dtype) => offered.includes(dtype));
}

/** The folder of each pack of the formula's ViT-B/32, made where it is not there or not whole. */
export async function makePacks({ cli, packs }, say) {
  /** @type {Record<string, string>} */
  const made = {};
  for (const dtype of await dtypesOf(cli)) {
    const folder = join(packs, dtype);
    const whole = existsSync(folder) && (await run(cli, ["verify", folder]).catch(() => null));
    if (!whole) {
      say(`packing ViT-B/32 by formula as ${dtype}`);
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(packs, { recursive: true });
      const places = join(ROOT, "model/regions.geojson");
      await run(cli, ["pack", "--formula", "vit-b-32", "--dtype", dtype, "--places", places, "--out", folder]);
    }
    made[dtype] = folder;
  }
  return made;
}

/** The bytes of a pack's vision tower. @param {string} folder */
export function visionBytes(folder) {
  const { shards } = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
  const vision = shards.filter(({ tower }) => tower === "vision");
  return vision.reduce((/** @type {number} */ sum, { size_bytes }) => sum + size_bytes, 0);
}
