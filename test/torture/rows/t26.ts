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
export const shortLease: Patch = {
  file: "src/domain/delivery/claimLimits.ts",
  find: "leaseMarginMs: 15_000",
  replace: "leaseMarginMs: 2_000",
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

/** Deliveries that one worker begins and another takes over, and what is to become of them. */
const cases = [
  { behaviour: "failFirst", retryScheduleMs: [1_000], status: "SUCCEEDED" },
  // It waits for its third try when the late result comes, which was good.
  { behaviour: "okFirst", retryScheduleMs: [3_600_000], status: "RETRYING" },
];
type State = { status: string; outcomes: string[]; isHeld: boolean };

/** The same fault again and again; gives back how many calls there were. */
async function suffer(kit: Kit, fault: Fault, rounds: number): Promise<number> {
  const { site, ledger, late: startLate, breakIt } = await faults[fault](kit);
  const { sql } = site.db;
  const fleet = await kit.fleet(site, ["api"]);
  const emit = (type: string, idempotencyKey = type) =>
    emitUntilAcked(fleet.urls, site.key, { type, idempotencyKey });
  const callsTo = ({ path }: CheckedHook) =>
    ledger.entries().filter((entry) => entry.path === path).length;
  const after = await kit.hook(fleet, ledger, "/after/ok", { types: ["after"] });
  const hooks: CheckedHook[] = [after];
  for (let round = 0; round < rounds; round++) {
    await using late = await startLate();
    const type = `round.${round}`;
    const taken: { hook: CheckedHook; status: string }[] = [];
    for (const { behaviour, retryScheduleMs, status } of cases) {
      const input = { types: [type], timeoutMs: TIMEOUT_MS, retryScheduleMs };
      const hook = await kit.hook(fleet, ledger, `/${round}/${behaviour}/1000`, input);
      taken.push({ hook, status });
      hooks.push(hook);
    }
    const id = await emit(type);
    const stateOf = async ({ id: hookId }: CheckedHook) => {
      const [row] = await sql<State[]>`
        select d.status, d.lease_token is not null as "isHeld", array(select outcome from signalbox.attempts a
          where a.delivery_id = d.id order by number) as outcomes
        from signalbox.deliveries d where d.event_id = ${id} and d.hook_id = ${hookId}`;
      return row;
    };
    const isTrueOfAll =
      (is: (one: (typeof taken)[number]) => boolean | Promise<boolean>) => async () =>
        (await Promise.all(taken.map(is))).every(Boolean);
    await until(
      "the calls are in flight",
      isTrueOfAll(({ hook }) => callsTo(hook) === 1),
      15_000,
    );
    const mend = await breakIt(late);
    {
      await using _heir = await hubProcess(site, { SIGNALBOX_ROLES: "worker" });
      const isTaken = isTrueOfAll(({ hook }) => callsTo(hook) === 2);
      await until("another worker takes them over", isTaken, RECOVERED_WITHIN_MS);
      const isWritten = isTrueOfAll(async ({ hook, status }) => {
        const state = await stateOf(hook);
        return state?.status === status && !state.isHeld && state.outcomes.length === 2;
      });
      await until("its results are written", isWritten, RECOVERED_WITHIN_MS);
    }
    await mend();
    // What really came of the first calls is written down when their worker is back.
    const changed = async () => {
      const states = await Promise.all(taken.map(({ hook }) => stateOf(hook)));
      return taken.flatMap(({ status: from }, index) => {
        const to = states[index]?.status;
        return to === from ? [] : { from, to };
      });
    };
    const isTold = isTrueOfAll(
      async ({ hook }) => (await stateOf(hook))?.outcomes[0] !== "UNKNOWN",
    );
    const isRecorded = async () => (await changed()).length > 0 || (await isTold());
    await until(`the late results are recorded (${fault})`, isRecorded, BACK_WITHIN_MS);
    const [other] = await changed();
    holds(!other, `a late result made a delivery that was ${other?.from} ${other?.to}`);
    for (const { hook } of taken) {
      const attempts = (await stateOf(hook))?.outcomes.length;
      holds(attempts === 2, `${attempts} attempts are recorded of 2`);
      holds(callsTo(hook) === 2, `${callsTo(hook)} calls instead of 2`);
    }
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
