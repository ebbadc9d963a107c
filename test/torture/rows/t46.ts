import { EMIT_MANY } from "../kit/latencies.ts";
import { until } from "../kit/until.ts";
import { holds, type Row } from "../row.ts";

const BACKFILL = `mutation ($input: BackfillHookInput!) {
  backfillHook(input: $input) { matched replay { id } userErrors { code message } } }`;
/** What a backfill makes between two kills: a delivery that is in flight at three deaths would be given up. */
const BETWEEN_KILLS = 200;
type Answer = { backfillHook: { matched: number; replay: { id: string } | null } };

export const t46: Row = {
  id: "T46",
  title:
    "processes are killed while two backfills of one hook run: each event that it matches has exactly one delivery",
  async run(kit) {
    const site = await kit.site();
    const { sql } = site.db;
    const ledger = await kit.ledger();
    const fleet = await kit.fleet(site, ["api", "worker", "worker"]);
    const [api] = fleet.hubs();
    if (!api) throw new Error("no process of the API");
    const calls = kit.size(40, 6);
    const input = Array.from({ length: 500 }, (_, index) => ({
      type: "late",
      data: { isWanted: index % 5 !== 0 },
    }));
    for (let call = 0; call < calls; call++) await api.run(EMIT_MANY, { input });
    const wanted = calls * 400;
    const settings = { types: ["late"], filter: "event.data.isWanted", maxInFlight: 64 };
    const { id: hookId } = await kit.hook(fleet, ledger, "/late/close", settings);
    const start = async () => {
      const { backfillHook } = await api.run<Answer>(BACKFILL, {
        input: { hookId, since: "2020-01-01T00:00:00Z" },
      });
      return backfillHook;
    };
    const both = await Promise.all([start(), start()]);
    const states = () => sql<{ status: string; created: number }[]>`
      select status, created from signalbox.replays where filter::jsonb @> '{"backfill": true}'`;
    const isRunning = async () => (await states()).some(({ status }) => status === "RUNNING");
    const workers = fleet.slots.filter(({ roles }) => roles === "worker");
    let kills = 0;
    while ((await isRunning()) && kills < kit.size(40, 6)) {
      const before = (await states()).reduce((sum, { created }) => sum + created, 0);
      const moves = async () =>
        (await states()).reduce((sum, { created }) => sum + created, 0) >= before + BETWEEN_KILLS ||
        !(await isRunning());
      await until("the backfills go on", moves, 60_000);
      const slot = workers[kills % workers.length];
      if (slot) await fleet.replace(slot, "SIGKILL");
      kills++;
    }
    holds(kills > 0, "the backfills were over before a process was killed");
    await until("the backfills are done", async () => !(await isRunning()), 120_000);
    await kit.rest(site, 120_000);

    const made = (await states()).reduce((sum, { created }) => sum + created, 0);
    holds(made === wanted, `the backfills say that they made ${made} deliveries, of ${wanted}`);
    const [found] = await sql<{ deliveries: number; events: number; statuses: string[] }[]>`
      select count(*)::int as deliveries, count(distinct d.event_id)::int as events,
        array_agg(distinct d.status) as statuses
      from signalbox.deliveries d join signalbox.events e on e.id = d.event_id
      where d.hook_id = ${hookId} and (e.data->>'isWanted')::boolean`;
    holds(
      found?.deliveries === wanted &&
        found.events === wanted &&
        found.statuses.every((status) => status === "SUCCEEDED"),
      `${wanted} events have deliveries: ${JSON.stringify(found)}`,
    );
    const [others] = await sql<{ count: number }[]>`
      select count(*)::int as count from signalbox.deliveries where hook_id = ${hookId}`;
    holds(others?.count === wanted, `${others?.count} deliveries for ${wanted} events`);
    const again = await start();
    holds(again.matched === 0, `a third backfill finds ${again.matched} events`);
    return { events: calls * 500, matched: both[0]?.matched ?? 0, kills, deliveries: wanted };
  },
};
