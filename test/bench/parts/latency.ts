import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { type BenchHub, startHubProcess } from "../hubProcess.ts";
import { atRate, type Spread, spread } from "../measure.ts";
import { emit, register } from "../operations.ts";
import { atMost, type Line, type Part } from "../part.ts";
import type { BenchReceiver } from "../receiverProcess.ts";

const SECONDS = 10;
/** What a hook that is to receive them takes. */
export const TYPE = "bench.latency";

const now = () => process.hrtime.bigint();
const sinceThen = (sentAt: string) => Number(now() - BigInt(sentAt)) / 1e6;

/** Notes how old each event is when a subscriber has it, in milliseconds. */
function subscribe(hub: BenchHub) {
  const client = createClient({
    url: `${hub.url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${hub.key}` },
  });
  const seen: number[] = [];
  const query = `subscription { eventEmitted(types: ["${TYPE}"]) { event { data } } }`;
  type Item = { eventEmitted: { event: { data: { sentAt: string } } } };
  client.subscribe<Item>(
    { query },
    {
      next: ({ data }) => {
        if (data) seen.push(sinceThen(data.eventEmitted.event.data.sentAt));
      },
      error: (error) => {
        throw error;
      },
      complete: () => {},
    },
  );
  return { seen, [Symbol.asyncDispose]: async () => client.dispose() };
}

/** How old events are when the receiver, and a subscriber, has them. */
export async function latencyAt(
  hub: BenchHub,
  target: BenchReceiver,
  rate: number,
): Promise<{ receiver: Spread; seen: Spread }> {
  await using subscriber = subscribe(hub);
  const one = () => emit(hub, { type: TYPE, data: { sentAt: String(now()) } });
  await atRate(rate, 2, one);
  await target.reset();
  subscriber.seen.length = 0;
  await atRate(rate, SECONDS, one);
  await target.until(rate * SECONDS);
  return { receiver: spread(await target.latencies()), seen: spread(subscriber.seen) };
}

async function atSpeed(hub: BenchHub, target: BenchReceiver, rate: number): Promise<Line[]> {
  const { receiver, seen } = await latencyAt(hub, target, rate);
  const isAimed = rate === 200;
  return [
    {
      what: `emit to receiver at ${rate}/s, ms: p50 / p95 / p99 / max`,
      figure: receiver,
      ...(isAimed && {
        aim: "≤ 5 p50, ≤ 25 p99",
        isMet: receiver.p50 <= 5 && receiver.p99 <= 25,
      }),
    },
    {
      what: `emit to subscriber at ${rate}/s, ms: p50 / p95 / p99 / max`,
      figure: seen,
      ...(isAimed && atMost(seen.p99, 25, " ms p99")),
    },
  ];
}

/** How old an event is when it is there, at rates at which nothing piles up. */
export const latency: Part = {
  name: "latency",
  async measure({ target }) {
    await using hub = await startHubProcess();
    await register(hub, target.url, TYPE);
    const lines: Line[] = [];
    for (const rate of [50, 200, 1_000]) lines.push(...(await atSpeed(hub, target, rate)));
    return lines;
  },
};
