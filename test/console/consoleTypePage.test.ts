import { expect, test } from "vitest";
import { lineDiff } from "../../src/console/eventType/versions/lineDiff.ts";
import { inspect } from "../fixtures/axe.ts";
import { browserTest, dialogOf, editorsOf, eventually, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { change, register } from "../fixtures/hooks.ts";
import { testHub } from "../fixtures/hub.ts";

const registerMutation = `mutation ($input: RegisterEventTypeInput!) {
  registerEventType(input: $input) { userErrors { message } } }`;

browserTest(
  "a type without an example is emitted by hand: what is missing is a hint until something is written",
  async () => {
    await using hub = await testHub();
    await hub.run(registerMutation, {
      input: { name: "order.paid", schema: { amount: "Number" } },
    });
    const hook = await register(hub, { url: "http://127.0.0.1:1/", types: ["order.paid"] });
    await change(hub, "pauseHook", hook.id);
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/types/one?name=order.paid`, hub.key);
    const { page } = visit;
    await page.getByRole("region", { name: "Hooks" }).getByText("Paused").waitFor();
    await page.getByRole("button", { name: "Emit by hand" }).click();
    await editorsOf(page);
    const dialog = dialogOf(page);
    const data = dialog.getByLabel("Data (JSON)");
    await dialog.getByText("field 'amount' is required").waitFor();
    expect(await data.getAttribute("aria-invalid")).toBeNull();
    await data.fill('{"more": 1}');
    await eventually(() => data.getAttribute("aria-invalid")).toBe("true");
  },
);

browserTest(
  "a type's page has its newest events as they come, when it was last seen, and what differs between two versions",
  async () => {
    await using hub = await testHub();
    const name = "order.paid, 50% & more";
    for (const schema of [
      { amount: "Number" },
      { amount: "Number", note: "String?" },
      { type: "object", properties: { amount: { type: "number" }, note: {} } },
    ])
      await hub.run(registerMutation, { input: { name, schema, allowBreaking: true } });
    await hub.run(registerMutation, { input: { name: "order.lost" } });
    await using browser = await visitor();
    const path = `/types/one?${new URLSearchParams({ name })}`;
    await using visit = await browser.visit(hub.url + path, hub.key);
    const { page } = visit;
    const events = page.getByRole("region", { name: "Newest events" });
    await events.getByText("No event of this type, or none that is still kept.").waitFor();

    await accepted(hub, { type: name, name: "The first", userId: "u-7", data: {} });
    await accepted(hub, { type: "order.other", name: "Of another type" });
    const last = await accepted(hub, { type: name, name: "The second", data: {} });
    await events.getByText("The second").waitFor();
    expect(await events.getByRole("link").allTextContents()).toEqual(["The second", "The first"]);
    await events.getByText("for u-7").waitFor();
    await events.getByText(/^Last seen (now|\d+ s ago)/).waitFor();

    await page.getByRole("button", { name: "Compare versions" }).click();
    const changes = page.getByRole("region", { name: "Changes of the schema" });
    // The newest two, one of them in the shorthand: both as JSON Schema.
    await changes.locator("del", { hasText: '"required"' }).waitFor();
    await page.getByLabel("To").selectOption("2");
    await page.getByText("Their schemas are the same.").waitFor();
    await page.getByLabel("From").selectOption("1");
    await changes.locator("ins", { hasText: '"note": "String?"' }).waitFor();
    // The line before it has only a comma more.
    expect(await changes.locator("del").count()).toBe(0);
    await page.getByRole("button", { name: "Close" }).click();

    await events.getByRole("link", { name: "The second" }).click();
    await page.getByRole("heading", { name: "The second" }).waitFor();
    expect(page.url()).toBe(`${hub.url}/events/${last.id}`);

    await page.goto(`${hub.url}/types/one?name=order.lost`);
    await page.getByText("No event of this type, or none that is still kept.").waitFor();
    await accepted(hub, { type: "order.lost", name: "A lost one" });
    await events.getByRole("link", { name: "Show all in the feed" }).click();
    await page.locator(".feed-item").getByText("A lost one").waitFor();
    expect(await page.locator(".feed-item").count()).toBe(1);

    await page.goto(`${hub.url}/types`);
    const row = page.getByRole("row").filter({ hasText: name });
    await row.getByText(/^(now|\d+ (s|min) ago)$/).waitFor();
    expect(visit.troubles).toEqual([]);
    await inspect(hub, browser, [
      [path, ".event-line"],
      [path, ".diff", "Compare versions"],
    ]);
  },
);

test("lines that two texts have in common stay, others are removed or added, and far ones are left out", () => {
  const before = ["a", ..."123456789", "b", "c", "d"].join("\n");
  const after = ["a", ..."123456789", "B", "c", "d", "e"].join("\n");
  expect(lineDiff(before, before)).toEqual([]);
  expect(lineDiff(before, after)).toEqual([
    { kind: "skipped", count: 7 },
    ...["7", "8", "9"].map((text) => ({ kind: "same", text })),
    { kind: "removed", text: "b" },
    { kind: "added", text: "B" },
    ...["c", "d"].map((text) => ({ kind: "same", text })),
    { kind: "added", text: "e" },
  ]);
  const kinds = (one: string, other: string) => lineDiff(one, other).map(({ kind }) => kind);
  expect(kinds("a\na", "a")).toEqual(["same", "removed"]);
  expect(kinds("a", "b\na\nb")).toEqual(["added", "same", "added"]);
  // Too long to be compared line by line.
  const lines = (word: string) => Array.from({ length: 3_000 }, (_, n) => word + n).join("\n");
  expect(new Set(kinds(lines("x"), lines("y")))).toEqual(new Set(["removed", "added"]));
});
