import { browserTest, eventually, visitor } from "../fixtures/browser.ts";
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
