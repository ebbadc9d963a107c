import { beforeAll, expect, test } from "vitest";
import { register, tryRegister, update } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { preview } from "../fixtures/payloads.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  return () => hub[Symbol.asyncDispose]();
});

const settingsOf = async (id: string) =>
  (
    await hub.run<{ hook: object }>(
      "query ($id: ID!) { hook(id: $id) { template templateContentType } }",
      { id },
    )
  ).hook;

const refused = [
  ["{% if %}", "line 1, column"],
  ["ok\n{{ event.id | nope }}", "undefined filter: nope (line 2, column 1)"],
  ["{{ event.id", "(line 1, column 1)"],
  ["{% for x in event.data.list %}", "(line 1, column 1)"],
  [
    "{{ evnt.id }}",
    "unknown variable 'evnt': there are 'event' and 'data', which is event.data (line 1, column 4)",
  ],
  ["ok\n{{ event.typ }}", "scheduledFor (line 2, column 4)"],
  ["{% include 'x' %}", 'tag "include" not found (line 1, column 1)'],
  [" ", "must not be blank"],
  ["{{ event.id }}\u0000", "must not contain NUL"],
] as const;

test("a template of 20,000 characters is taken, and no longer one", async () => {
  const hook = { url: "http://127.0.0.1:1", types: ["long"] };
  const { id } = await register(hub, { ...hook, template: "x".repeat(20_000) });
  expect(await update(hub, id, { template: "x".repeat(20_001) })).toEqual([
    {
      code: "INVALID",
      path: ["template"],
      message: "field 'template' must have at most 20000 characters",
    },
  ]);
});

test.for(refused)("a template %j is refused: %s", async ([template, message]) => {
  const mistake = {
    code: "INVALID",
    path: ["template"],
    message: expect.stringContaining(message),
  };
  expect((await tryRegister(hub, { url: "http://127.0.0.1:1", template })).userErrors).toEqual([
    mistake,
  ]);
  expect((await preview(hub, { types: ["a"], template })).userErrors).toEqual([mistake]);
});

test.for([
  ...["", "text", "text/", "text/plain\r\nx: y", "text/plain;", "text/plain; a=\u00e4"],
  ...['text/plain; a="\u00e4"', 'text/plain; a="日"'],
])("a content type %j is refused", async (templateContentType) => {
  const { userErrors } = await tryRegister(hub, {
    url: "http://127.0.0.1:1",
    template: "x",
    templateContentType,
  });
  expect(userErrors).toMatchObject([{ code: "INVALID", path: ["templateContentType"] }]);
});

test("a content type goes with its template, and RESOURCE with none", async () => {
  const { userErrors } = await tryRegister(hub, {
    url: "http://127.0.0.1:1",
    templateContentType: "text/plain",
  });
  expect(userErrors).toMatchObject([{ code: "INVALID", path: ["templateContentType"] }]);
  const long = await tryRegister(hub, {
    url: "http://127.0.0.1:1",
    template: "x",
    templateContentType: `a/${"b".repeat(199)}`,
  });
  expect(long.userErrors).toMatchObject([{ path: ["templateContentType"] }]);
  const resource = await tryRegister(hub, {
    url: "http://127.0.0.1:1",
    template: "x",
    format: "RESOURCE",
  });
  expect(resource.userErrors).toMatchObject([{ code: "INVALID", path: ["template"] }]);
  const { id } = await register(hub, {
    url: "http://127.0.0.1:1",
    types: ["none"],
    template: "x",
    templateContentType: 'text/plain; a="b c"',
  });
  expect(await settingsOf(id)).toEqual({
    template: "x",
    templateContentType: 'text/plain; a="b c"',
  });
  await update(hub, id, { templateContentType: null });
  expect(await settingsOf(id)).toEqual({ template: "x", templateContentType: "application/json" });
  expect(await update(hub, id, { format: "RESOURCE" })).toMatchObject([{ path: ["template"] }]);
  expect(await update(hub, id, { template: null })).toEqual([]);
  expect(await settingsOf(id)).toEqual({ template: null, templateContentType: null });
});
