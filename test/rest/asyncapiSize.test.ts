import { expect, test } from "vitest";
import type { HookRow } from "../../src/db/hook/hooks.ts";
import { documentOf } from "../../src/doors/v1/document/asyncapi.ts";
import { createRequestBudget } from "../../src/graphql/gate/requestBudget.ts";

/** What the document tells of a hook. */
const hookOf = (number: number, types: string[]) =>
  ({
    ...{ id: String(number), url: "https://example.com/", name: null, types },
    ...{ format: "CLOUD_EVENT", status: "ACTIVE", template: null, selection: null },
  }) as HookRow;

test("a document over the limit of answers is not built to its end", async () => {
  const hooks = Array.from({ length: 100 }, (_, at) =>
    hookOf(
      at,
      Array.from({ length: 99 }, (_, n) => "é".repeat(100 + at * 99 + n)),
    ),
  );
  const budget = createRequestBudget();
  let built = 0;
  const document = documentOf("https://hub.example", [], hooks, (bytes) => {
    built += bytes;
    budget.spend("answerBytes", bytes);
  });
  await expect(document).rejects.toMatchObject({ extensions: { code: "LIMIT_EXCEEDED" } });
  expect(built).toBeLessThan(9 * 2 ** 20);
});

test("a message of one type in one format is told once, whatever many hooks take it", async () => {
  const hooks = Array.from({ length: 100 }, (_, at) => hookOf(at, ["*", "a", "b"]));
  let built = 0;
  const document = await documentOf("https://hub.example", [], hooks, (bytes) => {
    built += bytes;
  });
  const { messages } = document.components as { messages: object };
  expect(Object.keys(messages)).toEqual(["a", "b", "a.CLOUD_EVENT", "b.CLOUD_EVENT"]);
  const length = JSON.stringify(document).length;
  expect([built < length, built < 20_000]).toEqual([true, true]);
});

test("ten thousand names that look alike have keys of their own, and others have their turn meanwhile", async () => {
  // All of them become -a- or -b-.
  const names = Array.from(
    { length: 10_000 },
    (_, n) =>
      "é".repeat(1 + (n % 1_000)) +
      "ab"[n % 2] +
      "é".repeat((n % 7) + Math.floor(n / 1_000) * 7 + 1),
  );
  let turns = 0;
  const counting = setInterval(() => turns++, 0);
  const document = await documentOf("https://hub.example", [], [hookOf(1, names)], () => {});
  clearInterval(counting);
  const { schemas } = document.components as { schemas: object };
  expect(Object.keys(schemas)).toHaveLength(new Set(names).size);
  expect(turns).toBeGreaterThan(0);
});
