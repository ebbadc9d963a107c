import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createBuiltFiles } from "../../src/http/page/builtFiles.ts";
import { createConsole } from "../../src/http/page/console.ts";
import { startFrame } from "../fixtures/frame.ts";

const html = { accept: "text/html" };

/** The page's own script, as the page names it. */
async function mainScript(url: string): Promise<string> {
  const page = await (await fetch(url)).text();
  return /src="(\/assets\/[^"]+\.js)"/.exec(page)?.[1] ?? "";
}

test("the console is at / and at every address of its pages, never kept, on a policy that runs its own files alone", async () => {
  await using frame = await startFrame();
  for (const path of ["/", "/events/some-id", "/hooks?search=x"]) {
    const response = await fetch(frame.url + path, { headers: html });
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    const page = await response.text();
    // What is not within a file of its own would not be run.
    expect(page).not.toMatch(/<script(?![^>]*src=)|<style| on\w+=|style=/);
    expect(page.match(/(?:src|href)="(?!\/)[^"]*"/g)).toBeNull();
  }
});

test("its files are kept for good, and come compressed to whoever takes that", async () => {
  await using frame = await startFrame();
  const script = await mainScript(frame.url);
  const bodies = new Set<number>();
  for (const encoding of ["br", "gzip", "identity"]) {
    const response = await fetch(frame.url + script, { headers: { "accept-encoding": encoding } });
    expect(response.headers.get("content-encoding") ?? "identity").toBe(encoding);
    expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(response.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    const text = await response.text();
    bodies.add(text.length);
    expect(text.includes("createRoot")).toBe(true);
  }
  expect(bodies.size).toBe(1);
});

test("what is no page and no file is not found, also with dots in its path; GraphiQL stays where it was", async () => {
  await using frame = await startFrame();
  const paths = [
    "/nothing",
    "/assets/none.js",
    "/assets/../../package.json",
    "/%2e%2e/package.json",
  ];
  for (const path of paths) {
    const response = await fetch(frame.url + path);
    expect([path, response.status]).toEqual([path, 404]);
  }
  expect((await fetch(`${frame.url}/assets/none.js`, { headers: html })).status).toBe(404);
  expect((await fetch(`${frame.url}/`, { method: "POST" })).status).toBe(404);
  const graphiql = await fetch(`${frame.url}/graphql`, { headers: html });
  expect(await graphiql.text()).toContain("GraphiQL");
});

test("a console that was not built says how to build it", async () => {
  const serve = createConsole(createBuiltFiles("/nonexistent/"));
  const server = createServer((req, res) => void serve(req, res, req.url ?? "/"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const response = await fetch(`http://127.0.0.1:${port}/`);
  expect([response.status, await response.text()]).toEqual([
    503,
    "The console is not built. Build it with: npm run build (npm ci also does it).\n",
  ]);
  server.close();
});

test("npm ci builds the console", async () => {
  const file = join(import.meta.dirname, "../../package.json");
  const { scripts } = JSON.parse(await readFile(file, "utf8"));
  expect(scripts.prepare).toMatch(/ npm run build$/);
});
