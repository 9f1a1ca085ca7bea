import assert from "node:assert/strict";
import { createServer } from "node:http";
import test from "node:test";
import { downloadPicture } from "../../www/app/photo-download.js";
import { fetchPhoto, readPhotoUrl, tell } from "../../www/app/photo-url.js";

/** A worker that answers as the test says. */
class FakeWorker extends EventTarget {
  told = [];
  terminated = 0;
  postMessage(message) {
    this.told.push(message);
  }
  terminate() {
    this.terminated += 1;
  }
  say(answer) {
    this.dispatchEvent(Object.assign(new Event("message"), { data: answer }));
  }
}

function ask(address, options = {}) {
  const worker = new FakeWorker();
  const stop = new AbortController();
  const photo = fetchPhoto(new URL(address), { signal: stop.signal, createWorker: () => worker, ...options });
  return { worker, stop, photo };
}

for (const [text, message] of [
  ["", /found nothing/],
  ["not an address", /found "not an address"/],
  ["http://pictures.test/a.jpg", /found http;/],
  ["file:///etc/passwd", /found file;/],
  ["data:image/png;base64,AAAA", /found data;/],
  ["javascript:alert(1)", /found javascript;/],
  ["https://me:secret@pictures.test/a.jpg", /name or password/],
]) {
  test(`no address of a picture: ${text || "nothing"}`, () =>
    assert.throws(
      () => readPhotoUrl(text),
      (failure) => failure.code === "url" && message.test(failure.message),
    ));
}

test("https everywhere and http on this machine are addresses of pictures", () => {
  for (const text of ["https://pictures.test/a.jpg", "http://localhost:8080/a", "http://127.0.0.1/a", "http://[::1]/a"])
    assert.equal(readPhotoUrl(` ${text}#part \n`).href, text);
});

test("the worker is told the address and nothing else, and ends with the picture", async () => {
  const { worker, photo } = ask("https://pictures.test/trip/sea%20view.jpg?size=large");
  assert.deepEqual(worker.told, [{ url: "https://pictures.test/trip/sea%20view.jpg?size=large" }]);
  const bytes = new Blob(["picture"]);
  worker.say(tell.picture(bytes));
  const found = await photo;
  assert.equal(found.bytes, bytes);
  assert.equal(found.name, "sea view.jpg");
  assert.equal(worker.terminated, 1);
});

for (const [address, name] of [
  ["https://pictures.test/", "pictures.test"],
  ["https://pictures.test/100%.jpg", "100%.jpg"],
  [`https://pictures.test/${"x".repeat(300)}`, `${"x".repeat(119)}…`],
]) {
  test(`a picture's name is ${name.slice(0, 20)}`, async () => {
    const { worker, photo } = ask(address);
    worker.say(tell.picture(new Blob()));
    assert.equal((await photo).name, name);
  });
}

test("progress is passed on", async () => {
  const heard = [];
  const { worker, photo } = ask("https://pictures.test/a", { onProgress: (...bytes) => heard.push(bytes) });
  worker.say(tell.progress(5, null));
  worker.say(tell.progress(9, 10));
  worker.say(tell.picture(new Blob()));
  await photo;
  assert.deepEqual(heard, [[5, null], [9, 10]]); // prettier-ignore
});

test("a failure in the worker is told as it is", async () => {
  const { worker, photo } = ask("https://pictures.test/a");
  worker.say(tell.failed({ code: "url_status", message: "found 404" }));
  await assert.rejects(photo, { code: "url_status", message: "found 404" });
  assert.equal(worker.terminated, 1);
});

test("canceling ends the worker and its connection", async () => {
  const { worker, photo, stop } = ask("https://pictures.test/a");
  stop.abort();
  await assert.rejects(photo, { name: "AbortError" });
  assert.equal(worker.terminated, 1);
});

test("a picture that does not come in time is given up", async () => {
  const { worker, photo } = ask("https://pictures.test/a", { wait_s: 0.01 });
  await assert.rejects(photo, { code: "url_slow" });
  assert.equal(worker.terminated, 1);
});

test("a worker that cannot start is told", async () => {
  const { worker, photo } = ask("https://pictures.test/a");
  worker.dispatchEvent(new Event("error", { cancelable: true }));
  await assert.rejects(photo, { code: "url_module" });
});

/** A server that answers as the test says. @param {import("node:test").TestContext} t */
async function serve(t, answer) {
  const server = createServer(answer);
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => (server.closeAllConnections(), server.close()));
  return `http://127.0.0.1:${server.address().port}`;
}
const picture =
  (body, headers = {}) =>
  (_, response) => {
    response.writeHead(200, { "content-type": "image/png; charset=x", ...headers });
    response.end(body);
  };

test("a picture is downloaded with its type and its progress", async (t) => {
  const origin = await serve(t, picture("0123456789", { "content-length": "10" }));
  const heard = [];
  const blob = await downloadPicture(`${origin}/a.png`, { onProgress: (...bytes) => heard.push(bytes) });
  assert.equal(blob.type, "image/png");
  assert.equal(await blob.text(), "0123456789");
  assert.deepEqual(heard.at(-1), [10, 10]);
});

test("neither cookie nor referrer is sent, nothing is kept, and only pictures are asked for", async () => {
  const asked = [];
  const fetch = async (...args) => (asked.push(args), new Response("x", { headers: { "content-type": "image/png" } }));
  await downloadPicture("https://pictures.test/a", { fetch });
  const [[address, init]] = asked;
  assert.equal(address, "https://pictures.test/a");
  const { credentials, referrerPolicy, cache, method, headers } = init;
  assert.deepEqual(
    { credentials, referrerPolicy, cache, method, headers },
    {
      credentials: "omit",
      referrerPolicy: "no-referrer",
      cache: "no-store",
      method: undefined,
      headers: { accept: "image/*" },
    },
  );
});

test("a picture that is announced as too large is not downloaded", async (t) => {
  let sent = 0;
  const origin = await serve(t, (_, response) => {
    response.writeHead(200, { "content-type": "image/png", "content-length": "1000000" });
    response.write(Buffer.alloc((sent += 10)));
  });
  await assert.rejects(downloadPicture(`${origin}/a`, { size_bytes: 1000 }), { code: "photo_too_large" });
  assert.equal(sent, 10);
});

test("a picture that turns out too large is cut, and its connection ends", async (t) => {
  let closed;
  const ended = new Promise((done) => (closed = done));
  const origin = await serve(t, (_, response) => {
    response.on("close", closed);
    response.writeHead(200, { "content-type": "image/png" });
    const more = () => response.destroyed || response.write(Buffer.alloc(400), () => setImmediate(more));
    more();
  });
  await assert.rejects(downloadPicture(`${origin}/a`, { size_bytes: 1000 }), { code: "photo_too_large" });
  await ended;
});

for (const [what, status, type, code, message] of [
  ["a missing picture", 404, "text/html", "url_status", /found 404/],
  ["a web page", 200, "text/html; charset=utf-8", "url_type", /found a web page/],
  ["a video", 200, "video/mp4", "url_type", /found video\/mp4/],
]) {
  test(`${what} is told`, async (t) => {
    const origin = await serve(
      t,
      (_, response) => (response.writeHead(status, { "content-type": type }), response.end("x")),
    );
    await assert.rejects(
      downloadPicture(`${origin}/a`),
      (failure) => failure.code === code && message.test(failure.message),
    );
  });
}

test("a picture whose server names no type is taken", async (t) => {
  const origin = await serve(t, (_, response) => response.end("x"));
  assert.equal((await downloadPicture(`${origin}/a`)).size, 1);
});

test("a host that refuses and a host that is not there are told apart", async () => {
  const refusing = async (_, { mode }) => {
    if (mode !== "no-cors") throw new TypeError("Failed to fetch");
    return new Response();
  };
  await assert.rejects(downloadPicture("https://pictures.test/a", { fetch: refusing }), {
    code: "url_blocked",
    message: /pictures\.test: that site lets no other page read its pictures; save the picture/,
  });
  const absent = () => Promise.reject(new TypeError("Failed to fetch"));
  await assert.rejects(downloadPicture("https://pictures.test/a", { fetch: absent }), { code: "url_network" });
});

test("a redirect to a place that is not safe is refused", async () => {
  const fetch = async () => Object.defineProperty(new Response("x"), "url", { value: "http://pictures.test/a" });
  await assert.rejects(downloadPicture("https://pictures.test/a", { fetch }), { code: "url" });
});

test("a connection that breaks off is told", async (t) => {
  const origin = await serve(t, (_, response) => {
    response.writeHead(200, { "content-type": "image/png", "content-length": "1000" });
    response.write("some", () => response.destroy());
  });
  await assert.rejects(downloadPicture(`${origin}/a`), { code: "url_network", message: /broke off/ });
});
