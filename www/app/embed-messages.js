// @ts-check
/**
 * Every message between a post's `<place-lens>` and the frame that it opens, declared and checked once.
 *
 * In: whatever arrived, from a page that nobody vouches for.  Out: a message of a known kind with
 * known fields, copied field by field, or null, which means: pass it over in silence.
 * The first message carries one end of a `MessageChannel`; all others go through that port, which
 * no third page can reach.
 *
 * Proof: `tests/js/embed-messages.test.js`.
 */

/** @typedef {import("./messages.js").LocateResult} LocateResult */
/** @typedef {"auto" | "light" | "dark"} Theme */
/** What may change while the frame is open. @typedef {{ theme: Theme, accent: string, top: number, share: boolean }} Look */

/** @typedef {{ kind: "connect", look: Look }} Connect  to the frame's window, with a port */

/**
 * What the post may say through the port.
 * @typedef {{ kind: "look", look: Look }
 *   | { kind: "start" }
 *   | { kind: "focus" }
 *   | { kind: "locate", id: number, photo: Blob | null }} FromPost
 */

/**
 * What the frame may say through the port. `id`: the question it answers; null: the reader's own photo.
 * @typedef {{ kind: "hello" }
 *   | { kind: "size", height_px: number }
 *   | { kind: "ready", backend: string, model: string }
 *   | { kind: "result", id: number | null, result: LocateResult }
 *   | { kind: "failed", id: number | null, code: string, message: string }} FromFrame
 */

export const VERSION = 1;

export const LIMITS = {
  photo_bytes: 64 * 1024 * 1024,
  top: 100,
  height_px: 4000,
  text: 500,
  places: 1000,
};

/** Where the widget's look is not said, or not understood. @type {Look} */
export const DEFAULT_LOOK = { theme: "auto", accent: "", top: 3, share: false };

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The value of a property of its own: a page can have put anything on `Object.prototype`.
 * @param {unknown} from @param {string} name
 */
const own = (from, name) => (isRecord(from) && Object.hasOwn(from, name) ? from[name] : undefined);

/** @param {unknown} value @param {number} [most] @returns {value is string} */
const isText = (value, most = LIMITS.text) => typeof value === "string" && value.length <= most;

/** @param {unknown} value @returns {value is number} */
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

/** @param {unknown} value @returns {value is number} */
const isId = (value) => Number.isSafeInteger(value) && /** @type {number} */ (value) >= 0;

/** Each word that is not understood is the default's. @param {unknown} data @returns {Look} */
export function readLook(data) {
  const [theme, accent, top, share] = ["theme", "accent", "top", "share"].map((name) => own(data, name));
  return {
    theme: theme === "light" || theme === "dark" ? theme : DEFAULT_LOOK.theme,
    accent: isText(accent, 64) ? accent : DEFAULT_LOOK.accent,
    top: isId(top) && top >= 1 && top <= LIMITS.top ? top : DEFAULT_LOOK.top,
    share: share === true,
  };
}

/**
 * The first message to the frame's window; null for anything else, such as other scripts' messages.
 * @param {unknown} data
 * @returns {Connect | null}
 */
export function readConnect(data) {
  if (own(data, "placelens") !== VERSION || own(data, "kind") !== "connect") return null;
  return { kind: "connect", look: readLook(own(data, "look")) };
}

/** @param {unknown} data @returns {FromPost | null} */
export function readFromPost(data) {
  switch (own(data, "kind")) {
    case "look":
      return { kind: "look", look: readLook(own(data, "look")) };
    case "start":
      return { kind: "start" };
    case "focus":
      return { kind: "focus" };
    case "locate":
      return readLocate(own(data, "id"), own(data, "photo"));
    default:
      return null;
  }
}

/** @param {unknown} id @param {unknown} photo @returns {FromPost | null} */
function readLocate(id, photo) {
  if (!isId(id)) return null;
  if (photo === null) return { kind: "locate", id, photo };
  return photo instanceof Blob && photo.size <= LIMITS.photo_bytes ? { kind: "locate", id, photo } : null;
}

/** @param {unknown} data @returns {FromFrame | null} */
export function readFromFrame(data) {
  const [kind, id] = [own(data, "kind"), own(data, "id")];
  const [height_px, backend, model] = [own(data, "height_px"), own(data, "backend"), own(data, "model")];
  const [result, code, message] = [own(data, "result"), own(data, "code"), own(data, "message")];
  if (kind === "hello") return { kind };
  if (kind === "size" && isNumber(height_px) && height_px >= 0) {
    return { kind, height_px: Math.min(height_px, LIMITS.height_px) };
  }
  if (kind === "ready" && isText(backend) && isText(model)) return { kind, backend, model };
  if (id !== null && !isId(id)) return null;
  if (kind === "result" && isResult(result)) return { kind, id, result };
  if (kind === "failed" && isText(code) && isText(message)) return { kind, id, code, message };
  return null;
}

/** @param {unknown} result @returns {result is LocateResult} */
function isResult(result) {
  const [places, point] = [own(result, "places"), own(result, "point")];
  return (
    Array.isArray(places) &&
    places.length >= 1 &&
    places.length <= LIMITS.places &&
    places.every(isPlace) &&
    ["lat", "lon", "expected_error_km"].every((name) => isNumber(own(point, name))) &&
    ["regions_50", "regions_80"].every((name) => isIds(own(result, name))) &&
    typeof own(result, "confident") === "boolean"
  );
}

/** @param {unknown} place */
function isPlace(place) {
  return (
    ["id", "name"].every((name) => isText(own(place, name))) &&
    ["lat", "lon", "cosine", "probability"].every((name) => isNumber(own(place, name)))
  );
}

/** @param {unknown} ids */
function isIds(ids) {
  return Array.isArray(ids) && ids.length <= LIMITS.places && ids.every((id) => isText(id));
}

/**
 * A result as the post may see it: what was computed, without what only the reader's own file knows.
 * @param {LocateResult} result
 * @param {{ ownPhoto: boolean }} whose  `ownPhoto`: the reader's; false: the post gave it
 * @returns {LocateResult}
 */
export function shared(result, { ownPhoto }) {
  if (!ownPhoto) return result;
  const { width, height } = result.photo;
  return { ...result, photo: { width, height, taken_at: null } };
}

/**
 * A failure as the post may see it. The sentence about a reader's photo can quote its bytes or name
 * its file, so that the post gets the code and a sentence that is always the same.
 * @param {{ code: string, message: string }} failure
 * @param {{ ownPhoto: boolean }} whose
 */
export function sharedFailure({ code, message }, { ownPhoto }) {
  const told = ownPhoto ? "the reader's photo could not be used" : message;
  return { code: code.slice(0, LIMITS.text), message: told.slice(0, LIMITS.text) };
}
