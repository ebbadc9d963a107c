import { expect } from "vitest";
import { browserTest, dialogOf, editorsOf, eventually, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";

browserTest(
  "a hook is made with its secret shown once, changed, triggered, paused and deleted",
  async () => {
    await using hub = await testHub();
    await using target = await receiver();
    await hub.run(
      `mutation { registerEventType(input: { name: "order.paid", schema: { amount: "Number" }, example: { amount: 42 } }) { userErrors { message } } }`,
    );
    for (const amount of [12, 7]) await accepted(hub, { type: "order.paid", data: { amount } });
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/hooks`, hub.key);
    const { page } = visit;
    const button = (name: string) => page.getByRole("button", { name });

    await page.getByText("No hooks yet.").waitFor();
    await page.keyboard.press("n");
    await button("Create hook").click();
    await page.getByText("A complete URL, such as").waitFor();
    await editorsOf(page);
    await page.getByLabel("URL").fill(target.url);
    await page.getByLabel("Event types").fill("order.paid");
    await page.getByLabel("Name").fill("mine");
    await page.getByLabel("Filter").fill("event.data.amount >");
    // Only the server reads filters: what it says stands at the field as one types.
    const filter = page.getByLabel("Filter");
    await eventually(() => filter.getAttribute("aria-invalid")).toBe("true");
    await filter.fill("event.data.amount > 10");
    await page.getByText("It matches 1 of the newest 2 events of these types.").waitFor();
    await page.locator(".hook-preview pre", { hasText: '"amount": 12' }).waitFor();
    await button("Create hook").click();
    const secret = await dialogOf(page).locator("code").textContent();
    expect(secret).toMatch(/^whsec_/);
    await button("I have saved it").click();
    await page.getByRole("heading", { name: "mine" }).waitFor();
    expect(await page.content()).not.toContain(secret);

    await button("Trigger").click();
    const data = page.getByLabel("Data (JSON)");
    await eventually(() => data.innerText()).toContain('"amount": 42');
    await data.fill('{"amount": "many"}');
    await button("Emit").click();
    await eventually(() => data.getAttribute("aria-invalid")).toBe("true");
    await data.fill('{"amount": 43}');
    await button("Emit").click();
    await page.getByRole("heading", { name: "order.paid" }).waitFor();
    await page.locator(".delivery").getByText("Succeeded").waitFor();
    expect(JSON.parse(target.requests[0]?.body ?? "")).toMatchObject({ data: { amount: 43 } });

    await page.locator(".delivery").getByRole("link", { name: "mine" }).click();
    await button("Test").click();
    await editorsOf(page);
    await page.getByLabel("Data (JSON)").fill('{"amount": 1}');
    await button("Send test").click();
    await page.getByRole("heading", { name: "order.paid" }).waitFor();
    await page.locator(".delivery").getByText("Succeeded").waitFor();
    expect(target.requests[1]?.headers["signalbox-test"]).toBe("true");
    await page.locator(".delivery").getByRole("link", { name: "mine" }).click();
    await button("Edit").click();
    await page.getByLabel("Name").fill("renamed");
    await button("Save").click();
    await page.getByRole("heading", { name: "renamed" }).waitFor();
    await button("Pause").click();
    await page.locator(".page-title").getByText("Paused").waitFor();
    await accepted(hub, { type: "order.paid", data: { amount: 44 } });
    await button("Parked").click();
    await page.locator(".delivery").getByText("Parked").waitFor();
    // What is narrowed here is so on the page of all deliveries, too.
    const all = page.getByRole("link", { name: "Find them by" });
    expect(await all.getAttribute("href")).toMatch(/^\/deliveries\?hook=[^&]+&status=parked$/);
    await page.locator(".hook-day ~ dl").getByRole("link", { name: "1", exact: true }).waitFor();
    await button("Resume").click();
    await button("Resume and send 1").click();
    await page.getByText("None with this status.").waitFor();
    await eventually(() => target.requests.length).toBe(3);

    await button("More").click();
    await page.getByRole("menuitem", { name: "Rotate the secret…" }).click();
    await button("Create new secret").click();
    const second = await dialogOf(page).locator("code").textContent();
    expect(second).toMatch(/^whsec_/);
    expect(second).not.toBe(secret);
    await button("I have saved it").click();

    await button("More").click();
    await page.getByRole("menuitem", { name: "Delete…" }).click();
    await button("Delete hook").click();
    await page.getByText("No hooks yet.").waitFor();
    expect(visit.troubles).toEqual([]);
  },
);

browserTest(
  "a delivery that failed is retried from the page of its event, and its state follows",
  async () => {
    await using hub = await testHub();
    await using target = await receiver((_request, response) => response.writeHead(500).end());
    await hub.run(
      `mutation ($url: String!) { registerHook(input: { url: $url, types: ["a"], retries: 0 }) { userErrors { message } } }`,
      { url: target.url },
    );
    const event = await accepted(hub, { type: "a" });
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/events/${event.id}`, hub.key);
    const { page } = visit;
    await page.locator(".delivery").getByText("Failed").waitFor();
    target.answer = (_request, response) => response.writeHead(200).end();
    await page.getByRole("button", { name: /^Retry/ }).click();
    await page.locator(".delivery").getByText("Succeeded").waitFor();
    await page.getByText("2 of 2 attempts").waitFor();
  },
);
