import type { Pool } from "../db/client.ts";
import { type DeliveryRow, deliveriesById } from "../db/deliveries.ts";
import { inTransaction } from "../db/emits.ts";
import { insertRetries, lockedDelivery, makeDue, publishRetries } from "../db/retries.ts";
import { mistake } from "./errors.ts";
import { isId, newId } from "./ids.ts";

/**
 * Tries a delivery again, now. One that still waits is made due at once; one that has ended stays as it is, and
 * a new delivery with tries of its own points back at it (`replayOf`), under the same `webhook-id`. For a paused
 * hook it is PARKED. Throws NOT_FOUND, or NOT_ALLOWED_NOW when it is a workflow's step, the hook is deleted, an attempt is in flight, or
 * another try of the same event is under way.
 */
export async function retryDelivery(
  sql: Pool,
  projectId: string,
  id: string,
): Promise<DeliveryRow> {
  if (!isId(id)) throw mistake("NOT_FOUND", `no delivery ${id}`, ["id"]);
  return inTransaction(sql, async (tx) => {
    const refuse = (why: string) => mistake("NOT_ALLOWED_NOW", why, ["id"]);
    const delivery = await lockedDelivery(tx, projectId, id);
    if (!delivery) throw mistake("NOT_FOUND", `no delivery ${id}`, ["id"]);
    if (delivery.hookStatus === "DELETED") throw refuse(`the hook of delivery ${id} is deleted`);
    if (delivery.runId !== null)
      throw refuse(`delivery ${id} is a step of run ${delivery.runId}: use rerunWorkflow`);
    if (delivery.inFlight) throw refuse(`an attempt of delivery ${id} is in flight`);
    if (delivery.status === "PARKED")
      throw refuse(`delivery ${id} is parked: resume its hook to release it`);
    const isWaiting = delivery.status === "PENDING" || delivery.status === "RETRYING";
    const retried = isWaiting
      ? await makeDue(tx, delivery)
      : await insertRetries(tx, projectId, [{ of: id, id: newId() }]);
    const [due] = retried;
    if (!due) throw refuse(`delivery ${id} is being tried again already`);
    const found = deliveriesById(tx, projectId, [due.id]);
    await publishRetries(tx, retried, { areNew: !isWaiting, under: [found] });
    const [row] = await found;
    if (!row) throw new Error(`delivery ${due.id} is gone`);
    return row;
  });
}
