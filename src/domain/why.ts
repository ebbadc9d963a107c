import type { EventRow } from "../db/events.ts";
import type { PastHook } from "../db/hooks.ts";
import { filterView } from "./event.ts";
import { compileFilter } from "./hookFilter.ts";
import { judge, type MatchVerdict } from "./hookMatch.ts";

export type MatchTrace = MatchVerdict & { hookId: string };

/**
 * The reason why each hook of the project matched an event or did not. Nothing is stored for this: `hooks` are as
 * they were under the config version the event was matched under, and are judged again by the same function; what was sent by format RESOURCE is kept, so its absence is known. A hook
 * that was deleted before is only named when it would have matched.
 */
export function explainMatches(
  hooks: readonly PastHook[],
  event: EventRow,
  source: string,
  hasResource: boolean,
): MatchTrace[] {
  const view = filterView(event, source);
  return hooks.flatMap(({ id, filter, status, ...rule }) => {
    const compiled = filter === null ? null : compileFilter(filter);
    const verdict = judge({ ...rule, status, filter: compiled }, view, hasResource);
    return status === "DELETED" && verdict.reason !== "DELETED" ? [] : [{ ...verdict, hookId: id }];
  });
}
