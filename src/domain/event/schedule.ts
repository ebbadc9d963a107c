import { userError } from "../../util/userError.ts";

/** When an event is due: `delay` seconds after `timestamp`, or after now. */
export type ScheduleInput = {
  timestamp?: Date | null | undefined;
  delay?: number | null | undefined;
};

/** Catches mistakes of a digit or a unit. */
const HORIZON_YEARS = 10;

/** Whether the caller gave a time at all. */
export const hasSchedule = ({ timestamp, delay }: ScheduleInput): boolean =>
  timestamp != null || delay != null;

/**
 * The requested instant, with millisecond precision, even when it has passed; null for now. Throws INVALID for a
 * negative delay, or an instant more than 10 years after `now`.
 */
export function scheduleOf({ timestamp, delay }: ScheduleInput, now: Date): Date | null {
  if (delay != null && !(delay >= 0)) {
    throw userError("INVALID", "field 'delay' must be 0 or more seconds; decimals are allowed", [
      "delay",
    ]);
  }
  if (timestamp == null && !delay) return null;
  const instant = (timestamp ?? now).getTime() + Math.round((delay ?? 0) * 1_000);
  const horizon = new Date(now);
  horizon.setUTCFullYear(now.getUTCFullYear() + HORIZON_YEARS);
  if (instant > horizon.getTime()) {
    const isLate = timestamp != null && timestamp > horizon;
    throw userError(
      "INVALID",
      `an event may be scheduled at most ${HORIZON_YEARS} years ahead, until ${horizon.toISOString()}; ` +
        "'timestamp' as a number is in milliseconds (below 100000000000 in seconds), 'delay' is in seconds",
      [isLate || !delay ? "timestamp" : "delay"],
    );
  }
  return new Date(instant);
}
