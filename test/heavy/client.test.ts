import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { createClient } from "../../src/client/index.ts";
import { newSecret } from "../../src/domain/delivery/signature.ts";
import { browserTest, visitor } from "../fixtures/browser.ts";
import { bundle } from "../fixtures/bundle.ts";
import { freshDatabase } from "../fixtures/database.ts";
import { program } from "../fixtures/documents.ts";
import { expectGivesUp, expectNoGap } from "../fixtures/followed.ts";
import { testHub } from "../fixtures/hub.ts";
import { withKit } from "../fixtures/kit.ts";
import { freePort, testWith } from "../fixtures/machine.ts";
import { hubProcess, installation } from "../fixtures/process.ts";
import { receiver } from "../fixtures/receiver.ts";
import { runProgram } from "../fixtures/scripts.ts";

const create = program("client", "js create");
const follow = { file: "follow.mjs", code: withKit(create + program("client", "js follow")) };

test("the client follows events without a gap when the hub is killed", () =>
  expectNoGap({ ...follow, command: [process.execPath] }));

test("the client gives up on a wrong key, and on one that is revoked", () =>
  expectGivesUp({ ...follow, command: [process.execPath] }));

test("what is emitted while the hub is killed and comes back is stored once, and followed without a gap", async () => {
  await using database = await freshDatabase();
  const port = String(await freePort());
  const site = installation({ DATABASE_URL: database.url, PORT: port });
  const first = await hubProcess(site);
  const client = createClient({ url: first.url, key: site.key });
  const followed: unknown[] = [];
  const items = client.events({ types: ["kept"] });
  const following = (async () => {
    for await (const { event } of items) followed.push(event.data);
  })();

  const emitters = 8;
  let emitted = 0;
  let isOver = false;
  const emitting = Array.from({ length: emitters }, async () => {
    while (!isOver) await client.emit("kept", ++emitted);
  });
  await expect.poll(() => emitted).toBeGreaterThan(200);
  // Some are on their way: the hub dies with what it has written and not answered.
  await first[Symbol.asyncDispose]();
  await using again = await hubProcess(site);
  const before = emitted;
  await expect.poll(() => emitted).toBeGreaterThan(before + 200);
  isOver = true;
  await Promise.all(emitting);

  const all = Array.from({ length: emitted }, (_, index) => index + 1);
  await expect.poll(() => followed.length).toBeGreaterThanOrEqual(emitted);
  await items.return?.();
  await following;
  expect(followed.toSorted((one, other) => Number(one) - Number(other))).toEqual(all);
  const rows = await database.db.sql`select id from signalbox.events where type = 'kept'`;
  expect(rows).toHaveLength(emitted);
  expect(again.output).not.toContain("rror");
});

/** The Node.js of the machine, which may be older than the one that comes with the dependencies. */
const nodeHere = (process.env.PATH ?? "")
  .split(":")
  .filter((folder) => !folder.includes("node_modules"))
  .map((folder) => `${folder}/node`)
  .find((path) => existsSync(path));
const versionHere = nodeHere && String(spawnSync(nodeHere, ["--version"]).stdout).trim();
if (!versionHere) console.warn("\n!!! No Node.js of the machine: the client is NOT RUN on it.\n");

async function expectRunsOn(command: string[]): Promise<void> {
  await using hub = await testHub();
  await using client = await bundle("client");
  await using kit = await bundle("receiver");
  const code = `
    import { createClient } from ${JSON.stringify(client.path)};
    import { createReceiver, signedRequest } from ${JSON.stringify(kit.path)};
    const { KEY: key, SECRET: secret } = process.env;
    const client = createClient({ url: "${hub.url}", key });
    const items = client.events({ types: ["node"] });
    await client.emit("node", { big: 2n ** 64n });
    const { value } = await items.next();
    await items.return();
    const receiver = createReceiver({ secrets: secret }).on("node", ({ data }) => console.log(String(data.big)));
    const request = await signedRequest({ type: "node", data: value.event.data }, secret);
    console.log(String((await receiver.fetch(request)).status));`;
  const env = { KEY: hub.key, SECRET: newSecret() };
  await using run = await runProgram("run.mjs", code, command, env);
  expect(await run.ended, run.output).toBe(0);
  expect(run.output).toBe("18446744073709551616\n200\n");
}

test.skipIf(!versionHere)(`client and receiver run on the machine's Node.js, ${versionHere}`, () =>
  expectRunsOn([nodeHere ?? ""]),
);
testWith("deno")("client and receiver run on Deno", () => expectRunsOn(["deno", "run", "-A"]));
testWith("bun")("client and receiver run on Bun", () => expectRunsOn(["bun"]));

browserTest("the client runs in a page of another origin, and in a worker of it", async () => {
  await using client = await bundle("client");
  const text = await readFile(client.path, "utf8");
  const worker = `import { run } from "/run.js";
    onmessage = ({ data }) => run(data.url, data.key).then(postMessage, (error) => postMessage(String(error)));`;
  const run = `import { createClient } from "/client.mjs";
    export async function run(url, key) {
      const client = createClient({ url, key });
      const items = client.events({ types: ["page"] });
      await client.emit("page", { big: 2n ** 64n });
      const { value } = await items.next();
      await items.return();
      const wrong = await client.emit("page", { big: NaN }).catch((error) => error.code);
      return [String(value.event.data.big), wrong];
    }`;
  const files: Record<string, string> = {
    "/client.mjs": text,
    "/run.js": run,
    "/worker.js": worker,
  };
  await using site = await receiver(({ path }, response) => {
    const type = path === "/" ? "text/html" : "text/javascript";
    response.writeHead(200, { "content-type": type }).end(files[path] ?? "<!doctype html>");
  });
  await using hub = await testHub({ allowedOrigins: [site.url] });
  await using browser = await visitor();
  await using visit = await browser.visit(site.url);
  const right = ["18446744073709551616", "INVALID"];
  // As text: what is written here would be changed for the tests' own modules.
  const call = `import("${site.url}/run.js").then(({ run }) => run("${hub.url}", "${hub.key}"))`;
  expect(await visit.page.evaluate(call)).toEqual(right);
  expect(
    await visit.page.evaluate(
      (data) =>
        new Promise((resolve) => {
          const one = new Worker("/worker.js", { type: "module" });
          one.onmessage = (message) => resolve(message.data);
          one.postMessage(data);
        }),
      { url: hub.url, key: hub.key },
    ),
  ).toEqual(right);
  expect(visit.troubles).toEqual([]);
});
