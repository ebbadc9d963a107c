import { cannotCountFiles, takeAllFiles, withFewFiles } from "../../fixtures/fewFiles.ts";
import { hubProcess } from "../../fixtures/process.ts";
import { EMIT_MANY } from "../kit/latencies.ts";
import { until } from "../kit/until.ts";
import { holds, type Row } from "../row.ts";

const SHORTAGE = "out of file descriptors";

export const t34: Row = {
  id: "T34",
  title:
    "a process with few file descriptors under a flood of slow targets, and with none for a while: every delivery succeeds at its one try",
  cannotRun: cannotCountFiles,
  async run(kit) {
    const site = await kit.site();
    const { sql } = site.db;
    const ledger = await kit.ledger();
    const fleet = await kit.fleet(site, ["api"]);
    const api = fleet.hubs()[0];
    if (!api) throw new Error("no process of the API");
    const worker = kit.use(await hubProcess(site, { SIGNALBOX_ROLES: "worker" }, withFewFiles));
    const strict = { retries: 0, timeoutMs: 30_000 };
    const floods = kit.size(60, 30);
    for (let number = 0; number < floods; number++) {
      const path = `/flood-${number}/slow/500`;
      await kit.hook(fleet, ledger, path, { ...strict, types: ["flood"] });
    }
    await kit.hook(fleet, ledger, "/other/close", { ...strict, types: ["other"] });
    const emit = (type: string, count: number) =>
      api.run(EMIT_MANY, { input: Array(count).fill({ type }) });
    const each = kit.size(40, 10);
    const others = kit.size(200, 50);

    await emit("flood", each);
    await emit("other", others);
    const letGo = takeAllFiles(worker);
    await emit("other", others);
    const byStatus = () => sql<{ status: string; count: number }[]>`
      select status, count(*)::int as count from signalbox.deliveries group by status`;
    const isFelt = async () =>
      worker.output.includes(SHORTAGE) || (await byStatus()).some((row) => row.status === "FAILED");
    await until("the shortage is felt", isFelt, 60_000);
    letGo();
    await kit.rest(site, 120_000);

    const deliveries = floods * each + 2 * others;
    const ended = JSON.stringify(await byStatus());
    holds(
      ended === JSON.stringify([{ status: "SUCCEEDED", count: deliveries }]),
      `of ${deliveries} deliveries not all have succeeded: ${ended}`,
    );
    const [attempts] = await sql<{ count: number; more: number }[]>`
      select count(*)::int as count, count(*) filter (where number > 1)::int as more
      from signalbox.attempts`;
    holds(
      attempts?.count === deliveries && attempts.more === 0,
      `${deliveries} deliveries have ${attempts?.count} attempts, ${attempts?.more} of them not the first`,
    );
    holds(worker.output.includes(SHORTAGE), "the log says nothing of the shortage");
    return { "slow targets": floods, deliveries, failed: 0, "tries for nothing": 0 };
  },
};
