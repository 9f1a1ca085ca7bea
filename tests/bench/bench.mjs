/**
 * PlaceLens against onnxruntime, on the same weights, in the same browser, in turn: one table, and JSON beside it.
 *
 * In: `./build.sh bench --models DIR …` (`prepare.mjs` has the words).  Out: the table on standard output,
 * `target/bench/report.json`, `target/bench/report.txt`; exit code 0 whether or not a target is met, for a
 * number is no error.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { fileBehind, programs, Scales, visitBytes } from "./bytes.mjs";
import { contestEmbeddings, contestPhotos } from "./contest.mjs";
import { native } from "./native.mjs";
import { checkPeer, checkSite, makePacks, Missing, modulesOf, readOptions, ROOT, visionBytes } from "./prepare.mjs";
import { asText, rows } from "./rows.mjs";
import { startBenchServer } from "./server.mjs";
import { blocking, visits } from "./visits.mjs";

const OUT = join(ROOT, "target/bench");
const QUIET = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"];
const ARGS = [...QUIET, "--disable-component-update", "--disable-sync"];

/** Progress, apart from the table. @param {string} text */
const say = (text) => console.error(`bench: ${text}`);

/** @param {string} version  of the browser */
function machine(version) {
  const commit = (() => {
    try {
      return execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: ROOT, stdio: ["ignore", "pipe", "ignore"] });
    } catch {
      return "unknown"; // an archive rather than a clone
    }
  })();
  const peer = JSON.parse(readFileSync(new URL("node_modules/onnxruntime-web/package.json", import.meta.url), "utf8"));
  return {
    date: new Date().toISOString(),
    commit: String(commit).trim(),
    cpu: cpus()[0].model.trim(),
    cores: cpus().length,
    memory_gb: Math.round(totalmem() / 1e9),
    system: `${process.platform} ${release()}`,
    chromium: version,
    node: process.version,
    onnxruntime_web: peer.version,
    load_at_start: Number(loadavg()[0].toFixed(2)),
  };
}

/** Every part that was asked for. */
async function measure(options, { browser, launchOptions }) {
  const wants = (section) => options.only.includes(section);
  const packs = await makePacks(options, say);
  const modules = modulesOf(options.site);
  const server = await startBenchServer({ site: options.site, packs, models: options.models });
  const scales = new Scales(join(OUT, "weights.json"));
  const bench = { browser, chromium, launchOptions, server, modules, runs: options.runs };
  const measured = {};
  try {
    if (wants("encode")) {
      say(`photos: ${options.runs} rounds of ${Object.keys(modules).join(", ")} and onnxruntime-web`);
      measured.photos = await contestPhotos(bench);
    }
    if (wants("embed")) {
      say("embeddings of the formula's pixels, and batches");
      measured.embeddings = await contestEmbeddings(bench);
    }
    if (wants("visits")) {
      say("visits");
      const visited = await visits({ ...bench, runs: Math.max(3, Math.round(options.runs / 3)) });
      measured.visits = { times: visited.times, sent: visited.bytes, blocking: await blocking(bench) };
    }
    if (wants("bytes") || wants("visits")) say("bytes, packed as strongly as it gets");
    if (wants("visits")) measured.visits.weights = weights(measured.visits.sent, options.site, scales);
    if (wants("bytes")) {
      const files = Object.entries(programs(options.site, modules));
      measured.bytes = {
        programs: Object.fromEntries(files.map(([name, paths]) => [name, scales.weigh(paths)])),
        packs: Object.fromEntries(Object.entries(packs).map(([dtype, folder]) => [dtype, visionBytes(folder)])),
        peer_model_bytes: statSync(join(options.models, "vision_uint8.onnx")).size,
      };
    }
  } finally {
    scales.keep();
    await server.close();
  }
  if (wants("native")) measured.native = await native({ ...options, pack: packs.int8, out: OUT, say });
  return measured;
}

/** The first and the second visit of each page, in parts. */
function weights(sent, site, scales) {
  const weigh = (bytes) => visitBytes(bytes, fileBehind(site), scales);
  return {
    placelens_cold: weigh(sent.placelens[0]),
    placelens_warm: weigh(sent.placelens[1]),
    peer_cold: weigh(sent.peer[0]),
    peer_warm: weigh(sent.peer[1]),
  };
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  checkPeer(options);
  if (options.check) return;
  checkSite(options);
  mkdirSync(OUT, { recursive: true });
  const launchOptions = { executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ARGS, headless: true };
  const browser = await chromium.launch(launchOptions);
  try {
    const report = { machine: machine(browser.version()), runs: options.runs };
    const measured = await measure(options, { browser, launchOptions });
    const table = rows(measured);
    const load_at_end = Number(loadavg()[0].toFixed(2));
    Object.assign(report.machine, { load_at_end });
    const facts = Object.entries(report.machine).map(([name, value]) => `${name}: ${value}\n`);
    const text = `${facts.join("")}\n${asText(table)}`;
    writeFileSync(join(OUT, "report.json"), `${JSON.stringify({ ...report, rows: table, measured }, null, 1)}\n`);
    writeFileSync(join(OUT, "report.txt"), text);
    console.log(text);
  } finally {
    await browser.close();
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Missing)) throw error;
  console.error(`bench: ${error.message}`);
  process.exitCode = 2;
}
