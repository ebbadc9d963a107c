import { expect } from "vitest";
import { browserTest, dialogOf, eventually, visitor } from "../fixtures/browser.ts";
import { openHook } from "../fixtures/health.ts";
import { testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { receiver, status } from "../fixtures/receiver.ts";

browserTest(
  "an alert is made in two clicks, turns system events on, and tells of a failing hook",
  async () => {
    await using hub = await testHub();
    await using slack = await receiver();
    await using broken = await receiver(status(500));
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/hooks`, hub.key);
    const { page } = visit;
    await page.getByRole("button", { name: "New alert" }).click();
    const dialog = dialogOf(page);
    await dialog.getByText("system events are off").waitFor();
    await dialog.getByRole("button", { name: "Create alert" }).click();
    await dialog.getByText("An address such as https://hooks.slack.com").waitFor();
    await dialog.getByLabel("Webhook URL").fill(slack.url);
    await dialog.getByRole("button", { name: "Create alert" }).click();
    await page.getByText("Slack is told of failing hooks.").waitFor();
    await page.getByRole("heading", { name: slack.url }).waitFor();
    const { viewer } = await hub.run<{ viewer: { project: { systemEvents: boolean } } }>(
      "{ viewer { project { systemEvents } } }",
    );
    expect(viewer.project.systemEvents).toBe(true);
    const { id } = await openHook(hub, broken.url, "paid", { name: "books" });
    // That it fails and that it is down are told one after the other, and may arrive in either order.
    await eventually(() => slack.requests.length).toBe(2);
    const failing = slack.requests
      .map(({ body }) => JSON.parse(body))
      .find(({ blocks }) => blocks[0].text.text === "Hook books is failing");
    expect(failing?.blocks.at(-1).text.text).toBe(`${hub.url}/hooks/${id}`);
  },
);

browserTest(
  "what the hub refuses is shown at the field; who may only look finds the button disabled",
  async () => {
    await using hub = await testHub();
    await using browser = await visitor();
    {
      await using visit = await browser.visit(`${hub.url}/hooks`, hub.key);
      const { page } = visit;
      await page.getByRole("button", { name: "New alert" }).click();
      const dialog = dialogOf(page);
      await dialog.getByLabel("Service").selectOption("E-mail");
      await dialog.getByLabel("Address").fill("ops@example.com");
      await dialog.getByRole("button", { name: "Create alert" }).click();
      await dialog.getByText("this hub has no mail server").waitFor();
    }
    const { key } = await keyOf(hub, "VIEWER");
    await using visit = await browser.visit(`${hub.url}/hooks`, key);
    await visit.page.getByText("No hooks yet.").waitFor();
    await visit.page.getByRole("button", { name: "New alert", disabled: true }).waitFor();
  },
);
