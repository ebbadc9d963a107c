import type { Pool } from "./client.ts";

/** Rows a statement removes at most: a long DELETE would hold up the deliveries. */
const CHUNK = 2_000;

/**
 * Removes what belongs to events with an id before the given one, but their deliveries: actions with presses and what
 * those sent, runs with their steps, resources as they were sent. Of all events that are not there, or do not fulfil a
 * condition on the event `e`.
 */
export async function removeBelongings(
  session: Pool,
  before: string,
  condition: string,
): Promise<void> {
  const gone = (table: string) => `
    select x.* from signalbox.projects p
    join (select ctid as place, * from signalbox.${table}) x on x.project_id = p.id and x.event_id < $1
    where not exists (select from signalbox.events e
      where e.project_id = x.project_id and e.id = x.event_id and ${condition})`;
  const inChunks = async (statement: string) => {
    while ((await session.unsafe(statement, [before])).count >= CHUNK);
  };
  await inChunks(`
    with gone as (
      delete from signalbox.workflow_runs
      where ctid in (select place from (${gone("workflow_runs")}) x limit ${CHUNK}) returning project_id, id
    ), steps as (
      delete from signalbox.step_runs s using gone where s.project_id = gone.project_id and s.run_id = gone.id
    )
    select id from gone`);
  await inChunks(`
    with gone as (
      delete from signalbox.presses where ctid in (
        select b.ctid from (${gone("actions")}) x
        join signalbox.presses b on b.project_id = x.project_id and b.action_id = x.id limit ${CHUNK})
      returning project_id, id
    ), tried as (
      delete from signalbox.attempts t using gone where t.project_id = gone.project_id and t.delivery_id = gone.id
    )
    select id from gone`);
  for (const table of ["actions", "event_resources"])
    await inChunks(`
      delete from signalbox.${table} where ctid in (select place from (${gone(table)}) x limit ${CHUNK})`);
}
