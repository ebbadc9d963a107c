import type { Pool, Sql } from "./client.ts";
import { unlockPools } from "./jobs.ts";

export type WorkerRow = { id: string; poolId: string };

/** Takes this process's liveness lock: held by its session, so that the server frees it when the process dies. */
export const holdLiveness = (session: Sql, workerId: string) =>
  session`select pg_advisory_lock(hashtextextended(${workerId}, 7276))`;

export const removeWorker = (sql: Sql, workerId: string) =>
  sql`delete from signalbox.workers where id = ${workerId}`;

/**
 * Registers this worker, should it not be, and gives back the others whose liveness lock is free: their processes, or
 * their sessions, are gone.
 */
export const lifelessBeside = (
  sql: Sql,
  { id, poolId, host, pid }: WorkerRow & { host: string; pid: number },
) => sql<WorkerRow[]>`
  with self as (
    insert into signalbox.workers (id, host, pid, pool_id) values (${id}, ${host}, ${pid}, ${poolId})
    on conflict do nothing
  )
  select id, pool_id as "poolId" from signalbox.workers
  where id <> ${id} and not exists (
    select from pg_locks
    where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())
      and (classid::bigint << 32 | objid::bigint) = hashtextextended(id::text, 7276))`;

/** Forgets dead workers and frees the jobs they had locked, so that others take them at once. */
export const buryWorkers = (sql: Pool, dead: WorkerRow[]) =>
  sql.begin(async (tx) => {
    await unlockPools(
      tx,
      dead.map(({ poolId }) => poolId),
    );
    await tx`delete from signalbox.workers where id = any(${dead.map(({ id }) => id)}::uuid[])`;
  });
