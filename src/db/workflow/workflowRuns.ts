import type { Sql, Tx } from "../connection/client.ts";
import { record } from "../feed/record.ts";
import { boundedScanPerParent } from "../page/boundedScanPerParent.ts";
import type { Page, PageRequest } from "../page/page.ts";
import type { JobSpec } from "../queue/jobs.ts";
import type { Narrowed } from "../schema/narrowed.ts";
import type { stepRuns, workflowRuns } from "../schema/workflowTables.ts";

export type RunStatus = "QUEUED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED";

export type RunRow = Narrowed<
  Omit<typeof workflowRuns.$inferSelect, "superseded" | "failures" | "movedAt">,
  {
    status: RunStatus;
    /** The states of its steps, in a row that shows a run as it was at a change. */
    steps?: RunStatus[];
  }
>;

/** A run to be inserted as QUEUED. */
export type NewRun = Pick<
  RunRow,
  "projectId" | "id" | "workflowId" | "version" | "eventId" | "userId"
>;

/** A step that a run has reached. */
type StepRunRow = Narrowed<
  Pick<typeof stepRuns.$inferSelect, "runId" | "position" | "deliveryId" | "output">,
  { status: RunStatus }
>;

const columns = (sql: Sql) => sql`r.project_id as "projectId", r.id, r.workflow_id as "workflowId",
  r.version, r.event_id as "eventId", r.user_id as "userId", r.status, r.rerun_of as "rerunOf", r.error,
  r.created_at as "createdAt", r.started_at as "startedAt", r.stopped_at as "stoppedAt"`;

/** Runs of one project by id; unknown ids and those of other projects are left out. */
export const runsById = (sql: Sql, projectId: string, ids: readonly string[]) =>
  sql<RunRow[]>`select ${columns(sql)} from signalbox.workflow_runs r
    where r.project_id = ${projectId} and r.id = any(${ids as string[]}::uuid[])`;

/** Those of the runs that have not ended. */
export const openRuns = (sql: Sql, projectId: string, ids: string[]) =>
  sql<RunRow[]>`select ${columns(sql)} from signalbox.workflow_runs r
    where r.project_id = ${projectId} and r.id = any(${ids}::uuid[]) and r.status in ('QUEUED', 'RUNNING')
    order by r.id`;

/** All runs of an event, oldest first: one per workflow, and one per rerun. */
export const runsOfEvent = (sql: Sql, projectId: string, eventId: string) =>
  sql<RunRow[]>`select ${columns(sql)} from signalbox.workflow_runs r
    where r.project_id = ${projectId} and r.event_id = ${eventId} order by r.id`;

/** The same, with their rows locked until the end of the transaction. */
export const lockedRuns = (tx: Tx, projectId: string, ids: string[]) =>
  tx<RunRow[]>`${openRuns(tx, projectId, ids)} for update`;

/** A page of runs of each of many workflows or events, newest first, in one statement. */
export function runsPerParent(
  sql: Sql,
  projectId: string,
  parent: "workflowId" | "eventId",
  parentIds: readonly string[],
  status: readonly RunStatus[] | null | undefined,
  request: PageRequest,
): Promise<Map<string, Page<RunRow>>> {
  return boundedScanPerParent<RunRow>(
    sql,
    {
      columns: columns(sql),
      from: sql`signalbox.workflow_runs r`,
      name: sql`r`,
      id: sql`r.id`,
      parent: parent === "workflowId" ? sql`r.workflow_id` : sql`r.event_id`,
      of: (row) => row[parent],
      isOrdered: true,
      within: [sql`r.project_id = ${projectId}`],
      residualFilter: status ? [sql`r.status = any(${status as string[]}::text[])`] : [],
      cheapFilter: [],
    },
    parentIds,
    request,
  );
}

/** The steps that these runs have reached, in order. */
export const stepRunsOf = (sql: Sql, projectId: string, runIds: readonly string[]) =>
  sql<StepRunRow[]>`
    select s.run_id as "runId", s.position, s.status, s.delivery_id as "deliveryId", s.output::text as output
    from signalbox.step_runs s
    where s.project_id = ${projectId} and s.run_id = any(${runIds as string[]}::uuid[])
    order by s.run_id, s.position`;

/** The sealed requests of steps, by run and position. */
export const stepRequestsOf = (
  sql: Sql,
  projectId: string,
  steps: { runId: string; position: number }[],
) => sql<{ runId: string; position: number; request: string }[]>`
  select s.run_id as "runId", s.position, s.request
  from unnest(${steps.map(({ runId }) => runId)}::uuid[], ${steps.map(({ position }) => position)}::smallint[])
    as x(run_id, position)
  join signalbox.step_runs s on s.project_id = ${projectId} and s.run_id = x.run_id and s.position = x.position
  where s.request is not null`;

export const insertRuns = (tx: Tx, runs: NewRun[]) => tx`
  insert into signalbox.workflow_runs (project_id, id, workflow_id, version, event_id, user_id, status)
  select project_id, id, workflow_id, version, event_id, user_id, 'QUEUED'
  from unnest(${runs.map((r) => r.projectId)}::uuid[], ${runs.map((r) => r.id)}::uuid[],
    ${runs.map((r) => r.workflowId)}::uuid[], ${runs.map((r) => r.version)}::int[],
    ${runs.map((r) => r.eventId)}::uuid[], ${runs.map((r) => r.userId)}::text[])
    as x(project_id, id, workflow_id, version, event_id, user_id)`;

/** An open run of the same event and workflow. */
export async function openRunLike(
  tx: Tx,
  { projectId, eventId, workflowId }: RunRow,
): Promise<RunRow | undefined> {
  const [row] = await tx<RunRow[]>`select ${columns(tx)} from signalbox.workflow_runs r
    where r.project_id = ${projectId} and r.event_id = ${eventId} and r.workflow_id = ${workflowId}
      and r.status in ('QUEUED', 'RUNNING') limit 1`;
  return row;
}

/** Inserts a rerun, QUEUED, which replaces all earlier ones in the event's outcome. */
export const insertRerun = (
  tx: Tx,
  { projectId, eventId, workflowId, version, userId, id }: RunRow,
  newId: string,
) => tx`
  with earlier as (
    update signalbox.workflow_runs set superseded = true
    where project_id = ${projectId} and event_id = ${eventId} and workflow_id = ${workflowId}
  )
  insert into signalbox.workflow_runs (project_id, id, workflow_id, version, event_id, user_id, status, rerun_of)
  values (${projectId}, ${newId}, ${workflowId}, ${version}, ${eventId}, ${userId}, 'QUEUED', ${id})`;

/**
 * Feed items for runs in their current state, with the states of their steps. The caller has locked the project's head.
 */
export const recordRuns = (
  tx: Tx,
  projectId: string,
  runs: Pick<RunRow, "id">[],
  created = false,
) =>
  record(
    tx,
    projectId,
    tx`
  select 'RUN', r.id, r.event_id, r.workflow_id, ${created}::boolean, json_build_object(
    'status', r.status, 'startedAt', r.started_at, 'stoppedAt', r.stopped_at, 'error', r.error,
    'steps', (select coalesce(json_agg(s.status order by s.position), '[]') from signalbox.step_runs s
      where s.project_id = r.project_id and s.run_id = r.id))
  from unnest(${runs.map((r) => r.id)}::uuid[]) as x(id)
  join signalbox.workflow_runs r on r.project_id = ${projectId} and r.id = x.id`,
  );

/** Runs that one job advances, in one transaction. */
const RUNS_PER_JOB = 20;

/** The jobs that advance these runs. */
export function advanceJobs(runs: { projectId: string; runId: string }[]): JobSpec[] {
  const jobs: JobSpec[] = [];
  for (const [projectId, ofProject] of Map.groupBy(runs, (run) => run.projectId)) {
    const runIds = ofProject.map(({ runId }) => runId);
    for (let at = 0; at < runIds.length; at += RUNS_PER_JOB)
      jobs.push({
        identifier: "advance",
        payload: { projectId, runIds: runIds.slice(at, at + RUNS_PER_JOB) },
      });
  }
  return jobs;
}

/**
 * Open runs that have not advanced for this long and wait for no delivery: their job is lost. Rows of each project take
 * turns, so that one with slow runs does not hide the others. `offset 0` makes the planner look up steps per open run:
 * as a join it reads the steps of all runs ever, every two seconds.
 */
export const overdueRuns = (sql: Sql, overdueMs: number) => sql<
  { projectId: string; runId: string }[]
>`
  select project_id as "projectId", id as "runId" from (
    select r.project_id, r.id, row_number() over (partition by r.project_id order by r.moved_at) as turn
    from signalbox.workflow_runs r
    where r.status in ('QUEUED', 'RUNNING') and r.moved_at <= now() - ${overdueMs} * interval '1 millisecond'
      and not exists (
        select from signalbox.step_runs s
        join signalbox.deliveries d on d.project_id = s.project_id and d.id = s.delivery_id
        where s.project_id = r.project_id and s.run_id = r.id and s.status = 'RUNNING'
          and d.status in ('PENDING', 'RETRYING', 'PARKED')
        offset 0)) overdue
  order by turn limit 1000`;
