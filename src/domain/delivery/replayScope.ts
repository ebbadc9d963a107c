import type { Sql } from "../../db/connection/client.ts";
import { type HookRow, hooksById } from "../../db/hook/hooks.ts";
import { isId } from "../../util/ids.ts";
import { userError } from "../../util/userError.ts";

/** The most that one replay or backfill may match. */
export const MAX_MATCHED = 1_000_000;
/** Deliveries reopened or made in one transaction at most. */
export const REPLAY_CHUNK = 200;

/** Throws INVALID for a span of time that holds nothing. */
export function checkWindow(since: Date, until: Date | null): void {
  if (until && until <= since)
    throw userError("INVALID", "field 'until' must be later than 'since'", ["until"]);
}

/** The hook to replay. Throws NOT_FOUND, or NOT_ALLOWED_NOW when it is deleted. */
export async function hookToReplay(sql: Sql, projectId: string, hookId: string): Promise<HookRow> {
  const [hook] = isId(hookId) ? await hooksById(sql, projectId, [hookId]) : [];
  if (!hook) throw userError("NOT_FOUND", `no hook ${hookId}`, ["hookId"]);
  if (hook.status === "DELETED")
    throw userError("NOT_ALLOWED_NOW", `hook ${hookId} is deleted`, ["hookId"]);
  return hook;
}
