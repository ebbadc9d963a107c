import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type BenchHub, startHubProcess } from "../hubProcess.ts";
import { atRate, spread } from "../measure.ts";
import { emit } from "../operations.ts";
import { atMost, type Line, type Part } from "../part.ts";
import { usageOf } from "../usage.ts";

const RATE = 50;
const SECONDS = 10;
/** So many follow one context: what one page or device looks at. */
const PER_CONTEXT = 10;
/** A socket has 50 subscriptions at most, a key 100 sockets. */
const PER_SOCKET = 50;
const PER_KEY = 100 * PER_SOCKET;

const CREATE = `mutation ($name: String!) {
  createApiKey(input: { name: $name, role: VIEWER }) { key userErrors { message } } }`;

async function newKey(hub: BenchHub, name: string): Promise<string> {
  const { createApiKey } = await hub.run<{ createApiKey: { key: string } }>(CREATE, { name });
  return createApiKey.key;
}

async function withSubscribers(count: number): Promise<Line[]> {
  await using hub = await startHubProcess();
  const before = await usageOf(hub.pid);
  const keys: string[] = [];
  for (let from = 0; from < count; from += PER_KEY) keys.push(await newKey(hub, `key ${from}`));
  // Out of process, so that they take no time of the hub's or the emitter's.
  const child = fork(join(import.meta.dirname, "../subscriberProcess.ts"));
  const subscribed = once(child, "message");
  child.send({ url: hub.url, keys, count, perContext: PER_CONTEXT, perSocket: PER_SOCKET });
  await subscribed;
  const after = await usageOf(hub.pid);
  const contexts = count / PER_CONTEXT;
  const sockets = Math.ceil(count / PER_SOCKET);
  const one = (index: number) =>
    emit(hub, {
      type: "bench.live",
      contextId: `context ${index % contexts}`,
      data: { sentAt: String(process.hrtime.bigint()) },
    });
  await atRate(RATE, 2, one);
  const reported = once(child, "message");
  child.send({ expect: RATE * SECONDS * PER_CONTEXT });
  const quiet = await usageOf(hub.pid);
  await atRate(RATE, SECONDS, one);
  const [lags] = (await reported) as [number[]];
  const busy = await usageOf(hub.pid);
  child.kill();
  const { p99 } = spread(lags);
  const isAimed = count === 10_000;
  const held = after?.hub.rssMiB ?? 0;
  return [
    {
      what: `${count} subscriptions on ${sockets} sockets, ten to a context, ${RATE} events/s, ms behind: p50 / p95 / p99 / max`,
      figure: spread(lags),
      ...(isAimed && atMost(p99, 250, " ms p99")),
    },
    ...(before && after && quiet && busy
      ? [
          {
            what: "  % of a core, the hub's own process",
            figure: ((busy.hub.seconds - quiet.hub.seconds) / SECONDS) * 100,
          },
          {
            what: "  MiB of memory of the process",
            figure: held,
            ...(isAimed && atMost(held, 1_536, " MiB")),
          },
          {
            what: "  KiB a subscription",
            figure: ((held - before.hub.rssMiB) * 1_024) / count,
          },
        ]
      : []),
  ];
}

/** Many who watch something of their own. */
export const subscribers: Part = {
  name: "subscribers",
  async measure({ scale }) {
    const lines: Line[] = [];
    for (const count of [100, 1_000, 10_000]) {
      lines.push(...(await withSubscribers(Math.max(PER_CONTEXT, count * scale))));
    }
    return lines;
  },
};
