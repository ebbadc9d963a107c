import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { cliProcess } from "../fixtures/cliProcess.ts";
import { freshDatabase } from "../fixtures/database.ts";
import { freePort } from "../fixtures/machine.ts";
import { type HubProcess, hubProcess, installation } from "../fixtures/process.ts";

const soon = { timeout: 120_000 };

type Call = { id: string; body: string; headers: Record<string, string> };

/** A target on a port of its own that can go away and come back there. */
function target(port: number) {
  const calls: Call[] = [];
  const start = async () => {
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const headers = request.headers as Record<string, string>;
      calls.push({
        id: headers["webhook-id"] ?? "",
        body: Buffer.concat(chunks).toString(),
        headers,
      });
      response.end("ok");
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return {
      async [Symbol.asyncDispose]() {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  };
  return { url: `http://127.0.0.1:${port}`, calls, start };
}

async function emit(hub: HubProcess, count: number): Promise<string[]> {
  const input = Array.from({ length: count }, (_, n) => ({ type: "a", data: { n } }));
  const { emitEvents } = await hub.run<{ emitEvents: { events: { id: string }[] } }>(
    "mutation ($input: [EmitEventInput!]!) { emitEvents(input: $input) { events { id } } }",
    { input },
  );
  return emitEvents.events.map(({ id }) => id);
}

test("whatever dies and comes back, each event arrives once, signed and in order", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "signalbox-survival-"));
  stack.defer(() => rm(folder, { recursive: true }));
  const database = stack.use(await freshDatabase());
  const port = String(await freePort());
  const site = installation({ DATABASE_URL: database.url, PORT: port });
  const place = { url: `http://127.0.0.1:${port}`, key: site.key };
  const to = target(await freePort());
  const args = ["--forward-to", to.url, "--cursor-file", join(folder, "cursor"), "--retries", "50"];
  const listen = () => stack.use(cliProcess(place, "listen", "a", ...args));
  const ids: string[] = [];
  const arrived = () => to.calls.map(({ id }) => id);

  let hub = stack.use(await hubProcess(site));
  const receiving = await to.start();
  const first = listen();
  await expect.poll(() => first.lines.length, soon).toBe(1);
  ids.push(...(await emit(hub, 20)));
  await expect.poll(arrived, soon).toEqual(ids);

  // The hub dies, and another takes its place.
  hub.kill("SIGKILL");
  await hub.exited;
  await expect.poll(() => first.stderr, soon).toMatch(/^The connection is lost/);
  hub = stack.use(await hubProcess(site));
  ids.push(...(await emit(hub, 20)));
  await expect.poll(arrived, soon).toEqual(ids);

  // The target goes away, and comes back.
  await receiving[Symbol.asyncDispose]();
  ids.push(...(await emit(hub, 20)));
  await expect.poll(() => first.lines.at(-1), soon).toContain('"outcome":"RETRYING"');
  stack.use(await to.start());
  await expect.poll(arrived, soon).toEqual(ids);

  // listen dies while nothing is in flight, and what came meanwhile is there when it is back.
  await expect.poll(() => first.lines.at(-1), soon).toContain(`"id":"${ids.at(-1)}"`);
  first.kill("SIGKILL");
  await first.exited;
  ids.push(...(await emit(hub, 500)));
  const second = listen();
  await expect.poll(() => to.calls.length, soon).toBe(ids.length);
  expect(arrived()).toEqual(ids);
  const { secret } = JSON.parse(second.lines[0] ?? "");
  const webhook = new Webhook(secret);
  for (const { body, headers } of to.calls)
    expect(() => webhook.verify(body, headers)).not.toThrow();
});

test("a stopped hub and a frozen one are the same to it: what was missed comes when the hub is back", async () => {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await freshDatabase());
  const port = String(await freePort());
  const site = installation({ DATABASE_URL: database.url, PORT: port });
  const to = target(await freePort());
  stack.use(await to.start());
  let hub = stack.use(await hubProcess(site));
  const place = { url: `http://127.0.0.1:${port}`, key: site.key };
  const listening = stack.use(cliProcess(place, "listen", "a", "--forward-to", to.url));
  await expect.poll(() => listening.lines.length, soon).toBe(1);

  hub.kill("SIGTERM");
  await hub.exited;
  hub = stack.use(await hubProcess(site));
  const ids = await emit(hub, 5);
  await expect.poll(() => to.calls.map(({ id }) => id), soon).toEqual(ids);

  // As after a sleep: the connection is there, and nothing comes over it. Another process emits meanwhile.
  hub.kill("SIGSTOP");
  const other = stack.use(await hubProcess(site, { PORT: "0" }));
  ids.push(...(await emit(other, 5)));
  const losses = () => listening.stderr.split("The connection is lost (").length - 1;
  await expect.poll(losses, soon).toBe(2);
  hub.kill("SIGCONT");
  await expect.poll(() => to.calls.map(({ id }) => id), soon).toEqual(ids);
});
