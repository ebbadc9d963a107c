import type { Sql } from "../connection/client.ts";
import type { Fragment } from "../page/page.ts";

/**
 * What waits, over all projects, is looked for by loose index scans: a probe for each project or queue that has any,
 * however long its queue is. Citus knows no recursion over nodes. There each node probes for every project or queue of its
 * own, and rows are joined by their project, too, since that says that they are on one node.
 */

/** The projects that have events like these, as the CTE `project`. */
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

/** Every queue that has anything waiting, as the CTE `waiting`. */
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
 * That a row `q` is in the queue: found by the hook alone. With the project beside it, its whole queue might be read for
 * each queue while the table is believed to be empty.
 */
export const inQueue = (sql: Sql): Fragment =>
  sql.isDistributed
    ? sql`q.project_id = waiting.project_id and q.hook_id = waiting.hook_id`
    : sql`q.hook_id = waiting.hook_id`;
