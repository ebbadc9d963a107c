import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { openSession, type Pool } from "../../../src/db/connection/client.ts";
import { testKey } from "../../fixtures/hub.ts";
import { type Caller, startHubProcess } from "../hubProcess.ts";
import { concurrently, forSeconds } from "../measure.ts";
import { emit, pad } from "../operations.ts";
import { closing } from "../server.ts";
import type { Figure, Measurement } from "./measurement.ts";
import { type SlowableServer, startSlowableServer } from "./slowableServer.ts";

const run = promisify(execFile);
const here = join(import.meta.dirname, "../../..");
const COUNTS = [1, 4, 16];
const SECONDS = 5;
const LEAST_SECONDS = 2;
const CALLERS = 64;
const WARM = 3_000;
const input = { type: "bench.project", data: { pad } };

/** A new project's key. */
async function createProject(home: string, env: Record<string, string>, name: string) {
  const args = [join(home, "src/cli/main.ts"), "project", "create", name, "--json"];
  const { stdout } = await run(process.execPath, args, { env: { PATH: process.env.PATH, ...env } });
  return String(JSON.parse(stdout).key);
}

/** Transactions that have written: each has a number of its own. */
async function written(sql: Pool): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select pg_snapshot_xmax(pg_current_snapshot())::text::float8 as count`;
  return row?.count ?? Number.NaN;
}

/** One of the callers after the other. */
const emitBy = (callers: Caller[]) => async (index: number) => {
  const caller = callers[index % callers.length];
  if (caller) await emit(caller, input);
};

async function rates(sql: Pool, callers: Caller[], seconds: number, how: string) {
  const before = await written(sql);
  const count = await forSeconds(seconds, CALLERS, emitBy(callers));
  const commits = (await written(sql)) - before;
  const figures: Figure[] = [
    {
      what: `projects that emit at once: ${callers.length}${how}; events a second`,
      value: count / seconds,
    },
    { what: "  commits a second", value: commits / seconds },
  ];
  return figures;
}

async function ofEach(
  server: SlowableServer,
  callers: Caller[],
  seconds: number,
): Promise<Figure[]> {
  await using session = closing(openSession(server.url));
  const figures: Figure[] = [];
  for (const how of ["", ", each flush 5 ms slower"]) {
    const isThere = how === "" || (await server.slowDown());
    for (const count of COUNTS) {
      const found = await rates(session.it, callers.slice(0, count), isThere ? seconds : 0, how);
      figures.push(...found);
    }
  }
  return figures;
}

/** Whether projects wait for each other's commits: 64 callers, shared out among them; nobody receives. */
export const projects: Measurement = {
  rounds: 2,
  async measure({ scale }, checkout) {
    await using server = await startSlowableServer();
    const env = {
      DATABASE_URL: server.url,
      SIGNALBOX_SECRET_KEY: randomBytes(32).toString("base64"),
      SIGNALBOX_ADMIN_KEY: testKey(),
    };
    await using hub = await startHubProcess({ ...checkout, env });
    const keys: string[] = [];
    await concurrently(Math.max(...COUNTS), 2, async (index) => {
      keys.push(await createProject(checkout.home ?? here, env, `bench ${index}`));
    });
    const callers = keys.map((key) => hub.callerWith(key));
    await concurrently(WARM, CALLERS, emitBy(callers));
    return await ofEach(server, callers, Math.max(LEAST_SECONDS, SECONDS * scale));
  },
};
