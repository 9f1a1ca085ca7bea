/**
 * Calls between the benchmark's page and a worker of a contestant's own.
 *
 * In: in the worker, `answer` with its methods; in the page, a `Contestant`.  Out: promises, one call at a time.
 * A thread for each contestant, of which only one has something to do: neither finds the other's garbage in its heap.
 */

/** @param {Record<string, (input: any) => Promise<unknown>>} methods */
export function answer(methods) {
  self.addEventListener("message", async ({ data: { id, method, input } }) => {
    try {
      self.postMessage({ id, value: await methods[method](input) });
    } catch (error) {
      self.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
    }
  });
}

export class Contestant {
  #worker;
  #name;
  #calls = 0;

  /** @param {string} name @param {string} script */
  constructor(name, script) {
    this.#name = name;
    this.#worker = new Worker(script, { type: "module", name });
  }

  /** @param {string} method @param {unknown} [input] @returns {Promise<any>} */
  call(method, input) {
    const id = (this.#calls += 1);
    return new Promise((resolve, reject) => {
      const fail = (message) => reject(new Error(`${this.#name}, ${method}: ${message}`));
      this.#worker.onerror = ({ message }) => fail(message || "its script could not be loaded");
      this.#worker.onmessage = ({ data }) => {
        if (data.id !== id) return;
        if (data.error === undefined) resolve(data.value);
        else fail(data.error);
      };
      this.#worker.postMessage({ id, method, input });
    });
  }

  close() {
    this.#worker.terminate();
  }
}
