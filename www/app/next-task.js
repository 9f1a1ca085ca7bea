// @ts-check
/**
 * A pause in long work, in which the page can answer to its visitor.
 *
 * In: nothing.  Out: a promise that is kept in a task of its own.
 */

export const nextTask = () => new Promise((done) => setTimeout(done));
