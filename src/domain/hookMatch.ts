import type { FilterEvent, HookFilter } from "./hookFilter.ts";

/** The part of a hook (or of one of its versions) that decides whether an event is for it. */
export type MatchRule = {
  types: string[];
  userId: string | null;
  filter: HookFilter | null;
  status: string;
};

export type MatchReason =
  | "MATCHED"
  | "TYPE"
  | "FILTER"
  | "USER"
  | "PAUSED"
  | "DISABLED"
  | "DELETED";
export type MatchVerdict = { reason: MatchReason; detail: string | null };

const statusReasons: Record<string, MatchReason> = {
  PAUSED: "PAUSED",
  DISABLED: "DISABLED",
  DELETED: "DELETED",
};

/** Whether a hook type pattern takes an event type: the exact name, `*`, or a prefix such as `ticket.*`. */
export const typeMatches = (pattern: string, type: string): boolean =>
  pattern === type ||
  pattern === "*" ||
  (pattern.endsWith(".*") && type.startsWith(pattern.slice(0, -1)));

/**
 * The one judgement of an event for a hook, for emits, dispatch and `Event.why` alike. The order is: type, user,
 * filter, and last the hook's state, so that PAUSED and DISABLED mean "it matched, and its delivery is parked".
 */
export function judge(rule: MatchRule, event: FilterEvent): MatchVerdict {
  if (!rule.types.some((pattern) => typeMatches(pattern, event.type))) {
    return { reason: "TYPE", detail: `takes ${rule.types.join(", ")}` };
  }
  if (rule.userId !== null && rule.userId !== event.userId) {
    return { reason: "USER", detail: `takes events of user '${rule.userId}' only` };
  }
  const verdict = rule.filter?.(event);
  if (verdict && !verdict.matched) return { reason: "FILTER", detail: verdict.detail };
  return { reason: statusReasons[rule.status] ?? "MATCHED", detail: null };
}
