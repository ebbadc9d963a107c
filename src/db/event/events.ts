import type { Sql } from "../connection/client.ts";
import type { Narrowed } from "../schema/narrowed.ts";
import type { events } from "../schema/tables.ts";

export type EventStatus =
  | "SCHEDULED"
  | "STAGED"
  | "DISPATCHED"
  | "PROCESSED"
  | "FAILED"
  | "CANCELLED";
export type ContentType = "TEXT" | "ROWS" | "JSON" | "IMAGE";
export type EventOrigin = "API" | "MANUAL" | "SCHEDULE" | "SQL" | "REST" | "SYSTEM" | "TEST";

/** An event as stored. `data` and `content` are JSON text: request bodies are built from them without parsing. */
export type EventRow = Narrowed<
  Omit<typeof events.$inferSelect, "dueAt">,
  { contentType: ContentType; origin: EventOrigin; status: EventStatus }
>;

/** The fields of an event that may take 256 KiB each. */
export type EventDocuments = Pick<EventRow, "data" | "content">;
/** An event without them. */
export type EventHead = Omit<EventRow, keyof EventDocuments>;

/** The select list of an `EventHead`, from a table or row named `e`. */
export const eventHeadColumns = (sql: Sql) => sql`e.project_id as "projectId", e.id, e.type,
  e.type_version as "typeVersion", e.name, e.avatar, e.category,
  e.content_type as "contentType", e.user_id as "userId",
  e.subject_type as "subjectType", e.subject_id as "subjectId", e.context_id as "contextId",
  e.step_uuid as "stepUuid", e.idempotency_key as "idempotencyKey", e.uid, e.channels, e.tags, e.origin, e.cause_id as "causeId", e.only_hook_id as "onlyHookId", e.trace,
  e.occurred_at as "occurredAt", e.scheduled_for as "scheduledFor", e.received_at as "receivedAt", e.status,
  e.config_version::int as "configVersion", e.error, e.expunged_at as "expungedAt", e.expunged_by as "expungedBy", e.changed,
  e.broadcast, e.target_hook_id as "targetHookId"`;

const documentColumns = (sql: Sql) => sql`e.data::text as data, e.content::text as content`;

/** The select list of an `EventRow`. */
export const eventColumns = (sql: Sql) => sql`${eventHeadColumns(sql)}, ${documentColumns(sql)}`;

/** Events of one project by id, in no order; unknown ids and those of other projects are left out. */
export const eventsById = (sql: Sql, projectId: string, ids: readonly string[]) =>
  sql<EventRow[]>`select ${eventColumns(sql)} from signalbox.events e
    where e.project_id = ${projectId} and e.id = any(${ids as string[]}::uuid[])`;

/**
 * The first of these events, in the order of the ids, up to the one with which they take `bytes` or more in an answer;
 * `filled` is what each takes together with those before it.
 */
export const firstEventsById = (
  sql: Sql,
  projectId: string,
  ids: readonly string[],
  bytes: number,
) =>
  sql<(EventRow & { filled: number })[]>`
    select ${eventColumns(sql)}, e.filled::int
    from (
      select e.*, w.place, s.size, sum(s.size) over (order by w.place) as filled
      from unnest(${ids as string[]}::uuid[]) with ordinality w(id, place)
      join signalbox.events e on e.project_id = ${projectId} and e.id = w.id
      cross join lateral (select 1000 + coalesce(octet_length(e.data::text), 0)
        + coalesce(octet_length(e.content::text), 0) as size) s) e
    where e.filled - e.size < ${bytes} order by e.place`;

/** Events without their documents, for callers that may not need them. */
export const eventHeadsById = (sql: Sql, projectId: string, ids: readonly string[]) =>
  sql<EventHead[]>`select ${eventHeadColumns(sql)} from signalbox.events e
    where e.project_id = ${projectId} and e.id = any(${ids as string[]}::uuid[])`;

export const documentsOfEvents = (sql: Sql, projectId: string, ids: readonly string[]) =>
  sql<
    (EventDocuments & { id: string })[]
  >`select e.id, ${documentColumns(sql)} from signalbox.events e
    where e.project_id = ${projectId} and e.id = any(${ids as string[]}::uuid[])`;

const ENDED: readonly unknown[] = ["PROCESSED", "FAILED", "CANCELLED"] satisfies EventStatus[];

/** Whether an event in this status has ended: only a manual retry reopens it. */
export const hasEnded = (status: unknown): boolean => ENDED.includes(status);

/** Those of the given events that have ended. */
export const endedEvents = (sql: Sql, projectId: string, ids: string[]) =>
  sql<{ id: string }[]>`select id from signalbox.events
    where project_id = ${projectId} and id = any(${ids}::uuid[]) and status in ('PROCESSED', 'FAILED', 'CANCELLED')`;
