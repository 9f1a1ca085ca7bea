/**
 * What was measured → the rows of the one table, each with its target.
 *
 * In: the report's measurements.  Out: `{ figure, ours, peer, unit, ratio, target, met }`; a row of something that was
 * not there (a module, a dtype) says so in `absent` rather than missing from the table.
 *
 * Source of the targets: what PlaceLens promises for ViT-B/32 as int8. Proof: `tests/js/bench-rows.test.js`.
 */

import { ratio, shown, summary, textTable, typical, digits } from "../../www/app/bench-figures.js";

/** @typedef {import("../../www/app/bench-figures.js").Figure} Figure */
/** @typedef {{ ratio: number } | { at_most: number } | { at_least: number }} Target  a ratio to the peer, at most */
/**
 * @typedef {object} Row
 * @property {string} figure
 * @property {Figure} [ours]
 * @property {Figure} [peer]
 * @property {string} unit
 * @property {number} [ratio]
 * @property {Target & { least_ratio?: number }} [target]
 * @property {boolean} [met]
 * @property {string} [absent]  why there is no figure of ours
 */

/**
 * @param {string} figure @param {string} unit
 * @param {{ ours?: Figure, peer?: Figure, target?: any, absent?: string }} values
 * @returns {Row}
 */
export function row(figure, unit, { ours, peer, target, absent }) {
  if (ours === undefined) return { figure, unit, peer, target, absent: absent ?? "not measured" };
  const against = peer === undefined || typical(peer) === 0 ? undefined : ratio(ours, peer);
  return { figure, unit, ours, peer, ratio: against, target, met: target && meets(target, ours, against) };
}

/** @param {any} target @param {Figure} ours @param {number | undefined} against */
function meets(target, ours, against) {
  if ("ratio" in target) return against !== undefined && against <= target.ratio;
  if ("least_ratio" in target) return against !== undefined && against >= target.least_ratio;
  return typical(ours) <= target.at_most;
}

const MODULES = ["simd128", "relaxed"];
const ABSENT = "no such module in this site";
const times = (runs, stage) => runs && summary(runs.map((run) => run[stage]));
const both = (run) => run.decode + run.preprocess;
const mega = (bytes) => bytes / 1e6;
const kilo = (bytes) => bytes / 1e3;

/** @param {any} photos */
function photoRows({ sample, large, large_photo_bytes, memory_bytes, memory_after_large_bytes }) {
  const peer = times(sample.uint8, "encode");
  const targets = { simd128: 0.8, relaxed: 0.4 };
  const each = (make) => MODULES.map(make);
  return [
    ...each((name) =>
      row(`encode a photo, ${name}, against uint8`, "ms", {
        ours: times(sample[name], "encode"),
        ...{ peer, target: { ratio: targets[name] }, absent: ABSENT },
      }),
    ),
    ...each((name) =>
      row(`encode a photo, ${name}, against fp32`, "ms", {
        ours: times(sample[name], "encode"),
        ...{ peer: times(sample.fp32, "encode"), absent: ABSENT },
      }),
    ),
    ...each((name) =>
      row(`whole photo, ${name}`, "ms", {
        ours: times(sample[name], "whole"),
        ...{ peer: times(sample.uint8, "whole"), absent: ABSENT },
      }),
    ),
    ...["decode", "preprocess", "score"].map((stage) =>
      row(`  ${stage}, simd128`, "ms", { ours: times(sample.simd128, stage) }),
    ),
    ...each((name) =>
      row(`decode and preprocess 12 megapixels (${mega(large_photo_bytes).toFixed(1)} MB), ${name}`, "ms", {
        ours: large[name] && summary(large[name].map(both)),
        ...{ peer: times(large.uint8, "preprocess"), target: { at_most: 150 }, absent: ABSENT },
      }),
    ),
    ...each((name) =>
      row(`wasm memory from load to prediction, ${name}`, "MB", {
        ours: memory_bytes[name] && mega(memory_bytes[name]),
        ...{ peer: mega(memory_bytes.uint8), target: { at_most: 160 }, absent: ABSENT },
      }),
    ),
    ...each((name) =>
      row(`  after 12 megapixels as well, ${name}`, "MB", {
        ours: memory_after_large_bytes[name] && mega(memory_after_large_bytes[name]),
        ...{ peer: mega(memory_after_large_bytes.uint8), absent: ABSENT },
      }),
    ),
  ];
}

/** @param {any} embeddings */
function embeddingRows({ distances, batches }) {
  return [
    ...MODULES.map((name) =>
      row(`1 − cosine to the f32 model, ${name}`, "", {
        ours: distances[name],
        ...{ peer: distances.uint8, target: { ratio: 0.1 }, absent: ABSENT },
      }),
    ),
    // here PlaceLens is its own peer
    ...MODULES.map((name) =>
      row(`32 photos in one call (left) and one by one (right), ${name}`, "ms", {
        ours: batches[name] && summary(batches[name].together),
        peer: batches[name] && summary(batches[name].single),
        ...{ target: { ratio: 1 }, absent: ABSENT },
      }),
    ),
    ...MODULES.map((name) =>
      row(`  largest difference of their embeddings, ${name}`, "", { ours: batches[name]?.difference, absent: ABSENT }),
    ),
  ];
}

/** @param {any} measured */
function visitRows({ times: { placelens, peer, after_click, until_loaded, starting, photo }, weights, blocking }) {
  const rows = [
    row("opening the page to the first prediction, model in cache", "ms", {
      ours: summary(placelens),
      ...{ peer: summary(peer), target: { ratio: 0.5 } },
    }),
    row("  of it from the click on a sample", "ms", { ours: summary(after_click) }),
    row("  of it until the model's files were read", "ms", { ours: summary(until_loaded) }),
    row("  of it starting, with the known answer", "ms", { ours: summary(starting) }),
    row("  of it the photo, every stage", "ms", { ours: summary(photo) }),
    ...["cold", "warm"].map((which) =>
      row(`bytes to the first photo, ${which}, as brotli`, "MB", {
        ours: mega(weights[`placelens_${which}`].total),
        peer: mega(weights[`peer_${which}`].total),
      }),
    ),
  ];
  for (const which of ["cold", "warm"]) {
    const [ours, peer] = [blocking[`placelens_${which}`], blocking[`peer_${which}`]];
    for (const by of ["clock", "processor"])
      rows.push(
        row(`longest task of the page's main thread, ${which}, by the ${by}`, "ms", {
          ours: ours[`longest_${by}_ms`],
          peer: peer[`longest_${by}_ms`],
        }),
      );
  }
  return rows;
}

/** @param {any} measured */
function byteRows({ programs, packs, peer_model_bytes }) {
  const target = { simd128: { at_most: 700 }, relaxed: { at_most: 700 }, webgpu: { at_most: 2000 } };
  const kinds = [
    ["brotli", true],
    ["gzip", false],
    ["raw", false],
  ];
  const rows = ["simd128", "relaxed", "webgpu"].flatMap((name) =>
    kinds.map(([kind, promised]) =>
      row(`${name} module with its scripts, ${kind}`, "KB", {
        ours: programs[name] && kilo(programs[name][kind]),
        ...{ peer: kilo(programs.peer[kind]), target: promised ? target[name] : undefined, absent: ABSENT },
      }),
    ),
  );
  const pack = (dtype, at_most) =>
    row(`vision pack, ${dtype}`, "MB", {
      ours: packs[dtype] && mega(packs[dtype]),
      ...{ peer: mega(peer_model_bytes), target: { at_most }, absent: "`placelens pack` has no such dtype" },
    });
  return [...rows, pack("int8", 90), pack("int4", 50)];
}

/** @param {any} measured */
function nativeRows(measured) {
  if (measured.absent) return [row("native, photos per second", "", { absent: measured.absent })];
  const { placelens, peer } = measured;
  const rate = (name, of, target) =>
    row(`native, all cores, photos per second, ${name}`, "/s", {
      ours: summary(placelens[of]),
      ...{ peer: summary(peer[of]), target },
    });
  return [rate("all in", "photos_per_second", { least_ratio: 0.5 }), rate("encode alone", "encodes_per_second")];
}

/** @param {Record<string, any>} measured  by section @returns {Row[]} */
export function rows({ photos, embeddings, visits, bytes, native }) {
  return [
    ...(photos ? photoRows(photos) : []),
    ...(embeddings ? embeddingRows(embeddings) : []),
    ...(visits ? visitRows(visits) : []),
    ...(bytes ? byteRows(bytes) : []),
    ...(native ? nativeRows(native) : []),
  ];
}

/** @param {Row["target"]} target @param {string} unit */
function targetWords(target, unit) {
  if (!target) return "";
  if ("ratio" in target) return `≤ ${target.ratio.toFixed(2)} ×`;
  if (target.least_ratio !== undefined) return `≥ ${target.least_ratio.toFixed(2)} ×`;
  return `≤ ${digits(target.at_most)} ${unit}`;
}

/** The rows as text; figures with the middle half of their runs in parentheses. @param {Row[]} all */
export function asText(all) {
  const lines = all.map(({ figure, ours, peer, unit, ratio: against, target, met, absent }) => [
    figure,
    ours === undefined ? (absent ?? "") : shown(ours, unit),
    peer === undefined ? "" : shown(peer, unit),
    against === undefined ? "" : `${against.toFixed(against < 0.1 ? 4 : 2)} ×`,
    targetWords(target, unit),
    met === undefined ? "" : met ? "yes" : "NO",
  ]);
  return textTable([["", "PlaceLens", "onnxruntime", "ratio", "target", "met"], ...lines]);
}
