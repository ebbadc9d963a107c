import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventTypesFile } from "../../src/cli/types/eventTypesFile.ts";
import { cli } from "../fixtures/cli.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { folder } from "../fixtures/scripts.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

async function register(name: string, schema: unknown, description: string | null = null) {
  const { registerEventType } = await hub.run<{
    registerEventType: { userErrors: { message: string }[] };
  }>(
    `mutation ($input: RegisterEventTypeInput!) {
      registerEventType(input: $input) { userErrors { message } }
    }`,
    { input: { name, schema, description, allowBreaking: true } },
  );
  expect(registerEventType.userErrors).toEqual([]);
}

const types = (...args: string[]) =>
  cli({ SIGNALBOX_URL: hub.url, SIGNALBOX_KEY: hub.key }, "types", ...args);

test("types are written, checked, and named when they differ", async () => {
  await using place = await folder();
  const out = join(place.path, "events.ts");
  const empty = await types();
  expect(empty).toMatchObject({ code: 0, stderr: "" });
  expect(empty.stdout).toMatch(/^\/\/ Written by .*\n\nexport interface Events \{\n\}\n$/);

  await register("order.paid", { amount: "Number", note: "String?" }, "Money has come.");
  await register("cart.left", { items: "Array" });
  await register("free", {});
  expect(await types("--out", out)).toMatchObject({ code: 0, stdout: "" });
  expect((await readFile(out, "utf8")).split("\n").slice(2)).toEqual(
    `export interface Events {
  "cart.left": {
    items: unknown[];
  };
  "free": unknown;
  /** Money has come. */
  "order.paid": {
    amount: number;
    note?: string;
  };
}
`.split("\n"),
  );
  expect(await types("--out", out, "--check")).toEqual({ code: 0, stdout: "", stderr: "" });

  // A formatter's work is no difference.
  const text = await readFile(out, "utf8");
  await writeFile(out, text.replaceAll("  ", "\t").replace('"free"', "free").replaceAll(";", ""));
  expect((await types("--out", out, "--check")).code).toBe(0);

  await register("order.paid", { amount: "String" });
  await register("new.one", { a: "Date" });
  await hub.run('mutation { archiveEventType(name: "cart.left") { userErrors { message } } }');
  const moved = await types("--out", out, "--check");
  expect(moved).toMatchObject({ code: 1, stdout: "" });
  expect(moved.stderr.split("\n").slice(1, -1)).toEqual([
    "cart.left: is no longer registered",
    "new.one: is not in the file",
    "order.paid: its schema has changed",
  ]);
});

test("what cannot be is told in words", async () => {
  expect(await types("--check")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--out FILE"),
  });
  const missing = await types("--check", "--out", "/nonexistent/events.ts");
  expect(missing.code).toBe(1);
  expect(missing.stderr).toContain("/nonexistent/events.ts cannot be read");
  expect((await types("--out", "/nonexistent/events.ts")).stderr).toContain("cannot be written");
});

test("each schema gives the type of what it takes", () => {
  const typeOf = (jsonSchema: unknown) => {
    const file = eventTypesFile([{ name: "a", description: null, jsonSchema }]);
    return file
      .split('  "a": ')[1]
      ?.replace(/;\n\}\n$/, "")
      .replace(/\s+/g, " ");
  };
  const cases: [schema: unknown, type: string][] = [
    [null, "unknown"],
    [true, "unknown"],
    [{}, "unknown"],
    [{ type: "string", format: "date" }, "string"],
    [{ type: ["string", "null"] }, "string | null"],
    [{ type: "integer" }, "number | bigint"],
    [{ type: "integer", minimum: 0, maximum: 100 }, "number"],
    [{ enum: ["a", 1, null] }, '"a" | 1 | null'],
    [{ const: { a: [true] } }, "{ a: [true] }"],
    [{ type: "object" }, "Record<string, unknown>"],
    [{ type: "object", additionalProperties: { type: "number" } }, "Record<string, number>"],
    [{ properties: { "a-b": {} }, required: ["c"] }, '{ "a-b"?: unknown; c: unknown; }'],
    [
      {
        type: "object",
        properties: { a: { type: "null" } },
        additionalProperties: { type: "number" },
      },
      "{ a?: null; [name: string]: unknown; }",
    ],
    [{ type: "array", items: { enum: [1, 2] } }, "Array<1 | 2>"],
    [{ items: { type: "string" } }, "string[]"],
    [
      {
        prefixItems: [{ type: "string" }, { type: ["number", "null"] }],
        minItems: 1,
        items: false,
      },
      "[string, (number | null)?]",
    ],
    [{ anyOf: [{ type: "string" }, {}] }, "unknown"],
    [{ type: "string", anyOf: [{ format: "date" }, { format: "date-time" }] }, "string"],
    [
      { $defs: { n: { type: "number" } }, oneOf: [{ $ref: "#/$defs/n" }, { type: "null" }] },
      "number | null",
    ],
    [
      { allOf: [{ required: ["a"] }, { anyOf: [{ type: "string" }, { type: "null" }] }] },
      "{ a: unknown; } & (string | null)",
    ],
    // A tree is endless.
    [{ type: "object", properties: { next: { $ref: "#" } } }, "{ next?: unknown; }"],
    [
      { properties: { a: { description: "Ends */ here\nand there" } } },
      "{ /** * Ends *\\/ here * and there */ a?: unknown; }",
    ],
  ];
  for (const [schema, type] of cases) expect(typeOf(schema), JSON.stringify(schema)).toBe(type);

  const many = Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [
      `d${index}`,
      {
        properties: { a: { $ref: `#/$defs/d${index + 1}` }, b: { $ref: `#/$defs/d${index + 1}` } },
      },
    ]),
  );
  const doubling = { $ref: "#/$defs/d0", $defs: { ...many, d30: { type: "string" } } };
  expect(typeOf(doubling)?.length).toBeLessThan(200_000);
});
