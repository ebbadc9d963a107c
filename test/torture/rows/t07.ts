import { EMIT_MANY, holdsSpeed, latencies } from "../kit/latencies.ts";
import { until } from "../kit/until.ts";
import { holds, type Row } from "../row.ts";

const BATCH = 500;
const DEAD_SLOTS = 4;

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
    const measured = { rounds: kit.size(1_800, 60), hooks: healthy };
    const baseline = await latencies(hub, ledger, { name: "baseline", ...measured });
    const due = kit.size(10_000, 1_000);
    for (let sent = 0; sent < due; sent += BATCH)
      await hub.run(EMIT_MANY, { input: Array(BATCH).fill({ type: "dead" }) });
    const dead = () => ledger.entries().filter(({ path }) => path === "/dead/hang");
    await until("the dead hook is called", () => dead().length >= DEAD_SLOTS, 10_000);
    const beside = await latencies(hub, ledger, { name: "beside", ...measured });
    const [row] = await site.db.sql`select count(*)::int as held from signalbox.deliveries
      where lease_token is not null and hook_id = (select id from signalbox.hooks where 'dead' = any(types))`;
    holds((row?.held ?? 0) <= DEAD_SLOTS, `the dead hook holds ${row?.held} slots`);
    holdsSpeed(baseline, beside);
    return {
      due,
      "healthy hooks": healthy,
      "p95 ms before": Math.round(baseline.p95),
      "p95 ms beside": Math.round(beside.p95),
    };
  },
};
