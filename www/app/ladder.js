// @ts-check
/**
 * Which device to try next, and when to stop trying.
 *
 * In: the visitor's choice and what failed.  Out: a rung, `webgpu` or `cpu`, or none.
 * WebGPU, then the CPU, then the CPU once more after a crash; every rung gets a fresh worker.
 * Faults of the pack are the same on every rung, so only faults of the device lead down.
 *
 * Proof: `tests/js/ladder.test.js`.
 */

import { Failure } from "./failure.js";

/** @typedef {import("./messages.js").Device} Device */
/** @typedef {"auto" | Device} DeviceChoice */

/** Codes that say that this device, rather than the pack, is at fault. */
const DEVICE_FAULTS = new Set(["device", "known_answer", "module"]);

export class Ladder {
  /** @type {Device[]} the first is the rung in use */
  #rungs;

  /** @param {DeviceChoice} choice  `auto` begins with WebGPU; so does `webgpu`, whose fall the visitor is told */
  constructor(choice) {
    this.#rungs = choice === "cpu" ? ["cpu", "cpu"] : ["webgpu", "cpu", "cpu"];
  }

  get rung() {
    return this.#rungs[0];
  }

  /**
   * One rung lower if that can help against this failure; false means: give up and say why.
   * @param {Failure} failure
   */
  descend(failure) {
    const [current, next] = this.#rungs;
    if (!next) return false;
    const helps = failure.code === "crashed" || (DEVICE_FAULTS.has(failure.code) && current !== next);
    if (helps) this.#rungs.shift();
    return helps;
  }

  /** A photo went through: a later crash is a new one, with its own second chance. */
  proven() {
    if (this.rung === "cpu") this.#rungs = ["cpu", "cpu"];
  }
}

/**
 * The device named by the page's address; absent means `auto`.
 * @param {URLSearchParams} query
 * @returns {DeviceChoice}
 * @throws {Failure} `address` for any other word
 */
export function readDevice(query) {
  const word = query.get("device") || "auto";
  if (word === "auto" || word === "cpu" || word === "webgpu") return word;
  throw new Failure("address", `?device=${word}: expected auto, cpu or webgpu; correct the page's address`);
}

/**
 * The manifest named by the page's address: on this origin, or one that the site itself lists, so that
 * no link can make the page ask a stranger's host for anything.
 * @param {URLSearchParams} query
 * @param {string} pageUrl
 * @param {string} defaultUrl
 * @param {{ manifest: string }[] | Promise<{ manifest: string }[]>} [models]  the site's list, addresses in full;
 *   waited for only where a model on another origin is named
 * @throws {Failure} `address` for a place on another origin
 */
export async function readManifestUrl(query, pageUrl, defaultUrl, models = []) {
  const model = query.get("model");
  if (!model) return defaultUrl;
  const url = URL.canParse(model, pageUrl) ? new URL(model, pageUrl) : null;
  const page = new URL(pageUrl);
  // the scheme as well: a blob: address has the origin of the page that made it
  const own = url?.origin === page.origin && url.protocol === page.protocol;
  if (url && (own || (await models).some(({ manifest }) => manifest === url.href))) return url.href;
  throw new Failure(
    "address",
    `?model=${model}: expected a manifest on this page's own origin, or one that the site's models.json lists; correct the page's address`,
  );
}
