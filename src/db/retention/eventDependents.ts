import type { Pool } from "../connection/client.ts";
import { atLeisure } from "./throttle.ts";

/** Rows a statement removes at most: a long DELETE would hold up the deliveries. */
const CHUNK = 500;
/** Rows that are looked for at once: that reads all there are, so not for each chunk. */
const FOUND = 50_000;

/** A row by its table's key: the column beside `project_id`. */
type Key = { projectId: string; id: string };

/** The rows of a statement's `x` that these keys name. */
const KEYS = "unnest($1::uuid[], $2::uuid[]) as x(project_id, id)";

/** Events, by what belongs to them: the rows `t` of a table, as SQL from its `from` on, with its parameters. */
type Owners = { of: (table: string) => string; values: (string | string[])[] };

/** The events that these keys name. */
export const ofEvents = (projectIds: string[], ids: string[]): Owners => ({
  of: (table) =>
    `from ${KEYS} join signalbox.${table} t on t.project_id = x.project_id and t.event_id = x.id`,
  values: [projectIds, ids],
});

/**
 * All events with an id before the given one that are not there, or do not fulfil a condition on the event `e`. That it
 * lies before as well follows from the rest; it leaves the younger ranges out.
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
export async function removeBelongings(sql: Pool, { of, values }: Owners): Promise<void> {
  /** Finds rows, and removes them some at a time, until it finds no more. */
  async function removeAll(find: string, remove: string): Promise<void> {
    let found: Key[];
    do {
      found = await sql.unsafe<Key[]>(`${find} limit ${FOUND}`, values);
      for (let at = 0; at < found.length; at += CHUNK) {
        const some = found.slice(at, at + CHUNK);
        const keys = [some.map(({ projectId }) => projectId), some.map(({ id }) => id)];
        await atLeisure(() => sql.unsafe(remove, keys));
      }
    } while (found.length === FOUND);
  }
  const find = (table: string, key = "id") =>
    `select t.project_id as "projectId", t.${key} as id ${of(table)}`;
  await removeAll(
    find("workflow_runs"),
    `with steps as (
      delete from signalbox.step_runs s using ${KEYS} where s.project_id = x.project_id and s.run_id = x.id
    )
    delete from signalbox.workflow_runs r using ${KEYS} where r.project_id = x.project_id and r.id = x.id`,
  );
  await removeAll(
    `select b.project_id as "projectId", b.id from (select t.project_id, t.id ${of("actions")}) a
      join signalbox.presses b on b.project_id = a.project_id and b.action_id = a.id`,
    `with tried as (
      delete from signalbox.earlier_attempts t using ${KEYS} where t.project_id = x.project_id and t.delivery_id = x.id
    )
    delete from signalbox.presses b using ${KEYS} where b.project_id = x.project_id and b.id = x.id`,
  );
  for (const [table, key] of [
    ["actions", "id"],
    ["event_resources", "event_id"],
  ] as const)
    await removeAll(
      find(table, key),
      `delete from signalbox.${table} t using ${KEYS} where t.project_id = x.project_id and t.${key} = x.id`,
    );
}
