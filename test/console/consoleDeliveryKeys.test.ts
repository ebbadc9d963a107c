import { expect } from "vitest";
import { browserTest, eventually, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { register } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver, status } from "../fixtures/receiver.ts";

browserTest(
  "a delivery is selected, opened and closed by keys, wherever its row goes",
  async () => {
    await using hub = await testHub();
    await using target = await receiver(status(500));
    await register(hub, { url: target.url, types: ["a"], retries: 0 });
    for (const name of ["First", "Second"]) await accepted(hub, { type: "a", name });
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/deliveries`, hub.key);
    const { page } = visit;
    const rows = page.locator(".delivery");
    const selected = page.locator(".delivery[data-chosen]");
    const isOpen = selected.getByRole("button", { name: "Attempts: Second" });
    await eventually(() => rows.count()).toBe(2);

    await page.keyboard.press("j");
    await selected.getByRole("link", { name: "Second" }).waitFor();
    await page.keyboard.press("j");
    await selected.getByRole("link", { name: "First" }).waitFor();
    await page.keyboard.press("k");
    await selected.getByRole("link", { name: "Second" }).waitFor();

    await accepted(hub, { type: "a", name: "Third" });
    await eventually(() => rows.count()).toBe(3);
    expect(await selected.getByRole("link", { name: "Second" }).count()).toBe(1);
    await page.keyboard.press("Enter");
    await selected.locator(".attempt-head code").getByText("500").waitFor();
    expect(await isOpen.getAttribute("aria-expanded")).toBe("true");
    await page.keyboard.press("Enter");
    await selected.locator(".delivery-detail").waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    await selected.waitFor({ state: "detached" });
    expect(visit.troubles).toEqual([]);
  },
);
