/**
 * The same weights in the same browser, one thread each, in turn.
 *
 * In: a browser, the bench's server, the site's modules.  Out: what was measured, lists of milliseconds by contestant.
 */

const PEERS = { uint8: "/models/vision_uint8.onnx", fp32: "/models/vision_fp32.onnx" };
const SAMPLE = "/samples/harbor.jpg";

/** A page in which contestants can be opened. */
async function openPage(browser, server) {
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(`bench: the contest's page: ${error.message}`));
  await page.goto(`${server.origin}/bench/contest.html`);
  await page.waitForFunction(() => "contest" in window);
  return {
    page,
    /** @param {string} method @param {...unknown} input */
    ask: (method, ...input) => page.evaluate(([name, args]) => window.contest[name](...args), [method, input]),
  };
}

const cpuModules = (modules) => Object.entries(modules).filter(([name]) => name !== "webgpu");

/**
 * Whole photos: each stage's times, the memory, and a photo of twelve megapixels.
 * @param {{ browser: any, server: any, modules: Record<string, string>, runs: number }} bench
 */
export async function contestPhotos({ browser, server, modules, runs }) {
  const { page, ask } = await openPage(browser, server);
  const manifest = `${server.origin}/packs/int8/manifest.json`;
  const ours = cpuModules(modules).map(([name]) => name);
  for (const [name, folder] of cpuModules(modules))
    await ask("openPlaceLens", name, { folder: `${server.origin}/${folder}`, manifest });
  await ask("openPeer", "uint8", { model: PEERS.uint8 });
  await ask("addPhoto", "sample", SAMPLE);
  const first = await ask("locate", [...ours, "uint8"], "sample", { runs: 1, warmup: 0 });
  const memory_bytes = await ask("memory", [...ours, "uint8"]);
  // after the memory was looked at: a model of 350 MB beside it changes nothing in theirs
  await ask("openPeer", "fp32", { model: PEERS.fp32 });
  const sample = await ask("locate", [...ours, "uint8", "fp32"], "sample", { runs, warmup: 3 });
  const { size_bytes } = await ask("addLargePhoto", "large", SAMPLE);
  const large = await ask("locate", [...ours, "uint8"], "large", { runs: share(runs, 3), warmup: 1 });
  const memory_after_large_bytes = await ask("memory", [...ours, "uint8"]);
  await page.close();
  return { first, sample, large, large_photo_bytes: size_bytes, memory_bytes, memory_after_large_bytes };
}

/**
 * The tower alone, for the very pixels that the f32 model's embedding is known of; and 32 of them in one call.
 * @param {{ browser: any, server: any, modules: Record<string, string>, runs: number }} bench
 */
export async function contestEmbeddings({ browser, server, modules, runs }) {
  const manifest = `${server.origin}/packs/int8/manifest.json`;
  const { page, ask } = await openPage(browser, server);
  const ours = cpuModules(modules).map(([name]) => name);
  for (const [name, folder] of cpuModules(modules))
    await ask("openPlaceLens", name, { folder: `${server.origin}/${folder}`, manifest, towers: true });
  for (const [name, model] of Object.entries(PEERS)) await ask("openPeer", name, { model });
  const distances = await ask("distances", [...ours, ...Object.keys(PEERS)]);
  const batches = {};
  for (const name of ours) batches[name] = await ask("batches", name, 32, share(runs, 5));
  await page.close();
  return { distances, batches };
}

/** A part of the runs for what takes long: three at least. */
function share(runs, part) {
  return Math.max(3, Math.round(runs / part));
}
