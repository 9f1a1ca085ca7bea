// @ts-check
/**
 * When the model has nothing to do: what can wait leaves it the processor until then.
 *
 * In: `data-state` on `<html>`.  Out: a promise.
 */

import { nextTask } from "./next-task.js";

const REST = ["ready", "failed", "idle"];

/** Kept at the first moment at which nothing is loaded and no photo is looked at. @returns {Promise<void>} */
export function modelAtRest() {
  const root = document.documentElement;
  return new Promise((resolve) => {
    const look = async () => {
      await nextTask(); // a photo that waits for the model follows at once
      if (!REST.includes(root.dataset.state ?? "")) return;
      states.disconnect();
      resolve();
    };
    const states = new MutationObserver(look);
    states.observe(root, { attributeFilter: ["data-state"] });
    void look();
  });
}
