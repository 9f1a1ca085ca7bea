/**
 * The site, the packs, the peer and the contest's page on one origin; and how many bytes it sent.
 *
 * In: their folders.  Out: a server; `sent`, the bytes of each path since it was last cleared.
 * What belongs to the peer may be kept by the browser for good, as a host that wants to be fast lets it.
 */

import { createReadStream, statSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { startServer } from "../server/serve.mjs";

const PAGE = fileURLToPath(new URL("page/", import.meta.url));
const SOURCE = fileURLToPath(new URL("../../www/app/", import.meta.url));
const ORT = fileURLToPath(new URL("node_modules/onnxruntime-web/dist/", import.meta.url));
const TYPES = { ".mjs": "text/javascript", ".wasm": "application/wasm", ".f32": "application/octet-stream" };

/** Adds what a response sends to `sent`. */
function count(response, path, sent) {
  for (const method of ["write", "end"]) {
    const original = response[method].bind(response);
    response[method] = (chunk, ...rest) => {
      if (chunk && typeof chunk !== "function") sent[path] = (sent[path] ?? 0) + Buffer.byteLength(chunk);
      return original(chunk, ...rest);
    };
  }
}

/** Sends a file that never changes. */
function keepable(response, file) {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found?.isFile()) return response.writeHead(404).end();
  response.writeHead(200, {
    "content-type": TYPES[extname(file)] ?? "application/octet-stream",
    "content-length": found.size,
    "cache-control": "public, max-age=31536000, immutable",
  });
  createReadStream(file).pipe(response);
}

/** @param {{ site: string, packs: Record<string, string>, models: string }} folders */
export async function startBenchServer({ site, packs, models }) {
  /** @type {Record<string, number>} */
  const sent = {};
  const kept = { "/ort/": ORT, "/models/": models };
  const intercept = (request, response, path) => {
    count(response, path, sent);
    const [prefix, folder] = Object.entries(kept).find(([start]) => path.startsWith(start)) ?? [];
    if (!folder) return false;
    keepable(response, join(folder, normalize(`/${path.slice(prefix.length)}`)));
    return true;
  };
  const mounts = { "/bench/": PAGE, "/source/": SOURCE };
  for (const [dtype, folder] of Object.entries(packs)) mounts[`/packs/${dtype}/`] = folder;
  const server = await startServer({ dir: site, mounts, intercept });
  return {
    ...server,
    sent,
    clear: () => Object.keys(sent).forEach((path) => delete sent[path]),
  };
}
