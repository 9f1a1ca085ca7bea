import assert from "node:assert/strict";
import test from "node:test";
import { Failure } from "../../www/app/failure.js";
import { Session } from "../../www/app/session.js";

const FACTS = { backend: "cpu", model: "m", untrained: true, known_answer_error: 0 };
const settle = () => new Promise((done) => setTimeout(done, 0));

/** Workers whose every promise the test settles itself. */
function make(device = "auto", options = {}) {
  const workers = [];
  const heard = [];
  const createWorker = (onLost) => {
    const pending =
      (name, extra) =>
      (...args) =>
        new Promise((resolve, reject) => {
          worker.calls.push({ name, args, resolve, reject: (code) => reject(new Failure(code, `a ${code}`)) });
          args.at(-1).signal.addEventListener("abort", () => reject(args.at(-1).signal.reason));
          extra?.(args);
        });
    const worker = {
      calls: [],
      onLost,
      terminated: false,
      open: pending("open"),
      retry: pending("retry"),
      locate: pending("locate"),
      terminate: () => void (worker.terminated = true),
      get last() {
        return worker.calls.at(-1);
      },
    };
    workers.push(worker);
    return worker;
  };
  const session = new Session({ device, manifestUrl: "u", createWorker, ...options });
  for (const type of ["state", "ready", "working", "result", "failure", "notice"]) {
    session.addEventListener(type, ({ detail }) => heard.push({ type, detail }));
  }
  const told = (type) => heard.filter((event) => event.type === type).map(({ detail }) => detail);
  return { session, workers, heard, told };
}

async function makeReady(device = "cpu") {
  const made = make(device);
  void made.session.start();
  made.workers[0].last.resolve(FACTS);
  await settle();
  return made;
}

const photo = (name) => ({ bytes: new Blob([name]), name });
const answer = (result) => ({ result, memory_bytes: 7 });

test("a load goes from idle by loading to ready", async () => {
  const { session, told } = await makeReady();
  assert.deepEqual(told("state"), ["loading", "ready"]);
  assert.equal(session.state, "ready");
});

test("without WebGPU a fresh worker takes the CPU, and the visitor is told", async () => {
  const { session, workers, told } = make("webgpu");
  void session.start();
  assert.equal(workers[0].last.args[0], "webgpu");
  workers[0].last.reject("device");
  await settle();
  assert.equal(workers[0].terminated, true);
  assert.equal(workers[1].last.args[0], "cpu");
  workers[1].last.resolve(FACTS);
  await settle();
  assert.deepEqual(
    told("notice").map(({ from, to }) => [from, to]),
    [["webgpu", "cpu"]],
  );
  assert.deepEqual(told("state"), ["loading", "ready"]);
});

test("where the page knows that there is no WebGPU, no worker is started to find out", async () => {
  const { session, workers, told } = make("auto", {
    expectWebGpu: () => {
      throw new Failure("device", "no WebGPU");
    },
  });
  void session.start();
  await settle();
  assert.deepEqual(workers.map((worker) => worker.last.args[0]), ["cpu"]); // prettier-ignore
  assert.deepEqual(
    told("notice").map(({ from, to, failure }) => [from, to, failure.message]),
    [["webgpu", "cpu", "no WebGPU"]],
  );
  workers[0].last.resolve(FACTS);
  await settle();
  assert.equal(session.state, "ready");
});

test("two crashes on the CPU give up, and a retry starts over", async () => {
  const { session, workers, told } = make("cpu");
  void session.start();
  workers[0].last.reject("crashed");
  await settle();
  workers[1].last.reject("crashed");
  await settle();
  assert.equal(session.state, "failed");
  assert.equal(workers.length, 2);
  assert.equal(told("failure")[0].failure.code, "crashed");
  void session.retry();
  workers[2].last.resolve(FACTS);
  await settle();
  assert.equal(session.state, "ready");
});

test("a bad file keeps the worker, and a retry asks that one", async () => {
  const { session, workers } = make("cpu");
  void session.start();
  workers[0].last.reject("shard");
  await settle();
  assert.equal(session.state, "failed");
  assert.equal(workers[0].terminated, false);
  void session.retry();
  assert.equal(session.state, "loading");
  assert.equal(workers[0].last.name, "retry");
  workers[0].last.resolve(FACTS);
  await settle();
  assert.equal(session.state, "ready");
  assert.equal(workers.length, 1);
});

test("a retry whose device then fails still climbs down", async () => {
  const { session, workers } = make("auto");
  void session.start();
  workers[0].last.reject("shard");
  await settle();
  void session.retry();
  workers[0].last.reject("known_answer");
  await settle();
  assert.equal(workers[0].terminated, true);
  assert.deepEqual(workers[1].last.args.slice(0, 1), ["cpu"]);
  assert.equal(workers[1].last.name, "open");
});

test("a fault of the pack is final until a retry, which takes a fresh worker", async () => {
  const { session, workers } = make("cpu");
  void session.start();
  workers[0].last.reject("weights");
  await settle();
  assert.equal(session.state, "failed");
  assert.equal(workers[0].terminated, true);
  void session.retry();
  assert.equal(workers.length, 2);
});

test("a cancel ends the worker and goes back to idle; a start loads again", async () => {
  const { session, workers, told } = make("cpu");
  void session.start();
  session.cancel();
  await settle();
  assert.equal(session.state, "idle");
  assert.equal(workers[0].terminated, true);
  assert.deepEqual(told("failure"), []);
  void session.start();
  workers[1].last.resolve(FACTS);
  await settle();
  assert.equal(session.state, "ready");
});

test("the first photo is at the model before the page hears that it is ready, once", async () => {
  const { session, workers, told } = make("cpu");
  const [first, second, third] = ["a", "b", "c"].map(photo);
  void session.start();
  void session.locate(first, second);
  let askedByThen = 0;
  session.addEventListener("ready", () => {
    askedByThen = workers[0].calls.length;
    void session.locate(third);
  });
  workers[0].last.resolve(FACTS);
  await settle();
  assert.equal(askedByThen, 2, "open, locate");
  assert.equal(workers[0].calls.length, 2, "one question at a time");
  assert.deepEqual(told("state"), ["loading", "ready", "working"]);
  for (let at = 1; at <= 3; at += 1) {
    workers[0].calls[at].resolve(answer(at));
    await settle();
  }
  assert.deepEqual(
    told("result").map(({ photo: { name }, result }) => [name, result]),
    [["a", 1], ["b", 2], ["c", 3]], // prettier-ignore
  );
  assert.equal(session.state, "ready");
});

test("a photo that came while the model loads is looked at when it is ready", async () => {
  const { session, workers, told } = make("cpu");
  void session.start();
  const early = photo("early");
  void session.locate(early);
  workers[0].last.resolve(FACTS);
  await settle();
  assert.equal(session.state, "working");
  assert.equal(workers[0].last.args[0], early.bytes);
  workers[0].last.resolve(answer("answer"));
  await settle();
  assert.deepEqual(told("result"), [{ result: "answer", photo: early, memory_bytes: 7 }]);
  assert.equal(session.state, "ready");
});

test("several photos are answered one by one, in the order they came, and the state stays working", async () => {
  const { session, workers, told } = await makeReady();
  const [first, second, third] = ["1", "2", "3"].map(photo);
  void session.locate(first, second);
  void session.locate(third);
  assert.equal(session.waiting, 3);
  for (const word of ["one", "two", "three"]) {
    assert.equal(session.state, "working");
    workers[0].last.resolve(answer(word));
    await settle();
  }
  assert.deepEqual(
    told("result").map(({ result, photo }) => [result, photo]),
    [
      ["one", first],
      ["two", second],
      ["three", third],
    ],
  );
  assert.deepEqual(told("state"), ["loading", "ready", "working", "ready"]);
});

test("forgotten photos are never looked at, and the answer of the one at the model is dropped", async () => {
  const { session, workers, told } = await makeReady();
  const [first, second, third] = ["1", "2", "3"].map(photo);
  void session.locate(first, second);
  session.forget();
  void session.locate(third);
  workers[0].last.resolve(answer("one"));
  await settle();
  workers[0].last.resolve(answer("three"));
  await settle();
  assert.deepEqual(
    told("result").map(({ result }) => result),
    ["three"],
  );
  assert.deepEqual(
    workers[0].calls.filter(({ name }) => name === "locate").map(({ args }) => args[0]),
    [first.bytes, third.bytes],
  );
});

test("a photo chosen by whoever hears a result is looked at once", async () => {
  const { session, workers } = await makeReady();
  session.addEventListener("result", () => void session.locate(photo("next")), { once: true });
  void session.locate(photo("first"));
  workers[0].last.resolve(answer("one"));
  await settle();
  assert.equal(workers[0].calls.filter(({ name }) => name === "locate").length, 2);
});

test("a bad photo is told and leaves the model ready", async () => {
  const { session, workers, told } = await makeReady();
  const bad = photo("bad");
  void session.locate(bad);
  workers[0].last.reject("photo_damaged");
  await settle();
  assert.equal(session.state, "ready");
  assert.equal(told("failure")[0].photo, bad);
  assert.equal(workers.length, 1);
});

for (const code of ["crashed", "device", "known_answer"]) {
  test(`a photo that ends in ${code} is told, not tried again, and the worker is replaced`, async () => {
    const { session, workers, told } = await makeReady();
    void session.locate(photo("deadly"));
    workers[0].last.reject(code);
    await settle();
    assert.equal(told("failure")[0].failure.code, code);
    assert.equal(workers[0].terminated, true);
    workers[1].last.resolve(FACTS);
    await settle();
    assert.equal(session.state, "ready");
    assert.deepEqual(
      workers[1].calls.map(({ name }) => name),
      ["open"],
    );
  });
}

test("a crash by a photo that was forgotten is not told of the next one, which is looked at", async () => {
  const { session, workers, told } = await makeReady();
  const next = photo("next");
  void session.locate(photo("deadly"));
  session.forget();
  void session.locate(next);
  workers[0].last.reject("crashed");
  await settle();
  workers[1].last.resolve(FACTS);
  await settle();
  workers[1].last.resolve(answer("answer"));
  await settle();
  assert.deepEqual(told("failure"), []);
  assert.deepEqual(told("result"), [{ result: "answer", photo: next, memory_bytes: 7 }]);
});

test("photos that crash the model again and again, with none between that works, end in failed", async () => {
  const { session, workers } = await makeReady();
  for (let round = 0; session.state !== "failed" && round < 10; round += 1) {
    void session.locate(photo("deadly"));
    await settle();
    workers.at(-1).last.reject("crashed");
    await settle();
    if (session.state === "loading") workers.at(-1).last.resolve(FACTS);
    await settle();
  }
  assert.equal(session.state, "failed");
  assert.equal(workers.length, 2);
});

test("a worker that dies while nobody asks is replaced", async () => {
  const { session, workers } = await makeReady();
  workers[0].onLost(new Failure("crashed", "device lost"));
  await settle();
  assert.equal(session.state, "loading");
  assert.equal(workers.length, 2);
});

test("a photo chosen after a cancel loads the model by itself", async () => {
  const { session, workers, told } = make("cpu");
  void session.start();
  session.cancel();
  await settle();
  void session.locate(photo("late"));
  workers[1].last.resolve(FACTS);
  await settle();
  workers[1].last.resolve(answer("answer"));
  await settle();
  assert.equal(told("result").length, 1);
});

test("a photo that crashes the model does not keep those after it from their turn", async () => {
  const { session, workers, told } = await makeReady();
  void session.locate(photo("deadly"), photo("next"));
  workers[0].last.reject("crashed");
  await settle();
  workers[1].last.resolve(FACTS);
  await settle();
  workers[1].last.resolve(answer("fine"));
  await settle();
  assert.deepEqual(
    told("failure").map(({ photo: { name } }) => name),
    ["deadly"],
  );
  assert.deepEqual(
    told("result").map(({ photo: { name } }) => name),
    ["next"],
  );
});

test("when the only photo is forgotten at the model, the state is ready once the model is free", async () => {
  const { session, workers, told } = await makeReady();
  void session.locate(photo("unwanted"));
  session.forget();
  workers[0].last.resolve(answer("dropped"));
  await settle();
  assert.deepEqual(told("result"), []);
  assert.equal(session.state, "ready");
});
