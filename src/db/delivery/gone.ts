import type { Tx } from "../connection/client.ts";
import type { Leaving } from "../hook/hookChanges.ts";
import type { Finish } from "./finish.ts";

/**
 * The hooks whose target answered that it is gone, or that it wants no more, with the reason. Only finishes that still
 * hold their claim count.
 */
export async function leavingHooks(
  tx: Tx,
  projectId: string,
  finishes: Pick<Finish, "deliveryId" | "token" | "hookId" | "attempt" | "status">[],
): Promise<Leaving[]> {
  const held = await tx<{ id: string; token: string }[]>`
    select id, lease_token as token from signalbox.queue
    where project_id = ${projectId} and id = any(${finishes.map((one) => one.deliveryId)}::uuid[])
      and lease_token is not null for update`;
  const tokens = new Map(held.map(({ id, token }) => [id, token]));
  const gone = finishes.filter(({ deliveryId, token }) => tokens.get(deliveryId) === token);
  const disabled = gone.map(({ hookId }) => {
    const reason = "target answered with webhook-delivery: disable";
    return { hookId, status: "DISABLED" as const, reason };
  });
  const deleted = gone.flatMap(({ hookId, attempt, status }) => {
    const reason = `target answered ${attempt.statusCode}`;
    return status === "GONE" ? { hookId, status: "DELETED" as const, reason } : [];
  });
  // The last of a hook's counts: a deleted one is not disabled.
  return [...new Map([...disabled, ...deleted].map((one) => [one.hookId, one])).values()];
}
