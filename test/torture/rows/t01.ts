import { setTimeout as pause } from "node:timers/promises";
import { emitUntilAcked } from "../kit/emitter.ts";
import { IN_DOUBT } from "../kit/inDoubt.ts";
import { settlesSoon } from "../kit/settlesSoon.ts";
import { until } from "../kit/until.ts";
import type { Row } from "../row.ts";

const IN_FLIGHT = 16;

const EMITTERS = 8;

export const t01: Row = {
  id: "T1",
  title:
    "random kill -9 of hub processes under load: nothing accepted is lost, repeats are bounded",
  async run(kit) {
    const site = await kit.site([settlesSoon]);
    const ledger = await kit.ledger();
    const fleet = await kit.fleet(site, kit.roles);
    const more = { maxInFlight: IN_FLIGHT, retryScheduleMs: [200, 500, 1_000, 1_000] };
    const hooks = [
      await kit.hook(fleet, ledger, "/a/ok", more),
      await kit.hook(fleet, ledger, "/b/slow/200", more),
      await kit.hook(fleet, ledger, "/c/flaky/10", more),
      // Its answers come faster than they are written: most that is in doubt is of this one.
      await kit.hook(fleet, ledger, "/d/ok", { ...more, maxInFlight: 256 }),
    ];
    const stream = kit.stream(site, fleet);
    const emits = kit.emitter(site, fleet, kit.size(50, 25));
    await until("the flow begins", () => ledger.entries().length > 30, 30_000);
    const held = await kit.holding(site, fleet);

    const bursts: Promise<string[]>[] = [];
    const kills = kit.size(75, 4);
    for (let kill = 0; kill < kills; kill++) {
      await pause(kit.random.whole(kit.size(2_000, 300), kit.size(5_000, 800)));
      if (kill % kit.size(5, 1) === 0) {
        bursts.push(emitBurst(kill));
        await pause(kit.random.whole(50, 400));
      }
      await fleet.replace(kit.random.one(fleet.slots), "SIGKILL");
    }
    await emits.stop();
    const acked = [...emits.acked, ...(await Promise.all(bursts)).flat()];
    await kit.rest(site, 60_000);
    await kit.caughtUp(site, stream);
    const entries = ledger.entries();
    const invariants = await kit.check({
      sql: site.db.sql,
      entries,
      acked,
      hooks,
      mayRepeat: kills * IN_DOUBT,
      seen: stream.seen,
      held: await held(),
    });
    const [row] = await site.db.sql<{ count: number }[]>`
      select count(*)::int as count from signalbox.attempts where outcome = 'UNKNOWN'`;
    return {
      kills,
      accepted: acked.length,
      "asked again": emits.again,
      requests: entries.length,
      "attempts in doubt": row?.count ?? 0,
      "stream returns": stream.returns,
      invariants,
    };

    /** Many at once, so that a process dies with much in doubt; over few connections, which stay open for a minute. */
    async function emitBurst(kill: number): Promise<string[]> {
      const emitters = Array.from({ length: EMITTERS }, async (_, first) => {
        const ids: string[] = [];
        for (let number = first; number < kit.size(300, 150); number += EMITTERS) {
          const idempotencyKey = `burst ${kill} ${number}`;
          ids.push(await emitUntilAcked(fleet.urls, site.key, { type: "torture", idempotencyKey }));
        }
        return ids;
      });
      return (await Promise.all(emitters)).flat();
    }
  },
};
