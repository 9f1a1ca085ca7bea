// @ts-check
/**
 * What went wrong, in a form that a program and a visitor can both read.
 *
 * In: anything that was thrown.  Out: a `Failure` with a stable `code` and a sentence that
 * names the subject, what was expected, what was found, and what helps.
 *
 * Codes of the wasm module pass through unchanged. An error without a code did not come from
 * a check of ours: a Rust panic has left the instance broken, so it counts as `crashed`.
 */

/** @typedef {{ code: string, message: string, file?: string }} FailureData as it crosses between worker and page */

export class Failure extends Error {
  /** @type {string} stable word for programs, e.g. `shard` */
  code;
  /** @type {string | undefined} the model file that is at fault */
  file;

  /**
   * @param {string} code
   * @param {string} message
   * @param {{ file?: string, cause?: unknown }} [details]
   */
  constructor(code, message, { file, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "Failure";
    this.code = code;
    this.file = file;
  }

  /** @param {FailureData} data */
  static fromData({ code, message, file }) {
    return new Failure(code, message, { file });
  }

  /** @returns {FailureData} */
  toData() {
    return { code: this.code, message: this.message, file: this.file };
  }
}

/**
 * Any thrown value as a `Failure`; one without a code of its own becomes `crashed`.
 * @param {unknown} thrown
 * @returns {Failure}
 */
export function asFailure(thrown) {
  if (thrown instanceof Failure) return thrown;
  const code = /** @type {{ code?: unknown }} */ (thrown)?.code;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (typeof code === "string" && code !== "") return new Failure(code, message, { cause: thrown });
  return new Failure("crashed", `the model stopped unexpectedly: ${message}`, { cause: thrown });
}

/**
 * Whether an error only says that somebody asked to stop.
 * @param {unknown} thrown
 */
export function isAbort(thrown) {
  return thrown instanceof Error && thrown.name === "AbortError";
}
