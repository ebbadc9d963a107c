import { afterAll, beforeAll, expect, test } from "vitest";
import { register } from "../fixtures/hooks.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

const names = (answer: { nodes: { name: string }[] }) => answer.nodes.map(({ name }) => name);

test.each([
  ["заказ", "ЗАКАЗ"],
  ["Straße", "STRAßE"],
  ["ÖSTERREICH", "österreich"],
  ["ΑΘΗΝΑ", "αθηνα"],
  ["Ĳssel", "ĳSSEL"],
  ["100% a_b\\c", "100% A_B\\C"],
])("%s is found as %s, in events, hooks and event types", async (text, search) => {
  await hub.run(
    `mutation ($text: String!, $type: String!, $data: JSON) {
      a: emitEvent(input: { type: "t", name: $text }) { userErrors { message } }
      b: emitEvent(input: { type: $type, name: "by type" }) { userErrors { message } }
      c: emitEvent(input: { type: "t", name: "by data", data: $data }) { userErrors { message } }
      registerHook(input: { url: "http://127.0.0.1:1/", types: ["none"], name: $text }) { userErrors { message } }
      registerEventType(input: { name: $type }) { userErrors { message } } }`,
    { text, type: `type.${text}`, data: { list: [{ deep: `… ${text.replace("\\", "")} …` }] } },
  );
  const found = await hub.run<Record<string, { nodes: { name: string }[] }>>(
    `query ($search: String) { events(search: $search) { nodes { name } }
      hooks(search: $search) { nodes { name } } eventTypes(search: $search) { nodes { name } } }`,
    { search },
  );
  const inData = text.includes("\\") ? [] : ["by data"];
  expect(names(found.events ?? { nodes: [] })).toEqual([...inData, "by type", text]);
  expect(names(found.hooks ?? { nodes: [] })).toEqual([text]);
  expect(names(found.eventTypes ?? { nodes: [] })).toEqual([`type.${text}`]);
});

type SearchedDeliveries = {
  nodes: { event: { name: string } }[];
  pageInfo: Searched["events"]["pageInfo"];
};
type Searched = {
  events: { nodes: { name: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
};

/** 100 events of 200 KB, of which none matches, and before them the one that does. */
const fill = (type: string, data: string) => hub.db.sql`
  insert into signalbox.events (project_id, id, type, name, data, content_type, origin, occurred_at, received_at, status)
  select p.id, (lpad(to_hex((extract(epoch from now()) * 1000)::bigint + n), 12, '0') || rpad('', 20, '0'))::uuid,
    ${type}, 'Number ' || n,
    to_json(case when n = 0 then 'the needle' else ${hub.db.sql.unsafe(data)} end), 'TEXT', 'API', now(), now(), 'PROCESSED'
  from signalbox.projects p, generate_series(0, 100) n order by n`;

test.each([
  ["long", "n || (select string_agg(md5(i::text), '') from generate_series(1, 6250) i)"],
  ["repeated", "repeat(n::text || ' ', 50000)"],
])(
  "a page looks through %s data as far as 4 MiB go, and tells where to go on",
  async (type, data) => {
    await fill(type, data);
    const found: string[] = [];
    let pages = 0;
    for (let after: string | null = null; ; pages++) {
      const { events }: Searched = await hub.run(
        `query ($after: String, $type: String!) { events(first: 5, search: "NEEDLE", types: [$type], after: $after) {
        nodes { name } pageInfo { hasNextPage endCursor } } }`,
        { after, type },
      );
      found.push(...names(events));
      if (!events.pageInfo.hasNextPage) break;
      expect(events.pageInfo.endCursor).not.toBe(after);
      after = events.pageInfo.endCursor;
    }
    expect(found).toEqual(["Number 0"]);
    expect(pages).toBeGreaterThanOrEqual(3);
    expect(pages).toBeLessThanOrEqual(6);
  },
);

test("deliveries are found by the data of their events, in pieces of 4 MiB, too", async () => {
  const { sql } = hub.db;
  const { id: hookId } = await register(hub, { url: "http://127.0.0.1:1/", types: ["none"] });
  await sql`
    insert into signalbox.ended_deliveries (project_id, id, event_id, hook_id, format, status, attempt_count, max_attempts,
      completed_at, created_at)
    select project_id, id, id, ${hookId}, 'CLOUD_EVENT', 'SUCCEEDED', 1, 4, now(), now()
    from signalbox.events where type in ('long', 'repeated')`;
  for (const filter of [
    { types: ["long"] },
    { hookId, types: ["repeated"] },
    { hookIds: [hookId, hookId] },
  ]) {
    const found: string[] = [];
    let pages = 0;
    for (let after: string | null = null; ; pages++) {
      const { deliveries }: { deliveries: SearchedDeliveries } = await hub.run(
        `query ($after: String, $types: [String!], $hookId: ID, $hookIds: [ID!]) {
          deliveries(first: 5, search: "NEEDLE", types: $types, hookId: $hookId, hookIds: $hookIds, after: $after) {
            nodes { event { name } } pageInfo { hasNextPage endCursor } } }`,
        { after, ...filter },
      );
      found.push(...deliveries.nodes.map(({ event }) => event.name));
      if (!deliveries.pageInfo.hasNextPage) break;
      after = deliveries.pageInfo.endCursor;
    }
    expect(new Set(found)).toEqual(new Set(["Number 0"]));
    expect(pages).toBeGreaterThanOrEqual(3);
    expect(pages).toBeLessThanOrEqual(20);
  }
});

test("several types, and states that few events are in, are looked through in the same pieces", async () => {
  const page = (filter: string) =>
    hub.run<{ events: { nodes: unknown[]; pageInfo: { hasNextPage: boolean } } }>(
      `{ events(search: "needle", ${filter}) { nodes { id } pageInfo { hasNextPage } } }`,
    );
  const cut = { events: { nodes: [], pageInfo: { hasNextPage: true } } };
  expect(await page('types: ["long", "none"]')).toEqual(cut);
  await hub.db.sql`
    update signalbox.events set status = 'STAGED', config_version = null where type = 'long'`;
  expect(await page("status: [STAGED]")).toEqual(cut);
});
