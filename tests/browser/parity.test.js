/**
 * The page's own modules against the Python reference: every stage of both towers, every number.
 *
 * In: PLACELENS_DIST and PLACELENS_CLI; the tiny models under tests/golden, packed as f32.
 * On the CPU the limits are those of `tests/parity.rs`; on WebGPU an embedding may differ by 1e-3,
 * and hidden states, which are larger, by ten times the CPU's limit.
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { useSite } from "./fixture.mjs";

const DIST = process.env.PLACELENS_DIST ?? "";
const CLI = process.env.PLACELENS_CLI ?? "";
if (!DIST || !CLI) throw new Error("expected PLACELENS_DIST and PLACELENS_CLI; run ./build.sh test");

const LIMITS = {
  cpu: { embeds: 1e-5, states: 2e-4, logits: 1e-3, probabilities: 2e-4 },
  webgpu: { embeds: 1e-3, states: 2e-3, logits: 1e-2, probabilities: 2e-3 },
};
const MODELS = ["tiny_clip", "tiny_clip_gelu"];
const golden = (path) => fileURLToPath(new URL(`../golden/${path}`, import.meta.url));

const packs = mkdtempSync(join(tmpdir(), "placelens-parity-"));
for (const model of MODELS) {
  execFileSync(CLI, ["pack", golden(model), "--dtype", "f32", "--out", join(packs, model)], { stdio: "ignore" });
}
const { site, visit } = useSite({
  dir: () => DIST,
  mounts: () => ({ "/packs/": packs }),
  cleanUp: () => rmSync(packs, { recursive: true, force: true }),
});

/** The tensors of a safetensors file, as arrays of numbers. @param {string} path */
function readSafetensors(path) {
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + length));
  delete header.__metadata__;
  return Object.fromEntries(
    Object.entries(header).map(([name, { dtype, shape, data_offsets: [from, to] }]) => {
      const data = bytes.subarray(8 + length + from, 8 + length + to);
      const aligned = data.buffer.slice(data.byteOffset, data.byteOffset + data.length);
      const values = dtype === "F32" ? new Float32Array(aligned) : Array.from(new BigInt64Array(aligned), Number);
      return [name, { shape, values: Array.from(values) }];
    }),
  );
}

/** Runs both towers in the page. @param {any} input */
async function stagesInPage({ base, module, device, pack, pixels, ids, texts }) {
  const { default: init, Loader } = await import(`${base}wasm/${module}/placelens.js`);
  await init({ module_or_path: new URL(`${base}wasm/${module}/placelens_bg.wasm`) });
  const loader = new Loader(await (await fetch(`${pack}manifest.json`)).text());
  for (const { file } of loader.needed_for_towers()) {
    await loader.push(file, new Uint8Array(await (await fetch(pack + file)).arrayBuffer()));
  }
  const towers = await loader.finish_towers(device);
  const image = await towers.image_stages(Float32Array.from(pixels));
  const text = await towers.text_stages(Uint32Array.from(ids), texts);
  return [...image, ...text].map(([name, values]) => [name, Array.from(values)]);
}

function largest(name, found, expected) {
  assert.equal(found.length, expected.length, name);
  return found.reduce((most, value, at) => {
    const difference = Math.abs(value - expected[at]);
    return Number.isNaN(difference) ? Infinity : Math.max(most, difference);
  }, 0);
}

function rows(values, columns) {
  return Array.from({ length: values.length / columns }, (_, row) => values.slice(row * columns, (row + 1) * columns));
}

function softmax(row) {
  const most = Math.max(...row);
  const exponentials = row.map((value) => Math.exp(value - most));
  const sum = exponentials.reduce((a, b) => a + b);
  return exponentials.map((value) => value / sum);
}

/** Cosines, logits and probabilities as the reference names them. @param {Map<string, number[]>} stages */
function scores(stages, columns) {
  const dot = (a, b) => a.reduce((sum, value, at) => sum + value * b[at], 0);
  const texts = rows(stages.get("text_embeds"), columns);
  const cosines = rows(stages.get("image_embeds"), columns).map((image) => texts.map((text) => dot(image, text)));
  const logits = cosines.map((row) => row.map((cosine) => cosine * 100));
  return {
    cosine: cosines.flat(),
    logits_per_image: logits.flat(),
    probs_cosine: cosines.flatMap(softmax),
    probs_scaled: logits.flatMap(softmax),
  };
}

for (const module of ["cpu", "cpu-relaxed", "webgpu"]) {
  const device = module === "webgpu" ? "webgpu" : "cpu";
  for (const model of MODELS) {
    test(`${model} on ${module} is the reference's at every layer`, { timeout: 300_000 }, async (t) => {
      const expected = readSafetensors(golden(`${model}/golden.safetensors`));
      const { page } = await visit(t, "?device=cpu");
      const stages = await page.evaluate(stagesInPage, {
        base: site.server.url,
        module,
        device,
        pack: `${site.server.origin}/packs/${model}/`,
        pixels: expected.pixel_values.values,
        ids: expected.input_ids.values,
        texts: expected.input_ids.shape[0],
      });
      const { vision_config, text_config } = JSON.parse(readFileSync(golden(`${model}/config.json`), "utf8"));
      assert.equal(stages.length, 10 + vision_config.num_hidden_layers + text_config.num_hidden_layers);
      const limits = LIMITS[device];
      const report = (name, found, limit) => {
        const difference = largest(name, found, expected[name].values);
        t.diagnostic(`parity | ${model} ${module} | ${name} | ${difference.toExponential(2)} | ${limit.toExponential(2)}`);
        assert.ok(difference <= limit, `${name}: ${difference} is above ${limit}`);
      };
      for (const [name, values] of stages) report(name, values, name.endsWith("_embeds") ? limits.embeds : limits.states);
      const scored = scores(new Map(stages), expected.image_embeds.shape[1]);
      report("cosine", scored.cosine, limits.embeds);
      report("logits_per_image", scored.logits_per_image, limits.logits);
      report("probs_cosine", scored.probs_cosine, limits.embeds);
      report("probs_scaled", scored.probs_scaled, limits.probabilities);
    });
  }
}

test("the dot product of bytes is exact in this browser; the module without it does not use one", async (t) => {
  const { page } = await visit(t, "?device=cpu");
  const found = await page.evaluate(async (base) => {
    const asked = ["cpu", "cpu-relaxed"].map(async (folder) => {
      const { default: init, byte_products } = await import(`${base}wasm/${folder}/placelens.js`);
      await init({ module_or_path: new URL(`${base}wasm/${folder}/placelens_bg.wasm`) });
      return byte_products();
    });
    return await Promise.all(asked);
  }, site.server.url);
  t.diagnostic(`bytes that the processor multiplies: ${found[1]}`);
  assert.equal(found[0], "nothing");
  assert.ok(["unsigned", "signed", "seven"].includes(found[1]), found[1]);
});
