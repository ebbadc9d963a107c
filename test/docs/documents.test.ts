import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

/** How many numbered statements each of the five documents holds; S1.12 is about the page's own keyboard keys. */
const statements = { S0: 15, S1: 11, S2: 10, S3: 12, S4: 10 };

test("every numbered statement of the five documents has a test named after it", async () => {
  const names = (await readdir(import.meta.dirname)).filter((name) => name.endsWith(".test.ts"));
  const files = await Promise.all(
    names.map((name) => readFile(join(import.meta.dirname, name), "utf8")),
  );
  const named = new Set(
    files.flatMap((text) => text.match(/(?<=["'`][^"'`\n]*)\bS\d\.\d+\b/g) ?? []),
  );
  const missing = Object.entries(statements)
    .flatMap(([document, last]) =>
      Array.from({ length: last }, (_, index) => `${document}.${index + 1}`),
    )
    .filter((statement) => !named.has(statement));
  expect(missing).toEqual([]);
});
