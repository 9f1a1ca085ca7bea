// @ts-check
/**
 * Pauses in long work, in which the page can answer to its visitor.
 *
 * In: nothing.  Out: promises that are kept in a task of their own.
 */

/** At once. @returns {Promise<void>} */
export const nextTask = () => new Promise((done) => setTimeout(done));

/** Once what was done so far can be seen; later in a window that nobody sees. @returns {Promise<void>} */
export const nextPicture = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
