import type { Pool, Sql, Tx } from "../connection/client.ts";
import { enterFeed } from "../feed/record.ts";
import { addJobs } from "../queue/jobs.ts";

/** Events that get their places together with a later one. */
const AT_ONCE = 1_000;

/**
 * Gives a place among others to events that have none: those written through SQL, in the order in which they were
 * written, and scheduled ones. `ids`: events to be matched; earlier ones from SQL get theirs, too.
 */
export const takePlaces = (sql: Pool, projectId: string, ids: string[]) =>
  sql.begin(async (tx) => {
    await enterFeed(tx, projectId);
    await tx`
      insert into signalbox.order_gates (project_id, event_id, place)
      select ${projectId}, e.id, row_number() over (order by coalesce(e.due_at, e.received_at), e.id)
        + (select coalesce(max(place), 0) from signalbox.order_gates where project_id = ${projectId})
      from (
        select e.id, e.due_at, e.received_at from signalbox.events e
        where e.project_id = ${projectId} and e.id = any(${ids}::uuid[])
          and (e.status = 'STAGED' or (e.status = 'SCHEDULED' and e.due_at <= now()))
        union
        (select e.id, e.due_at, e.received_at from signalbox.events e
        where e.project_id = ${projectId} and e.config_version is null and e.scheduled_for is null
          and e.status = 'STAGED' and e.origin = 'SQL'
        order by e.received_at limit ${AT_ONCE})) e
      on conflict do nothing`;
  });

/** The first events in their places that are not matched yet. */
export const firstInOrder = async (sql: Sql, projectId: string): Promise<string[]> => {
  const rows = await sql<{ id: string }[]>`
    select event_id as id from signalbox.order_gates where project_id = ${projectId} order by place limit ${AT_ONCE}`;
  return rows.map(({ id }) => id);
};

/** Takes their places from events, under the lock of the project's head: nothing waits for them any more. */
export async function leavePlaces(tx: Tx, projectId: string, ids: string[]): Promise<void> {
  const { count } = await tx`
    delete from signalbox.order_gates where project_id = ${projectId} and event_id = any(${ids}::uuid[])`;
  const eventIds = count > 0 ? await firstInOrder(tx, projectId) : [];
  if (eventIds.length > 0)
    await addJobs(tx, [{ identifier: "dispatch", payload: { projectId, eventIds } }]);
}
