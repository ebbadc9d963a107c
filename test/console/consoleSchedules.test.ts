import { expect } from "vitest";
import { browserTest, dialogOf, editorsOf, eventually, visitor } from "../fixtures/browser.ts";
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
  const dialog = dialogOf(page);
  await dialog.getByLabel("Name", { exact: true }).fill("New year");
  await dialog.getByLabel("Cron").fill("0 0 30 2 *");
  await dialog.getByLabel("Time zone").fill("Europe/Berlin");
  await dialog.getByLabel("Event type").fill("year.began");
  await dialog.getByLabel("To", { exact: true }).selectOption("hook");
  await dialog.getByRole("combobox", { name: "Hook" }).fill("alo");
  await page.getByRole("option", { name: "alone" }).click();
  // What is wrong with it is said before it is saved, and then when it runs.
  await dialog.getByRole("alert").getByText("never runs").waitFor();
  await dialog.getByLabel("Cron").fill("0 9 1 1 *");
  await dialog.getByText("At 09:00, on day 1 of the month, only in January").waitFor();
  await eventually(() => dialog.locator("time").count()).toBe(3);
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

browserTest(
  "a schedule is changed, and what the dialog does not show stays; it is deleted",
  async () => {
    await using hub = await testHub();
    const { id } = await scheduled(hub, {
      ...{ name: "Report", cron: "0 9 * * MON-FRI", timeZone: "Europe/Berlin" },
      event: { type: "report.due", name: "Due", userId: "ann", data: { of: "sales" } },
    });
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/schedules`, hub.key);
    const { page } = visit;
    const row = page.getByRole("row", { name: "Report" });
    await row.getByText("At 09:00, Monday through Friday").waitFor();
    await row.getByRole("button", { name: "More of Report" }).click();
    await page.getByRole("menuitem", { name: "Edit…" }).click();
    const dialog = dialogOf(page);
    await editorsOf(page);
    await dialog.getByLabel("Data (JSON)", { exact: true }).fill('{ "of": "stock" }');
    await dialog.getByLabel("Name", { exact: true }).fill("Stock report");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("row", { name: "Stock report" }).waitFor();
    expect(await shownSchedule(hub, id)).toMatchObject({
      ...{ name: "Stock report", cron: "0 9 * * MON-FRI", timeZone: "Europe/Berlin" },
      event: { type: "report.due", name: "Due", userId: "ann", data: { of: "stock" } },
    });
    await page.getByRole("button", { name: "More of Stock report" }).click();
    await page.getByRole("menuitem", { name: "Delete…" }).click();
    await page.getByRole("button", { name: "Delete schedule" }).click();
    await page.getByText("No schedules yet.").waitFor();
    expect(await shownSchedule(hub, id)).toBeNull();
  },
);

browserTest(
  "on a narrow screen no button of a schedule is cut off, and its times say their zone",
  async () => {
    await using hub = await testHub();
    await scheduled(hub, {
      ...{ name: "The last Friday, for the warehouse in the harbour", cron: "0 15 * * FRI#L" },
      ...{ timeZone: "Europe/Berlin", event: { type: "report.created" } },
    });
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/schedules`, hub.key);
    const { page } = visit;
    await page.setViewportSize({ width: 1024, height: 800 });
    const row = page.getByRole("row", { name: "The last Friday" });
    await row.getByText("At 15:00, on the last Friday of the month").waitFor();
    await row
      .getByText(/[AP]M (UTC|GMT|[A-Z]+T)/)
      .first()
      .waitFor();
    const frame = page.locator(".table-frame");
    const isCut = () => frame.evaluate((element) => element.scrollWidth > element.clientWidth);
    expect(await isCut()).toBe(false);
    await page.setViewportSize({ width: 390, height: 800 });
    await row.getByRole("button", { name: /^More of/ }).waitFor();
    expect(await isCut()).toBe(false);
  },
);

browserTest("a schedule's dialog says of a type that it is not registered", async () => {
  await using hub = await testHub();
  await hub.run(
    `mutation { registerEventType(input: { name: "report.due" }) { userErrors { message } } }`,
  );
  await using browser = await visitor();
  await using visit = await browser.visit(`${hub.url}/schedules`, hub.key);
  const { page } = visit;
  await page.getByRole("button", { name: "New schedule" }).click();
  const dialog = dialogOf(page);
  const type = dialog.getByLabel("Event type");
  const hint = dialog.getByText("No event type with this name is registered");
  await type.fill("report.dew");
  await eventually(() => hint.innerText()).toMatch(/its events are accepted without a schema\.$/);
  const note = (await type.getAttribute("aria-describedby")) ?? "";
  expect(await dialog.locator(`[id="${note}"]`).innerText()).toBe(await hint.innerText());
  expect(await type.getAttribute("aria-invalid")).toBeNull();
  const answered = page.waitForResponse((response) =>
    (response.request().postData() ?? "").includes('"report.due"'),
  );
  await type.fill("report.due");
  await answered;
  await eventually(() => hint.count()).toBe(0);

  await hub.run(
    "mutation { updateProject(input: { requireRegisteredTypes: true }) { userErrors { code } } }",
  );
  await type.fill("report.dew");
  await eventually(() => hint.innerText()).toMatch(/, and this project rejects its events\.$/);
  await dialog.getByLabel("Name", { exact: true }).fill("Report");
  await dialog.getByLabel("Cron").fill("@yearly");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByRole("alert").getByText("unknown type: 'report.dew'").waitFor();
});

browserTest("a dialog in which something was written asks before it is closed", async () => {
  await using hub = await testHub();
  await using browser = await visitor();
  await using visit = await browser.visit(`${hub.url}/schedules`, hub.key);
  const { page } = visit;
  const dialog = dialogOf(page);
  const open = () => page.getByRole("button", { name: "New schedule" }).click();
  await open();
  await dialog.waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await open();
  await dialog.getByLabel("Name", { exact: true }).fill("Written");
  await page.keyboard.press("Escape");
  await dialog.getByRole("alert").getByText("lose what you wrote").waitFor();
  await page.keyboard.press("Enter");
  expect(await dialog.getByLabel("Name", { exact: true }).inputValue()).toBe("Written");
  await page.mouse.click(2, 2);
  await dialog.getByRole("button", { name: "Close", exact: true }).last().click();
  await dialog.waitFor({ state: "detached" });
});

browserTest("what was typed while the network was away is tried when it is back", async () => {
  await using hub = await testHub();
  await using browser = await visitor();
  await using visit = await browser.visit(`${hub.url}/schedules`, hub.key);
  const { page } = visit;
  await page.getByRole("button", { name: "New schedule" }).click();
  const dialog = dialogOf(page);
  await dialog.getByLabel("Cron").fill("0 9 1 1 *");
  await eventually(() => dialog.locator("time").count()).toBe(3);
  await page.context().setOffline(true);
  await page.getByText("This computer is offline.").waitFor();
  const failed = page.waitForEvent("requestfailed");
  await dialog.getByLabel("Cron").fill("0 9 2 1 *");
  await failed;
  await page.context().setOffline(false);
  await dialog.locator('time[datetime*="-01-02T"]').first().waitFor();
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
