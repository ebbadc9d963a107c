import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { type BenchHub, startHubProcess } from "../hubProcess.ts";
import { concurrently, perSecond, type Spread, spread } from "../measure.ts";
import { EMIT, emit, emitBatch, pad } from "../operations.ts";
import { atLeast, atMost, type Line, type Part } from "../part.ts";

const SINGLES = 20_000;
const WARM = 3_000;
const EMITTERS = 64;
const ROUNDS = 5;
const input = { type: "bench.single", data: { pad } };

type Timed = { rate: number; ms: Spread };

async function timed(one: () => Promise<unknown>): Promise<Timed> {
  const [result] = await inTurns([one], 1);
  if (!result) throw new Error("nothing was timed");
  return result;
}

/** Measures several ways to emit in turns, so that what else the machine does meets all of them. */
async function inTurns(ways: (() => Promise<unknown>)[], rounds: number): Promise<Timed[]> {
  const spent = ways.map((one) => ({ one, ms: 0, took: [] as number[] }));
  for (const { one } of spent) await concurrently(WARM, EMITTERS, one);
  for (let round = 0; round < rounds; round++) {
    for (const way of spent) {
      const start = performance.now();
      way.took.push(...(await concurrently(SINGLES / rounds, EMITTERS, way.one)));
      way.ms += performance.now() - start;
    }
  }
  return spent.map(({ ms, took }) => ({ rate: (took.length * 1_000) / ms, ms: spread(took) }));
}

/** All emitters share one websocket. */
async function overSocket(hub: BenchHub) {
  const client = createClient({
    url: `${hub.url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${hub.key}` },
    lazy: false,
  });
  const one = () =>
    new Promise<void>((resolve, reject) =>
      client.subscribe(
        { query: EMIT, variables: { input } },
        {
          next: ({ errors }) => errors && reject(errors[0]),
          error: reject,
          complete: resolve,
        },
      ),
    );
  const result = await timed(one);
  await client.dispose();
  return result;
}

async function batches(hub: BenchHub, size: number, raw: number): Promise<Line> {
  const count = 50_000;
  await concurrently(10, 2, () => emitBatch(hub, size, input));
  const rate = await perSecond(count, () =>
    concurrently(count / size, 4, () => emitBatch(hub, size, input)),
  );
  return { what: `accepted a second, batches of ${size}`, figure: rate, ratio: rate / raw };
}

/** How fast events are taken, when nobody waits for them. */
export const emits: Part = {
  name: "emits",
  async measure({ raw }) {
    await using hub = await startHubProcess();
    const ways = [() => emit(hub, input), () => hub.post("/v1/events", input)];
    const [http, rest] = await inTurns(ways, ROUNDS);
    if (!http || !rest) throw new Error("both are timed");
    const socket = await overSocket(hub);
    return [
      {
        what: "accepted a second, 64 single emitters over GraphQL",
        figure: http.rate,
        ratio: http.rate / raw,
        ...atLeast(http.rate, 5_000),
      },
      {
        what: "  a single emit, ms: p50 / p95 / p99 / max",
        figure: http.ms,
        ...atMost(http.ms.p99, 25, " ms p99"),
      },
      {
        what: "accepted a second, 64 single emitters over REST",
        figure: rest.rate,
        ratio: rest.rate / raw,
        ...{ aim: "≥ 1.5 × GraphQL", isMet: rest.rate >= 1.5 * http.rate },
      },
      {
        what: "  a single emit, ms: p50 / p95 / p99 / max",
        figure: rest.ms,
        ...atMost(rest.ms.p99, 25, " ms p99"),
      },
      {
        what: "accepted a second, 64 single emitters over one websocket",
        figure: socket.rate,
        ratio: socket.rate / raw,
      },
      { what: "  a single emit, ms: p50 / p95 / p99 / max", figure: socket.ms },
      await batches(hub, 100, raw),
      await batches(hub, 1_000, raw),
    ];
  },
};
