import { startHubProcess } from "../hubProcess.ts";
import { concurrently } from "../measure.ts";
import { emitBatch, pad, register } from "../operations.ts";
import type { Part } from "../part.ts";

const COUNT = 100_000;
const BATCH = 1_000;
const HOOK = "{ hooks(first: 1) { nodes { id } } }";
const PAUSE = "mutation ($id: ID!) { pauseHook(id: $id) { userErrors { message } } }";
const RESUME = "mutation ($id: ID!) { resumeHook(id: $id) { userErrors { message } } }";

/** What had piled up is sent: a hook that was paused is resumed. */
export const backlog: Part = {
  name: "backlog",
  async measure({ target, raw, scale }) {
    const count = Math.ceil((COUNT * scale) / BATCH) * BATCH;
    await using hub = await startHubProcess();
    await register(hub, target.url, "bench.backlog");
    const { hooks } = await hub.run<{ hooks: { nodes: { id: string }[] } }>(HOOK);
    const id = hooks.nodes[0]?.id;
    await hub.run(PAUSE, { id });
    await target.reset();
    const input = { type: "bench.backlog", data: { pad } };
    await concurrently(count / BATCH, 2, () => emitBatch(hub, BATCH, input));
    const at = performance.now();
    await hub.run(RESUME, { id });
    await target.until(count);
    const seconds = (performance.now() - at) / 1_000;
    return [
      {
        what: `a backlog of ${count} sent, a second`,
        figure: count / seconds,
        ratio: count / seconds / raw,
      },
    ];
  },
};
