import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test from "node:test";
import { moduleFolder } from "../../www/app/module-folder.js";

test("WebGPU has one program", () => {
  assert.equal(moduleFolder("webgpu"), "wasm/webgpu/");
});

// The same engine with and without the instructions, so that the bytes asked about are known to be a module.
for (const [flag, folder] of [
  ["--experimental-wasm-relaxed-simd", "wasm/cpu-relaxed/"],
  ["--no-experimental-wasm-relaxed-simd", "wasm/cpu/"],
]) {
  test(`the CPU's program is ${folder} with ${flag}`, () => {
    const module = new URL("../../www/app/module-folder.js", import.meta.url).href;
    const script = `import(${JSON.stringify(module)}).then(({ moduleFolder }) => console.log(moduleFolder("cpu")))`;
    const { stdout, stderr } = spawnSync(process.execPath, [flag, "--eval", script], { encoding: "utf8" });
    assert.equal(stdout.trim(), folder, stderr);
  });
}
