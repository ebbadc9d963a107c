import { afterAll, beforeAll, expect } from "vitest";
import { inspect } from "../fixtures/axe.ts";
import {
  browserTest,
  dialogOf,
  eventually,
  type Visit,
  type Visitor,
  visitor,
} from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { deliveries, register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { receiver, status } from "../fixtures/receiver.ts";

let hub: TestHub;
let browser: Visitor;
beforeAll(async () => {
  hub = await testHub();
  browser = await visitor();
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

/** A disabled button says why, to whoever points at it, to who hears the page, and to who presses it. */
async function isExplained({ page }: Visit, name: string, why: string): Promise<void> {
  const button = page.getByRole("button", { name, exact: true, disabled: true }).first();
  await button.waitFor();
  expect([name, await button.getAttribute("title")]).toEqual([name, why]);
  await button.focus();
  expect([name, await button.evaluate((it) => it === document.activeElement)]).toEqual([
    name,
    true,
  ]);
  await page.keyboard.press("Enter");
  const notice = page.locator(".toast").filter({ hasText: why });
  await notice.first().waitFor();
  await notice.first().locator("button").click();
  await notice.waitFor({ state: "detached" });
  expect(await dialogOf(page).filter({ hasText: name }).count()).toBe(0);
}

browserTest(
  "an OPERATOR finds what needs an ADMIN key disabled, and is told so; what is theirs works",
  async () => {
    const hook = await register(hub, { url: "http://127.0.0.1:9/", name: "mine", types: ["x"] });
    const later = await accepted(hub, { type: "a", delay: 3_600 });
    const { key } = await keyOf(hub, "OPERATOR");
    const why = "Needs an ADMIN key; you are signed in as OPERATOR.";
    await using visit = await browser.visit(`${hub.url}/hooks/${hook.id}`, key);
    const { page } = visit;
    for (const name of ["Trigger", "Edit"]) await isExplained(visit, name, why);
    await page.getByRole("button", { name: "More" }).click();
    for (const name of ["Rotate the secret…", "Delete…"]) {
      const item = page.getByRole("menuitem", { name });
      await item.getByText(why).waitFor();
      expect(await item.getAttribute("aria-disabled")).toBe("true");
    }
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: "Resume" }).waitFor();

    await page.goto(`${hub.url}/hooks`);
    for (const name of ["New hook", "New alert"]) await isExplained(visit, name, why);
    await page.keyboard.press("n");
    await page
      .getByText("Creating hooks needs an ADMIN key; you are signed in as OPERATOR.")
      .waitFor();
    await page.goto(`${hub.url}/events/${later.id}`);
    for (const name of ["Reschedule", "Cancel the event", "Erase the content"])
      await isExplained(visit, name, why);
    await page.goto(`${hub.url}/types`);
    await isExplained(visit, "New type", why);
    await page.getByText("Installing a catalogue needs an ADMIN key").waitFor();
    await page.goto(`${hub.url}/workflows`);
    await isExplained(visit, "New workflow", why);
    await page.goto(`${hub.url}/settings`);
    await page.getByText("Changing settings, or seeing the signing secret").waitFor();
    const project = page.getByRole("region", { name: "Project" });
    await project.getByText("Accepted", { exact: true }).waitFor();
    expect(visit.troubles).toEqual([]);
    const hooks = await hub.run("query ($id: ID!) { hook(id: $id) { status } }", { id: hook.id });
    expect(hooks).toEqual({ hook: { status: "PAUSED" } });
    await inspect({ ...hub, key }, browser, [
      ["/hooks", ".table"],
      [`/hooks/${hook.id}`, ".page-tools .button"],
      [`/hooks/${hook.id}`, ".menu-barred", "More"],
      [`/events/${later.id}`, ".page-tools .button"],
      ["/settings", ".role-note"],
    ]);
  },
);

browserTest(
  "a VIEWER reads in one sentence what many buttons would need, and finds single ones disabled",
  async () => {
    await using target = await receiver(status(500));
    const hook = await register(hub, { url: target.url, types: ["lost"], retries: 0 });
    const actions = [{ url: target.url, buttonText: "Ban user", key: "ban" }];
    const event = await accepted(hub, { type: "lost", actions });
    await eventually(async () => (await deliveries(hub, { hookId: hook.id })).length).toBe(1);
    const { key } = await keyOf(hub, "VIEWER");
    const rest = "needs an ADMIN or OPERATOR key; you are signed in as VIEWER.";
    await using visit = await browser.visit(`${hub.url}/hooks/${hook.id}`, key);
    const { page } = visit;
    await page.getByText(`Testing, replaying or pausing this hook ${rest}`).waitFor();
    await page.getByText(`Retrying a delivery ${rest}`).waitFor();
    expect(await page.locator(".page-tools button").count()).toBe(0);
    await page.goto(`${hub.url}/events/${event.id}`);
    await page.getByText(`Retrying a delivery ${rest}`).waitFor();
    await isExplained(visit, "Ban user", `Pressing a button ${rest}`);
    await isExplained(
      visit,
      "Erase the content",
      "Needs an ADMIN key; you are signed in as VIEWER.",
    );
    const single = "Needs an ADMIN or OPERATOR key; you are signed in as VIEWER.";
    await page.goto(`${hub.url}/deliveries`);
    await page.getByText(`Retrying a delivery ${rest}`).waitFor();
    await isExplained(visit, "Replay all that match", single);
    const [lost] = await deliveries(hub, { hookId: hook.id });
    await page.goto(`${hub.url}/deliveries/${lost?.id}`);
    await isExplained(visit, "Retry: lost", single);
    await page.goto(`${hub.url}/schedules`);
    await isExplained(visit, "New schedule", "Needs an ADMIN key; you are signed in as VIEWER.");
    await page.goto(`${hub.url}/audit`);
    await page.getByText(`Reading the audit log ${rest}`).waitFor();
    await inspect({ ...hub, key }, browser, [
      ["/", ".feed-item"],
      ["/hooks", ".table"],
      [`/hooks/${hook.id}`, ".role-note"],
      [`/events/${event.id}`, ".role-note"],
      ["/types", ".role-note"],
      ["/deliveries", ".role-note"],
      ["/settings", ".role-note"],
    ]);
    expect(visit.troubles).toEqual([]);
  },
);
