import { expect } from "vitest";
import { actionsOn, press } from "../fixtures/actions.ts";
import { browserTest, eventually, visitor } from "../fixtures/browser.ts";
import { testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { asName, expectUntouched, hostileTexts } from "../fixtures/markup.ts";
import { receiver } from "../fixtures/receiver.ts";

/** As many as an event may have. */
const MOST = 20;

browserTest(
  "whatever buttons, their data, their addresses and their targets say is shown as text: nothing runs, nothing is fetched",
  async () => {
    await using hub = await testHub();
    await using target = await receiver((request, response) => {
      const text = hostileTexts[Number(new URL(request.path, "http://x").searchParams.get("n"))];
      response.writeHead(500, { "content-type": "text/html" }).end(text);
    });
    const hostileKey = await keyOf(hub, "OPERATOR", `<img src=x onerror=window.hit=1>`);
    const inputs = hostileTexts.map((text, index) => ({
      url: `${target.url}/?n=${index}&${encodeURI(text).replaceAll("#", "%23")}`,
      buttonText: asName(text).slice(0, 48).trim(),
      key: `${index} ${asName(text)}`.slice(0, 200),
      meta: { text, [text]: [text, { [text]: text }] },
    }));
    const events: string[] = [];
    for (let from = 0; from < inputs.length; from += MOST) {
      const actions = await actionsOn(hub, inputs.slice(from, from + MOST), { name: "Buttons" });
      const made = await Promise.all(actions.map(({ id }) => press(hub, id, {}, hostileKey.key)));
      for (const answer of made)
        expect(answer.press).toMatchObject({ status: "FAILED", error: expect.any(String) });
      const { action } = await hub.run<{ action: { event: { id: string } } }>(
        "query ($id: ID!) { action(id: $id) { event { id } } }",
        { id: actions[0]?.id },
      );
      events.push(action.event.id);
    }
    // The API takes no such address; the console does not rely on it.
    const addresses = ["javascript:window.hit=1", "data:text/html,<script>1</script>", "//x", ""];
    const links = addresses.map((_, index) => ({
      url: "https://example.com/",
      buttonText: `Link ${index}`,
      external: true,
    }));
    const stored = await actionsOn(hub, links, { name: "Links" });
    for (const [index, { id }] of stored.entries()) {
      await hub.db
        .sql`update signalbox.actions set url = ${addresses[index] ?? ""} where id = ${id}`;
    }

    await using browser = await visitor();
    await using visit = await browser.visit(hub.url, hub.key);
    const { page } = visit;
    page.on("dialog", () => visit.troubles.push("a dialog"));
    await page.locator(".action-over", { hasText: "Link 0" }).waitFor();
    expect(await page.locator("a", { hasText: "Link" }).count()).toBe(1);
    await page.locator(".action-error").first().waitFor();
    await expectUntouched(page);

    for (const id of events) {
      await page.goto(`${hub.url}/events/${id}`);
      const details = page.getByRole("button", { name: /^Presses: / });
      await details.first().waitFor();
      for (const detail of await details.all()) await detail.click();
      await eventually(() => page.locator(".attempt-head").count()).toBe(await details.count());
      for (const attempt of await page.locator(".attempt-head").all()) await attempt.click();
      await expectUntouched(page);
      for (const button of await page.locator(".action-button").all()) {
        await button.click();
        await page.locator(".confirm").waitFor();
        await expectUntouched(page);
        await page.keyboard.press("Escape");
        await page.locator(".confirm").waitFor({ state: "detached" });
      }
      const before = target.requests.length;
      await page.locator(".action-button").first().click();
      await page.locator(".confirm-press").click();
      await page.locator(".toast-bad").waitFor();
      expect(target.requests).toHaveLength(before + 1);
      await expectUntouched(page);
    }
    expect(visit.outside).toEqual([]);
    expect(visit.troubles).toEqual([]);
  },
);
