import { type HubProcess, hubProcess } from "../../fixtures/process.ts";
import type { CheckedHook } from "../kit/checker.ts";
import { emitUntilAcked } from "../kit/emitter.ts";
import type { Kit, Site } from "../kit/kit.ts";
import type { Ledger } from "../kit/ledger.ts";
import { cannotMakeNamespaces, startNamespace } from "../kit/netns.ts";
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
/** TCP looks for a link that was cut less and less often. */
const BACK_WITHIN_MS = 60_000;

/** A site, and a worker of it that can be broken. */
type Stage = {
  site: Site;
  ledger: Ledger;
  late(): Promise<HubProcess>;
  /** Gives back what mends it. */
  breakIt(late: HubProcess): Promise<() => Promise<void>>;
};

const faults = {
  partition: async (kit: Kit): Promise<Stage> => {
    const { late, proxy, ...stage } = await behindProxy(kit);
    return {
      ...stage,
      late,
      async breakIt() {
        proxy.weather = "blackHole";
        return async () => {
          proxy.weather = "clear";
          // What was swallowed is missing: these connections cannot go on.
          proxy.cut();
        };
      },
    };
  },
  stop: async (kit: Kit): Promise<Stage> => {
    const { proxy, ...stage } = await behindProxy(kit);
    proxy.weather = { delayMs: SLOW_LINK_MS };
    return {
      ...stage,
      async breakIt(late) {
        late.kill("SIGSTOP");
        return async () => late.kill("SIGCONT");
      },
    };
  },
  /** Both sides keep their connections: nobody is told that there is nobody. The receiver is on another link. */
  "link cut": async (kit: Kit): Promise<Stage> => {
    const space = kit.use(await startNamespace());
    const own = await kit.site([shortLease]);
    // The address of the receiver is this machine's own, too.
    const allowed = { SIGNALBOX_ALLOW_TARGETS: `${space.publicHere}/32` };
    const site = { ...own, env: { ...own.env, ...allowed } };
    const { url } = await proxied(kit, site, space.here);
    const settings = { SIGNALBOX_ROLES: "worker", DATABASE_URL: url };
    return {
      site,
      ledger: await kit.ledger(space.publicHere),
      late: () => hubProcess(site, settings, { within: space.within }),
      async breakIt() {
        await space.cut();
        return space.mend;
      },
    };
  },
};
type Fault = keyof typeof faults;

async function proxied(kit: Kit, site: Site, host?: string) {
  const url = new URL(site.url);
  const proxy = kit.use(await startProxy({ host: url.hostname, port: Number(url.port) }, host));
  url.hostname = host ?? url.hostname;
  url.port = String(proxy.port);
  return { proxy, url: url.href };
}

async function behindProxy(kit: Kit) {
  const site = await kit.site([shortLease]);
  const { proxy, url } = await proxied(kit, site);
  const settings = { SIGNALBOX_ROLES: "worker", DATABASE_URL: url };
  return { site, proxy, ledger: await kit.ledger(), late: () => hubProcess(site, settings) };
}

type Attempt = { number: number; outcome: string };

/** The same fault again and again; gives back how many calls there were. */
async function suffer(kit: Kit, fault: Fault, rounds: number): Promise<number> {
  const { site, ledger, late: startLate, breakIt } = await faults[fault](kit);
  const { sql } = site.db;
  const fleet = await kit.fleet(site, ["api"]);
  const emit = (type: string, idempotencyKey = type) =>
    emitUntilAcked(fleet.urls, site.key, { type, idempotencyKey });
  const callsTo = (path: string) => ledger.entries().filter((entry) => entry.path === path);
  const after = await kit.hook(fleet, ledger, "/after/ok", { types: ["after"] });
  const hooks: CheckedHook[] = [after];
  for (let round = 0; round < rounds; round++) {
    await using late = await startLate();
    const type = `round.${round}`;
    const path = `/${round}/failFirst/1000`;
    const more = { types: [type], timeoutMs: TIMEOUT_MS, retryScheduleMs: [1_000] };
    hooks.push(await kit.hook(fleet, ledger, path, more));
    const id = await emit(type);
    const state = async () => {
      const [row] = await sql<{ status: string; attempts: Attempt[] }[]>`
        select d.status, (select json_agg(json_build_object('number', number, 'outcome', outcome) order by number)
          from signalbox.attempts a where a.delivery_id = d.id) as attempts
        from signalbox.deliveries d where d.event_id = ${id}`;
      return row;
    };
    await until("the call is in flight", () => callsTo(path).length === 1, 15_000);
    const mend = await breakIt(late);
    {
      await using _heir = await hubProcess(site, { SIGNALBOX_ROLES: "worker" });
      const isTaken = () => callsTo(path).length === 2;
      await until("another worker takes it over", isTaken, RECOVERED_WITHIN_MS);
      const ended = async () => (await state())?.status === "SUCCEEDED";
      await until("it succeeded", ended, RECOVERED_WITHIN_MS);
    }
    await mend();
    // What really came of the first call is written down when its worker is back.
    const told = async () => (await state())?.attempts[0]?.outcome !== "UNKNOWN";
    await until(`the late result is recorded (${fault})`, told, BACK_WITHIN_MS);
    const { status, attempts } = (await state()) ?? {};
    holds(status === "SUCCEEDED", `a late result made a delivery that had SUCCEEDED ${status}`);
    holds(attempts?.length === 2, `${attempts?.length} attempts are recorded of 2`);
    const calls = callsTo(path).length;
    holds(calls === 2, `${calls} calls instead of 2`);
    // It goes on by itself.
    const next = await emit("after", `after ${round}`);
    const isDone = async () => {
      const rows = await sql`select id from signalbox.deliveries
        where event_id = ${next} and status = 'SUCCEEDED'`;
      return rows.length === 1;
    };
    await until(`the worker that was late works again (${fault})`, isDone, BACK_WITHIN_MS);
  }
  const entries = ledger.entries();
  // Each hook has one type, so I1 is looked at above.
  await kit.check({ sql, entries, acked: [], hooks, mayRepeat: 0 });
  return entries.length;
}

export const t26: Row = {
  id: "T26",
  title:
    "a worker cut off from PostgreSQL by a proxy or a dead link, or stopped, longer than its claims last: its late results change nothing, and it goes on",
  async run(kit) {
    const excuse = cannotMakeNamespaces();
    const rounds = kit.size(20, 1);
    const possible: Fault[] = ["partition", "stop", ...(excuse ? [] : (["link cut"] as const))];
    // Each on a site of its own, so that none mends another's; most of the time they wait.
    const ends = await Promise.allSettled(possible.map((fault) => suffer(kit, fault, rounds)));
    let calls = 0;
    for (const end of ends) {
      if (end.status === "rejected") throw end.reason;
      calls += end.value;
    }
    return {
      partitions: rounds,
      stops: rounds,
      "link cuts": excuse ? `no (${excuse})` : rounds,
      calls,
    };
  },
};
