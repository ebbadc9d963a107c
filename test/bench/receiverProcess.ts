import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

type Report = {
  port?: number;
  reached?: number;
  latencies?: number[];
  gaps?: number[];
  done?: true;
};

export type BenchReceiver = Disposable & {
  url: string;
  pid: number;
  reset(): Promise<void>;
  /** Settles when so many requests have come since the last reset. */
  until(count: number): Promise<void>;
  /** Milliseconds from `sentAt` to arrival, of every request since the last reset. */
  latencies(): Promise<number[]>;
  /** Milliseconds from each answer to the next request's arrival, since the last reset. */
  gaps(): Promise<number[]>;
};

/** Starts the receiver out of process, so that it takes no time of the load generator's or the hub's. */
export async function startReceiver(): Promise<BenchReceiver> {
  const child = fork(join(import.meta.dirname, "receiver.ts"));
  async function ask(message: object | undefined): Promise<Report> {
    const answer = once(child, "message");
    if (message) child.send(message);
    const [report] = await answer;
    return report;
  }
  const { port } = await ask(undefined);
  return {
    url: `http://127.0.0.1:${port}/in`,
    pid: child.pid ?? 0,
    reset: async () => void (await ask({ reset: true })),
    until: async (count) => void (await ask({ until: count })),
    latencies: async () => (await ask({ latencies: true })).latencies ?? [],
    gaps: async () => (await ask({ gaps: true })).gaps ?? [],
    [Symbol.dispose]: () => void child.kill(),
  };
}
