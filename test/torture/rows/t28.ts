import { atRate, spread } from "../../bench/measure.ts";
import { emitUntilAcked } from "../kit/emitter.ts";
import { settlesSoon } from "../kit/settlesSoon.ts";
import { until } from "../kit/until.ts";
import { holds, type Row } from "../row.ts";

const EMIT_MANY = `mutation ($input: [EmitEventInput!]!) {
  emitEvents(input: $input) { events { id } userErrors { message } } }`;
type Emitted = { emitEvents: { events: { id: string }[] } };
const BATCH = 250;
const CAP = 8;
/** The outage lasts for some of these, and the schedule of the hook is as short: an hour, compressed. */
const TIMEOUT_MS = 500;
const HEALTHY_PER_SECOND = 20;
const BACK = "/back/gate";
/** A machine that is busy with others moves the percentiles of a few samples by more than the factor 2. */
const ALWAYS_FINE_MS = 300;
const AT_MOST_MS = 1_000;

export const t28: Row = {
  id: "T28",
  title:
    "a target comes back after an outage, with thousands due: no more at once than it takes, all delivered, a healthy hook unharmed",
  async run(kit) {
    const site = await kit.site([settlesSoon]);
    const ledger = await kit.ledger();
    const fleet = await kit.fleet(site, ["api,worker", "api,worker"]);
    const [hub] = fleet.hubs();
    if (!hub) throw new Error("no hub");
    const path = `${BACK}/${kit.size(15, 40)}`;
    const back = await kit.hook(fleet, ledger, path, {
      types: ["back"],
      maxInFlight: CAP,
      timeoutMs: TIMEOUT_MS,
      retries: 20,
      retryScheduleMs: [500, 1_000, 2_000],
    });
    await kit.hook(fleet, ledger, "/healthy/ok", { types: ["healthy"] });
    await latencies("warm-up", 2);
    const baseline = await latencies("baseline", kit.size(20, 4));

    const due = kit.size(10_000, 500);
    const acked: string[] = [];
    while (acked.length < due) {
      const input = Array(BATCH).fill({ type: "back" });
      const { emitEvents } = await hub.run<Emitted>(EMIT_MANY, { input });
      acked.push(...emitEvents.events.map(({ id }) => id));
    }
    const calls = () => ledger.entries().filter((entry) => entry.path === path);
    await until("calls of the outage time out", () => calls().length >= CAP * 4, 30_000);
    const [row] = await site.db.sql<{ count: number }[]>`
      select count(*)::int as count from signalbox.deliveries
      where hook_id = ${back.id} and status in ('PENDING', 'RETRYING')`;
    holds(row?.count === due, `${row?.count} deliveries of ${due} outlived the outage`);
    const backAt = Date.now();
    ledger.openGate(path);
    const beside = await latencies("beside", kit.size(20, 3));
    await kit.rest(site, kit.size(240_000, 60_000));
    const drainedMs = Date.now() - backAt;
    // The machine may have become slower for other reasons.
    const later = await latencies("afterwards", kit.size(20, 4));
    const usual = Math.max(baseline.p95, later.p95);

    const entries = ledger.entries();
    // A call that was broken off may still be open here when its slot is taken again.
    const isAlone = ({ at }: { at: number }) => at > backAt + TIMEOUT_MS * 2;
    const crowdOf = (some: { open: number }[]) => Math.max(0, ...some.map(({ open }) => open));
    const crowd = crowdOf(calls().filter(isAlone));
    const crowdBefore = crowdOf(calls());
    holds(crowd > 0, "it drained before it was looked at");
    holds(crowd <= CAP, `${crowd} calls at once, of ${CAP} allowed`);
    holds(crowdBefore <= CAP * 2, `${crowdBefore} calls at once as it came back`);
    holds(beside.p95 <= AT_MOST_MS, `the healthy hook's p95 is ${Math.round(beside.p95)} ms`);
    holds(
      beside.p95 <= Math.max(usual * 2, ALWAYS_FINE_MS),
      `the healthy hook's p95 went from ${Math.round(usual)} to ${Math.round(beside.p95)} ms`,
    );
    const rows = await site.db.sql`select status from signalbox.deliveries
      where status <> 'SUCCEEDED' and hook_id = ${back.id}`;
    holds(rows.length === 0, `${rows.length} deliveries are ${rows[0]?.status}`);
    const received = entries.filter((entry) => entry.path === path);
    const invariants = await kit.check({
      sql: site.db.sql,
      entries: received,
      acked,
      hooks: [back],
      mayRepeat: 0,
    });
    return {
      due,
      "at once, at most": crowd,
      "ms to drain": drainedMs,
      "p95 ms before or after": Math.round(usual),
      "p95 ms beside": Math.round(beside.p95),
      invariants,
    };

    /** Milliseconds from the start of an emit to the healthy target. */
    async function latencies(name: string, seconds: number) {
      const sentAt = new Map<string, number>();
      await atRate(HEALTHY_PER_SECOND, seconds, async (number) => {
        const at = Date.now();
        const input = { type: "healthy", idempotencyKey: `${name} ${number}`, data: { number } };
        sentAt.set(await emitUntilAcked(fleet.urls, site.key, input), at);
      });
      const arrived = () => ledger.entries().filter(({ id }) => sentAt.has(id));
      await until("the healthy hook is called", () => arrived().length === sentAt.size, 30_000);
      return spread(arrived().map(({ id, at }) => at - (sentAt.get(id) ?? 0)));
    }
  },
};
