import { tmpdir } from "node:os";
import { expect, inject, test } from "vitest";
import { emptyDatabase } from "../fixtures/database.ts";
import type { Server } from "../torture/kit/server.ts";
import { t01 } from "../torture/rows/t01.ts";
import { runRow } from "../torture/run.ts";

test("two hub processes killed under load lose nothing, and the invariants hold", async () => {
  await using stack = new AsyncDisposableStack();
  const server: Server = {
    url: inject("postgres").url,
    createDatabase: async () => stack.use(await emptyDatabase()).url,
    kill: () => Promise.reject(new Error("this server is shared by all tests")),
    [Symbol.asyncDispose]: async () => {},
  };
  const result = await runRow(t01, { server, directory: tmpdir(), isSmoke: true, seed: 1 });
  expect(result).toMatchObject({ verdict: "passed", reason: null, counts: { kills: 4 } });
  expect(result.counts.invariants).toMatch(/^I1 ok .*I11 ok/);
});
