import { expect } from "vitest";
import { browserTest, dialogOf, editorsOf, eventually, visitor } from "../fixtures/browser.ts";
import { testHub } from "../fixtures/hub.ts";

browserTest(
  "a type is registered, emitted by hand with its data checked, and changed",
  async () => {
    await using hub = await testHub();
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/types`, hub.key);
    const { page } = visit;
    const button = (name: string) => page.getByRole("button", { name });
    await button("New type").click();
    // A name that means something in an address.
    await page.getByLabel("Name").fill("50% off/?&#a");
    await editorsOf(page);
    await page
      .getByLabel("Schema")
      .fill('{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "numb"}');
    await page.getByLabel("Example").fill('{"amount": 42');
    await eventually(() => page.getByLabel("Example").getAttribute("aria-invalid")).toBe("true");
    await page.getByLabel("Example").fill('{"amount": 42}');
    await eventually(() => page.getByLabel("Example").getAttribute("aria-invalid")).toBeNull();
    await button("Register").click();
    await eventually(() => page.getByLabel("Schema").getAttribute("aria-invalid")).toBe("true");
    await page.getByLabel("Schema").fill('{"amount": "Number"}');
    await button("Register").click();
    await page.getByRole("heading", { name: "50% off/?&#a" }).waitFor();
    await page.reload();
    await page.getByText("Version 1", { exact: true }).first().waitFor();

    await button("Emit by hand").click();
    await editorsOf(page);
    const data = page.getByLabel("Data (JSON)");
    await data.fill('{"amount": "many"}');
    await eventually(() => data.getAttribute("aria-invalid")).toBe("true");
    expect(await button("Emit").last().isDisabled()).toBe(true);
    await data.fill('{"amount": 7}');
    await eventually(() => button("Emit").last().isDisabled()).toBe(false);
    const to = dialogOf(page).getByLabel("To", { exact: true });
    await to.selectOption("hook");
    await eventually(() => button("Emit").last().isDisabled()).toBe(true);
    await to.selectOption("broadcast");
    await button("Emit").last().click();
    await page.getByText("No hook matched this event").waitFor();
    expect(await hub.run("{ events { nodes { broadcast } } }")).toEqual({
      events: { nodes: [{ broadcast: true }] },
    });
    await page.locator(".json").getByText("7").waitFor();

    await page.goto(`${hub.url}/types`);
    await page.getByRole("link", { name: "50% off/?&#a" }).click();
    await button("New version").click();
    await editorsOf(page);
    await page.getByLabel("Schema").fill('{"amount": "Number", "more": "String"}');
    await page.getByLabel("Example").fill('{"amount": 42, "more": "x"}');
    await button("Register new version").click();
    await page.getByLabel("Register anyway").check();
    await button("Register new version").click();
    await page.getByText("Version 2", { exact: true }).first().waitFor();

    await button("Archive").click();
    await dialogOf(page).getByText("is no longer checked").waitFor();
    await button("Keep type").click();
    await button("Archive").click();
    await button("Archive type").click();
    await page.getByText("Archived", { exact: true }).waitFor();
    expect(await button("Archive").count()).toBe(0);
    expect(visit.troubles).toEqual([]);
  },
);

browserTest("a key is made, shown once and revoked; the project is renamed", async () => {
  await using hub = await testHub();
  await using browser = await visitor();
  await using visit = await browser.visit(`${hub.url}/settings`, hub.key);
  const { page } = visit;
  const button = (name: string) => page.getByRole("button", { name });
  await button("New key").click();
  await dialogOf(page).getByLabel("Name").fill("dashboard");
  await page.getByLabel("Role").selectOption("EMITTER");
  await dialogOf(page).getByText("Only emits events.").waitFor();
  await page.getByLabel("Role").selectOption("VIEWER");
  await button("Create key").click();
  const key = (await dialogOf(page).locator("code").textContent()) ?? "";
  expect(await hub.run("{ viewer { key { name role } } }", {}, key)).toEqual({
    viewer: { key: { name: "dashboard", role: "VIEWER" } },
  });
  await button("I have saved it").click();
  await button("Revoke dashboard").click();
  await button("Revoke key").click();
  await page.getByText("Revoked", { exact: true }).waitFor();
  expect((await hub.send("{ viewer { key { name } } }", {}, key)).status).toBe(401);

  await page.getByLabel("Name").fill("Shop");
  await button("Rename").click();
  await page.getByText("Saved.").first().waitFor();
  await page.getByLabel("Reject events of unregistered types").check();
  await eventually(async () =>
    hub.run("{ viewer { project { name requireRegisteredTypes } } }"),
  ).toEqual({ viewer: { project: { name: "Shop", requireRegisteredTypes: true } } });
});
