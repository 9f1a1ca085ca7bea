import assert from "node:assert/strict";
import test from "node:test";
import { useSite } from "./fixture.mjs";
import { violations, WAIT } from "./post.mjs";
import { makeFakeSite } from "./site.mjs";

const fake = makeFakeSite({}, { untrained: false });
const { site, visit } = useSite({ dir: () => fake.dir, webgpu: false, cleanUp: fake.remove });
const BUILDER = "embed/index.html";
const wider = () => document.documentElement.scrollWidth - innerWidth;

test("what the builder writes works: chosen, previewed, copied, and pasted into a page", async (t) => {
  const { page, context } = await visit(t, BUILDER, { wait: false });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByLabel("An image in the post").check();
  await page.getByLabel("CSS selector of the image").fill("#corner");
  await page.getByLabel("Theme").selectOption("dark");
  await page.getByLabel("Places shown at first").fill("5");
  const preview = page.locator("#preview place-lens");
  await preview.locator(".button").click(WAIT);
  const frame = preview.locator("iframe").contentFrame();
  await frame.locator(".result[data-view=answer]").waitFor({ ...WAIT, state: "attached" });
  assert.equal(await frame.locator("#ranking > li:visible").count(), 5);
  await page.getByRole("button", { name: "Copy", exact: true }).click();
  await page.getByText("Copied.").waitFor(WAIT);
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, await page.locator("#snippet").innerText());
  assert.ok(copied.includes(`src="${site.server.url}embed.js"`));
  assert.ok(copied.includes('<place-lens for="#corner" top="5" theme="dark">'));
});

test("the look is changed on the open preview, without a new start", async (t) => {
  const { page } = await visit(t, BUILDER, { wait: false, colorScheme: "light" });
  const preview = page.locator("#preview place-lens");
  await preview.locator(".button").click(WAIT);
  await preview.locator(".box.open").waitFor(WAIT);
  await page.getByLabel("Theme").selectOption("dark");
  await preview
    .locator("iframe")
    .contentFrame()
    .locator('html[data-theme="dark"]')
    .waitFor({ ...WAIT, state: "attached" });
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [360, 1280]) {
    test(`axe finds nothing, and no box is wider: builder and example post, ${colorScheme}, ${width} pixels`, async (t) => {
      const viewport = { width, height: 800 };
      const { page } = await visit(t, BUILDER, { wait: false, colorScheme, viewport });
      await page.locator("place-lens .button").waitFor(WAIT);
      await page.getByLabel("An image by its address").check();
      for (const summary of await page.locator("summary").all()) await summary.click();
      assert.deepEqual(await violations(page), []);
      assert.ok((await page.evaluate(wider)) <= 0);
      await page.goto(`${site.server.url}blog-example.html`);
      await page.locator("place-lens .button").first().waitFor(WAIT);
      assert.deepEqual(await violations(page), []);
      assert.ok((await page.evaluate(wider)) <= 0);
    });
  }
}

test("the example post asks for nothing of the widget but embed.js, and both of its widgets work", async (t) => {
  const { page } = await visit(t, "blog-example.html", { wait: false });
  const posters = page.locator("place-lens .button");
  await posters.nth(1).waitFor(WAIT);
  const paths = site.server.requests.filter((path) => /\.(js|html|wasm|bin)/.test(path));
  assert.deepEqual(paths, ["/blog-example.html", "/embed.js"]);
  for (const index of [0, 1]) {
    await posters.nth(index).click(WAIT);
    const frame = page.locator("place-lens").nth(index).locator("iframe").contentFrame();
    if (index === 1) await frame.getByRole("button", { name: "Try a drawn scene" }).click(WAIT);
    await frame.locator(".result[data-view=answer]").waitFor({ ...WAIT, state: "attached" });
  }
});

test("without JavaScript the builder says what to write, and the post has its links", async (t) => {
  const { page } = await visit(t, BUILDER, { wait: false, javaScriptEnabled: false });
  assert.match(await page.locator("noscript").innerText(), /place-lens element/);
  await page.goto(`${site.server.url}blog-example.html`);
  assert.equal(await page.locator("place-lens a:visible").count(), 2);
});
