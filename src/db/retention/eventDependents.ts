import type { Pool } from "../connection/client.ts";
import { removeInChunks } from "./removeInChunks.ts";

/** A row's key: its column beside `project_id`. */
type Key = { projectId: string; id: string };

/** Dependents of some events: `of` gives the SQL from `from` on for rows `t` of a table, `values` its parameters. */
type Owners = { of: (table: string) => string; values: (string | string[])[] };

/** Dependents of these events of a project. */
export const ofEvents = (projectId: string, ids: string[]): Owners => ({
  of: (table) =>
    `from unnest($2::uuid[]) x join signalbox.${table} t on t.project_id = $1 and t.event_id = x`,
  values: [projectId, ids],
});

/**
 * Dependents of events before an id that are missing or fail a condition on the event `e`. The bound on `e.id` is
 * redundant: it prunes newer partitions.
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
 * Deletes the dependents of events except deliveries: actions with presses and their attempts, runs with their steps,
 * and the resources that were sent.
 */
export async function removeEventDependents(sql: Pool, { of, values }: Owners): Promise<void> {
  const removeAll = (find: string, remove: string) =>
    removeInChunks<Key>(
      (limit) => sql.unsafe<Key[]>(`${find} limit ${limit}`, values),
      async (keys) => {
        for (const [projectId, some] of Map.groupBy(keys, ({ projectId }) => projectId))
          await sql.unsafe(remove, [projectId, some.map(({ id }) => id)]);
      },
    );
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
    ["event_bodies", "event_id"],
  ] as const)
    await removeAll(
      find(table, key),
      `delete from signalbox.${table} where project_id = $1 and ${key} = any($2::uuid[])`,
    );
}
