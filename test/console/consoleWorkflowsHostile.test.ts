import { expect } from "vitest";
import { browserTest, dialogOf, eventually, visitor } from "../fixtures/browser.ts";
import { accepted } from "../fixtures/emit.ts";
import { testHub } from "../fixtures/hub.ts";
import { asName, expectUntouched, hostileTexts } from "../fixtures/markup.ts";
import { receiver } from "../fixtures/receiver.ts";
import { install, registerType, released } from "../fixtures/workflows.ts";

const markup = "<img src=x onerror=window.hit=1>";

/** Names are lines of at most 200 characters. */
const names = hostileTexts
  .map(asName)
  .filter((text) => text.length <= 150 && !/\p{Cc}/u.test(text));

browserTest(
  "whatever workflows, their users and their targets say is shown as text: nothing runs, nothing is fetched",
  async () => {
    await using hub = await testHub();
    await using target = await receiver((request, response) => {
      const isLast = request.path.endsWith("/last");
      const output = Object.fromEntries(hostileTexts.map((text) => [text, [text]]));
      response
        .writeHead(isLast ? 500 : 200, { "x-hostile": encodeURI(markup) })
        .end(isLast ? hostileTexts.join("\n") : JSON.stringify(output));
    });
    await registerType(hub, markup);
    const body = Object.fromEntries(names.map((text) => [text, "{{ data }}"]));
    const steps = [
      ...names.slice(0, 20).map((name, index) => ({
        ...{ id: `s${index}`, name, body, headers: { "x-own": markup } },
        url: `${target.url}/${encodeURIComponent(name)}`,
      })),
      { id: "script", name: "javascript:window.hit=1", url: `${target.url}/last`, retries: 0 },
    ];
    const id = await released(hub, { name: markup, eventType: markup, steps });
    for (const name of names) await install(hub, id, { [name]: name }, name);
    const event = await accepted(hub, {
      ...{ type: markup, name: markup, userId: markup, data: hostileTexts },
    });
    await using browser = await visitor();
    await using visit = await browser.visit(`${hub.url}/events/${event.id}`, hub.key);
    const { page } = visit;
    page.on("dialog", () => visit.troubles.push("a dialog"));

    await page.locator(".run").getByText("Failed", { exact: true }).waitFor();
    await expectUntouched(page);
    await page.locator(".run a").click();
    await page.locator("[data-step=script]").getByText("Response headers").waitFor();
    await expectUntouched(page);
    await page.locator("[data-step=s0]").getByRole("button").click();
    await page.locator("[data-step=s0] .json").waitFor();
    await page.locator("[data-step=s0] .delivery-detail").waitFor();
    await expectUntouched(page);
    await page.locator(".page-back").click();
    await page.locator(".run").waitFor();
    await page.getByRole("table", { name: "Installed for" }).locator("td").first().waitFor();
    await page.locator(".workflow-step button").first().click();
    await page.locator(".workflow-step .json").waitFor();
    await expectUntouched(page);
    await page
      .getByRole("button", { name: /^Edit .+/ })
      .first()
      .click();
    await dialogOf(page).waitFor();
    await expectUntouched(page);
    await page.goto(`${hub.url}/workflows/${id}/edit`);
    await eventually(() => page.locator(".workflow-tried pre").count()).toBe(20);
    await expectUntouched(page);
    await page.goto(`${hub.url}/workflows`);
    await page.locator("tbody tr").waitFor();
    await expectUntouched(page);
    expect(visit.outside).toEqual([]);
    expect(visit.troubles).toEqual([]);
  },
);
