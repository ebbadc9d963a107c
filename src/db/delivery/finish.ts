import type { Sql } from "../connection/client.ts";
import { atNode } from "../nodes/nodes.ts";
import type { AttemptRow } from "./deliveries.ts";

/** A finished attempt, and its effect on the delivery. */
export type Finish = {
  projectId: string;
  deliveryId: string;
  eventId: string;
  hookId: string;
  token: string;
  attempt: Omit<AttemptRow, "projectId" | "deliveryId">;
  /** PARKED: its key goes on without it. */
  status: "SUCCEEDED" | "RETRYING" | "PARKED" | "FAILED" | "GONE";
  /** Milliseconds until the next attempt, if RETRYING. */
  delayMs: number | null;
  /** Whether the attempt does not count as a retry: this process was stopping. */
  free: boolean;
  /** Whether the next delivery of its key waits for it. */
  isOrdered: boolean;
  /** Details for system events; null if the project wants none, or the event is itself a system event. */
  call: {
    eventId: string;
    eventType: string;
    url: string;
    method?: string;
    body: string;
    resthook?: string;
  } | null;
};

/** A delivery moved by an attempt. */
export type FinishedDelivery = {
  id: string;
  /** Null if it is not a step of a workflow's run. */
  runId: string | null;
  status: string;
  /** Whether others of its hook became due by this. */
  released: boolean;
};

const attemptRecord = ({ attempt }: Pick<Finish, "attempt">) => ({
  startedAt: attempt.startedAt,
  elapsedMs: attempt.elapsedMs,
  outcome: attempt.outcome,
  statusCode: attempt.statusCode,
  error: attempt.error ?? undefined,
  remoteAddress: attempt.remoteAddress,
  requestHeaders: attempt.requestHeaders,
  responseHeaders: attempt.responseHeaders ?? undefined,
  responseBody: attempt.responseBody ?? undefined,
  responseTruncated: attempt.responseTruncated,
});

const jsonOrNull = (records: object[]) => (records.length > 0 ? JSON.stringify(records) : null);

/**
 * Step 3 of 3 in an event's life: ends deliveries of one project or schedules their next attempt, in one statement and
 * by itself one commit. Returns those that moved. A delivery whose claim was taken over does not move.
 */
export function finish(
  sql: Sql,
  projectId: string,
  finishes: Finish[],
): PromiseLike<FinishedDelivery[]> {
  const isAgain = ({ status }: Finish) => status === "RETRYING" || status === "PARKED";
  const ended = finishes.filter((one) => !isAgain(one));
  // In hook order: two transactions that lock the same hooks then wait in one direction only.
  const again = finishes.filter(isAgain).sort((a, b) => (a.hookId < b.hookId ? -1 : 1));
  const endedRecords = ended.map((one) => ({
    id: one.deliveryId,
    status: one.status,
    ...attemptRecord(one),
  }));
  const againRecords = again.map((one) => ({
    id: one.deliveryId,
    token: one.token,
    hookId: one.hookId,
    delayMs: one.delayMs,
    free: one.free,
    park: one.status === "PARKED",
    ...attemptRecord(one),
  }));
  return atNode(
    sql,
    projectId,
    (sql) => sql<FinishedDelivery[]>`
    select * from signalbox.finish(${projectId}, ${ended.map(({ deliveryId }) => deliveryId)}::uuid[],
      ${ended.map(({ token }) => token)}::uuid[], ${jsonOrNull(endedRecords)}::text::json,
      ${jsonOrNull(againRecords)}::text::json, ${finishes.some(({ isOrdered }) => isOrdered)})`,
  );
}

/**
 * Inserts attempts that end no delivery: of presses, and of deliveries whose claims were taken over. An attempt that
 * was recorded as UNKNOWN is replaced by its real outcome.
 */
export const insertAttempts = (
  sql: Sql,
  projectId: string,
  attempts: Pick<Finish, "deliveryId" | "attempt">[],
) => {
  const records = attempts.map((one) => ({
    deliveryId: one.deliveryId,
    number: one.attempt.number,
    ...attemptRecord(one),
  }));
  return sql<{ deliveryId: string }[]>`
    insert into signalbox.earlier_attempts as a (project_id, delivery_id, number, started_at, elapsed_ms, outcome,
      status_code, error, remote_address, request_headers, response_headers, response_body, response_truncated)
    select ${projectId}, "deliveryId", number, "startedAt", "elapsedMs", outcome, "statusCode", error, "remoteAddress",
      "requestHeaders", "responseHeaders", "responseBody", "responseTruncated"
    from json_to_recordset(${JSON.stringify(records)}::text::json) as x("deliveryId" uuid, number smallint,
      "startedAt" timestamptz, "elapsedMs" integer, outcome text, "statusCode" smallint, error text,
      "remoteAddress" text, "requestHeaders" json, "responseHeaders" json, "responseBody" text,
      "responseTruncated" boolean)
    where not exists (select from signalbox.ended_deliveries d where d.project_id = ${projectId}
      and d.id = "deliveryId" and d.attempt_count = number and d.outcome is not null)
    on conflict (project_id, delivery_id, number) do update set started_at = excluded.started_at,
      elapsed_ms = excluded.elapsed_ms, outcome = excluded.outcome, status_code = excluded.status_code,
      error = excluded.error, remote_address = excluded.remote_address,
      request_headers = excluded.request_headers, response_headers = excluded.response_headers,
      response_body = excluded.response_body, response_truncated = excluded.response_truncated
    where a.outcome = 'UNKNOWN'
    returning delivery_id as "deliveryId"`;
};
