import type { FilterEvent } from "../filter/filterEvent.ts";
import type { FilterVerdict } from "../filter/hookFilter.ts";

/** The part of a hook (or of one of its versions) that decides whether an event is for it. */
export type MatchRule = {
  types: string[];
  userId: string | null;
  /** CEL. */
  filter: string | null;
  format: string;
  status: string;
};

type MatchReason =
  | "MATCHED"
  | "TYPE"
  | "FILTER"
  | "USER"
  | "PAUSED"
  | "DELETED"
  | "UNVERIFIED"
  | "NO_RESOURCE";
export type MatchVerdict = { reason: MatchReason; detail: string | null };

/** Up to so many hooks an event is matched in the transaction that accepts it; beyond, by a `dispatch` job. */
export const MATCH_AT_ONCE = 1_000;

const statusReasons: Record<string, MatchReason> = {
  PAUSED: "PAUSED",
  DELETED: "DELETED",
  PENDING_VERIFICATION: "UNVERIFIED",
};

/** Whether a hook type pattern takes an event type: the exact name, `*`, or a prefix such as `ticket.*`. */
const typeMatches = (pattern: string, type: string): boolean =>
  pattern === type ||
  pattern === "*" ||
  (pattern.endsWith(".*") && type.startsWith(pattern.slice(0, -1)));

/**
 * The same for an event. One of origin SYSTEM is taken by its exact name alone: who asked for everything did not ask
 * for two more events of each.
 */
export const patternAccepts = (
  pattern: string,
  event: { type: string; origin: string },
): boolean =>
  event.origin === "SYSTEM" ? pattern === event.type : typeMatches(pattern, event.type);

/** Whether the filter decides: type and user are as the hook asks. */
export const hasFilterFor = (
  rule: MatchRule,
  event: FilterEvent,
): rule is MatchRule & { filter: string } =>
  rule.filter !== null &&
  (rule.userId === null || rule.userId === event.userId) &&
  rule.types.some((pattern) => patternAccepts(pattern, event));

const MAX_LISTED = 10;
const listed = (types: string[]) => {
  const more = types.length - MAX_LISTED;
  const first = types.slice(0, MAX_LISTED).join(", ");
  return more > 0 ? `${first} and ${more} more` : first;
};

/**
 * The one judgement of an event for a hook, for emits, dispatch and `Event.why` alike. The order is: type, user,
 * filter, and last the hook's state, so that PAUSED means "it matched, and its delivery is parked".
 * `filtered`: the filter's verdict, when it decides (asksFilter). `hasResource`: whether there was something to send by
 * a hook of format RESOURCE.
 */
export function matchHook(
  rule: MatchRule,
  event: FilterEvent,
  hasResource: boolean,
  filtered: FilterVerdict | null,
): MatchVerdict {
  if (!rule.types.some((pattern) => patternAccepts(pattern, event))) {
    const exactly =
      event.origin === "SYSTEM" ? ", and SYSTEM events by their exact name alone" : "";
    return { reason: "TYPE", detail: `takes ${listed(rule.types)}${exactly}` };
  }
  if (rule.userId !== null && rule.userId !== event.userId) {
    return { reason: "USER", detail: `takes events of user '${rule.userId}' only` };
  }
  if (filtered && !filtered.matched) return { reason: "FILTER", detail: filtered.detail };
  const reason = statusReasons[rule.status] ?? "MATCHED";
  const isOut = reason === "DELETED" || reason === "UNVERIFIED";
  if (isOut || rule.format !== "RESOURCE" || hasResource) return { reason, detail: null };
  const { subject } = event;
  const detail = subject
    ? `there was no resource '${subject.id}' of type '${subject.type}'`
    : "the event has no subject, so no resource to send";
  return { reason: "NO_RESOURCE", detail };
}
