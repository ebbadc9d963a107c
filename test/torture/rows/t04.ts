import { setTimeout as pause } from "node:timers/promises";
import { settlesSoon } from "../kit/settlesSoon.ts";
import { until } from "../kit/until.ts";
import { holds, type Row } from "../row.ts";

const STOPS_WITHIN_MS = 30_000;

export const t04: Row = {
  id: "T4",
  title:
    "rolling restarts by SIGTERM with slow calls in flight: exit 0, nothing locked, lost or repeated",
  async run(kit) {
    const site = await kit.site([settlesSoon]);
    const ledger = await kit.ledger();
    const fleet = await kit.fleet(site, kit.roles);
    const slow = kit.size(15_000, 1_200);
    const more = { maxInFlight: 64, timeoutMs: 30_000 };
    const hooks = [
      await kit.hook(fleet, ledger, "/a/ok", more),
      await kit.hook(fleet, ledger, `/b/slow/${slow}`, more),
    ];
    const stream = kit.stream(site, fleet);
    const emits = kit.emitter(site, fleet, kit.size(3, 20));
    await until("the flow begins", () => ledger.entries().length > 10, 30_000);
    const held = await kit.holding(site, fleet);
    const restarts = kit.size(30, 3);
    let longest = 0;
    for (let restart = 0; restart < restarts; restart++) {
      await pause(kit.random.whole(100, kit.size(2_000, 500)));
      const slot = fleet.slots[restart % fleet.slots.length];
      if (!slot) continue;
      const { code, ms, output } = await fleet.replace(slot, "SIGTERM");
      longest = Math.max(longest, ms);
      holds(code === 0, `a process ended with ${code}: ${output.slice(-500)}`);
      holds(ms <= STOPS_WITHIN_MS, `a process took ${Math.round(ms)} ms to stop`);
      holds(
        !/"level":"(error|fatal)"/.test(output),
        `a stop was told as an error: ${output.slice(-500)}`,
      );
      const locked = await site.db.sql`select id from graphile_worker._private_jobs
        where locked_by is not null and locked_by not in (select pool_id from signalbox.workers)`;
      holds(locked.length === 0, `${locked.length} jobs were left locked`);
    }
    await emits.stop();
    await kit.rest(site, slow + 60_000);
    await kit.caughtUp(site, stream);
    const invariants = await kit.check({
      sql: site.db.sql,
      entries: ledger.entries(),
      acked: emits.acked,
      hooks,
      mayRepeat: 0,
      seen: stream.seen,
      held: await held(),
    });
    return {
      restarts,
      accepted: emits.acked.length,
      "ms to stop, at most": Math.round(longest),
      invariants,
    };
  },
};
