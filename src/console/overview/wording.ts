import { span } from "../ui/time/Time.tsx";

/** Events or deliveries a second, as exactly as a glance needs it. */
export function rate(perSecond: number): string {
  if (perSecond === 0) return "0";
  if (perSecond < 0.1) return "< 0.1";
  return perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond).toLocaleString();
}

/** How long the oldest delivery waits. */
export const wait = (seconds: number): string => (seconds < 1 ? "None" : span(seconds));

/** Longer than this, and something does not keep up. */
const LATE_S = 60;
export const isLate = (seconds: number): boolean => seconds >= LATE_S;
