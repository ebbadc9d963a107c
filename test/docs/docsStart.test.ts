import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { freshDatabase } from "../fixtures/database.ts";
import { program } from "../fixtures/documents.ts";
import { testHub } from "../fixtures/hub.ts";
import { freePort, testWith } from "../fixtures/machine.ts";
import { hubProcess, installation } from "../fixtures/process.ts";
import { receiver, statuses } from "../fixtures/receiver.ts";
import { folder, runProgram } from "../fixtures/scripts.ts";

/** A shell that is given one block after the other. */
function shell() {
  const child = spawn("sh", [], {
    env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
    stdio: ["pipe", "pipe", "inherit"],
    // In a group of its own, so that what it leaves in the background can be ended with it.
    detached: true,
  });
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
  });
  return {
    type: (block: string) => child.stdin.write(block),
    said: () => said,
    [Symbol.dispose]: () => void process.kill(-(child.pid ?? 0), "SIGKILL"),
  };
}

test("README and the quickstart start the hub by the same line", () => {
  expect(program("quickstart", "sh start")).toBe(program("README", "sh start"));
});

testWith("curl")(
  "the quickstart works when it is pasted as one block, also before the hub is there",
  async () => {
    await using database = await freshDatabase();
    const [hubPort, port] = [await freePort(), await freePort()];
    const site = installation({ DATABASE_URL: database.url, PORT: String(hubPort) });
    const block = program("quickstart", "sh try")
      .replace("sbx_…", site.key)
      .replaceAll("127.0.0.1:4000", `127.0.0.1:${hubPort}`)
      .replaceAll("9000", String(port));
    using terminal = shell();
    terminal.type(block);
    await using _hub = await hubProcess(site);
    await expect.poll(terminal.said).toContain('"status":"PROCESSED"');
    await expect
      .poll(terminal.said)
      .toMatch(/received \{"specversion":"1.0-rc1",.*"data":\{"amount":42\}\}/);
    await expect.poll(terminal.said).toContain('"status":"PENDING","attemptCount":0');
    await expect.poll(terminal.said).toContain('"status":"SUCCEEDED","attemptCount":1');
    // At its first try: the receiver was there.
    expect(terminal.said()).not.toContain("RETRYING");
  },
);

test("README's first program emits, is delivered to, and watches", async () => {
  await using hub = await testHub();
  const code = program("README", "js first")
    .replaceAll("http://127.0.0.1:4000", hub.url)
    .replaceAll("9000", String(await freePort()));
  await using first = await runProgram("first.mjs", code, [process.execPath], { KEY: hub.key });
  expect(await first.ended, first.output).toBe(0);
  expect(first.lines.filter((line) => line.startsWith("webhook: "))).toEqual([
    expect.stringContaining('"data":{"amount":42}'),
  ]);
  expect(first.lines).toContain("delivery: SUCCEEDED");
});

test("the function that emits tries again while the hub is busy or away, and emits once", async () => {
  await using place = await folder();
  const { emit } = await place.load(program("send-events", "js emit"));
  await using hub = await testHub();
  const id = await emit(hub.url, hub.key, { type: "order.paid", data: { amount: 1 } });
  const key = { type: "order.paid", idempotencyKey: "one" };
  expect(await emit(hub.url, hub.key, key)).toBe(await emit(hub.url, hub.key, key));
  type Events = { events: { nodes: { id: string }[] } };
  const { events } = await hub.run<Events>("{ events { nodes { id } } }");
  expect(events.nodes).toHaveLength(2);
  expect(events.nodes.map((event) => event.id)).toContain(id);
  await expect(emit(hub.url, hub.key, { type: "" })).rejects.toThrow();

  await using busy = await receiver(statuses(503, 429, 401));
  // 401 is an answer: the third call's.
  await expect(emit(busy.url, "key", { type: "a" })).rejects.toThrow();
  const bodies = busy.requests.map(({ body }) => JSON.parse(body).variables.input.idempotencyKey);
  expect(bodies).toHaveLength(3);
  expect(new Set(bodies).size).toBe(1);
});
