import { expect } from "vitest";
import { browserTest, dialogOf, visitor } from "../fixtures/browser.ts";
import { testHub } from "../fixtures/hub.ts";

browserTest(
  "a hook is made with Ed25519, shows its public key, and is changed to an HMAC, whose secret is shown once",
  async () => {
    await using hub = await testHub();
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/hooks/new`, hub.key);
    const { page } = visit;
    const button = (name: string) => page.getByRole("button", { name });
    const shown = () => dialogOf(page).locator("code").textContent();

    await page.getByLabel("URL").fill("http://127.0.0.1:9/");
    await page.getByLabel("Event types").fill("a");
    await page.getByLabel("Name").fill("asymmetric");
    await page.getByLabel("Signature").selectOption("ED25519");
    await page.getByLabel("Secret").fill(`whsec_${"A".repeat(43)}=`);
    await page.getByLabel("Secret").blur();
    await page.locator(".field-error").getByText("A private key: whsk_").waitFor();
    await page.getByLabel("Secret").fill("");
    await button("Create hook").click();
    const publicKey = await shown();
    expect(publicKey).toMatch(/^whpk_/);
    await button("I have saved it").click();
    await page.getByRole("heading", { name: "asymmetric" }).waitFor();
    await page.getByText(publicKey ?? "").waitFor();
    await button("Copy the public key").waitFor();

    await button("More").click();
    await page.getByRole("menuitem", { name: "Rotate the secret…" }).click();
    await button("Create new secret").click();
    const next = await shown();
    expect(next).toMatch(/^whpk_/);
    expect(next).not.toBe(publicKey);
    await button("I have saved it").click();
    await page
      .locator("dd")
      .getByText(next ?? "")
      .waitFor();

    await button("Edit").click();
    await page.getByLabel("Signature").selectOption("HMAC_SHA256");
    await page.getByText("The old one signs, too, for 24 hours").waitFor();
    await button("Save").click();
    const secret = await shown();
    expect(secret).toMatch(/^whsec_/);
    await button("I have saved it").click();
    await page.getByText("HMAC-SHA256 (v1)").waitFor();
    expect(await page.content()).not.toContain(secret);

    await button("Edit").click();
    await page.getByLabel("Name").fill("renamed");
    await button("Save").click();
    await page.getByRole("heading", { name: "renamed", exact: true }).waitFor();
    expect(visit.troubles).toEqual([]);
  },
);
