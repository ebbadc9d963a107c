import {
  jsonEntries,
  jsonItems,
  jsonList,
  jsonObject,
  jsonText,
} from "../../util/json/exactJson.ts";
import { parseJson } from "../../util/json/parseJson.ts";
import type { Sql, Tx } from "../connection/client.ts";
import { idPage, type Page, type PageRequest } from "../page/page.ts";
import type { Narrowed } from "../schema/narrowed.ts";
import type { workflows } from "../schema/workflowTables.ts";

export type WorkflowStatus = "DRAFT" | "RELEASED" | "PAUSED";

export type WorkflowRow = Narrowed<typeof workflows.$inferSelect, { status: WorkflowStatus }>;

/** A step as stored; `headers` is one sealed JSON object, null if there are none. */
export type StoredStep = {
  id: string;
  name: string;
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  url: string;
  headers: string | null;
  body: unknown;
  retries: number;
  timeoutMs: number;
};

const columns = (
  sql: Sql,
) => sql`w.project_id as "projectId", w.id, w.name, w.event_type as "eventType",
  w.status, w.version, w.created_at as "createdAt", w.updated_at as "updatedAt"`;

/** Workflows of one project by id; unknown ids and those of other projects are left out. */
export const workflowsById = (sql: Sql, projectId: string, ids: readonly string[]) =>
  sql<WorkflowRow[]>`select ${columns(sql)} from signalbox.workflows w
    where w.project_id = ${projectId} and w.id = any(${ids as string[]}::uuid[])`;

/** A project's workflows, newest first. */
export async function listWorkflows(
  sql: Sql,
  projectId: string,
  request: PageRequest,
): Promise<Page<WorkflowRow>> {
  const select = sql`select ${columns(sql)} from signalbox.workflows w`;
  return idPage(sql, select, sql`w.id`, [sql`w.project_id = ${projectId}`], request);
}

/** The released workflows' fields that emits need. */
export const releasedWorkflows = (sql: Sql, projectId: string) =>
  sql<{ id: string; version: number; eventType: string }[]>`
    select id, version, event_type as "eventType" from signalbox.workflows
    where project_id = ${projectId} and status = 'RELEASED' order by id`;

/** The steps of versions of workflows, which never change. */
export async function stepsOf(
  sql: Sql,
  projectId: string,
  versions: { workflowId: string; version: number }[],
): Promise<{ workflowId: string; version: number; steps: StoredStep[] }[]> {
  const rows = await sql<{ workflowId: string; version: number; steps: string }[]>`
    select v.workflow_id as "workflowId", v.version, v.steps::text as steps
    from unnest(${versions.map(({ workflowId }) => workflowId)}::uuid[],
      ${versions.map(({ version }) => version)}::int[]) as x(workflow_id, version)
    join signalbox.workflow_versions v on v.project_id = ${projectId} and v.workflow_id = x.workflow_id
      and v.version = x.version`;
  return rows.map((row) => ({ ...row, steps: stepsIn(row.steps) }));
}

/** Steps with their bodies as they were sent. */
function stepsIn(text: string): StoredStep[] {
  const steps = jsonItems(parseJson(text) as StoredStep[]) as StoredStep[];
  return steps.map((step) => Object.fromEntries(jsonEntries(step)) as StoredStep);
}

const stepsText = (steps: StoredStep[]) =>
  jsonText(jsonList(steps.map((step) => jsonObject(Object.entries(step)))));

/** The longest timeout of the steps: the lease of the queue's claims must cover it. */
const longest = (steps: StoredStep[]) => Math.max(...steps.map(({ timeoutMs }) => timeoutMs));

/** Inserts a version of a workflow's steps. The lease of its queue's claims covers every existing version. */
export const insertVersion = (tx: Tx, workflow: WorkflowRow, steps: StoredStep[]) => tx`
  with queue as (
    update signalbox.hooks set timeout_ms = greatest(timeout_ms, ${longest(steps)})
    where project_id = ${workflow.projectId} and id = ${workflow.id}
  )
  insert into signalbox.workflow_versions (project_id, workflow_id, version, steps)
  values (${workflow.projectId}, ${workflow.id}, ${workflow.version}, ${stepsText(steps)}::text::json)`;

/** The most concurrent calls of one workflow's steps over all processes: many users' targets share them. */
const MAX_IN_FLIGHT = 32;

/** Inserts a workflow with the queue of its steps. */
export const insertWorkflow = (
  tx: Tx,
  { projectId, id, name, eventType, status, version }: WorkflowRow,
) => tx`
  with queue as (
    insert into signalbox.hooks (project_id, id, kind, types, url, format, retries, timeout_ms, unsubscribe_on,
      max_in_flight, status, secrets)
    values (${projectId}, ${id}, 'WORKFLOW', '{}', '', 'STEP', 0, 0, '{}', ${MAX_IN_FLIGHT}, 'ACTIVE', '[]')
  )
  insert into signalbox.workflows (project_id, id, name, event_type, status, version)
  values (${projectId}, ${id}, ${name}, ${eventType}, ${status}, ${version})`;

/** The number of workflows of a project. */
export async function countWorkflows(tx: Tx, projectId: string): Promise<number> {
  const [row] = await tx<{ n: number }[]>`
    select count(*)::int as n from signalbox.workflows where project_id = ${projectId}`;
  return row?.n ?? 0;
}

/**
 * Locks a workflow's queue row until the end of the transaction, so that its changes come one by one, and returns the
 * workflow.
 */
export async function lockedWorkflow(
  tx: Tx,
  projectId: string,
  id: string,
): Promise<WorkflowRow | undefined> {
  await tx`select from signalbox.hooks where project_id = ${projectId} and id = ${id} for update`;
  const [row] = await workflowsById(tx, projectId, [id]);
  return row;
}

/** Updates the changeable fields of a workflow. */
export const updateWorkflowRow = (tx: Tx, workflow: WorkflowRow) => tx`
  update signalbox.workflows set name = ${workflow.name}, status = ${workflow.status},
    version = ${workflow.version}, updated_at = now()
  where project_id = ${workflow.projectId} and id = ${workflow.id}`;
