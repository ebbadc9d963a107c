import type { Sql } from "../connection/client.ts";
import type { Fragment } from "../page/page.ts";

/**
 * Waiting work of all projects is found by loose index scans: one probe per project or queue that has any, however long
 * the queue is. Citus cannot run a recursion across nodes. There each node probes for every one of its projects or
 * queues, and joins include the project id, which shows Citus that both rows are on one node.
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
