import { expect } from "vitest";
import { browserTest, dialogOf, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { testHub } from "../fixtures/hub.ts";

browserTest(
  "settings are switched, the signing secret is rotated and shown once, and the hub tells of itself",
  async () => {
    await using hub = await testHub({ retentionDays: 12 });
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/settings`, hub.key);
    const { page } = visit;
    const button = (name: string) => page.getByRole("button", { name, exact: true });

    const records = page.getByLabel("Record what the hub does with events");
    await records.check();
    await page.getByText("Saved.").first().waitFor();
    await accepted(hub, { type: "a" });
    const { events } = await hub.run<{ events: { nodes: object[] } }>(
      '{ events(types: ["resthook_called"]) { nodes { id } } }',
    );
    expect(events.nodes).toHaveLength(1);
    await page.reload();
    await records.waitFor();
    expect(await records.isChecked()).toBe(true);

    await button("Rotate the signing secret").click();
    await page.getByLabel("Overlap in hours").fill("169");
    await button("Create new secret").click();
    await page.getByRole("alert").getByText("168").waitFor();
    await page.getByLabel("Overlap in hours").fill("1");
    await button("Create new secret").click();
    const secret = await dialogOf(page).locator("code").textContent();
    expect(secret).toMatch(/^whsec_/);
    await button("I have saved it").click();
    await dialogOf(page).waitFor({ state: "detached" });
    expect(await page.content()).not.toContain(secret);
    await button("Rotate the signing secret").click();
    await button("Create new secret").waitFor();
    await button("Close").click();

    await button("Install goflow").click();
    await page.locator(".catalog", { hasText: "goflow" }).getByText("Installed").waitFor();

    const about = page.getByRole("region", { name: "About this hub" });
    await about.getByText(/^Signalbox \d+\.\d+\.\d+$/).waitFor();
    await about.getByText("12 days").waitFor();
    await about.getByText("256 KiB").waitFor();
    expect(visit.troubles).toEqual([]);
  },
);
