import { spread } from "../../bench/measure.ts";
import { hubProcess } from "../../fixtures/process.ts";
import { emitUntilAcked } from "../kit/emitter.ts";
import type { Patch } from "../kit/patch.ts";
import { settlesSoon } from "../kit/settlesSoon.ts";
import { until } from "../kit/until.ts";
import { holds, type Row } from "../row.ts";

const before = (file: string, find: string): Patch => ({
  file,
  find,
  replace: `globalThis.crashHere(); ${find}`,
});

/** What it accepts goes to its own slots, though those that died before it count as alive for a moment. */
const handsOver: Patch = { ...settlesSoon, replace: "const SETTLES_AFTER_MS = 0;" };
/** Without it what the process accepts goes to its own slots, and is not claimed. */
const claimsAll: Patch = {
  file: "src/worker/delivery/handOver.ts",
  find: "const admitted = mayTake() ? admit(version, deliveries) : [];",
  replace: "const admitted = admit(version, []);",
};

/** Where a process dies; each but the last two while it serves an emit and delivers it. */
export const points: Record<string, Patch[]> = {
  "emit, before the commit": [
    before("src/domain/emit/emitWrite.ts", "const keys = calls.flatMap((call) => call.keys);"),
  ],
  "emit, after the commit": [before("src/domain/emit/emitWrite.ts", "reservation?.begin(at);")],
  "emit, before the answer": [
    before(
      "src/domain/emit/emitWrite.ts",
      "return new Map(events.map((event) => [event.id, storedEvent(event, at)]));",
    ),
  ],
  // Those before it in the same batch are on their way.
  "after the hand-over": [
    handsOver,
    before("src/worker/delivery/handOver.ts", "const { queue, target, leave } = one;"),
  ],
  "after the claim": [
    claimsAll,
    before("src/worker/delivery/claimLoop.ts", "const onStored = () => isolation.over(true);"),
  ],
  "after the call": [before("src/worker/delivery/deliverer.ts", "onAttempt(result);")],
  "after the finish": [
    before(
      "src/worker/delivery/deliverer.ts",
      'if (moved?.status === "RETRYING") queues.enqueueAfter(queue, finished.delayMs ?? 0);',
    ),
  ],
  "fan-out, before the commit": [
    before(
      "src/domain/event/dispatchWrite.ts",
      "return { eventIds: locked, deliveries, at, matched };",
    ),
  ],
  "fan-out, after the commit": [
    before("src/worker/job/dispatcher.ts", "for (const id of eventIds) failures.delete(id);"),
  ],
};

const EVENTS = 5;
const AGAIN_WITHIN_MS = 5_000;

export const t02: Row = {
  id: "T2",
  title:
    "kill -9 at 9 points of an event's way: nothing lost, nothing sent again after its end, next call within 5 s",
  async run(kit) {
    const ledger = await kit.ledger();
    const rounds = kit.size(10, 1);
    let crashes = 0;
    /** For each death, in milliseconds: until all that it left was called. */
    const recoveries: number[] = [];
    for (const [name, patches] of Object.entries(points)) {
      const isFanOut = name.startsWith("fan-out");
      const site = await kit.site();
      const fleet = await kit.fleet(site, ["api"]);
      const path = `/${name.replace(/\W+/g, "-")}/ok`;
      const hook = await kit.hook(fleet, ledger, path);
      const acked: string[] = [];
      for (let round = 0; round < rounds; round++) {
        // Staged events of one moment are one job.
        const after = /^(emit|fan-out)/.test(name) ? 1 : kit.random.whole(1, EVENTS);
        const crash = { ...kit.patching(patches), TORTURE_CRASH_AFTER: String(after) };
        await using doomed = await hubProcess(site, crash);
        const died = doomed.exited.then(({ signal }) => signal);
        const urls = [doomed.url];
        const emits: Promise<string>[] = [];
        // A second event for the same hook would wake what the first one's death left asleep.
        const events = name.startsWith("emit") ? 1 : EVENTS;
        for (let number = 0; number < events; number++) {
          if (isFanOut) {
            const [row] = await site.db
              .sql`select signalbox.emit('torture', ${`{"n":${number}}`}::text::jsonb) as id`;
            acked.push(String(row?.id));
            continue;
          }
          const input = { type: "torture", idempotencyKey: `${round} ${number}`, data: { number } };
          emits.push(emitUntilAcked(() => urls, site.key, input));
        }
        const signal = await Promise.race([
          died,
          new Promise<null>((resolve) => setTimeout(resolve, 20_000, null).unref()),
        ]);
        if (signal !== "SIGKILL") throw new Error(`it did not die ${name}: ${signal}`);
        crashes++;
        const over = await site.db.sql<{ id: string }[]>`
          select event_id as id from signalbox.deliveries where status = 'SUCCEEDED'`;
        await using heir = await hubProcess(site);
        const readyAt = Date.now();
        urls[0] = heir.url;
        acked.push(...(await Promise.all(emits)));
        await kit.rest(site, 30_000);
        const last = ledger.entries().filter((entry) => entry.path === path && entry.at > readyAt);
        const again = over.filter(({ id }) => last.some((entry) => entry.id === id));
        holds(again.length === 0, `${name}: what had succeeded was sent again`);
        const waits = last.map(({ at }) => at - readyAt);
        if (waits.length > 0) recoveries.push(Math.max(...waits));
      }
      const slowest = Math.max(0, ...recoveries);
      holds(slowest <= AGAIN_WITHIN_MS, `${name}: the last call came after ${slowest} ms`);
      const entries = ledger.entries().filter((entry) => entry.path === path);
      // The calls that were in flight beside may be made twice, and no more.
      const mayRepeat = rounds * EVENTS;
      await until(
        "nothing is claimed",
        async () => {
          const held = await site.db
            .sql`select id from signalbox.deliveries where lease_token is not null`;
          return held.length === 0;
        },
        10_000,
      );
      await kit.check({ sql: site.db.sql, entries, acked, hooks: [hook], mayRepeat });
    }
    const { p50, p99, max } = spread(recoveries);
    return {
      points: Object.keys(points).length,
      crashes,
      "ms from the next process to the last call of what the dead one left, p50 / p99 / max": `${p50} / ${p99} / ${max}`,
    };
  },
};
