import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { browserTest, editorsOf, eventually, type Visitor, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { emitMany, register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver } from "../fixtures/receiver.ts";

let hub: TestHub;
let target: Receiver;
let browser: Visitor;
const ids: Record<string, string> = {};
const MANY = 60;
/** Longer than the delay that a page does not mention. */
const SLOW_MS = 7_000;

beforeAll(async () => {
  hub = await testHub();
  target = await receiver();
  browser = await visitor();
  for (const name of ["pay", "payments"])
    ids[name] = (await register(hub, { url: target.url, types: ["a"], name })).id;
  await emitMany(
    hub,
    Array.from({ length: MANY }, (_, index) => ({ type: "a", name: `Event ${index}` })),
  );
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

const scrolled = (page: Page, selector: string) =>
  page.locator(selector).evaluate((element) => element.scrollTop);

browserTest("the row that was selected stays selected when others arrive above it", async () => {
  await using visit = await browser.visit(`${hub.url}/?search=Chosen`, hub.key);
  const { page } = visit;
  await accepted(hub, { type: "b", name: "Chosen 1" });
  await page.getByText("Chosen 1").waitFor();
  await page.keyboard.press("j");
  await page.locator("[data-chosen]").getByText("Chosen 1").waitFor();
  await accepted(hub, { type: "b", name: "Chosen 2" });
  await page.getByText("Chosen 2").waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Chosen 1" }).waitFor();
});

browserTest("a hook is chosen from the list, not by what is typed on the way to it", async () => {
  await using visit = await browser.visit(`${hub.url}/deliveries?status=all`, hub.key);
  const { page } = visit;
  await page.locator(".delivery").first().waitFor();
  const hooks = page.getByLabel("Hooks", { exact: true });
  await hooks.fill("pay");
  await page.getByRole("option", { name: "payments" }).waitFor();
  expect(await page.getByRole("option").count()).toBe(2);
  await hooks.fill("payments");
  await eventually(() => page.getByRole("option").count()).toBe(1);
  expect(new URL(page.url()).searchParams.get("hook")).toBeNull();
  await page.locator("[role=option][data-highlighted]").getByText("payments").first().waitFor();
  await page.keyboard.press("Enter");
  await eventually(() => new URL(page.url()).searchParams.get("hook")).toBe(ids.payments);
  // Escape closes the list; a second one would clear what was chosen.
  await page.keyboard.press("Escape");
  await page.getByRole("listbox").waitFor({ state: "detached" });
  await page.keyboard.press("Escape");
  await page.locator(".hook-chip").getByText("payments").waitFor();
  expect(new URL(page.url()).searchParams.get("hook")).toBe(ids.payments);
});

browserTest("a row that is clicked with Ctrl opens in another tab", async () => {
  await using visit = await browser.visit(`${hub.url}/hooks`, hub.key);
  const { page } = visit;
  const cell = page.getByRole("row", { name: "payments" }).getByRole("cell").nth(1);
  const opened = page.context().waitForEvent("page");
  await cell.click({ modifiers: ["Control"] });
  const tab = await opened;
  await tab.getByRole("heading", { name: "payments" }).waitFor();
  expect(tab.url()).toBe(`${hub.url}/hooks/${ids.payments}`);
  expect(page.url()).toBe(`${hub.url}/hooks`);
});

browserTest("the preview of a hook says what is wrong with it", async () => {
  await using visit = await browser.visit(`${hub.url}/hooks/new`, hub.key);
  const { page } = visit;
  await editorsOf(page);
  const preview = page.getByRole("complementary", { name: "Preview" });
  await preview.getByText("Enter a URL and an event type").waitFor();
  await page.getByLabel("URL").fill("ftp://example.com/");
  await page.getByLabel("Event types").fill("a");
  await preview.getByText("An http or https URL, or mailto:").waitFor();
  await page.getByLabel("URL").fill("mailto:ops@example.com");
  await preview.getByText("An http or https URL, or mailto:").waitFor({ state: "detached" });
  await page.getByLabel("URL").fill(target.url);
  await preview.getByText("It matches 10 of the newest 10 events").waitFor();
  await page.getByLabel("Filter").fill("event.data.amount >");
  await preview.getByText("cannot be tried on events, because of this").waitFor();
  expect(await preview.locator("li").count()).toBe(1);
  expect(await preview.getByText("No events of these types yet.").count()).toBe(0);
});

browserTest("a scheduled event says when it will be matched", async () => {
  const { id } = await accepted(hub, { type: "a", delay: 7_200 });
  await using visit = await browser.visit(`${hub.url}/events/${id}`, hub.key);
  await visit.page
    .getByText("will be matched with the hooks that there are when it is due")
    .waitFor();
});

browserTest(
  "going back finds the place, the open rows and the rows of the feed again",
  async () => {
    await using visit = await browser.visit(`${hub.url}/deliveries?status=all`, hub.key);
    const { page } = visit;
    const row = page.locator(".delivery").nth(20);
    await row.locator(".delivery-when").click();
    await row.locator(".attempt").waitFor();
    await page.keyboard.press("Escape");
    const before = await scrolled(page, ".shell-page");
    expect(before).toBeGreaterThan(300);
    await row.getByRole("link").first().click();
    await page.getByRole("heading", { name: "Hook matching" }).waitFor();
    await page.goBack();
    await row.locator(".attempt").waitFor();
    await eventually(() => scrolled(page, ".shell-page")).toBe(before);

    await page.getByRole("link", { name: "Feed" }).click();
    await page.locator(".feed-item").first().waitFor();
    // The second page of the list comes on the way.
    const go = () => page.locator(".feed").evaluate((feed) => feed.scrollTo({ top: 2_400 }));
    await eventually(() => go().then(() => scrolled(page, ".feed"))).toBe(2_400);
    // A real click would scroll by itself.
    const chosen = page.getByRole("link", { name: "Event 15", exact: true });
    await chosen.dispatchEvent("click");
    await page.getByRole("heading", { name: "Event 15" }).waitFor();
    await page.goBack();
    await chosen.waitFor();
    await eventually(() => scrolled(page, ".feed")).toBe(2_400);
  },
);

browserTest("a form that is left keeps its changes until they are saved or discarded", async () => {
  await using visit = await browser.visit(`${hub.url}/hooks/${ids.pay}/edit`, hub.key);
  const { page } = visit;
  const asks = () =>
    page.evaluate(() => !dispatchEvent(new Event("beforeunload", { cancelable: true })));
  const name = page.getByLabel("Name", { exact: true });
  await name.waitFor();
  expect(await asks()).toBe(false);
  await name.fill("changed");
  expect(await asks()).toBe(true);
  await page.getByRole("link", { name: "Event types" }).click();
  await page.getByRole("heading", { name: "Event types" }).waitFor();
  await page.goBack();
  await page.getByText("Your unsaved changes are still here.").waitFor();
  expect(await name.inputValue()).toBe("changed");
  await page.getByRole("button", { name: "Discard them" }).click();
  await eventually(() => name.inputValue()).toBe("pay");
  expect(await asks()).toBe(false);
});

browserTest("a lost network is said at once, and over when it is back", async () => {
  await using visit = await browser.visit(hub.url, hub.key);
  const { page } = visit;
  await page.locator(".feed-item").first().waitFor();
  await page.context().setOffline(true);
  await page.getByText("This computer is offline.").waitFor();
  await page.getByRole("button", { name: "Reconnect now" }).click();
  await page.getByText("This computer is offline.").waitFor();
  const { id } = await accepted(hub, { type: "b", name: "While it was offline" });
  await page.context().setOffline(false);
  await page.locator(`[data-event="${id}"]`).waitFor();
  await page.locator(".live-bar").waitFor({ state: "detached" });
});

browserTest("a page that is behind what happens says so, and jumps to it when asked", async () => {
  await using visit = await browser.visit(hub.url, hub.key);
  const { page } = visit;
  await page.routeWebSocket(/graphql/, (socket) => {
    // A line on which each change takes its time.
    socket.connectToServer().onMessage((message) => {
      const isChange = message.includes('"type":"next"');
      setTimeout(() => socket.send(message), isChange ? SLOW_MS : 0);
    });
  });
  await page.reload();
  await page.locator(".feed-item").first().waitFor();
  let isGoingOn = true;
  const emitting = (async () => {
    while (isGoingOn) await accepted(hub, { type: "b", name: "One of many" });
  })();
  try {
    await page.getByText(/This page is \d+ s behind/).waitFor();
    const { id } = await accepted(hub, { type: "b", name: "The newest" });
    await page.getByRole("button", { name: "Jump to now" }).click();
    await page.locator(`[data-event="${id}"]`).waitFor();
  } finally {
    isGoingOn = false;
    await emitting;
  }
  await page.locator(".live-bar").waitFor({ state: "detached" });
});

browserTest(
  "on a phone every page is reached, and on a small laptop no column of hooks is hidden",
  async () => {
    await using visit = await browser.visit(`${hub.url}/hooks`, hub.key);
    const { page } = visit;
    await page.setViewportSize({ width: 1024, height: 800 });
    await page.locator(".table tbody tr").first().waitFor();
    const overflow = (selector: string) =>
      page.locator(selector).evaluate((it) => it.scrollWidth - it.clientWidth);
    await eventually(() => overflow(".table-frame")).toBe(0);
    for (const title of ["State", "Last 24 hours", "Waiting", "Parked", "Last triggered"])
      expect(await page.getByRole("columnheader", { name: title }).isVisible()).toBe(true);
    // A click anywhere on a row opens it.
    await page.locator(".table tbody tr").first().locator("td").nth(1).click();
    await page.getByRole("heading", { name: "Last 24 hours" }).waitFor();

    await page.setViewportSize({ width: 390, height: 844 });
    const nav = page.getByRole("navigation", { name: "Console" });
    for (const [from, to] of [
      ["Hooks", "Schedules"],
      ["Schedules", "Deliveries"],
      ["Deliveries", "Feed"],
      ["Feed", "Hooks"],
    ] as const) {
      await nav.getByRole("button", { name: from }).click();
      await nav.getByRole("link", { name: to }).click();
      await page.getByRole("heading", { name: to, exact: true }).waitFor();
      const overflows = async () => [await overflow("body"), await overflow(".shell-page")];
      await eventually(async () => [to, ...(await overflows())]).toEqual([to, 0, 0]);
    }
    await page.locator(".table tbody tr").first().waitFor();
    await eventually(() => overflow(".table-frame")).toBe(0);
  },
);
