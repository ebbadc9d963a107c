export const EVENTS = "text/event-stream";
export const RESPONSE_JSON = "application/graphql-response+json";
export const JSON_TYPE = "application/json";

type MediaType = typeof EVENTS | typeof RESPONSE_JSON | typeof JSON_TYPE;
const mediaTypes: readonly MediaType[] = [EVENTS, RESPONSE_JSON, JSON_TYPE];

/** What a client accepts of what we have. */
export type Accepted = {
  /** What it likes best; of equals, what it names first. Undefined when we have nothing for it. */
  first: MediaType | undefined;
  takesEvents: boolean;
  /**
   * For an answer that is JSON, which errors are by any door. Of equals it is the type of GraphQL's own: there a
   * client reads the errors under any status, and many read none of plain JSON under one that is not 200.
   */
  json: Exclude<MediaType, typeof EVENTS>;
};

/** Reads an `Accept` header with its weights. */
export function readAccept(accept: string | undefined): Accepted {
  const weights = new Map<MediaType, number>();
  for (const item of (accept || "*/*").toLowerCase().split(",")) {
    const [range, ...parameters] = item.split(";").map((it) => it.trim());
    const weight = Number(parameters.find((it) => it.startsWith("q="))?.slice(2) ?? 1);
    const isAny = range === "*/*" || range === "application/*";
    const type = isAny ? JSON_TYPE : mediaTypes.find((it) => it === range);
    if (type && weight > 0 && !weights.has(type)) weights.set(type, weight);
  }
  const weightOf = (type: MediaType) => weights.get(type) ?? 0;
  const [first] = [...weights].sort(([, a], [, b]) => b - a)[0] ?? [];
  const likesResponse =
    weightOf(RESPONSE_JSON) > 0 && weightOf(RESPONSE_JSON) >= weightOf(JSON_TYPE);
  return {
    first,
    takesEvents: weights.has(EVENTS),
    json: likesResponse ? RESPONSE_JSON : JSON_TYPE,
  };
}
