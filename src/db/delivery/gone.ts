import type { Tx } from "../connection/client.ts";
import type { Finish } from "./finish.ts";

/**
 * The hooks whose target answered that it is gone, with the reason. Only finishes that still hold their claim count.
 */
export async function goneHooks(
  tx: Tx,
  projectId: string,
  finishes: Pick<Finish, "deliveryId" | "token" | "hookId" | "attempt">[],
): Promise<{ projectId: string; hookId: string; reason: string }[]> {
  const held = await tx<{ id: string; token: string }[]>`
    select id, lease_token as token from signalbox.queue
    where project_id = ${projectId} and id = any(${finishes.map((one) => one.deliveryId)}::uuid[])
      and lease_token is not null for update`;
  const tokens = new Map(held.map(({ id, token }) => [id, token]));
  const gone = finishes.filter(({ deliveryId, token }) => tokens.get(deliveryId) === token);
  const reasons = new Map(
    gone.map(({ hookId, attempt }) => [hookId, `target answered ${attempt.statusCode}`]),
  );
  return [...reasons].map(([hookId, reason]) => ({ projectId, hookId, reason }));
}
