import { setTimeout as pause } from "node:timers/promises";
import type { Site } from "../kit/kit.ts";
import { settlesSoon } from "../kit/settlesSoon.ts";
import { until } from "../kit/until.ts";
import { holds, type Row } from "../row.ts";

const EMIT_MANY = `mutation ($input: [EmitEventInput!]!) {
  emitEvents(input: $input) { events { id } userErrors { message } } }`;
type Emitted = { emitEvents: { events: { id: string }[] } };
const CAP = 8;
/** Long enough to be killed in it. */
const TIMEOUT_MS = 2_500;
/** The longest lease of a probe, and a look of the reconciler. */
const NEXT_PROBE_WITHIN_MS = 2 * TIMEOUT_MS + 15_000 + 5_000;

type State = { health: string; failures: number; isProbed: boolean; inFlight: number };

async function stateOf({ db }: Site, hookId: string): Promise<State> {
  const [row] = await db.sql<State[]>`
    select s.health, s.failures, s.probe_token is not null as "isProbed", (
      select count(*)::int from signalbox.queue q
      where q.hook_id = s.hook_id and q.lease_token is not null) as "inFlight"
    from signalbox.hook_stats s where s.hook_id = ${hookId}`;
  if (!row) throw new Error("no hook");
  return row;
}

export const t36: Row = {
  id: "T36",
  title:
    "processes are killed while a hook's breaker is open and while it is probed: never two probes at once, and it closes when the target is back",
  async run(kit) {
    const site = await kit.site([settlesSoon]);
    const ledger = await kit.ledger();
    const fleet = await kit.fleet(site, ["api,worker", "api,worker", "api,worker"]);
    const path = "/probed/gate/20";
    const hook = await kit.hook(fleet, ledger, path, {
      ...{ types: ["probed"], maxInFlight: CAP, timeoutMs: TIMEOUT_MS },
      ...{ retries: 20, retryScheduleMs: [500] },
    });
    const acked: string[] = [];
    const emit = async (count: number) => {
      const [hub] = fleet.hubs();
      const input = Array(count).fill({ type: "probed" });
      const answer = await hub?.run<Emitted>(EMIT_MANY, { input });
      acked.push(...(answer?.emitEvents.events.map(({ id }) => id) ?? []));
    };
    const state = () => stateOf(site, hook.id);
    await emit(kit.size(1_000, 60));
    await until("it fails", async () => (await state()).failures >= 5, 30_000);
    // The outage has lasted for longer.
    await site.db
      .sql`update signalbox.hook_stats set failing_since = failing_since - interval '1 minute'
      where hook_id = ${hook.id}`;
    await until("its breaker opens", async () => (await state()).health === "OPEN", 30_000);
    await until("what was in flight ends", async () => (await state()).inFlight <= 1, 30_000);

    const openedAt = Date.now();
    let kills = 0;
    let probes = 0;
    const rounds = kit.size(20, 4);
    while (kills < rounds) {
      await emit(5);
      await until("the last probe is over", async () => !(await isProbed()), NEXT_PROBE_WITHIN_MS);
      await site.db.sql`update signalbox.hook_stats set probe_at = now() where hook_id = ${hook.id}
        and probe_token is null`;
      await until("a probe is sent", isProbed, NEXT_PROBE_WITHIN_MS);
      probes++;
      await watched(kit.random.whole(0, 500));
      // Whoever sends the probe, another one, or both.
      const slots = fleet.slots.filter(({ hub }) => hub !== null);
      const slot = slots[kit.random.whole(0, slots.length - 1)];
      if (slot) await Promise.all([fleet.replace(slot, "SIGKILL"), watched(500)]);
      kills++;
      const { health } = await state();
      holds(health === "OPEN", `the breaker is ${health} in the outage`);
    }
    const closedAt = Date.now();
    const calls = ledger.entries().filter((entry) => entry.path === path);
    // A call that was broken off by a kill may still be open here when the next one comes.
    const crowd = Math.max(0, ...calls.filter(({ at }) => at > openedAt).map(({ open }) => open));
    holds(crowd <= 2, `${crowd} calls at once while the breaker was open`);

    ledger.openGate(path);
    await until("the breaker closes", async () => (await state()).health === "HEALTHY", 330_000);
    const recoveredMs = Date.now() - closedAt;
    await kit.rest(site, 120_000);
    const left = await site.db.sql`select status from signalbox.deliveries
      where hook_id = ${hook.id} and status <> 'SUCCEEDED'`;
    holds(left.length === 0, `${left.length} deliveries are ${left[0]?.status}`);
    const entries = ledger.entries().filter((entry) => entry.path === path);
    const invariants = await kit.check({
      ...{ sql: site.db.sql, entries, acked, hooks: [hook] },
      mayRepeat: kills * CAP,
    });
    return { kills, probes, "ms to recover": recoveredMs, deliveries: acked.length, invariants };

    async function isProbed(): Promise<boolean> {
      const { isProbed, inFlight } = await state();
      holds(inFlight <= 1, `${inFlight} deliveries in flight while the breaker is open`);
      return isProbed;
    }

    /** Looks for so many milliseconds whether there is more than one probe. */
    async function watched(ms: number) {
      for (const endAt = Date.now() + ms; Date.now() < endAt; await pause(20)) await isProbed();
    }
  },
};
