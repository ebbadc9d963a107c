import type { Claim } from "../../db/delivery/claim.ts";
import { timeOfId } from "../../util/ids.ts";

/**
 * Milliseconds since the event of a delivery was emitted or, when it was scheduled, due; null for a replay and for a
 * workflow's step, which do not follow from the emit alone.
 */
export function sinceEmitMs({ event, format, isReplay }: Claim, now: number): number | null {
  if (format === "STEP" || isReplay) return null;
  const from = Math.max(timeOfId(event.id), event.scheduledFor?.getTime() ?? 0);
  return Math.max(0, now - from);
}
