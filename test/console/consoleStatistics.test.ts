import { expect } from "vitest";
import { inspect } from "../fixtures/axe.ts";
import { browserTest, eventually, visitor } from "../fixtures/browser.ts";
import { emitMany, register } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver, statuses } from "../fixtures/receiver.ts";
import { registerType } from "../fixtures/workflows.ts";

browserTest(
  "charts show what the project and a hook did, zoom by dragging, and are there as a table",
  async () => {
    await using hub = await testHub();
    await using target = await receiver(statuses(503, 200));
    await registerType(hub, "paid");
    const hook = await register(hub, { url: target.url, types: ["paid"], retryScheduleMs: [100] });
    await emitMany(
      hub,
      Array.from({ length: 20 }, () => ({ type: "paid" })),
    );
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/statistics?range=1h`, hub.key);
    const { page, troubles, outside } = visit;
    const chart = (name: RegExp) => page.getByRole("img", { name });
    await chart(/20 accepted, 20 delivered, 0 failed/).waitFor();
    await chart(/Success share: 100/).waitFor();
    await chart(/Latency: half within .* 95 % within/).waitFor();
    await chart(/1 were retried/).waitFor();
    await page.getByText("As a table").click();
    await eventually(() => page.locator(".charts-table").innerText()).toContain("503: 1");
    // As cards, each number has its title before it.
    const failed = page.locator(".charts-table tbody td").nth(3);
    await page.setViewportSize({ width: 390, height: 800 });
    expect(await failed.evaluate((cell) => getComputedStyle(cell, "::before").content)).toBe(
      '"Failed"',
    );
    await page.setViewportSize({ width: 1280, height: 800 });

    const plot = chart(/20 accepted/).locator(".u-over");
    // The mouse moves on the screen, of which the chart must be a part.
    await plot.scrollIntoViewIfNeeded();
    const box = await plot.boundingBox();
    if (!box) throw new Error("no chart");
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width * 0.75, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 1, y, { steps: 5 });
    await page.mouse.up();
    await eventually(() => page.url()).toMatch(/statistics\?since=.+&until=/);
    const { searchParams } = new URL(page.url());
    const minutes =
      (Date.parse(searchParams.get("until") ?? "") - Date.parse(searchParams.get("since") ?? "")) /
      60_000;
    expect(minutes).toBeGreaterThan(10);
    expect(minutes).toBeLessThan(20);
    await page.getByText("chosen by dragging").waitFor();
    await page.goBack();
    await page.getByRole("button", { name: "1 h", pressed: true }).waitFor();
    await page.getByRole("button", { name: "7 d" }).click();
    await page.getByText("Throughput, per hour").waitFor();

    await page.goto(`${hub.url}/hooks/${hook.id}`);
    await chart(/20 accepted, 20 delivered/).waitFor();
    await page.goto(`${hub.url}/types/one?name=paid`);
    await chart(/20 accepted, 20 delivered/).waitFor();
    expect([troubles, outside]).toEqual([[], []]);
    await inspect(hub, browser, [["/statistics?range=1h", ".u-over"]]);
  },
);
