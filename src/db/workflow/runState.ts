import type { Sql } from "../connection/client.ts";
import type { DeliveryStatus } from "../delivery/deliveries.ts";

/** The state of an open run: its latest step, and that step's delivery. What happens next follows from this. */
export type RunStand = {
  runId: string;
  position: number;
  status: string;
  deliveryId: string | null;
  deliveryStatus: DeliveryStatus | null;
  attemptCount: number | null;
};

/** The states of these runs by id; a run without steps has none. */
export async function runStands(
  sql: Sql,
  projectId: string,
  runIds: string[],
): Promise<Map<string, RunStand>> {
  const latest = await sql<Pick<RunStand, "runId" | "position" | "status" | "deliveryId">[]>`
    select distinct on (s.run_id) s.run_id as "runId", s.position, s.status, s.delivery_id as "deliveryId"
    from signalbox.step_runs s
    where s.project_id = ${projectId} and s.run_id = any(${runIds}::uuid[])
    order by s.run_id, s.position desc`;
  const ids = latest.flatMap(({ deliveryId }) => deliveryId ?? []);
  const deliveries = await sql<{ id: string; status: DeliveryStatus; attemptCount: number }[]>`
    select d.id, d.status, d.attempt_count as "attemptCount" from signalbox.deliveries d
    where d.project_id = ${projectId} and d.id = any(${ids}::uuid[])`;
  const byId = new Map(deliveries.map((delivery) => [delivery.id, delivery]));
  return new Map(
    latest.map((step) => {
      const { status, attemptCount } = byId.get(step.deliveryId ?? "") ?? {};
      const delivery = { deliveryStatus: status ?? null, attemptCount: attemptCount ?? null };
      return [step.runId, { ...step, ...delivery }];
    }),
  );
}

/** Whether a run's state is unchanged. */
export const isSameStand = (one: RunStand | undefined, other: RunStand | undefined): boolean =>
  one?.position === other?.position &&
  one?.status === other?.status &&
  one?.deliveryId === other?.deliveryId &&
  one?.deliveryStatus === other?.deliveryStatus &&
  one?.attemptCount === other?.attemptCount;

/** The last attempt of a delivery. */
type LastAttempt = {
  lastError: string | null;
  statusCode: number | null;
  responseBody: string | null;
  responseTruncated: boolean | null;
};

/** The last attempt of a delivery, with its response. */
export async function lastAttempt(
  sql: Sql,
  projectId: string,
  deliveryId: string,
): Promise<LastAttempt | undefined> {
  const [row] = await sql<LastAttempt[]>`
    select d.last_error as "lastError", a.status_code as "statusCode", a.response_body as "responseBody",
      a.response_truncated as "responseTruncated"
    from signalbox.deliveries d
    left join signalbox.attempts a on a.project_id = d.project_id and a.delivery_id = d.id
      and a.number = d.attempt_count
    where d.project_id = ${projectId} and d.id = ${deliveryId}`;
  return row;
}
