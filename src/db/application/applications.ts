import type { Sql, Tx } from "../connection/client.ts";
import { idPage, type Page, type PageRequest } from "../page/page.ts";
import { stripNul } from "../page/stripNul.ts";
import type { applications } from "../schema/applicationTables.ts";

/** An application as stored; `metadata` is JSON text. */
export type ApplicationRow = typeof applications.$inferSelect;

const applicationColumns = (sql: Sql) => sql`a.project_id as "projectId", a.id,
  a.user_id as "userId", a.uid, a.name, a.metadata::text as metadata, a.throttle_rate as "throttleRate",
  a.created_at as "createdAt", a.updated_at as "updatedAt"`;

export const applicationsById = (sql: Sql, projectId: string, id: string) =>
  sql<ApplicationRow[]>`select ${applicationColumns(sql)} from signalbox.applications a
    where a.project_id = ${projectId} and a.id = ${id}`;

export const applicationsByUid = (sql: Sql, projectId: string, uid: string) =>
  sql<ApplicationRow[]>`select ${applicationColumns(sql)} from signalbox.applications a
    where a.project_id = ${projectId} and a.uid = ${stripNul(uid)}`;

/** A project's applications, newest first. */
export const listApplications = (
  sql: Sql,
  projectId: string,
  request: PageRequest,
): Promise<Page<ApplicationRow>> =>
  idPage<ApplicationRow>(
    sql,
    sql`select ${applicationColumns(sql)} from signalbox.applications a`,
    sql`a.id`,
    [sql`a.project_id = ${projectId}`],
    request,
  );

export const insertApplication = (
  sql: Sql,
  application: Omit<ApplicationRow, "createdAt" | "updatedAt">,
) => sql<ApplicationRow[]>`
  insert into signalbox.applications as a (project_id, id, user_id, uid, name, metadata, throttle_rate)
  values (${application.projectId}, ${application.id}, ${application.userId}, ${application.uid}, ${application.name},
    ${application.metadata}::text::json, ${application.throttleRate})
  returning ${applicationColumns(sql)}`;

/** Locks an application until the end of the transaction and returns it. */
export const lockedApplication = (tx: Tx, projectId: string, id: string) =>
  tx<ApplicationRow[]>`select ${applicationColumns(tx)} from signalbox.applications a
    where a.project_id = ${projectId} and a.id = ${id} for update`;

export const updateApplicationRow = (tx: Tx, application: ApplicationRow) => tx<ApplicationRow[]>`
  update signalbox.applications a set uid = ${application.uid}, name = ${application.name},
    metadata = ${application.metadata}::text::json, throttle_rate = ${application.throttleRate}, updated_at = now()
  where a.project_id = ${application.projectId} and a.id = ${application.id}
  returning ${applicationColumns(tx)}`;

/** Deletes an application, unless its user has a live hook. */
export const removeApplication = (
  sql: Sql,
  { projectId, id, userId }: Pick<ApplicationRow, "projectId" | "id" | "userId">,
) => sql`
  delete from signalbox.applications
  where project_id = ${projectId} and id = ${id} and not exists (select from signalbox.hooks
    where project_id = ${projectId} and user_id = ${userId} and status <> 'DELETED' and kind = 'HOOK')`;
