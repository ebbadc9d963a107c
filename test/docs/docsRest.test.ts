import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { page, program, section } from "../fixtures/documents.ts";
import { testHub } from "../fixtures/hub.ts";
import { testWith } from "../fixtures/machine.ts";

/** Runs a program of the page against a hub. */
async function run(hub: { url: string; key: string }, code: string): Promise<string> {
  const script = code.replaceAll("http://127.0.0.1:4000", hub.url);
  const { stdout } = await promisify(execFile)("sh", ["-c", script], {
    env: { PATH: process.env.PATH, KEY: hub.key },
  });
  return stdout;
}

testWith("curl")("the page's commands emit, emit a CloudEvent, and read by cursor", async () => {
  await using hub = await testHub();
  const first = JSON.parse(await run(hub, program("rest", "sh emit")));
  expect(first).toEqual({ id: first.id, status: "PROCESSED", isDuplicate: false });
  expect(JSON.parse(await run(hub, program("rest", "sh emit"))).isDuplicate).toBe(true);
  const cloudEvent = JSON.parse(await run(hub, program("rest", "sh cloud-event")));
  expect(cloudEvent.isDuplicate).toBe(false);
  const read = JSON.parse(await run(hub, program("rest", "sh read")));
  expect(read).toMatchObject({ items: [{ event: { type: "order.paid" } }], truncated: false });
});

test("the page's tables name every path, parameter and filter of /openapi.json", async () => {
  await using hub = await testHub();
  const { paths } = (await (await fetch(`${hub.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { parameters: { in: string; name: string }[] }>>;
  };
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const named = [...page("rest").matchAll(/^\| `([A-Z]+ \/\S+)` \|/gm)].map(([, route]) => route);
  expect(named.sort()).toEqual([...routes, "GET /openapi.json"].sort());
  const asked = (path: string) =>
    paths[path]?.get?.parameters.flatMap((it) => (it.in === "query" ? [it.name] : [])) ?? [];
  for (const name of asked("/v1/events"))
    expect(section("rest", "## Read")).toContain(`| \`${name}\` |`);
  const paging = ["limit", "first", "after"];
  for (const [list, path] of [
    ["hooks", "/v1/hooks"],
    ["deliveries", "/v1/deliveries"],
    ["event types", "/v1/event-types"],
  ] as const) {
    const filters = asked(path).filter((name) => !paging.includes(name));
    expect(section("rest", "## Lists")).toContain(
      `| ${list} | ${filters.map((name) => `\`${name}\``).join(", ")} |`,
    );
  }
});
