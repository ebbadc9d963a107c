import type { EventRow } from "../../db/event/events.ts";
import type { PastHook } from "../../db/hook/hooks.ts";
import { createTimeSlice } from "../../util/timeSlice.ts";
import { filterInput } from "../filter/filterEvent.ts";
import type { FilterRunner } from "../filter/filterRunner.ts";
import type { MatchVerdict } from "../hook/hookMatch.ts";
import { evaluateHook, filterView } from "../hook/hookMatching.ts";

export type MatchTrace = MatchVerdict & { hookId: string };

/**
 * The reason why each hook of the project matched an event or did not. Nothing is stored for this: `hooks` are the
 * hooks at the config version under which the event was matched, and are evaluated again by the same function. Whether
 * there was a resource to send is known from what is stored. A hook deleted before that is listed only when it would
 * have matched.
 */
export async function explainMatches(
  filters: FilterRunner,
  hooks: readonly PastHook[],
  event: EventRow,
  source: string,
  hasResource: boolean,
): Promise<MatchTrace[]> {
  const { onlyHookId } = event;
  if (onlyHookId !== null)
    return [{ hookId: onlyHookId, reason: "MATCHED", detail: "emitted for this hook alone" }];
  const input = filterInput(filterView(event, source));
  const nextSlice = createTimeSlice();
  const traces: MatchTrace[] = [];
  for (const hook of hooks) {
    const verdict = await evaluateHook(event.projectId, hook, input, hasResource, filters);
    const isGone = hook.status === "DELETED" && verdict.reason !== "DELETED";
    if (!isGone) traces.push({ ...verdict, hookId: hook.id });
    await nextSlice();
  }
  return traces;
}
