import { setTimeout as pause } from "node:timers/promises";
import { settlesSoon } from "../kit/settlesSoon.ts";
import { until } from "../kit/until.ts";
import { holds, type Row } from "../row.ts";

const IN_FLIGHT = 16;
const FLOWS_WITHIN_MS = 10_000;

export const t03: Row = {
  id: "T3",
  title:
    "kill -9 of PostgreSQL under load: no hub ends, it flows again within 10 s, nothing is lost",
  async run(kit) {
    const site = await kit.site([settlesSoon]);
    const ledger = await kit.ledger();
    const fleet = await kit.fleet(site, kit.roles);
    const hooks = [
      await kit.hook(fleet, ledger, "/a/ok", { maxInFlight: IN_FLIGHT }),
      await kit.hook(fleet, ledger, "/b/slow/50", { maxInFlight: IN_FLIGHT }),
    ];
    let ended = 0;
    for (const { exited } of fleet.hubs()) void exited.then(() => ended++);
    const stream = kit.stream(site, fleet);
    const emits = kit.emitter(site, fleet, kit.size(50, 25));
    await until("the flow begins", () => emits.acked.length > 10, 30_000);
    const held = await kit.holding(site, fleet);
    const kills = kit.size(20, 2);
    const flowedAfter: number[] = [];
    for (let kill = 0; kill < kills; kill++) {
      await pause(kit.random.whole(200, kit.size(2_000, 600)));
      await kit.server.kill("SIGKILL");
      const readyAt = Date.now();
      const arrives = () => ledger.entries().some(({ id, at }) => at > readyAt && fresh.has(id));
      const before = emits.acked.length;
      await until("an emit is answered again", () => emits.acked.length > before, FLOWS_WITHIN_MS);
      const fresh = new Set(emits.acked.slice(before));
      await until("an event flows again", arrives, FLOWS_WITHIN_MS);
      flowedAfter.push(Date.now() - readyAt);
      holds(ended === 0, `${ended} hub processes ended with PostgreSQL`);
    }
    await emits.stop();
    await kit.rest(site, 60_000);
    await kit.caughtUp(site, stream);
    const invariants = await kit.check({
      sql: site.db.sql,
      entries: ledger.entries(),
      acked: emits.acked,
      hooks,
      mayRepeat: kills * IN_FLIGHT * hooks.length,
      seen: stream.seen,
      // The emits that an outage held up have opened connections, which are kept longer than a smoke may take.
      ...(!kit.isSmoke && { held: await held() }),
    });
    return {
      kills,
      accepted: emits.acked.length,
      "ms to flow, at most": Math.max(...flowedAfter),
      ended,
      invariants,
    };
  },
};
