// @ts-check
/**
 * Where the program for a device is, in the site's folder.
 *
 * In: the device.  Out: a folder. The CPU has two programs: one is faster, where the browser can load it.
 *
 * Proof: `tests/js/module-folder.test.js`.
 */

/**
 * A module with one instruction of relaxed SIMD: a browser that does not have it says that this is no module.
 * `(func (drop (i32x4.relaxed_dot_i8x16_i7x16_add_s (splat 0) (splat 0) (splat 0))))`, each splat an `i8x16.splat`.
 */
// prettier-ignore
const RELAXED_SIMD = new Uint8Array([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, // magic and version
  1, 4, 1, 0x60, 0, 0, // types: () → ()
  3, 2, 1, 0, // functions: one of that type
  10, 20, 1, 18, 0, // code: one body without locals
  0x41, 0, 0xfd, 15, 0x41, 0, 0xfd, 15, 0x41, 0, 0xfd, 15, // three times i32.const 0, i8x16.splat
  0xfd, 0x93, 2, // i32x4.relaxed_dot_i8x16_i7x16_add_s
  0x1a, 0x0b, // drop, end
]);

/** @param {string} device  `webgpu` or `cpu` */
export function moduleFolder(device) {
  return `wasm/${device === "cpu" && WebAssembly.validate(RELAXED_SIMD) ? "cpu-relaxed" : device}/`;
}
