import type { Pool } from "./client.ts";

/** Rows a statement removes at most: a long DELETE would hold up the deliveries. */
const CHUNK = 2_000;
/** Rows that are looked for at once: that reads all there are, so not for each chunk. */
const FOUND = 50_000;

/** A row by its table's key: the column beside `project_id`. */
type Key = { projectId: string; id: string };

/** The rows of a statement's `x` that these keys name. */
const KEYS = "unnest($1::uuid[], $2::uuid[]) as x(project_id, id)";

/** Finds rows, and removes them some at a time, until it finds no more. */
async function removeAll(
  session: Pool,
  before: string,
  find: string,
  remove: string,
): Promise<void> {
  let found: Key[];
  do {
    found = await session.unsafe<Key[]>(`${find} limit ${FOUND}`, [before]);
    for (let at = 0; at < found.length; at += CHUNK) {
      const some = found.slice(at, at + CHUNK);
      await session.unsafe(remove, [
        some.map(({ projectId }) => projectId),
        some.map(({ id }) => id),
      ]);
    }
  } while (found.length === FOUND);
}

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
  // What the event is said to lie before follows from the rest; it leaves its younger ranges out.
  const gone = (table: string) => `
    from signalbox.projects p
    join signalbox.${table} t on t.project_id = p.id and t.event_id < $1
    where not exists (select from signalbox.events e
      where e.project_id = t.project_id and e.id = t.event_id and e.id < $1 and ${condition})`;
  const find = (table: string, key = "id") =>
    `select t.project_id as "projectId", t.${key} as id ${gone(table)}`;
  await removeAll(
    session,
    before,
    find("workflow_runs"),
    `with steps as (
      delete from signalbox.step_runs s using ${KEYS} where s.project_id = x.project_id and s.run_id = x.id
    )
    delete from signalbox.workflow_runs r using ${KEYS} where r.project_id = x.project_id and r.id = x.id`,
  );
  await removeAll(
    session,
    before,
    `select b.project_id as "projectId", b.id from (select t.project_id, t.id ${gone("actions")}) a
      join signalbox.presses b on b.project_id = a.project_id and b.action_id = a.id`,
    `with tried as (
      delete from signalbox.attempts t using ${KEYS} where t.project_id = x.project_id and t.delivery_id = x.id
    )
    delete from signalbox.presses b using ${KEYS} where b.project_id = x.project_id and b.id = x.id`,
  );
  for (const [table, key] of [
    ["actions", "id"],
    ["event_resources", "event_id"],
  ] as const)
    await removeAll(
      session,
      before,
      find(table, key),
      `delete from signalbox.${table} t using ${KEYS} where t.project_id = x.project_id and t.${key} = x.id`,
    );
}
