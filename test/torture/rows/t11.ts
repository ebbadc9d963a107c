import { setTimeout as pause } from "node:timers/promises";
import { createProject } from "../../../src/domain/project/project.ts";
import { sendTo } from "../../fixtures/hub.ts";
import { emitUntilAcked } from "../kit/emitter.ts";
import { IN_DOUBT } from "../kit/inDoubt.ts";
import { settlesSoon } from "../kit/settlesSoon.ts";
import { until } from "../kit/until.ts";
import { holds, type Row } from "../row.ts";

/** At each cut so many emitters, one emit after the other: over few connections, which stay open for a minute. */
const EMITTERS = 8;
const EMITS_EACH = 8;

export const t11: Row = {
  id: "T11",
  title:
    "listener connections killed, APIs restarted, a subscriber away: every change once, in order; none of another project",
  async run(kit) {
    const site = await kit.site([settlesSoon]);
    const { sql } = site.db;
    const ledger = await kit.ledger();
    const fleet = await kit.fleet(site, kit.roles);
    const hook = await kit.hook(fleet, ledger, "/a/ok");
    const other = await createProject(sql, "Other");
    const asOther = (query: string, variables = {}) =>
      sendTo(fleet.urls()[0] ?? "", other.key, query, variables).catch(() => null);
    await asOther(
      `mutation ($url: String!) { registerHook(input: { url: $url, types: ["*"] }) { hook { id } } }`,
      { url: `${ledger.url}/other/ok` },
    );
    const streams = [kit.stream(site, fleet), kit.stream(site, fleet)];
    const away = streams[1];
    const emits = kit.emitter(site, fleet, kit.size(40, 30));
    await until("both streams begin", () => streams.every(({ seen }) => seen.length > 0), 30_000);
    const held = await kit.holding(site, fleet);
    away?.away();
    const cuts = kit.size(20, 3);
    const apis = fleet.slots.filter(({ roles }) => roles.includes("api"));
    let restarts = 0;
    const bursts: Promise<string[]>[] = [];
    const emitOther = `mutation { emitEvent(input: { type: "torture" }) { event { id } } }`;
    for (let cut = 0; cut < cuts; cut++) {
      await pause(kit.random.whole(200, kit.size(1_500, 500)));
      await sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and query like 'listen%'`;
      await asOther(emitOther);
      for (let emitter = 0; emitter < EMITTERS; emitter++) bursts.push(emitSome(cut, emitter));
      const slot = apis[cut % apis.length];
      if (slot && cut % kit.size(7, 3) === 1) {
        await fleet.replace(slot, cut % 2 === 0 ? "SIGTERM" : "SIGKILL");
        restarts++;
      }
    }
    await until("enough has changed", () => emits.acked.length >= kit.size(350, 40), 60_000);
    await emits.stop();
    const acked = [...emits.acked, ...(await Promise.all(bursts)).flat()];
    await kit.rest(site, 60_000);
    away?.back();
    const [row] = await sql`select max(position) as last from signalbox.changes
      where kind = 'DELIVERY' and hook_id = ${hook.id}`;
    const caughtUp = () =>
      streams.every(({ seen }) => (seen.at(-1)?.position ?? 0) >= Number(row?.last));
    await until("the streams have caught up", caughtUp, 30_000);
    const evidence = {
      sql,
      entries: ledger.entries().filter(({ path }) => path === hook.path),
      acked,
      hooks: [hook],
      mayRepeat: restarts * IN_DOUBT,
    };
    const foreign = ledger.entries().length - evidence.entries.length;
    holds(foreign > 0, "the other project's events were not delivered");
    // While the streams are open: they were at the start.
    const checked = { ...evidence, held: await held() };
    const invariants: string[] = [];
    for (const { seen } of streams) invariants.push(await kit.check({ ...checked, seen }));
    return {
      "listener kills": cuts,
      "process restarts": restarts,
      "of another project": foreign,
      changes: streams[0]?.seen.length ?? 0,
      returns: streams.reduce((sum, { returns }) => sum + returns, 0),
      invariants: invariants[0] ?? "",
    };

    /** At one API or the other, so that several processes write to the feed at the same moment. */
    async function emitSome(cut: number, emitter: number): Promise<string[]> {
      const urls = () => [...fleet.urls().slice(emitter % 2), ...fleet.urls()];
      const ids: string[] = [];
      for (let number = 0; number < EMITS_EACH; number++) {
        const idempotencyKey = `cut ${cut} ${emitter} ${number}`;
        ids.push(await emitUntilAcked(urls, site.key, { type: "torture", idempotencyKey }));
      }
      return ids;
    }
  },
};
