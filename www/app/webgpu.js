// @ts-check
/**
 * Whether this browser has WebGPU for us.
 *
 * In: `navigator.gpu`, of a page or of a worker: some browsers have it on the page only.  Out: nothing, or why not.
 */

import { Failure } from "./failure.js";

const REMEDY = "the CPU does the same work, more slowly";

/** Undefined where the browser has none. */
const offered = () => /** @type {any} */ (navigator).gpu;

/** @throws {Failure} `device` where there is no WebGPU at all */
export function expectWebGpu(gpu = offered()) {
  if (!gpu) throw new Failure("device", `WebGPU: this browser does not offer it here; ${REMEDY}`);
}

/** @throws {Failure} `device` where there is no adapter either */
export async function probeWebGpu(gpu = offered()) {
  expectWebGpu(gpu);
  const adapter = await gpu.requestAdapter().catch(() => null);
  if (!adapter) throw new Failure("device", `WebGPU: this browser found no adapter; ${REMEDY}`);
}
