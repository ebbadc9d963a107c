import { expect } from "vitest";
import { browserTest, eventually, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { asName, expectUntouched, hostileTexts } from "../fixtures/markup.ts";
import { receiver } from "../fixtures/receiver.ts";
import { created, registerType } from "../fixtures/resources.ts";

/** One event with the text in every field that takes it, shown in one of the ways there are. */
function emitHostile(hub: TestHub, text: string, index: number) {
  const contents = [
    { contentType: "TEXT", content: text },
    {
      contentType: "ROWS",
      content: [text, [text, text], { label: text, content: text, type: "image" }],
    },
    { contentType: "JSON", content: { [text]: text, list: [text] } },
    { contentType: "IMAGE", content: text },
  ];
  return accepted(hub, {
    type: asName(text),
    name: `${index} ${asName(text)}`.slice(0, 200),
    avatar: asName(text),
    category: asName(text),
    userId: asName(text),
    contextId: "hostile",
    subject: { type: asName(text), id: asName(text) },
    idempotencyKey: `${index}${asName(text)}`,
    data: { text, [text]: [text, { [text]: text }] },
    ...contents[index % contents.length],
  });
}

browserTest(
  "whatever events, hooks and their targets say is shown as text: nothing runs, nothing is fetched",
  async () => {
    await using hub = await testHub();
    let said = 0;
    await using target = await receiver((_request, response) => {
      const text = hostileTexts[said++ % hostileTexts.length] ?? "";
      response
        .writeHead(500, { "x-hostile": encodeURI(text), "content-type": "text/html" })
        .end(text);
    });
    const markup = `<img src=x onerror=window.hit=1>`;
    const hook = await register(hub, {
      url: `${target.url}/${encodeURI(markup)}`,
      name: markup,
      types: ["*"],
      userId: null,
      retries: 0,
      headers: { "X-Own": markup },
    });
    const events = [];
    for (const [index, text] of hostileTexts.entries()) {
      events.push(await emitHostile(hub, text, index));
    }
    await registerType(hub, { name: markup, createdEvent: "resourceCreated" });
    await created(hub, {
      type: markup,
      resourceId: markup,
      attributes: { [markup]: [markup], texts: hostileTexts },
    });
    await eventually(() => target.requests.length).toBe(hostileTexts.length + 1);

    await using browser = await visitor();
    await using visit = await browser.visit(hub.url, hub.key);
    const { page } = visit;
    page.on("dialog", () => visit.troubles.push("a dialog"));

    await page.locator(".feed-item").first().waitFor();
    for (let index = 0; index < 8; index++) {
      await expectUntouched(page);
      await page.locator(".feed").evaluate((feed) => feed.scrollBy(0, 600));
    }
    for (const { id } of events) {
      // Within the page, as a click goes there: loading it anew each time would take a minute.
      await page.evaluate((path) => history.pushState(null, "", path), `/events/${id}`);
      await page.locator(`.page code:text-is("${id}")`).waitFor();
      await page.locator(".delivery").first().waitFor();
      await expectUntouched(page);
    }
    await page.getByRole("button", { name: /^Attempts/ }).click();
    await page.getByText("Response headers").waitFor();
    await expectUntouched(page);
    await page.goto(`${hub.url}/hooks`);
    await page.locator("tbody tr").first().waitFor();
    await expectUntouched(page);
    await page.goto(`${hub.url}/hooks/${hook.id}`);
    await page.locator(".delivery").first().waitFor();
    await expectUntouched(page);
    await page.goto(`${hub.url}/deliveries`);
    await page.locator(".delivery").first().waitFor();
    await expectUntouched(page);
    const resource = new URLSearchParams({ type: markup, id: markup });
    for (const [path, sign] of [
      ["/resources", "tbody tr"],
      [`/resources/one?${resource}`, ".event-line"],
      [`/resources/edit?${resource}`, ".resource-form"],
    ]) {
      await page.goto(hub.url + path);
      await page.locator(String(sign)).first().waitFor();
      await expectUntouched(page);
    }
    expect(visit.outside).toEqual([]);
    expect(visit.troubles).toEqual([]);
  },
);
