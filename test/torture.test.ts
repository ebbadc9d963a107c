import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { expect, inject, test } from "vitest";
import { emptyDatabase } from "./fixtures/database.ts";
import { patched } from "./torture/kit/patch.ts";
import type { Server } from "./torture/kit/server.ts";
import { settlesSoon } from "./torture/kit/settlesSoon.ts";
import { mutants } from "./torture/mutants.ts";
import { t01 } from "./torture/rows/t01.ts";
import { points } from "./torture/rows/t02.ts";
import { telling } from "./torture/rows/t10.ts";
import { deadly } from "./torture/rows/t20.ts";
import { shortLease } from "./torture/rows/t26.ts";
import { rows } from "./torture/rows.ts";
import { runRow } from "./torture/run.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

test("two hub processes killed under load lose nothing, and the invariants hold", async () => {
  await using stack = new AsyncDisposableStack();
  const server: Server = {
    url: inject("postgres").url,
    createDatabase: async () => stack.use(await emptyDatabase()).url,
    kill: () => Promise.reject(new Error("this server is shared by all tests")),
    [Symbol.asyncDispose]: async () => {},
  };
  const result = await runRow(t01, { server, directory: tmpdir(), isSmoke: true, seed: 1 });
  expect(result).toMatchObject({ verdict: "passed", reason: null, counts: { kills: 2 } });
  expect(result.counts.invariants).toMatch(/^I1 ok .*I11 ok/);
});

test("every mutant names a row", () => {
  const ids = rows.map(({ id }) => id);
  for (const { name, row } of mutants) expect(ids, name).toContain(row);
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
