import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { expect } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { eventually, visitor } from "../fixtures/browser.ts";
import { program } from "../fixtures/documents.ts";
import { testHub } from "../fixtures/hub.ts";
import { freePort, testWith } from "../fixtures/machine.ts";
import { nginxOf, startProxy } from "../fixtures/proxies.ts";
import { folder } from "../fixtures/scripts.ts";

/** How a proxy passes a request on: with the path, or without it. */
const ways = [
  ["leaves the path", "http://signalbox;"],
  ["removes the path", "http://signalbox/;"],
] as const;

const publicUrl =
  readConfig(parseEnv(program("deploy", "ini path.env")) as Record<string, string>).publicUrl ?? "";

for (const [way, upstream] of ways)
  testWith("nginx")(
    `behind a proxy that ${way}, console, GraphiQL, documents and live streams work below it`,
    async () => {
      const [port, own] = [await freePort(), await freePort()];
      await using hub = await testHub({
        port: own,
        publicUrl: publicUrl.replace("https://example.com", `http://127.0.0.1:${port}`),
      });
      await using place = await folder();
      const site = program("deploy", "nginx signalbox.conf")
        .replace("127.0.0.1:4000", `127.0.0.1:${own}`)
        .replace("listen 443 ssl", `listen 127.0.0.1:${port}`)
        .replace(/ssl_certificate.*\n.*ssl_certificate_key.*\n/, "")
        .replace(/location \/ \{[^}]*\}/, program("deploy", "nginx path.conf"))
        .replace("proxy_pass http://signalbox;", `proxy_pass ${upstream}`);
      await writeFile(join(place.path, "nginx.conf"), nginxOf(place.path, site));
      await using _proxy = await startProxy("nginx", [
        "-p",
        place.path,
        "-c",
        join(place.path, "nginx.conf"),
      ]);
      await expect
        .poll(() =>
          fetch(`${hub.url}/readyz`).then(
            ({ status }) => status,
            () => 0,
          ),
        )
        .toBe(200);
      for (const path of ["/metrics", "/hub/metrics"])
        expect((await fetch(hub.url + path)).status).toBe(404);

      await using visitors = await visitor();
      await using visit = await visitors.visit(`${hub.url}/hooks`, hub.key);
      const { page, outside, troubles } = visit;
      const missing: string[] = [];
      page.on("response", (response) => {
        if (response.status() === 404) missing.push(response.url());
      });
      await page.getByRole("heading", { name: "Hooks", exact: true }).waitFor();
      await page.getByRole("link", { name: "Feed" }).first().click();
      await eventually(() => page.url()).toBe(`${hub.url}/`);
      await hub.run('mutation { emitEvent(input: { type: "below.path" }) { event { id } } }');
      await page.getByText("below.path").first().waitFor();

      await page.goto(`${hub.url}/graphql`);
      await page.locator(".graphiql-query-editor .monaco-editor").waitFor();
      await page.getByRole("link", { name: "Documentation" }).click();
      await eventually(() => page.url()).toBe(`${hub.url}/docs/`);
      await page.getByRole("link", { name: "Concepts" }).first().click();
      await page.getByRole("heading", { level: 1, name: "Concepts" }).waitFor();
      expect(page.url()).toBe(`${hub.url}/docs/concepts`);
      await page.reload();
      await page.getByRole("heading", { level: 1, name: "Concepts" }).waitFor();
      expect(outside).toEqual([]);
      expect(troubles).toEqual([]);
      expect(missing).toEqual([]);
    },
  );
