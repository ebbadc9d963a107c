import type { Pool, Sql } from "../connection/client.ts";
import { isLifeless } from "../connection/locks.ts";
import type { workers } from "../schema/deliveryTables.ts";
import { unlockPools } from "./jobs.ts";

type WorkerRow = Pick<typeof workers.$inferSelect, "id" | "poolId">;

export const removeWorker = (sql: Sql, workerId: string) =>
  sql`delete from signalbox.workers where id = ${workerId}`;

/** Registers this worker if needed. Returns the other workers, and for each whether its liveness lock is free. */
export const registerWorker = (
  sql: Sql,
  { id, poolId, host, pid, key }: WorkerRow & { host: string; pid: number; key: string },
) => sql<(WorkerRow & { isLifeless: boolean })[]>`
  with self as (
    insert into signalbox.workers as w (id, host, pid, pool_id, liveness_key)
    values (${id}, ${host}, ${pid}, ${poolId}, ${key})
    on conflict (id) do update set liveness_key = excluded.liveness_key
    where w.liveness_key is distinct from excluded.liveness_key
  )
  select id, pool_id as "poolId", ${isLifeless(sql)} as "isLifeless" from signalbox.workers where id <> ${id}`;

/** Deletes dead workers and unlocks their jobs, so that others take them at once. */
export const removeDeadWorkers = (sql: Pool, dead: WorkerRow[]) =>
  sql.begin(async (tx) => {
    await unlockPools(
      tx,
      dead.map(({ poolId }) => poolId),
    );
    await tx`delete from signalbox.workers where id = any(${dead.map(({ id }) => id)}::uuid[])`;
  });
