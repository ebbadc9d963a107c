import type { Pool } from "../connection/client.ts";
import { throttled } from "./throttle.ts";

/** Rows a statement removes at most: a long DELETE would hold up the deliveries. */
const CHUNK = 500;
/** Rows that are looked for at once: that reads all there are, so not for each chunk. */
const FOUND = 50_000;

/** A row by its table's key: the column beside `project_id`. */
type Key = { projectId: string; id: string };

/** Events, by what belongs to them: the rows `t` of a table, as SQL from its `from` on, with its parameters. */
type Owners = { of: (table: string) => string; values: (string | string[])[] };

/** These events of a project. */
export const ofEvents = (projectId: string, ids: string[]): Owners => ({
  of: (table) =>
    `from unnest($2::uuid[]) x join signalbox.${table} t on t.project_id = $1 and t.event_id = x`,
  values: [projectId, ids],
});

/**
 * All events with an id before the given one that are not there, or do not fulfil a condition on the event `e`. That it
 * lies before as well follows from the rest; it leaves the younger partitions out.
 */
export const ofGone = (before: string, condition: string): Owners => ({
  of: (table) => `
    from signalbox.projects p
    join signalbox.${table} t on t.project_id = p.id and t.event_id < $1
    where not exists (select from signalbox.events e
      where e.project_id = t.project_id and e.id = t.event_id and e.id < $1 and ${condition})`,
  values: [before],
});

/**
 * Removes what belongs to events, but their deliveries: actions with presses and what those sent, runs with their
 * steps, resources as they were sent.
 */
export async function removeEventDependents(sql: Pool, { of, values }: Owners): Promise<void> {
  /** Finds rows, and removes them some at a time, until it finds no more. */
  async function removeAll(find: string, remove: string): Promise<void> {
    let found: Key[];
    do {
      found = await sql.unsafe<Key[]>(`${find} limit ${FOUND}`, values);
      for (let at = 0; at < found.length; at += CHUNK) {
        const some = Map.groupBy(found.slice(at, at + CHUNK), ({ projectId }) => projectId);
        for (const [projectId, keys] of some)
          await throttled(() => sql.unsafe(remove, [projectId, keys.map(({ id }) => id)]));
      }
    } while (found.length === FOUND);
  }
  const find = (table: string, key = "id") =>
    `select t.project_id as "projectId", t.${key} as id ${of(table)}`;
  await removeAll(
    find("workflow_runs"),
    `with steps as (
      delete from signalbox.step_runs where project_id = $1 and run_id = any($2::uuid[])
    )
    delete from signalbox.workflow_runs where project_id = $1 and id = any($2::uuid[])`,
  );
  await removeAll(
    `select b.project_id as "projectId", b.id from (select t.project_id, t.id ${of("actions")}) a
      join signalbox.presses b on b.project_id = a.project_id and b.action_id = a.id`,
    `with tried as (
      delete from signalbox.earlier_attempts where project_id = $1 and delivery_id = any($2::uuid[])
    )
    delete from signalbox.presses where project_id = $1 and id = any($2::uuid[])`,
  );
  for (const [table, key] of [
    ["actions", "id"],
    ["event_resources", "event_id"],
  ] as const)
    await removeAll(
      find(table, key),
      `delete from signalbox.${table} where project_id = $1 and ${key} = any($2::uuid[])`,
    );
}
