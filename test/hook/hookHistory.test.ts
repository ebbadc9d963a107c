import { expect, test } from "vitest";
import { removeExpired } from "../../src/worker/job/retention.ts";
import { accepted } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";

const REGISTER = `mutation ($filter: String, $name: String) { registerHook(input: {
  url: "http://127.0.0.1:1/", types: ["a"], filter: $filter, name: $name, retries: 0 }) { hook { id } } }`;
const register = async (hub: TestHub, variables: object = {}) =>
  (await hub.run<{ registerHook: { hook: { id: string } } }>(REGISTER, variables)).registerHook.hook
    .id;
const remove = (hub: TestHub, id: string) =>
  hub.run(`mutation { deleteHook(id: "${id}") { hook { id } } }`);
const why = async (hub: TestHub, id: string) =>
  (
    await hub.run<{ event: { why: { reason: string; detail: string | null }[] } }>(
      `{ event(id: "${id}") { why { reason detail } } }`,
    )
  ).event.why;
const days = (count: number) => new Date(Date.now() - count * 86_400_000);

test("versions of a hook that no kept event can ask for go, and every kept event is explained as before", async () => {
  await using hub = await testHub();
  const { sql } = hub.db;
  const id = await register(hub, { filter: "event.data.n == 0" });
  const events: string[] = [];
  for (let n = 1; n <= 4; n++) {
    const event = await accepted<{ id: string }>(hub, { type: "a", data: { n } }, "id");
    events.push(event.id);
    await hub.run(
      `mutation ($id: ID!, $filter: String) { updateHook(id: $id, input: { filter: $filter }) { hook { id } } }`,
      { id, filter: `event.data.n == ${n}` },
    );
  }
  const explained = await Promise.all(events.map((event) => why(hub, event)));
  // The versions are 60, 50, … 20 days old; the oldest event that is kept is 35.
  await sql`
    update signalbox.hook_versions v set created_at = now() - (60 - 10 * place) * interval '1 day' from (
      select config_version, row_number() over (order by config_version) - 1 as place from signalbox.hook_versions) n
    where n.config_version = v.config_version`;
  await sql`update signalbox.events set received_at = ${days(35)}, status = 'DISPATCHED'`;
  await sql`delete from signalbox.events where id = any(${events.slice(0, 2)}::uuid[])`;
  await removeExpired(hub.db, 30);
  const kept = await sql<{ filter: string }[]>`
    select filter from signalbox.hook_versions order by config_version`;
  expect(kept.map(({ filter }) => filter)).toEqual([
    "event.data.n == 2",
    "event.data.n == 3",
    "event.data.n == 4",
  ]);
  expect(await Promise.all(events.slice(2).map((event) => why(hub, event)))).toEqual(
    explained.slice(2),
  );
});

test("a deleted hook goes with its versions and counters when the last of its deliveries has gone", async () => {
  await using hub = await testHub();
  const { sql } = hub.db;
  const [gone, recent, used, live] = await Promise.all(
    ["gone", "recent", "used", "live"].map((name) => register(hub, { name, filter: "false" })),
  );
  if (!gone || !recent || !used || !live) throw new Error("no hook");
  await hub.run(`mutation { updateHook(id: "${used}", input: { filter: null }) { hook { id } } }`);
  const event = await accepted<{ id: string }>(hub, { type: "a", waitMs: 10_000 }, "id");
  for (const id of [gone, recent, used]) await remove(hub, id);
  await sql`update signalbox.hooks set updated_at = ${days(31)} where id <> ${recent}`;
  await removeExpired(hub.db, 30);
  for (const table of ["hooks", "hook_stats", "hook_versions"]) {
    const column = sql(table === "hooks" ? "id" : "hook_id");
    const left = await sql<{ id: string }[]>`
      select distinct ${column} as id from ${sql(`signalbox.${table}`)}`;
    expect(left.map(({ id }) => id).sort(), table).toEqual([recent, used, live].sort());
  }
  const { event: shown } = await hub.run<{ event: { deliveries: { nodes: object[] } } }>(
    `{ event(id: "${event.id}") { deliveries { nodes { hook { id status } } } } }`,
  );
  expect(shown.deliveries.nodes).toEqual([{ hook: { id: used, status: "DELETED" } }]);
  await sql`delete from signalbox.ended_deliveries`;
  await removeExpired(hub.db, 30);
  expect(await sql`select id from signalbox.hooks where id = ${used}`).toHaveLength(0);
});
