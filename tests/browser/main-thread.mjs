/**
 * What a site's main threads were busy with, for how long, by the processor's own clock.
 *
 * In: a browser whose trace is to be kept, and the start of the site's addresses.  Out: times, longest first.
 * On a busy machine a task looks long by the clock that only waited.
 */

/** What is traced for it. */
const CATEGORIES = ["toplevel", "devtools.timeline"];
/** What a main thread does without a break: a task, and what its promises go on with after it. */
const WORK = new Set(["ThreadControllerImpl::RunTask", "BlinkScheduler_PerformMicrotaskCheckpoint"]);

/** @param {import("playwright-core").Browser} browser */
export async function startTrace(browser) {
  await browser.startTracing(undefined, { categories: CATEGORIES });
}

/**
 * The milliseconds of each piece of work since `startTrace`, of pages whose addresses begin with `site`.
 * @param {import("playwright-core").Browser} browser @param {string} site
 */
export async function stopTrace(browser, site) {
  const trace = JSON.parse(String(await browser.stopTracing())).traceEvents;
  // the browser has pages of its own, each with a main thread
  const isVisit = ({ name, args }) => name === "CommitLoad" && args.data.url.startsWith(site);
  const processes = new Set(trace.filter(isVisit).map(({ pid }) => pid));
  const isMain = ({ name, args, pid }) =>
    name === "thread_name" && args.name === "CrRendererMain" && processes.has(pid);
  const threads = new Set(trace.filter(isMain).map(({ pid, tid }) => `${pid} ${tid}`));
  const work = trace.filter(({ name, tdur, pid, tid }) => WORK.has(name) && tdur && threads.has(`${pid} ${tid}`));
  return work.map(({ tdur }) => tdur / 1000).sort((a, b) => b - a);
}
