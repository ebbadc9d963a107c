import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Pool } from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createClient } from "../../src/client/index.ts";
import { newSecret } from "../../src/domain/delivery/signature.ts";
import {
  createReceiver,
  postgresSeen,
  type Received,
  type Receiver,
  type Seen,
  signedRequest,
  type Untyped,
} from "../../src/receiver/index.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { create, typeWithEvents } from "../fixtures/resources.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

type AnyEvent = Received<Record<string, unknown>> | Untyped;
type Hook = { id: string; status: string; statusReason: string | null };

/** A server with a receiver, and a hook that leads to it. */
async function hooked(
  input: object,
  prepare: (receiver: Receiver<Record<string, unknown>>) => void,
) {
  let receiver: Receiver<Record<string, unknown>> | undefined;
  const early = createReceiver({ secrets: newSecret() });
  const server = createServer((req, res) => (receiver ?? early).node(req, res));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { registerHook } = await hub.run<{
    registerHook: { hook: Hook; secret: string; userErrors: { message: string }[] };
  }>(
    `mutation ($input: RegisterHookInput!) {
      registerHook(input: $input) { hook { id } secret userErrors { message } }
    }`,
    { input: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ...input } },
  );
  if (!registerHook.hook) throw new Error(JSON.stringify(registerHook.userErrors));
  receiver = createReceiver({ secrets: [newSecret(), registerHook.secret] });
  prepare(receiver);
  return {
    id: registerHook.hook.id,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const client = () => createClient({ url: hub.url, key: hub.key });

test.each([
  ["CLOUD_EVENT", "paid.1"],
  ["CLOUD_EVENT_STRUCTURED", "paid.2"],
  ["CLOUD_EVENT_BINARY", "paid.3 ü%"],
  ["EVENT", "paid.4"],
])("a handler gets the event of a delivery in format %s", async (format, type) => {
  const got: AnyEvent[] = [];
  await using _hook = await hooked({ types: [type], format }, (receiver) =>
    receiver.on(type, (event) => got.push(event)),
  );
  const data = { amount: 2n ** 64n, note: "ü", list: [1.5, null] };
  const { id } = await client().emit(type, data, {
    userId: "user ü/1",
    contextId: "c",
    subject: { type: "order", id: "7" },
    occurredAt: "2026-01-31T12:00:00Z",
  });
  await expect.poll(() => got).toHaveLength(1);
  expect(got[0]).toMatchObject({
    id,
    type,
    data,
    time: "2026-01-31T12:00:00.000Z",
    userId: "user ü/1",
    contextId: "c",
    subject: "order/7",
    attempt: 1,
    deliveryId: expect.any(String),
    source: format === "EVENT" ? null : expect.any(String),
  });
});

test("a resource, which names no type, comes to onAny alone", async () => {
  await typeWithEvents(hub, "contacts");
  const got: AnyEvent[] = [];
  const own: AnyEvent[] = [];
  await using _hook = await hooked({ types: ["contactsCreated"], format: "RESOURCE" }, (receiver) =>
    receiver.on("contactsCreated", (event) => own.push(event)).onAny((event) => got.push(event)),
  );
  await create(hub, { type: "contacts", attributes: { name: "Ada", big: 1 } });
  await expect.poll(() => got).toHaveLength(1);
  expect(got[0]).toMatchObject({ type: null, data: { contacts: [{ name: "Ada" }] } });
  expect(own).toEqual([]);
});

test("the emitter's data cannot pass for an event of another type: in DATA, EVENT or a step's body", async () => {
  const got: AnyEvent[] = [];
  const paid: AnyEvent[] = [];
  const listen = (receiver: Receiver<Record<string, unknown>>) =>
    receiver.on("order.paid", (event) => paid.push(event)).onAny((event) => got.push(event));
  await using _data = await hooked({ types: ["plain"], format: "DATA" }, listen);
  await using _event = await hooked({ types: ["flat"], format: "EVENT" }, listen);
  const cloud = { specversion: "1.0", type: "order.paid", source: "forged", data: { amount: 1 } };
  const flat = { type: "order.paid", created_on: "2026-01-31T12:00:00Z", amount: 1 };
  for (const [index, data] of [cloud, flat].entries()) {
    await client().emit("plain", data);
    await expect.poll(() => got).toHaveLength(index + 1);
    expect(got[index]).toMatchObject({ type: null, data, source: null });
  }
  await client().emit("flat", cloud);
  await expect.poll(() => got).toHaveLength(3);
  const { type: _, ...others } = cloud;
  expect(got[2]).toMatchObject({ type: "flat", source: null, data: others });

  const secret = newSecret();
  const step = createReceiver({ secrets: secret });
  listen(step);
  const request = await signedRequest({ type: "order.paid", data: 1 }, secret);
  request.headers.set("signalbox-delivery-id", request.headers.get("webhook-id") ?? "");
  expect((await step.fetch(request)).status).toBe(200);
  expect(got[3]).toMatchObject({ type: null, data: { type: "order.paid", data: 1 } });
  expect(paid).toEqual([]);
});

test.each(["HOOK_SECRET", "CLOUD_EVENTS"])("the handshake %s is answered", async (verification) => {
  await using hook = await hooked({ types: ["shaken"], verification }, () => {});
  const read = async () =>
    (
      await hub.run<{ node: Hook }>(
        "query ($id: ID!) { node(id: $id) { ... on Hook { status statusReason } } }",
        hook,
      )
    ).node;
  await expect.poll(read).toEqual({ status: "ACTIVE", statusReason: null });
});

test("what a handler failed at comes again, and what it did does not count twice", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  const attempts: number[] = [];
  await using hook = await hooked({ types: ["again"], retryScheduleMs: [100] }, (receiver) =>
    receiver.on("again", ({ attempt }) => {
      attempts.push(attempt);
      if (attempt < 3) throw new Error("not yet");
    }),
  );
  const one = client();
  const deliveries = one.deliveries({ hookId: hook.id, status: ["SUCCEEDED"] });
  await one.emit("again", 1);
  const first = await deliveries.next();
  expect(attempts).toEqual([1, 2, 3]);
  expect(log).toHaveBeenCalledTimes(2);
  await one.query("mutation ($id: ID!) { retryDelivery(id: $id) { userErrors { message } } }", {
    id: first.value.delivery.id,
  });
  // A replay of the same event: the receiver answers it, and no handler is called.
  const second = await deliveries.next();
  expect(second.value.delivery.id).not.toBe(first.value.delivery.id);
  expect(attempts).toEqual([1, 2, 3]);
  await deliveries.return?.();
  log.mockRestore();
});

/** What every memory of ids has to do; `others` are those of other processes. */
async function expectOnce(seen: Seen, other: Seen): Promise<void> {
  const secret = newSecret();
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const works: string[] = [];
  const receiverOf = (memory: Seen) =>
    createReceiver({ secrets: secret, seen: memory }).onAny(async ({ id }) => {
      works.push(id);
      if (id === "slow") await held;
      if (id === "bad" && works.filter((one) => one === "bad").length === 1)
        throw new Error("once");
    });
  const [one, two] = [receiverOf(seen), receiverOf(other)];
  const call = async (receiver: typeof one, id: string) =>
    receiver.fetch(await signedRequest({ type: "t", data: 1, id }, secret));
  const answers = Promise.all([call(one, "slow"), call(two, "slow"), call(one, "slow")]);
  await expect.poll(() => works).toContain("slow");
  release();
  expect((await answers).map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(works).toEqual(["slow"]);
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  expect((await call(one, "bad")).status).toBe(500);
  log.mockRestore();
  expect((await call(two, "bad")).status).toBe(200);
  expect((await call(one, "bad")).status).toBe(200);
  expect(works).toEqual(["slow", "bad", "bad"]);
}

test("repeats at the same time wait for the first, and what failed is handled again: in memory", async () => {
  const { memorySeen } = await import("../../src/receiver/seen.ts");
  const seen = memorySeen();
  await expectOnce(seen, seen);
});

test("the same over several processes: in PostgreSQL, with postgres and with pg", async () => {
  const sql = postgres(hub.settings.databaseUrl, { max: 2, onnotice: () => {} });
  const pool = new Pool({ connectionString: hub.settings.databaseUrl, max: 2 });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => sql.end());
  stack.defer(() => pool.end());
  const of = { name: "first" };
  await expectOnce(postgresSeen(sql, of), postgresSeen(pool, of));
  // Another receiver that shares the database: it gets the same events.
  const other = { name: "second" };
  await expectOnce(postgresSeen(pool, other), postgresSeen(sql, other));
  // A process that died while it handled an event: its claim ends.
  await sql`insert into signalbox_seen values ('first', 'dead', now() - interval '3 minutes', null)`;
  expect(await postgresSeen(pool, of).once("dead", async () => {})).toBe(true);
});

test("what is older than 30 days is taken away by chance, and no delivery waits for it or fails by it", async () => {
  await using stack = new AsyncDisposableStack();
  const sql = postgres(hub.settings.databaseUrl, { max: 2, onnotice: () => {} });
  stack.defer(() => sql.end());
  const random = vi.spyOn(Math, "random").mockReturnValue(0);
  stack.defer(() => random.mockRestore());
  let cleaning = () => new Promise<never>(() => {});
  const unclean = {
    unsafe: (text: string, values: string[]) =>
      text.includes("30 days") ? cleaning() : sql.unsafe(text, values),
  };
  const seen = postgresSeen(unclean, { name: "kept" });
  expect(await seen.once("new", async () => {})).toBe(true);
  cleaning = () => Promise.reject(new Error("deadlock detected"));
  expect(await seen.once("newer", async () => {})).toBe(true);
  await sql`insert into signalbox_seen values ('kept', 'old', now() - interval '31 days', now())`;
  expect(await postgresSeen(sql, { name: "kept" }).once("newest", async () => {})).toBe(true);
  const ids = async () =>
    (await sql`select id from signalbox_seen where name = 'kept' order by id`).map(({ id }) => id);
  await expect.poll(ids).toEqual(["new", "newer", "newest"]);
});

test("a request whose body somebody has read is refused in words", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  const secret = newSecret();
  const request = await signedRequest({ type: "t", data: 1 }, secret);
  await request.text();
  const { status } = await createReceiver({ secrets: secret }).fetch(request);
  expect(status).toBe(500);
  expect(log).toHaveBeenCalledWith(expect.stringContaining("had been read"));
  log.mockRestore();
});

test("settings that can be none are told when the receiver is made, and name no secret", () => {
  expect(() => createReceiver({ secrets: [] })).toThrow("secrets is one secret or a list");
  expect(() => createReceiver({ secrets: "" })).toThrow("secrets[0] is a secret");
  expect(() => createReceiver({ secrets: [newSecret(), "whsec_ü$"] })).toThrow(
    /^secrets\[1\] is a secret as registerHook shows it: whsec_ and base64; or a public key, whpk_ and base64$/,
  );
  const pair = `whsk_${Buffer.alloc(64, 7).toString("base64")}`;
  expect(() => createReceiver({ secrets: [newSecret(), pair] })).toThrow(
    /^secrets\[1\] is a private key \(whsk_\): a receiver needs the hook's publicKey/,
  );
  for (const wrong of ["whpk_", "whpk_ü", `whpk_${Buffer.alloc(31, 7).toString("base64")}`])
    expect(() => createReceiver({ secrets: wrong })).toThrow(
      /^secrets\[0\] is a public key: whpk_ and the base64 of 32 bytes$/,
    );
  const missing = undefined as unknown as string;
  expect(() => createReceiver({ secrets: missing })).toThrow("secrets is one secret or a list");
  expect(() => createReceiver({ secrets: [missing] })).toThrow("secrets[0] is a secret");
  expect(() => createReceiver({ secrets: newSecret(), tolerance: -1 })).toThrow("not -1");
  const client = { unsafe: async () => [] };
  expect(() => postgresSeen(client, { name: "" })).toThrow("name is a text");
});
