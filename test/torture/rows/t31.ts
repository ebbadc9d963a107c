import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { verify } from "../../../src/db/verify/run.ts";
import { createProject } from "../../../src/domain/project.ts";
import type { Runs } from "../../fixtures/emit.ts";
import { sendTo } from "../../fixtures/hub.ts";
import { checkOut, hasCommit } from "../kit/checkout.ts";
import { emitUntilAcked } from "../kit/emitter.ts";
import { type Novelties, startNovelties } from "../kit/novelties.ts";
import { until } from "../kit/until.ts";
import { holds, type Row } from "../row.ts";

/** The version before: without resources, actions and workflows, and eight migrations behind. */
const BEFORE = "56fa015c3a5a4e49b6f4a556579120b0e0d44c6f";
const FLOWS_WITHIN_MS = 20_000;

export const t31: Row = {
  id: "T31",
  title:
    "rolling upgrade under load, old and new versions side by side: no emit refused, nothing lost or repeated",
  cannotRun: () => (hasCommit(BEFORE) ? null : `the history has no commit ${BEFORE}`),
  async run(kit) {
    const before = await checkOut(BEFORE, join(kit.directory, "before"));
    const site = await kit.site();
    const { sql } = site.db;
    const ledger = await kit.ledger();
    const fleet = await kit.fleet(site, ["api", "worker", "api", "worker"], before);
    const more = { retryScheduleMs: [200, 500, 1_000] };
    const hooks = [
      await kit.hook(fleet, ledger, "/a/ok", more),
      await kit.hook(fleet, ledger, "/b/slow/300", more),
      await kit.hook(fleet, ledger, "/c/flaky/10", more),
    ];
    const outputs: (() => string)[] = [];
    let ended = 0;
    const watch = () => {
      for (const hub of fleet.hubs()) {
        outputs.push(() => hub.output);
        void hub.exited.then(() => {
          if (fleet.hubs().includes(hub)) ended++;
        });
      }
    };
    watch();
    const stream = kit.stream(site, fleet);
    const emits = kit.emitter(site, fleet, kit.size(40, 20));
    // Accepted by the old version, due under the new one.
    const later = { type: "torture", idempotencyKey: "later", delay: kit.size(60, 15) };
    const scheduled = await emitUntilAcked(fleet.urls, site.key, later);
    await until("the flow begins", () => ledger.entries().length > 50, FLOWS_WITHIN_MS);

    let novelties: Novelties | undefined;
    let longest = 0;
    for (const slot of fleet.slots) {
      await sideBySide();
      slot.home = undefined;
      const { code, ms, output } = await fleet.replace(slot, "SIGTERM");
      watch();
      longest = Math.max(longest, ms);
      holds(code === 0, `an old process ended with ${code}: ${output.slice(-500)}`);
      novelties ??= await begun();
    }
    await sideBySide();
    await emits.stop();
    const novel = await novelties?.ended();
    await kit.rest(site, 60_000);
    await kit.caughtUp(site, stream);
    holds(ended === 0, `${ended} processes ended by themselves`);
    const told = outputs
      .map((output) => /^.*"level":"(error|fatal)".*$/m.exec(output())?.[0])
      .find(Boolean);
    holds(!told, `a process told an error: ${told}`);
    const paths = new Set(hooks.map(({ path }) => path));
    const invariants = await kit.check({
      sql,
      entries: ledger.entries().filter(({ path }) => paths.has(path)),
      acked: [...emits.acked, scheduled],
      hooks,
      mayRepeat: 0,
      seen: stream.seen,
    });
    const { differences } = await verify(sql, { projectId: null, since: null, until: null });
    holds(differences.length === 0, `verify: ${JSON.stringify(differences[0])}`);
    return {
      accepted: emits.acked.length,
      "asked again": emits.again,
      "done that only the new version knows": novel ?? 0,
      "ms to stop, at most": Math.round(longest),
      invariants,
    };

    /** Some seconds of the versions there are now: what is emitted comes through, and what is new is used. */
    async function sideBySide() {
      const from = emits.acked.length;
      const rounds = kit.size(8, 2);
      for (let round = 0; round < rounds; round++) {
        await novelties?.use();
        await pause(1_000);
      }
      const fresh = emits.acked.slice(from);
      const arrived = async () =>
        (
          await sql`select from signalbox.deliveries where event_id = any(${fresh}::uuid[])
            and status <> 'SUCCEEDED' limit 1`
        ).length === 0;
      await until("what was emitted beside is delivered", arrived, FLOWS_WITHIN_MS);
    }

    /** A project of its own for what is new, used by the first new process. */
    async function begun() {
      const { project, key } = await createProject(sql, "Novelties");
      const hub: Runs = {
        async run<Data>(query: string, variables?: object) {
          const url = fleet.slots[0]?.hub?.url ?? "";
          const answer = await sendTo<Data>(url, key, query, variables);
          if (answer.errors) throw new Error(JSON.stringify(answer.errors));
          return answer.data;
        },
      };
      return startNovelties(hub, { sql, projectId: project.id, target: ledger.url });
    }
  },
};
