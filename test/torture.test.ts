import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { patched } from "./torture/kit/patch.ts";
import { settlesSoon } from "./torture/kit/settlesSoon.ts";
import { mutants } from "./torture/mutants.ts";
import { suiteRows } from "./torture/rows/suite.ts";
import { points } from "./torture/rows/t02.ts";
import { telling } from "./torture/rows/t10.ts";
import { deadly } from "./torture/rows/t20.ts";
import { shortLease } from "./torture/rows/t26.ts";
import { rows } from "./torture/rows.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

test("every mutant names a row", () => {
  const ids = rows.map(({ id }) => id);
  for (const { name, row } of mutants) expect(ids, name).toContain(row);
});

test("the files of the ordinary suite that rows run are there", () => {
  const missing = suiteRows
    .flatMap(({ files }) => files.map((file) => `test/${file}.test.ts`))
    .filter((file) => !existsSync(root + file));
  expect(missing).toEqual([]);
});

test("what the suite changes of the hub fits the source as it is", async () => {
  const rest = [deadly, settlesSoon, shortLease, telling];
  const crashes = Object.values(points).flat();
  const changes = mutants.flatMap(({ patches }) => patches);
  for (const patch of [...changes, ...crashes, ...rest]) {
    const path = root + patch.file;
    const source = await readFile(path, "utf8");
    expect(patched(path, source, [patch]), patch.find).not.toBe(source);
  }
});
