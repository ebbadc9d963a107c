import type { Sql } from "../../db/connection/client.ts";
import type { HookRow } from "../../db/hook/hooks.ts";
import { boundEvents } from "../../db/resource/resourceTypes.ts";
import { isObject } from "../../util/json/isObject.ts";

type Asking = {
  caller: { projectId: string };
  read<Result>(work: (sql: Sql) => PromiseLike<Result>): Promise<Result>;
};

/** The subject of an event that is sent to a hook of format RESOURCE by hand: the resource that `data.id` names. */
export async function resourceSubject(
  { caller, read }: Asking,
  { format }: Pick<HookRow, "format">,
  event: string,
  data: unknown,
): Promise<{ type: string; id: string } | null> {
  if (format !== "RESOURCE" || !isObject(data) || typeof data.id !== "string") return null;
  const [bound] = await read((sql) => boundEvents(sql, caller.projectId, [event]));
  return bound ? { type: bound.resourceType, id: data.id } : null;
}
