import { randomUUID } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { svixDoor } from "../../src/doors/svix/svix.ts";
import { program, section } from "../fixtures/documents.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";
import { runProgram } from "../fixtures/scripts.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

/** The rows of a table of the page, without its head. */
const rowsOf = (heading: string) =>
  [...section("svix", heading).matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(
    ([, path = "", cell = ""]) => ({ path, cell }),
  );
const served = rowsOf("## Paths served").flatMap(({ path, cell }) =>
  cell.split(" ").map((method) => ({ method, path })),
);
const notServed = rowsOf("## Paths not served").map(({ path, cell }) => ({ path, reason: cell }));
const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** Asks for a path of the table, with ids that name nothing. */
const ask = (method: string, path: string, key = hub.key) =>
  fetch(hub.url + path.replaceAll("{rest*}", "a/b").replace(/\{\w+\}/g, () => randomUUID()), {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(method !== "GET" && method !== "DELETE" && { body: "{}" }),
  });

test("the page lists every path of the door, with its methods", () => {
  const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
  const listed = [
    ...served,
    ...notServed.flatMap(({ path }) => methods.map((method) => ({ method, path }))),
  ].map(nameOf);
  expect(listed.toSorted()).toEqual(svixDoor.routes.map(nameOf).toSorted());
});

test("a path that the page names as served is answered, and takes no other method", async () => {
  for (const { method, path } of served) {
    const { status } = await ask(method, path);
    expect([method, path, [200, 204, 404, 422].includes(status), status]).toEqual([
      ...[method, path, true, status],
    ]);
  }
  for (const path of new Set(served.map((one) => one.path))) {
    const other = methods.find(
      (method) => !served.some((it) => it.path === path && it.method === method),
    );
    if (other) expect([path, (await ask(other, path)).status]).toEqual([path, 405]);
  }
});

test.each(notServed)(
  "$path is answered with 501 and the sentence of the page",
  async ({ path, reason }) => {
    for (const method of methods) {
      const response = await ask(method, path);
      expect([method, response.status]).toEqual([method, 501]);
      expect(await response.json()).toEqual({ code: "not_implemented", detail: reason });
    }
  },
);

test("a path that nobody knows is not found, and one that needs a key is refused without", async () => {
  const unknown = await ask("GET", "/api/v1/nothing");
  expect([unknown.status, await unknown.json()]).toEqual([
    404,
    { code: "not_found", detail: expect.stringContaining("/api/v1/nothing") },
  ]);
  const without = await ask("GET", "/api/v1/app", "none");
  expect([without.status, await without.json()]).toEqual([
    401,
    { code: "authentication_failed", detail: expect.any(String) },
  ]);
  expect((await fetch(`${hub.url}/api/v1/health`)).status).toBe(204);
});

test("the page's program sends a message that its secret verifies", async () => {
  await using target = await receiver();
  const env = { SIGNALBOX_URL: hub.url, SIGNALBOX_KEY: hub.key, TARGET: target.url };
  const code = program("svix", "js svix");
  await using running = await runProgram("svix.mjs", code, [process.execPath], env);
  expect([await running.ended, running.output]).toEqual([0, expect.stringContaining("whsec_")]);
  const [secret = "", id] = running.lines[0]?.split(" ") ?? [];
  await expect.poll(() => target.requests.length, { timeout: 30_000 }).toBe(1);
  const [request] = target.requests;
  expect(request?.headers["svix-id"]).toBe(id);
  const headers = request?.headers as Record<string, string>;
  expect(new Webhook(secret).verify(request?.body ?? "", headers)).toEqual({ amount: 10 });
});
