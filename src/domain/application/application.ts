/**
 * Applications of the Svix-compatible API. An application is a user of the project with a name and metadata: its
 * endpoints are the hooks of that user, and its messages are the events of that user. The user's id is the application's
 * first `uid`, or else its id, and stays when the `uid` is changed.
 */
import { z } from "zod";
import {
  type ApplicationRow,
  applicationsById,
  applicationsByUid,
  insertApplication,
  lockedApplication,
  removeApplication,
  updateApplicationRow,
} from "../../db/application/applications.ts";
import type { Pool, Sql } from "../../db/connection/client.ts";
import { violates } from "../../db/connection/violates.ts";
import { deleteHooksOfUser } from "../../db/hook/hookChanges.ts";
import { throttled } from "../../db/retention/throttle.ts";
import { isId, newId } from "../../util/ids.ts";
import { invalidFields, userError } from "../../util/userError.ts";
import { type Audited, audit } from "../audit/audit.ts";
import type { AuditAction } from "../audit/auditAction.ts";
import { eventLimits } from "../event/eventInput.ts";
import { DELETED_BY_PERSON } from "../hookStatus/hookStatus.ts";
import { exactName, singleLineText } from "../input/singleLineText.ts";

const MAX_NAME = 256;
const MAX_METADATA = 16_384;
const HOOKS_AT_ONCE = 100;

const applicationInput = z.object({
  name: singleLineText(MAX_NAME),
  uid: exactName(eventLimits.short).nullable(),
  metadata: z.string().max(MAX_METADATA, `may take ${MAX_METADATA} characters as JSON at most`),
  throttleRate: z.number().nullable(),
});

/** What an application's owner gives; `metadata` is JSON text. */
type ApplicationInput = z.input<typeof applicationInput>;

function checkApplication(input: ApplicationInput): void {
  const { error } = applicationInput.safeParse(input);
  if (error) throw invalidFields(error.issues);
}

/** Runs a write and turns a violation of a unique constraint into NAME_TAKEN. */
async function withUniqueUid<Result>(uid: string | null, write: () => Promise<Result>) {
  try {
    return await write();
  } catch (error) {
    if (violates(error, "applications_uid"))
      throw userError("NAME_TAKEN", `another application has the uid '${uid}'`, ["uid"]);
    if (violates(error, "applications_user"))
      throw userError(
        "NAME_TAKEN",
        `the user '${uid}' belongs to an application that had this uid before`,
        ["uid"],
      );
    throw error;
  }
}

/** An application is no object of the GraphQL schema: it is named by its id. */
const entryOf = (
  projectId: string,
  action: AuditAction,
  before: ApplicationRow | null,
  after: ApplicationRow | null,
): Audited => {
  const application = (before ?? after)?.id;
  const state = (row: ApplicationRow | null) => row && { application, ...row };
  return { projectId, action, before: state(before), after: state(after) };
};

/** The application with this id or `uid`. */
export async function findApplication(
  sql: Sql,
  projectId: string,
  idOrUid: string,
): Promise<ApplicationRow | undefined> {
  const [byId] = isId(idOrUid) ? await applicationsById(sql, projectId, idOrUid) : [];
  if (byId) return byId;
  const [byUid] = await applicationsByUid(sql, projectId, idOrUid);
  return byUid;
}

/** Creates an application, with a new id that the caller may choose. Throws INVALID, or NAME_TAKEN for the `uid` of another one. */
export async function createApplication(
  sql: Pool,
  projectId: string,
  input: ApplicationInput,
  id = newId(),
): Promise<ApplicationRow> {
  checkApplication(input);
  return withUniqueUid(input.uid, async () => {
    const row = { projectId, id, userId: input.uid ?? id, ...input };
    return sql.begin(async (tx) => {
      const [created] = await insertApplication(tx, row);
      if (!created) throw new Error("an application was not inserted");
      await audit(tx, entryOf(projectId, "createApplication", null, created));
      return created;
    });
  });
}

/** Changes an application. Throws INVALID, NOT_FOUND, or NAME_TAKEN for the `uid` of another one. */
export async function updateApplication(
  sql: Pool,
  projectId: string,
  id: string,
  input: Partial<ApplicationInput>,
): Promise<ApplicationRow> {
  return withUniqueUid(input.uid ?? null, () =>
    sql.begin(async (tx) => {
      const [before] = await lockedApplication(tx, projectId, id);
      if (!before) throw userError("NOT_FOUND", `there is no application ${id}`);
      const next = { ...before, ...input };
      checkApplication(next);
      const [updated] = await updateApplicationRow(tx, next);
      if (!updated) throw new Error(`application ${id} is gone from under its lock`);
      await audit(tx, entryOf(projectId, "updateApplication", before, updated));
      return updated;
    }),
  );
}

/**
 * Deletes an application with its hooks, in chunks: the project's head is locked meanwhile. A hook that is registered
 * meanwhile is deleted, too. The events of its user stay.
 */
export async function deleteApplication(sql: Pool, application: ApplicationRow): Promise<void> {
  const { projectId, id } = application;
  const deleteSome = () =>
    sql.begin(async (tx) => {
      const ids = await deleteHooksOfUser(tx, application, DELETED_BY_PERSON, HOOKS_AT_ONCE);
      const after = { status: "DELETED", application: id };
      const deleted = ids.map(
        (hook): Audited => ({ projectId, action: "deleteHook", entity: ["Hook", hook], after }),
      );
      await audit(tx, ...deleted);
      return ids.length;
    });
  const remove = () =>
    sql.begin(async (tx) => {
      if ((await removeApplication(tx, application)).count === 0) return false;
      await audit(tx, entryOf(projectId, "deleteApplication", application, null));
      return true;
    });
  do while ((await throttled(deleteSome)) === HOOKS_AT_ONCE);
  while (!(await remove()) && (await applicationsById(sql, projectId, id)).length > 0);
}
