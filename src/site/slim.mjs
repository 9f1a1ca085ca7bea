/**
 * The built site without its comments: they are for who reads the source, and a fifth of the download.
 *
 * In: the folder of a site (`node src/site/slim.mjs dist`).  Out: its own `.js` and `.css` files, the
 * same but for comments and the lines that held nothing else.
 * Rule: nothing is renamed, folded or moved, so that what a visitor's browser runs is what stands in
 * `www/`, which runs as it is too. Every script is read again afterwards and must have the same words
 * in the same order. Others' files (`vendor/`, the programs' glue in `wasm/`) stay as they came.
 *
 * Run it before `precache.mjs`, which lists the files' hashes. Proof: `tests/js/slim.test.js`.
 */

import { readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const OTHERS = /^(vendor|wasm|model)\//;

/** The script as its tokens, comments left out. @param {string} script @returns {ts.Node[]} */
function tokensOf(script) {
  const source = ts.createSourceFile("script.js", script, ts.ScriptTarget.Latest, false, ts.ScriptKind.JS);
  const tokens = [];
  const walk = (node) => {
    if (ts.isJSDoc(node)) return;
    const parts = node.getChildren(source);
    if (parts.length === 0)
      tokens.push({ begin: node.getStart(source), end: node.getEnd(), from: node.getFullStart() });
    else parts.forEach(walk);
  };
  walk(source);
  return tokens;
}

/** Where the comments of a script are, in order. @param {string} script */
function commentsOf(script) {
  const found = new Map();
  for (const { from } of tokensOf(script)) {
    for (const find of [ts.getLeadingCommentRanges, ts.getTrailingCommentRanges])
      for (const { pos, end } of find(script, from) ?? []) found.set(pos, { begin: pos, end });
  }
  return [...found.values()].sort((a, b) => a.begin - b.begin);
}

/**
 * The text without these ranges; a line that held nothing else goes with them.
 * @param {string} text @param {{ begin: number, end: number }[]} ranges
 */
function without(text, ranges) {
  let kept = "";
  let at = 0;
  for (const { begin, end } of ranges) {
    const line = text.lastIndexOf("\n", begin - 1) + 1;
    const after = text.indexOf("\n", end);
    const next = after < 0 ? text.length : after + 1;
    const alone = line >= at && text.slice(line, begin).trim() === "" && text.slice(end, next).trim() === "";
    // in the middle of a line a comment parts two words, and one of several lines ends a statement
    const instead = alone ? "" : text.slice(begin, end).includes("\n") ? "\n" : " ";
    kept += text.slice(at, alone ? line : begin) + instead;
    at = alone ? next : end;
  }
  return kept + text.slice(at);
}

/** A script without its comments. @param {string} script */
export function slimScript(script) {
  const slim = without(script, commentsOf(script));
  const words = (text) => tokensOf(text).map(({ begin, end }) => text.slice(begin, end));
  const [before, after] = [words(script), words(slim)];
  const change = before.findIndex((word, index) => word !== after[index]);
  if (change >= 0 || before.length !== after.length)
    throw new Error(`slim: expected the same words without the comments, found a change at \`${before[change]}\``);
  return slim;
}

/** A style sheet without its comments; what looks like one in a string stays. @param {string} sheet */
export function slimSheet(sheet) {
  const found = [...sheet.matchAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\/\*[^]*?\*\//g)];
  const comments = found.filter(([text]) => text.startsWith("/*"));
  return without(
    sheet,
    comments.map(({ index, 0: { length } }) => ({ begin: index, end: index + length })),
  );
}

/** Slims a site in its place; how many bytes it was, and is. @param {string} dir */
export function slimSite(dir) {
  const sizes = { before: 0, after: 0 };
  for (const path of readdirSync(dir, { recursive: true, encoding: "utf8" })) {
    const slim = { ".js": slimScript, ".css": slimSheet }[extname(path)];
    if (!slim || OTHERS.test(path.replaceAll("\\", "/"))) continue;
    const text = readFileSync(join(dir, path), "utf8");
    const less = slim(text);
    writeFileSync(join(dir, path), less);
    sizes.before += Buffer.byteLength(text);
    sizes.after += Buffer.byteLength(less);
  }
  return sizes;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const dir = process.argv[2];
  if (!dir || process.argv.length > 3) {
    console.error("slim: expected the folder of a built site; usage: node src/site/slim.mjs dist");
    process.exit(2);
  }
  try {
    const { before, after } = slimSite(dir);
    console.log(`scripts and style sheets: ${before} bytes, ${after} without comments`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
