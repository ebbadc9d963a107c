import { afterAll, beforeAll, expect, test } from "vitest";
import { auditLog } from "../fixtures/auditLog.ts";
import { accepted } from "../fixtures/emit.ts";
import { register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { type Receiver, receiver, status } from "../fixtures/receiver.ts";

let hub: TestHub;
let target: Receiver;
const hooks: Record<string, string> = {};

/** Three hooks: one that is answered 500, one 404, one whose server does not exist; three types, two users. */
beforeAll(async () => {
  hub = await testHub();
  target = await receiver((request, response) =>
    status(Number(request.path.slice(1)))(request, response),
  );
  const urls = {
    broken: `${target.url}/500`,
    missing: `${target.url}/404`,
    dead: "http://127.0.0.1:1/",
  };
  for (const [name, url] of Object.entries(urls))
    hooks[name] = (await register(hub, { name, url, types: ["*"], retries: 0 })).id;
  for (const [type, userId] of [
    ["order.paid", "u-1"],
    ["order.sent", "u-2"],
    ["ticket.made", "u-1"],
  ])
    await accepted(hub, { type, userId, data: { note: `about ${type}` }, waitMs: 15_000 });
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

type Found = { deliveries: { nodes: { hook: { name: string }; event: { type: string } }[] } };

/** What is found, as `hook type`, sorted. */
async function found(args: object): Promise<string[]> {
  const { deliveries } = await hub.run<Found>(
    `query ($hookId: ID, $hookIds: [ID!], $types: [String!], $userId: String, $statusCodes: [Int!], $error: String,
      $search: String, $status: [DeliveryStatus!]) {
      deliveries(hookId: $hookId, hookIds: $hookIds, types: $types, userId: $userId, statusCodes: $statusCodes,
        error: $error, search: $search, status: $status) { nodes { hook { name } event { type } } } }`,
    args,
  );
  return deliveries.nodes.map(({ hook, event }) => `${hook.name} ${event.type}`).sort();
}

const replayed = async (input: object) => {
  const { replayDeliveries } = await hub.run<{
    replayDeliveries: { matched: number; userErrors: { message: string; path: string[] }[] };
  }>(
    "mutation ($input: ReplayInput!) { replayDeliveries(input: $input) { matched userErrors { message path } } }",
    { input: { since: new Date(0).toISOString(), dryRun: true, ...input } },
  );
  return replayDeliveries;
};

test("deliveries are found by hooks, types, user, status code and error, each with the others", async () => {
  expect(await found({})).toHaveLength(9);
  const two = [hooks.broken, hooks.dead];
  expect(await found({ hookIds: two, types: ["order.*"] })).toEqual([
    "broken order.paid",
    "broken order.sent",
    "dead order.paid",
    "dead order.sent",
  ]);
  expect(await found({ statusCodes: [404, 410], userId: "u-2" })).toEqual(["missing order.sent"]);
  expect(await found({ error: "CONNECTION refused" })).toEqual([
    "dead order.paid",
    "dead order.sent",
    "dead ticket.made",
  ]);
  expect(
    await found({ error: "CONNECTION refused", types: ["ticket.made"], status: ["FAILED"] }),
  ).toEqual(["dead ticket.made"]);
  expect(await found({ hookId: hooks.broken, hookIds: two, types: ["ticket.made"] })).toEqual([
    "broken ticket.made",
  ]);
  expect(await found({ hookIds: ["nonsense"] })).toEqual([]);
  expect(await found({ hookIds: [] })).toEqual([]);
  expect(await found({ error: "%" })).toEqual([]);
  expect(await found({ search: "ABOUT order.p", hookIds: two })).toEqual([
    "broken order.paid",
    "dead order.paid",
  ]);
  expect(await found({ search: "about order.p", hookId: hooks.dead, userId: "u-2" })).toEqual([]);
});

test("a status code that no server answers is refused by its name", async () => {
  const { errors } = await hub.send("{ deliveries(statusCodes: [99]) { nodes { id } } }");
  expect(errors?.[0]?.message).toContain("statusCodes: from 100 to 599, got 99");
});

test("REST finds the same by the same names", async () => {
  const list = (query: string) =>
    fetch(`${hub.url}/v1/deliveries?${query}`, { headers: { authorization: `Bearer ${hub.key}` } });
  const some = await list(`statusCodes=404,410&userId=u-2&types=order.*&hookIds=${hooks.missing}`);
  expect(await some.json()).toMatchObject({ items: [{ hookId: hooks.missing }] });
  expect((await (await list("search=About+ORDER.p")).json()).items).toHaveLength(3);
  const wrong = await list("statusCodes=99");
  expect(wrong.status).toBe(422);
  expect(await wrong.text()).toContain("statusCodes");
});

test("a replay takes the same filter, and says what is wrong with it", async () => {
  expect(
    (await replayed({ hookIds: [hooks.broken, hooks.dead], types: ["order.*"] })).matched,
  ).toBe(4);
  expect((await replayed({ statusCodes: [500], userId: "u-1" })).matched).toBe(2);
  expect((await replayed({ error: "connection refused", hookId: hooks.dead })).matched).toBe(3);
  const searched = { search: "about TICKET", hookIds: [hooks.broken, hooks.dead] };
  expect((await replayed(searched)).matched).toBe(2);
  // Any text, as the list takes it.
  for (const error of ["connection\nrefused", "\0", "\ud800", "%"]) {
    expect(await found({ error })).toEqual([]);
    expect(await replayed({ error, dryRun: false })).toEqual({ matched: 0, userErrors: [] });
  }
  expect((await replayed({ error: "" })).matched).toBe(9);
  expect(await found({ error: "" })).toHaveLength(9);
  const messages = async (input: object) => (await replayed(input)).userErrors;
  expect(await messages({ statusCodes: [99] })).toMatchObject([{ path: ["statusCodes", "0"] }]);
  expect(await messages({ hookIds: [hooks.dead, "none"] })).toMatchObject([
    { path: ["hookIds", "1"] },
  ]);
  // What was searched for may be personal: it is kept nowhere.
  expect((await replayed({ ...searched, dryRun: false })).matched).toBe(2);
  const kept = await hub.db.sql`
    select from signalbox.replays r full join signalbox.audit_entries a on a.entity_id = r.id
    where row_to_json(r)::text || row_to_json(a)::text ilike '%ticket%'`;
  expect(kept).toHaveLength(0);
  expect((await auditLog(hub, 'action: "replayDeliveries"'))[0]?.after).toMatchObject({
    search: "[redacted]",
  });
  expect(await messages({ error: "x".repeat(201) })).toMatchObject([{ path: ["error"] }]);
  expect(await messages({ type: "a", types: ["a"] })).toMatchObject([{ path: ["type"] }]);
});
