import { expect } from "vitest";
import { browserTest, dialogOf, eventually, visitor } from "../fixtures/browser.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";

browserTest(
  "a hook whose target has to consent says what it waits for, and is confirmed by the secret it was sent",
  async () => {
    await using hub = await testHub();
    await using target = await receiver();
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/hooks/new`, hub.key);
    const { page } = visit;
    const button = (name: string) => page.getByRole("button", { name, exact: true });
    await page.getByLabel("URL").fill(target.url);
    await page.getByLabel("Event types").fill("a");
    await page.getByLabel("Verification").selectOption("HOOK_SECRET");
    await page.getByLabel("Secret", { exact: true }).fill("whsec_short");
    await button("Create hook").click();
    await page
      .locator(".field-error")
      .getByText("whsec_ and the base64 of 24 to 64 bytes.")
      .waitFor();
    const own = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
    await page.getByLabel("Secret", { exact: true }).fill(own);
    await button("Create hook").click();
    await page.getByText("The hook is waiting for its target's consent").waitFor();
    expect(await dialogOf(page).locator("code").textContent()).toBe(own);
    await button("I have saved it").click();

    const consent = page.getByRole("region", { name: "Consent" });
    await consent.getByText("without X-Hook-Secret").waitFor();
    expect(await button("Resume").count()).toBe(0);
    const secret = consent.getByLabel("X-Hook-Secret");
    await secret.fill("another");
    await button("Confirm").click();
    await eventually(() => secret.getAttribute("aria-invalid")).toBe("true");
    await button("Ask again").click();
    await eventually(() => target.requests.length).toBe(2);
    await secret.fill(String(target.requests[1]?.headers["x-hook-secret"]));
    await button("Confirm").click();
    await page.locator(".page-title").getByText("Idle").waitFor();
    expect(await consent.count()).toBe(0);
    expect(visit.troubles).toEqual([]);
  },
);
