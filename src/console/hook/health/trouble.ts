import type { HookRow } from "../hookRow.ts";
import { lastDay, sumOf } from "./hookHours.ts";

/** A smaller share of successful attempts in the last 24 hours is not healthy. */
const GOOD_SHARE = 0.95;

/** A hook's status; of an active one, what the hub makes of its target. */
export function standingOf({ status, health }: Pick<HookRow, "status" | "health">): string {
  if (status !== "ACTIVE") return status;
  return health === "OPEN" ? "BREAKER_OPEN" : health;
}

/** The state that a hook is shown with: of a healthy one, how its attempts go. */
export function stateOf({ hours, ...hook }: HookRow): string {
  const standing = standingOf(hook);
  if (standing !== "HEALTHY") return standing;
  const { succeeded, failed } = sumOf(lastDay(hours));
  if (succeeded + failed === 0) return "IDLE";
  if (succeeded === 0) return "FAILING";
  return succeeded / (succeeded + failed) < GOOD_SHARE ? "SOME_FAILED" : "HEALTHY";
}

const troubles = [
  "BREAKER_OPEN",
  "FAILING",
  "DISABLED",
  "SOME_FAILED",
  "PENDING_VERIFICATION",
  "PAUSED",
];

/** The hooks in trouble first, the worst before the others, and of equal ones those with more that wait. */
export function byTrouble(hooks: readonly HookRow[]): HookRow[] {
  const rank = (hook: HookRow) => {
    const at = troubles.indexOf(stateOf(hook));
    return at < 0 ? troubles.length : at;
  };
  const waiting = ({ waitingCount, parkedCount }: HookRow) => waitingCount + parkedCount;
  return hooks.toSorted((a, b) => rank(a) - rank(b) || waiting(b) - waiting(a));
}
