import { setTimeout as pause } from "node:timers/promises";
import { emitUntilAcked } from "../kit/emitter.ts";
import type { LedgerEntry } from "../kit/ledger.ts";
import { holds, type Row } from "../row.ts";

const KEYS = ["a", "b", "c", "d", "e", "f"];
/** Between the deaths: a delivery must not be in flight at three of them. */
const LIVES_MS = [1_500, 3_000] as const;

const itemOf = ({ body }: LedgerEntry): { key: string; n: number } => JSON.parse(body);

export const t40: Row = {
  id: "T40",
  title:
    "order per key while processes are killed and every fifth first try fails: receipts by acceptance, one of a key at a time, nothing lost",
  async run(kit) {
    const site = await kit.site();
    const fleet = await kit.fleet(site, ["api,worker", "api,worker"]);
    const ledger = await kit.ledger();
    const hook = await kit.hook(fleet, ledger, "/order/keyed/5", {
      format: "DATA",
      orderBy: "event.data.key",
      retries: 20,
      retryScheduleMs: [100],
    });
    let isOver = false;
    const acked: string[] = [];
    const counts = new Map<string, number>();
    /** One after the other for a key, so that their order of acceptance is known. */
    async function emitOf(key: string) {
      for (let n = 1; !isOver; n++) {
        // Each key begins with another process.
        const urls = () => (n % 2 === 0 ? fleet.urls() : fleet.urls().reverse());
        const input = { type: "torture", data: { key, n }, idempotencyKey: `${key} ${n}` };
        acked.push(await emitUntilAcked(urls, site.key, input));
        counts.set(key, n);
      }
    }
    const emitting = KEYS.map(emitOf);
    const deaths = kit.size(20, 3);
    for (let death = 0; death < deaths; death++) {
      await pause(kit.random.whole(...LIVES_MS));
      await fleet.replace(kit.random.one(fleet.slots), "SIGKILL");
    }
    isOver = true;
    await Promise.all(emitting);
    await kit.rest(site, 120_000);
    const entries = ledger.entries();
    const together = entries.filter(({ open }) => open > 1);
    holds(together.length === 0, `${together.length} came while another of their key was open`);
    for (const key of KEYS) {
      const own = entries.filter((entry) => itemOf(entry).key === key);
      const numbers = own.map((entry) => itemOf(entry).n);
      const back = numbers.findIndex((n, index) => n < (numbers[index - 1] ?? 0));
      holds(back === -1, `${key}: ${numbers[back]} came after ${numbers[back - 1]}`);
      const taken = new Set(
        own.filter(({ status }) => status === 200).map((entry) => itemOf(entry).n),
      );
      const lost = Array.from({ length: counts.get(key) ?? 0 }, (_, index) => index + 1).filter(
        (n) => !taken.has(n),
      );
      holds(lost.length === 0, `${key}: ${lost.length} were never taken, first ${lost[0]}`);
    }
    const invariants = await kit.check({
      sql: site.db.sql,
      entries,
      acked,
      hooks: [hook],
      mayRepeat: deaths * KEYS.length,
    });
    return { events: acked.length, keys: KEYS.length, deaths, invariants };
  },
};
