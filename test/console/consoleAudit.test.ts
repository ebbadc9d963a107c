import { readFile } from "node:fs/promises";
import { expect } from "vitest";
import { mutate } from "../fixtures/auditLog.ts";
import { inspect } from "../fixtures/axe.ts";
import { browserTest, eventually, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { change, register, update } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { scheduled } from "../fixtures/schedules.ts";
import { install, registerType, released, tryCreate } from "../fixtures/workflows.ts";

const url = "https://hooks.example.com/in";

browserTest(
  "the audit log says who did what, is filtered by its words and by the address, and saved as a file",
  async () => {
    await using hub = await testHub();
    const { key } = await keyOf(hub, "OPERATOR", "=Night shift");
    const { id } = await register(hub, { url, name: "billing" });
    await update(hub, id, { timeoutMs: 4_000 });
    await mutate(hub, "pauseHook", `id: "${id}"`, "hook { id }", key);
    await using browser = await visitor();
    await using visit = await browser.visit(hub.url, key);
    const { page } = visit;
    await page.getByRole("link", { name: "Audit log" }).click();
    const list = page.getByRole("list", { name: "Audit log" });
    const newest = list.getByRole("listitem").first();
    await eventually(() => newest.innerText()).toMatch(/=Night shift\s+paused hook\s+billing/);

    await newest.getByRole("button", { name: "Details of pauseHook" }).click();
    await newest.getByRole("region", { name: "Before" }).getByText('"ACTIVE"').waitFor();
    await newest.getByRole("region", { name: "After" }).getByText('"PAUSED"').waitFor();
    await newest.getByRole("button", { name: "All of this object" }).click();
    await eventually(() => list.getByRole("listitem").count()).toBe(3);
    expect(new URL(page.url()).search).toBe(`?entity=${id}`);

    await list.getByRole("button", { name: "First key" }).first().click();
    await eventually(() => list.getByRole("listitem").count()).toBe(2);
    await page.getByLabel("Action", { exact: true }).fill("updateHook");
    await eventually(() => list.getByRole("listitem").count()).toBe(1);
    await page.reload();
    await eventually(() => list.getByRole("listitem").count()).toBe(1);
    await page.getByRole("button", { name: "Clear" }).click();
    await eventually(() => list.getByRole("listitem").count()).toBeGreaterThan(4);
    await page.goBack();
    await eventually(() => list.getByRole("listitem").count()).toBe(1);

    await page.goto(`${hub.url}/audit?entity=${id}`);
    await eventually(() => list.getByRole("listitem").count()).toBe(3);
    const [csv] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "CSV" }).click(),
    ]);
    const lines = (await readFile(await csv.path(), "utf8")).trimEnd().split("\r\n");
    expect(lines[0]).toBe("at,actor,action,entityType,entityId,before,after,requestId");
    // A spreadsheet takes it for text.
    expect(lines[1]).toContain(`,"'=Night shift","pauseHook","Hook","${id}",`);
    expect(lines).toHaveLength(4);
    const [json] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "JSON" }).click(),
    ]);
    const saved = JSON.parse(await readFile(await json.path(), "utf8"));
    expect(saved.map(({ action }: { action: string }) => action)).toEqual([
      "pauseHook",
      "updateHook",
      "registerHook",
    ]);
    expect(visit.troubles).toEqual([]);
  },
);

browserTest("the audit log is narrowed by time, in the address and in its file", async () => {
  await using hub = await testHub();
  const { id } = await register(hub, { url, name: "billing" });
  await update(hub, id, { timeoutMs: 4_000 });
  await change(hub, "pauseHook", id);
  // Ids go with the times.
  const at = "2026-01-02T03:04:05.000Z";
  await hub.db.sql`update signalbox.audit_entries set at = ${at},
    id = (lpad(to_hex(${Date.parse(at)}::bigint), 12, '0') || right(replace(id::text, '-', ''), 20))::uuid
    where action = 'updateHook'`;
  await using browser = await visitor();
  await using visit = await browser.visit(`${hub.url}/audit?entity=${id}`, hub.key);
  const { page } = visit;
  const entries = page.getByRole("list", { name: "Audit log" }).getByRole("listitem");
  await eventually(() => entries.count()).toBe(3);
  await page.getByLabel("Time", { exact: true }).selectOption("Last hour");
  await eventually(() => entries.count()).toBe(2);
  expect(new URL(page.url()).search).toBe(`?entity=${id}&time=1h`);

  // As its switch does, which is not there where the browser's zone is UTC.
  await page.evaluate(() => localStorage.setItem("signalbox.timeZone", "UTC"));
  await page.getByLabel("Time", { exact: true }).selectOption("From … until …");
  await page.getByLabel("From (UTC)").fill("2026-01-02T03:04:05");
  await page.getByLabel("Until (UTC)").fill("2026-01-02T03:04:06");
  await eventually(() => entries.count()).toBe(1);
  await entries.getByRole("button", { name: "Details of updateHook" }).waitFor();
  const shared = `?entity=${id}&time=range&since=2026-01-02T03%3A04%3A05.000Z&until=2026-01-02T03%3A04%3A06.000Z`;
  expect(new URL(page.url()).search).toBe(shared);
  await page.reload();
  await eventually(() => entries.count()).toBe(1);
  const [json] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "JSON" }).click(),
  ]);
  const saved = JSON.parse(await readFile(await json.path(), "utf8"));
  expect(saved).toMatchObject([{ action: "updateHook", at }]);

  await page.getByLabel("Until (UTC)").fill("2026-01-02T03:04:05");
  await page.getByText("No such entries.").waitFor();
  // One choice is one step back, however many parts of a time were typed.
  await page.goBack();
  await eventually(() => entries.count()).toBe(2);

  await page.goto(`${hub.url}/audit?time=range&since=yesterday`);
  await page.getByRole("alert").getByText("is no time").waitFor();
  expect(await entries.count()).toBe(0);
  expect(await page.getByRole("button", { name: "CSV" }).isDisabled()).toBe(true);
  await page.getByRole("button", { name: "Clear" }).click();
  await eventually(() => entries.count()).toBeGreaterThan(2);
  expect(visit.troubles).toEqual([]);
});

browserTest("the audit log names the workflow that was installed, and for whom", async () => {
  await using hub = await testHub();
  await registerType(hub, "a");
  const id = await released(hub, { name: "Open a ticket", steps: [{ id: "open", url }] });
  await install(hub, id, {}, "ann");
  await scheduled(hub, { name: "Report", cron: "@yearly", event: { type: "report.due" } });
  await using browser = await visitor();
  await using visit = await browser.visit(`${hub.url}/audit`, hub.key);
  const list = visit.page.getByRole("list", { name: "Audit log" });
  await list.getByRole("listitem").filter({ hasText: "created schedule Report" }).waitFor();
  await list
    .getByRole("listitem")
    .filter({ hasText: "installed workflow Open a ticket for ann" })
    .waitFor();
});

browserTest(
  "what was done last, and by whom, stands on the thing that it was done to",
  async () => {
    await using hub = await testHub();
    const { id } = await register(hub, { url, name: "billing" });
    await mutate(hub, "registerEventType", `input: { name: "order.paid" }`, "eventType { id }");
    await change(hub, "pauseHook", id);
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/hooks/${id}`, hub.key);
    const { page } = visit;
    await page.getByText("Paused by First key").waitFor();
    await change(hub, "resumeHook", id);
    await page.getByRole("link", { name: "Resumed by First key" }).click();
    await eventually(() =>
      page.getByRole("listitem").filter({ hasText: "hook billing" }).count(),
    ).toBe(3);
    await page.goto(`${hub.url}/types/one?name=order.paid`);
    await page.getByText("Registered by First key").waitFor();

    const { workflow } = await tryCreate(hub, {
      ...{ name: "Open a ticket", eventType: "order.paid" },
      steps: [{ id: "open", url }],
    });
    await page.goto(`${hub.url}/workflows/${workflow?.id}`);
    await page.getByText("Created by First key").waitFor();
    await page.getByRole("button", { name: "Release" }).click();
    await page.getByText("Released by First key").waitFor();
    const event = await accepted(hub, { type: "order.late", delay: 3_600 });
    await page.goto(`${hub.url}/events/${event.id}`);
    await page.getByRole("heading", { name: "order.late" }).waitFor();
    await hub.run("mutation ($id: ID!) { cancelEvent(id: $id) { userErrors { code } } }", event);
    await page.getByText("Cancelled by First key").waitFor();
  },
);

browserTest("a key that may only look is told which role reads the log", async () => {
  await using hub = await testHub();
  const { id } = await register(hub, { url, name: "billing" });
  const { key } = await keyOf(hub, "VIEWER");
  await using browser = await visitor();
  await using visit = await browser.visit(`${hub.url}/audit`, key);
  const { page } = visit;
  await page
    .getByText("Reading the audit log needs an ADMIN or OPERATOR key; you are signed in as VIEWER.")
    .waitFor();
  await page.goto(`${hub.url}/hooks/${id}`);
  // The charts are loaded after what would be shown above them.
  await page.locator(".chart").first().waitFor();
  expect(await page.getByText("by First key").count()).toBe(0);
});

browserTest(
  "its page has no serious finding of axe in either theme, and fits a small screen",
  async () => {
    await using hub = await testHub();
    const { id } = await register(hub, { url: `${url}/${"long".repeat(40)}` });
    await change(hub, "pauseHook", id);
    await using browser = await visitor();
    await inspect(hub, browser, [
      ["/audit", ".audit-entry"],
      ["/audit", ".audit-details", "Details of pauseHook"],
      ["/audit?actor=nobody", ".notice"],
      ["/audit?time=range", ".time-bound"],
    ]);
  },
);
