import { span } from "../ui/time/Time.tsx";

/** Formats a rate per second. */
export function formatRate(perSecond: number): string {
  if (perSecond === 0) return "0";
  if (perSecond < 0.1) return "< 0.1";
  return perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond).toLocaleString();
}

/** Formats the waiting time of the oldest delivery. */
export const formatWait = (seconds: number): string => (seconds < 1 ? "None" : span(seconds));

/** A longer wait means that the hub does not keep up. */
const LATE_S = 60;
export const isLate = (seconds: number): boolean => seconds >= LATE_S;
