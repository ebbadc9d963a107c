import { expect } from "vitest";
import { browserTest, editorsOf, eventually, visitor } from "../fixtures/browser.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";
import { created, typeWithEvents } from "../fixtures/resources.ts";

browserTest(
  "a type of resources is registered, and one of them created, changed and deleted, each with its event",
  async () => {
    await using hub = await testHub();
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/resources`, hub.key);
    const { page } = visit;
    const button = (name: string) => page.getByRole("button", { name, exact: true });
    const attributes = page.getByLabel("Attributes (JSON)");
    const event = (name: string) => page.locator(".event-line").getByRole("link", { name });

    await page.getByText("No resource types yet.").waitFor();
    await button("New type").click();
    await page.getByLabel("Name").fill("tickets");
    await page.getByLabel("Event on create").fill("ticket.*");
    await button("Register").click();
    const wrong = page.getByLabel("Event on create");
    await eventually(() => wrong.getAttribute("aria-invalid")).toBe("true");
    await wrong.fill("ticketCreated");
    await button("Register").click();
    await page.getByText("No resources of this type yet.").waitFor();
    await button("Edit events").click();
    await page.getByLabel("Event on update").fill("ticketUpdated");
    await page.getByLabel("Event on delete").fill("ticketDeleted");
    await button("Save").click();
    await page.locator(".facts").getByText("ticketDeleted").waitFor();

    await button("New resource").click();
    await editorsOf(page);
    await attributes.fill('{"priority": }');
    await eventually(() => attributes.getAttribute("aria-invalid")).toBe("true");
    expect(await button("Create").isDisabled()).toBe(true);
    await attributes.fill("[]");
    await button("Create").click();
    await eventually(() => attributes.getAttribute("aria-invalid")).toBe("true");
    await attributes.fill('{"priority":"high"}');
    await button("Format").click();
    expect(await attributes.innerText()).toBe('{\n  "priority": "high"\n}');
    await button("Create").click();
    await page.getByRole("heading", { name: "1", exact: true }).waitFor();
    await page.locator(".json").getByText('"high"').waitFor();
    await event("ticketCreated").waitFor();

    await button("Edit").click();
    await attributes.fill('{"priority": "low"}');
    await button("Save").click();
    await page.getByText("Version 2").waitFor();
    await page.locator(".json").getByText('"low"').waitFor();
    await event("ticketUpdated").waitFor();

    await button("Delete").click();
    await button("Delete resource").click();
    await page.getByText("No resources of this type yet.").waitFor();
    await page.goto(`${hub.url}/resources/one?type=tickets&id=1`);
    await page.getByText("Resource not found.").waitFor();
    await event("ticketDeleted").waitFor();
    expect(visit.troubles).toEqual([]);
  },
);

browserTest(
  "resources come page by page and as they change, and a VIEWER changes none",
  async () => {
    await using hub = await testHub();
    await typeWithEvents(hub);
    for (let index = 0; index < 26; index += 1) {
      await created(hub, { type: "tickets", attributes: { index } });
    }
    const { createApiKey } = await hub.run<{ createApiKey: { key: string } }>(
      'mutation { createApiKey(input: { name: "reader", role: VIEWER }) { key } }',
    );
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/resources`, createApiKey.key);
    const { page } = visit;
    await eventually(() => page.locator("tbody tr").count()).toBe(25);
    await created(hub, { type: "tickets", resourceId: "new", attributes: {} });
    await page.getByRole("link", { name: "new", exact: true }).waitFor();
    await page.getByRole("button", { name: "Older" }).click();
    await eventually(() => page.locator("tbody tr").count()).toBe(2);
    await page.getByRole("link", { name: "1", exact: true }).click();
    await page.getByRole("heading", { name: "Versions and events" }).waitFor();
    for (const name of ["Edit", "Delete"])
      await page.getByRole("button", { name, disabled: true }).waitFor();
  },
);

browserTest(
  "a hook of resources is made in the form, and triggered for one of them, which it is sent whole",
  async () => {
    await using hub = await testHub();
    await using target = await receiver();
    await typeWithEvents(hub);
    await created(hub, { type: "tickets", resourceId: "T-1", attributes: { priority: "high" } });
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/hooks/new`, hub.key);
    const { page } = visit;
    const button = (name: string) => page.getByRole("button", { name, exact: true });
    await page.getByLabel("URL").fill(target.url);
    await page.getByLabel("Format").selectOption("RESOURCE");
    await page.getByText("Requires exact types that belong to a resource type.").waitFor();
    const types = page.getByLabel("Event types");
    await types.fill("*");
    // Which types are a resource type's only the server knows.
    await eventually(() => types.getAttribute("aria-invalid")).toBe("true");
    await types.fill("ticketsCreated");
    await button("Create hook").click();
    await button("I have saved it").click();

    await button("Trigger").click();
    await editorsOf(page);
    const data = page.getByLabel("Data (JSON)");
    expect(JSON.parse(await data.innerText())).toEqual({ id: "" });
    await data.fill('{"id": "T-1"}');
    await button("Emit").click();
    await page.locator(".delivery").getByText("Succeeded").waitFor();
    expect(JSON.parse(target.requests[0]?.body ?? "")).toEqual({
      tickets: [{ id: "T-1", priority: "high" }],
    });
    // What the event is about is a link to it.
    await page.getByRole("link", { name: "tickets T-1" }).click();
    await page.getByRole("heading", { name: "T-1" }).waitFor();
    expect(visit.troubles).toEqual([]);
  },
);
