import type { EventWeight } from "./filterCost.ts";

/** An event as filters see it, as plain data: it crosses to the sandbox so. */
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
  origin: string;
};

/** An event ready for filters: its data is parsed once, and only when a filter asks. */
export type FilterInput = {
  readonly event: FilterEvent;
  /** What a filter knows as `event`. */
  readonly variable: object;
  /** Parses the data. */
  readonly weight: EventWeight;
  readonly isParsed: boolean;
};

/** Steps (50 ns) that parsing costs a character. */
export const PARSE_STEPS = 1 / 2;

/**
 * The data of an event for CEL. Objects become maps, so that no key (`constructor`, `__proto__`) means anything to the
 * evaluator; whole numbers that a double would change become CEL's `int`.
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

const variableOf = (event: FilterEvent, dataOf: () => unknown) => ({
  ...event,
  subject: event.subject && new Map(Object.entries(event.subject)),
  get data() {
    return dataOf();
  },
});

/** The characters of all fields. */
const sizeOf = ({
  id,
  type,
  data,
  source,
  name,
  category,
  userId,
  contextId,
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
  (subject ? subject.type.length + subject.id.length : 0);

const longNumber = /\d{16}/;

/** The data, and the most entries that one list or object of it has. */
function celData(json: string): { data: unknown; items: number } {
  const value: unknown = longNumber.test(json) ? JSON.parse(json, exactNumber) : JSON.parse(json);
  let items = 1;
  const convert = (part: unknown): unknown => {
    if (typeof part !== "object" || part === null) return part;
    if (Array.isArray(part)) {
      items = Math.max(items, part.length);
      return part.map(convert);
    }
    const entries = Object.entries(part);
    items = Math.max(items, entries.length);
    return new Map(entries.map(([key, inner]) => [key, convert(inner)]));
  };
  return { data: convert(value), items };
}

function exactNumber(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
}
