import type { Pool, Sql } from "./client.ts";
import { unlockPools } from "./jobs.ts";

export type WorkerRow = { id: string; poolId: string };

/** Takes this process's liveness lock: held by its session, so that the server frees it when the process dies. */
export const holdLiveness = (session: Sql, workerId: string) =>
  session`select pg_advisory_lock(hashtextextended(${workerId}, 7276))`;

export const registerWorker = (sql: Sql, worker: WorkerRow & { host: string; pid: number }) => sql`
  insert into signalbox.workers (id, host, pid, pool_id)
  values (${worker.id}, ${worker.host}, ${worker.pid}, ${worker.poolId}) on conflict do nothing`;

export const removeWorker = (sql: Sql, workerId: string) =>
  sql`delete from signalbox.workers where id = ${workerId}`;

/** The registered workers whose liveness lock is free: their processes, or their sessions, are gone. */
export const lifelessWorkers = (sql: Sql, selfId: string) => sql<WorkerRow[]>`
  select id, pool_id as "poolId" from signalbox.workers
  where id <> ${selfId} and not exists (
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
