import type { Page } from "playwright-core";
import { expect } from "vitest";
import { browserTest, eventually, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { register } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver, status } from "../fixtures/receiver.ts";

/** What has the focus, by its label or its text. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const it = document.activeElement;
    return it?.getAttribute("aria-label") ?? it?.textContent ?? "";
  });

browserTest(
  "who retries by the keyboard stays where they are, also when the row leaves",
  async () => {
    await using hub = await testHub();
    await using target = await receiver(status(500));
    const { id } = await register(hub, { url: target.url, types: ["a"], retries: 0 });
    for (const name of ["First", "Second"])
      await accepted(hub, { type: "a", name, waitMs: 10_000 });
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/hooks/${id}`, hub.key);
    const { page } = visit;
    const rows = page.locator(".delivery");
    const retry = (name: string) => page.getByRole("button", { name: `Retry: ${name}` });
    // It fails again: its row stays.
    await retry("First").press("Enter");
    await rows.getByText("2 of 2 attempts").waitFor();
    await eventually(() => retry("First").getAttribute("aria-busy")).toBe("false");
    expect(await focused(page)).toBe("Retry: First");

    target.answer = status(200);
    await page.goto(`${hub.url}/deliveries`);
    await eventually(() => rows.count()).toBe(2);
    await retry("Second").press("Enter");
    await eventually(() => rows.count()).toBe(1);
    await eventually(() => focused(page)).toBe("Attempts: First");
    await retry("First").press("Enter");
    await page.getByText("No failed deliveries.").waitFor();
    await eventually(() => focused(page)).toBe("Deliveries");

    target.answer = status(500);
    await accepted(hub, { type: "a", name: "Third", waitMs: 10_000 });
    await page.goto(`${hub.url}/hooks/${id}?status=failed`);
    await retry("Third").waitFor();
    target.answer = status(200);
    await retry("Third").press("Enter");
    await page.getByText("None with this status.").waitFor();
    // The title of the list: that of the page is far above it.
    await eventually(() => focused(page)).toBe("Deliveries");
    expect(visit.troubles).toEqual([]);
  },
);

browserTest("what is sent again is a new delivery, to which the notice leads", async () => {
  await using hub = await testHub();
  await using target = await receiver();
  const { id } = await register(hub, { url: target.url, types: ["a"] });
  await accepted(hub, { type: "a", name: "Arrived", waitMs: 10_000 });
  await using browser = await visitor();
  await using visit = await browser.visit(`${hub.url}/hooks/${id}`, hub.key);
  const { page } = visit;
  await page.getByRole("button", { name: "Retry: Arrived" }).press("Enter");
  await page.getByRole("button", { name: "Send again" }).press("Enter");
  await page.getByText("Sent again, as a new delivery.").waitFor();
  await eventually(() => focused(page)).toBe("Retry: Arrived");
  await eventually(() => target.requests.length).toBe(2);
  await page.getByRole("link", { name: "Open it" }).click();
  await page.getByRole("link", { name: "An earlier one" }).waitFor();
  await page.getByText("Sent again, as a new delivery.").waitFor({ state: "detached" });
  const { deliveries } = await hub.run<{ deliveries: { nodes: { id: string }[] } }>(
    "{ deliveries(first: 1) { nodes { id } } }",
  );
  expect(new URL(page.url()).pathname).toBe(`/deliveries/${deliveries.nodes[0]?.id}`);
  expect(visit.troubles).toEqual([]);
});
