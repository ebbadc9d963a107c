import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { createProject } from "../../../src/domain/project/project.ts";
import { sendTo } from "../../fixtures/hub.ts";
import { startNeighbour } from "../../fixtures/neighbour.ts";
import { floods } from "../kit/floods.ts";
import { holds, type Row } from "../row.ts";

/** What no flood may add to the wait of anybody else, on a quiet machine. */
const ADDED_MS = 250;
/** On a machine that is busy with others, what is slow once is slower by this much. */
const FACTOR = 10;
const MOST_MIB = 1_024;
const WAIT = `mutation ($pad: String) {
  emitEvent(input: { type: "other", data: { pad: $pad }, delay: 3600, waitMs: 1 }) {
    event { id } userErrors { code } } }`;

async function memoryMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1_024;
}

export const t33: Row = {
  id: "T33",
  title:
    "floods of one key or of nobody: another project's emits are neither refused nor late, memory stays bounded",
  cannotRun: () => (process.platform === "linux" ? null : "what a process uses is read in /proc"),
  async run(kit) {
    const site = await kit.site();
    const fleet = await kit.fleet(site, ["api,worker"]);
    const [hub] = fleet.hubs();
    if (!hub) throw new Error("no hub");
    const flooding = (await createProject(site.db.sql, "Flood")).key;
    const neighbour = kit.use(await startNeighbour({ url: hub.url, db: site.db }));
    // The page is made when it is first asked for.
    await fetch(`${hub.url}/graphql`, { headers: { accept: "text/html" } });
    const { waits: quiet } = await neighbour.during(() => pause(kit.size(10_000, 2_000)));
    let worst = 0;
    for (const { name, begin } of floods(kit.size)) {
      const { waits, result } = await neighbour.during(async () => {
        const end = await begin({ url: hub.url, key: flooding });
        await pause(kit.size(5_000, 1_000));
        // What the flood takes up there is left of for the others.
        const other = await sendTo(hub.url, neighbour.key, WAIT, { pad: "x".repeat(200_000) });
        end();
        return other;
      });
      holds(result.status === 200, `${name}: a call that waits was answered ${result.status}`);
      holds(waits.wrong.length === 0, `${name}: an emit was told ${waits.wrong[0]}`);
      const most = Math.max(quiet.p99Ms + ADDED_MS, FACTOR * quiet.worstMs);
      holds(
        waits.p99Ms <= most,
        `${name}: p99 ${Math.round(waits.p99Ms)} ms, quiet ${quiet.p99Ms}`,
      );
      worst = Math.max(worst, waits.p99Ms);
    }
    const mib = await memoryMib(hub.pid);
    holds(mib < MOST_MIB, `the hub took ${Math.round(mib)} MiB`);
    return {
      floods: floods(kit.size).length,
      "p99 ms, quiet": Math.round(quiet.p99Ms),
      "p99 ms, worst": Math.round(worst),
      "MiB at most": Math.round(mib),
    };
  },
};
