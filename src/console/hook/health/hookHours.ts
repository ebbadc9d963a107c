import { counted } from "../../ui/counted.ts";
import type { HookRow } from "../hookRow.ts";

const HOUR_MS = 3_600_000;
const COUNT = 24;

type HourCounts = { at: number; succeeded: number; failed: number; retried: number };

/**
 * The last 24 clock hours including the current one, oldest first. Hours without calls are zero.
 */
export function lastDay(hours: HookRow["hours"]): HourCounts[] {
  const byTime = new Map(hours.map((hour) => [Date.parse(hour.hour), hour]));
  const now = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  return Array.from({ length: COUNT }, (_, index) => {
    const at = now - (COUNT - 1 - index) * HOUR_MS;
    const { succeeded = 0, failed = 0, retried = 0 } = byTime.get(at) ?? {};
    return { at, succeeded, failed, retried };
  });
}

/** The totals of all hours. */
export function sumOf(hours: readonly Omit<HourCounts, "at">[]) {
  const total = (field: "succeeded" | "failed" | "retried") =>
    hours.reduce((sum, hour) => sum + hour[field], 0);
  return { succeeded: total("succeeded"), failed: total("failed"), retried: total("retried") };
}

/** Counts in words, without those that are zero. */
export function countsInWords({ succeeded, failed, retried }: Omit<HourCounts, "at">): string {
  const parts = [
    `${succeeded.toLocaleString()} succeeded`,
    ...(failed > 0 ? [`${failed.toLocaleString()} failed`] : []),
    ...(retried > 0 ? [counted(retried, "retry", "retries")] : []),
  ];
  return parts.join(", ");
}
