import { expect } from "vitest";
import { browserTest, eventually, visitor } from "../fixtures/browser.ts";
import { testHub } from "../fixtures/hub.ts";
import { following } from "../fixtures/subscription.ts";

browserTest(
  "GraphiQL says what is wrong with a key, over the websocket too, and stores no key",
  async () => {
    await using hub = await testHub();
    await using visitors = await visitor();
    await using visit = await visitors.visit(`${hub.url}/graphql`);
    const { page, troubles } = visit;
    const query = page.locator(".graphiql-query-editor .monaco-editor");
    // GraphiQL shows a tab's operation only if its editor was there before the tab was opened.
    async function openTab(name: string) {
      await query
        .getByText(/query|mutation|subscription/)
        .first()
        .waitFor();
      await page.locator(".graphiql-tab", { hasText: name }).click();
      await query.getByText(name).first().waitFor();
    }
    const execute = page.getByRole("button", { name: /Execute query/ });
    // The editor shows blanks of other kinds, and breaks lines.
    const response = async () =>
      (await page.locator(".graphiql-response").innerText()).replace(/\s+/g, " ");
    const stored = () =>
      page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    async function give(key: string) {
      await page.locator(".graphiql-editor-tool .monaco-editor").last().click();
      await page.keyboard.press("Control+A");
      // The editor closes what is opened.
      await page.keyboard.insertText(`{"Authorization":"Bearer ${key}`);
    }

    await openTab("WatchDeliveries");
    await page.getByRole("button", { name: "Headers" }).click();
    await give("wrong_key_wrong_key_wrong_key_wrong_key");
    await execute.click();
    // The schema is asked for with a new key, too; what is answered last is shown.
    await eventually(async () => {
      const text = await response();
      const ended = /unknown or has been revoked/.test(text) && (await execute.isVisible());
      if (ended) await execute.click();
      return text;
    }).toContain("Wrong key: send");
    await eventually(() => execute.isVisible()).toBe(true);

    await give(hub.key);
    await execute.click();
    await following(hub.url, 1);
    await hub.run(
      'mutation { registerHook(input: { url: "http://127.0.0.1:1", types: ["*"] }) { hook { id } } }',
    );
    await hub.run('mutation { emitEvent(input: { type: "a" }) { event { id } } }');
    await eventually(response).toContain("connection refused");

    await openTab("ReadAttempts");
    await execute.click();
    await eventually(response).toContain("deliveries");

    // The schema is there, and the editor's workers run.
    await query.click();
    await page.keyboard.press("Control+End");
    await page.keyboard.type("query { hookByN");
    await page.keyboard.press("Control+Space");
    await page.locator(".suggest-widget .monaco-list-row", { hasText: "hookByName" }).waitFor();

    // Its tabs are stored a while after something about them has changed.
    await eventually(stored).toMatch(/activeTabIndex\W+3/);
    expect(await stored()).not.toMatch(/wrong_key/);
    expect(await stored()).not.toContain(hub.key);
    expect(troubles).toEqual([]);
  },
);
