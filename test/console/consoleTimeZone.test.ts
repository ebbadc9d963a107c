import { expect } from "vitest";
import { browserTest, eventually, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { deliveries, register } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";

const HERE = "Asia/Tokyo";
const HOUR_MS = 3_600_000;

browserTest(
  "times, charts and bounds are of the browser's zone or of UTC, as was chosen in this browser",
  async () => {
    await using hub = await testHub();
    await using target = await receiver();
    const hook = await register(hub, { url: target.url, types: ["a"] });
    const event = await accepted(hub, { type: "a", name: "Paid" });
    await eventually(() => deliveries(hub, { hookId: hook.id })).not.toEqual([]);
    const { event: stored } = await hub.run<{ event: { receivedAt: string } }>(
      `query ($id: ID!) { event(id: $id) { receivedAt } }`,
      { id: event.id },
    );
    await using browser = await visitor();
    await using visit = await browser.visit(hub.url, hub.key);
    const { page } = visit;
    const debuggee = await page.context().newCDPSession(page);
    await debuggee.send("Emulation.setTimezoneOverride", { timezoneId: HERE });
    await page.goto(`${hub.url}/events/${event.id}`);
    const full = (timeZone: string) =>
      new Intl.DateTimeFormat("en-US", { dateStyle: "full", timeStyle: "long", timeZone }).format(
        new Date(stored.receivedAt),
      );
    const received = page.locator("dt", { hasText: "Received" }).locator("+ dd time");
    await eventually(() => received.getAttribute("title")).toBe(full(HERE));
    await page.getByRole("button", { name: "Times in UTC" }).click();
    expect(await received.getAttribute("title")).toBe(full("UTC"));
    await page.reload();
    await eventually(() => received.getAttribute("title")).toBe(full("UTC"));

    await page.goto(`${hub.url}/statistics`);
    await page.getByText("Times are in UTC.").waitFor();
    await page.getByRole("button", { name: `Times of ${HERE}` }).click();
    await page.getByText(`Times are in ${HERE}.`).waitFor();

    // The bounds in the address are instants: the zone changes how they are shown, and not what they are.
    const until = new Date(Date.parse(stored.receivedAt) + HOUR_MS).toISOString();
    await page.goto(`${hub.url}/deliveries?status=all&time=range&until=${until}`);
    await page.locator(".delivery").waitFor();
    // A field leaves out seconds that are 0.
    const shown = (label: string) =>
      page
        .getByLabel(label, { exact: true })
        .inputValue()
        .then((text) => Date.parse(`${text}Z`));
    const untilSecond = Math.floor(Date.parse(until) / 1_000) * 1_000;
    expect(await shown("Until")).not.toBe(untilSecond);
    await page.getByRole("button", { name: "Times in UTC" }).click();
    expect(await shown("Until (UTC)")).toBe(untilSecond);
    await page.locator(".delivery").waitFor();
    expect(new URL(page.url()).searchParams.get("until")).toBe(until);
    await page.getByLabel("Until (UTC)").waitFor();
  },
);
