import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emit, eventCount } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

/** Nested lists, `levels` deep. */
const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
const STEP = "0b8e1f0c-3a53-4b6b-9a6f-2d6f4e1c7a55";

describe("an event is refused", () => {
  const tooBig = "may take 262144 bytes (256 KiB) as JSON at most, this takes";
  const refusals: [what: string, input: object, message: string, path: string[]][] = [
    ["without type and name", { data: 1 }, "field 'type' is required", ["type"]],
    ["with an empty type", { type: "" }, "field 'type' must not be empty", ["type"]],
    ["with data over 256 KiB", { data: "x".repeat(262_143) }, `data ${tooBig} 262145`, ["data"]],
    [
      "with data over 256 KiB in UTF-8",
      { data: "é".repeat(131_072) },
      `data ${tooBig} 262146`,
      ["data"],
    ],
    [
      "with content over 256 KiB",
      { content: "x".repeat(262_143) },
      `content ${tooBig} 262145`,
      ["content"],
    ],
    [
      "with a stepUuid that is none",
      { stepUuid: "123" },
      "field 'stepUuid' must be a valid UUID4",
      ["stepUuid"],
    ],
    [
      "with an upper-case stepUuid",
      { stepUuid: STEP.toUpperCase() },
      "field 'stepUuid' must be a valid UUID4",
      ["stepUuid"],
    ],
    [
      "with TEXT content that is no text",
      { contentType: "TEXT", content: [] },
      "field 'content' must be a string when contentType is TEXT",
      ["content"],
    ],
    [
      "with ROWS content that are no rows",
      { contentType: "ROWS", content: {} },
      "field 'content' must be an array of rows when contentType is ROWS",
      ["content"],
    ],
    [
      "with IMAGE content that is no URL",
      { contentType: "IMAGE", content: 5 },
      "field 'content' must be the URL of an image when contentType is IMAGE",
      ["content"],
    ],
    [
      "that would wait less than nothing",
      { waitMs: -1 },
      "field 'waitMs' must be a whole number from 0 to 15000",
      ["waitMs"],
    ],
    [
      "that would wait too long",
      { waitMs: 15_001 },
      "field 'waitMs' must be a whole number from 0 to 15000",
      ["waitMs"],
    ],
  ];
  test.each(refusals)("%s", async (_what, input, message, path) => {
    const before = await eventCount(hub);
    const type = path[0] === "type" ? {} : { type: "refused" };
    expect(await emit(hub, { ...type, ...input })).toEqual({
      event: null,
      isDuplicate: false,
      userErrors: [{ code: "INVALID", message, path }],
    });
    expect(await eventCount(hub)).toBe(before);
  });

  const lines: [field: string, max: number, wrap: (text: string) => object][] = [
    ["type", 200, (type) => ({ type })],
    ["name", 200, (name) => ({ name })],
    ["avatar", 2_048, (avatar) => ({ avatar })],
    ["category", 200, (category) => ({ category })],
    ["userId", 200, (userId) => ({ userId })],
    ["subject.type", 200, (type) => ({ subject: { type, id: "1" } })],
    ["subject.id", 200, (id) => ({ subject: { type: "t", id } })],
    ["contextId", 200, (contextId) => ({ contextId })],
    ["idempotencyKey", 255, (idempotencyKey) => ({ idempotencyKey })],
  ];
  test.each(lines)(
    "when %s is empty, too long, or has characters that no line of text has",
    async (field, max, wrap) => {
      const wrong: [string, string][] = [
        ["", "must not be empty"],
        ["x".repeat(max + 1), `must have at most ${max} characters`],
        ["😀".repeat(max + 1), `must have at most ${max} characters`],
        ...["\0", "\n", "\u007f", "\u0085", "half \ud83d"].map((text): [string, string] => [
          `a${text}b`,
          "must not contain control characters",
        ]),
      ];
      for (const [text, message] of wrong) {
        const { userErrors } = await emit(hub, { type: "refused", ...wrap(text) });
        const path = field.split(".");
        expect(userErrors).toEqual([
          { code: "INVALID", message: `field '${field}' ${message}`, path },
        ]);
      }
    },
  );

  test("with all of its errors at once", async () => {
    const { userErrors } = await emit(hub, {
      name: "",
      userId: "\n",
      subject: { type: "", id: "" },
    });
    expect(userErrors.map(({ path }) => path.join("."))).toEqual([
      "name",
      "userId",
      "subject.type",
      "subject.id",
    ]);
  });

  test("when its data nests more than 64 levels deep", async () => {
    const document = `mutation ($data: JSON) { emitEvent(input: { type: "deep", data: $data }) { event { data } } }`;
    const deep = await hub.send(document, { data: nested(64) });
    expect(deep).toMatchObject({
      status: 200,
      data: { emitEvent: { event: { data: nested(64) } } },
    });
    const deeper = await hub.send(document, { data: nested(65) });
    expect(deeper.status).toBe(400);
    expect(deeper.errors?.[0]?.extensions.code).toBe("LIMIT_EXCEEDED");
    expect(await eventCount(hub, "deep")).toBe(1);
  });

  test.each([
    "2026-02-30T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-12-32T00:00:00Z",
    "yesterday",
    "0999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-01:00",
    1_700_000_000,
  ])("when it occurred at %s", async (occurredAt) => {
    const answer = await hub.send(
      `mutation ($input: EmitEventInput!) { emitEvent(input: $input) { event { id } } }`,
      { input: { type: "a", occurredAt } },
    );
    expect(answer.status).toBe(400);
    expect(answer.errors?.[0]?.extensions.code).toBe("BAD_REQUEST");
  });
});
