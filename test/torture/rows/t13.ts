import { setTimeout as pause } from "node:timers/promises";
import { concurrently } from "../../bench/measure.ts";
import type { CheckedHook } from "../kit/checker.ts";
import { emitUntilAcked } from "../kit/emitter.ts";
import { holds, type Row } from "../row.ts";

const ACCEPTED_WITHIN_MS = 1_000;
const IN_FLIGHT = 256;

export const t13: Row = {
  id: "T13",
  title:
    "one event for very many hooks, the process killed during the fan-out: each gets it, none has two deliveries",
  async run(kit) {
    const site = await kit.site();
    const { sql } = site.db;
    const ledger = await kit.ledger();
    const fleet = await kit.fleet(site, ["api,worker", "api,worker"]);
    const last = () => fleet.urls().slice(-1);
    // The process that will accept has the configuration from before the hooks.
    await emitUntilAcked(last, site.key, { type: "torture", idempotencyKey: "before" });
    const count = kit.size(10_000, 1_100);
    const hooks: CheckedHook[] = [];
    await concurrently(count, 16, async (number) => {
      hooks.push(await kit.hook(fleet, ledger, `/h${number}/ok`, { maxInFlight: 1 }));
    });
    const rounds = kit.size(3, 1);
    const acked: string[] = [];
    const took: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const input = { type: "torture", idempotencyKey: `fan-out ${round}` };
      const at = performance.now();
      acked.push(await emitUntilAcked(last, site.key, input));
      took.push(performance.now() - at);
      await pause(kit.random.whole(0, 400));
      const slot = fleet.slots[round % fleet.slots.length];
      if (slot) await fleet.replace(slot, "SIGKILL");
      await kit.rest(site, 120_000);
    }
    const slowest = Math.max(...took);
    holds(slowest <= ACCEPTED_WITHIN_MS, `an emit took ${Math.round(slowest)} ms`);
    const [row] = await sql`select count(*)::int as count from signalbox.deliveries`;
    holds(row?.count === count * rounds, `${row?.count} deliveries of ${count * rounds}`);
    const entries = ledger.entries();
    const mayRepeat = rounds * IN_FLIGHT;
    const invariants = await kit.check({ sql, entries, acked, hooks, mayRepeat });
    return {
      hooks: count,
      kills: rounds,
      "ms to accept, at most": Math.round(slowest),
      invariants,
    };
  },
};
