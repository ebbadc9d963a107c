import { expect } from "vitest";
import { browserTest, visitor } from "../fixtures/browser.ts";
import { testHub, testKey } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";

browserTest("a key signs in to its project, is in no address and nowhere in the page", async () => {
  await using hub = await testHub();
  await using browser = await visitor();
  await using visit = await browser.visit(hub.url);
  const { page, outside, troubles } = visit;
  const addresses: string[] = [];
  page.on("request", (request) => addresses.push(request.url()));
  page.on("websocket", (socket) => addresses.push(socket.url()));

  await page.getByLabel("API key").fill(testKey());
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("This key is unknown or has been revoked.").waitFor();

  await page.getByLabel("API key").fill(hub.key);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("No events yet.").waitFor();
  await page.getByText("First key").waitFor();
  await page.locator(".nav-key").getByText("Admin").waitFor();

  await page.reload();
  await page.getByText("No events yet.").waitFor();
  const readable = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
  );
  expect(readable).not.toMatch(/sbx_|signalbox_session/);
  const [cookie, ...others] = await page.context().cookies();
  expect(others).toEqual([]);
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", expires: -1, path: "/" });
  expect(cookie?.value).not.toContain(hub.key);

  // Another tab is signed in, shows what is live, and is signed out with the first.
  const tab = await page.context().newPage();
  await tab.goto(`${hub.url}/graphql`);
  await tab.locator(".graphiql-query-editor").getByText("RegisterHook").first().waitFor();
  await tab.getByRole("button", { name: /Execute query/ }).click();
  await tab.locator(".graphiql-response").getByText("ACTIVE").waitFor();
  await tab.goto(`${hub.url}/hooks`);
  await tab.getByText("tour").first().waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("API key").waitFor();
  await tab.getByLabel("API key").waitFor();
  expect(await page.context().cookies()).toEqual([]);
  expect(addresses.filter((address) => address.includes(hub.key))).toEqual([]);
  expect([outside, troubles]).toEqual([[], []]);
});

browserTest("a revoked key is signed out by itself, and told why", async () => {
  await using hub = await testHub();
  const { id, key } = await keyOf(hub, "VIEWER");
  await using browser = await visitor();
  await using visit = await browser.visit(hub.url, key);
  await visit.page.getByText("No events yet.").waitFor();
  await hub.run(`mutation ($id: ID!) { revokeApiKey(id: $id) { userErrors { message } } }`, { id });
  await visit.page.getByText("This key has been revoked, or the session is too old.").waitFor();
  await visit.page.getByLabel("API key").waitFor();
});

browserTest("a key that can only emit is told that it cannot sign in", async () => {
  await using hub = await testHub();
  await using browser = await visitor();
  await using visit = await browser.visit(hub.url);
  await visit.page.getByLabel("API key").fill((await keyOf(hub, "EMITTER")).key);
  await visit.page.getByRole("button", { name: "Sign in" }).click();
  await visit.page.getByText("This key can only emit events.").waitFor();
});
