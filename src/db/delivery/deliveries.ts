import type { Sql } from "../connection/client.ts";
import type { earlierAttempts, endedDeliveries } from "../schema/deliveryTables.ts";
import type { Narrowed } from "../schema/narrowed.ts";
import type { BodyFormat } from "./eventBodies.ts";

export type DeliveryStatus =
  | "PENDING"
  | "RETRYING"
  | "SUCCEEDED"
  | "FAILED"
  | "GONE"
  | "CANCELLED"
  | "PARKED"
  | "QUARANTINED";

/** The body of a delivery: a hook's format, or STEP for the request rendered by a workflow's step. */
type DeliveryFormat = BodyFormat | "STEP";

/** A waiting or ended delivery, with the columns that both tables have. */
export type DeliveryRow = Pick<
  typeof endedDeliveries.$inferSelect,
  | "projectId"
  | "id"
  | "eventId"
  | "hookId"
  | "runId"
  | "stepPosition"
  | "attemptCount"
  | "maxAttempts"
  | "lastError"
  | "replayOf"
  | "createdAt"
  | "orderKey"
> & {
  format: DeliveryFormat;
  status: DeliveryStatus;
  /** Null if no attempt is to come, or it waits for another delivery of its key. */
  nextAttemptAt: Date | null;
  completedAt: Date | null;
};

export type AttemptOutcome =
  | "SUCCESS"
  | "RESPONSE_ERROR"
  | "CONNECTION_ERROR"
  | "SUBSCRIBER_GONE"
  | "REFUSED"
  | "RENDER_ERROR"
  | "UNKNOWN";

export type AttemptRow = Narrowed<
  typeof earlierAttempts.$inferSelect,
  {
    outcome: AttemptOutcome;
    requestHeaders: Record<string, string>;
    responseHeaders: Record<string, string> | null;
  }
>;

/** The select list of a `DeliveryRow`, from a table or row named `d`. */
export const deliveryColumns = (
  sql: Sql,
) => sql`d.project_id as "projectId", d.id, d.event_id as "eventId",
  d.hook_id as "hookId", d.format, d.run_id as "runId", d.step_position as "stepPosition", d.status, d.attempt_count as "attemptCount", d.max_attempts as "maxAttempts",
  d.due_at as "nextAttemptAt", d.completed_at as "completedAt", d.last_error as "lastError",
  d.replay_of as "replayOf", d.created_at as "createdAt", d.order_key as "orderKey"`;

/** Deliveries of one project by id; unknown ids and those of other projects are left out. */
export const deliveriesById = (sql: Sql, projectId: string, ids: readonly string[]) =>
  sql<DeliveryRow[]>`select ${deliveryColumns(sql)} from signalbox.deliveries d
    where d.project_id = ${projectId} and d.id = any(${ids as string[]}::uuid[])`;

/** The deliveries of an event to hooks, in no order. */
export const deliveriesOfEvent = (sql: Sql, projectId: string, eventId: string) =>
  sql<DeliveryRow[]>`select ${deliveryColumns(sql)} from signalbox.deliveries d
    where d.project_id = ${projectId} and d.event_id = ${eventId} and d.run_id is null`;

/** The attempts of these deliveries, in order. */
export const attemptsOf = (sql: Sql, projectId: string, deliveryIds: readonly string[]) =>
  sql<AttemptRow[]>`
    select project_id as "projectId", delivery_id as "deliveryId", number, started_at as "startedAt",
      elapsed_ms as "elapsedMs", outcome, status_code as "statusCode", error,
      remote_address as "remoteAddress", request_headers as "requestHeaders",
      response_headers as "responseHeaders", response_body as "responseBody",
      response_truncated as "responseTruncated"
    from signalbox.attempts
    where project_id = ${projectId} and delivery_id = any(${deliveryIds as string[]}::uuid[])
    order by delivery_id, number`;

/** What became of each attempt of these deliveries, without what was sent and answered. */
export const attemptHeadsOf = (sql: Sql, projectId: string, deliveryIds: readonly string[]) =>
  sql<Pick<AttemptRow, "deliveryId" | "number" | "outcome" | "statusCode">[]>`
    select delivery_id as "deliveryId", number, outcome, status_code as "statusCode"
    from signalbox.attempts
    where project_id = ${projectId} and delivery_id = any(${deliveryIds as string[]}::uuid[])
    order by delivery_id, number`;
