import assert from "node:assert/strict";
import test from "node:test";
import { tell } from "../../www/app/messages.js";
import { ModelWorker } from "../../www/app/model-worker.js";

/** A worker that answers as the test says. */
class FakeWorker extends EventTarget {
  asked = [];
  terminated = false;
  postMessage(question) {
    this.asked.push(question);
  }
  terminate() {
    this.terminated = true;
  }
  say(answer) {
    this.dispatchEvent(Object.assign(new Event("message"), { data: answer }));
  }
  break(message) {
    this.dispatchEvent(Object.assign(new Event("error", { cancelable: true }), { message }));
  }
}

const FACTS = { backend: "cpu", model: "m", untrained: true, known_answer_error: 0 };
const LIMITS = { silence_s: 3, proving_s: 6, locating_s: 4 };
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** One tick, a "second" of the clock, takes 10 ms here. */
function make(t, options = {}) {
  const fake = new FakeWorker();
  const worker = new ModelWorker(() => fake, { limits: LIMITS, tick_ms: 10, ...options });
  t.after(() => worker.terminate());
  return { fake, worker };
}
const signal = () => new AbortController().signal;

test("opening tells progress and ends with the model's facts", async (t) => {
  const { fake, worker } = make(t);
  const progress = [];
  const opened = worker.open("cpu", "https://host.test/m.json", {
    signal: signal(),
    onProgress: (...bytes) => progress.push(bytes),
  });
  assert.deepEqual(fake.asked, [{ kind: "open", device: "cpu", manifestUrl: "https://host.test/m.json" }]);
  fake.say(tell.progress(5, 10));
  fake.say(tell.proving());
  fake.say(tell.ready(FACTS));
  assert.deepEqual(await opened, FACTS);
  assert.deepEqual(progress, [[5, 10]]);
});

test("a failure of the pack leaves the worker alive for a retry", async (t) => {
  const { fake, worker } = make(t);
  const opened = worker.open("cpu", "u", { signal: signal() });
  fake.say(tell.failed({ code: "shard", message: "a: wrong", file: "a" }));
  await assert.rejects(opened, { code: "shard", file: "a" });
  assert.equal(fake.terminated, false);
  const again = worker.retry({ signal: signal() });
  fake.say(tell.ready(FACTS));
  assert.deepEqual(await again, FACTS);
});

test("a crash ends the worker", async (t) => {
  const { fake, worker } = make(t);
  const located = worker.locate(new Blob(), {}, { signal: signal() });
  fake.say(tell.failed({ code: "crashed", message: "unreachable" }));
  await assert.rejects(located, { code: "crashed" });
  assert.equal(fake.terminated, true);
  await assert.rejects(worker.locate(new Blob(), {}, { signal: signal() }), { code: "crashed" });
});

test("an error event of the worker is a crash with its reason", async (t) => {
  const { fake, worker } = make(t);
  const opened = worker.open("cpu", "u", { signal: signal() });
  fake.break("Uncaught RuntimeError: unreachable");
  await assert.rejects(opened, (error) => error.code === "crashed" && /unreachable/.test(error.message));
  assert.equal(fake.terminated, true);
});

test("a worker that goes silent while loading is a crash, one that beats is not", async (t) => {
  const { fake, worker } = make(t);
  const opened = worker.open("cpu", "u", { signal: signal() });
  for (let beat = 0; beat < 6; beat += 1) {
    await pause(15);
    fake.say(tell.alive());
  }
  assert.equal(fake.terminated, false);
  await assert.rejects(opened, (error) => error.code === "crashed" && /no answer in 3 s/.test(error.message));
});

test("a proof that never ends is a crash although the heart beats", async (t) => {
  const { fake, worker } = make(t);
  const opened = worker.open("webgpu", "u", { signal: signal() });
  fake.say(tell.proving());
  const heart = setInterval(() => fake.say(tell.alive()), 5);
  t.after(() => clearInterval(heart));
  await assert.rejects(opened, { code: "crashed" });
});

test("a photo that never ends is a crash although the heart beats", async (t) => {
  const { fake, worker } = make(t);
  const located = worker.locate(new Blob(), {}, { signal: signal() });
  const heart = setInterval(() => fake.say(tell.alive()), 5);
  t.after(() => clearInterval(heart));
  await assert.rejects(located, { code: "crashed" });
});

test("an abort ends the worker and the wait at once", async (t) => {
  const { fake, worker } = make(t);
  const stop = new AbortController();
  const opened = worker.open("cpu", "u", { signal: stop.signal });
  stop.abort();
  await assert.rejects(opened, { name: "AbortError" });
  assert.equal(fake.terminated, true);
});

test("a death that no question waited for is heard", async (t) => {
  const lost = [];
  const { fake } = make(t, { onLost: (failure) => lost.push(failure.code) });
  fake.say(tell.failed({ code: "crashed", message: "device lost" }));
  assert.deepEqual(lost, ["crashed"]);
});

test("what an ended worker still says is not heard", async (t) => {
  const lost = [];
  const { fake, worker } = make(t, { onLost: (failure) => lost.push(failure.code) });
  worker.terminate();
  fake.say(tell.failed({ code: "crashed", message: "late" }));
  fake.break("later");
  assert.deepEqual(lost, []);
});
