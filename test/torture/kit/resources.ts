import { readdir, readFile, readlink } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { Sql } from "../../../src/db/connection/client.ts";

/** What hub processes hold at a moment, each on average. */
export type Held = { rssMiB: number; sockets: number; connections: number };

async function rssOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024;
}

async function socketsOf(pid: number): Promise<number> {
  const files = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(
    files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => "")),
  );
  return targets.filter((target) => target.startsWith("socket:")).length;
}

/**
 * What may be held more than at the start: 10 %, and what warming up takes. The young generation is kept as large as a
 * load has made it: twice the 64 MiB that `npm start` sets.
 */
const allowance: Held = { rssMiB: 128, sockets: 10, connections: 4 };

/** Whether no more is held than at the start. */
export const isBack = (start: Held, end: Held): boolean =>
  (Object.keys(allowance) as (keyof Held)[]).every(
    (name) => end[name] <= start[name] * 1.1 + allowance[name],
  );

/** The hub keeps an idle connection of a client for 65 s. */
const IDLE_ENDS_WITHIN_MS = 80_000;

/** What is held at the end, once idle connections have been closed. */
export async function heldAtRest(
  pids: number[],
  sql: Sql,
  start: Held | null,
): Promise<Held | null> {
  const giveUpAt = performance.now() + IDLE_ENDS_WITHIN_MS;
  for (;;) {
    const end = await heldBy(pids, sql);
    if (!start || !end || isBack(start, end) || performance.now() > giveUpAt) return end;
    await pause(200);
  }
}

/** Reads it off /proc and the server; null where there is no /proc. */
export async function heldBy(pids: number[], sql: Sql): Promise<Held | null> {
  if (process.platform !== "linux" || pids.length === 0) return null;
  const sum = (numbers: number[]) => numbers.reduce((all, one) => all + one, 0) / pids.length;
  const [row] = await sql<{ count: number }[]>`select count(*)::int as count from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`;
  return {
    rssMiB: sum(await Promise.all(pids.map(rssOf))),
    sockets: sum(await Promise.all(pids.map(socketsOf))),
    connections: (row?.count ?? 0) / pids.length,
  };
}
