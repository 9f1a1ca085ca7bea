import assert from "node:assert/strict";
import test from "node:test";
import { expectWebGpu, probeWebGpu } from "../../www/app/webgpu.js";

test("a browser without WebGPU is told apart from one without an adapter", async () => {
  const words = /^WebGPU: .*; the CPU does the same work, more slowly$/;
  assert.throws(() => expectWebGpu(null), (error) => error.code === "device" && words.test(error.message)); // prettier-ignore
  await assert.rejects(probeWebGpu(null), { code: "device", message: /does not offer it here/ });
  for (const requestAdapter of [async () => null, () => Promise.reject(new Error("blocked"))]) {
    expectWebGpu({ requestAdapter });
    await assert.rejects(probeWebGpu({ requestAdapter }), { code: "device", message: /found no adapter/ });
  }
  await probeWebGpu({ requestAdapter: async () => ({}) });
});
