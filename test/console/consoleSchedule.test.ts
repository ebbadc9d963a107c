import { browserTest, dialogOf, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { testHub } from "../fixtures/hub.ts";

browserTest("an event that is not due yet is given another time, and cancelled", async () => {
  await using hub = await testHub();
  const { id } = await accepted(hub, { type: "reminder", name: "Remind", delay: 3_600 });
  await using browser = await visitor();
  await using visit = await browser.visit(`${hub.url}/events/${id}`, hub.key);
  const { page } = visit;
  const button = (name: string) => page.getByRole("button", { name, exact: true });
  const dialog = dialogOf(page);

  await page.getByText("None yet. Deliveries follow when the event is due.").waitFor();
  await button("Reschedule").click();
  const due = dialog.getByLabel("Due");
  await due.fill("9999-01-01T00:00:00");
  await dialog.getByRole("button", { name: "Reschedule" }).click();
  await dialog.getByRole("alert").waitFor();
  await due.fill("2035-06-07T08:09:10");
  await dialog.getByRole("button", { name: "Reschedule" }).click();
  await dialog.waitFor({ state: "hidden" });
  await page.getByText("2035").first().waitFor();

  await button("Cancel the event").click();
  await dialog.getByRole("button", { name: "Cancel event" }).click();
  await page.getByText("Cancelled", { exact: true }).waitFor();
  await page.getByText("None. The event was cancelled.").waitFor();
  await button("Reschedule").waitFor({ state: "hidden" });
});
