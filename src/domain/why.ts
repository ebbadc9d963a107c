import type { Sql } from "../db/client.ts";
import type { EventRow } from "../db/events.ts";
import { hooksAsOf } from "../db/hooks.ts";
import { filterView } from "./event.ts";
import { compileFilter } from "./hookFilter.ts";
import { judge, type MatchVerdict } from "./hookMatch.ts";

export type MatchTrace = MatchVerdict & { hookId: string };

/**
 * Every hook of the project that was looked at for an event, and the reason it matched or did not. Nothing is stored
 * for this: the hooks are taken as they were under the config version the event was matched under, and judged
 * again by the same function. Empty while the event is not matched yet. A hook that was deleted before is only
 * named when it would have matched.
 */
export async function explainMatches(
  sql: Sql,
  event: EventRow,
  source: string,
): Promise<MatchTrace[]> {
  if (event.configVersion === null) return [];
  const hooks = await hooksAsOf(sql, event.projectId, event.configVersion);
  const view = filterView(event, source);
  return hooks.flatMap(({ id, filter, status, ...rule }) => {
    const compiled = filter === null ? null : compileFilter(filter);
    const verdict = judge({ ...rule, status, filter: compiled }, view);
    return status === "DELETED" && verdict.reason !== "DELETED" ? [] : [{ ...verdict, hookId: id }];
  });
}
