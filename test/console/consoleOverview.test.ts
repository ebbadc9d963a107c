import { expect } from "vitest";
import { browserTest, eventually, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { register } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver, status } from "../fixtures/receiver.ts";

browserTest(
  "the feed and every page tell how the project is doing, and lead to the hooks that fail",
  async () => {
    await using hub = await testHub();
    await using fine = await receiver();
    await using broken = await receiver(status(500));
    await register(hub, { url: fine.url, name: "fine", types: ["a"] });
    const failing = await register(hub, {
      url: broken.url,
      name: "broken",
      types: ["a"],
      retries: 0,
    });
    await using browser = await visitor();
    await using visit = await browser.visit(hub.url, hub.key);
    const { page } = visit;
    const strip = page.getByRole("region", { name: "Overview" });
    await strip.getByRole("link", { name: "Failing hooks 0" }).waitFor();
    await accepted(hub, { type: "a" });
    // Asked again by itself.
    await strip.getByRole("link", { name: "Failing hooks 1" }).click();
    await page.getByRole("heading", { name: "Hooks" }).waitFor();
    await eventually(() => page.locator("tbody tr").count()).toBe(1);
    const row = page.locator("tbody tr");
    await row.getByRole("link", { name: "broken" }).waitFor();
    await row.getByRole("img", { name: "Last 24 hours: 0 succeeded, 1 failed" }).waitFor();
    await row.getByText("0 %").waitFor();
    await page.getByRole("button", { name: "Failing" }).click();
    await eventually(() => page.locator("tbody tr").count()).toBe(2);

    await page.getByRole("link", { name: "broken" }).click();
    await page.locator(".hook-day-legend").getByText("1 failed").waitFor();
    expect(new URL(page.url()).pathname).toBe(`/hooks/${failing.id}`);
    await page.getByRole("navigation", { name: "Console" }).getByText("Failing hooks").waitFor();
    expect(visit.troubles).toEqual([]);
  },
);

browserTest("the overview is not asked for while nobody looks at the page", async () => {
  await using hub = await testHub();
  await using browser = await visitor();
  await using visit = await browser.visit(`${hub.url}/settings`, hub.key);
  const { page } = visit;
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  await page.clock.install();
  const show = (state: "visible" | "hidden") =>
    page.evaluate((now) => {
      Object.defineProperty(document, "visibilityState", { value: now, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, state);
  let asked = 0;
  page.on("request", (request) => {
    if (request.postData()?.includes("acceptedPerSecond")) asked += 1;
  });
  await page.getByRole("link", { name: "Hooks", exact: true }).click();
  await page.getByText("No hooks yet.").waitFor();
  await page.getByRole("link", { name: "Feed", exact: true }).click();
  await page.getByRole("region", { name: "Overview" }).waitFor();
  await page.clock.runFor(20_000);
  await eventually(() => asked).toBeGreaterThan(1);
  await show("hidden");
  const before = asked;
  await page.clock.runFor(60_000);
  expect(asked).toBe(before);
  await show("visible");
  await eventually(() => asked).toBeGreaterThan(before);
});
