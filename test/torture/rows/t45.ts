import { setTimeout as pause } from "node:timers/promises";
import { until } from "../kit/until.ts";
import { holds, type Row } from "../row.ts";

const SCHEDULE = `mutation ($name: String!) { scheduleEvents(input: { name: $name, cron: "@yearly",
  event: { type: "scheduled" } }) { userErrors { message } } }`;

export const t45: Row = {
  id: "T45",
  title: "processes killed while schedules are due: each run emits one event, and none is lost",
  async run(kit) {
    const site = await kit.site();
    const { sql } = site.db;
    const ledger = await kit.ledger();
    const fleet = await kit.fleet(site, ["api,worker", "api,worker"]);
    const hook = await kit.hook(fleet, ledger, "/scheduled/ok");
    const schedules = kit.size(200, 40);
    for (let number = 0; number < schedules; number++)
      await fleet.hubs()[0]?.run(SCHEDULE, { name: `schedule ${number}` });
    const rounds = kit.size(20, 4);
    const failed = () => sql`select from signalbox.event_schedules where last_error is not null`;
    for (let round = 1; round <= rounds; round++) {
      await sql`update signalbox.event_schedules
        set next_run_at = date_trunc('milliseconds', now()) + random() * 300 * interval '1 ms'`;
      await pause(kit.random.whole(0, 400));
      const slot = fleet.slots[round % fleet.slots.length];
      if (slot) await fleet.replace(slot, "SIGKILL");
      const waiting = () =>
        sql`select from signalbox.event_schedules where next_run_at <= now() + interval '1 s'`;
      await until("every schedule has run", async () => (await waiting()).length === 0, 60_000);
      const events = await sql<{ id: string }[]>`
        select id from signalbox.events where type = 'scheduled'`;
      const expected = schedules * round;
      holds(events.length === expected, `${events.length} events of ${expected} runs`);
      holds((await failed()).length === 0, `${(await failed()).length} runs failed`);
    }
    await kit.rest(site, 120_000);
    const acked = await sql<{ id: string }[]>`select id from signalbox.events`;
    const invariants = await kit.check({
      ...{ sql, entries: ledger.entries(), hooks: [hook], mayRepeat: rounds * 256 },
      acked: acked.map(({ id }) => id),
    });
    return { schedules, kills: rounds, events: acked.length, invariants };
  },
};
