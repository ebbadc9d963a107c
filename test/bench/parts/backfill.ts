import { type BenchHub, startHubProcess } from "../hubProcess.ts";
import { atRate, concurrently, type Spread, spread } from "../measure.ts";
import { emit, emitBatch, pad, register } from "../operations.ts";
import type { Part } from "../part.ts";
import type { BenchReceiver } from "../receiverProcess.ts";

const LIVE = "bench.live";
const STORED = "bench.stored";
const COUNT = 10_000;
const BATCH = 500;
const RATE = 50;
const SECONDS = 15;

const BACKFILL = `mutation ($hookId: ID!) {
  backfillHook(input: { hookId: $hookId, since: "2000-01-01T00:00:00Z" }) {
    replay { id } userErrors { message } } }`;
const REPLAY = "query ($id: ID!) { replay(id: $id) { status created } }";
const CANCEL = "mutation ($id: ID!) { cancelReplay(id: $id) { userErrors { message } } }";

/** How old live events are when the receiver has them. */
async function live(hub: BenchHub, target: BenchReceiver): Promise<Spread> {
  await target.reset();
  await atRate(RATE, SECONDS, () =>
    emit(hub, { type: LIVE, data: { sentAt: String(process.hrtime.bigint()), pad } }),
  );
  return spread(await target.latencies());
}

/** What live traffic notices of a backfill. */
export const backfill: Part = {
  name: "backfill",
  async measure({ target }) {
    await using hub = await startHubProcess();
    await register(hub, target.url, LIVE);
    await concurrently(COUNT / BATCH, 2, () =>
      emitBatch(hub, BATCH, { type: STORED, data: { pad } }),
    );
    await concurrently(2_000, 8, () => emit(hub, { type: LIVE, data: { pad } }));
    const alone = await live(hub, target);
    const hookId = await register(hub, target.url, STORED);
    const { backfillHook } = await hub.run<{ backfillHook: { replay: { id: string } } }>(BACKFILL, {
      hookId,
    });
    const { id } = backfillHook.replay;
    const beside = await live(hub, target);
    const { replay } = await hub.run<{ replay: { status: string; created: number } }>(REPLAY, {
      id,
    });
    if (replay.status === "RUNNING") await hub.run(CANCEL, { id });
    const what = `emit to receiver at ${RATE}/s, ms: p50 / p95 / p99 / max`;
    return [
      { what, figure: alone },
      {
        what: "  the same beside a backfill",
        figure: beside,
        aim: "p95 ≤ 2 × alone",
        isMet: beside.p95 <= 2 * alone.p95,
      },
      { what: "  the backfill's deliveries a second", figure: replay.created / SECONDS },
    ];
  },
};
