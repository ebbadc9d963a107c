import type { Pool, Tx } from "../../db/connection/client.ts";
import { inTransaction } from "../../db/connection/inTransaction.ts";
import { type DeliveryRow, deliveriesById } from "../../db/delivery/deliveries.ts";
import {
  insertRetries,
  lockedDelivery,
  MAX_ATTEMPTS,
  makeDue,
  publishRetries,
  type Retried,
  reopenDeliveries,
} from "../../db/delivery/retries.ts";
import { isId, newId } from "../../util/ids.ts";
import { userError } from "../../util/userError.ts";

/** What a try by hand makes of a delivery, by its state. */
async function retried(tx: Tx, { projectId, id, status }: DeliveryRow): Promise<Retried> {
  if (status === "SUCCEEDED")
    return { moved: [], made: await insertRetries(tx, projectId, [{ of: id, id: newId() }]) };
  return { moved: await reopenDeliveries(tx, projectId, [id]), made: [] };
}

/**
 * Tries a delivery again, now. One that waits is made due at once. One that ended without success is opened again, with
 * as many further tries as its hook has. One that SUCCEEDED stays, and is sent again as a new delivery that points
 * back at it (`replayOf`). Both under the same `webhook-id`, and PARKED for a paused hook. Throws NOT_FOUND, or
 * NOT_ALLOWED_NOW when it is a workflow's step, the hook is deleted, an attempt is in flight, or what SUCCEEDED is being
 * sent again already.
 */
export async function retryDelivery(
  sql: Pool,
  projectId: string,
  id: string,
): Promise<DeliveryRow> {
  if (!isId(id)) throw userError("NOT_FOUND", `no delivery ${id}`, ["id"]);
  return inTransaction(sql, async (tx) => {
    const refuse = (why: string) => userError("NOT_ALLOWED_NOW", why, ["id"]);
    const delivery = await lockedDelivery(tx, projectId, id);
    if (!delivery) throw userError("NOT_FOUND", `no delivery ${id}`, ["id"]);
    if (delivery.hookStatus === "DELETED") throw refuse(`the hook of delivery ${id} is deleted`);
    if (delivery.runId !== null)
      throw refuse(`delivery ${id} is a step of run ${delivery.runId}: use rerunWorkflow`);
    if (delivery.inFlight) throw refuse(`an attempt of delivery ${id} is in flight`);
    if (delivery.status === "PARKED")
      throw refuse(`delivery ${id} is parked: resume its hook to release it`);
    if (delivery.attemptCount >= MAX_ATTEMPTS && delivery.status !== "SUCCEEDED")
      throw refuse(
        `delivery ${id} has been tried ${delivery.attemptCount} times, and no more are counted`,
      );
    const isWaiting = delivery.status === "PENDING" || delivery.status === "RETRYING";
    const due = isWaiting
      ? { moved: await makeDue(tx, delivery), made: [] }
      : await retried(tx, delivery);
    const [one] = [...due.moved, ...due.made];
    if (!one) throw refuse(`delivery ${id} is being sent again already`);
    const found = deliveriesById(tx, projectId, [one.id]);
    await publishRetries(tx, projectId, due, { under: [found] });
    const [row] = await found;
    if (!row) throw new Error(`delivery ${one.id} is gone`);
    return row;
  });
}
