import { afterAll, beforeAll, expect } from "vitest";
import { browserTest, dialogOf, eventually, type Visitor, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver, status, statuses } from "../fixtures/receiver.ts";

let hub: TestHub;
let target: Receiver;
let browser: Visitor;
/** How each path is answered. */
const answers: Record<string, ReturnType<typeof status>> = {};

/** Four events to three hooks: `broken` answers 503, then 500; `missing` 404; `fine` takes all. */
beforeAll(async () => {
  hub = await testHub();
  target = await receiver((request, response) => answers[request.path]?.(request, response));
  browser = await visitor();
  answers["/broken"] = status(500);
  answers["/missing"] = status(404);
  answers["/fine"] = status(200);
  for (const name of ["broken", "missing", "fine"])
    await register(hub, { name, url: `${target.url}/${name}`, types: ["*"], retries: 0 });
  for (const type of ["order.paid", "order.sent", "ticket.made"])
    await accepted(hub, { type, userId: `u-${type}`, data: { of: type }, waitMs: 15_000 });
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

browserTest(
  "hooks in trouble come first, and none is called healthy that nothing reaches",
  async () => {
    await using visit = await browser.visit(`${hub.url}/hooks`, hub.key);
    const rows = visit.page.locator("tbody tr");
    await eventually(() => rows.count()).toBe(3);
    await eventually(() => rows.last().textContent()).toMatch(/fine.*Healthy/);
    for (const row of [rows.nth(0), rows.nth(1)])
      await eventually(() => row.textContent()).toContain("Failing");
  },
);

browserTest(
  "failures are found by code, type, error, data, user and time, all in the address",
  async () => {
    await using visit = await browser.visit(`${hub.url}/deliveries?code=5xx&type=order.*`, hub.key);
    const { page } = visit;
    const rows = page.locator(".delivery");
    const address = (name: string) => new URL(page.url()).searchParams.get(name);
    await eventually(() => rows.count()).toBe(2);
    expect(await rows.getByRole("link", { name: "missing" }).count()).toBe(0);
    await page.getByRole("button", { name: "Clear" }).click();
    await eventually(() => rows.count()).toBe(6);
    await page.getByLabel("Error text").fill("status 404");
    await eventually(() => rows.count()).toBe(3);
    await page.getByLabel("User").fill("u-ticket.made");
    await eventually(() => rows.count()).toBe(1);
    expect([address("error"), address("user")]).toEqual(["status 404", "u-ticket.made"]);
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByLabel("Text in the event").fill('"of":"ticket');
    await eventually(() => rows.count()).toBe(2);
    await eventually(() => address("search")).toBe('"of":"ticket');
    await page.getByLabel("Status code, 5xx").fill("nonsense");
    await page.getByRole("alert").getByText("Status codes such as 404").waitFor();
    // What cannot be searched for lists nothing, and replays nothing.
    await eventually(() => rows.count()).toBe(0);
    expect(await page.getByRole("button", { name: "Replay all that match" }).isDisabled()).toBe(
      true,
    );
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByLabel("Time", { exact: true }).selectOption("range");
    await page.getByLabel("From").fill("2199-01-01T00:00");
    await page.getByText("No matching deliveries.").waitFor();
    await page.getByLabel("From").fill("2020-01-01T00:00");
    await page.getByLabel("Until").fill("2199-01-01T00:00");
    await eventually(() => rows.count()).toBe(6);
    await page.reload();
    await eventually(() => rows.count()).toBe(6);
    expect(await page.getByLabel("From").inputValue()).toBe("2020-01-01T00:00");

    // On a phone the fields open, and are open when one of them is set.
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.getByLabel("From").isVisible()).toBe(true);
    await page.goto(`${hub.url}/deliveries`);
    await eventually(() => rows.count()).toBe(6);
    expect(await page.getByLabel("Error text").isVisible()).toBe(false);
    await page.getByRole("button", { name: "Filters" }).click();
    await page.getByLabel("Error text").fill("status 404");
    await eventually(() => rows.count()).toBe(3);
  },
);

browserTest(
  "an attempt that failed opens on its response, is compared, copied and linked to",
  async () => {
    answers["/broken"] = statuses(503, 500);
    const event = await accepted(hub, { type: "order.paid", name: "Twice", waitMs: 15_000 });
    const { event: found } = await hub.run<{
      event: { deliveries: { nodes: { id: string; hook: { name: string } }[] } };
    }>("query ($id: ID!) { event(id: $id) { deliveries { nodes { id hook { name } } } } }", event);
    const id = found.deliveries.nodes.find(({ hook }) => hook.name === "broken")?.id;
    await using visit = await browser.visit(`${hub.url}/deliveries/${id}`, hub.key);
    const { page } = visit;
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const copied = () => page.evaluate(() => navigator.clipboard.readText());
    await page.locator(".attempt-body").waitFor();
    // The code stands there once.
    expect(await page.locator(".attempt-head").innerText()).not.toContain("status");
    await page.getByRole("button", { name: "Retry: Twice" }).click();
    const newest = page.locator(".attempt").first();
    await newest.getByText("#2", { exact: true }).waitFor();
    await newest.locator(".attempt-body").waitFor();
    expect(await newest.locator("h3").first().textContent()).toBe("Response body");
    await newest.getByRole("button", { name: "Compare with attempt 1" }).click();
    const dialog = dialogOf(page);
    await dialog.getByText("#1: 503").waitFor();
    await dialog.getByText("#2: 500").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    const copy = async (item: string) => {
      await newest.getByRole("button", { name: "Copy of attempt 2" }).click();
      await page.getByRole("menuitem", { name: item }).click();
      await page.getByRole("menu").waitFor({ state: "detached" });
    };
    await copy("Copy as curl");
    await eventually(copied).toContain(`curl \\\n  '${target.url}/broken'`);
    expect(await copied()).toContain("--data-binary '{");
    await copy("Copy the response");
    await eventually(copied).toMatch(/^Status 500[\s\S]*status 500$/);
    await copy("Copy the link");
    await eventually(copied).toBe(`${hub.url}/deliveries/${id}?attempt=2`);
    await page.goto(`${hub.url}/deliveries/${id}?attempt=1`);
    await page.locator(".attempt").last().locator(".attempt-body").waitFor();
    expect(await page.locator(".attempt-body").count()).toBe(1);
    await page.goto(`${hub.url}/deliveries/${id}?attempt=99`);
    await page.getByText("This delivery has no attempt 99.").waitFor();
  },
);

browserTest(
  "chosen failures are retried together, and seen to recover; what arrived is sent again only when one agrees",
  async () => {
    answers["/missing"] = status(200);
    await using visit = await browser.visit(`${hub.url}/deliveries?code=404`, hub.key);
    const { page } = visit;
    const rows = page.locator(".delivery");
    await eventually(() => rows.count()).toBe(4);
    await page.getByLabel("All on this page").check();
    await rows.first().getByRole("checkbox").uncheck();
    await page.getByRole("button", { name: "Retry these 3" }).click();
    const dialog = dialogOf(page);
    await dialog.getByRole("button", { name: "Retry 3 deliveries" }).click();
    await dialog.getByText("3 of 3 replayed").waitFor();
    await dialog.getByRole("status").getByText("Done").waitFor();
    await dialog.getByRole("button", { name: "Close" }).first().click();
    await eventually(() => rows.count()).toBe(1);

    await page.getByRole("button", { name: "Replay all that match" }).click();
    await dialog.getByText("404", { exact: true }).waitFor();
    await dialog.getByRole("button", { name: "Replay 1 delivery" }).click();
    await dialog.getByText("1 of 1 replayed").waitFor();
    await page.keyboard.press("Escape");
    await page.getByText("No matching deliveries.").waitFor();

    await page.goto(`${hub.url}/deliveries?status=succeeded&user=u-ticket.made`);
    await eventually(() => rows.count()).toBe(2);
    // What was replayed is on its way until it arrives: four that failed, three retried and this one.
    const missing = () => target.requests.filter(({ path }) => path === "/missing");
    await eventually(() => missing().length).toBe(8);
    const sent = target.requests.length;
    await page.getByRole("button", { name: "Retry: ticket.made" }).first().click();
    await dialog.getByText("your server gets this event once more").waitFor();
    await dialog.getByRole("button", { name: "Not now" }).click();
    await dialog.waitFor({ state: "detached" });
    expect(target.requests.length).toBe(sent);
  },
);
