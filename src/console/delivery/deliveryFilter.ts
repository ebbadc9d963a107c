import { boundsOf, spanProblem, type TimeSpan } from "../ui/time/timeSpan.ts";

/** The status filters, by their name in the URL. The first is the default. */
export const groups = {
  failed: { label: "Failed", status: ["FAILED", "QUARANTINED"] },
  waiting: { label: "Waiting", status: ["PENDING", "RETRYING"] },
  parked: { label: "Parked", status: ["PARKED"] },
  succeeded: { label: "Succeeded", status: ["SUCCEEDED"] },
  ended: { label: "Gone or cancelled", status: ["GONE", "CANCELLED"] },
  all: { label: "All", status: null },
} as const;
export type Group = keyof typeof groups;
export const groupNames = Object.keys(groups) as Group[];
const isGroup = (text: string): text is Group => Object.hasOwn(groups, text);

/** The filter of the deliveries. It is part of the URL, so that a view can be shared. */
export type DeliveryFilter = TimeSpan & {
  status: Group;
  /** Ids, separated by commas. */
  hook: string;
  /** Exact types or prefixes such as `ticket.*`, separated by commas. */
  type: string;
  /** Status codes or classes such as `5xx`, separated by commas. */
  code: string;
  /** A part of the last attempt's error. */
  error: string;
  /** A text in the event's name, type or data. */
  search: string;
  user: string;
};

const names = [
  "hook",
  "type",
  "code",
  "error",
  "search",
  "user",
  "time",
  "since",
  "until",
] as const;

export function filterOf(params: URLSearchParams): DeliveryFilter {
  const group = params.get("status") ?? "";
  const texts = Object.fromEntries(names.map((name) => [name, params.get(name) ?? ""]));
  return {
    ...(texts as Omit<DeliveryFilter, "status">),
    status: isGroup(group) ? group : "failed",
  };
}

/** The words of a list that is separated by commas or spaces. */
export const wordsIn = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

const MOST_CODES = 100;

/** The status codes of a text such as `404, 5xx`; undefined if it is none of that. */
function codesIn(text: string): number[] | undefined {
  const codes = wordsIn(text).flatMap((word) => {
    if (/^[1-5]xx$/i.test(word))
      return Array.from({ length: 100 }, (_, index) => Number(word[0]) * 100 + index);
    return /^[1-5]\d\d$/.test(word) ? [Number(word)] : [Number.NaN];
  });
  const isFit = codes.length <= MOST_CODES && codes.every((code) => !Number.isNaN(code));
  return isFit ? codes : undefined;
}

/** What is wrong with the text of the status codes; undefined if nothing is. */
export const codeProblem = (code: string): string | undefined =>
  codesIn(code) ? undefined : "Status codes such as 404, 503, or one class such as 5xx.";

/** What is wrong with the filter, which then lists nothing; undefined if nothing is. */
export const problemOf = (filter: DeliveryFilter): string | undefined =>
  codeProblem(filter.code) ?? spanProblem(filter);

const listOrNull = <Item>(items: Item[] | undefined) => (items?.length ? items : null);

/** The filter as variables of the API. */
export function variablesOf(filter: DeliveryFilter) {
  const { status } = groups[filter.status];
  return {
    status: status && [...status],
    hookIds: listOrNull(wordsIn(filter.hook)),
    types: listOrNull(wordsIn(filter.type)),
    statusCodes: listOrNull(codesIn(filter.code)),
    error: filter.error || null,
    search: filter.search || null,
    userId: filter.user || null,
    ...boundsOf(filter),
  };
}

export type DeliveryVariables = ReturnType<typeof variablesOf>;
