import type { EventRow } from "../../db/event/events.ts";
import type { PastHook } from "../../db/hook/hooks.ts";
import { createTimeSlice } from "../../util/timeSlice.ts";
import { filterInput } from "../filter/filterEvent.ts";
import type { FilterRunner } from "../filter/filterRunner.ts";
import type { MatchVerdict } from "../hook/hookMatch.ts";
import { filterView, judgeHook } from "../hook/hookMatching.ts";

export type MatchTrace = MatchVerdict & { hookId: string };

/**
 * The reason why each hook of the project matched an event or did not. Nothing is stored for this: `hooks` are as
 * they were under the config version the event was matched under, and are judged again by the same function; what was
 * sent by format RESOURCE is kept, so its absence is known. A hook that was deleted before is only named when it would
 * have matched.
 */
export async function explainMatches(
  filters: FilterRunner,
  hooks: readonly PastHook[],
  event: EventRow,
  source: string,
  hasResource: boolean,
): Promise<MatchTrace[]> {
  const input = filterInput(filterView(event, source));
  const nextSlice = createTimeSlice();
  const traces: MatchTrace[] = [];
  for (const hook of hooks) {
    const verdict = await judgeHook(event.projectId, hook, input, hasResource, filters);
    const isGone = hook.status === "DELETED" && verdict.reason !== "DELETED";
    if (!isGone) traces.push({ ...verdict, hookId: hook.id });
    await nextSlice();
  }
  return traces;
}
