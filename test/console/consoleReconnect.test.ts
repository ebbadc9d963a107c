import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { freePort } from "../../src/db/embedded/freePort.ts";
import { browserTest, eventually, visitor } from "../fixtures/browser.ts";
import { freshDatabase } from "../fixtures/database.ts";
import { type HubProcess, hubProcess, installation } from "../fixtures/process.ts";

const emit = (hub: HubProcess, name: string) =>
  hub.run(
    `mutation ($name: String!) { emitEvent(input: { type: "a", name: $name }) { userErrors { message } } }`,
    { name },
  );

const built = fileURLToPath(new URL("../../dist/console/", import.meta.url));

/**
 * The scripts and styles that the console's first page names, and those that they name. GraphiQL has its own; the
 * editor's are fetched where it is used.
 */
async function filesOfTheConsole(): Promise<string[]> {
  const files = (await readdir(`${built}assets`)).filter(
    (file) => /(js|css)$/.test(file) && !file.startsWith("openEditor"),
  );
  const found = new Set<string>();
  const texts = [await readFile(`${built}index.html`, "utf8")];
  for (const text of texts) {
    for (const file of files.filter((file) => !found.has(file) && text.includes(file))) {
      found.add(file);
      texts.push(await readFile(`${built}assets/${file}`, "utf8"));
    }
  }
  return [...found];
}

browserTest(
  "the server is killed under the page: it says so, comes back by itself, and has missed nothing",
  async () => {
    await using database = await freshDatabase();
    const shared = installation({ DATABASE_URL: database.url });
    const PORT = String(await freePort());
    await using other = await hubProcess(shared);
    await using browser = await visitor();
    const first = await hubProcess(shared, { PORT });
    await using visit = await browser.visit(first.url, shared.key);
    const { page } = visit;
    const names = () => page.locator(".feed-name").allTextContents();
    await page.getByText("No events yet.").waitFor();
    await emit(first, "Before");
    await eventually(names).toEqual(["Before"]);

    await using second = await browser.visit(`${first.url}/hooks`, shared.key);
    await second.page.getByText("No hooks yet.").waitFor();
    // The other pages are fetched, with all that they share, before they are opened.
    const fetched = () =>
      second.page.evaluate(() =>
        performance.getEntriesByType("resource").map(({ name }) => name.split("/").at(-1)),
      );
    await eventually(fetched).toEqual(expect.arrayContaining(await filesOfTheConsole()));

    first.kill("SIGKILL");
    await first.exited;
    await page.getByText("Connection lost, reconnecting…").waitFor();
    // A page that is opened now has nothing to show; it will, by itself.
    await second.page.getByRole("link", { name: "Event types" }).click();
    await second.page.getByText("The hub cannot be reached.").waitFor();
    // What happens meanwhile happens elsewhere.
    const missed = Array.from({ length: 5 }, (_, index) => `Meanwhile ${index}`);
    for (const name of missed) await emit(other, name);

    await using _again = await hubProcess(shared, { PORT });
    const all = [...missed.toReversed(), "Before"];
    await eventually(names).toEqual(all);
    await page.getByText("Connection lost").waitFor({ state: "detached" });
    await second.page.getByText("No event types yet.").waitFor();
    await emit(other, "After");
    await eventually(names).toEqual(["After", ...all]);
  },
);
