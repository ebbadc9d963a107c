import type { WebSocketRoute } from "playwright-core";
import { expect } from "vitest";
import { button, press } from "../fixtures/actions.ts";
import { browserTest, dialogOf, eventually, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { heldReceiver } from "../fixtures/heldReceiver.ts";
import { testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { receiver, status } from "../fixtures/receiver.ts";
import { following } from "../fixtures/subscription.ts";

browserTest(
  "a button comes with its event, asks, is pressed, and every open page sees who did it",
  async () => {
    await using hub = await testHub();
    await using target = await heldReceiver();
    await using browser = await visitor();
    await using first = await browser.visit(hub.url, hub.key);
    await using second = await browser.visit(hub.url, (await keyOf(hub, "VIEWER", "Vera")).key);
    await first.page.getByText("No events yet.").waitFor();
    await second.page.getByText("No events yet.").waitFor();
    const event = await accepted(hub, {
      type: "user.reported",
      name: "User reported",
      actions: [
        {
          url: `${target.url}/ban`,
          buttonText: "Ban user",
          key: "ban",
          meta: { userId: "u_1", reason: "spam" },
        },
      ],
    });
    await using third = await browser.visit(`${hub.url}/events/${event.id}`, hub.key);
    const { page } = first;
    await page.getByRole("button", { name: "Ban user" }).click();
    const dialog = page.getByRole("dialog", { name: "Press “Ban user”?" });
    await dialog.getByText(new URL(target.url).host, { exact: true }).waitFor();
    await dialog.getByText("User reported").waitFor();
    await dialog.getByText('"spam"').waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "detached" });

    // Enter opens, Enter confirms.
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Ban user");
    await page.keyboard.press("Enter");
    await dialog.waitFor();
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "detached" });
    const pages = [page, second.page, third.page];
    for (const each of pages) {
      await each.locator('.action-button[aria-busy="true"]', { hasText: "Ban user" }).waitFor();
      await each.getByText("pressed by First key").first().waitFor();
    }
    await eventually(() => target.requests.length).toBe(1);
    expect(JSON.parse(target.requests[0]?.body ?? "")).toMatchObject({
      actionType: "ban",
      data: { userId: "u_1", reason: "spam" },
      press: { pressedBy: "First key" },
    });
    await target.release(200);
    for (const each of pages) {
      await each.locator(".action-done", { hasText: "Ban user" }).waitFor();
      await each.locator(".action-good", { hasText: "First key" }).waitFor();
    }
    await page.getByText("“Ban user” succeeded.").waitFor();
    expect(await second.page.getByText("“Ban user” succeeded.").count()).toBe(0);

    await third.page.getByRole("button", { name: "Presses: Ban user" }).click();
    await third.page.locator(".press").getByText("Succeeded").waitFor();
    await third.page.locator(".attempt-head").click();
    await third.page.locator(".attempt").getByText('"actionType": "ban"').waitFor();
    expect(target.requests).toHaveLength(1);
    for (const { outside, troubles } of [first, second, third])
      expect([outside, troubles]).toEqual([[], []]);
  },
);

browserTest(
  "a target that refuses is quoted where the button stands, and it can be pressed again",
  async () => {
    await using hub = await testHub();
    await using target = await heldReceiver();
    await accepted(hub, {
      type: "a",
      name: "An order",
      actions: [
        { url: target.url, buttonText: "Refund", key: "refund", style: "DANGER", repeat: true },
      ],
    });
    await using browser = await visitor();
    await using visit = await browser.visit(hub.url, hub.key);
    const { page } = visit;
    const button = page.getByRole("button", { name: "Refund", exact: true });
    const confirm = page
      .getByRole("dialog", { name: "Press “Refund”?" })
      .getByRole("button", { name: "Refund" });
    await button.click();
    await confirm.waitFor();
    // What cannot be undone is not confirmed by Enter alone.
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.textContent))
      .toBe("Cancel");
    await page.keyboard.press("Escape");
    await dialogOf(page).waitFor({ state: "detached" });
    expect(target.requests).toEqual([]);

    await button.click();
    await confirm.click();
    await eventually(() => target.requests.length).toBe(1);
    await target.release(409, "it has been refunded before");
    await page.locator(".action-error", { hasText: "it has been refunded before" }).waitFor();
    await page.getByText("“Refund” failed: it has been refunded before").waitFor();

    for (const total of [2, 3]) {
      await button.click();
      await confirm.click();
      await eventually(() => target.requests.length).toBe(total);
      await target.release(200);
      await page.locator(".action-good").waitFor();
      await page.locator(".action-error").waitFor({ state: "detached" });
      await page.locator('.action-button:not([aria-busy="true"])').waitFor();
    }
  },
);

browserTest(
  "a goes to the first button of the chosen event, and the page can be pressed by keys alone",
  async () => {
    await using hub = await testHub();
    await using target = await heldReceiver();
    for (const name of ["One", "Two"]) {
      const actions = [
        { url: target.url, buttonText: `Approve ${name}`, key: "approve" },
        { url: target.url, buttonText: `Refuse ${name}`, key: "refuse" },
      ];
      await accepted(hub, { type: "a", name, actions });
    }
    await using browser = await visitor();
    await using visit = await browser.visit(hub.url, hub.key);
    const { page } = visit;
    await page.getByRole("button", { name: "Refuse One" }).waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    for (const key of ["j", "j", "a"]) await page.keyboard.press(key);
    expect(await focused()).toBe("Approve One");
    for (const key of ["k", "a", "Tab"]) await page.keyboard.press(key);
    expect(await focused()).toBe("Refuse Two");
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Press “Refuse Two”?" });
    await dialog.waitFor();
    await page.keyboard.press("Enter");
    await eventually(() => target.requests.length).toBe(1);
    expect(JSON.parse(target.requests[0]?.body ?? "")).toMatchObject({
      actionType: "refuse",
      event: { name: "Two" },
    });
    await page.keyboard.press("?");
    await page.getByText("Go to the first button of the row's event").waitFor();
  },
);

browserTest("the end of a press reaches a page whose connection was lost meanwhile", async () => {
  await using hub = await testHub();
  await using target = await heldReceiver();
  await button(hub, target.url);
  await using browser = await visitor();
  await using visit = await browser.visit(`${hub.url}/settings`, hub.key);
  const { page } = visit;
  let isDown = false;
  const sockets: WebSocketRoute[] = [];
  await page.routeWebSocket(/graphql/, (socket) => {
    if (isDown) return socket.close({ code: 4000 });
    socket.connectToServer();
    sockets.push(socket);
  });
  await page.goto(hub.url);
  await page.getByRole("button", { name: "Ban user" }).click();
  await page
    .getByRole("dialog", { name: /^Press/ })
    .getByRole("button", { name: "Ban user" })
    .click();
  await page.locator('.action-button[aria-busy="true"]').waitFor();
  isDown = true;
  await sockets.at(-1)?.close({ code: 4000 });
  await page.getByText("Connection lost, reconnecting…").waitFor();
  await target.release(200);
  const read = () =>
    hub.run<{ events: { nodes: { actions: { status: string }[] }[] } }>(
      "{ events { nodes { actions { status } } } }",
    );
  await eventually(async () => (await read()).events.nodes[0]?.actions[0]?.status).toBe("COMPLETE");
  expect(await page.locator('.action-button[aria-busy="true"]').count()).toBe(1);
  isDown = false;
  await page.locator(".action-done", { hasText: "Ban user" }).waitFor();
  await page.getByText("“Ban user” succeeded.").waitFor();
  expect(target.requests).toHaveLength(1);
});

browserTest("an event that comes into a view by its status comes with its buttons", async () => {
  await using hub = await testHub();
  const actions = [{ url: "http://127.0.0.1:9/", buttonText: "Ban user", key: "ban" }];
  const { id } = await accepted(hub, { type: "a", name: "Later", delay: 3_600, actions });
  await using browser = await visitor();
  await using visit = await browser.visit(`${hub.url}/?status=CANCELLED`, hub.key);
  const { page } = visit;
  await page.getByText("No events match these filters.").waitFor();
  await following(hub.url, 1);
  await hub.run(`mutation ($id: ID!) { cancelEvent(id: $id) { userErrors { message } } }`, { id });
  const row = page.locator(".feed-item", { hasText: "Later" });
  await row
    .getByRole("button", { name: "Ban user" })
    .and(page.getByTitle(/cancelled/))
    .waitFor();
});

browserTest("Enter that is held from opening the dialog confirms nothing", async () => {
  await using hub = await testHub();
  await using target = await heldReceiver();
  await button(hub, target.url);
  await using browser = await visitor();
  await using visit = await browser.visit(hub.url, hub.key);
  const { page } = visit;
  const sent: (string | null)[] = [];
  page.on("request", (request) => sent.push(request.postData()));
  await page.getByRole("button", { name: "Ban user" }).focus();
  await page.keyboard.down("Enter");
  const dialog = page.getByRole("dialog", { name: "Press “Ban user”?" });
  await dialog.getByRole("button", { name: "Ban user" }).and(page.locator(":focus")).waitFor();
  await page.keyboard.down("Enter");
  await page.keyboard.up("Enter");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await dialog.waitFor({ state: "detached" });
  expect(sent.filter((body) => body?.includes("pressAction"))).toEqual([]);
});

browserTest("a press whose end nobody knows says so, and what to do", async () => {
  await using hub = await testHub();
  await using target = await receiver(status(500));
  const { id } = await button(hub, target.url);
  await press(hub, id);
  await hub.db.sql`update signalbox.presses set status = 'UNKNOWN' where action_id = ${id}`;
  const { action } = await hub.run<{ action: { event: { id: string } } }>(
    "query ($id: ID!) { action(id: $id) { event { id } } }",
    { id },
  );
  await using browser = await visitor();
  await using visit = await browser.visit(`${hub.url}/events/${action.event.id}`, hub.key);
  const { page } = visit;
  await page.locator(".action-unknown").waitFor();
  await page.getByRole("button", { name: "Presses: Ban user" }).click();
  await page.locator(".press").getByText("The target may have received the press").waitFor();
});
