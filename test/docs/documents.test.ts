import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

/** How many numbered statements each of the five documents holds; S1.12 is about the page's own keyboard keys. */
const statements = { S0: 15, S1: 11, S2: 10, S3: 12, S4: 10 };
const all = Object.entries(statements).flatMap(([document, last]) =>
  Array.from({ length: last }, (_, index) => `${document}.${index + 1}`),
);

/**
 * Those that no call of the documents can meet: S0.14, S3.2, S3.3 and S3.8 are about what a person does on a page, S4.10
 * is about a word, and goflow (S1) has no calls.
 */
const notCalled = /^S1\.|^(S0\.14|S3\.[238]|S4\.10)$/;

/** The statements that the tests of a folder are named after. */
async function namedIn(folder: string): Promise<Set<string>> {
  const tests = join(import.meta.dirname, "..", folder);
  const names = (await readdir(tests, { recursive: true })).filter((name) =>
    name.endsWith(".test.ts"),
  );
  const files = await Promise.all(names.map((name) => readFile(join(tests, name), "utf8")));
  return new Set(files.flatMap((text) => text.match(/(?<=["'`][^"'`\n]*)\bS\d\.\d+\b/g) ?? []));
}

test("every numbered statement of the five documents has a test named after it", async () => {
  const named = await namedIn(".");
  expect(all.filter((statement) => !named.has(statement))).toEqual([]);
});

test("every statement that the documents' own calls can meet has a test at these calls, too", async () => {
  const named = await namedIn("doors");
  const called = all.filter((statement) => !notCalled.test(statement));
  expect(called.filter((statement) => !named.has(statement))).toEqual([]);
});
