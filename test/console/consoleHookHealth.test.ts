import { expect } from "vitest";
import { browserTest, eventually, visitor } from "../fixtures/browser.ts";
import { openHook, pass } from "../fixtures/health.ts";
import { change, countByStatus, emit, emitMany, register } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { receiver, status } from "../fixtures/receiver.ts";

browserTest(
  "an operator sees that a hook's breaker is open, that it recovers, and enables one that was disabled",
  async () => {
    await using hub = await testHub();
    await using target = await receiver(status(500));
    const { id } = await openHook(hub, target.url, "order.paid", { name: "billing" });
    await register(hub, { url: target.url, types: ["other"], name: "quiet" });
    const { key } = await keyOf(hub, "OPERATOR");
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/hooks`, key);
    const { page } = visit;
    const row = (name: string) => page.getByRole("row", { name });
    await row("billing").getByText("Breaker open").waitFor();
    await row("quiet").getByText("Idle").waitFor();
    await page.getByRole("link", { name: "billing" }).click();
    const title = page.locator(".page-title");
    await title.getByText("Breaker open").waitFor();
    await page.getByText(/^The breaker opened .* if it arrives, the others follow\.$/).waitFor();

    // What waits is not tried when it is due: first comes the probe.
    await pass(hub, id, "-10 minutes");
    await page.goto(`${hub.url}/deliveries?status=waiting`);
    await page.getByText(/next attempt with the hook’s probe, in 1?\d min/).waitFor();
    await hub.db
      .sql`update signalbox.hook_stats set health = 'HEALTHY', held_until = probe_at where hook_id = ${id}`;
    await page.reload();
    await page.getByText(/next attempt in 1?\d min/).waitFor();
    await hub.db
      .sql`update signalbox.hook_stats set health = 'OPEN', held_until = null where hook_id = ${id}`;
    await page.goto(`${hub.url}/hooks/${id}`);
    await title.getByText("Breaker open").waitFor();

    target.answer = status(200);
    await pass(hub, id, "20 minutes");
    await emit(hub, { type: "order.paid" });
    // The page follows.
    await title.getByText("Healthy").waitFor();
    expect(await page.getByText("The breaker opened").count()).toBe(0);

    target.answer = status(200, { "webhook-delivery": "disable" });
    await emit(hub, { type: "order.paid" });
    await title.getByText("Disabled").waitFor();
    await page
      .getByText(
        /^Target answered with webhook-delivery: disable\. .* until the hook is enabled\.$/,
      )
      .waitFor();
    await emitMany(hub, [{ type: "order.paid" }]);
    await eventually(() => countByStatus(hub, id)).toMatchObject({ PARKED: 1 });
    target.answer = status(200);
    await page.locator(".hook-day ~ dl").getByRole("link", { name: "1", exact: true }).waitFor();
    await page.getByRole("button", { name: "Enable" }).click();
    await page.getByRole("button", { name: "Enable and send 1" }).click();
    await title.getByText("Healthy").waitFor();
    await eventually(() => countByStatus(hub, id)).not.toHaveProperty("PARKED");
    await change(hub, "pauseHook", id);
    await page.getByRole("button", { name: "Resume" }).waitFor();
    await page
      .getByText("Paused by a person. Deliveries are parked until the hook is resumed.")
      .waitFor();
  },
);
