import { expect } from "vitest";
import { browserTest, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { change, register } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";

browserTest(
  "why hooks match, how an event came to be, and JSON content are told in words, not in names of the API",
  async () => {
    await using hub = await testHub();
    const url = "http://127.0.0.1:9/";
    await register(hub, { url, types: ["order.*"], name: "orders only" });
    await register(hub, { url, types: ["*"], name: "big ones", filter: "event.data.n > 1" });
    const paused = await register(hub, { url, types: ["*"], name: "at rest" });
    await change(hub, "pauseHook", paused.id);
    const event = await accepted(hub, {
      type: "metrics.daily",
      data: { n: 1 },
      contentType: "JSON",
      content: { orders: 18, shop: { id: 1, city: "Bonn" }, top: ["a"], open: true },
    });
    await using browser = await visitor();
    await using visit = await browser.visit(hub.url, hub.key);
    const { page } = visit;
    await page.getByText("orders: 18, shop: 2 fields, top: 1 item, open: true").waitFor();

    await page.goto(`${hub.url}/events/${event.id}`);
    const matching = page.getByRole("region", { name: "Hook matching" }).getByRole("listitem");
    const of = (name: string) => matching.filter({ hasText: name });
    await of("orders only").getByText("Other types").waitFor();
    await of("big ones").getByText("Filtered out").waitFor();
    await of("at rest").getByText("the delivery is parked until the hook is resumed").waitFor();
    await page.getByText("Emitted over the API").waitFor();

    await page.goto(`${hub.url}/hooks/${paused.id}`);
    await page.getByText("CloudEvents 1.0-rc1: id, type, source, time, data").waitFor();
    await page.goto(`${hub.url}/settings`);
    await page.getByText("Otherwise they are accepted, and their data is not checked.").waitFor();
    expect(await page.getByRole("main").innerText()).not.toMatch(/\b[A-Z]+_[A-Z]+\b/);
  },
);
