import type { Sql } from "../connection/client.ts";
import type { Fragment } from "../page/page.ts";

/**
 * Why some SQL has an unusual form: Citus may hold each project on a node of its own.
 *
 * - Citus sends a statement to a project's node, and joins there, only if it sees the project id. So the condition of
 *   every table has it, even beside an id that is unique.
 * - It refuses a STABLE function of a column in an UPDATE. `timestamptz + interval` is STABLE and `timestamp + interval`
 *   is not, so times are computed `at time zone 'UTC'` and converted back.
 * - It cannot take the project id of a subquery from the row outside: `q.project_id = ${projectId}`, not
 *   `q.project_id = b.project_id`. Nor lock rows by such a statement.
 * - It loses the value before the first `when` of a `case`, in a statement whose functions it evaluates first: `case
 *   when x = y`.
 * - In an UPDATE it refuses functions that are not IMMUTABLE within `case`, `coalesce` and `returning`, and VOLATILE
 *   ones anywhere: `statement_timestamp()`, not `clock_timestamp()`.
 * - A function that reads tables is called alone, with parameters. In a statement with a table it would be called on a
 *   node, where it may not read any.
 * - It has no triggers on distributed tables.
 * - It cannot run a recursion across nodes. Waiting work of all projects is otherwise found by loose index scans: one
 *   probe per project or queue that has any, however long the queue is. On Citus each node probes for every one of its
 *   projects or queues.
 */

/** The projects with events that meet `condition`, as the CTE `project`. */
export const projectsWith = (sql: Sql, condition: Fragment): Fragment =>
  sql.isDistributed
    ? sql`project as (select project_id from signalbox.heads)`
    : sql`
      recursive project as (
        (select project_id from signalbox.events where ${condition} order by project_id limit 1)
        union all
        select n.project_id from project, lateral (
          select e.project_id from signalbox.events e where ${condition} and e.project_id > project.project_id
          order by e.project_id limit 1) n
      )`;

/** Every queue with waiting deliveries, as the CTE `waiting`. */
export const waitingQueues = (sql: Sql): Fragment =>
  sql.isDistributed
    ? sql`waiting as (select project_id, id as hook_id from signalbox.hooks)`
    : sql`
      recursive waiting as (
        (select project_id, hook_id from signalbox.queue order by hook_id limit 1)
        union all
        select n.project_id, n.hook_id from waiting, lateral (
          select project_id, hook_id from signalbox.queue q where q.hook_id > waiting.hook_id
          order by q.hook_id limit 1) n
      )`;

/**
 * The condition that a row `q` is in the queue, by the hook alone. With the project id beside it, the planner might
 * read a project's whole queue for each hook while statistics say that the table is empty.
 */
export const inQueue = (sql: Sql): Fragment =>
  sql.isDistributed
    ? sql`q.project_id = waiting.project_id and q.hook_id = waiting.hook_id`
    : sql`q.hook_id = waiting.hook_id`;

/**
 * A condition for a table that is joined with a list of projects: on a node, where the list has one project, Citus must
 * see it in the table's own condition.
 */
export const ofProjects = (sql: Sql, column: Fragment, rows: { projectId: string }[]): Fragment =>
  sql.isDistributed
    ? sql`and ${column} = any(${[...new Set(rows.map((row) => row.projectId))]}::uuid[])`
    : sql``;
