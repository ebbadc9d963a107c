import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { atRate, spread } from "../../bench/measure.ts";
import { emitUntilAcked } from "../kit/emitter.ts";
import { heldAtRest } from "../kit/resources.ts";
import { holds, type Row } from "../row.ts";

const PER_SECOND = 50;
const BURST = 10;
const BURST_SECONDS = 10;
const DRAINED_WITHIN_MS = 60_000;
/** P12, on two cores that do nothing else. */
const P50_MS = 50;
const P99_MS = 500;
/** A machine that is busy with others shows it in bare calls of the ledger: an event's way is some ten such steps. */
const STEPS = 10;
const BARE = "/bare/ok";
/** The connections of a burst's emitters are to be closed before and after. */
const QUIET = { rssMiB: Infinity, sockets: 50, connections: Infinity };

export const t27: Row = {
  id: "T27",
  title:
    "a steady flow and then ten times as much: each event at its target within milliseconds, the burst drains, nothing stays behind",
  async run(kit) {
    const site = await kit.site();
    const ledger = await kit.ledger();
    const fleet = await kit.fleet(site, ["api,worker"]);
    const hooks = [await kit.hook(fleet, ledger, "/a/ok"), await kit.hook(fleet, ledger, "/b/ok")];
    const acked: string[] = [];
    const file = join(kit.directory, "acked");
    const seconds = kit.size(600, 20);
    // A burst before it all: memory that a burst once took is not given back, and may not be taken again.
    await flow("warm-up", PER_SECOND * BURST, BURST_SECONDS);
    await kit.rest(site, DRAINED_WITHIN_MS);
    const pids = fleet.hubs().map(({ pid }) => pid);
    const start = await heldAtRest(pids, site.db.sql, QUIET);

    const sentAt = await flow("steady", PER_SECOND, seconds);
    await kit.rest(site, DRAINED_WITHIN_MS);
    await flow("burst", PER_SECOND * BURST, BURST_SECONDS);
    const burstAt = performance.now();
    await kit.rest(site, DRAINED_WITHIN_MS);
    const drainedMs = performance.now() - burstAt;

    const end = await heldAtRest(pids, site.db.sql, start);
    const all = ledger.entries();
    const entries = all.filter(({ path }) => path !== BARE);
    const took = entries.flatMap(({ id, at }) => {
      const sent = sentAt.get(id);
      return sent === undefined ? [] : [at - sent];
    });
    const { p50, p99, max } = spread(took);
    const bare = spread(all.filter(({ path }) => path === BARE).map(({ at, body }) => at - +body));
    const invariants = await kit.check({
      sql: site.db.sql,
      entries,
      acked,
      hooks,
      mayRepeat: 0,
      held: { start, end },
    });
    holds(took.length === sentAt.size * hooks.length, `${took.length} calls of ${sentAt.size}`);
    const beside = `and ${bare.p50} and ${bare.p99} ms of a bare call`;
    holds(p50 <= Math.max(P50_MS, bare.p50 * STEPS), `the median is ${p50} ms, ${beside}`);
    holds(p99 <= Math.max(P99_MS, bare.p99 * STEPS), `the 99th percentile is ${p99} ms, ${beside}`);
    return {
      accepted: acked.length,
      "s steady": seconds,
      "ms p50": p50,
      "ms p99": p99,
      "ms at most": max,
      "ms p50 of a bare call": bare.p50,
      "ms for the burst to drain": Math.round(drainedMs),
      invariants,
    };

    /** Emits at this rate; gives back when each event was sent off: a little before it was accepted. */
    async function flow(name: string, rate: number, forSeconds: number) {
      const sent = new Map<string, number>();
      await atRate(rate, forSeconds, async (number) => {
        const at = Date.now();
        const isCompared = name === "steady" && number % PER_SECOND === 0;
        const bare = isCompared
          ? fetch(ledger.url + BARE, { method: "POST", body: `${at}` })
          : null;
        const input = { type: "torture", idempotencyKey: `${name} ${number}`, data: { number } };
        const id = await emitUntilAcked(fleet.urls, site.key, input);
        appendFileSync(file, `${id}\n`);
        acked.push(id);
        sent.set(id, at);
        await bare;
      });
      return sent;
    }
  },
};
