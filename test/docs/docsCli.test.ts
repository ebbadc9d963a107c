import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { shellProcess } from "../fixtures/cliProcess.ts";
import { program } from "../fixtures/documents.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";

test("the first lines of the command line forward an event, signed, and follow the next", async () => {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-docs-"));
  await using target = await receiver();
  await using hub = await testHub();
  const lines = program("cli", "sh first")
    .replace("http://127.0.0.1:4000", hub.url)
    .replace("sbx_…", hub.key)
    .replace("http://127.0.0.1:3000", target.url)
    .replace("orders.cursor", join(folder, "orders.cursor"))
    // A person's hands are slower: what is emitted before listen follows is not its.
    .replace("&\n", "&\nuntil [ -s $CURSOR ]; do sleep 0.05; done\n")
    .replace("$CURSOR", join(folder, "orders.cursor"));
  await using shell = shellProcess(hub, lines);
  const soon = { timeout: 60_000 };
  await expect.poll(() => target.requests, soon).toHaveLength(1);
  const [request] = target.requests;
  expect(request?.path).toBe("/webhooks");
  expect(JSON.parse(request?.body ?? "")).toMatchObject({
    type: "order.paid",
    data: { amount: 42 },
  });
  await expect.poll(() => readFile(join(folder, "orders.cursor"), "utf8"), soon).not.toBe("");
  const id = request?.headers["webhook-id"];
  await expect.poll(() => shell.lines, soon).toContain(id);
  await rm(folder, { recursive: true });
});
