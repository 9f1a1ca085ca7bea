import assert from "node:assert/strict";
import test from "node:test";
import { EmbedLink } from "../../www/app/embed-link.js";
import { DEFAULT_LOOK } from "../../www/app/embed-messages.js";

const CONNECT = { placelens: 1, kind: "connect", look: { theme: "dark" } };

/** A frame's window, the page that holds it, and what was heard on either side. */
function setUp(t) {
  const parent = {};
  const window = Object.assign(new EventTarget(), { parent });
  const heard = [];
  const link = new EmbedLink({ window, onMessage: (message) => heard.push(message) });
  const post = (data, { source = parent, ports = [] } = {}) =>
    window.dispatchEvent(Object.assign(new Event("message"), { data, source, ports }));
  const channel = () => {
    const { port1, port2 } = new MessageChannel();
    t.after(() => port1.close());
    const arrived = [];
    const waiting = [];
    port1.onmessage = ({ data }) => (arrived.push(data), waiting.shift()?.());
    const next = () => new Promise((resolve) => waiting.push(resolve));
    return { port1, port2, arrived, next };
  };
  return { window, link, heard, post, channel };
}

test("the first word of the page that holds the frame brings the port and the look", async (t) => {
  const { link, heard, post, channel } = setUp(t);
  const { port1, port2, arrived, next } = channel();
  link.size(480);
  const both = next().then(next);
  post(CONNECT, { ports: [port2] });
  await both;
  assert.deepEqual(heard, [{ kind: "look", look: { ...DEFAULT_LOOK, theme: "dark" } }]);
  assert.deepEqual(arrived, [{ kind: "size", height_px: 480 }, { kind: "hello" }]);
  port1.postMessage({ kind: "start" });
  await new Promise((resolve) => port2.addEventListener("message", resolve, { once: true }));
  assert.deepEqual(heard.at(-1), { kind: "start" });
});

test("other windows, other words and a message without a port are passed over", (t) => {
  const { heard, post, channel } = setUp(t);
  post(CONNECT, { source: {}, ports: [channel().port2] });
  post(CONNECT, { ports: [] });
  post({ ...CONNECT, placelens: 0 }, { ports: [channel().port2] });
  post("hello", { ports: [channel().port2] });
  assert.deepEqual(heard, []);
});

test("a second first word changes nothing", async (t) => {
  const { heard, post, channel } = setUp(t);
  const [first, second] = [channel(), channel()];
  const hello = first.next();
  post(CONNECT, { ports: [first.port2] });
  post({ ...CONNECT, look: { theme: "light" } }, { ports: [second.port2] });
  await hello;
  assert.equal(heard.length, 1);
  assert.deepEqual(second.arrived, []);
});

test("through the port, too, only declared messages arrive", async (t) => {
  const { heard, post, channel } = setUp(t);
  const { port1, port2, next } = channel();
  const hello = next();
  post(CONNECT, { ports: [port2] });
  await hello;
  for (const data of ["start", { kind: "stop" }, { kind: "locate", id: 1, photo: "x" }]) port1.postMessage(data);
  port1.postMessage({ kind: "focus" });
  await new Promise((resolve) => port2.addEventListener("message", ({ data }) => data.kind === "focus" && resolve()));
  assert.deepEqual(heard.slice(1), [{ kind: "focus" }]);
});

test("a height is told once, and again only when it differs", async (t) => {
  const { link, post, channel } = setUp(t);
  const { port2, arrived, next } = channel();
  const hello = next();
  post(CONNECT, { ports: [port2] });
  await hello;
  const two = next().then(next);
  for (const height of [500, 500, 520]) link.size(height);
  await two;
  assert.deepEqual(
    arrived.slice(1).map(({ height_px }) => height_px),
    [500, 520],
  );
});

test("opened by itself, in no frame, it has nobody to talk to", () => {
  const window = new EventTarget();
  window.parent = window;
  const heard = [];
  const link = new EmbedLink({ window, onMessage: (message) => heard.push(message) });
  window.dispatchEvent(Object.assign(new Event("message"), { data: CONNECT, source: window, ports: [{}] }));
  link.say({ kind: "hello" });
  assert.deepEqual(heard, []);
});
