import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { inspect } from "../fixtures/axe.ts";
import { browserTest, eventually, visitor } from "../fixtures/browser.ts";
import { emit } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";
import { registerType } from "../fixtures/workflows.ts";

const schema = {
  type: "object",
  properties: {
    amount: { type: "number" },
    customer: { $ref: "#/$defs/person" },
    lines: { type: "array", items: { type: "object", properties: { sku: { type: "string" } } } },
  },
  $defs: {
    person: {
      type: "object",
      properties: { email: { type: "string" }, referredBy: { $ref: "#/$defs/person" } },
    },
  },
};

/** The editor with a label, once its code is loaded. */
async function editor(page: Page, label: string): Promise<Locator> {
  const field = page.getByLabel(label, { exact: true });
  await eventually(() => field.getAttribute("contenteditable")).toBe("true");
  return field;
}

/** The names that are offered. */
const offered = (page: Page) => page.getByRole("listbox", { name: "Completions" });
const labels = (page: Page) => offered(page).locator(".cm-completionLabel").allTextContents();

/** Takes the first of them. Enter does so, too, when the list has been there for a moment. */
const take = (page: Page) => offered(page).getByRole("option").first().click();

/** Types a text into an empty editor, and what is offered at its end. */
async function type(page: Page, field: Locator, text: string): Promise<void> {
  await field.fill("");
  await field.focus();
  await page.keyboard.type(text);
}

browserTest(
  "filter, template and selection complete the names of the type's schema, under the page's strict content policy",
  async () => {
    await using hub = await testHub();
    await registerType(hub, "order.paid", schema);
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/hooks/new`, hub.key);
    const { page } = visit;
    await page.getByLabel("Event types").fill("order.*");
    const filter = await editor(page, "Filter");
    await type(page, filter, "event.data.");
    // There is nothing to offer before the schemas are there. It takes a moment to be shown.
    const names = async () => {
      if ((await offered(page).count()) === 0) await page.keyboard.press("Control+Space");
      return labels(page);
    };
    const timing = { timeout: 60_000, interval: 500 };
    await expect.poll(names, timing).toEqual(["amount", "customer", "lines"]);
    await page.keyboard.type("customer.referredBy.em");
    await eventually(() => labels(page)).toEqual(["email"]);
    await take(page);
    await eventually(() => filter.innerText()).toBe("event.data.customer.referredBy.email");
    await page.keyboard.type(' == "a');
    await eventually(() => filter.locator(".tok-string").textContent()).toBe('"a');
    // Typed over coloured text, which browsers would give a style of its own.
    await filter.fill("true");
    await page.keyboard.press("Control+a");
    await page.keyboard.type("1 == 1");
    expect(await filter.innerText()).toBe("1 == 1");

    await page.getByText("Body", { exact: true }).click();
    const template = await editor(page, "Template");
    await type(page, template, '{ "amount": {{ data.am');
    await eventually(() => labels(page)).toEqual(["amount"]);
    await take(page);
    await page.keyboard.type(" | js");
    await eventually(() => labels(page)).toEqual(["json"]);
    // Escape closes the list alone.
    await page.keyboard.press("Escape");
    await offered(page).waitFor({ state: "detached" });
    // Outside of the braces there is nothing to name.
    await page.keyboard.type("on }} da");
    expect(await template.innerText()).toBe('{ "amount": {{ data.amount | json }} da');
    expect(await offered(page).count()).toBe(0);

    const selection = await editor(page, "Selection");
    await type(page, selection, "{ id data { lines { s");
    await eventually(() => labels(page)).toEqual(["sku"]);
    expect(visit.troubles).toEqual([]);
    expect(visit.outside).toEqual([]);
  },
);

browserTest("the server's errors and those of JSON are marked at their place", async () => {
  await using hub = await testHub();
  await emit(hub, { type: "order.paid", data: { amount: 5 } });
  await using browser = await visitor();
  await using visit = await browser.visit(`${hub.url}/hooks/new`, hub.key);
  const { page } = visit;
  const markIn = (field: Locator) => field.locator(".cm-lintRange-error");
  await page.getByLabel("URL").fill("https://127.0.0.1:9/");
  await page.getByLabel("Event types").fill("order.paid");

  const filter = await editor(page, "Filter");
  await filter.fill("event.data.amount > unknown");
  await eventually(() => markIn(filter).allTextContents()).toEqual(["unknown"]);
  await filter.fill("event.data.amount > 1");
  await eventually(() => markIn(filter).count()).toBe(0);

  await page.getByText("Body", { exact: true }).click();
  const template = await editor(page, "Template");
  await template.fill('{ "text":\n  {{ event.id | nofilter }} }');
  await eventually(() => markIn(template).allTextContents()).toEqual(["{{"]);
  await template.fill("{{ data.amount }} {{ nothing.at }}");
  await eventually(() => markIn(template).allTextContents()).toEqual(["nothing"]);
  await template.fill("");
  const selection = await editor(page, "Selection");
  await selection.fill("{ id absent }");
  await eventually(() => markIn(selection).allTextContents()).toEqual(["absent"]);
  await selection.fill("");

  const metadata = await editor(page, "Metadata");
  await metadata.fill('{\n  "team": sales\n}');
  await eventually(() => markIn(metadata).count()).toBe(1);
  expect(await metadata.locator(".cm-line:nth-child(2) .cm-lintRange-error").count()).toBe(1);
  await metadata.fill('{ "team": "sales" }');
  await eventually(() => markIn(metadata).count()).toBe(0);
  expect(visit.troubles).toEqual([]);
});

browserTest(
  "an editor has its label and error, lets Tab out, submits where it has one line, and keeps what was typed before it came",
  async () => {
    await using hub = await testHub();
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/hooks`, hub.key);
    const { page } = visit;
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route(/openEditor/, async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(`${hub.url}/hooks/new`);
    const filter = page.getByLabel("Filter", { exact: true });
    await filter.click();
    await page.keyboard.type("event.data.a");
    expect(await filter.evaluate(({ tagName }) => tagName)).toBe("TEXTAREA");
    release();
    await editor(page, "Filter");
    await page.keyboard.type("b == 1");
    expect(await filter.innerText()).toBe("event.data.ab == 1");
    await page.keyboard.press("Control+z");
    await page.keyboard.press("Tab");
    expect(await filter.evaluate((field) => field.contains(document.activeElement))).toBe(false);
    await page.keyboard.press("Shift+Tab");
    expect(await filter.evaluate((field) => field === document.activeElement)).toBe(true);
    await page.getByLabel("Name", { exact: true }).click();
    await page.getByText("Filter", { exact: true }).click();
    expect(await filter.evaluate((field) => field === document.activeElement)).toBe(true);

    await page.getByLabel("URL").fill("https://127.0.0.1:9/");
    await page.getByLabel("Event types").fill("a");
    await filter.fill("");
    const metadata = await editor(page, "Metadata");
    await metadata.fill("{");
    await metadata.blur();
    await eventually(() => metadata.getAttribute("aria-invalid")).toBe("true");
    const note = await metadata.getAttribute("aria-describedby");
    expect(await page.locator(`[id="${note}"]`).textContent()).toContain("JSON object");
    await metadata.fill("");
    await page.getByText("Delivery settings").click();
    // After the space no name is offered, which Enter would take instead.
    await (await editor(page, "Order by")).fill("event.userId ");
    await page.keyboard.press("Enter");
    await page.getByText("whsec_").waitFor();
    expect(visit.troubles).toEqual([]);
  },
);

browserTest(
  "types, events by hand and workflows have editors, which fit 390 pixels and are accessible in both themes",
  async () => {
    await using hub = await testHub();
    await registerType(hub, "order.paid", schema);
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/types/new`, hub.key);
    const { page } = visit;
    await page.setViewportSize({ width: 390, height: 800 });
    const written = await editor(page, "Schema");
    await type(page, written, '{ "properti');
    await eventually(async () => (await labels(page))[0]).toBe("properties");
    await take(page);
    await eventually(() => written.innerText()).toBe('{ "properties": ');
    await written.fill(JSON.stringify(schema));
    const example = await editor(page, "Example");
    await type(page, example, '{ "lines": [{ "');
    await eventually(() => labels(page)).toEqual(["sku"]);
    expect(await page.evaluate(() => document.body.scrollWidth)).toBeLessThanOrEqual(390);
    await take(page);
    await eventually(() => example.innerText()).toBe('{ "lines": [{ "sku": ');
    await page.getByRole("button", { name: "Cancel" }).click();

    await page.goto(`${hub.url}/workflows/new`);
    await page.getByLabel("Event type").fill("order.paid");
    await page.getByRole("button", { name: "Add a step" }).click();
    const second = page.getByRole("group", { name: "Step 2" });
    const url = second.getByLabel("URL");
    await eventually(() => url.getAttribute("contenteditable")).toBe("true");
    await type(page, url, "https://example.com/{{ steps.step1.res");
    await eventually(() => labels(page)).toEqual(["response"]);
    await page.keyboard.press("Escape");
    await type(page, second.getByLabel("Body (JSON)"), '{ "text": "{{ data.customer.em');
    await eventually(() => labels(page)).toEqual(["email"]);
    expect(await page.evaluate(() => document.body.scrollWidth)).toBeLessThanOrEqual(390);
    expect(visit.troubles).toEqual([]);

    await inspect(hub, browser, [
      ["/hooks/new", ".cm-editor .cm-placeholder"],
      ["/types/edit?name=order.paid", ".cm-editor .tok-string"],
      ["/types/one?name=order.paid", ".cm-editor .tok-punctuation", "Emit by hand"],
      ["/workflows/new", ".cm-editor .tok-string"],
    ]);
  },
);
