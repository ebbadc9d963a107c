import type { Pool } from "./client.ts";

/** Rows a statement removes at most: a long DELETE would hold up the deliveries. */
const CHUNK = 2_000;

/** Repeats a bounded DELETE until it removes less than a chunk. */
async function inChunks(remove: () => Promise<{ count: number }>): Promise<void> {
  while ((await remove()).count >= CHUNK);
}

/** Idempotency keys are kept for 24 hours. */
export const removeOldKeys = (sql: Pool) =>
  inChunks(
    () => sql`delete from signalbox.idempotency_keys where ctid in (
      select ctid from signalbox.idempotency_keys where created_at < now() - interval '24 hours' limit ${CHUNK})`,
  );

/**
 * Removes feed rows older than so many days; the horizon moves first, so that a cursor before it is told
 * CURSOR_EXPIRED and never meets a silent gap.
 */
export async function removeOldChanges(sql: Pool, days: number): Promise<void> {
  const [row] = await sql<{ position: string | null }[]>`
    select max(position) as position from signalbox.changes where at < now() - ${days} * interval '1 day'`;
  if (row?.position == null) return;
  await sql`insert into signalbox.settings (name, value) values ('feed_horizon', ${row.position})
    on conflict (name) do update set value = excluded.value`;
  await inChunks(
    () => sql`delete from signalbox.changes where position in (
      select position from signalbox.changes where position <= ${row.position} limit ${CHUNK})`,
  );
}

/** Removes ended events older than so many days, with their deliveries and attempts. */
export const removeOldEvents = (sql: Pool, days: number) =>
  inChunks(
    () => sql`
      with old as (
        select e.project_id, e.id from signalbox.events e
        where e.received_at < now() - ${days} * interval '1 day' and e.status in ('PROCESSED', 'FAILED')
        limit ${CHUNK}
      ), gone as (
        delete from signalbox.deliveries d using old where d.project_id = old.project_id and d.event_id = old.id
        returning d.project_id, d.id
      ), tried as (
        delete from signalbox.attempts a using gone where a.project_id = gone.project_id and a.delivery_id = gone.id
      )
      delete from signalbox.events e using old where e.project_id = old.project_id and e.id = old.id`,
  );
