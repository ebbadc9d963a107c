import { expect } from "vitest";
import { MAX_SCANNED_ROWS } from "../../src/db/page/boundedScan.ts";
import { browserTest, dialogOf, eventually, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { register } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver, statuses } from "../fixtures/receiver.ts";
import { following } from "../fixtures/subscription.ts";

browserTest("events appear as they happen, and their dots follow each delivery", async () => {
  await using hub = await testHub();
  await using target = await receiver(statuses(500, 200));
  await register(hub, {
    url: target.url,
    name: "mine",
    types: ["order.*"],
    retryScheduleMs: [1_500],
  });
  await using browser = await visitor();
  await using visit = await browser.visit(hub.url, hub.key);
  const { page } = visit;
  await page.getByText("No events yet.").waitFor();
  const requests: string[] = [];
  page.on("request", (request) => {
    const isOverview = request.postData()?.includes("query Overview");
    if (request.url().endsWith("/graphql") && !isOverview) requests.push(request.url());
  });

  await accepted(hub, { type: "order.paid", name: "Paid", content: "12 EUR", category: "orders" });
  const row = page.locator(".feed-item", { hasText: "Paid" });
  await row.getByText("12 EUR").waitFor();
  await row.getByTitle("mine: Retrying").waitFor();
  await row.getByTitle("mine: Succeeded").waitFor();
  // All of it came by the one stream.
  expect(requests).toEqual([]);

  await row.getByRole("link", { name: "Paid" }).click();
  await page.getByRole("heading", { name: "Paid" }).waitFor();
  await page.getByRole("button", { name: "Attempts: mine" }).click();
  await eventually(() => page.locator(".attempt-head").count()).toBe(2);
  await page.getByText("Response error").waitFor();
});

browserTest(
  "a pause lets new events wait and counts them; a filter shows what fits it, also live",
  async () => {
    await using hub = await testHub();
    await accepted(hub, { type: "order.paid", name: "First" });
    await using browser = await visitor();
    await using visit = await browser.visit(hub.url, hub.key);
    const { page } = visit;
    const names = () => page.locator(".feed-name").allTextContents();
    await eventually(names).toEqual(["First"]);
    await page.keyboard.press("p");
    await accepted(hub, { type: "ticket.created", name: "Second" });
    await accepted(hub, { type: "order.paid", name: "Third", data: { note: "a needle in it" } });
    await page.getByRole("button", { name: "Resume, 2 waiting" }).click();
    await eventually(names).toEqual(["Third", "Second", "First"]);

    await page.getByLabel("Type, ticket.*").fill("ticket.*");
    await eventually(names).toEqual(["Second"]);
    expect(new URL(page.url()).search).toBe("?type=ticket.*");
    await accepted(hub, { type: "order.paid", name: "Fourth" });
    await accepted(hub, { type: "ticket.closed", name: "Fifth" });
    await eventually(names).toEqual(["Fifth", "Second"]);

    await page.getByRole("button", { name: "Clear" }).click();
    await page.keyboard.press("Escape");
    await page.keyboard.press("/");
    await page.keyboard.type("NEEDLE");
    await eventually(names).toEqual(["Third"]);
    await accepted(hub, { type: "order.paid", name: "Sixth", data: { note: "another needle" } });
    await eventually(names).toEqual(["Sixth", "Third"]);
  },
);

browserTest("keys lead through the rows and the pages", async () => {
  await using hub = await testHub();
  for (const name of ["One", "Two", "Three"]) await accepted(hub, { type: "a", name });
  await using browser = await visitor();
  await using visit = await browser.visit(hub.url, hub.key);
  const { page } = visit;
  await page.locator(".feed-item").nth(2).waitFor();
  for (const key of ["j", "j", "Enter"]) await page.keyboard.press(key);
  await page.getByRole("heading", { name: "Two" }).waitFor();
  for (const key of ["g", "h"]) await page.keyboard.press(key);
  await page.getByRole("heading", { name: "Hooks", exact: true }).waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  await dialogOf(page).waitFor({ state: "detached" });
  for (const key of ["g", "f"]) await page.keyboard.press(key);
  await page.getByRole("heading", { name: "Feed" }).waitFor();
});

browserTest(
  "thousands of events are few elements, and who reads further down is not moved",
  async () => {
    await using hub = await testHub();
    const input = (count: number, name: string) =>
      Array.from({ length: count }, (_, index) => ({ type: "a", name: `${name} ${index}` }));
    const emitMany = (events: object[]) =>
      hub.run(
        `mutation ($input: [EmitEventInput!]!) { emitEvents(input: $input) { userErrors { message } } }`,
        { input: events },
      );
    await using browser = await visitor();
    await using visit = await browser.visit(hub.url, hub.key);
    const { page } = visit;
    await page.getByText("No events yet.").waitFor();
    await following(hub.url, 1);
    for (let round = 0; round < 3; round++) await emitMany(input(1_000, `Round ${round},`));
    await page.getByText("Round 2, 999").waitFor();
    const total = () => page.locator(".feed-rows").evaluate((rows) => rows.clientHeight);
    await eventually(total).toBeGreaterThan(3_000 * 50);
    expect(await page.locator(".feed-item").count()).toBeLessThan(60);

    /** What stands at the top of the list, once it has come to rest there. */
    const atTop = () =>
      page.locator(".feed").evaluate((feed) => {
        const { x, y } = feed.getBoundingClientRect();
        const shown = document.elementFromPoint(x + 20, y + 20)?.closest("[data-event]");
        return shown?.getAttribute("data-event") ?? null;
      });
    const newest = await atTop();
    await page.locator(".feed").evaluate((feed) => feed.scrollTo(0, 50_000));
    let before: string | null = newest;
    await eventually(async () => {
      const last = before;
      before = await atTop();
      return before !== null && before !== newest && before === last;
    }).toBe(true);
    await accepted(hub, { type: "a", name: "Newest" });
    await page.getByRole("button", { name: "1 new" }).waitFor();
    expect(await atTop()).toBe(before);
    await page.getByRole("button", { name: "1 new" }).click();
    await page.getByText("Newest").waitFor();
  },
);

browserTest(
  "what was long ago is found, however much has happened since, by one who goes on looking",
  async () => {
    await using hub = await testHub();
    await accepted(hub, { type: "order.paid", name: "The needle" });
    await hub.db.sql`
    insert into signalbox.events (project_id, id, type, name, content_type, origin, occurred_at, status, config_version)
    select id, signalbox.uuid7(), 'hay', 'Hay', 'TEXT', 'API', now(), 'PROCESSED', 1
    from signalbox.projects, generate_series(1, ${MAX_SCANNED_ROWS * 20 + 1}::int)`;
    await using browser = await visitor();
    await using visit = await browser.visit(hub.url, hub.key);
    const { page } = visit;
    await page.getByLabel("Search name, type and data").fill("needle");
    await page.getByText("No matches so far.").waitFor();
    await page.getByRole("button", { name: "Search further back" }).click();
    await eventually(() => page.locator(".feed-name").allTextContents()).toEqual(["The needle"]);
    await page.getByText("End of the list.").waitFor();
  },
);
