import { bodiesOfDeliveries } from "../../db/delivery/eventBodies.ts";
import type { Context } from "../builder/context.ts";
import { batched } from "../page/loaders.ts";

const keyOf = (eventId: string, hookId: string) => `${eventId} ${hookId}`;

/** The body that a hook's template or selection made of an event; empty if there is none yet. */
export async function loadPayloadBody(
  context: Context,
  { eventId, hookId }: { eventId: string; hookId: string },
): Promise<string> {
  const { caller, read } = context;
  const loader = batched(context, "payload body", async (keys) => {
    const wanted = keys.map((key) => {
      const [eventId = "", hookId = ""] = key.split(" ");
      return { eventId, hookId };
    });
    const rows = await read((sql) => bodiesOfDeliveries(sql, caller.projectId, wanted));
    return new Map(rows.map((row) => [keyOf(row.eventId, row.hookId), row.body]));
  });
  return (await loader.load(keyOf(eventId, hookId))) ?? "";
}
