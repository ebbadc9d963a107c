import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  buildSchema,
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
} from "graphql";
import { expect, test } from "vitest";
import { createBuiltFiles } from "../../src/http/page/builtFiles.ts";
import { createDocs } from "../../src/http/page/docs.ts";
import { startFrame } from "../fixtures/frame.ts";

const html = { accept: "text/html" };

const idsOf = (page: string) => new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));

test("the documentation is at /docs, under a policy that lets no other host in", async () => {
  await using frame = await startFrame();
  const bare = await fetch(`${frame.url}/docs`, { redirect: "manual" });
  expect([bare.status, bare.headers.get("location")]).toEqual([308, "/docs/"]);
  for (const path of ["/docs/", "/docs/concepts", "/docs/concepts.html", "/docs/api/types"]) {
    const response = await fetch(frame.url + path, { headers: html });
    expect([path, response.status]).toEqual([path, 200]);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/default-src 'none'; script-src 'self' 'sha256-/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/https?:|\*|script-src[^;]*unsafe/);
    expect(response.headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(await response.text()).not.toMatch(/<(?:script|link|img)[^>]*(?:src|href)="https?:/);
  }
});

test("a page is asked for again, an asset is kept for good, and both come compressed", async () => {
  await using frame = await startFrame();
  const page = await fetch(`${frame.url}/docs/api/types`, {
    headers: { "accept-encoding": "br", accept: "text/html" },
  });
  expect(page.headers.get("content-encoding")).toBe("br");
  expect(page.headers.get("cache-control")).toBe("no-cache");
  const etag = page.headers.get("etag") ?? "";
  const again = await fetch(page.url, { headers: { "if-none-match": etag } });
  expect(again.status).toBe(304);
  const head = await fetch(page.url, { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);

  const [script = ""] = /\/docs\/assets\/app\.[^"]+\.js/.exec(await page.text()) ?? [];
  const asset = await fetch(frame.url + script, { headers: { "accept-encoding": "gzip" } });
  expect(asset.headers.get("content-encoding")).toBe("gzip");
  expect(asset.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
});

test("what is not there is not found, in the form that was asked for, and no path leads out", async () => {
  await using frame = await startFrame();
  for (const path of ["/docs/nothing", "/docs/404", "/docs/404.html"]) {
    const page = await fetch(frame.url + path, { headers: html });
    expect([path, page.status, await page.text()]).toEqual([
      path,
      404,
      expect.stringContaining("<title>404 "),
    ]);
  }
  for (const path of ["/docs/nothing", "/docs/../package.json", "/docs/%2e%2e/%2e%2e/package.json"])
    expect([path, (await fetch(frame.url + path)).status]).toEqual([path, 404]);
  const forPrograms = await fetch(`${frame.url}/docs/llms.txt`);
  expect(forPrograms.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  // Not of the documentation: the console has it.
  const other = await fetch(`${frame.url}/docsx`, { headers: html });
  expect(await other.text()).toContain('<div id="root">');
});

test("documentation that was not built says how to build it", async () => {
  const serve = createDocs(createBuiltFiles("/nonexistent/"));
  const server = createServer((req, res) => void serve(req, res, req.url ?? "/"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/docs/`);
  expect([response.status, await response.text()]).toEqual([
    503,
    "The documentation is not built. Build it with: npm run build (npm ci also does it).\n",
  ]);
  server.close();
});

test("every link within the documentation leads to a page that is there, and to a place on it", async () => {
  await using frame = await startFrame();
  const pages = new Map<string, string>();
  const links: { from: string; to: URL }[] = [];
  const open = [new URL("/docs/", frame.url)];
  for (const url of open) {
    if (pages.has(url.pathname)) continue;
    const response = await fetch(url, { headers: html });
    const text = response.status === 200 ? await response.text() : "";
    pages.set(url.pathname, text);
    if (!url.pathname.startsWith("/docs/")) continue;
    for (const [, href = ""] of text.matchAll(/ (?:href|src)="([^"]+)"/g)) {
      const to = new URL(href.replaceAll("&amp;", "&"), url);
      if (to.origin !== url.origin) continue;
      links.push({ from: url.pathname, to });
      open.push(to);
    }
  }
  const broken = links.filter(({ to }) => {
    const page = pages.get(to.pathname);
    const anchor = decodeURIComponent(to.hash.slice(1));
    return !page || (anchor !== "" && !idsOf(page).has(anchor));
  });
  expect(broken.map(({ from, to }) => `${from} → ${to.pathname}${to.hash}`)).toEqual([]);
  // The walk has seen more than the page that it began with.
  expect(pages.size).toBeGreaterThan(30);
});

const schema = buildSchema(
  await readFile(new URL("../../schema.graphql", import.meta.url), "utf8"),
);

/** What an entry has to name: fields with their arguments, or values. */
function membersOf(type: GraphQLNamedType): string[] {
  if (isEnumType(type)) return type.getValues().map(({ name }) => name);
  if (isInputObjectType(type)) return Object.keys(type.getFields());
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return Object.values(type.getFields()).flatMap(({ name, args }) => [
    name,
    ...args.map((arg) => arg.name),
  ]);
}

test("every name of the schema has its entry in the API reference", async () => {
  await using frame = await startFrame();
  const kinds = "queries mutations subscriptions types inputs enums scalars".split(" ");
  // A query and its type may have the same name.
  const entries = new Map<string, string>();
  const keyOf = (isField: boolean, id: string) => `${isField ? "field" : "type"} ${id}`;
  for (const kind of kinds) {
    const isField = /^(queries|mutations|subscriptions)$/.test(kind);
    const page = await (await fetch(`${frame.url}/docs/api/${kind}`)).text();
    for (const [, id = "", text = ""] of page.matchAll(/<h2 id="(\w+)"([\s\S]*?)(?=<h2|<\/main>)/g))
      entries.set(keyOf(isField, id), text);
  }
  const missing: string[] = [];
  const look = (isField: boolean, name: string, members: string[]) => {
    const entry = entries.get(keyOf(isField, name.toLowerCase()));
    if (entry === undefined) missing.push(name);
    const named = members.filter((member) => !entry?.includes(`>${member}</code>`));
    missing.push(...named.map((member) => `${name}.${member}`));
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type) || isSpecifiedScalarType(type)) continue;
    if (!/^(Query|Mutation|Subscription)$/.test(type.name)) look(false, type.name, membersOf(type));
    else if (isObjectType(type))
      for (const { name, args } of Object.values(type.getFields()))
        look(
          true,
          name,
          args.map((arg) => arg.name),
        );
  }
  expect(missing).toEqual([]);
  expect(entries.size).toBeGreaterThan(150);
});
