import { type HubProcess, hubProcess } from "../../fixtures/process.ts";
import type { CheckedHook } from "../kit/checker.ts";
import { emitUntilAcked } from "../kit/emitter.ts";
import type { Patch } from "../kit/patch.ts";
import { startProxy } from "../kit/proxy.ts";
import { until } from "../kit/until.ts";
import { holds, type Row } from "../row.ts";

/** A claim lasts for 2 × the hook's timeout and this: 6 s here. */
const shortLease: Patch = {
  file: "src/db/claims.ts",
  find: "const LEASE_MARGIN_MS = 15_000;",
  replace: "const LEASE_MARGIN_MS = 2_000;",
};
const TIMEOUT_MS = 2_000;
/** The one that is stopped has a slow link beside. */
const SLOW_LINK_MS = 10;
const RECOVERED_WITHIN_MS = 20_000;

type Attempt = { number: number; outcome: string };

export const t26: Row = {
  id: "T26",
  title:
    "a worker cut off from PostgreSQL, or stopped, longer than its claims last: its late results change nothing",
  async run(kit) {
    const site = await kit.site([shortLease]);
    const { sql } = site.db;
    const ledger = await kit.ledger();
    const fleet = await kit.fleet(site, ["api"]);
    const to = new URL(site.url);
    const proxy = kit.use(await startProxy({ host: to.hostname, port: Number(to.port) }));
    const throughProxy = Object.assign(new URL(site.url), { port: String(proxy.port) }).href;
    const hooks: CheckedHook[] = [];
    const acked: string[] = [];
    const faults = ["partition", "SIGSTOP"] as const;
    const rounds = kit.size(20, 1);
    for (let round = 0; round < rounds; round++) {
      for (const fault of faults) {
        proxy.weather = fault === "SIGSTOP" ? { delayMs: SLOW_LINK_MS } : "clear";
        await using late = await hubProcess(site, {
          SIGNALBOX_ROLES: "worker",
          DATABASE_URL: throughProxy,
        });
        const type = `${fault}.${round}`;
        const path = `/${fault}-${round}/failFirst/1000`;
        const more = { types: [type], timeoutMs: TIMEOUT_MS, retryScheduleMs: [1_000] };
        const hook = await kit.hook(fleet, ledger, path, more);
        hooks.push(hook);
        const id = await emitUntilAcked(fleet.urls, site.key, { type, idempotencyKey: type });
        acked.push(id);
        const calls = () => ledger.entries().filter((entry) => entry.path === path);
        await until("the call is in flight", () => calls().length === 1, 15_000);
        const mend = breakIt(fault, late);
        const heir = await hubProcess(site, { SIGNALBOX_ROLES: "worker" });
        await until(
          "another worker takes it over",
          () => calls().length === 2,
          RECOVERED_WITHIN_MS,
        );
        const state = async () => {
          const [row] = await sql<{ status: string; attempts: Attempt[] }[]>`
            select d.status, (select json_agg(json_build_object('number', number, 'outcome', outcome) order by number)
              from signalbox.attempts a where a.delivery_id = d.id) as attempts
            from signalbox.deliveries d where d.event_id = ${id}`;
          return row;
        };
        const ended = async () => (await state())?.status === "SUCCEEDED";
        await until("it succeeded", ended, RECOVERED_WITHIN_MS);
        await heir[Symbol.asyncDispose]();
        mend();
        // What really came of the first call is written down when its worker is back.
        const told = async () => (await state())?.attempts[0]?.outcome !== "UNKNOWN";
        await until("the late result is recorded", told, RECOVERED_WITHIN_MS);
        const { status, attempts } = (await state()) ?? {};
        holds(status === "SUCCEEDED", `a late result made a delivery that had SUCCEEDED ${status}`);
        holds(attempts?.length === 2, `${attempts?.length} attempts are recorded of 2`);
        holds(calls().length === 2, `${calls().length} calls instead of 2`);
      }
    }
    const entries = ledger.entries();
    // Each hook has one type, so I1 is looked at above.
    await kit.check({ sql, entries, acked: [], hooks, mayRepeat: 0 });
    return { partitions: rounds, stops: rounds, calls: entries.length };

    /** Gives back what mends it. */
    function breakIt(fault: (typeof faults)[number], late: HubProcess): () => void {
      if (fault === "SIGSTOP") {
        late.kill("SIGSTOP");
        return () => late.kill("SIGCONT");
      }
      proxy.weather = "blackHole";
      return () => {
        proxy.weather = "clear";
        // What was swallowed is missing: these connections cannot go on.
        proxy.cut();
      };
    }
  },
};
