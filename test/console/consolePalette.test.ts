import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { inspect } from "../fixtures/axe.ts";
import { browserTest, dialogOf, eventually, type Visitor, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { deliveries, register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver } from "../fixtures/receiver.ts";

let hub: TestHub;
let target: Receiver;
let browser: Visitor;

beforeAll(async () => {
  hub = await testHub();
  target = await receiver();
  browser = await visitor();
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

const path = (page: Page) => new URL(page.url()).pathname;

/** Opens the palette, types, and presses Enter once this is the first that is offered. */
async function find(page: Page, keys: string, text: string, first: string): Promise<void> {
  await page.keyboard.press(keys);
  await page.getByRole("combobox", { name: "Find" }).fill(text);
  await page.locator("[role=option][data-highlighted]").getByText(first, { exact: true }).waitFor();
  await page.keyboard.press("Enter");
  await dialogOf(page).waitFor({ state: "detached" });
}

browserTest(
  "the palette goes to a page, a hook by name, and an event or delivery by id",
  async () => {
    const hook = await register(hub, { url: target.url, types: ["a"], name: "payments" });
    const event = await accepted(hub, { type: "a", name: "Paid" });
    await eventually(() => deliveries(hub, { hookId: hook.id })).not.toEqual([]);
    const [delivery] = await deliveries(hub, { hookId: hook.id });
    await using visit = await browser.visit(hub.url, hub.key);
    const { page } = visit;
    await page.getByText("Paid").first().waitFor();
    await find(page, "Control+k", "statis", "Statistics");
    await eventually(() => path(page)).toBe("/statistics");
    await find(page, "Meta+k", "paym", "payments");
    await eventually(() => path(page)).toBe(`/hooks/${hook.id}`);
    await find(page, "Control+k", event.id, "Paid");
    await eventually(() => path(page)).toBe(`/events/${event.id}`);
    await find(page, "Control+k", ` ${delivery?.id} `, "Delivery of Paid");
    await eventually(() => path(page)).toBe(`/deliveries/${delivery?.id}`);
  },
);

browserTest(
  "the palette opens while one types, does what it offers, and closes by Esc",
  async () => {
    await using visit = await browser.visit(`${hub.url}/hooks`, hub.key);
    const { page } = visit;
    await page.getByLabel("Search name and URL").focus();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Find" }).fill("nothing of this name");
    await page.getByText("Nothing found.").waitFor();
    await page.keyboard.press("Escape");
    await eventually(() => dialogOf(page).count()).toBe(0);
    await find(page, "Control+k", "dark", "Dark theme");
    expect(await page.locator("html").getAttribute("data-theme")).toBe("dark");
    await page.getByRole("button", { name: "Light theme" }).waitFor();
    await page.getByRole("button", { name: "Find (Ctrl K)" }).click();
    await page.getByRole("option", { name: "New hook" }).click();
    await eventually(() => path(page)).toBe("/hooks/new");
  },
);

browserTest("the palette offers nothing that the key's role does not allow", async () => {
  const made = await hub.run<{ createApiKey: { key: string } }>(
    `mutation { createApiKey(input: { name: "reads", role: VIEWER }) { key userErrors { code } } }`,
  );
  await using visit = await browser.visit(hub.url, made.createApiKey.key);
  await visit.page.getByRole("button", { name: "Find (Ctrl K)" }).click();
  await visit.page.getByRole("option", { name: "Failing hooks" }).waitFor();
  expect(await visit.page.getByRole("option", { name: "New hook" }).count()).toBe(0);
});

browserTest("the palette has no serious finding of axe in either theme", async () => {
  await inspect(hub, browser, [["/hooks", ".palette-item", "Find (Ctrl K)"]]);
});
