import assert from "node:assert/strict";
import test from "node:test";
import { ModelCache } from "../../www/app/model-cache.js";

/** A Cache over a map; `full` makes every write fail as a quota does. */
class MapCache {
  entries = new Map();
  full = false;
  puts = 0;
  async match(url) {
    return this.entries.get(url)?.clone();
  }
  async put(url, response) {
    this.puts += 1;
    if (this.full) throw new DOMException("quota", "QuotaExceededError");
    this.entries.set(url, response);
  }
  async delete(url) {
    return this.entries.delete(url);
  }
}

const HASH = "ab".repeat(32);

test("bytes come back as they were put", async () => {
  const cache = new ModelCache(new MapCache(), "https://host.test");
  await cache.put(HASH, Uint8Array.of(1, 2, 3));
  assert.deepEqual(await cache.get(HASH), Uint8Array.of(1, 2, 3));
  assert.equal(await cache.get("cd".repeat(32)), null);
});

test("a dropped entry is gone", async () => {
  const cache = new ModelCache(new MapCache(), "https://host.test");
  await cache.put(HASH, Uint8Array.of(1));
  await cache.drop(HASH);
  assert.equal(await cache.get(HASH), null);
});

test("the key is the hash alone, so two pages of one origin share a shard", async () => {
  const map = new MapCache();
  await new ModelCache(map, "https://host.test").put(HASH, Uint8Array.of(1));
  assert.deepEqual([...map.entries.keys()], [`https://host.test/.placelens/sha256/${HASH}`]);
});

test("a full cache fails nothing and is not asked again", async () => {
  const map = Object.assign(new MapCache(), { full: true });
  const cache = new ModelCache(map, "https://host.test");
  await cache.put(HASH, Uint8Array.of(1));
  await cache.put(HASH, Uint8Array.of(1));
  assert.equal(map.puts, 1);
});

test("where there is no Cache API, or it throws, there is no cache", async () => {
  assert.equal(await ModelCache.open(undefined, "https://host.test"), null);
  assert.equal(
    await ModelCache.open(
      {
        open: async () => {
          throw new DOMException("insecure", "SecurityError");
        },
      },
      "https://host.test",
    ),
    null,
  );
});

test("a cache that cannot be read counts as empty", async () => {
  const broken = {
    match: async () => {
      throw new Error("disk");
    },
    delete: async () => {
      throw new Error("disk");
    },
  };
  const cache = new ModelCache(broken, "https://host.test");
  assert.equal(await cache.get(HASH), null);
  assert.equal(await cache.getManifest("https://host.test/m.json"), null);
  await cache.drop(HASH);
});
