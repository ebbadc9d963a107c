import { spans } from "../ui/time/timeSpan.ts";
import type { FeedEvent } from "./feedEvent.ts";

/** The filter of the feed. It is part of the URL, so that a view can be shared. */
export type FeedFilter = {
  search: string;
  /** Exact types, `*` or prefixes such as `ticket.*`, separated by commas. */
  type: string;
  status: string;
  category: string;
  user: string;
  context: string;
  /** One of `spans`; empty for all. */
  time: string;
};

const names = ["search", "type", "status", "category", "user", "context", "time"] as const;

export const statuses = [
  "SCHEDULED",
  "STAGED",
  "DISPATCHED",
  "PROCESSED",
  "FAILED",
  "CANCELLED",
] as const;
type Status = (typeof statuses)[number];
const isStatus = (text: string): text is Status => statuses.some((status) => status === text);

export const filterOf = (params: URLSearchParams): FeedFilter =>
  Object.fromEntries(names.map((name) => [name, params.get(name) ?? ""])) as FeedFilter;

/** The filter as variables of the API. */
export function variablesOf(filter: FeedFilter) {
  const types = filter.type.split(",").flatMap((type) => type.trim() || []);
  const span = spans[filter.time];
  return {
    types: types.length > 0 ? types : null,
    status: isStatus(filter.status) ? [filter.status] : null,
    category: filter.category || null,
    userId: filter.user || null,
    contextId: filter.context || null,
    search: filter.search || null,
    since: span ? new Date(Date.now() - span.ms).toISOString() : null,
  };
}

export type FeedVariables = ReturnType<typeof variablesOf>;

const typeMatches = (pattern: string, type: string) =>
  pattern === "*" ||
  pattern === type ||
  (pattern.endsWith(".*") && type.startsWith(pattern.slice(0, -1)));

/** Whether a new event belongs to this view. Only the server can search in data. */
export function matches(wanted: FeedVariables, event: FeedEvent): boolean {
  const isWanted = (value: string | null, actual: string | null) =>
    value === null || value === actual;
  return (
    (wanted.types === null || wanted.types.some((pattern) => typeMatches(pattern, event.type))) &&
    (wanted.status === null || wanted.status.some((status) => status === event.status)) &&
    (wanted.since === null || Date.parse(event.occurredAt) >= Date.parse(wanted.since)) &&
    isWanted(wanted.category, event.category) &&
    isWanted(wanted.userId, event.userId) &&
    isWanted(wanted.contextId, event.contextId)
  );
}
