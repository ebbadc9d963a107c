import type { Sql, Tx } from "../connection/client.ts";
import { record } from "../feed/record.ts";
import type { actions } from "../schema/actionTables.ts";
import type { Narrowed } from "../schema/narrowed.ts";

export type ActionStyle = "DEFAULT" | "IMPORTANT" | "DANGER";
export type ActionStatus = "PENDING" | "RUNNING" | "COMPLETE" | "EXPIRED";

/** An action of an event. `meta` is JSON text, sent as it came. */
export type ActionRow = Narrowed<
  Omit<typeof actions.$inferSelect, "position">,
  { style: ActionStyle; status: ActionStatus }
>;

/** An action to be inserted with its event. It expires `expireIn` minutes after the event is due. */
export type NewAction = Omit<ActionRow, "expiresAt" | "status" | "completedAt" | "lastError"> & {
  position: number;
  /** When the event is due; null for now. */
  dueAt: Date | null;
};

/** An action's status. EXPIRED depends on the database's clock. */
const status = (sql: Sql) =>
  sql`case when a.status = 'PENDING' and a.expires_at <= clock_timestamp() then 'EXPIRED' else a.status end`;

/** The select list of an `ActionRow`, from a table named `a`. */
export const actionColumns = (
  sql: Sql,
) => sql`a.project_id as "projectId", a.id, a.event_id as "eventId", a.key,
  a.url, a.button_text as "buttonText", a.external, a.meta::text as meta, a.expire_in as "expireIn",
  a.expires_at as "expiresAt", a.repeat, a.style,
  ${status(sql)} as status,
  a.completed_at as "completedAt", a.last_error as "lastError"`;

/** Actions of one project by id; unknown ids and those of other projects are left out. */
export const actionsById = (sql: Sql, projectId: string, ids: readonly string[]) =>
  sql<ActionRow[]>`select ${actionColumns(sql)} from signalbox.actions a
    where a.project_id = ${projectId} and a.id = any(${ids as string[]}::uuid[])`;

/** The actions of these events, by position. */
export const actionsOfEvents = (sql: Sql, projectId: string, eventIds: readonly string[]) =>
  sql<ActionRow[]>`select ${actionColumns(sql)} from signalbox.actions a
    where a.project_id = ${projectId} and a.event_id = any(${eventIds as string[]}::uuid[])
    order by a.event_id, a.position`;

const column = <Row, Key extends keyof Row>(rows: Row[], key: Key): Row[Key][] =>
  rows.map((row) => row[key]);
/** postgres.js cannot send arrays of booleans. */
const flags = (values: boolean[]) => values.map(String);

/** Inserts the actions of new events. */
export const insertActions = (tx: Tx, actions: NewAction[]) => tx`
  insert into signalbox.actions (project_id, id, event_id, position, key, url, button_text, external, meta, expire_in,
    expires_at, repeat, style)
  select project_id, id, event_id, position, key, url, button_text, external, meta::json, expire_in,
    greatest(due_at, now()) + expire_in * interval '1 minute', repeat, style
  from unnest(${column(actions, "projectId")}::uuid[], ${column(actions, "id")}::uuid[],
    ${column(actions, "eventId")}::uuid[], ${column(actions, "position")}::smallint[],
    ${column(actions, "key")}::text[], ${column(actions, "url")}::text[],
    ${column(actions, "buttonText")}::text[], ${flags(column(actions, "external"))}::text[]::boolean[],
    ${column(actions, "meta")}::text[], ${column(actions, "expireIn")}::int[],
    ${actions.map(({ dueAt }) => dueAt?.toISOString() ?? null)}::timestamptz[],
    ${flags(column(actions, "repeat"))}::text[]::boolean[], ${column(actions, "style")}::text[])
    as x(project_id, id, event_id, position, key, url, button_text, external, meta, expire_in, due_at, repeat, style)`;

/** Moves the expiry of an event's actions to follow its new time. */
export const moveExpiry = (tx: Tx, event: { projectId: string; id: string }, dueAt: Date) => tx`
  update signalbox.actions
  set expires_at = (greatest(${dueAt}::timestamptz, now()) at time zone 'UTC' + expire_in * interval '1 minute') at time zone 'UTC'
  where project_id = ${event.projectId} and event_id = ${event.id}`;

/** Ends the time of these events' actions: nobody can press them any more. */
export const expireActions = (tx: Tx, projectId: string, events: { id: string }[]) => tx`
  update signalbox.actions set expires_at = least(expires_at, statement_timestamp())
  where project_id = ${projectId} and event_id = any(${column(events, "id")}::uuid[])`;

/** The changing fields of an action named `a`, for a feed item's `state`. */
const moving = (
  tx: Tx,
) => tx`'status', ${status(tx)}, 'completedAt', a.completed_at, 'lastError', a.last_error,
  'expiresAt', a.expires_at`;

/**
 * Feed items for all actions of these events in their current state; `created` for the first ones. The caller has
 * locked the project's head.
 */
export const recordActionsOf = (
  tx: Tx,
  projectId: string,
  events: { id: string }[],
  created: boolean,
) =>
  record(
    tx,
    projectId,
    tx`
  select 'ACTION', a.id, a.event_id, null, ${created}::boolean, json_build_object(${moving(tx)})
  from unnest(${column(events, "id")}::uuid[]) as x(id)
  join signalbox.actions a on a.project_id = ${projectId} and a.event_id = x.id
  order by a.event_id, a.position`,
  );

/**
 * Feed items for the actions of these presses, with the press's own state for subscribers who wait for it. The caller
 * has locked the project's head.
 */
export const recordPresses = (tx: Tx, projectId: string, presses: { id: string }[]) =>
  record(
    tx,
    projectId,
    tx`
  select 'ACTION', a.id, a.event_id, null, false,
    json_build_object(${moving(tx)}, 'pressId', p.id, 'pressStatus', p.status)
  from unnest(${column(presses, "id")}::uuid[]) as x(id)
  join signalbox.presses p on p.project_id = ${projectId} and p.id = x.id
  join signalbox.actions a on a.project_id = p.project_id and a.id = p.action_id`,
  );
