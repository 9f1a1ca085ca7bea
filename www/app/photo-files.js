// @ts-check
/**
 * Files and folders, chosen or dropped → the photos among them.
 *
 * In: a `FileList`, or what a drop carries.  Out: photos as the visitor's own `File` handles (not a
 * byte is read here), how many other files were passed over, and whether the limit was reached.
 * One file by itself is always taken: whether it is a photo is for the model's own reader to say,
 * in words. Among several, a file without the name or the type of a picture is passed over; files
 * that systems hide (`.DS_Store`, `._a.jpg`) are not even counted. Folders are walked in the order
 * of their names, at most 2,000 photos of 20,000 files.
 *
 * Proof: `tests/js/photo-files.test.js`, `tests/browser/photo-sources.test.js`.
 */

import { byName } from "./natural-order.js";

/** @typedef {import("./session.js").Photo} Photo */
/** @typedef {{ photos: Photo[], skipped: number, limited: boolean }} Find */
/** @typedef {{ photos: number, entries: number }} Limits */

/** @type {Limits} */
export const LIMITS = { photos: 2000, entries: 20_000 };

const PICTURE_NAME = /\.(jpe?g|jfif|png|webp|gif|bmp|tiff?|avif|hei[cf])$/i;

/** @param {{ name: string, type: string }} file */
function looksLikePicture({ name, type }) {
  return PICTURE_NAME.test(name) || (type.startsWith("image/") && !type.startsWith("image/svg"));
}

/** @param {string} name */
const isHidden = (name) => name.startsWith(".");

/** Where a file of a chosen folder lies, `beach/a.jpg`; of a file by itself only its name. @param {File} file */
const pathOf = (file) => file.webkitRelativePath || file.name;

/** A walk's result so far. @returns {Find} */
const nothing = () => ({ photos: [], skipped: 0, limited: false });

/** @param {Find} find @param {File} file @param {string} path */
function sort(find, file, path) {
  if (isHidden(file.name)) return;
  if (looksLikePicture(file)) find.photos.push({ bytes: file, name: path });
  else find.skipped += 1;
}

/**
 * The photos among files that were chosen, pasted or dropped.
 * @param {Iterable<File>} chosen
 * @param {Limits} [limits]
 * @returns {Find}
 */
export function photosAmong(chosen, limits = LIMITS) {
  const files = [...chosen];
  const fromFolder = files.some((file) => file.webkitRelativePath);
  if (files.length === 1 && !fromFolder) {
    return { photos: [{ bytes: files[0], name: files[0].name }], skipped: 0, limited: false };
  }
  if (fromFolder) files.sort((a, b) => byName(pathOf(a), pathOf(b)));
  const find = nothing();
  for (const file of files) {
    if (find.photos.length === limits.photos) return { ...find, limited: true };
    sort(find, file, pathOf(file));
  }
  return find;
}

/**
 * The photos of a drop, its folders walked. The browser empties a drop as soon as its event is
 * over, so everything is taken hold of before the first wait.
 * @param {Pick<DataTransfer, "items" | "files">} drop
 * @param {Limits} [limits]
 * @returns {Promise<Find>}
 */
export async function photosDropped({ items, files }, limits = LIMITS) {
  const entries = [...items].flatMap((item) => (item.kind === "file" ? (item.webkitGetAsEntry?.() ?? []) : []));
  if (!entries.some(({ isDirectory }) => isDirectory)) return photosAmong(files, limits);
  return await walk(entries, limits);
}

/**
 * Depth first without recursion, so that no depth is too deep.
 * @param {FileSystemEntry[]} roots
 * @param {Limits} limits
 */
async function walk(roots, limits) {
  const find = nothing();
  const ahead = lastFirst(roots);
  for (let seen = 0; ahead.length > 0; seen += 1) {
    if (find.photos.length === limits.photos || seen === limits.entries) return { ...find, limited: true };
    const entry = /** @type {FileSystemEntry} */ (ahead.pop());
    if (isHidden(entry.name)) continue;
    if (entry.isDirectory) {
      const inside = await listing(/** @type {FileSystemDirectoryEntry} */ (entry), limits.entries);
      for (const each of lastFirst(inside)) ahead.push(each);
      continue;
    }
    const file = await fileOf(/** @type {FileSystemFileEntry} */ (entry));
    if (file) sort(find, file, entry.fullPath.replace(/^\//, ""));
    else find.skipped += 1;
  }
  return find;
}

/** In the order of a stack. @param {FileSystemEntry[]} entries */
function lastFirst(entries) {
  return [...entries].sort((a, b) => byName(b.name, a.name));
}

/**
 * What is in a folder; a browser hands it over in parts, and an empty part is the last. A folder
 * that may not be read has nothing in it.
 * @param {FileSystemDirectoryEntry} folder
 * @param {number} most
 */
async function listing(folder, most) {
  const reader = folder.createReader();
  /** @type {FileSystemEntry[]} */
  const all = [];
  while (all.length < most) {
    const part = await /** @type {Promise<FileSystemEntry[]>} */ (
      new Promise((done) => reader.readEntries(done, () => done([])))
    );
    if (part.length === 0) break;
    for (const entry of part) all.push(entry);
  }
  return all;
}

/** @param {FileSystemFileEntry} entry @returns {Promise<File | null>} null for a file that cannot be had */
function fileOf(entry) {
  return new Promise((done) => entry.file(done, () => done(null)));
}
