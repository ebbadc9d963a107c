import { jsonEntries, jsonItems, jsonText } from "../../util/json/exactJson.ts";
import { parseJson } from "../../util/json/parseJson.ts";
import type { EventWeight } from "./filterCost.ts";

/** An event as filters see it. Plain data, because it is sent to the sandbox. */
export type FilterEvent = {
  id: string;
  type: string;
  /** JSON text. */
  data: string | null;
  source: string;
  name: string;
  category: string | null;
  userId: string | null;
  subject: { type: string; id: string } | null;
  contextId: string | null;
  channels: string[] | null;
  /** The attributes that the change of a resource changed; null of all other events. */
  changed: string[] | null;
  tags: string[] | null;
  origin: string;
  /** It is for the hooks of all users. Filters do not see this. */
  broadcast?: true;
  /** It is for this hook alone. Filters do not see this. */
  targetHookId?: string;
};

/** An event ready for filters: its data is parsed once, and only when a filter needs it. */
export type FilterInput = {
  readonly event: FilterEvent;
  /** The value of the filter variable `event`. */
  readonly variable: object;
  /** Reading it parses the data. */
  readonly weight: EventWeight;
  readonly isParsed: boolean;
};

/** Steps (50 ns) per character of parsing. */
export const PARSE_STEPS = 1 / 2;

/**
 * An event's data for CEL. Objects become maps, so that no key (`constructor`, `__proto__`) has a meaning to the
 * evaluator; integers that a double would change become CEL's `int`.
 */
export function filterInput(event: FilterEvent): FilterInput {
  let parsed: { data: unknown; items: number } | undefined;
  const parse = () => {
    parsed ??= celData(event.data ?? "null");
    return parsed;
  };
  return {
    event,
    get variable() {
      return variableOf(event, () => parse().data);
    },
    get weight() {
      return { size: sizeOf(event), items: parse().items };
    },
    get isParsed() {
      return parsed !== undefined;
    },
  };
}

const variableOf = (
  { broadcast: _all, targetHookId: _one, ...event }: FilterEvent,
  dataOf: () => unknown,
) => ({
  ...event,
  subject: event.subject && new Map(Object.entries(event.subject)),
  get data() {
    return dataOf();
  },
});

/** The total number of characters of all fields. */
const sizeOf = ({
  id,
  type,
  data,
  source,
  name,
  category,
  userId,
  contextId,
  channels,
  changed,
  tags,
  origin,
  subject,
}: FilterEvent) =>
  id.length +
  type.length +
  source.length +
  name.length +
  origin.length +
  (data?.length ?? 0) +
  (category?.length ?? 0) +
  (userId?.length ?? 0) +
  (contextId?.length ?? 0) +
  [...(channels ?? []), ...(changed ?? []), ...(tags ?? [])].reduce(
    (sum, text) => sum + text.length,
    0,
  ) +
  (subject ? subject.type.length + subject.id.length : 0);

const longNumber = /\d{16}/;

/** The data, and the number of entries of its longest list or object. */
function celData(json: string): { data: unknown; items: number } {
  const value = longNumber.test(json) ? parseJson(json) : JSON.parse(json);
  let items = 1;
  const convert = (part: unknown): unknown => {
    if (part instanceof Number) return exactNumber(jsonText(part));
    if (typeof part !== "object" || part === null) return part;
    if (Array.isArray(part)) {
      items = Math.max(items, part.length);
      return jsonItems(part).map(convert);
    }
    const entries = jsonEntries(part);
    items = Math.max(items, entries.length);
    return new Map(entries.map(([key, inner]) => [key, convert(inner)]));
  };
  return { data: convert(value), items };
}

/** A number that JavaScript would change: integers keep all of their digits. */
function exactNumber(source: string): number | bigint {
  const value = Number(source);
  return !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? BigInt(source) : value;
}
