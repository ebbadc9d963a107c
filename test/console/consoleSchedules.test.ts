import { expect } from "vitest";
import { browserTest, eventually, visitor } from "../fixtures/browser.ts";
import { register } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { scheduled, shownSchedule } from "../fixtures/schedules.ts";

browserTest(
  "schedules are listed with their next run; an operator pauses, resumes and runs one",
  async () => {
    await using hub = await testHub();
    const { key } = await keyOf(hub, "OPERATOR");
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/schedules`, key);
    const { page } = visit;
    await page.getByText("No schedules yet.").waitFor();
    const { id } = await scheduled(hub, {
      ...{ name: "Morning report", cron: "0 9 1 1 *", timeZone: "Europe/Berlin" },
      event: { type: "report.due" },
    });
    await page.goto(`${hub.url}/schedules`);
    const row = page.getByRole("row", { name: "Morning report" });
    await row.getByText("0 9 1 1 *").waitFor();
    await row.getByText("Europe/Berlin").waitFor();
    await row.getByText("report.due").waitFor();
    await row.getByText("Never").waitFor();
    await row.getByRole("button", { name: "Pause Morning report" }).click();
    await row.getByText("Paused").waitFor();
    await row.getByRole("button", { name: "Run now: Morning report" }).click();
    await page.getByRole("button", { name: "Emit the event" }).click();
    await row.getByRole("link").waitFor();
    const { lastEvent } = (await shownSchedule(hub, id)) ?? {};
    await eventually(() => row.getByRole("link").getAttribute("href")).toContain(
      lastEvent?.id ?? "",
    );
    await row.getByRole("button", { name: "Resume Morning report" }).click();
    await row.getByText("Active").waitFor();
  },
);

browserTest("a schedule is made, for one hook alone, and its next runs are shown", async () => {
  await using hub = await testHub();
  const { id } = await register(hub, {
    url: "http://127.0.0.1:1/",
    types: ["none"],
    name: "alone",
  });
  await using browser = await visitor();
  await using visit = await browser.visit(`${hub.url}/schedules`, hub.key);
  const { page } = visit;
  await page.getByText("No schedules yet.").waitFor();
  await page.getByRole("button", { name: "New schedule" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("New year");
  await dialog.getByLabel("Cron").fill("0 0 30 2 *");
  await dialog.getByLabel("Time zone").fill("Europe/Berlin");
  await dialog.getByLabel("Event type").fill("year.began");
  await dialog.getByLabel("To", { exact: true }).selectOption("hook");
  await dialog.getByRole("combobox", { name: "Hook" }).fill("alo");
  await page.getByRole("option", { name: "alone" }).click();
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByRole("alert").getByText("never runs").waitFor();
  await dialog.getByLabel("Cron").fill("0 9 1 1 *");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  const row = page.getByRole("row", { name: "New year" });
  await row.waitFor();
  await eventually(() => row.locator("time").count()).toBe(3);
  const { eventSchedules } = await hub.run<{
    eventSchedules: { nodes: { event: object; nextRuns: string[] }[] };
  }>("{ eventSchedules { nodes { event nextRuns } } }");
  expect(eventSchedules.nodes).toMatchObject([{ event: { type: "year.began", hookId: id } }]);
  expect(eventSchedules.nodes[0]?.nextRuns.map((at) => at.slice(4))).toEqual(
    Array(3).fill("-01-01T08:00:00.000Z"),
  );
});

browserTest("a key that may only look has no buttons", async () => {
  await using hub = await testHub();
  await scheduled(hub, { name: "Report", cron: "@yearly", event: { type: "report.due" } });
  const { key } = await keyOf(hub, "VIEWER");
  await using browser = await visitor();
  await using visit = await browser.visit(`${hub.url}/schedules`, key);
  const table = visit.page.getByRole("table", { name: "Schedules" });
  await table.getByText("Report", { exact: true }).waitFor();
  await eventually(() => table.getByRole("button").count()).toBe(0);
});
