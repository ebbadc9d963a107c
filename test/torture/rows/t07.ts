import { spread } from "../../bench/measure.ts";
import { until } from "../kit/until.ts";
import { holds, type Row } from "../row.ts";

const EMIT_MANY = `mutation ($input: [EmitEventInput!]!) {
  emitEvents(input: $input) { events { id } userErrors { message } } }`;
const BATCH = 500;
const DEAD_SLOTS = 4;
/** A machine that is busy with others moves the percentiles of a few samples by more than the factor 2. */
const ALWAYS_FINE_MS = 300;
const AT_MOST_MS = 1_000;

export const t07: Row = {
  id: "T7",
  title:
    "a target that never answers, with thousands of deliveries due: healthy hooks beside it hardly notice",
  async run(kit) {
    const site = await kit.site();
    const ledger = await kit.ledger();
    const fleet = await kit.fleet(site, kit.isSmoke ? ["api,worker"] : kit.roles);
    const hub = fleet.hubs()[0];
    if (!hub) throw new Error("no hub");
    const healthy = kit.size(20, 5);
    for (let number = 0; number < healthy; number++)
      await kit.hook(fleet, ledger, `/healthy-${number}/ok`, { types: ["healthy"] });
    await kit.hook(fleet, ledger, "/dead/hang", {
      types: ["dead"],
      maxInFlight: DEAD_SLOTS,
      timeoutMs: 2_000,
    });
    const baseline = await latencies("baseline");
    const due = kit.size(10_000, 1_000);
    for (let sent = 0; sent < due; sent += BATCH)
      await hub.run(EMIT_MANY, { input: Array(BATCH).fill({ type: "dead" }) });
    const dead = () => ledger.entries().filter(({ path }) => path === "/dead/hang");
    await until("the dead hook is called", () => dead().length >= DEAD_SLOTS, 10_000);
    const beside = await latencies("beside");
    const [row] = await site.db.sql`select count(*)::int as held from signalbox.deliveries
      where lease_token is not null and hook_id = (select id from signalbox.hooks where 'dead' = any(types))`;
    holds((row?.held ?? 0) <= DEAD_SLOTS, `the dead hook holds ${row?.held} slots`);
    holds(beside.p95 <= AT_MOST_MS, `healthy p95 is ${Math.round(beside.p95)} ms`);
    holds(
      beside.p95 <= Math.max(baseline.p95 * 2, ALWAYS_FINE_MS),
      `healthy p95 went from ${Math.round(baseline.p95)} to ${Math.round(beside.p95)} ms`,
    );
    return {
      due,
      "healthy hooks": healthy,
      "p95 ms before": Math.round(baseline.p95),
      "p95 ms beside": Math.round(beside.p95),
    };

    /** Milliseconds from the start of an emit to the ledger, of each delivery. */
    async function latencies(name: string) {
      const startedAt = new Map<string, number>();
      const rounds = kit.size(1_800, 60);
      const ids = new Set<string>();
      for (let round = 0; round < rounds; round++) {
        const at = Date.now();
        const input = [{ type: "healthy", data: { name, round } }];
        const { emitEvents } = (await hub?.run<{ emitEvents: { events: { id: string }[] } }>(
          EMIT_MANY,
          { input },
        )) ?? { emitEvents: { events: [] } };
        for (const { id } of emitEvents.events) {
          startedAt.set(id, at);
          ids.add(id);
        }
      }
      const arrived = () => ledger.entries().filter(({ id }) => ids.has(id));
      await until(
        "the healthy hooks are called",
        () => arrived().length === rounds * healthy,
        30_000,
      );
      return spread(arrived().map(({ id, at }) => at - (startedAt.get(id) ?? 0)));
    }
  },
};
