import { setTimeout as pause } from "node:timers/promises";
import { until } from "../kit/until.ts";
import type { Row } from "../row.ts";

const IN_FLIGHT = 16;

export const t01: Row = {
  id: "T1",
  title:
    "random kill -9 of hub processes under load: nothing accepted is lost, repeats are bounded",
  async run(kit) {
    const site = await kit.site();
    const ledger = await kit.ledger();
    const fleet = await kit.fleet(site, kit.roles);
    const more = { maxInFlight: IN_FLIGHT, retryScheduleMs: [200, 500, 1_000, 1_000] };
    const hooks = [
      await kit.hook(fleet, ledger, "/a/ok", more),
      await kit.hook(fleet, ledger, "/b/slow/200", more),
      await kit.hook(fleet, ledger, "/c/flaky/10", more),
    ];
    const stream = kit.stream(site, fleet);
    const emits = kit.emitter(site, fleet, kit.size(50, 25));
    await until("the flow begins", () => ledger.entries().length > 30, 30_000);
    const held = await kit.holding(site, fleet);

    const kills = kit.size(75, 2);
    for (let kill = 0; kill < kills; kill++) {
      await pause(kit.random.whole(kit.size(2_000, 300), kit.size(5_000, 800)));
      await fleet.replace(kit.random.one(fleet.slots), "SIGKILL");
    }
    await emits.stop();

    await kit.rest(site, 60_000);
    await kit.caughtUp(site, stream);
    const entries = ledger.entries();
    const invariants = await kit.check({
      sql: site.db.sql,
      entries,
      acked: emits.acked,
      hooks,
      mayRepeat: kills * IN_FLIGHT * hooks.length,
      seen: stream.seen,
      held: await held(),
    });
    return {
      kills,
      accepted: emits.acked.length,
      "asked again": emits.again,
      requests: entries.length,
      "stream returns": stream.returns,
      invariants,
    };
  },
};
