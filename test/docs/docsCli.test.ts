import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { shellProcess } from "../fixtures/cliProcess.ts";
import { program } from "../fixtures/documents.ts";
import { testHub } from "../fixtures/hub.ts";
import { receiver } from "../fixtures/receiver.ts";
import { following } from "../fixtures/subscription.ts";

test("the first lines of the command line forward an event, signed, and follow the next", async () => {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-docs-"));
  await using target = await receiver();
  await using hub = await testHub();
  const text = program("cli", "sh first")
    .replace("http://127.0.0.1:4000", hub.url)
    .replace("sbx_…", hub.key)
    .replace("http://127.0.0.1:3000", target.url)
    .replace("orders.cursor", join(folder, "orders.cursor"));
  const [url, key, listen, tail, emit] = text.trim().split("\n");
  const terminal = (line: string | undefined) => shellProcess(hub, [url, key, line].join("\n"));
  await using _listening = terminal(listen);
  await using tailing = terminal(tail);
  await following(hub.url, 2);
  await using emitting = terminal(emit);
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
  await expect.poll(() => emitting.lines, soon).toEqual([id]);
  await expect.poll(() => tailing.lines.join("\n"), soon).toContain(String(id));
  await rm(folder, { recursive: true });
});
