import { expect } from "vitest";
import { browserTest, dialogOf, editorsOf, eventually, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";
import { changeWorkflow, registerType, tryCreate } from "../fixtures/workflows.ts";

browserTest(
  "a workflow is made, released and installed, and its run is seen as it happens",
  async () => {
    await using hub = await testHub();
    const waiting: (() => void)[] = [];
    await using target = await receiver((request, response) => {
      const answer = () =>
        response.writeHead(200, { "content-type": "application/json" }).end('{"number": 4711}');
      if (request.path.startsWith("/hold")) waiting.push(answer);
      else answer();
    });
    await registerType(hub, "ticket.created");
    await accepted(hub, { type: "ticket.created", data: { title: "Broken lamp" } });
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/workflows`, hub.key);
    const { page } = visit;
    const button = (name: string | RegExp) => page.getByRole("button", { name });

    await page.getByText("No workflows yet.").waitFor();
    await page.keyboard.press("n");
    await editorsOf(page);
    await page.getByLabel("Name", { exact: true }).first().fill("Support desk");
    await page.getByLabel("Event type").fill("ticket.created");
    const first = page.getByRole("group", { name: "Step 1" });
    await first.getByLabel("Id").fill("tell");
    await first.getByLabel("URL").fill("{{ user.base }}/hold/{{ steps.open.response.number }}");
    await first.getByLabel("Body", { exact: true }).selectOption("text");
    await first.getByLabel("Body (text)").fill("{{ data.title }}");
    // It names a step that is not before it.
    await first.getByText("'steps.open' is no earlier step").waitFor();
    await button("Add a step").click();
    const second = page.getByRole("group", { name: "Step 2" });
    await second.getByLabel("Id").fill("open");
    await second.getByLabel("URL").fill("{{ user.base }}/tickets");
    await second.getByLabel("Body (JSON)").fill('{"title": "{{ data.title }}"');
    await second.getByLabel("Id").focus();
    await eventually(() => second.getByLabel("Body (JSON)").getAttribute("aria-invalid")).toBe(
      "true",
    );
    await second.getByLabel("Body (JSON)").fill('{"title": "{{ data.title }}"}');
    // Moved by a key, and the focus with it.
    await second.getByLabel("Id").press("Alt+ArrowUp");
    await eventually(() => first.getByLabel("Id").inputValue()).toBe("open");
    await page.keyboard.press("End");
    await page.keyboard.type("ed");
    await eventually(() => first.getByLabel("Id").inputValue()).toBe("opened");
    await first.getByLabel("Id").fill("open");

    const preview = page.getByRole("complementary", { name: "Preview" });
    await preview.getByText("undefined variable: user.base").first().waitFor();
    await preview.getByLabel("Variables (JSON)").fill(JSON.stringify({ base: target.url }));
    await preview.getByText('"title": "Broken lamp"').waitFor();
    await preview.getByText(`${target.url}/hold/steps.open.response.number`).waitFor();
    await preview.getByText('"Broken lamp"', { exact: true }).waitFor();
    await button("Create workflow").click();
    await page.getByRole("heading", { name: "Support desk" }).waitFor();
    expect(target.requests).toEqual([]);

    await button("Release").click();
    await page.locator(".page-title").getByText("Released").waitFor();
    await button("Install for a user").click();
    const variables = dialogOf(page).getByLabel("Variables (JSON)");
    // What the steps' templates name stands there to be filled.
    expect(JSON.parse(await variables.innerText())).toEqual({ base: "" });
    await dialogOf(page).getByLabel("User").fill("user123");
    await variables.fill(JSON.stringify({ base: target.url }));
    await button(/^Install$/).click();
    await page.getByRole("table", { name: "Installed for" }).getByText("Active").waitFor();

    const event = await accepted(hub, {
      ...{ type: "ticket.created", name: "A ticket", userId: "user123" },
      data: { title: "No heating" },
    });
    await page.locator(".run").getByText("Running", { exact: true }).waitFor();
    await page.locator(".run").getByRole("link", { name: "A ticket" }).click();
    await page.locator("[data-step=open]").getByText("Succeeded").waitFor();
    await page.locator("[data-step=tell]").getByText("Running").waitFor();
    await eventually(() => waiting.length).toBe(1);
    waiting[0]?.();
    await page.locator(".page-title").getByText("Succeeded").waitFor();
    await button("Request and response: open").click();
    await page.locator("[data-step=open] .json").getByText("4711").waitFor();
    await page.locator("[data-step=open]").getByText('"title": "No heating"').waitFor();
    expect(target.requests.map(({ path }) => path)).toEqual(["/tickets", "/hold/4711"]);
    expect(target.requests[1]?.body).toBe('"No heating"');

    await page.getByRole("link", { name: "A ticket" }).click();
    await page.getByRole("region", { name: "Runs" }).getByText("Succeeded").waitFor();
    expect(page.url()).toBe(`${hub.url}/events/${event.id}`);
    await page.getByRole("link", { name: "Support desk" }).first().click();
    await page.getByRole("heading", { name: "Support desk for user123" }).waitFor();
    await page.goto(`${hub.url}/workflows`);
    await page.getByRole("img", { name: "Last runs: 1 succeeded" }).waitFor();

    await page.getByRole("link", { name: "Support desk" }).click();
    await button("Uninstall user123").click();
    await button("Uninstall").click();
    await page.getByText("Uninstalled", { exact: true }).waitFor();
    await button("Pause").click();
    await page.locator(".page-title").getByText("Paused").waitFor();
    expect(visit.troubles).toEqual([]);
  },
);

browserTest(
  "a step that fails is shown by name with its tries, and the run is run again",
  async () => {
    await using hub = await testHub();
    await using target = await receiver((_request, response) =>
      response.writeHead(503).end("out of order"),
    );
    await registerType(hub, "a");
    const { workflow } = await tryCreate(hub, {
      steps: [
        { id: "pay", name: "Take the money", url: target.url, retries: 0 },
        { id: "ship", name: "Ship it", url: "{{ user.missing }}" },
      ],
    });
    const id = workflow?.id ?? "";
    await changeWorkflow(hub, "releaseWorkflow", id);
    await hub.run(
      `mutation ($id: ID!) { installWorkflow(workflowId: $id, userId: "u") { userErrors { message } } }`,
      { id },
    );
    const event = await accepted(hub, { type: "a", userId: "u" });
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/events/${event.id}`, hub.key);
    const { page } = visit;
    await page
      .getByRole("region", { name: "Runs" })
      .getByText("Failed at step 1 of 2, Take the money: ")
      .waitFor();
    await page.getByRole("region", { name: "Runs" }).getByRole("link", { name: "w" }).click();
    await page.getByRole("alert").getByText("Failed at step 1 of 2, Take the money: ").waitFor();
    const pay = page.locator("[data-step=pay]");
    await pay.getByText("Take the money").waitFor();
    // What failed is open: its tries with what was answered.
    await pay.getByText("out of order").waitFor();
    await page.locator("[data-step=ship]").getByText("Cancelled").waitFor();

    target.answer = (_request, response) => response.end();
    const failed = page.url();
    await page.getByRole("button", { name: "Rerun" }).click();
    await page.getByRole("button", { name: "Call them again" }).click();
    await eventually(() => page.url()).not.toBe(failed);
    // Nothing could be sent: a variable is missing.
    await page
      .getByRole("alert")
      .getByText("Failed at step 2 of 2, Ship it: undefined variable: user.missing")
      .waitFor();
    await page.locator("[data-step=pay]").getByText("Succeeded").waitFor();
    await page.locator("[data-step=ship]").getByText("nothing was sent").waitFor();

    await page.goto(`${hub.url}/workflows/${id}`);
    await eventually(() => page.locator(".run").count()).toBe(2);
    await page.getByRole("button", { name: "Succeeded" }).click();
    await page.getByText("None with this status.").waitFor();
    await page.getByRole("button", { name: "Failed" }).click();
    await eventually(() => page.locator(".run").count()).toBe(2);
  },
);

browserTest(
  "a mistake in a template stands at its field, also when the workflow is changed",
  async () => {
    await using hub = await testHub();
    const { workflow } = await tryCreate(hub, {
      name: "Mine",
      steps: [
        { id: "one", url: "https://example.com/", headers: { authorization: "Bearer x" } },
        { id: "two", url: "https://example.com/", body: { text: ["{{ data.a }}"] } },
      ],
    });
    await tryCreate(hub, { name: "Other", steps: [{ id: "s", url: "https://example.com/" }] });
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/workflows/${workflow?.id}/edit`, hub.key);
    const { page } = visit;
    const one = page.getByRole("group", { name: "Step 1" });
    const two = page.getByRole("group", { name: "Step 2" });
    const save = page.getByRole("button", { name: "Save" });
    const isWrong = (field: ReturnType<typeof one.getByLabel>) =>
      eventually(() => field.getAttribute("aria-invalid"));
    await eventually(() => one.getByLabel("Headers").inputValue()).toBe(
      "authorization: [redacted]",
    );
    await editorsOf(page);
    await two.getByLabel("Body (JSON)").fill('{"text": ["Hi {{ data.name "]}');
    await isWrong(two.getByLabel("Body (JSON)")).toBe("true");
    await two.getByText("body.text.0: no Liquid template").waitFor();
    expect(await one.getByLabel("Body (JSON)").count()).toBe(0);
    await two.getByLabel("Body (JSON)").fill('{"text": ["Hi {{ data.name }}"]}');
    await isWrong(two.getByLabel("Body (JSON)")).toBe(null);
    await one.getByLabel("Headers").fill("authorization: [redacted]\nX-Team: {{ team }}");
    await one.getByText("unknown name 'team'").waitFor();
    await one.getByLabel("Headers").fill("authorization: [redacted]\nX-Team: {{ user.team }}");
    await isWrong(one.getByLabel("Headers")).toBe(null);
    await one.getByLabel("URL").fill("http://10.0.0.1/");
    await one.getByText("may not be called").waitFor();
    await one.getByLabel("URL").fill("https://example.com/");
    await page.getByLabel("Name", { exact: true }).first().fill("Other");
    await save.click();
    await page.getByText("a workflow named 'Other' exists already").waitFor();
    await page.getByLabel("Name", { exact: true }).first().fill("Mine, too");
    await save.click();
    await page.getByRole("heading", { name: "Mine, too" }).waitFor();
    await page.getByText("Version", { exact: true }).waitFor();
    const { workflow: changed } = await hub.run<{ workflow: object }>(
      "query ($id: ID!) { workflow(id: $id) { version steps { headers } } }",
      { id: workflow?.id },
    );
    expect(changed).toEqual({
      version: 2,
      steps: [
        { headers: { authorization: "[redacted]", "X-Team": "[redacted]" } },
        { headers: {} },
      ],
    });
  },
);

browserTest(
  "a key that may only look can press nothing that changes workflows, and sees no values of variables",
  async () => {
    await using hub = await testHub();
    const { workflow } = await tryCreate(hub, { steps: [{ id: "s", url: "{{ user.url }}" }] });
    await hub.run(
      `mutation ($id: ID!) { installWorkflow(workflowId: $id, userId: "u", variables: { url: "https://s3cret.example" }) { userErrors { message } } }`,
      { id: workflow?.id },
    );
    const { createApiKey } = await hub.run<{ createApiKey: { key: string } }>(
      `mutation { createApiKey(input: { name: "look", role: VIEWER }) { key } }`,
    );
    await using browser = await visitor();
    await using visit = await browser.visit(
      `${hub.url}/workflows/${workflow?.id}`,
      createApiKey.key,
    );
    const { page } = visit;
    await page.getByRole("table", { name: "Installed for" }).getByText("url").waitFor();
    await page.getByRole("region", { name: "Runs" }).getByText("None yet.").waitFor();
    expect(await page.content()).not.toContain("s3cret");
    for (const name of ["Release", "Edit", "Install for a user"])
      await page.getByRole("button", { name, disabled: true }).waitFor();
    expect(await page.getByRole("button", { name: "Uninstall u" }).count()).toBe(0);
    await page.goto(`${hub.url}/workflows/new`);
    await page
      .getByText("Creating workflows needs an ADMIN key; you are signed in as VIEWER.")
      .waitFor();
  },
);
