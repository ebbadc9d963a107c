import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newSecret } from "../../src/domain/delivery/signature.ts";
import { program } from "../fixtures/documents.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { withKit } from "../fixtures/kit.ts";
import { folder, runProgram } from "../fixtures/scripts.ts";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  await hub.run(
    'mutation { registerEventType(input: { name: "order.paid", schema: { amount: "Number", currency: "String" } }) { userErrors { message } } }',
  );
});
afterAll(() => hub[Symbol.asyncDispose]());

const here = (code: string) => code.replaceAll("http://127.0.0.1:4000", hub.url);

test("the client's programs do what the page says", async () => {
  const code = [
    program("client", "js create"),
    program("client", "js emit"),
    program("client", "js many"),
    program("client", "js errors"),
    program("client", "js query"),
  ].join("\n");
  const env = { KEY: hub.key };
  await using run = await runProgram("run.mjs", here(withKit(code)), [process.execPath], env);
  expect(await run.ended, run.output).toBe(0);
  expect(run.lines.slice(1)).toEqual([
    "DATA_INVALID data.amount",
    "[ { name: 'order.paid', version: 1 } ]",
  ]);
  const [order] = await hub.db.sql<{ id: string }[]>`
    select data->>'id' as id from signalbox.events where type = 'order.created'`;
  expect(order?.id).toBe("9007199254740993");
});

test("the types are written and checked", async () => {
  await using place = await folder();
  const { PATH = "" } = process.env;
  const run = (script: string) =>
    promisify(execFile)(
      "sh",
      ["-c", here(script).replace("npx signalbox", `"${process.execPath}" "${main}"`)],
      { cwd: place.path, env: { PATH, KEY: hub.key } },
    );
  await run(program("client", "sh types"));
  expect(await readFile(`${place.path}/events.ts`, "utf8")).toContain('"order.paid": {');
  expect(await run(program("client", "sh check"))).toEqual({ stdout: "", stderr: "" });
});

test("a receiver that keeps its ids in PostgreSQL, and a test of a handler", async () => {
  const secret = newSecret();
  const code = [
    program("receiver", "js postgres"),
    'receiver.on("order.paid", ({ data }) => console.log(data.amount));',
    program("receiver", "js test"),
    "await sql.end();",
  ].join("\n");
  const env = { SECRET: secret, DATABASE_URL: hub.settings.databaseUrl };
  await using run = await runProgram("run.mjs", withKit(code), [process.execPath], env);
  expect(await run.ended, run.output).toBe(0);
  expect(run.lines).toEqual(["42", "200"]);
});
