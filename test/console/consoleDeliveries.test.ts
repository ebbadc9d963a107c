import { expect } from "vitest";
import { browserTest, eventually, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { register } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver, status } from "../fixtures/receiver.ts";

browserTest(
  "what failed of all hooks comes first; it is narrowed by hook and state, and tried again in place",
  async () => {
    await using hub = await testHub();
    await using target = await receiver(status(500));
    const common = { url: target.url, types: ["a"], retries: 0 };
    await register(hub, { ...common, name: "orders" });
    await register(hub, { ...common, name: "tickets" });
    for (const name of ["First", "Second"]) await accepted(hub, { type: "a", name });
    await using browser = await visitor();
    await using visit = await browser.visit(hub.url, hub.key);
    const { page } = visit;
    const rows = page.locator(".delivery");
    await page.locator(".feed-item").first().waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("d");
    await page.getByRole("heading", { name: "Deliveries" }).waitFor();
    await eventually(() => rows.count()).toBe(4);
    await rows.getByRole("link", { name: "orders" }).first().waitFor();

    await page.getByLabel("Hooks", { exact: true }).fill("tick");
    await page.getByRole("option", { name: "tickets" }).click();
    await eventually(() => rows.count()).toBe(2);
    expect(await rows.getByRole("link", { name: "orders" }).count()).toBe(0);
    await eventually(() => new URL(page.url()).searchParams.has("hook")).toBe(true);
    await rows.first().getByRole("button", { name: "Attempts: Second" }).click();
    await page.locator(".attempt-head code").getByText("500").waitFor();

    target.answer = status(200);
    await page.getByRole("button", { name: "Retry: Second" }).click();
    await page.getByText("Retrying the delivery.").waitFor();
    await eventually(() => rows.count()).toBe(1);
    await page.getByRole("button", { name: "Succeeded", exact: true }).click();
    await eventually(() => rows.count()).toBe(1);
    await rows.getByText("2 of 2 attempts").waitFor();

    await page.getByRole("button", { name: "Without tickets" }).click();
    await page.getByRole("button", { name: "Failed", exact: true }).click();
    await page.getByRole("button", { name: "Replay all that match" }).click();
    await page.getByRole("button", { name: "Replay 3 deliveries" }).click();
    await page.getByText("3 of 3 replayed").waitFor();
    await page.getByRole("button", { name: "Close" }).first().click();
    await page.getByRole("button", { name: "Succeeded" }).click();
    await eventually(() => rows.count()).toBe(4);
    await page.getByRole("button", { name: "Failed" }).click();
    await page.getByText("No failed deliveries.").waitFor();
    expect(visit.troubles).toEqual([]);
  },
);

browserTest("the status that a hook's deliveries are filtered by is in the address", async () => {
  await using hub = await testHub();
  await using target = await receiver(status(500));
  const { id } = await register(hub, { url: target.url, types: ["a"], retries: 0 });
  for (const name of ["First", "Second"]) await accepted(hub, { type: "a", name, waitMs: 10_000 });
  target.answer = status(200);
  await accepted(hub, { type: "a", name: "Third", waitMs: 10_000 });
  await using browser = await visitor();
  await using visit = await browser.visit(`${hub.url}/hooks/${id}?status=failed`, hub.key);
  const { page } = visit;
  const rows = page.locator(".delivery");
  const button = (name: string) => page.getByRole("button", { name, exact: true });
  await eventually(() => rows.count()).toBe(2);
  await eventually(() => button("Failed").getAttribute("aria-pressed")).toBe("true");

  // The range of the charts stands in the same address.
  await button("7 d").click();
  await button("Succeeded").click();
  await rows.getByRole("link", { name: "Third" }).waitFor();
  await eventually(() => rows.count()).toBe(1);
  expect(new URL(page.url()).search).toBe("?status=succeeded&range=7d");
  await rows.getByRole("link", { name: "Third" }).click();
  await page.getByRole("heading", { name: "Third" }).waitFor();
  await page.goBack();
  await eventually(() => rows.count()).toBe(1);
  expect(await button("Succeeded").getAttribute("aria-pressed")).toBe("true");

  await button("All").click();
  await eventually(() => rows.count()).toBe(3);
  expect(new URL(page.url()).search).toBe("?range=7d");
});
