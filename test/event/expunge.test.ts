import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { verify } from "../../src/verify/run.ts";
import { accepted, registerHook, type UserError } from "../fixtures/emit.ts";
import { heldReceiver } from "../fixtures/heldReceiver.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { type Receiver, receiver, status } from "../fixtures/receiver.ts";

let hub: TestHub;
let target: Receiver;
beforeAll(async () => {
  hub = await testHub();
  target = await receiver();
  await hub.run(
    "mutation { updateProject(input: { systemEvents: true }) { userErrors { message } } }",
  );
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

type Payload = { events: number | null; userErrors: UserError[] };

async function expungeEvent(id: string): Promise<Payload> {
  const { expungeEvent } = await hub.run<{ expungeEvent: Payload }>(
    "mutation ($id: ID!) { expungeEvent(id: $id) { events userErrors { code message path } } }",
    { id },
  );
  return expungeEvent;
}

async function expungeUser(userId: string): Promise<Payload> {
  const { expungeUser } = await hub.run<{ expungeUser: Payload }>(
    "mutation ($userId: String!) { expungeUser(userId: $userId) { events userErrors { code message path } } }",
    { userId },
  );
  return expungeUser;
}

type Shown = {
  type: string;
  status: string;
  data: unknown;
  name: string;
  userId: string | null;
  expungedAt: string | null;
  expungedBy: string | null;
  deliveries: {
    nodes: { id: string; status: string; attempts: { responseBody: string | null }[] }[];
  };
};
const shown = async (id: string): Promise<Shown> =>
  (
    await hub.run<{ event: Shown }>(
      `query ($id: ID!) { event(id: $id) { type status data name userId expungedAt expungedBy
        deliveries { nodes { id status attempts { responseBody } } } } }`,
      { id },
    )
  ).event;
const ended = (id: string) =>
  vi.waitFor(
    async () => {
      const event = await shown(id);
      expect(["PROCESSED", "FAILED", "CANCELLED"]).toContain(event.status);
      return event;
    },
    { timeout: 30_000 },
  );

/** The files of the hub's database that have a text. */
async function filesWith(text: string): Promise<string[]> {
  const files = await hub.db.sql<{ file: string }[]>`
    select file from (select oid from pg_database where datname = current_database()) here,
      lateral (select 'base/' || here.oid || '/' || name as file from pg_ls_dir('base/' || here.oid) name) files
    where position(convert_to(${text}, 'UTF8') in pg_read_binary_file(file, true)) > 0`;
  return files.map(({ file }) => file);
}

test("what a user's events held is in no file of the database after an expunge, and the ledger stays whole", async () => {
  const mark = "canary-4711";
  const echo = await receiver((request, response) => response.writeHead(200).end(request.body));
  const failing = await receiver((request, response) => response.writeHead(500).end(request.body));
  await registerHook(hub, { url: echo.url, types: ["paid"] });
  await registerHook(hub, {
    url: failing.url,
    types: ["paid"],
    retries: 1,
    retryScheduleMs: [100],
  });
  await registerHook(hub, { url: target.url, types: ["webhook_called"] });
  const events = [];
  for (const userId of ["ann", "ann", "bob"])
    events.push(
      await accepted<{ id: string }>(
        hub,
        {
          ...{
            type: "paid",
            userId,
            name: `${mark} ${userId}`,
            data: { [`${mark}-${userId}`]: 1 },
          },
          ...{ category: mark, content: `${mark}-${userId}`, tags: [`${mark}-${userId}`] },
          actions: [{ url: `http://127.0.0.1/${mark}-${userId}`, buttonText: mark, key: mark }],
          idempotencyKey: `order-${events.length}`,
        },
        "id",
      ),
    );
  for (const { id } of events) await ended(id);
  const { sql } = hub.db;
  await sql`checkpoint`;
  expect(await filesWith(`${mark}-ann`)).not.toEqual([]);
  expect(await expungeUser("ann")).toEqual({ events: 2, userErrors: [] });
  const [first, , other] = events;
  const erased = await shown(first?.id ?? "");
  expect(erased).toMatchObject({
    ...{ type: "paid", status: "FAILED", userId: "ann", data: null, name: "paid" },
    expungedBy: "First key",
  });
  const attempts = erased.deliveries.nodes.flatMap((delivery) => delivery.attempts);
  expect(attempts).toEqual(Array(3).fill({ responseBody: null }));
  expect(await shown(other?.id ?? "")).toMatchObject({ data: { [`${mark}-bob`]: 1 } });
  // Not of the whole database: that would lock what all databases of the server share.
  const tables = (
    await sql<{ name: string }[]>`
      select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and n.nspname in ('signalbox', 'graphile_worker')`
  ).map(({ name }) => name);
  // System events that came after the answer are erased by the job's last look.
  await vi.waitFor(
    async () => {
      for (const table of tables) await sql.unsafe(`vacuum full ${table}`);
      await sql`checkpoint`;
      expect(await filesWith(`${mark}-ann`)).toEqual([]);
    },
    { timeout: 60_000, interval: 1_000 },
  );
  expect(await filesWith(`${mark}-bob`)).not.toEqual([]);
  const { differences } = await verify(sql, { projectId: null, since: null, until: null });
  expect(differences).toEqual([]);
  await echo[Symbol.asyncDispose]();
  await failing[Symbol.asyncDispose]();
});

test("the kept feed tells no errors of a user's erased events, and those of others", async () => {
  await using failing = await receiver(status(500));
  await registerHook(hub, { url: failing.url, types: ["told"], retries: 0 });
  const told = async (userId: string) => {
    const event = await accepted<{ id: string }>(hub, { type: "told", userId, data: 1 }, "id");
    await ended(event.id);
    return event.id;
  };
  const [dan, eve] = [await told("dan"), await told("eve")];
  const errorsOf = async (id: string) =>
    (
      await hub.db.sql`select from signalbox.feed f, json_array_elements(f.items) i
        where i->>'eventId' = ${id} and i->'state'->>'lastError' = 'status 500'`
    ).length;
  expect([await errorsOf(dan), await errorsOf(eve)]).toEqual([1, 1]);
  expect(await expungeUser("dan")).toMatchObject({ events: 1 });
  await expect.poll(() => errorsOf(dan), { timeout: 60_000 }).toBe(0);
  expect(await errorsOf(eve)).toBe(1);
});

test("an erased event keeps its idempotency key, whatever body comes with it", async () => {
  const input = { type: "keyed", idempotencyKey: "once", data: { a: 1 } };
  const { id } = await accepted<{ id: string }>(hub, input, "id");
  await ended(id);
  expect(await expungeEvent(id)).toEqual({ events: 1, userErrors: [] });
  expect(await accepted<{ id: string }>(hub, { ...input, data: { a: 2 } }, "id")).toEqual({ id });
  expect(await expungeEvent(id)).toEqual({ events: 0, userErrors: [] });
});

test("a scheduled event is cancelled and erased", async () => {
  const { id } = await accepted<{ id: string }>(hub, { type: "later", delay: 3600, data: 1 }, "id");
  await expungeEvent(id);
  expect(await shown(id)).toMatchObject({ status: "CANCELLED", data: null });
});

test("what waits to be sent is cancelled, and an erased event can't be sent again", async () => {
  const failing = await receiver(status(500));
  const hookId = await registerHook(hub, {
    ...{ url: failing.url, types: ["waiting"], retryScheduleMs: [3_600_000] },
  });
  const { id } = await accepted<{ id: string }>(hub, { type: "waiting", data: 1 }, "id");
  await vi.waitFor(
    async () => expect((await shown(id)).deliveries.nodes).toMatchObject([{ status: "RETRYING" }]),
    { timeout: 30_000 },
  );
  await expungeEvent(id);
  const event = await shown(id);
  expect(event).toMatchObject({ data: null, deliveries: { nodes: [{ status: "CANCELLED" }] } });
  const { retryDelivery } = await hub.run<{ retryDelivery: { userErrors: UserError[] } }>(
    "mutation ($id: ID!) { retryDelivery(id: $id) { userErrors { code message path } } }",
    { id: event.deliveries.nodes[0]?.id },
  );
  expect(retryDelivery.userErrors).toMatchObject([{ code: "NOT_ALLOWED_NOW" }]);
  const replay = { hookId, since: "2026-01-01T00:00:00Z" };
  const { replayDeliveries } = await hub.run<{ replayDeliveries: { matched: number } }>(
    "mutation ($input: ReplayInput!) { replayDeliveries(input: $input) { matched } }",
    { input: replay },
  );
  expect(replayDeliveries).toEqual({ matched: 0 });
  await failing[Symbol.asyncDispose]();
});

test("an event that is in flight is erased when its call has ended", async () => {
  await using held = await heldReceiver();
  await registerHook(hub, { url: held.url, types: ["flying"] });
  const { id } = await accepted<{ id: string }>(hub, { type: "flying", data: 1 }, "id");
  await expect.poll(() => held.requests.length, { timeout: 30_000 }).toBe(1);
  await expungeEvent(id);
  expect(await shown(id)).toMatchObject({ data: 1, expungedAt: null });
  await held.release(200);
  await vi.waitFor(
    async () => expect(await shown(id)).toMatchObject({ data: null, status: "PROCESSED" }),
    { timeout: 30_000 },
  );
});

test("an unknown event and an ill-formed user are refused", async () => {
  const nobody = "00000000-0000-7000-8000-000000000000";
  for (const id of [nobody, "x"])
    expect((await expungeEvent(id)).userErrors).toEqual([
      { code: "NOT_FOUND", message: `no event ${id}`, path: ["id"] },
    ]);
  expect((await expungeUser("")).userErrors).toMatchObject([{ code: "INVALID", path: ["userId"] }]);
  expect(await expungeUser("nobody")).toEqual({ events: 0, userErrors: [] });
});

test("REST erases an event and a user, for an ADMIN key", async () => {
  const { id } = await accepted<{ id: string }>(hub, { type: "rest", userId: "cy", data: 1 }, "id");
  await ended(id);
  const remove = async (path: string, key = hub.key) => {
    const headers = { authorization: `Bearer ${key}` };
    const response = await fetch(`${hub.url}${path}`, { method: "DELETE", headers });
    return [response.status, await response.json()];
  };
  const { key: operator } = await keyOf(hub, "OPERATOR");
  expect(await remove(`/v1/events/${id}/content`, operator)).toMatchObject([403, {}]);
  expect(await remove(`/v1/events/${id}/content`)).toEqual([200, { events: 1 }]);
  expect(await remove("/v1/users/cy/content")).toEqual([200, { events: 0 }]);
  expect(await remove("/v1/events/nothing/content")).toMatchObject([404, {}]);
});
