import type { Page } from "playwright-core";
import { expect } from "vitest";
import { actionsOn, button, expire, press } from "../fixtures/actions.ts";
import { browserTest, dialogOf, eventually, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { heldReceiver } from "../fixtures/heldReceiver.ts";
import { testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { receiver, status } from "../fixtures/receiver.ts";

/** The dialog that asks before a press; toasts are dialogs, too. */
const asking = (page: Page) => page.getByRole("dialog", { name: /^Press/ });

browserTest("an answer that is lost on its way leads to no second press", async () => {
  await using hub = await testHub();
  await using target = await receiver();
  await button(hub, target.url, { repeat: true });
  await using browser = await visitor();
  await using visit = await browser.visit(hub.url, hub.key);
  const { page } = visit;
  let lost = 0;
  await page.route("**/graphql", async (route) => {
    if (lost > 0 || !route.request().postData()?.includes("pressAction")) return route.continue();
    lost++;
    await route.fetch();
    await route.abort("connectionreset");
  });
  await page.getByRole("button", { name: "Ban user" }).click();
  const dialog = asking(page);
  await dialog.getByRole("button", { name: "Ban user" }).click();
  await dialog.getByText("No answer arrived").waitFor();
  await eventually(() => target.requests.length).toBe(1);
  // What came of it is told by the stream, whoever asked.
  await page.locator(".action-good").waitFor();
  await dialog.getByRole("button", { name: "Try again" }).click();
  await dialog.waitFor({ state: "detached" });
  await page.getByText("“Ban user” succeeded.").waitFor();

  // A new confirmation is a new press.
  await page.getByRole("button", { name: "Ban user" }).click();
  await dialog.getByRole("button", { name: "Ban user" }).click();
  await eventually(() => target.requests.length).toBe(2);
});

browserTest(
  "what another has pressed meanwhile is said before and after one confirms it, and nothing is sent",
  async () => {
    await using hub = await testHub();
    await using target = await heldReceiver();
    const { key } = await keyOf(hub, "OPERATOR", "Support desk");
    const [once, held] = await actionsOn(hub, [
      { url: target.url, buttonText: "Once", key: "once" },
      { url: target.url, buttonText: "Held", key: "held" },
    ]);
    if (!once || !held) throw new Error("no actions");
    await using browser = await visitor();
    await using visit = await browser.visit(hub.url, hub.key);
    const { page } = visit;
    const dialog = asking(page);
    await page.getByRole("button", { name: "Held" }).click();
    await dialog.getByRole("button", { name: "Held" }).waitFor();
    await press(hub, held.id, { waitMs: 0 }, key);
    await dialog.getByText("Being pressed by Support desk.").waitFor();
    expect(await dialog.getByRole("button", { name: "Held" }).count()).toBe(0);
    await dialog.getByRole("button", { name: "Close" }).last().click();

    // Here the confirmation overtakes the news: the other press happens while it is on its way.
    await page.getByRole("button", { name: "Once" }).click();
    await page.route("**/graphql", async (route) => {
      if (route.request().postData()?.includes("pressAction")) {
        await press(hub, once.id, { waitMs: 0 }, key);
      }
      await route.continue();
    });
    await dialog.getByRole("button", { name: "Once" }).click();
    await dialog.getByText("Being pressed by Support desk").waitFor();
    await eventually(() => target.requests.length).toBe(2);
    await target.release(200);
    await page.locator(".action-done", { hasText: "Once" }).waitFor();
    await page.locator(".action-good", { hasText: "Support desk" }).first().waitFor();
    expect(target.requests).toHaveLength(2);
  },
);

browserTest(
  "what is about to expire counts down by the hub's clock, and expires on the open page",
  async () => {
    await using hub = await testHub();
    await using target = await receiver();
    const action = await button(hub, target.url, { expireIn: 30 });
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/nowhere`, hub.key);
    const { page } = visit;
    // The clock of this machine is two hours fast.
    await page.clock.install({ time: Date.now() + 7_200_000 });
    await page.goto(hub.url);
    await page.locator(".action-near", { hasText: /expires in (29|30) min/ }).waitFor();
    await page.getByRole("button", { name: "Ban user" }).waitFor();

    // The server refuses what has expired by its own clock, whatever the page shows.
    await expire(hub.db.sql, action.id);
    await page.getByRole("button", { name: "Ban user" }).click();
    await dialogOf(page)
      .getByText(/^Expired: /)
      .waitFor();
    expect(await asking(page).getByRole("button", { name: "Ban user" }).count()).toBe(0);
    await page.keyboard.press("Escape");

    await page.clock.fastForward(1_860_000);
    await page.getByText(/^expired /).waitFor();
    expect(await page.getByRole("button", { name: "Ban user" }).count()).toBe(0);
    expect(target.requests).toEqual([]);
  },
);

browserTest(
  "an external action is a link of its own tab that gives nothing away, and presses nothing",
  async () => {
    await using hub = await testHub();
    await using target = await receiver();
    const url = `${target.url}/profile?user=1`;
    await button(hub, url, { external: true, buttonText: "Open profile" });
    await using browser = await visitor();
    await using visit = await browser.visit(hub.url, (await keyOf(hub, "VIEWER")).key);
    const { page } = visit;
    const link = page.getByRole("link", { name: /^Open profile/ });
    await link.waitFor();
    const attributes = await link.evaluate((a) =>
      ["href", "target", "rel", "title"].map((name) => a.getAttribute(name)),
    );
    const { host } = new URL(url);
    expect(attributes).toEqual([url, "_blank", "noopener noreferrer nofollow", `Opens ${host}`]);
    const [opened] = await Promise.all([page.context().waitForEvent("page"), link.click()]);
    await opened.waitForLoadState();
    const [request] = target.requests;
    expect(request).toMatchObject({ method: "GET", path: "/profile?user=1" });
    expect(request?.headers.referer).toBeUndefined();
    expect(await opened.evaluate(() => window.opener)).toBeNull();
  },
);

browserTest(
  "a button is locked, and says why, for who may only look, before its event is due, and when that is cancelled",
  async () => {
    await using hub = await testHub();
    await using target = await receiver(status(200));
    const actions = [{ url: target.url, buttonText: "Ban user", key: "ban" }];
    const now = await accepted(hub, { type: "a", actions });
    const later = await accepted(hub, { type: "a", delay: 3_600, actions });
    await using browser = await visitor();
    const locked = async (key: string, id: string, reason: string) => {
      await using visit = await browser.visit(`${hub.url}/events/${id}`, key);
      const { page } = visit;
      const button = page.getByRole("button", { name: "Ban user", exact: true });
      await page.getByText(reason).first().waitFor();
      expect(await button.getAttribute("aria-disabled")).toBe("true");
      expect(await button.getAttribute("title")).toContain(reason);
      await button.click({ force: true });
      await page.locator(".toast").getByText(reason).waitFor();
      expect(await asking(page).count()).toBe(0);
    };
    const { key } = await keyOf(hub, "VIEWER");
    await locked(
      key,
      now.id,
      "Pressing a button needs an ADMIN or OPERATOR key; you are signed in as VIEWER.",
    );
    await locked(hub.key, later.id, "Available when the event is due");
    await hub.run(`mutation ($id: ID!) { cancelEvent(id: $id) { userErrors { message } } }`, {
      id: later.id,
    });
    await locked(hub.key, later.id, "The event is cancelled.");
    expect(target.requests).toEqual([]);
  },
);
