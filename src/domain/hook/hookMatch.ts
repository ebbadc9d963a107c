import { isHealthEvent } from "../delivery/healthEvent.ts";
import type { FilterEvent } from "../filter/filterEvent.ts";
import type { FilterVerdict } from "../filter/hookFilter.ts";

/** The part of a hook (or of one of its versions) that decides whether it matches an event. */
export type MatchRule = {
  id: string;
  types: string[];
  /** It takes events that share one of these; null for all events. */
  channels: string[] | null;
  /** Of changes of resources it takes those of one of these attributes; null for all. */
  changed: string[] | null;
  userId: string | null;
  /** CEL. */
  filter: string | null;
  format: string;
  status: string;
};

type MatchReason =
  | "MATCHED"
  | "TARGET"
  | "TYPE"
  | "FILTER"
  | "USER"
  | "CHANNEL"
  | "UNCHANGED"
  | "ITSELF"
  | "PAUSED"
  | "DISABLED"
  | "DELETED"
  | "UNVERIFIED"
  | "NO_RESOURCE";
export type MatchVerdict = { reason: MatchReason; detail: string | null };

/** An event with more hooks is not matched before it is accepted, but after the commit. */
export const MATCH_AT_ONCE = 1_000;

const statusReasons: Record<string, MatchReason> = {
  PAUSED: "PAUSED",
  DISABLED: "DISABLED",
  DELETED: "DELETED",
  PENDING_VERIFICATION: "UNVERIFIED",
};

/** Whether a hook's type pattern matches an event type: the exact name, `*`, or a prefix such as `ticket.*`. */
export const typeMatches = (pattern: string, type: string): boolean =>
  pattern === type ||
  pattern === "*" ||
  (pattern.endsWith(".*") && type.startsWith(pattern.slice(0, -1)));

/**
 * Like `typeMatches`, for an event. A SYSTEM event matches only its exact name, unless it is about a hook's health: a
 * hook for all types should not receive two more events for each event.
 */
const patternAccepts = (pattern: string, event: { type: string; origin: string }): boolean =>
  event.origin === "SYSTEM" && !isHealthEvent(event)
    ? pattern === event.type
    : typeMatches(pattern, event.type);

/**
 * Whether a reader of a project's events wants one: of these types, or of any but those of the hub itself. None wants
 * tests of a hook.
 */
export const typesAccept = (
  wanted: readonly string[] | null | undefined,
  event: { type: string; origin: string },
): boolean =>
  event.origin !== "TEST" &&
  (wanted == null
    ? event.origin !== "SYSTEM"
    : wanted.some((pattern) => patternAccepts(pattern, event)));

/** Whether the event is for this hook: it may be for another one alone. */
const isFor = ({ id }: MatchRule, { targetHookId }: FilterEvent): boolean =>
  targetHookId === undefined || targetHookId === id;

const userAccepts = ({ userId }: MatchRule, event: FilterEvent): boolean =>
  userId === null || userId === event.userId || event.broadcast === true;

/** Whether they share a channel; a hook without channels takes events of all. */
const channelAccepts = (rule: MatchRule, event: FilterEvent): boolean =>
  rule.channels === null || rule.channels.some((one) => event.channels?.includes(one));

/**
 * Whether an attribute that the hook wants has changed, or something in it; also when nobody knows what has: of an
 * event that is no change of a resource.
 */
const changeAccepts = ({ changed }: MatchRule, event: FilterEvent): boolean =>
  changed === null ||
  event.changed === null ||
  event.changed.some((path) => changed.some((one) => path === one || path.startsWith(`${one}.`)));

/** Whether the filter decides: type, user, channels and changes match. */
export const hasFilterFor = (
  rule: MatchRule,
  event: FilterEvent,
): rule is MatchRule & { filter: string } =>
  rule.filter !== null &&
  isFor(rule, event) &&
  userAccepts(rule, event) &&
  channelAccepts(rule, event) &&
  changeAccepts(rule, event) &&
  rule.types.some((pattern) => patternAccepts(pattern, event));

const MAX_LISTED = 10;
const listed = (types: string[]) => {
  const more = types.length - MAX_LISTED;
  const first = types.slice(0, MAX_LISTED).join(", ");
  return more > 0 ? `${first} and ${more} more` : first;
};

/**
 * The one rule that matches an event with a hook, used for emits, dispatch and `Event.why`. The order is: the hook that it is for, type, user,
 * channels, changes, filter, and last the hook's state, so that PAUSED means "it matched, and its delivery is parked". `filtered`: the
 * filter's verdict, when it decides (hasFilterFor). `hasResource`: whether there is a body for a hook of format
 * RESOURCE.
 */
export function matchHook(
  rule: MatchRule,
  event: FilterEvent,
  hasResource: boolean,
  filtered: FilterVerdict | null,
): MatchVerdict {
  if (!isFor(rule, event))
    return { reason: "TARGET", detail: `emitted for hook ${event.targetHookId} alone` };
  if (!rule.types.some((pattern) => patternAccepts(pattern, event))) {
    const exactly =
      event.origin === "SYSTEM" && !isHealthEvent(event)
        ? ", and SYSTEM events by their exact name alone"
        : "";
    return { reason: "TYPE", detail: `takes ${listed(rule.types)}${exactly}` };
  }
  if (!userAccepts(rule, event)) {
    return { reason: "USER", detail: `takes events of user '${rule.userId}' only` };
  }
  if (!channelAccepts(rule, event)) {
    const detail = `takes events of the channels ${listed(rule.channels ?? [])} only`;
    return { reason: "CHANNEL", detail };
  }
  if (!changeAccepts(rule, event)) {
    const what = event.changed?.length ? `changed ${listed(event.changed)}` : "changed nothing";
    const detail = `takes changes of ${listed(rule.changed ?? [])} only, and the event ${what}`;
    return { reason: "UNCHANGED", detail };
  }
  if (filtered && !filtered.matched) return { reason: "FILTER", detail: filtered.detail };
  if (isHealthEvent(event) && event.subject?.id === rule.id)
    return { reason: "ITSELF", detail: null };
  const reason = statusReasons[rule.status] ?? "MATCHED";
  const isOut = reason === "DELETED" || reason === "UNVERIFIED";
  if (isOut || rule.format !== "RESOURCE" || hasResource) return { reason, detail: null };
  const { subject } = event;
  const detail = subject
    ? `there was no resource '${subject.id}' of type '${subject.type}'`
    : "the event has no subject, so no resource to send";
  return { reason: "NO_RESOURCE", detail };
}
