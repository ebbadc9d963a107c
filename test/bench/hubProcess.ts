import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Pool } from "undici";
import { testKey } from "../fixtures/hub.ts";

export type BenchHub = AsyncDisposable & {
  url: string;
  key: string;
  /** One GraphQL operation over kept connections; throws on any error. */
  run<Data>(query: string, variables?: object): Promise<Data>;
  /** User and system CPU time of the hub's own process so far, in seconds. */
  pid: number;
};

/** A hub as a newcomer starts it (embedded PostgreSQL, all roles, durable), in a directory of its own. */
export async function startHubProcess(): Promise<BenchHub> {
  const dataDir = await mkdtemp(join(tmpdir(), "signalbox-bench-"));
  const key = testKey();
  const child = spawn(process.execPath, [join(import.meta.dirname, "../../src/main.ts")], {
    env: {
      PATH: process.env.PATH,
      PORT: "0",
      SIGNALBOX_DATA: dataDir,
      SIGNALBOX_ADMIN_KEY: key,
      LOG_LEVEL: "warn",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the hub ended with exit code ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const [, found] = /GraphiQL: (\S+)\/graphql/.exec(line) ?? [];
      if (found) resolve(found);
    });
  });
  const pool = new Pool(url, { connections: 64, pipelining: 1 });
  return {
    url,
    key,
    pid: child.pid ?? 0,
    async run<Data>(query: string, variables?: object) {
      const { body } = await pool.request({
        path: "/graphql",
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify({ query, variables }),
      });
      const answer = (await body.json()) as { data: Data; errors?: unknown };
      if (answer.errors) throw new Error(JSON.stringify(answer.errors));
      return answer.data;
    },
    async [Symbol.asyncDispose]() {
      await pool.close();
      child.kill("SIGTERM");
      await once(child, "exit");
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
