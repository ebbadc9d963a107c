import { setTimeout as pause } from "node:timers/promises";
import { IN_DOUBT } from "../kit/inDoubt.ts";
import { settlesSoon } from "../kit/settlesSoon.ts";
import { until } from "../kit/until.ts";
import { holds, type Row } from "../row.ts";

/** Made a second time it is another body. */
const template = "{{ 'now' | date: '%s%L' }} {{ event.id }}";

export const t52: Row = {
  id: "T52",
  title:
    "processes are killed while templates make bodies: every attempt of a delivery sends the same",
  async run(kit) {
    const site = await kit.site([settlesSoon]);
    const ledger = await kit.ledger();
    const fleet = await kit.fleet(site, kit.roles);
    const more = { template, maxInFlight: 16, retryScheduleMs: [200, 500, 1_000, 1_000] };
    const hooks = [
      await kit.hook(fleet, ledger, "/a/slow/200", more),
      await kit.hook(fleet, ledger, "/b/flaky/10", more),
    ];
    const stream = kit.stream(site, fleet);
    const emits = kit.emitter(site, fleet, kit.size(25, 10));
    await until("the flow begins", () => ledger.entries().length > 10, 60_000);
    const kills = kit.size(30, 3);
    for (let kill = 0; kill < kills; kill++) {
      await pause(kit.random.whole(kit.size(2_000, 300), kit.size(4_000, 800)));
      await fleet.replace(kit.random.one(fleet.slots), "SIGKILL");
    }
    await emits.stop();
    await kit.rest(site, 120_000);
    await kit.caughtUp(site, stream);
    const entries = ledger.entries();
    const invariants = await kit.check({
      ...{ sql: site.db.sql, entries, acked: emits.acked, hooks, seen: stream.seen },
      mayRepeat: kills * IN_DOUBT,
    });
    const bodies = Map.groupBy(entries, ({ path, id }) => `${path} ${id}`);
    const repeated = [...bodies.values()].filter((sent) => sent.length > 1);
    holds(repeated.length > 0, "nothing was sent twice, so nothing was shown");
    for (const [sent, [first, ...others]] of bodies)
      for (const { body } of others)
        holds(body === first?.body, `${sent} got '${first?.body}' and then '${body}'`);
    return { kills, accepted: emits.acked.length, "sent again": repeated.length, invariants };
  },
};
