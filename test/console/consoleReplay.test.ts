import { browserTest, dialogOf, eventually, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { register } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver, status } from "../fixtures/receiver.ts";

browserTest("a replay says how many it would try again, and shows how far it is", async () => {
  await using hub = await testHub();
  await using target = await receiver(status(500));
  const hook = await register(hub, { url: target.url, name: "mine", retries: 0 });
  for (let index = 0; index < 3; index++) await accepted(hub, { type: "a", waitMs: 5_000 });
  target.answer = status(200);
  await accepted(hub, { type: "a", waitMs: 5_000 });
  await using browser = await visitor();
  await using visit = await browser.visit(`${hub.url}/hooks/${hook.id}`, hub.key);
  const { page } = visit;
  await page.getByRole("button", { name: "Replay" }).click();
  const which = dialogOf(page).getByLabel("Deliveries");
  await which.selectOption("all");
  await page.getByRole("button", { name: "Replay 4 deliveries" }).waitFor();
  await which.selectOption("lost");
  await page.getByRole("button", { name: "Replay 3 deliveries" }).click();
  await page.getByText("3 of 3 replayed").waitFor();
  await page.getByRole("status").getByText("Done").waitFor();
  await page.keyboard.press("Escape");
  await eventually(() => target.requests.length).toBe(7);
  await eventually(() => page.getByText("2 of 2 attempts").count()).toBe(3);
  await page.getByText("1 of 1 attempt").waitFor();
});

browserTest("a backfill says how many events a hook never got, and delivers them", async () => {
  await using hub = await testHub();
  await using target = await receiver();
  for (let index = 0; index < 2; index++) await accepted(hub, { type: "a" });
  const hook = await register(hub, { url: target.url, name: "mine" });
  await using browser = await visitor();
  await using visit = await browser.visit(`${hub.url}/hooks/${hook.id}`, hub.key);
  const { page } = visit;
  await page.getByRole("button", { name: "Backfill" }).click();
  await page.getByRole("button", { name: "Deliver 2 events" }).click();
  await page.getByText("2 of 2 made").waitFor();
  await page.keyboard.press("Escape");
  await eventually(() => target.requests.length).toBe(2);
});
