import { type BenchHub, startHubProcess } from "../hubProcess.ts";
import { concurrently, perSecond } from "../measure.ts";
import { emit, pad, register } from "../operations.ts";
import type { Bench, Line, Part } from "../part.ts";
import { type BenchServer, startServer } from "../server.ts";
import { wallOf } from "../wall.ts";
import { TYPE as DELIVERED, send } from "./delivered.ts";

const DELIVERIES = 20_000;
const SINGLES = 20_000;
const WARM = 4_000;
const EMITTERS = 64;

/** One process for emits and so many for deliveries; their rate, and where the time went. */
async function withWorkers(server: BenchServer, { target }: Bench, count: number) {
  await using stack = new AsyncDisposableStack();
  const url = await server.newDatabase();
  const api = stack.use(await startHubProcess(server.hubOn(url, "api")));
  const workers: BenchHub[] = [];
  for (let index = 0; index < count; index++)
    workers.push(stack.use(await startHubProcess(server.hubOn(url, "worker"))));
  await register(api, target.url, DELIVERED);
  await send(api, target, WARM);
  const pids = { hubs: [api, ...workers].map(({ pid }) => pid), loaders: [target.pid] };
  let rate = 0;
  const wall = await wallOf(server, url, pids, DELIVERIES, async () => {
    rate = await perSecond(DELIVERIES, () => send(api, target, DELIVERIES));
  });
  return { rate, wall };
}

/** So many processes for emits and none for deliveries; emitters are shared out among them. */
async function withApis(server: BenchServer, count: number) {
  await using stack = new AsyncDisposableStack();
  const url = await server.newDatabase();
  const apis: BenchHub[] = [];
  for (let index = 0; index < count; index++)
    apis.push(stack.use(await startHubProcess(server.hubOn(url, "api"))));
  const one = (index: number) => {
    const api = apis[index % count];
    if (!api) throw new Error("no process");
    return emit(api, { type: "bench.single", data: { pad } });
  };
  await concurrently(WARM, EMITTERS, one);
  const pids = { hubs: apis.map(({ pid }) => pid), loaders: [] };
  let rate = 0;
  const wall = await wallOf(server, url, pids, SINGLES, async () => {
    rate = await perSecond(SINGLES, () => concurrently(SINGLES, EMITTERS, one));
  });
  return { rate, wall };
}

/** What more processes bring. All of them, PostgreSQL, sender and receiver share the processors of this machine. */
export const scaleOut: Part = {
  name: "scale-out",
  async measure(bench) {
    await using server = await startServer();
    const lines: Line[] = [];
    const add = (what: string, { rate, wall }: { rate: number; wall: Line[] }, first: number) =>
      lines.push(
        { what, figure: rate, ratio: rate / bench.raw },
        { what: "  times one process", figure: rate / first, unit: " ×" },
        ...wall,
      );
    let first = 0;
    for (const count of [1, 2, 3]) {
      const result = await withWorkers(server, bench, count);
      first ||= result.rate;
      add(`delivered a second, ${count} × worker beside 1 × api`, result, first);
    }
    first = 0;
    for (const count of [1, 2]) {
      const result = await withApis(server, count);
      first ||= result.rate;
      add(`single emits a second, ${count} × api, 64 emitters`, result, first);
    }
    return lines;
  },
};
