import type { Pool, Tx } from "../../db/connection/client.ts";
import { type DeliveryRow, deliveriesById } from "../../db/delivery/deliveries.ts";
import {
  insertRetries,
  lockedDelivery,
  MAX_ATTEMPTS,
  makeDue,
  publishRetries,
  type Retried,
  reopenDeliveries,
  unpark,
} from "../../db/delivery/retries.ts";
import { probeNow } from "../../db/hook/hookHealth.ts";
import { isId, newId } from "../../util/ids.ts";
import { userError } from "../../util/userError.ts";
import { audit } from "../audit/audit.ts";

/**
 * What a manual retry does: a waiting delivery is due at once, a SUCCEEDED one is sent as a new delivery, any other is
 * reopened.
 */
async function retried(tx: Tx, delivery: DeliveryRow): Promise<Retried> {
  const { projectId, id, status } = delivery;
  if (status === "PENDING" || status === "RETRYING")
    return { moved: await makeDue(tx, delivery), made: [] };
  if (status === "PARKED") return { moved: await unpark(tx, projectId, [id]), made: [] };
  if (status === "SUCCEEDED")
    return { moved: [], made: await insertRetries(tx, projectId, [{ of: id, id: newId() }]) };
  return { moved: await reopenDeliveries(tx, projectId, [id]), made: [] };
}

/**
 * Retries a delivery now. A waiting one becomes due at once. One that ended without success is reopened with as many
 * further tries as its hook allows. A SUCCEEDED one stays, and is sent again as a new delivery that points back to it
 * (`replayOf`). The `webhook-id` stays the same; for a paused hook the result is PARKED. Throws NOT_FOUND, or
 * NOT_ALLOWED_NOW when the delivery is a workflow's step, its hook is deleted, its event was erased, an attempt is in
 * flight, it is PARKED because its hook is not ACTIVE, it waits for an earlier delivery of its key, it has used up the
 * maximum number of attempts, or a SUCCEEDED one is already being sent again.
 */
export async function retryDelivery(
  sql: Pool,
  projectId: string,
  id: string,
): Promise<DeliveryRow> {
  if (!isId(id)) throw userError("NOT_FOUND", `no delivery ${id}`, ["id"]);
  return sql.begin(async (tx) => {
    const rejection = (why: string) => userError("NOT_ALLOWED_NOW", why, ["id"]);
    const delivery = await lockedDelivery(tx, projectId, id);
    if (!delivery) throw userError("NOT_FOUND", `no delivery ${id}`, ["id"]);
    if (delivery.hookStatus === "DELETED") throw rejection(`the hook of delivery ${id} is deleted`);
    if (delivery.isExpunged)
      throw rejection(
        `the content of event ${delivery.eventId} was erased: there is nothing to send`,
      );
    if (delivery.runId !== null)
      throw rejection(`delivery ${id} is a step of run ${delivery.runId}: use rerunWorkflow`);
    if (delivery.inFlight) throw rejection(`an attempt of delivery ${id} is in flight`);
    if (delivery.status === "PARKED" && delivery.hookStatus !== "ACTIVE")
      throw rejection(
        `delivery ${id} is parked: ${delivery.hookStatus === "DISABLED" ? "enable" : "resume"} its hook to release it`,
      );
    if (delivery.isBehind)
      throw rejection(
        `delivery ${id} waits for an earlier one with the same order key '${delivery.orderKey}'`,
      );
    if (delivery.attemptCount >= MAX_ATTEMPTS && delivery.status !== "SUCCEEDED")
      throw rejection(
        `delivery ${id} has been tried ${delivery.attemptCount} times, and no more are counted`,
      );
    const result = await retried(tx, delivery);
    const [one] = [...result.moved, ...result.made];
    if (!one) throw rejection(`delivery ${id} is being sent again already`);
    await audit(tx, {
      projectId,
      action: "retryDelivery",
      entity: ["Delivery", delivery.id],
      after: {
        hook: one.hookId,
        was: delivery.status,
        ...(one.id !== delivery.id && { sentAs: one.id }),
      },
    });
    const found = deliveriesById(tx, projectId, [one.id]);
    const probe = probeNow(tx, { projectId, id: one.hookId });
    await publishRetries(tx, projectId, result, [probe, found]);
    const [row] = await found;
    if (!row) throw new Error(`delivery ${one.id} is gone`);
    return row;
  });
}
