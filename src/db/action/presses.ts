import type { Sql, Tx } from "../connection/client.ts";
import type { EventRow } from "../event/events.ts";
import { writeToFeed } from "../feed/record.ts";
import { idPagePerParent, type Page, type PageRequest } from "../page/page.ts";
import { addJobs } from "../queue/jobs.ts";
import type { presses } from "../schema/actionTables.ts";
import type { Narrowed } from "../schema/narrowed.ts";
import { type ActionRow, actionColumns, recordPresses } from "./actions.ts";

export type PressStatus = "PENDING" | "SUCCEEDED" | "FAILED" | "UNKNOWN";

export type PressRow = Narrowed<
  Pick<
    typeof presses.$inferSelect,
    "projectId" | "id" | "actionId" | "pressedBy" | "pressedAt" | "error"
  >,
  { status: PressStatus }
>;

/** The select list of a `PressRow`, from a table named `p`. */
const pressColumns = (sql: Sql) => sql`p.project_id as "projectId", p.id,
  p.action_id as "actionId", p.status, p.pressed_by as "pressedBy", p.pressed_at as "pressedAt", p.error`;

/** Presses of one project by id; unknown ids and those of other projects are left out. */
export const pressesById = (sql: Sql, projectId: string, ids: readonly string[]) =>
  sql<PressRow[]>`select ${pressColumns(sql)} from signalbox.presses p
    where p.project_id = ${projectId} and p.id = any(${ids as string[]}::uuid[])`;

/** Those of the given presses that have ended. */
export const endedPresses = (sql: Sql, projectId: string, ids: string[]) =>
  sql<{ id: string }[]>`select id from signalbox.presses
    where project_id = ${projectId} and id = any(${ids}::uuid[]) and status <> 'PENDING'`;

/** A page of presses for each of many actions, newest first, in one statement. */
export async function pressesPerAction(
  sql: Sql,
  projectId: string,
  actionIds: readonly string[],
  request: PageRequest,
): Promise<Map<string, Page<PressRow>>> {
  const conditions = [sql`p.project_id = ${projectId}`, sql`p.action_id = x.parent`];
  const select = sql`select ${pressColumns(sql)} from signalbox.presses p`;
  const parents = { values: actionIds, type: "uuid" } as const;
  return idPagePerParent(sql, select, sql`p.id`, conditions, parents, request);
}

/** The press with this idempotency key. */
export const pressByKey = (sql: Sql, projectId: string, key: string) =>
  sql<PressRow[]>`select ${pressColumns(sql)} from signalbox.presses p
    where p.project_id = ${projectId} and p.idempotency_key = ${key}`;

/** An action with the state of its event, at one moment `at` of the database's clock. */
type LockedAction = ActionRow & {
  isExpired: boolean;
  eventStatus: EventRow["status"];
  isEarly: boolean;
  /** With microseconds. */
  at: string;
};

/** Locks an action until the end of the transaction and returns it. */
export const lockedAction = (tx: Tx, projectId: string, id: string) =>
  tx<LockedAction[]>`
    select ${actionColumns(tx)}, a.expires_at <= clock.at as "isExpired", e.status as "eventStatus",
      coalesce(e.status = 'SCHEDULED' and e.scheduled_for > clock.at, false) as "isEarly", clock.at::text as at
    from signalbox.actions a
    join signalbox.events e on e.project_id = a.project_id and e.id = a.event_id
    cross join (select clock_timestamp() as at) clock
    where a.project_id = ${projectId} and a.id = ${id} for update of a`;

/** A press to be inserted. */
type NewPress = Pick<PressRow, "projectId" | "id" | "actionId" | "pressedBy"> & {
  keyId: string;
  idempotencyKey: string | null;
  /** When the action was found pressable, so that a press is never later than its action's end. */
  at: string;
};

/** Inserts a press of a locked action, which is then RUNNING, and a wake-up job if needed. Ends the transaction. */
export async function writePress(tx: Tx, press: NewPress, needsJob: boolean): Promise<PressRow> {
  const { projectId, id, actionId } = press;
  const written = pressesById(tx, projectId, [id]);
  await writeToFeed(
    tx,
    projectId,
    [
      tx`insert into signalbox.presses (project_id, id, action_id, pressed_by, key_id, idempotency_key, pressed_at)
        values (${projectId}, ${id}, ${actionId}, ${press.pressedBy}, ${press.keyId}, ${press.idempotencyKey},
          ${press.at}::text::timestamptz)`,
      tx`update signalbox.actions set status = 'RUNNING'
        where project_id = ${projectId} and id = ${actionId}`,
      ...(needsJob ? [addJobs(tx, [pressJob(press)])] : []),
    ],
    [recordPresses(tx, projectId, [press]), written],
  );
  const [row] = await written;
  if (!row) throw new Error(`press ${id} was not written`);
  return row;
}

/** The wake-up job of a press. */
export const pressJob = ({ projectId, id }: Pick<PressRow, "projectId" | "id">) => ({
  identifier: "press" as const,
  payload: { projectId, pressId: id },
  key: `press:${id}`,
});
