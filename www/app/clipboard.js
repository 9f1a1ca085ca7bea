// @ts-check
/**
 * Text or a picture → the clipboard, and the words where it fails.
 *
 * In: what is to be copied; a picture may still be on its way.  Out: nothing, or a `Failure` with the
 * code `clipboard` and a remedy. Must be called while the visitor's click is being handled.
 *
 * Proof: `tests/js/export-view.test.js`.
 */

import { Failure } from "./failure.js";

/** @param {string} text @param {string} remedy */
export async function copyText(text, remedy) {
  await guarded(remedy, async () => {
    if (!navigator.clipboard) throw new TypeError("no clipboard");
    await navigator.clipboard.writeText(text);
  });
}

/** @param {Promise<Blob>} picture @param {string} remedy */
export async function copyPicture(picture, remedy) {
  await guarded(remedy, async () => {
    picture.catch(() => {}); // its own failure is told below
    // a promise, because some browsers take only what begins with the click itself
    await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
    await picture;
  });
}

/** @param {string} remedy @param {() => Promise<void>} write */
async function guarded(remedy, write) {
  try {
    await write();
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const refused = cause instanceof Error && cause.name === "NotAllowedError";
    const found = refused ? "this browser did not allow it" : "this browser cannot do that here";
    throw new Failure("clipboard", `the clipboard: expected to write to it, but ${found}; ${remedy}`, { cause });
  }
}

/** A failed try in a sentence. @param {unknown} thrown */
export function apology(thrown) {
  const { message } = /** @type {Error} */ (thrown);
  const text = thrown instanceof Failure ? message : `this did not work: ${message}`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}
